"""What an agreement comes to for a period: every figure, verdict and amount that a report or a page shows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from slawatch.core.adjustment import Adjustment
from slawatch.core.agreement import Agreement, UnknownPolicy
from slawatch.core.burn import Loss
from slawatch.core.calendar import Calendar
from slawatch.core.check import Maintenance, Service
from slawatch.core.combine import Combined, Which, combine, mixed, weights_of
from slawatch.core.credit import Credit, credit, together
from slawatch.core.evidence import ServiceEvidence
from slawatch.core.instant import Instant
from slawatch.core.judgement import Judgement, judge_objectives, overall, strictest
from slawatch.core.objective import Measure, Target, Verdict
from slawatch.core.period import Period
from slawatch.core.ratio import Counts
from slawatch.core.remark import remarks
from slawatch.core.running import Running, running
from slawatch.core.stake import Standing, standing, with_besides
from slawatch.core.subject import Grounds, Subject, joined, subjects
from slawatch.core.trend import HALF, Reaction, TrendPoint, failures
from slawatch.core.version import Part, judging, uncredited


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """An agreement's period.

    Attributes:
        agreement: with all its versions.
        terms: the version that judges: the newest in the period.
        period: as asked for.
        parts: its stretches under each version; the first one begins where the agreement does.
        now: when this was worked out.
        subjects: the services and groups that are judged, each with its own figures.
        together: all of them as one, where the agreement combines them by `all`; else None.
        combined: the figure of the whole agreement, adjustments considered: what the contract says.
        measured: the same without any adjustment.
        objectives: the promises with their verdicts.
        uncredited: why nothing is credited: the span is no period of the agreement. Empty where it is one.
        credit: what is due, with its working; no share and no amount where nothing is credited.
        credit_measured: what would be due without any adjustment; the same object where there is none.
        credit_unknown: what would be due under each policy for unknown time, as a share of the fee.
        running: while the period runs; None once it is over, or before it begins.
        adjustments: those of its services, whether they hold or not.
        remarks: what a reader has to know, a sentence each.
    """

    agreement: Agreement
    terms: Agreement
    period: Period
    parts: tuple[Part, ...]
    now: Instant
    subjects: tuple[Subject, ...]
    together: Subject | None
    combined: Combined
    measured: Combined
    objectives: tuple[Judgement, ...]
    uncredited: str
    credit: Credit
    credit_measured: Credit
    credit_unknown: Mapping[UnknownPolicy, Fraction | None]
    running: Running | None
    adjustments: tuple[Adjustment, ...]
    remarks: tuple[str, ...]


def evaluate(
    agreement: Agreement,
    services: Iterable[Service],
    evidence: Mapping[str, ServiceEvidence],
    period: Period,
    now: Instant,
    *,
    calendars: Mapping[str, Calendar] | None = None,
    maintenance: Iterable[Maintenance] = (),
    adjustments: Iterable[Adjustment] = (),
    counters: Mapping[str, Counts] | None = None,
    reach: Instant | None = None,
    own: bool | None = None,
) -> Evaluation:
    """Return all that an agreement comes to for a period. Pure: the same evidence gives the same figures.

    Args:
        agreement: with its versions.
        services: at least those of the agreement: how their checks make their state.
        evidence: what was measured about them, by name, gathered for the period or a longer window; burn
            rates look back as far as it reaches. A service that is absent was never monitored.
        period: what it is about.
        now: time from here on is the future.
        calendars: the service hours, by name.
        maintenance: all windows; a quota for a longer time than the period needs those of that time too.
        adjustments: as they stand.
        counters: the events of each `ratio`, by the objective's id.
        reach: the end of the window that the evidence was gathered for, where that is later than the
            period's: an outage under way at the period's end is then followed to its own end.
        own: whether the period is one that the agreement is credited for; None: as its calendar says.

    Raises:
        ValueError: the agreement takes effect only after the period, or names an unknown calendar.
    """
    parts = judging(agreement, period)
    terms = parts[-1].terms
    grounds = grounds_of(
        parts, services, evidence, now, calendars=calendars, maintenance=maintenance,
        adjustments=adjustments, reach=reach,
    )  # fmt: skip
    found = subjects(agreement, parts, grounds)
    whole = joined(agreement.key, agreement, parts, grounds) if terms.combine == "all" else None
    judged = (whole,) if whole else found
    combined = combine(terms, judged)
    changed = any(subject.adjusted is not subject.measured for subject in judged)
    measured = combine(terms, judged, "measured") if changed else combined
    objectives = judge_objectives(terms, found, combined, measured, evidence, counters or {})
    why_not = "" if own else uncredited(agreement, period)
    policies: Mapping[UnknownPolicy, Fraction | None] = {}
    if why_not:
        due = due_measured = Credit(share=None, amount=None, currency="", tier=None, working=(why_not,))
    else:
        due, policies = _credit(agreement, parts, grounds, combined, "adjusted")
        due_measured = _credit(agreement, parts, grounds, measured, "measured")[0] if changed else due
    return Evaluation(
        agreement=agreement,
        terms=terms,
        period=period,
        parts=parts,
        now=now,
        subjects=found,
        together=whole,
        combined=combined,
        measured=measured,
        objectives=objectives,
        uncredited=why_not,
        credit=due,
        credit_measured=due_measured,
        credit_unknown=policies,
        running=running(
            terms,
            period,
            now,
            judged,
            combined,
            strictest(objectives),
            Standing(None, ()) if why_not else _standing(agreement, parts, grounds, combined),
        )
        if grounds.start <= now < grounds.end
        else None,
        adjustments=grounds.adjustments,
        remarks=tuple(remarks(terms, parts, found, combined, objectives, grounds.adjustments, now, why_not)),
    )


def grounds_of(
    parts: Sequence[Part],
    services: Iterable[Service],
    evidence: Mapping[str, ServiceEvidence],
    now: Instant,
    *,
    calendars: Mapping[str, Calendar] | None = None,
    maintenance: Iterable[Maintenance] = (),
    adjustments: Iterable[Adjustment] = (),
    reach: Instant | None = None,
    besides: Iterable[str] = (),
) -> Grounds:
    """Return what the figures of a period's parts rest on; the arguments are those of `evaluate`.

    `besides` names services that the agreement does not, whose maintenance is wanted as well.
    """
    ours = frozenset(name for part in parts for name in (*part.terms.services, *part.terms.groups))
    ours = ours.union(besides)
    return Grounds(
        services={service.name: service for service in services},
        evidence=evidence,
        calendars=calendars or {},
        maintenance=_by_service(maintenance, ours),
        adjustments=tuple(a for a in adjustments if a.added.service in ours),
        start=parts[0].start,
        end=parts[-1].end,
        now=now,
        reach=reach,
    )


def trend_point(found: Evaluation, reactions: Iterable[Reaction] = ()) -> TrendPoint:
    """Return what a trend keeps of a period.

    Args:
        found: the period.
        reactions: incidents; those of other services or times are ignored.
    """
    ours = frozenset(name for part in found.parts for name in part.terms.services)
    start, end = found.parts[0].start, found.parts[-1].end
    loss = found.combined.loss
    judged = (found.together,) if found.together else found.subjects
    promise = strictest(found.objectives)
    coverage, firm = _certainty(found.terms, judged, promise.target if promise else None)
    missed_for_good = any(
        one.verdict is Verdict.MISSED and not one.behind
        for one in found.objectives
        if one.target.measure is Measure.AVAILABILITY
    )
    return TrendPoint(
        label=found.period.label,
        share=found.combined.share,
        verdict=overall(found.objectives),
        downtime=loss.bad,
        uptime=loss.counted - loss.bad,
        failures=tuple(
            failure for subject in found.subjects for failure in failures(subject.adjusted.outages)
        ),
        reactions=tuple(one for one in reactions if one.service in ours and start <= one.opened < end),
        coverage=coverage,
        firm=firm,
        running=found.now < end and not missed_for_good,
    )


def hardly_known(found: Evaluation, target: Target, subject: Subject | None = None) -> Fraction | None:
    """Return the share of the promised time so far that a verdict rests on, where that is too little.

    Args:
        found: the period.
        target: what was promised.
        subject: the service or group that is judged; None for all of them together.

    Returns:
        None where more than half is known, or the rest could not turn the verdict.
    """
    judged = (subject,) if subject else (found.together,) if found.together else found.subjects
    coverage, firm = _certainty(found.terms, judged, target)
    return coverage if coverage is not None and coverage < HALF and not firm else None


def _certainty(
    terms: Agreement, judged: Sequence[Subject], target: Target | None
) -> tuple[Fraction | None, bool]:
    """Return how much of the promised time so far the figure rests on, and whether its verdict is firm.

    It is firm where the rest cannot turn it. The rest is time before the first sample, and unknown time where
    the terms leave that out.
    """
    weights = weights_of(terms, judged)
    coverage, best, worst = [], [], []
    for one in judged:
        bad, unseen, whole = one.adjusted.availability.bad, one.unseen.bad, one.unseen.counted
        if whole:
            coverage.append((weights[one.name], 1 - unseen / whole))
            best.append((weights[one.name], 1 - bad / whole))
            worst.append((weights[one.name], 1 - (bad + unseen) / whole))
    low, high = mixed(terms, worst), mixed(terms, best)
    if low is None or high is None or target is None:
        return mixed(terms, coverage), True
    return mixed(terms, coverage), target.met_by(low) == target.met_by(high)


def _credit(
    agreement: Agreement, parts: Sequence[Part], grounds: Grounds, combined: Combined, which: Which
) -> tuple[Credit, dict[UnknownPolicy, Fraction | None]]:
    """Return what is due, and what would be under each policy for unknown time, as a share of the fee."""
    terms = parts[-1].terms
    if len(parts) == 1 or terms.on_change == "pooled":
        policies = {policy: credit(terms, share).share for policy, share in combined.unknown_as.items()}
        return credit(terms, combined.share), policies
    whole = parts[-1].end - parts[0].start
    found = []
    under: dict[UnknownPolicy, list[tuple[str, Fraction, Credit]]] = {}
    for part in parts:
        weight = Fraction(part.length, whole)
        label = part.terms.effective_from or "from the beginning"
        own_figure = _part(agreement, part, grounds, which)
        found.append((label, weight, credit(part.terms, own_figure.share, of_period=weight)))
        for policy, share in own_figure.unknown_as.items():
            under.setdefault(policy, []).append((label, weight, credit(part.terms, share, of_period=weight)))
    return together(found), {policy: together(each).share for policy, each in under.items()}


def _standing(agreement: Agreement, parts: Sequence[Part], grounds: Grounds, combined: Combined) -> Standing:
    """Return the money of a running period; of prorated terms, the tiers are those of the part that runs."""
    terms = parts[-1].terms
    if len(parts) == 1 or terms.on_change == "pooled":
        return standing(terms, combined.whole)
    current, besides = standing(terms, Loss(Fraction(0), 0)), []
    for part in parts:
        whole = _part(agreement, part, grounds, "adjusted").whole
        weight = Fraction(part.length, parts[-1].end - parts[0].start)
        if part.start <= grounds.now < part.end:
            current = standing(part.terms, whole, of_period=weight)
        elif whole.share is not None:
            besides.append((weight, credit(part.terms, 1 - whole.share, of_period=weight)))
    return with_besides(current, besides)


def _part(agreement: Agreement, part: Part, grounds: Grounds, which: Which) -> Combined:
    """Return the figure of a part of the period by itself."""
    own = replace(grounds, start=part.start, end=part.end)
    judged: tuple[Subject, ...] = subjects(agreement, (part,), own)
    if part.terms.combine == "all":
        judged = (joined(agreement.key, agreement, (part,), own),)
    return combine(part.terms, judged, which)


def _by_service(
    maintenance: Iterable[Maintenance], ours: frozenset[str]
) -> dict[str, tuple[Maintenance, ...]]:
    found: dict[str, list[Maintenance]] = {}
    for window in maintenance:
        for service in ours.intersection(window.services):
            found.setdefault(service, []).append(window)
    return {service: tuple(windows) for service, windows in found.items()}
