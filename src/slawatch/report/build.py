"""From evidence to a report: which figures stand in it. Pure: the same evidence gives the same report."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Final

from slawatch.core.agreement import Agreement
from slawatch.core.availability import NO_DATA, Assessment, Terms, assess, exact, share
from slawatch.core.availability import Availability as Measured
from slawatch.core.check import Check, Maintenance, Organization, Quorum, Service
from slawatch.core.civil import midnight
from slawatch.core.evidence import CheckEvidence, Reason, ServiceEvidence
from slawatch.core.instant import Instant
from slawatch.core.ledger import Exclusions, TimeClass, ledger, split
from slawatch.core.life import LifeEvent, Unwatched, unwatched
from slawatch.core.objective import Measure
from slawatch.core.outage import Outage
from slawatch.core.period import Period, days
from slawatch.core.sample import Outcome
from slawatch.core.timeline import Span
from slawatch.report import digest, gaps, verdicts, wording
from slawatch.report.report import (
    Availability,
    CheckLine,
    DayLine,
    LatencyFigures,
    LatencyPointLine,
    MaintenanceLine,
    OutageLine,
    Report,
    ReportPeriod,
    ServiceReport,
    UnknownLine,
)
from slawatch.report.terms import notices, spelled_out

QUANTILES: Final = ("p50", "p95", "p99")
"""The percentiles that every report states."""

_DECIMALS: Final = 3
_MOST_REASONS: Final = 3


def build(
    agreement: Agreement | None,
    services: Sequence[Service],
    evidence: Mapping[str, ServiceEvidence],
    maintenance: Sequence[Maintenance],
    life: Sequence[LifeEvent],
    period: Period,
    now: Instant,
    *,
    organization: Organization | None = None,
    checks: Mapping[str, Check] | None = None,
) -> Report:
    """Return the report on one agreement, or without one on some services.

    Args:
        agreement: the terms; None gives figures without a verdict.
        services: those of the agreement, in the order in which they are reported.
        evidence: what was measured about each of them, by name; one that is absent was never monitored.
        maintenance: all windows; those of other services or times are ignored.
        life: the daemon's journal, from the last event before the period on.
        period: what the report is about; see `in_force` for one that begins before the terms do.
        now: when the report is made; later time is the future.
        organization: whose services these are.
        checks: by name, for the method section.
    """
    until = min(now, period.end)
    silent = unwatched(life, period.start, until) if period.start < until else ()
    windows = tuple(m for m in maintenance if m.start < period.end and m.end > period.start)
    targets = verdicts.targets(agreement)
    decimals = max(
        (t.decimals + 1 for _, t in targets if t.measure is Measure.AVAILABILITY), default=_DECIMALS
    )
    measured = {s.name: evidence.get(s.name) or ServiceEvidence(service=s.name, checks=()) for s in services}
    terms = Terms() if agreement is None else Terms(unknown=agreement.unknown, degraded=agreement.degraded)
    parts = [_Part(service, measured[service.name], windows, terms, period, now) for service in services]
    known = checks or {}
    reports = tuple(part.report(silent, known, decimals) for part in parts)
    text = digest.canonical(agreement, services, measured, _relevant(windows, services), silent, period, now)
    objectives = verdicts.objectives(
        targets,
        [verdicts.Subject(p.service.name, p.evidence, p.assessment, p.exclusions) for p in parts],
        period,
    )
    return Report(
        key=agreement.key if agreement else organization.key if organization else "all",
        agreement=agreement.key if agreement else None,
        organization=organization.key if organization else None,
        organization_name=organization.name if organization else "All services",
        terms=(agreement.effective_from,) if agreement and agreement.effective_from else (),
        unknown_policy=terms.unknown,
        degraded_policy=str(terms.degraded),
        wording=tuple(spelled_out(agreement, organization, services, period)),
        notices=tuple(notices(agreement, reports, objectives, period, now)),
        period=ReportPeriod(
            label=period.label,
            title=wording.period_title(period),
            start=period.start,
            end=period.end,
            timezone=period.timezone,
        ),
        generated_at=now,
        complete=now >= period.end,
        services=reports,
        objectives=objectives,
        unwatched=tuple(UnknownLine(start=u.start, end=u.end, why=u.why) for u in silent),
        evidence_sha256=digest.digest(text),
    )


def in_force(agreement: Agreement, period: Period) -> Period:
    """Return the part of a period in which an agreement is in force.

    Raises:
        ValueError: it takes effect only after the period.
    """
    if not agreement.effective_from:
        return period
    start = midnight(date.fromisoformat(agreement.effective_from), agreement.timezone)
    if start >= period.end:
        raise ValueError(
            f"agreement {agreement.key} takes effect on {agreement.effective_from}: "
            f"there is nothing to report for {period.label}"
        )
    return replace(period, start=start) if start > period.start else period


def quantiles(agreement: Agreement | None) -> tuple[str, ...]:
    """Return the percentiles that a report needs from the store: the usual ones and those promised."""
    wanted = [t.quantile for _, t in verdicts.targets(agreement) if t.quantile]
    return tuple(dict.fromkeys((*QUANTILES, *wanted)))


class _Part:
    """One service on its way into the report."""

    __slots__ = ("assessment", "evidence", "exclusions", "period", "service", "terms", "windows")

    def __init__(
        self,
        service: Service,
        evidence: ServiceEvidence,
        windows: Sequence[Maintenance],
        terms: Terms,
        period: Period,
        now: Instant,
    ) -> None:
        self.service = service
        self.evidence = evidence
        self.windows = tuple(m for m in windows if service.name in m.services)
        self.terms = terms
        self.period = period
        self.exclusions = Exclusions(maintenance=tuple((m.start, m.end) for m in self.windows if granted(m)))
        self.assessment = assess(
            service.name,
            evidence.checks or (CheckEvidence(check="", first_sample=None, held_until=None),),
            service.join,
            period.start,
            period.end,
            now=now,
            terms=terms,
            exclusions=self.exclusions,
        )

    def report(
        self, silent: Sequence[Unwatched], checks: Mapping[str, Check], decimals: int
    ) -> ServiceReport:
        """Return what the report says about this service."""
        found = self.assessment
        configured = [(c, checks.get(c.check)) for c in self.evidence.checks]
        hold = max((check.stale_after for _, check in configured if check), default=0)
        unknown = _merged((p.start, p.end) for p in found.pieces if p.kind is TimeClass.UNKNOWN)
        kinds = [TimeClass.MAINTENANCE, TimeClass.OUTSIDE_HOURS, TimeClass.EXCUSED]
        return ServiceReport(
            service=self.service.name,
            description=self.service.description,
            join=_join_words(self.service, len(self.evidence.checks)),
            classes=found.ledger.classes(),
            availability=_availability(found.availability, decimals),
            outages=tuple(_outages(found, self.evidence.reasons, self.period)),
            unknown=gaps.explain(unknown, silent, self.evidence.reasons, hold),
            days=tuple(self._days()),
            latency=_latency(self.evidence),
            samples=self.evidence.samples,
            checks=tuple(
                CheckLine(
                    name=entry.check,
                    type=check.type if check else "",
                    interval=check.interval if check else 0,
                    holds=check.stale_after if check else 0,
                    samples=entry.samples,
                    first_sample=entry.first_sample,
                )
                for entry, check in configured
            ),
            maintenance=tuple(self._maintenance()),
            observed={k.value: found.ledger.observed(k) for k in kinds if found.ledger[k]},
        )

    def _days(self) -> Iterator[DayLine]:
        found = days(self.period)
        cuts = [day.start for day in found] + [self.period.end]
        for day, pieces in zip(found, split(self.assessment.pieces, cuts), strict=True):
            entries = ledger(pieces)
            figure = share(entries, self.terms.unknown, self.terms.degraded)
            yield DayLine(
                date=day.label,
                start=day.start,
                end=day.end,
                classes=entries.classes(),
                percent=None if figure is None else figure * 100,
            )

    def _maintenance(self) -> Iterator[MaintenanceLine]:
        for window in sorted(self.windows, key=lambda m: m.start):
            low, high = max(window.start, self.period.start), min(window.end, self.period.end)
            yield MaintenanceLine(
                start=window.start,
                end=window.end,
                announced=window.announced,
                granted=high - low if granted(window) else 0,
                reason=window.reason,
            )


def granted(window: Maintenance) -> bool:
    """Whether a window counts as maintenance: it was announced before it began."""
    return window.announced is None or window.announced < window.start


def _relevant(windows: Sequence[Maintenance], services: Sequence[Service]) -> tuple[Maintenance, ...]:
    names = {s.name for s in services}
    return tuple(m for m in windows if names.intersection(m.services))


def _availability(found: Measured, decimals: int) -> Availability:
    def hundredfold(figure: Fraction | None) -> Fraction | None:
        return None if figure is None else figure * 100

    percent = hundredfold(found.share)
    return Availability(
        good=found.good,
        counted=found.counted,
        percent=percent,
        exact=exact(found.share) or "",
        shown=NO_DATA if percent is None else wording.floored(percent, decimals),
        decimals=decimals,
        low=hundredfold(found.low),
        high=hundredfold(found.high),
        unknown_as={policy: hundredfold(figure) for policy, figure in found.unknown_as.items()},
        maintenance_ignored=hundredfold(found.maintenance_ignored),
        as_measured=hundredfold(found.as_measured),
        coverage=hundredfold(found.coverage),
    )


def _outages(found: Assessment, reasons: Sequence[Reason], period: Period) -> Iterator[OutageLine]:
    moments = [reason.at for reason in reasons]
    ends = {check: [span.end for span in spans] for check, spans in found.members.items()}
    for outage in found.outages:
        failing = tuple(
            check
            for check, spans in found.members.items()
            if _was_down(spans, ends[check], outage.clipped.start, outage.clipped.end)
        )
        yield OutageLine(
            id=outage.id,
            start=outage.start,
            end=outage.end,
            began_before=outage.start < period.start,
            goes_on=outage.ongoing or outage.end > period.end,
            ongoing=outage.ongoing,
            after_start=outage.after_start,
            after_end=None if outage.ongoing else outage.after_end,
            length=outage.clipped.end - outage.clipped.start,
            counted=outage.counted,
            reason=_reason(outage, failing, reasons, moments),
            checks=failing,
        )


def _was_down(spans: Sequence[Span], ends: Sequence[Instant], start: Instant, end: Instant) -> bool:
    for index in range(bisect_right(ends, start), len(spans)):
        if spans[index].start >= end:
            return False
        if spans[index].outcome is Outcome.DOWN:
            return True
    return False


def _reason(
    outage: Outage, failing: Sequence[str], reasons: Sequence[Reason], moments: Sequence[Instant]
) -> str:
    """Return what the failing checks said during an outage, each thing once, first said first."""
    low, high = bisect_left(moments, outage.start), bisect_left(moments, outage.end)
    said = dict.fromkeys(
        " ".join(reasons[i].text.split()) for i in range(low, high) if reasons[i].check in failing
    )
    said.pop("", None)
    texts = list(said)
    more = len(texts) - _MOST_REASONS
    return "; ".join(texts[:_MOST_REASONS]) + (f"; and {more} more" if more > 0 else "")


def _latency(evidence: ServiceEvidence) -> LatencyFigures:
    names = tuple(evidence.latency.quantiles) if evidence.latency else QUANTILES
    found = evidence.latency.quantiles if evidence.latency else {}
    return LatencyFigures(
        quantiles={name: found.get(name) for name in dict.fromkeys((*QUANTILES, *names))},
        count=evidence.latency.count if evidence.latency else 0,
        slowest=evidence.latency.max if evidence.latency else None,
        series=tuple(
            LatencyPointLine(start=p.start, p50=p.p50, p95=p.p95, max=p.max, count=p.count)
            for p in evidence.latency_series
        ),
    )


def _merged(stretches: Iterator[tuple[Instant, Instant]]) -> list[tuple[Instant, Instant]]:
    found: list[tuple[Instant, Instant]] = []
    for start, end in stretches:
        if found and found[-1][1] == start:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found


def _join_words(service: Service, checks: int) -> str:
    if isinstance(service.join, Quorum):
        return f"quorum: {service.join.needed} of {checks}"
    return str(service.join)
