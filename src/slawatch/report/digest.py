"""The fingerprint of what a report rests on: SHA-256 over one canonical text of the evidence.

The text is JSON in UTF-8, keys sorted, no white space, numbers as integers (microseconds since the Unix
epoch for instants, microseconds for lengths). The same evidence and terms give the same text on every
machine; that of a period that is over does not depend on when it is made.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from slawatch.core.agreement import Agreement
from slawatch.core.check import Maintenance, Quorum, Service
from slawatch.core.evidence import CheckEvidence, ServiceEvidence
from slawatch.core.instant import Instant
from slawatch.core.life import Unwatched
from slawatch.core.period import Period

SCHEMA: Final = "slawatch.evidence/1"


def canonical(
    agreement: Agreement | None,
    services: Iterable[Service],
    evidence: Mapping[str, ServiceEvidence],
    maintenance: Sequence[Maintenance],
    unwatched: Sequence[Unwatched],
    period: Period,
    now: Instant,
) -> bytes:
    """Return the canonical text of the evidence of one report."""
    content = {
        "schema": SCHEMA,
        "agreement": None if agreement is None else _agreement(agreement),
        "period": {"start": period.start, "end": period.end, "timezone": period.timezone},
        "until": min(now, period.end),
        "services": [_service(s, evidence[s.name], period) for s in sorted(services, key=lambda s: s.name)],
        "maintenance": sorted(
            [sorted(m.services), m.start, m.end, -1 if m.announced is None else m.announced, m.reason]
            for m in maintenance
        ),
        "unwatched": sorted([u.start, u.end, u.why] for u in unwatched),
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", errors="surrogatepass")


def digest(text: bytes) -> str:
    """Return the SHA-256 of a canonical text, in hexadecimal."""
    return hashlib.sha256(text).hexdigest()


def _agreement(agreement: Agreement) -> dict[str, Any]:
    return {
        "key": agreement.key,
        "organization": agreement.organization,
        "services": sorted(agreement.services),
        "timezone": agreement.timezone,
        "unknown": agreement.unknown,
        "degraded": str(agreement.degraded),
        "effective_from": agreement.effective_from,
        "objectives": [[o.id, o.metric, o.target] for o in agreement.objectives],
    }


def _service(service: Service, evidence: ServiceEvidence, period: Period) -> dict[str, Any]:
    latency = evidence.latency
    return {
        "service": service.name,
        "join": service.join.needed if isinstance(service.join, Quorum) else service.join,
        "checks": [_check(c, period) for c in sorted(evidence.checks, key=lambda c: c.check)],
        "latency": None
        if latency is None
        else {"quantiles": dict(latency.quantiles), "count": latency.count, "max": latency.max},
        "outcomes": {str(int(outcome)): count for outcome, count in evidence.outcomes.items() if count},
    }


def _check(check: CheckEvidence, period: Period) -> dict[str, Any]:
    return {
        "check": check.check,
        "first_sample": check.first_sample,
        "held_until": None if check.held_until is None else min(check.held_until, period.end),
        "samples": check.samples,
        "transitions": [[t.at, int(t.outcome), t.after] for t in check.transitions if t.at < period.end],
    }
