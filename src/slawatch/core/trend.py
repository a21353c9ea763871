"""Trends: how the last periods went, and how long failures took to come, to be seen to and to be mended.

Lengths are microseconds, exact fractions where they are means; None stands for nothing to tell from.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal, NamedTuple, TypeAlias

from slawatch.core.instant import Instant, Micros
from slawatch.core.objective import Verdict
from slawatch.core.outage import Outage
from slawatch.core.period import Period, neighbour

PERIODS: Final = 12
"""How many periods a trend goes back, the present one included."""
MOST_SERVICES: Final = 2_000
"""A trend judges every service in eleven more periods, a millisecond each time; of more none is made."""
HALF: Final = Fraction(1, 2)
"""A verdict that rests on less of the promised time than this rests on less than it leaves open."""

Standing: TypeAlias = Literal["met", "missed", "undecided", "no data", "hardly known", "running"]


class Failure(NamedTuple):
    """An outage as trends count it: whole, even where a period cuts it.

    Attributes:
        start, end: half-open.
        ongoing: not over, so that nobody knows how long its repair takes.
        service: whose it was; with the start it is the same outage in every period that it touches.
    """

    start: Instant
    end: Instant
    ongoing: bool = False
    service: str = ""


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
        failures: the outages of which something counts in it.
        reactions: the incidents that were opened in it.
        coverage: the share of the promised time so far that counts or is known; None where none was promised.
        firm: whether the verdict is the same whatever happened in the time that nobody knows of.
        running: whether it is not over, so that what is still to come may change the verdict.
    """

    label: str
    share: Fraction | None
    verdict: Verdict
    downtime: Fraction = Fraction(0)
    uptime: Fraction = Fraction(0)
    failures: tuple[Failure, ...] = ()
    reactions: tuple[Reaction, ...] = ()
    coverage: Fraction | None = None
    firm: bool = True
    running: bool = False

    @property
    def standing(self) -> Standing:
        """What the period says of the promise: its verdict, or why none is counted.

        One that runs has none yet. One of which less than half is known, and whose other half could turn
        the verdict, is hardly known, be it good or bad.
        """
        if self.verdict is Verdict.UNDECIDED:
            return "undecided"
        if self.verdict is Verdict.NO_DATA:
            return "no data"
        if self.running:
            return "running"
        if not self.firm and self.coverage is not None and self.coverage < HALF:
            return "hardly known"
        return "met" if self.verdict is Verdict.MET else "missed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """Several periods together.

    Attributes:
        points: oldest first.
        met, judged: how many periods kept all promises, of those that are over and known well enough.
        hardly_known: how many are over with a verdict that rests on too little to be counted.
        downtime: of all of them.
        failures: how many outages there were; one that touches several periods is one.
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
    hardly_known: int = 0

    @property
    def compliance(self) -> Fraction | None:
        """The share of the judged periods that kept all promises."""
        return Fraction(self.met, self.judged) if self.judged else None


def recurs(period: Period) -> bool:
    """Whether there are periods of its kind before this one."""
    return period.kind not in ("custom", "rolling")


def untold(period: Period, services: int) -> str:
    """Return why a period of so many services has no trend; empty where it can have none, or may have one."""
    if recurs(period) and services > MOST_SERVICES:
        return f"The earlier periods are left out: they are told of up to {MOST_SERVICES:,} services."
    return ""


def looking_back(period: Period, periods: int = PERIODS) -> tuple[Period, ...]:
    """Return a calendar period and those before it, oldest first.

    Raises:
        ValueError: the period is no calendar period.
    """
    return tuple(neighbour(period, step) for step in range(1 - periods, 1))


def failures(found: Iterable[Outage]) -> tuple[Failure, ...]:
    """Return the outages of one service of which something counts in the period that they were clipped to.

    One that lies in granted maintenance, is excused or too short is none by the contract.
    """
    return tuple(
        Failure(outage.start, outage.end, outage.ongoing, outage.service)
        for outage in found
        if outage.counted
    )


def trend(points: Sequence[TrendPoint]) -> Trend:
    """Return what several periods come to together."""
    # What began in one period and ended in the next is told by both; the later one knows more of it.
    every = {(failure.service, failure.start): failure for point in points for failure in point.failures}
    judged = [point for point in points if point.standing in (Verdict.MET, Verdict.MISSED)]
    repairs = [failure.end - failure.start for failure in every.values() if not failure.ongoing]
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
        hardly_known=sum(point.standing == "hardly known" for point in points),
    )


def _mean(lengths: Sequence[Micros]) -> Fraction | None:
    return Fraction(sum(lengths), len(lengths)) if lengths else None
