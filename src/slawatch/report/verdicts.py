"""The verdicts of an evaluation as a report words them: by each service, and by all of them together."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Final

from slawatch.core.agreement import Agreement, Objective
from slawatch.core.availability import Availability
from slawatch.core.evaluation import Evaluation, hardly_known
from slawatch.core.instant import MILLISECOND, Micros
from slawatch.core.judgement import Judgement, SubjectVerdict
from slawatch.core.objective import Budget as Allowance
from slawatch.core.objective import Measure, Sensitivity, Target, event_budget, judge, parse_target
from slawatch.core.ratio import Counts
from slawatch.core.version import versions
from slawatch.report.report import Budget, Events, ObjectiveReport, ServiceVerdict
from slawatch.report.standing import BEHIND, HARDLY_KNOWN, MISSED
from slawatch.report.wording import NO_DATA, floored

_RANK: Final = {MISSED: 0, BEHIND: 1, "undecided": 2, NO_DATA: 3, HARDLY_KNOWN: 4, "met": 5}


def targets(agreement: Agreement | None) -> tuple[tuple[Objective, Target], ...]:
    """Return the promises of an agreement in numbers, those of all its versions; none without one."""
    if agreement is None:
        return ()
    every = dict.fromkeys(o for terms in versions(agreement) for o in terms.objectives)
    return tuple((o, parse_target(o.metric, o.target)) for o in every)


def objectives(found: Evaluation) -> tuple[ObjectiveReport, ...]:
    """Return each promise with its verdict."""
    figures = {subject.name: subject.adjusted.availability for subject in found.subjects}
    return tuple(_objective(one, figures, _Known(found, one.target)) for one in found.objectives)


class _Known:
    """How much of the promised time verdicts rest on, where that is too little."""

    def __init__(self, found: Evaluation, target: Target) -> None:
        self._found = found
        self._target = target
        self._subjects = {subject.name: subject for subject in found.subjects}

    def of(self, subject: str = "") -> Fraction | None:
        """Return it for one service or group, or for all together; None for another metric."""
        if self._target.measure is not Measure.AVAILABILITY:
            return None
        return hardly_known(self._found, self._target, self._subjects[subject] if subject else None)


def worst(found: Sequence[str]) -> str:
    """Return the verdict that stands for several: one missed promise is a missed promise.

    >>> worst(["met", "undecided", "missed"]), worst([])
    ('missed', 'no data')
    """
    return min(found, key=_RANK.__getitem__, default=NO_DATA)


def _objective(one: Judgement, figures: Mapping[str, Availability], known: _Known) -> ObjectiveReport:
    return ObjectiveReport(
        id=one.objective.id,
        metric=one.objective.metric,
        target=one.objective.target,
        measured=worded(one.target, one.figure),
        verdict=str(one.verdict),
        budget=_budget(one.budget),
        decided_by=one.decided_by if one.decided_by in figures else "",
        services=tuple(_service(one.target, v, figures[v.subject], known) for v in one.subjects),
        low=None if one.low is None else one.low * 100,
        high=None if one.high is None else one.high * 100,
        measured_before=worded(one.target, one.figure_measured),
        verdict_before=str(one.verdict_measured),
        unknown_as=_policies(one.sensitivity),
        events=_events(one.target, one.events),
        behind=one.behind,
        known=known.of(),
    )


def _service(target: Target, verdict: SubjectVerdict, figure: Availability, known: _Known) -> ServiceVerdict:
    readings = _readings(figure) if target.measure is Measure.AVAILABILITY else {}
    return ServiceVerdict(
        service=verdict.subject,
        measured=worded(target, verdict.figure),
        verdict=str(verdict.verdict),
        budget=_budget(verdict.budget),
        under={name: str(judge(target, value)) for name, value in readings.items()},
        verdict_before=str(verdict.verdict_measured),
        events=_events(target, verdict.events),
        behind=verdict.behind,
        known=known.of(verdict.subject),
    )


def _events(target: Target, found: Counts | None) -> Events | None:
    if found is None:
        return None
    may = event_budget(target, found)
    return Events(good=found.good, total=found.total, allowed=may.allowed, bad=may.spent)


def worded(target: Target, figure: Fraction | None) -> str:
    """Return a measured figure in the words that targets are written in; never better than it is."""
    if figure is None:
        return NO_DATA
    match target.measure:
        case Measure.LATENCY:
            return _milliseconds(int(figure))
        case Measure.ERROR_RATE:
            return f"{_raised(figure * 100, target.decimals + 1)}%"
        case _:
            return floored(figure * 100, target.decimals + 1)


def _policies(found: Sensitivity | None) -> dict[str, str]:
    return {policy: str(verdict) for policy, verdict in found.verdicts.items()} if found else {}


def _budget(found: Allowance | None) -> Budget | None:
    if found is None:
        return None
    # Floored, what is left is below zero exactly where more was spent than allowed, be it by a fraction.
    allowed, remaining = found.allowed.__floor__(), found.remaining.__floor__()
    return Budget(allowed=allowed, spent=allowed - remaining, remaining=remaining)


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
