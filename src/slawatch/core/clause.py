"""The maintenance clause: how much announced work a contract takes out of the count, and why not more.

Work counts as announced by the first of an unbroken run of announcements that all contain it, so that a
window that was moved or made longer is announced anew where it is new. Notice is measured up to the beginning
of what was announced at the same moment. A quota is used up in order of time, by work inside of the service
hours.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal, NamedTuple, TypeAlias

from slawatch.core.agreement import Agreement, Clause, PeriodKind
from slawatch.core.check import Announcement, Maintenance
from slawatch.core.instant import Instant, Micros
from slawatch.core.ledger import Interval, intersect, subtract, total, union
from slawatch.core.period import containing
from slawatch.core.version import Part, parts

Refusal = Literal["", "over quota", "edited", "late", "ignored"]
"""Why announced work counts all the same; empty where it does not."""

REFUSALS: Final[tuple[Refusal, ...]] = ("over quota", "edited", "late", "ignored")


class Stretch(NamedTuple):
    """A part of a window that was announced at one moment.

    Attributes:
        start, end: half-open.
        announced: when the customer was told of it; None counts as in time.
        edited: whether a later announcement brought it.
    """

    start: Instant
    end: Instant
    announced: Instant | None
    edited: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A window of work, and what a contract grants of its part inside a period; lengths in microseconds.

    Work that several windows cover is listed with each of them.

    Attributes:
        window: as it was announced.
        start, end: its part inside the period.
        granted: what does not count.
        late: what counts, as it was announced too late.
        edited: what counts, as a change brought it too late.
        over_quota: what counts, as the quota was used up.
        ignored: what counts, as the contract grants no maintenance.
        outside_hours: what lies outside of the service hours and counts neither way.
    """

    window: Maintenance
    start: Instant
    end: Instant
    granted: Micros = 0
    late: Micros = 0
    edited: Micros = 0
    over_quota: Micros = 0
    ignored: Micros = 0
    outside_hours: Micros = 0

    @property
    def counted(self) -> Micros:
        """What of it counts although it was announced as maintenance."""
        return self.late + self.edited + self.over_quota + self.ignored


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a contract grants of all announced work in a period.

    Attributes:
        granted: the stretches that do not count.
        refused: the stretches that count, by the reason; disjoint from `granted` and from one another.
        listed: each window, in order of time.
        quota: how much each quota period allowed and used, oldest first.
    """

    granted: tuple[Interval, ...] = ()
    refused: tuple[tuple[Refusal, tuple[Interval, ...]], ...] = ()
    listed: tuple[Listed, ...] = ()
    quota: tuple["Used", ...] = ()

    def length(self, reason: Refusal = "") -> Micros:
        """Return how much was refused for a reason; without one, how much was granted."""
        found = self.granted if not reason else dict(self.refused).get(reason, ())
        return total(found)


class Used(NamedTuple):
    """How much of a quota was used up to the end of what was looked at."""

    label: str
    allowed: Micros
    used: Micros


NOTHING_GRANTED: Final = Grant()

Outside: TypeAlias = Callable[[Agreement, Instant, Instant], tuple[Interval, ...]]
"""Gives the time of a stretch outside of the service hours of some terms."""


def around_the_clock(terms: Agreement, start: Instant, end: Instant) -> tuple[Interval, ...]:
    """Return no time outside of the service hours."""
    del terms, start, end
    return ()


def stretches(window: Maintenance) -> tuple[Stretch, ...]:
    """Return a window cut by when the customer was told of each part; sorted, adjacent parts differ."""
    current = Announcement(start=window.start, end=window.end, announced=window.announced)
    told = (*window.earlier, current)
    cuts = sorted(
        {window.start, window.end}
        | {at for one in told for at in (one.start, one.end) if window.start < at < window.end}
    )
    found: list[Stretch] = []
    for start, end in pairwise(cuts):
        first = len(told) - 1
        while first > 0 and told[first - 1].start <= start and end <= told[first - 1].end:
            first -= 1
        stretch = Stretch(start, end, told[first].announced, first > 0)
        if found and found[-1].end == start and found[-1][2:] == stretch[2:]:
            found[-1] = stretch._replace(start=found[-1].start)
        else:
            found.append(stretch)
    return tuple(found)


def in_time(stretch: Stretch, notice: Micros) -> bool:
    """Whether a part of a window was announced before it began, and by so much."""
    if stretch.announced is None:
        return True
    return stretch.announced < stretch.start and stretch.start - stretch.announced >= notice


def grant(
    agreement: Agreement,
    windows: Iterable[Maintenance],
    start: Instant,
    end: Instant,
    outside: Outside = around_the_clock,
) -> Grant:
    """Return what the versions of an agreement grant of these windows in `[start, end)`.

    `outside` gives the time outside of the service hours, which uses up no quota.

    A quota whose period began before `start` is followed from its beginning, so that the windows must reach
    back as far; a version that takes over inside of it goes on from what was used.
    """
    found = _Sorting()
    every = sorted(windows, key=lambda w: (w.start, w.end, -1 if w.announced is None else w.announced))
    if not every:
        return NOTHING_GRANTED
    cut = [stretch for window in every if window.start < end for stretch in stretches(window)]
    since = _since(agreement, start, end)
    for part in parts(agreement, since, end):
        closed = outside(part.terms, part.start, part.end)
        found.outside += closed
        found.part(part, cut, closed, start)
    return found.result(every, start, end)


class _Sorting:
    """Announced work on its way into what is granted and what is not."""

    __slots__ = ("granted", "label", "outside", "quota", "refused", "used")

    def __init__(self) -> None:
        self.granted: list[Interval] = []
        self.refused: dict[Refusal, list[Interval]] = {reason: [] for reason in REFUSALS}
        self.outside: list[Interval] = []
        self.quota: dict[str, Used] = {}
        self.label = ""
        self.used: Micros = 0

    def part(self, part: Part, cut: Sequence[Stretch], outside: tuple[Interval, ...], start: Instant) -> None:
        """Sort the work in one version's part."""
        kinds: dict[Refusal, list[Interval]] = {}
        clause = part.terms.maintenance
        terms = clause if isinstance(clause, Clause) else Clause()
        for stretch in cut:
            low, high = max(stretch.start, part.start), min(stretch.end, part.end)
            if low >= high:
                continue
            kind: Refusal = "ignored"
            if clause != "ignore":
                kind = "" if in_time(stretch, terms.notice) else "edited" if stretch.edited else "late"
            kinds.setdefault(kind, []).append(Interval(low, high))
        for kind, spans in kinds.items():
            if kind:
                self.refused[kind] += subtract(union(spans), outside)
        good = subtract(union(kinds.get("", ())), outside)
        if terms.quota is None:
            self.granted += good
        elif clause != "ignore":
            self._spend(part, good, terms.quota, terms.per or part.terms.period, start)

    def _spend(
        self, part: Part, good: Sequence[Interval], allowed: Micros, per: PeriodKind, start: Instant
    ) -> None:
        at = part.start
        while at < part.end:
            bucket = containing(at, per, part.terms.timezone)
            until = min(bucket.end, part.end)
            if bucket.label != self.label:
                self.label, self.used = bucket.label, 0
            for span in good:
                low, high = max(span.start, at), min(span.end, until)
                if low < high:
                    fits = min(high - low, max(allowed - self.used, 0))
                    self.used += fits
                    self.granted.append(Interval(low, low + fits))
                    self.refused["over quota"].append(Interval(low + fits, high))
            if until > start:
                self.quota[self.label] = Used(self.label, allowed, self.used)
            at = until

    def result(self, every: Sequence[Maintenance], start: Instant, end: Instant) -> Grant:
        """Return what was found in `[start, end)`, each moment in one place."""
        granted = intersect(union(self.granted), (Interval(start, end),))
        taken, refused = granted, []
        for reason in REFUSALS:
            spans = subtract(intersect(union(self.refused[reason]), (Interval(start, end),)), taken)
            if spans:
                refused.append((reason, spans))
                taken = union((*taken, *spans))
        outside = union(self.outside)
        listed = []
        for window in every:
            low, high = max(window.start, start), min(window.end, end)
            if low >= high:
                continue
            own = (Interval(low, high),)
            counted = {reason: total(intersect(spans, own)) for reason, spans in refused}
            listed.append(
                Listed(
                    window=window,
                    start=low,
                    end=high,
                    granted=total(intersect(granted, own)),
                    late=counted.get("late", 0),
                    edited=counted.get("edited", 0),
                    over_quota=counted.get("over quota", 0),
                    ignored=counted.get("ignored", 0),
                    outside_hours=total(intersect(outside, own)),
                )
            )
        return Grant(
            granted=granted, refused=tuple(refused), listed=tuple(listed), quota=tuple(self.quota.values())
        )


def _since(agreement: Agreement, start: Instant, end: Instant) -> Instant:
    """Return where the quota's period that `start` lies in began."""
    first = next(iter(parts(agreement, start, end)), None)
    if first is None or not isinstance(first.terms.maintenance, Clause):
        return start
    clause = first.terms.maintenance
    if clause.quota is None:
        return start
    return containing(start, clause.per or first.terms.period, first.terms.timezone).start
