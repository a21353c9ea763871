"""The answers about silences, overrides and swaps: how they stand, and what a silence hits now.

Blocking where they are given a cursor, for a worker thread or the command line.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from slawatch.core.alert import Alert
from slawatch.core.duty import Entered
from slawatch.core.event import encode
from slawatch.core.instant import Instant, rfc3339
from slawatch.core.matcher import Matchers, matches
from slawatch.core.override import Swap
from slawatch.core.silence import Silence
from slawatch.core.suppress import labels_of

if TYPE_CHECKING:
    import duckdb


def silences(
    cursor: "duckdb.DuckDBPyConnection", now: Instant, alerts: Iterable[Alert] = (), *, expired: bool = False
) -> dict[str, Any]:
    """Return the silences: the active ones first, then the pending ones, each by their ends.

    Args:
        cursor: of the store.
        now: the present.
        alerts: those that fire; each silence lists those that it hits.
        expired: whether those that are over are listed too.

    Raises:
        StoreError: the store cannot be read.
    """
    from slawatch.store import duty

    sources = duty.sources(cursor)
    firing = [alert for alert in alerts if alert.firing]
    order = ("active", "pending", "expired")
    found = [one for one in duty.silences(cursor) if expired or one.state(now) != "expired"]
    found.sort(key=lambda one: (order.index(one.state(now)), one.end, one.id))
    return {
        "silences": [
            shown(one, now, sources.get(one.id, "")) | {"hits": hits(one.match, firing)} for one in found
        ]
    }


def shown(silence: Silence, now: Instant, source: str) -> dict[str, Any]:
    """Return a silence as JSON shows it; `source` says from where it was entered.

    `fault` is why it mutes nothing, where its matchers can match nothing.
    """
    return {
        "id": silence.id,
        "state": silence.state(now),
        "match": ", ".join(str(matcher) for matcher in silence.match),
        "fault": silence.fault or None,
        "matchers": [matcher._asdict() for matcher in silence.match],
        "author": silence.author,
        "comment": silence.comment,
        "start": rfc3339(silence.start),
        "end": rfc3339(silence.end),
        "updated": rfc3339(silence.updated),
        "from": source,
    }


def hits(match: Matchers, alerts: Iterable[Alert]) -> list[str]:
    """Return the fingerprints of the firing alerts that matchers are about."""
    return [alert.fingerprint for alert in alerts if alert.firing and matches(match, labels_of(alert))]


def overrides(cursor: "duckdb.DuckDBPyConnection", now: Instant, *, over: bool = False) -> dict[str, Any]:
    """Return the overrides and swaps that were entered, in the order of entering.

    Raises:
        StoreError: the store cannot be read.
    """
    from slawatch.store import duty

    sources = duty.sources(cursor)
    return {
        "overrides": [
            entered(one, now, sources.get(one.added.id, ""))
            for one in duty.overrides(cursor)
            if over or one.state(now) not in ("over", "cancelled")
        ]
    }


def entered(one: Entered, now: Instant, source: str) -> dict[str, Any]:
    """Return an override or swap as JSON shows it; `holds` is what it changes, as `core.event` writes it."""
    change = one.change
    return {
        "id": one.added.id,
        "what": "swap" if isinstance(change, Swap) else "override",
        "schedule": one.added.schedule,
        "who": change.person,
        "kind": None if isinstance(change, Swap) else change.kind,
        "replaces": None if isinstance(change, Swap) else change.replaces or None,
        "taken_by": change.taken_by or None if isinstance(change, Swap) else None,
        "start": rfc3339(change.start),
        "end": rfc3339(one.until),
        "reason": change.reason,
        "state": one.state(now),
        "entered": {"at": rfc3339(one.added.at), "person": one.added.person, "from": source},
        "cancelled": one.cancelled
        and {
            "at": rfc3339(one.cancelled.at),
            "person": one.cancelled.person,
            "reason": one.cancelled.reason,
        },
        "holds": None if (held := one.holds()) is None else encode(held),
    }
