"""A report as JSON: the shape that scripts rely on (`slawatch.report/1`), and more keys beside it.

Lengths are seconds, percentages percent numbers, instants RFC 3339 in UTC. A figure without data is null.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from slawatch.core.instant import Instant, Micros, rfc3339, seconds
from slawatch.report import frozen, json_contract
from slawatch.report.json_contract import number
from slawatch.report.report import (
    Availability,
    Budget,
    Events,
    LatencyFigures,
    MaintenanceLine,
    ObjectiveReport,
    OutageLine,
    Report,
    ServiceReport,
    ServiceVerdict,
    UnknownLine,
)
from slawatch.report.standing import HARDLY_KNOWN

SCHEMA: Final = "slawatch.report/1"


def render(reports: Sequence[Report]) -> str:
    """Return the JSON text: one object for one report, an array for several."""
    values = [value(report) for report in reports]
    return json.dumps(values[0] if len(values) == 1 else values, ensure_ascii=False, indent=2) + "\n"


def value(report: Report) -> dict[str, Any]:
    """Return a report as the object that JSON shows."""
    period = report.period
    return {
        "schema": SCHEMA,
        "agreement": report.agreement,
        "terms": list(report.terms),
        "organization": report.organization,
        "period": {
            "label": period.label,
            "start": rfc3339(period.start),
            "end": rfc3339(period.end),
            "timezone": period.timezone,
            "seconds": seconds(period.end - period.start),
        },
        "generated_at": rfc3339(report.generated_at),
        "complete": report.complete,
        "notices": list(report.notices),
        "services": [_service(service) for service in report.services],
        "groups": [_service(group) for group in report.groups],
        "objectives": [_objective(objective) for objective in report.objectives],
        **json_contract.members(report.contract),
        "unwatched": [_stretch(line) for line in report.unwatched],
        "integrity": {"evidence_sha256": report.evidence_sha256, **frozen.members(report.frozen)},
    }


def _service(service: ServiceReport) -> dict[str, Any]:
    return {
        "service": service.service,
        "ledger": {name: seconds(length) for name, length in service.classes.items()},
        "availability": _availability(service.availability),
        "without_adjustments": None if service.measured is None else _availability(service.measured),
        "outages": [_outage(outage) for outage in service.outages],
        "outages_counted": service.outages_counted,
        "latency": _latency(service.latency),
        "samples": service.samples,
        "days": [
            {
                "date": day.date,
                "start": rfc3339(day.start),
                "end": rfc3339(day.end),
                "ledger": {name: seconds(length) for name, length in day.classes.items()},
                "percent": number(day.percent),
            }
            for day in service.days
        ],
        "unknown": [_stretch(line) for line in service.unknown],
        "maintenance": [_window(line) for line in service.maintenance],
        "members": list(service.members),
        "checks": [
            {
                "check": check.name,
                "type": check.type,
                "interval": seconds(check.interval),
                "stale_after": seconds(check.holds),
                "samples": check.samples,
                "first_sample": _instant(check.first_sample),
            }
            for check in service.checks
        ],
    }


def _availability(figure: Availability) -> dict[str, Any]:
    return {
        "percent": number(figure.percent),
        "exact": figure.exact or None,
        "shown": figure.shown,
        "low": number(figure.low),
        "high": number(figure.high),
        "unknown_as": {name: number(figure.unknown_as[name]) for name in ("up", "down", "exclude")},
        "maintenance_ignored": number(figure.maintenance_ignored),
        "as_measured": number(figure.as_measured),
        "coverage": number(figure.coverage),
    }


def _outage(outage: OutageLine) -> dict[str, Any]:
    return {
        "id": outage.id,
        "start": rfc3339(outage.start),
        "end": None if outage.ongoing else rfc3339(outage.end),
        "seconds": seconds(outage.length),
        "counted_seconds": seconds(outage.counted),
        "reason": outage.reason,
        "ongoing": outage.ongoing,
        "started_after": _instant(outage.after_start),
        "ended_after": _instant(outage.after_end),
        "checks": list(outage.checks),
    }


def _window(line: MaintenanceLine) -> dict[str, Any]:
    return {
        "service": line.service,
        "start": rfc3339(line.start),
        "end": rfc3339(line.end),
        "announced": _instant(line.announced),
        "reason": line.reason,
        "granted": seconds(line.granted),
        "late": seconds(line.late),
        "edited": seconds(line.edited),
        "over_quota": seconds(line.over_quota),
        "ignored": seconds(line.ignored),
        "outside_hours": seconds(line.outside_hours),
    }


def _latency(figures: LatencyFigures) -> dict[str, Any]:
    named: Mapping[str, Micros | None] = {"p50": None, "p95": None, "p99": None, **figures.quantiles}
    return {name: None if length is None else seconds(length) for name, length in named.items()}


def _objective(objective: ObjectiveReport) -> dict[str, Any]:
    return {
        "id": objective.id,
        "metric": objective.metric,
        "target": objective.target,
        "measured": objective.measured,
        "verdict": objective.verdict,
        "behind": objective.behind,
        "hardly_known": objective.standing == HARDLY_KNOWN,
        "budget": _budget(objective.budget),
        "events": _events(objective.events),
        "low": number(objective.low),
        "high": number(objective.high),
        "without_adjustments": {"measured": objective.measured_before, "verdict": objective.verdict_before},
        "unknown_as": dict(objective.unknown_as),
        "decided_by": objective.decided_by or None,
        "services": [_verdict(verdict) for verdict in objective.services],
    }


def _verdict(verdict: ServiceVerdict) -> dict[str, Any]:
    return {
        "service": verdict.service,
        "measured": verdict.measured,
        "verdict": verdict.verdict,
        "behind": verdict.behind,
        "hardly_known": verdict.standing == HARDLY_KNOWN,
        "verdict_without_adjustments": verdict.verdict_before or verdict.verdict,
        "budget": _budget(verdict.budget),
        "events": _events(verdict.events),
        "under": dict(verdict.under),
    }


def _budget(budget: Budget | None) -> dict[str, float] | None:
    if budget is None:
        return None
    return {
        "seconds": seconds(budget.allowed),
        "spent": seconds(budget.spent),
        "remaining": seconds(budget.remaining),
    }


def _events(events: Events | None) -> dict[str, float] | None:
    if events is None:
        return None
    return {
        "good": float(events.good),
        "total": float(events.total),
        "bad": float(events.bad),
        "allowed": float(events.allowed),
        "remaining": float(events.allowed - events.bad),
    }


def _stretch(line: UnknownLine) -> dict[str, Any]:
    return {
        "start": rfc3339(line.start),
        "end": rfc3339(line.end),
        "seconds": seconds(line.end - line.start),
        "why": line.why,
    }


def _instant(instant: Instant | None) -> str | None:
    return None if instant is None else rfc3339(instant)
