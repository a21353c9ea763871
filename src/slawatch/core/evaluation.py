"""What an agreement comes to for a period: every figure, verdict and amount that a report or a page shows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from slawatch.core.adjustment import Adjustment
from slawatch.core.agreement import Agreement, UnknownPolicy
from slawatch.core.burn import Burning, Exhaustion, Forecast, Loss, burning, exhaustion, forecast, lost, rate
from slawatch.core.calendar import Calendar
from slawatch.core.check import Maintenance, Service
from slawatch.core.combine import Combined, Which, combine, combined_loss, weights_of
from slawatch.core.credit import Credit, credit, together
from slawatch.core.evidence import ServiceEvidence
from slawatch.core.instant import HOUR, Instant, Micros
from slawatch.core.judgement import Judgement, judge_objectives, overall, strictest
from slawatch.core.objective import Target
from slawatch.core.period import Period, days
from slawatch.core.ratio import Counts
from slawatch.core.remark import remarks
from slawatch.core.stake import Standing, standing
from slawatch.core.subject import Grounds, Subject, joined, subjects
from slawatch.core.trend import Reaction, TrendPoint, failures
from slawatch.core.version import Part, judging

RECENT: Micros = 6 * HOUR
"""The stretch up to now by whose losses the time to exhaustion is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """What can still be told, and changed, while a period runs.

    Attributes:
        target: the strictest availability target; the rates and rules are about it. None without one.
        burn: the burn rate of the period so far; None without a target or data.
        rules: how each burn-rate rule stands that can fire at all.
        exhaustion: when the budget is used up if the last hours go on; None without a target.
        forecast: the availability at the period's end.
        standing: the money: what is due already, and how far the next tiers are.
    """

    target: Target | None
    burn: Fraction | None
    rules: tuple[Burning, ...]
    exhaustion: Exhaustion | None
    forecast: Forecast
    standing: Standing


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
        credit: what is due, with its working.
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
        credit=due,
        credit_measured=due_measured,
        credit_unknown=policies,
        running=_running(terms, period, grounds, judged, combined, objectives)
        if grounds.start <= now < grounds.end
        else None,
        adjustments=grounds.adjustments,
        remarks=tuple(remarks(terms, parts, found, combined, objectives, grounds.adjustments, now)),
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
    within = Period(
        found.period.label, found.parts[0].start, found.parts[-1].end, found.period.timezone, "custom"
    )
    loss = found.combined.loss
    return TrendPoint(
        label=found.period.label,
        share=found.combined.share,
        verdict=overall(found.objectives),
        downtime=loss.bad,
        uptime=loss.counted - loss.bad,
        failures=tuple(
            failure for subject in found.subjects for failure in failures(subject.adjusted.outages, within)
        ),
        reactions=tuple(
            one for one in reactions if one.service in ours and within.start <= one.opened < within.end
        ),
    )


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
        own = replace(grounds, start=part.start, end=part.end)
        judged: tuple[Subject, ...] = subjects(agreement, (part,), own)
        if part.terms.combine == "all":
            judged = (joined(agreement.key, agreement, (part,), own),)
        weight = Fraction(part.length, whole)
        label = part.terms.effective_from or "from the beginning"
        own_figure = combine(part.terms, judged, which)
        found.append((label, weight, credit(part.terms, own_figure.share, of_period=weight)))
        for policy, share in own_figure.unknown_as.items():
            under.setdefault(policy, []).append((label, weight, credit(part.terms, share, of_period=weight)))
    return together(found), {policy: together(each).share for policy, each in under.items()}


def _running(
    terms: Agreement,
    period: Period,
    grounds: Grounds,
    judged: Sequence[Subject],
    combined: Combined,
    objectives: Sequence[Judgement],
) -> Running:
    promise = strictest(objectives)
    target = promise.target if promise else None
    now = grounds.now
    weights = weights_of(terms, judged)
    seen = [(weights[s.name], s.terms, (*s.before, *s.adjusted.pieces)) for s in judged]
    deciding = next((s for s in judged if s.name == combined.decided_by), None)
    own = [one for one, subject in zip(seen, judged, strict=True) if deciding in (None, subject)]

    def loss(start: Instant, end: Instant) -> Loss:
        losses = [(weight, lost(pieces, start, end, by)) for weight, by, pieces in seen]
        return combined_loss(terms, losses)

    def own_loss(start: Instant, end: Instant) -> Loss:
        losses = [(weight, lost(pieces, start, end, by)) for weight, by, pieces in own]
        return combined_loss(terms, losses)

    rules: tuple[Burning, ...] = ()
    left = None
    if promise and promise.budget:
        rules = burning(loss, now, promise.target.value, period.length)
        ahead = (deciding or judged[0]).portions[-1].exclusions
        recent = own_loss(now - RECENT, now)
        left = exhaustion(promise.budget.remaining, recent, now, grounds.end, ahead)
    by_day = [own_loss(day.start, min(day.end, now)) for day in days(period) if day.start < now]
    return Running(
        target=target,
        burn=rate(combined.loss, target.value) if target else None,
        rules=rules,
        exhaustion=left,
        forecast=forecast(combined.loss, by_day, combined.remaining),
        standing=standing(terms, combined.loss, combined.remaining),
    )


def _by_service(
    maintenance: Iterable[Maintenance], ours: frozenset[str]
) -> dict[str, tuple[Maintenance, ...]]:
    found: dict[str, list[Maintenance]] = {}
    for window in maintenance:
        for service in ours.intersection(window.services):
            found.setdefault(service, []).append(window)
    return {service: tuple(windows) for service, windows in found.items()}
