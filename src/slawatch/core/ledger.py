"""The ledger: every microsecond of a period in exactly one class, and the classes sum to the period.

The first class that applies wins, in the order of `TimeClass`. What was observed is kept under each class, so
that a figure with less excluded can be printed beside the contractual one.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from typing import Final, NamedTuple

from slawatch.core.instant import Instant, Micros
from slawatch.core.sample import Outcome
from slawatch.core.timeline import Span


class TimeClass(StrEnum):
    """What a stretch of time counts as; earlier ones win."""

    FUTURE = "future"
    """Not yet elapsed."""
    NOT_MONITORED = "not_monitored"
    """Before the first sample ever."""
    OUTSIDE_HOURS = "outside_hours"
    """Outside of the agreed service hours."""
    MAINTENANCE = "maintenance"
    """Announced work, as far as the contract grants it."""
    EXCUSED = "excused"
    """An adjustment that holds."""
    UNKNOWN = "unknown"
    """Nobody knows: the monitor did not look."""
    DOWN = "down"
    DEGRADED = "degraded"
    UP = "up"


EXCLUDED: Final = (TimeClass.OUTSIDE_HOURS, TimeClass.MAINTENANCE, TimeClass.EXCUSED)
"""The classes that terms take out of the count, in the order in which they win."""

LISTED: Final = tuple(reversed(TimeClass))
"""All classes in the order in which reports list them."""

_NAMES: Final = tuple((kind, kind.value) for kind in LISTED)

_OF_OUTCOME: Final = {
    Outcome.UP: TimeClass.UP,
    Outcome.DEGRADED: TimeClass.DEGRADED,
    Outcome.DOWN: TimeClass.DOWN,
    Outcome.UNKNOWN: TimeClass.UNKNOWN,
    None: TimeClass.NOT_MONITORED,
}


class Interval(NamedTuple):
    """A half-open stretch of time."""

    start: Instant
    end: Instant


def union(intervals: Iterable[tuple[Instant, Instant]]) -> tuple[Interval, ...]:
    """Return the same time as sorted intervals that neither overlap nor touch; empty ones vanish.

    >>> union([(5, 9), (0, 3), (2, 5), (7, 7)])
    (Interval(start=0, end=9),)
    """
    joined: list[Interval] = []
    for start, end in sorted(intervals):
        if start >= end:
            continue
        if joined and start <= joined[-1].end:
            joined[-1] = Interval(joined[-1].start, max(joined[-1].end, end))
        else:
            joined.append(Interval(start, end))
    return tuple(joined)


def intersect(one: Sequence[Interval], other: Sequence[Interval]) -> tuple[Interval, ...]:
    """Return the time that lies in both; each of them sorted and without overlap.

    >>> intersect((Interval(0, 5), Interval(8, 9)), (Interval(3, 10),))
    (Interval(start=3, end=5), Interval(start=8, end=9))
    """
    found: list[Interval] = []
    index = 0
    for start, end in one:
        while index < len(other) and other[index].end <= start:
            index += 1
        at = index
        while at < len(other) and other[at].start < end:
            low, high = max(start, other[at].start), min(end, other[at].end)
            if low < high:
                found.append(Interval(low, high))
            at += 1
    return tuple(found)


def subtract(one: Sequence[Interval], other: Sequence[Interval]) -> tuple[Interval, ...]:
    """Return the time of the first that does not lie in the second; each sorted and without overlap.

    >>> subtract((Interval(0, 9),), (Interval(3, 4), Interval(8, 20)))
    (Interval(start=0, end=3), Interval(start=4, end=8))
    """
    found: list[Interval] = []
    index = 0
    for start, end in one:
        at = start
        while index < len(other) and other[index].end <= start:
            index += 1
        cut = index
        while cut < len(other) and other[cut].start < end:
            if at < other[cut].start:
                found.append(Interval(at, other[cut].start))
            at = max(at, other[cut].end)
            cut += 1
        if at < end:
            found.append(Interval(at, end))
    return tuple(found)


def total(intervals: Iterable[Interval]) -> Micros:
    """Return how long intervals that do not overlap are together."""
    return sum(end - start for start, end in intervals)


def _mask(
    sources: Sequence[Sequence[tuple[Instant, Instant]]],
) -> tuple[tuple[Instant, Instant, TimeClass], ...]:
    edges = sorted(
        (at, index) for index, source in enumerate(sources) for interval in source for at in interval
    )
    inside = [False] * len(sources)
    found: list[tuple[Instant, Instant, TimeClass]] = []
    for (at, index), (following, _) in pairwise(edges):
        inside[index] = not inside[index]
        if at == following or not any(inside):
            continue
        kind = EXCLUDED[inside.index(True)]
        if found and found[-1][1] == at and found[-1][2] is kind:
            found[-1] = (found[-1][0], following, kind)
        else:
            found.append((at, following, kind))
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusions:
    """The stretches of time that terms take out of the count, as already worked out from the contract.

    Given in any order, overlapping or empty, they are kept as the sorted union of each kind.

    Attributes:
        outside_hours: time outside of the agreed service hours.
        maintenance: as much of the announced work as the contract grants.
        excused: adjustments that hold.
        mask: all of it as disjoint intervals in order, each with the class that wins there.
    """

    outside_hours: Sequence[tuple[Instant, Instant]] = ()
    maintenance: Sequence[tuple[Instant, Instant]] = ()
    excused: Sequence[tuple[Instant, Instant]] = ()
    mask: tuple[tuple[Instant, Instant, TimeClass], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name in ("outside_hours", "maintenance", "excused"):
            object.__setattr__(self, name, union(getattr(self, name)))
        object.__setattr__(self, "mask", _mask((self.outside_hours, self.maintenance, self.excused)))

    def without_maintenance(self) -> "Exclusions":
        """Return the same without the windows of maintenance."""
        return Exclusions(outside_hours=self.outside_hours, excused=self.excused)


NOTHING_EXCLUDED: Final = Exclusions()


class Piece(NamedTuple):
    """A stretch of time in one class.

    Attributes:
        start, end: half-open.
        kind: what it counts as.
        observed: what the service was seen to be; None in the future and where nothing was monitored.
    """

    start: Instant
    end: Instant
    kind: TimeClass
    observed: Outcome | None


@dataclass(frozen=True, slots=True)
class Ledger:
    """How long each class lasted, in microseconds; ledgers of adjacent stretches add up.

    Attributes:
        cells: the length of each class by what was observed under it; absent ones are zero.
    """

    cells: Mapping[tuple[TimeClass, Outcome | None], Micros] = field(default_factory=dict)

    def __getitem__(self, kind: TimeClass) -> Micros:
        """Return the length of one class."""
        total = 0
        for (found, _), length in self.cells.items():
            if found is kind:
                total += length
        return total

    def __add__(self, other: "Ledger") -> "Ledger":
        """Return the ledger of both stretches together."""
        cells = dict(self.cells)
        for cell, length in other.cells.items():
            cells[cell] = cells.get(cell, 0) + length
        return Ledger(cells)

    @property
    def total(self) -> Micros:
        """The sum over all classes, which is the length of the period."""
        return sum(self.cells.values())

    def classes(self) -> dict[str, Micros]:
        """Return the length of every class by its name, in the order of reports."""
        lengths = dict.fromkeys(LISTED, 0)
        for (kind, _), length in self.cells.items():
            lengths[kind] += length
        return {name: lengths[kind] for kind, name in _NAMES}

    def observed(self, kind: TimeClass) -> dict[str, Micros]:
        """Return for how long each state was observed under a class, by the outcome's word."""
        return {outcome.word: self.cells.get((kind, outcome), 0) for outcome in Outcome}


def classify(spans: Sequence[Span], exclusions: Exclusions, now: Instant) -> tuple[Piece, ...]:
    """Return the class of every microsecond that the spans cover.

    Args:
        spans: what is known of a service, adjacent and in order.
        exclusions: what the terms take out of the count.
        now: time from here on is the future.
    """
    return tuple(_classified(spans, exclusions.mask, now))


def ledger(pieces: Iterable[Piece]) -> Ledger:
    """Return how long each class lasted."""
    cells: dict[tuple[TimeClass, Outcome | None], Micros] = {}
    for start, end, kind, observed in pieces:
        cell = (kind, observed)
        cells[cell] = cells.get(cell, 0) + end - start
    return Ledger(cells)


def split(pieces: Sequence[Piece], cuts: Iterable[Instant]) -> tuple[tuple[Piece, ...], ...]:
    """Return the pieces between each two neighbouring cuts, in one walk; cuts in ascending order.

    The bounds of the days of a month as cuts give a breakdown whose ledgers add up to that of the month.
    """
    found: list[tuple[Piece, ...]] = []
    index = 0
    for start, end in pairwise(cuts):
        part: list[Piece] = []
        while index < len(pieces) and pieces[index].start < end:
            piece = pieces[index]
            low, high = max(piece.start, start), min(piece.end, end)
            if low < high:
                part.append(piece._replace(start=low, end=high))
            if piece.end > end:
                break
            index += 1
        found.append(tuple(part))
    return tuple(found)


def planned(start: Instant, end: Instant, exclusions: Exclusions) -> Micros:
    """Return how much of `[start, end)` the terms count, watched or not, elapsed or not."""
    if start >= end:
        return 0
    inside = (interval for interval in exclusions.mask if interval[0] < end and interval[1] > start)
    return end - start - sum(min(end, high) - max(start, low) for low, high, _ in inside)


def _classified(
    spans: Sequence[Span], mask: Sequence[tuple[Instant, Instant, TimeClass]], now: Instant
) -> Iterator[Piece]:
    index = 0
    for start, end, outcome in spans:
        elapsed = min(end, max(start, now))
        at = start
        while at < elapsed:
            while index < len(mask) and mask[index][1] <= at:
                index += 1
            kind, until = _OF_OUTCOME[outcome], elapsed
            if outcome is not None and index < len(mask):
                low, high, excluded = mask[index]
                if low <= at:
                    kind, until = excluded, min(high, elapsed)
                else:
                    until = min(low, elapsed)
            yield Piece(at, until, kind, outcome)
            at = until
        if elapsed < end:
            yield Piece(elapsed, end, TimeClass.FUTURE, None)
