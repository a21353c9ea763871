"""Whether each promise of an agreement was kept, by each of its services and by all of them together."""

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from slawatch.core.agreement import Agreement, Objective
from slawatch.core.availability import Assessment, Availability
from slawatch.core.evidence import ServiceEvidence
from slawatch.core.instant import MILLISECOND, Micros
from slawatch.core.ledger import Exclusions, planned
from slawatch.core.objective import (
    Measure,
    Target,
    budget,
    error_rate,
    judge,
    judge_availability,
    parse_target,
)
from slawatch.core.period import Period
from slawatch.report.report import Budget, ObjectiveReport, ServiceVerdict
from slawatch.report.wording import NO_DATA, floored

_RANK = {"missed": 0, "undecided": 1, "no data": 2, "met": 3}


class Subject(NamedTuple):
    """A service as it stands before its promises."""

    name: str
    evidence: ServiceEvidence
    assessment: Assessment
    exclusions: Exclusions


def targets(agreement: Agreement | None) -> tuple[tuple[Objective, Target], ...]:
    """Return the promises of an agreement in numbers; none without one."""
    if agreement is None:
        return ()
    return tuple((o, parse_target(o.metric, o.target)) for o in agreement.objectives)


def objectives(
    promised: Sequence[tuple[Objective, Target]], subjects: Sequence[Subject], period: Period
) -> tuple[ObjectiveReport, ...]:
    """Return each promise with its verdict: every service has to keep it, so the worst one decides."""
    found = []
    for objective, target in promised:
        judged = [_judged(target, subject, period) for subject in subjects]
        if not judged:
            continue
        deciding, _ = min(judged, key=lambda pair: (_RANK[pair[0].verdict], pair[1]))
        found.append(
            ObjectiveReport(
                id=objective.id,
                metric=objective.metric,
                target=objective.target,
                measured=deciding.measured,
                verdict=deciding.verdict,
                budget=deciding.budget,
                decided_by=deciding.service,
                services=tuple(verdict for verdict, _ in judged),
            )
        )
    return tuple(found)


def worst(found: Sequence[str]) -> str:
    """Return the verdict that stands for several: one missed promise is a missed promise.

    >>> worst(["met", "undecided", "missed"]), worst([])
    ('missed', 'no data')
    """
    return min(found, key=_RANK.__getitem__, default=NO_DATA)


def _judged(target: Target, subject: Subject, period: Period) -> tuple[ServiceVerdict, Fraction]:
    """Return a service's verdict, and a number that is the smaller the worse it did."""
    match target.measure:
        case Measure.AVAILABILITY:
            return _availability(target, subject, period)
        case Measure.ERROR_RATE:
            figure = error_rate(subject.evidence.outcomes)
            measured = NO_DATA if figure is None else f"{_raised(figure * 100, target.decimals + 1)}%"
        case Measure.LATENCY:
            length = _quantile(subject.evidence, target.quantile)
            figure = None if length is None else Fraction(length)
            measured = NO_DATA if length is None else _milliseconds(length)
    verdict = ServiceVerdict(
        service=subject.name, measured=measured, verdict=str(judge(target, figure)), budget=None, under={}
    )
    return verdict, -figure if figure is not None else Fraction(0)


def _availability(target: Target, subject: Subject, period: Period) -> tuple[ServiceVerdict, Fraction]:
    figure = subject.assessment.availability
    spent = budget(target, planned(period.start, period.end, subject.exclusions), figure.bad)
    allowed, lost = spent.allowed.__floor__(), spent.spent.__ceil__()
    verdict = ServiceVerdict(
        service=subject.name,
        measured=NO_DATA if figure.share is None else floored(figure.share * 100, target.decimals + 1),
        verdict=str(judge_availability(target, figure)),
        budget=Budget(allowed=allowed, spent=lost, remaining=allowed - lost),
        under={name: str(judge(target, value)) for name, value in _readings(figure).items()},
    )
    return verdict, figure.share if figure.share is not None else Fraction(1)


def _readings(figure: Availability) -> dict[str, Fraction | None]:
    return {
        "exclude": figure.unknown_as["exclude"],
        "down": figure.unknown_as["down"],
        "up": figure.unknown_as["up"],
        "maintenance_ignored": figure.maintenance_ignored,
        "as_measured": figure.as_measured,
        "low": figure.low,
        "high": figure.high,
    }


def _quantile(evidence: ServiceEvidence, name: str) -> Micros | None:
    return evidence.latency.quantiles.get(name) if evidence.latency else None


def _milliseconds(length: Micros) -> str:
    """Return a latency exactly, in the words that targets are written in.

    >>> _milliseconds(412_300), _milliseconds(500_000)
    ('412.3ms', '500ms')
    """
    whole, rest = divmod(length, MILLISECOND)
    return f"{whole}.{rest:03d}".rstrip("0").rstrip(".") + "ms"


def _raised(percent: Fraction, decimals: int) -> str:
    """Return the percentage of a rate rounded up: what was lost is never shown as less."""
    scaled = (percent * 10**decimals).__ceil__()
    return floored(Fraction(scaled, 10**decimals), decimals)
