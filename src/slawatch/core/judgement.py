"""The promises of an agreement and whether they were kept, by each service and by all of them together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from slawatch.core.agreement import Agreement, Objective, UnknownPolicy
from slawatch.core.burn import Loss
from slawatch.core.combine import Combined
from slawatch.core.counting import weight
from slawatch.core.evidence import ServiceEvidence
from slawatch.core.objective import (
    Budget,
    Measure,
    Sensitivity,
    Target,
    Verdict,
    behind,
    budget,
    judge,
    judge_availability,
    parse_target,
    sensitivity,
)
from slawatch.core.ratio import Counts, of_probes
from slawatch.core.subject import Subject

_RANK = (Verdict.MISSED, Verdict.UNDECIDED, Verdict.NO_DATA, Verdict.MET)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectVerdict:
    """A promise and one service or group.

    Attributes:
        subject: its name.
        figure: what was measured, in the unit of the target's value; None for no data.
        verdict: whether it kept the promise.
        verdict_measured: the same without any adjustment.
        sensitivity: for an availability: the verdict under each policy for unknown time.
        budget: for an availability: what may be lost in the whole period, and what was; None where nothing
            counts.
        behind: whether a running period misses its target so far and can still keep it.
        events: for a rate: how many there were, and how many of them were good.
    """

    subject: str
    figure: Fraction | None
    verdict: Verdict
    verdict_measured: Verdict
    sensitivity: Sensitivity | None = None
    budget: Budget | None = None
    behind: bool = False
    events: Counts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A promise and whether it was kept by all together.

    Attributes:
        objective: as it was promised.
        target: in numbers.
        figure: what was measured, in the unit of the target's value; None for no data.
        low, high: its bounds; None where it has none.
        verdict: whether the promise was kept, with the adjustments that hold.
        verdict_measured: the same without any adjustment.
        figure_measured: the figure without any adjustment.
        sensitivity: for an availability: the verdict under each policy for unknown time.
        budget: for an availability: what may be lost in the whole period, and what was; None where nothing
            counts. Of the service or group that has the least left, or on average.
        behind: whether a running period misses its target so far and can still keep it.
        decided_by: the service or group that decides; empty where all do together.
        subjects: each of them.
        events: for a rate: how many there were, and how many of them were good; of whoever decides.
    """

    objective: Objective
    target: Target
    figure: Fraction | None
    low: Fraction | None = None
    high: Fraction | None = None
    verdict: Verdict
    verdict_measured: Verdict
    figure_measured: Fraction | None
    sensitivity: Sensitivity | None = None
    budget: Budget | None = None
    behind: bool = False
    decided_by: str = ""
    subjects: tuple[SubjectVerdict, ...] = ()
    events: Counts | None = None


def worst_verdict(found: Sequence[Verdict]) -> Verdict:
    """Return the verdict that stands for several: one missed promise is a missed promise.

    >>> worst_verdict([Verdict.MET, Verdict.NO_DATA]), worst_verdict([])
    (<Verdict.NO_DATA: 'no data'>, <Verdict.NO_DATA: 'no data'>)
    """
    return min(found, key=_RANK.index, default=Verdict.NO_DATA)


def judge_objectives(
    terms: Agreement,
    subjects: Sequence[Subject],
    combined: Combined,
    measured: Combined,
    evidence: Mapping[str, ServiceEvidence],
    counters: Mapping[str, Counts],
) -> tuple[Judgement, ...]:
    """Return the verdict on each promise of the terms that judge.

    Args:
        terms: the newest version in the period.
        subjects: the services and groups.
        combined: the availability of all together.
        measured: the same without any adjustment.
        evidence: what was measured about each service.
        counters: the events of each `ratio`, by the objective's id.

    Raises:
        ValueError: a target cannot be read.
    """
    found = []
    for objective in terms.objectives:
        target = parse_target(objective.metric, objective.target)
        match target.measure:
            case Measure.AVAILABILITY:
                found.append(_availability(terms, objective, target, subjects, combined, measured))
            case Measure.RATIO:
                found.append(_ratio(objective, target, counters.get(objective.id)))
            case Measure.LATENCY | Measure.ERROR_RATE | Measure.SUCCESS_RATE:
                found.append(_of_samples(terms, objective, target, subjects, evidence))
    return tuple(found)


def _availability(
    terms: Agreement,
    objective: Objective,
    target: Target,
    subjects: Sequence[Subject],
    combined: Combined,
    measured: Combined,
) -> Judgement:
    each = tuple(
        SubjectVerdict(
            subject=subject.name,
            figure=subject.adjusted.availability.share,
            verdict=judge_availability(target, subject.adjusted.availability),
            verdict_measured=judge_availability(target, subject.measured.availability),
            sensitivity=sensitivity(target, subject.adjusted.availability),
            budget=_budget(target, subject.whole),
            behind=behind(target, subject.adjusted.availability.share, subject.whole.share),
        )
        for subject in subjects
    )
    verdict = judge(target, combined.share, combined.low, combined.high)
    before = judge(target, measured.share, measured.low, measured.high)
    if terms.combine == "worst":
        verdict = worst_verdict([verdict, *(one.verdict for one in each)])
        before = worst_verdict([before, *(one.verdict_measured for one in each)])
    return Judgement(
        objective=objective,
        target=target,
        figure=combined.share,
        low=combined.low,
        high=combined.high,
        verdict=verdict,
        verdict_measured=before,
        figure_measured=measured.share,
        sensitivity=_combined_sensitivity(target, combined),
        budget=_budget(target, combined.whole),
        behind=behind(target, combined.share, combined.whole.share),
        decided_by=combined.decided_by,
        subjects=each,
    )


def _budget(target: Target, whole: Loss) -> Budget | None:
    return budget(target, whole.counted, whole.bad) if whole.counted else None


def _combined_sensitivity(target: Target, combined: Combined) -> Sensitivity:
    verdicts: dict[UnknownPolicy, Verdict] = {
        policy: judge(target, figure) for policy, figure in combined.unknown_as.items()
    }
    return Sensitivity(verdicts=verdicts, changes=len(set(verdicts.values())) > 1)


def _ratio(objective: Objective, target: Target, counts: Counts | None) -> Judgement:
    figure = None if counts is None else counts.share
    # More good events than events: the counters do not belong together, and prove nothing.
    verdict = Verdict.NO_DATA if figure is not None and figure > 1 else judge(target, figure)
    return Judgement(
        objective=objective,
        target=target,
        figure=figure,
        verdict=verdict,
        verdict_measured=verdict,
        figure_measured=figure,
        events=None if verdict is Verdict.NO_DATA else counts,
    )


def _of_samples(
    terms: Agreement,
    objective: Objective,
    target: Target,
    subjects: Sequence[Subject],
    evidence: Mapping[str, ServiceEvidence],
) -> Judgement:
    """Return the verdict on a figure of single samples: of those that the agreement counts."""
    each = []
    for subject in subjects:
        known = [found for member in subject.members if (found := evidence.get(member))]
        events = None if target.measure is Measure.LATENCY else _events(terms, target, known)
        figure = _latency(target, known) if events is None else _rate(target, events)
        verdict = judge(target, figure)
        each.append(
            SubjectVerdict(
                subject=subject.name,
                figure=figure,
                verdict=verdict,
                verdict_measured=verdict,
                events=events if events and events.total else None,
            )
        )
    deciding = min(
        each, key=lambda one: (_RANK.index(one.verdict), _goodness(target, one.figure), one.subject)
    )
    return Judgement(
        objective=objective,
        target=target,
        figure=deciding.figure,
        verdict=deciding.verdict,
        verdict_measured=deciding.verdict,
        figure_measured=deciding.figure,
        decided_by=deciding.subject,
        subjects=tuple(each),
        events=deciding.events,
    )


def _latency(target: Target, known: Sequence[ServiceEvidence]) -> Fraction | None:
    latencies = [one.latency if one.counted is None else one.counted.latency for one in known]
    found = [
        length
        for latency in latencies
        if latency and (length := latency.quantiles.get(target.quantile)) is not None
    ]
    return Fraction(max(found)) if found else None


def _events(terms: Agreement, target: Target, known: Sequence[ServiceEvidence]) -> Counts:
    outcomes: dict[int, int] = {}
    for one in known:
        counted = one.outcomes if one.counted is None else one.counted.outcomes
        for outcome, count in counted.items():
            outcomes[outcome] = outcomes.get(outcome, 0) + count
    # A degraded probe is no error, whatever degraded time is worth.
    return of_probes(
        outcomes, Fraction(1) if target.measure is Measure.ERROR_RATE else weight(terms.degraded)
    )


def _rate(target: Target, events: Counts) -> Fraction | None:
    share = events.share
    return None if share is None else 1 - share if target.measure is Measure.ERROR_RATE else share


def _goodness(target: Target, figure: Fraction | None) -> Fraction:
    """Return a number that is the smaller the worse a figure is."""
    if figure is None:
        return Fraction(0)
    return figure if target.operator in (">", ">=") else -figure


def strictest(judgements: Sequence[Judgement]) -> Judgement | None:
    """Return the availability promise with the highest target."""
    found = [one for one in judgements if one.target.measure is Measure.AVAILABILITY]
    return max(found, key=lambda one: one.target.value, default=None)


def overall(judgements: Sequence[Judgement]) -> Verdict:
    """Return the verdict on all promises together; no data for an agreement that promises nothing."""
    return worst_verdict([one.verdict for one in judgements])
