"""Trends: how the last periods went, and how long failures took to come, to be seen to and to be mended.

Lengths are microseconds, exact fractions where they are means; None stands for nothing to tell from.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, NamedTuple

from slawatch.core.instant import Instant, Micros
from slawatch.core.objective import Verdict
from slawatch.core.outage import Outage
from slawatch.core.period import Period, neighbour

PERIODS: Final = 12
"""How many periods a trend goes back, the present one included."""


class Failure(NamedTuple):
    """An outage as trends count it: whole, even where a period cuts it.

    Attributes:
        start, end: half-open.
        ongoing: not over, so that nobody knows how long its repair takes.
    """

    start: Instant
    end: Instant
    ongoing: bool = False


class Reaction(NamedTuple):
    """An incident as trends count it.

    Attributes:
        service: whose it was; empty for an incident of no service.
        opened: when somebody could first be told of it.
        acknowledged: when somebody first took it on; None for nobody.
    """

    service: str
    opened: Instant
    acknowledged: Instant | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendPoint:
    """One period of the past, as it was judged.

    Attributes:
        label: of the period.
        share: its availability; None for no data.
        verdict: on all objectives together.
        downtime: what counted as lost.
        uptime: the counted time that was not lost.
        failures: the outages that began in it.
        reactions: the incidents that were opened in it.
    """

    label: str
    share: Fraction | None
    verdict: Verdict
    downtime: Fraction = Fraction(0)
    uptime: Fraction = Fraction(0)
    failures: tuple[Failure, ...] = ()
    reactions: tuple[Reaction, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """Several periods together.

    Attributes:
        points: oldest first.
        met, judged: how many periods kept all promises, of those with a verdict.
        downtime: of all of them.
        failures: how many outages began.
        repair: the mean time to repair (MTTR), over the outages that ended.
        between: the mean time between failures (MTBF): uptime for each outage; None without an outage.
        acknowledge: the mean time to acknowledge (MTTA), over the incidents that somebody took on.
        incidents: how many were opened.
        acknowledged: how many of them somebody took on.
    """

    points: tuple[TrendPoint, ...]
    met: int
    judged: int
    downtime: Fraction
    failures: int
    repair: Fraction | None
    between: Fraction | None
    acknowledge: Fraction | None
    incidents: int = 0
    acknowledged: int = 0

    @property
    def compliance(self) -> Fraction | None:
        """The share of the judged periods that kept all promises."""
        return Fraction(self.met, self.judged) if self.judged else None


def looking_back(period: Period, periods: int = PERIODS) -> tuple[Period, ...]:
    """Return a calendar period and those before it, oldest first.

    Raises:
        ValueError: the period is no calendar period.
    """
    return tuple(neighbour(period, step) for step in range(1 - periods, 1))


def failures(found: Iterable[Outage], period: Period) -> tuple[Failure, ...]:
    """Return the outages of one service that began in a period and of which something counts.

    One that lies in granted maintenance, or is excused, is none by the contract.
    """
    return tuple(
        Failure(outage.start, outage.end, outage.ongoing)
        for outage in found
        if period.start <= outage.start < period.end and outage.counted
    )


def trend(points: Sequence[TrendPoint]) -> Trend:
    """Return what several periods come to together."""
    every = [failure for point in points for failure in point.failures]
    judged = [point for point in points if point.verdict in (Verdict.MET, Verdict.MISSED)]
    repairs = [failure.end - failure.start for failure in every if not failure.ongoing]
    asked = [response for point in points for response in point.reactions]
    taken = [one.acknowledged - one.opened for one in asked if one.acknowledged is not None]
    uptime = sum((point.uptime for point in points), Fraction(0))
    return Trend(
        points=tuple(points),
        met=sum(point.verdict is Verdict.MET for point in judged),
        judged=len(judged),
        downtime=sum((point.downtime for point in points), Fraction(0)),
        failures=len(every),
        repair=_mean(repairs),
        between=uptime / len(every) if every else None,
        acknowledge=_mean(taken),
        incidents=len(asked),
        acknowledged=len(taken),
    )


def _mean(lengths: Sequence[Micros]) -> Fraction | None:
    return Fraction(sum(lengths), len(lengths)) if lengths else None
