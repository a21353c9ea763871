"""What figures of an agreement need of the time around a period: outages whole, burn windows, the trend.

All of it comes from the record of changes, which is small, never from single samples.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from slawatch.config.model import Config
from slawatch.core.adjustment import Adjustment
from slawatch.core.agreement import Agreement
from slawatch.core.burn import RULES
from slawatch.core.check import Service
from slawatch.core.evaluation import evaluate, trend_point
from slawatch.core.evidence import CheckEvidence, ServiceEvidence
from slawatch.core.instant import DAY, Instant
from slawatch.core.period import Period
from slawatch.core.sample import Outcome
from slawatch.core.trend import MOST_SERVICES, Reaction, TrendPoint, looking_back, recurs
from slawatch.core.version import parts, versions

if TYPE_CHECKING:
    import duckdb

Inputs: TypeAlias = tuple[Any, ...]


class Past:
    """Periods that are over, as they were judged: worked out once, and again where what they rest on changed.

    Not for two threads at once.
    """

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], tuple[Inputs, TrendPoint]] = {}
        self._seen: dict[tuple[str, str], tuple[Inputs, TrendPoint]] = {}
        self._left = 0
        self._short = False

    def begin(self, most: int) -> None:
        """Begin a look at all agreements.

        Args:
            most: how many services may be judged in how many periods; what is too much waits for the next
                look.
        """
        self._seen, self._left, self._short = {}, most, False

    def end(self) -> None:
        """Forget what the look did not ask for, unless it was cut short."""
        self._kept = {**self._kept, **self._seen} if self._short else self._seen

    def point(
        self, key: tuple[str, str], inputs: Inputs, cost: int, make: Callable[[], TrendPoint]
    ) -> TrendPoint | None:
        """Return a period of an agreement; None where that is too much for this look."""
        found = self._kept.get(key)
        if found is None or found[0] != inputs:
            if self._left <= 0:
                self._short = True
                return None
            self._left -= cost
            found = (inputs, make())
        self._seen[key] = found
        return found[1]


_LONGEST_RULE: Final = max(rule.long for rule in RULES)


def reach_of(period: Period, now: Instant) -> Instant:
    """Return how far beyond a period's end an outage that goes on there is followed."""
    return max(period.end, min(now, period.end + DAY))


def gather_wide(
    cursor: "duckdb.DuckDBPyConnection", checks: Mapping[str, Sequence[str]], period: Period, now: Instant
) -> dict[str, ServiceEvidence]:
    """Return the changes of some services from the first period of a trend up to the reach of this one.

    Raises:
        StoreError: the store cannot be read.
    """
    from slawatch.store.evidence import changes

    start = _before(period, now)
    if recurs(period):
        start = min(start, looking_back(period)[0].start)
    return changes(cursor, checks, start, reach_of(period, now))


def responded(
    cursor: "duckdb.DuckDBPyConnection", agreements: Iterable[Agreement], period: Period
) -> tuple[Reaction, ...]:
    """Return the incidents of a period and of those before it that a trend tells of.

    Raises:
        StoreError: the store cannot be read.
    """
    from slawatch.store.reactions import reactions

    services = {name for one in agreements for terms in versions(one) for name in terms.services}
    if not services or not recurs(period):
        return ()
    return reactions(cursor, looking_back(period)[0].start, period.end, services)


def within(
    found: Mapping[str, ServiceEvidence], wide: Mapping[str, ServiceEvidence], period: Period, now: Instant
) -> dict[str, ServiceEvidence]:
    """Return a period's evidence with the changes before and after it that its figures need."""
    start, end = _before(period, now), reach_of(period, now)
    made = {}
    for name, own in found.items():
        cut = {check.check: check for check in narrowed(wide[name], start, end).checks}
        checks = tuple(replace(cut[check.check], samples=check.samples) for check in own.checks)
        made[name] = replace(own, checks=checks)
    return made


def trend_before(
    agreement: Agreement,
    services: Sequence[Service],
    wide: Mapping[str, ServiceEvidence],
    period: Period,
    now: Instant,
    config: Config,
    adjustments: Sequence[Adjustment] = (),
    reactions: Sequence[Reaction] = (),
    past: Past | None = None,
) -> list[TrendPoint] | None:
    """Return how the periods before this one went, by the promise on availability; oldest first.

    They begin with the first one that anything is known of. Of a span of days, and of very many services,
    there is no trend, nor where `past` says that it is too much for now.
    """
    if not recurs(period) or len(services) > MOST_SERVICES:
        return None
    terms = on_availability(agreement)
    ours = frozenset(service.name for service in services)
    maintenance = [m for m in config.maintenance if not ours.isdisjoint(m.services)]
    points: list[TrendPoint] = []
    for one in looking_back(period)[:-1]:
        reach = reach_of(one, now)
        evidence = {name: _bare(narrowed(wide[name], one.start, reach), reach) for name in ours & wide.keys()}
        if not _in_force(terms, one):
            continue

        def make(
            one: Period = one, evidence: Mapping[str, ServiceEvidence] = evidence, reach: Instant = reach
        ) -> TrendPoint:
            found = evaluate(
                terms, services, evidence, one, now, calendars=config.calendars, maintenance=maintenance,
                adjustments=adjustments, reach=reach,
            )  # fmt: skip
            return trend_point(found, reactions)

        if past is None:
            point: TrendPoint | None = make()
        else:
            inputs = (config.digest, maintenance, adjustments, reactions, evidence)
            point = past.point((agreement.key, one.label), inputs, len(services), make)
        if point is None:
            return None
        if points or point.share is not None:
            points.append(point)
    return points


def _in_force(agreement: Agreement, period: Period) -> bool:
    """Whether an agreement is in force in a period."""
    return bool(parts(agreement, period.start, period.end))


def _bare(found: ServiceEvidence, end: Instant) -> ServiceEvidence:
    """Return the changes alone, up to an instant: what a period that is over rests on, and nothing later."""
    checks = tuple(
        replace(check, samples=0, held_until=None if check.held_until is None else min(check.held_until, end))
        for check in found.checks
    )
    return ServiceEvidence(service=found.service, checks=checks)


def narrowed(found: ServiceEvidence, start: Instant, end: Instant) -> ServiceEvidence:
    """Return the changes of a service that bear on `[start, end)`, an outage under way at its start whole.

    A check that fails there reaches back to when it last worked, and the others of its service as far.
    """
    low = start
    while (earlier := min((_worked(check, low) for check in found.checks), default=low)) < low:
        low = earlier
    return replace(found, checks=tuple(_cut(check, low, end) for check in found.checks))


def _worked(check: CheckEvidence, at: Instant) -> Instant:
    index = _index(check, at)
    if index < 0 or check.transitions[index].outcome < Outcome.DOWN:
        return at
    while index > 0 and check.transitions[index].outcome >= Outcome.DOWN:
        index -= 1
    return check.transitions[index].at


def _cut(check: CheckEvidence, low: Instant, end: Instant) -> CheckEvidence:
    first = max(_index(check, low), 0)
    last = bisect_left(check.transitions, end, key=lambda change: change.at)
    return replace(check, transitions=check.transitions[first : last + 1])


def _index(check: CheckEvidence, at: Instant) -> int:
    return bisect_right(check.transitions, at, key=lambda change: change.at) - 1


def _before(period: Period, now: Instant) -> Instant:
    """Return from when on a period's figures need what was seen: burn rates of a running one look back."""
    return min(period.start, now - _LONGEST_RULE) if now < period.end else period.start


def on_availability(agreement: Agreement) -> Agreement:
    """Return the terms with their promises on availability alone."""
    own = tuple(o for o in agreement.objectives if o.metric == "availability")
    later = tuple(on_availability(version) for version in agreement.versions)
    return replace(agreement, objectives=own, versions=later)
