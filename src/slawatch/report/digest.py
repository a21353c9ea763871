"""The fingerprint of what a report rests on: SHA-256 over one canonical text of the evidence.

The text is JSON in UTF-8, keys sorted, no white space, numbers as integers (microseconds since the Unix
epoch for instants, microseconds for lengths). The same evidence and terms give the same text on every
machine; that of a period that is over does not depend on when it is made.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from operator import itemgetter
from typing import Any, Final

from slawatch.core.adjustment import Adjustment
from slawatch.core.agreement import Agreement
from slawatch.core.calendar import Calendar
from slawatch.core.check import Maintenance, Quorum, Service
from slawatch.core.evidence import CheckEvidence, Latency, ServiceEvidence
from slawatch.core.instant import Instant
from slawatch.core.life import Unwatched
from slawatch.core.period import Period
from slawatch.core.ratio import Counts
from slawatch.core.version import versions

SCHEMA: Final = "slawatch.evidence/1"


def canonical(
    agreement: Agreement | None,
    services: Iterable[Service],
    evidence: Mapping[str, ServiceEvidence],
    maintenance: Sequence[Maintenance],
    unwatched: Sequence[Unwatched],
    period: Period,
    now: Instant,
    *,
    calendars: Mapping[str, Calendar] | None = None,
    adjustments: Iterable[Adjustment] = (),
    counters: Mapping[str, Counts] | None = None,
) -> bytes:
    """Return the canonical text of the evidence of one report.

    `counters` are the events of each ratio, by the objective's id. What not every report has, such as these,
    stands in the text only where there is some.
    """
    services = list(services)
    ours = {name for terms in (versions(agreement) if agreement else ()) for name in terms.services}
    ours |= {service.name for service in services}
    content = {
        "schema": SCHEMA,
        "agreement": None if agreement is None else _plain(agreement),
        "period": {"start": period.start, "end": period.end, "timezone": period.timezone},
        "until": min(now, period.end),
        "services": [_service(s, evidence[s.name], period) for s in sorted(services, key=lambda s: s.name)],
        "maintenance": sorted(
            [
                sorted(ours.intersection(m.services)),
                m.start,
                m.end,
                -1 if m.announced is None else m.announced,
                m.reason,
                [[e.start, e.end, -1 if e.announced is None else e.announced] for e in m.earlier],
            ]
            for m in maintenance
        ),
        "calendars": {
            name: _plain((calendars or {}).get(name))
            for name in sorted({t.calendar for t in (versions(agreement) if agreement else ()) if t.calendar})
        },
        "adjustments": sorted(([a.added.id, _plain(a)] for a in adjustments), key=itemgetter(0)),
        "unwatched": sorted([u.start, u.end, u.why] for u in unwatched),
    }
    if counters:
        content["events"] = {name: [str(found.good), str(found.total)] for name, found in counters.items()}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", errors="surrogatepass")


def digest(text: bytes) -> str:
    """Return the SHA-256 of a canonical text, in hexadecimal."""
    return hashlib.sha256(text).hexdigest()


def _default(of: Field[Any]) -> Any:
    return of.default if of.default_factory is MISSING else of.default_factory()


def _plain(value: Any) -> Any:
    """Return a value of terms as JSON has it: tables by name, decimals and dates as text.

    What has its default is left out, so that a key which a later slawatch adds changes no fingerprint.
    """
    if is_dataclass(value) and not isinstance(value, type):
        found = {f.name: (getattr(value, f.name), f) for f in fields(value)}
        return {name: _plain(own) for name, (own, f) in found.items() if own != _default(f)}
    if isinstance(value, Mapping):
        return {str(key): _plain(found) for key, found in value.items()}
    if isinstance(value, frozenset):
        return sorted(_plain(found) for found in value)
    if isinstance(value, tuple | list):
        return [_plain(found) for found in value]
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def _service(service: Service, evidence: ServiceEvidence, period: Period) -> dict[str, Any]:
    found = {
        "service": service.name,
        "join": service.join.needed if isinstance(service.join, Quorum) else service.join,
        "checks": [_check(c, period) for c in sorted(evidence.checks, key=lambda c: c.check)],
        "latency": _latency(evidence.latency),
        "outcomes": _outcomes(evidence.outcomes),
    }
    if evidence.counted is not None:
        own = evidence.counted
        found["counted"] = {"latency": _latency(own.latency), "outcomes": _outcomes(own.outcomes)}
    return found


def _latency(latency: Latency | None) -> dict[str, Any] | None:
    if latency is None:
        return None
    return {"quantiles": dict(latency.quantiles), "count": latency.count, "max": latency.max}


def _outcomes(found: Mapping[int, int]) -> dict[str, int]:
    return {str(int(outcome)): count for outcome, count in found.items() if count}


def _check(check: CheckEvidence, period: Period) -> dict[str, Any]:
    return {
        "check": check.check,
        "first_sample": check.first_sample,
        "held_until": None if check.held_until is None else min(check.held_until, period.end),
        "samples": check.samples,
        "transitions": [[t.at, int(t.outcome), t.after] for t in check.transitions if t.at < period.end],
    }
