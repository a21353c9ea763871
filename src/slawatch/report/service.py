"""One service, or a group seen as one, on its way from its assessment into a report."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Final

from slawatch.core.availability import NO_DATA, Assessment, Portion, exact
from slawatch.core.availability import Availability as Measured
from slawatch.core.check import Check, Quorum, Service
from slawatch.core.counting import figure
from slawatch.core.evidence import Reason, ServiceEvidence
from slawatch.core.instant import Instant
from slawatch.core.ledger import TimeClass, ledger, split
from slawatch.core.life import Unwatched
from slawatch.core.outage import Outage
from slawatch.core.period import Period, days
from slawatch.core.sample import Outcome
from slawatch.core.timeline import Span
from slawatch.report import gaps, wording
from slawatch.report.report import (
    Availability,
    CheckLine,
    DayLine,
    LatencyFigures,
    LatencyPointLine,
    MaintenanceLine,
    OutageLine,
    ServiceReport,
)

QUANTILES: Final = ("p50", "p95", "p99")
"""The percentiles that every report states."""

_MOST_REASONS: Final = 3
_KINDS: Final = (TimeClass.MAINTENANCE, TimeClass.OUTSIDE_HOURS, TimeClass.EXCUSED)


def service_report(
    service: Service,
    evidence: ServiceEvidence,
    found: Assessment,
    portions: Sequence[Portion],
    period: Period,
    *,
    silent: Sequence[Unwatched],
    checks: Mapping[str, Check],
    decimals: int,
    maintenance: tuple[MaintenanceLine, ...],
    measured: Assessment | None = None,
    members: tuple[str, ...] = (),
) -> ServiceReport:
    """Return what a report says about a service or a group.

    Args:
        service: which; of a group, one made up for it.
        evidence: what was measured; of a group, about all its members.
        found: what follows from that.
        portions: how its time counts, by version of the terms.
        period: what the report is about.
        silent: when slawatch itself did not watch.
        checks: by name, as configured.
        decimals: with which availabilities are shown.
        maintenance: its announced work.
        measured: the assessment without any adjustment; None where none holds.
        members: of a group.
    """
    configured = [(c, checks.get(c.check)) for c in evidence.checks]
    hold = max((check.stale_after for _, check in configured if check), default=0)
    unknown = _merged((p.start, p.end) for p in found.pieces if p.kind is TimeClass.UNKNOWN)
    return ServiceReport(
        service=service.name,
        description=service.description,
        join=_join_words(service, len(members or evidence.checks)),
        classes=found.ledger.classes(),
        availability=_availability(found.availability, decimals),
        outages=tuple(_outages(found, evidence.reasons, period)),
        unknown=gaps.explain(unknown, silent, evidence.reasons, hold),
        days=tuple(_days(found, portions, period)),
        latency=_latency(evidence),
        samples=evidence.samples,
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
        maintenance=maintenance,
        observed={k.value: found.ledger.observed(k) for k in _KINDS if found.ledger[k]},
        measured=None if measured is None else _availability(measured.availability, decimals),
        members=members,
        pieces=found.pieces,
    )


def _days(found: Assessment, portions: Sequence[Portion], period: Period) -> Iterator[DayLine]:
    first, last = found.pieces[0].start, found.pieces[-1].end
    every = [
        (day, max(day.start, first), min(day.end, last))
        for day in days(period)
        if day.start < last and day.end > first
    ]
    cuts = [low for _, low, _ in every] + [last]
    for (day, low, high), pieces in zip(every, split(found.pieces, cuts), strict=True):
        within = [p for p in portions if p.start < high and p.end > low]
        edges = [low, *(p.start for p in within[1:]), high]
        parts = [ledger(part) for part in split(pieces, edges)] if len(within) > 1 else [ledger(pieces)]
        own = figure(zip(within, parts, strict=True))
        yield DayLine(
            date=day.label,
            start=low,
            end=high,
            classes=ledger(pieces).classes(),
            percent=None if own.share is None else own.share * 100,
            lost=own.counted - own.good,
        )


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
