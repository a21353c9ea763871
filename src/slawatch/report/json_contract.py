"""What an agreement comes to, as the members that it adds to a report's JSON object."""

from fractions import Fraction
from math import nextafter
from typing import Any

from slawatch.core.combine import Combined
from slawatch.core.credit import percent_text
from slawatch.core.instant import Instant, Micros, rfc3339, seconds
from slawatch.core.running import Running
from slawatch.core.trend import Trend
from slawatch.report.contract import AdjustmentLine, Contract, CreditLine


def members(contract: Contract | None) -> dict[str, Any]:
    """Return `credit` and, with an agreement, all that stands beside it."""
    if contract is None:
        return {"credit": None}
    return {
        "credit": None if contract.credit is None else _credit(contract.credit),
        "combined": _combined(contract, contract.combined),
        "without_adjustments": None if contract.measured is None else _combined(contract, contract.measured),
        "versions": [
            {
                "effective_from": part.effective_from or None,
                "start": rfc3339(part.start),
                "end": rfc3339(part.end),
                "terms": [{"term": label, "text": text} for label, text in part.wording],
            }
            for part in contract.parts
        ],
        "tiers": [
            {"tier": t.tier, "credit": t.credit, "clause": t.clause or None, "applies": t.applies}
            for t in contract.tiers
        ],
        "maintenance_quota": [
            {"service": q.service, "period": q.label, "allowed": seconds(q.allowed), "used": seconds(q.used)}
            for q in contract.quotas
        ],
        "adjustments": [_adjustment(one) for one in contract.adjustments],
        "running": None if contract.running is None else _running(contract.running),
        "trend": None if contract.trend is None else trend(contract.trend),
    }


def number(exact: Fraction | None) -> float | None:
    """Return the nearest float, but never 100 for a percentage that is less.

    >>> number(100 - Fraction(1, 10**30)) < 100
    True
    """
    if exact is None:
        return None
    found = float(exact)
    return nextafter(100.0, 0.0) if found >= 100.0 and exact < 100 else found


def _percent(share: Fraction | None) -> float | None:
    return None if share is None else number(share * 100)


def _credit(credit: CreditLine) -> dict[str, Any]:
    return {
        "percent": credit.percent,
        "amount": credit.amount,
        "currency": credit.currency or None,
        "working": list(credit.working),
        "tier": credit.tier or None,
        "claim_until": _instant(credit.claim_until),
        "without_adjustments": {"percent": credit.percent_before, "amount": credit.amount_before},
        "unknown_as": dict(credit.under),
    }


def _combined(contract: Contract, found: Combined) -> dict[str, Any]:
    return {
        "combine": contract.combine,
        "decided_by": found.decided_by or None,
        "percent": _percent(found.share),
        "exact": None if found.share is None else f"{found.share.numerator}/{found.share.denominator}",
        "low": _percent(found.low),
        "high": _percent(found.high),
        "unknown_as": {policy: _percent(share) for policy, share in found.unknown_as.items()},
        "maintenance_ignored": _percent(found.maintenance_ignored),
        "as_measured": _percent(found.as_measured),
    }


def _adjustment(line: AdjustmentLine) -> dict[str, Any]:
    return {
        "id": line.id,
        "service": line.service,
        "class": line.kind,
        "outage": line.outage or None,
        "start": _instant(line.start),
        "end": _instant(line.end),
        "reason": line.reason,
        "evidence": line.evidence or None,
        "author": line.author,
        "added": rfc3339(line.added),
        "approvers": list(line.approvers),
        "state": line.state,
        "holds": line.holds,
        "stands": line.stands,
    }


def _running(found: Running) -> dict[str, Any]:
    exhausted = found.exhaustion
    return {
        "target": None if found.target is None else percent_text(found.target.value),
        "burn_rate": _rate(found.burn),
        "rules": [
            {
                "long": seconds(one.rule.long),
                "short": seconds(one.rule.short),
                "factor": _rate(one.factor),
                "burn_rate_long": _rate(one.long),
                "burn_rate_short": _rate(one.short),
                "urgency": one.rule.urgency,
                "fires": one.fires,
            }
            for one in found.rules
        ],
        "exhaustion": None
        if exhausted is None
        else {"seconds": _seconds(exhausted.left), "at": _instant(exhausted.at)},
        "forecast": {
            "expected": _percent(found.forecast.expected),
            "low": _percent(found.forecast.low),
            "high": _percent(found.forecast.high),
            "best": _percent(found.forecast.best),
            "days": found.forecast.days,
        },
        "due_already": None if found.standing.locked is None else format(found.standing.locked, "f"),
        "stakes": [
            {
                "tier": str(stake.tier),
                "seconds": seconds(stake.left),
                "reached": stake.reached,
                "amount": None if stake.amount is None else format(stake.amount, "f"),
            }
            for stake in found.standing.stakes
        ],
    }


def trend(found: Trend) -> dict[str, Any]:
    """Return the last periods, oldest first, and what they come to together."""
    return {
        "periods": [
            {
                "label": point.label,
                "percent": _percent(point.share),
                "verdict": str(point.verdict),
                "standing": point.standing,
                "coverage": _percent(point.coverage),
                "downtime": _seconds(point.downtime),
                "failures": len(point.failures),
                "incidents": len(point.reactions),
            }
            for point in found.points
        ],
        "met": found.met,
        "judged": found.judged,
        "hardly_known": found.hardly_known,
        "downtime": _seconds(found.downtime),
        "failures": found.failures,
        "time_to_repair": _seconds(found.repair),
        "time_between_failures": _seconds(found.between),
        "time_to_acknowledge": _seconds(found.acknowledge),
        "incidents": found.incidents,
        "acknowledged": found.acknowledged,
    }


def _rate(rate: Fraction | None) -> float | None:
    return None if rate is None else float(rate)


def _seconds(length: Fraction | Micros | None) -> float | None:
    return None if length is None else seconds(round(length))


def _instant(instant: Instant | None) -> str | None:
    return None if instant is None else rfc3339(instant)
