"""The answers about messages: what is owed, sent or given up, each attempt with the provider's answer."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from slawatch.answers.alerts import stamp
from slawatch.answers.paging import sifted
from slawatch.core.attempt import Attempt
from slawatch.core.instant import rfc3339, seconds
from slawatch.core.outbox import Row
from slawatch.core.turn import State

if TYPE_CHECKING:
    import duckdb

STATES: Final = ("queued", "sending", "retry_wait", "sent", "dead", "cancelled")
_MOST_READ: Final = 5_000
_KINDS: Final[Mapping[str, str]] = {
    "sent": "row.sent", "dead": "row.dead", "cancelled": "row.cancelled",
}  # fmt: skip
"""The event without which no message is in a state; for others, and for all, the one that made it."""


class Filter(NamedTuple):
    """Which messages are wanted; what is empty does not matter.

    Attributes:
        state: one of `STATES`.
        channel, to: through what, to whom.
        incident: about this incident; 0 for any.
    """

    state: str = ""
    channel: str = ""
    to: str = ""
    incident: int = 0

    def wants(self, row: Row) -> bool:
        """Say whether a message is wanted."""
        return (
            self.state in ("", row.stage)
            and self.channel in ("", row.channel)
            and self.to in ("", row.recipient, row.recipient.partition(":")[2])
            and self.incident in (0, row.incident)
        )


def messages(
    cursor: "duckdb.DuckDBPyConnection", state: State, wanted: Filter, limit: int, before: int | None
) -> dict[str, Any]:
    """Return messages, the latest first.

    Raises:
        StoreError: the store cannot be read.
    """
    from slawatch.store import alert_history

    kind = _KINDS.get(wanted.state, "row.queued")

    def read(following: int | None) -> list[tuple[int, Row]]:
        stored = alert_history.messages(cursor, kind=kind, before=following, limit=limit)
        return [(number, state.rows.get(row.key, row)) for number, row in stored]

    page = sifted(read, wanted.wants, limit, before, _MOST_READ)
    return {"notifications": [line(row) for row in page.lines], "next": page.following}


def show(cursor: "duckdb.DuckDBPyConnection", state: State, key: str) -> dict[str, Any] | None:
    """Return a message with every attempt; None where there never was one of that key.

    Raises:
        StoreError: the store cannot be read.
    """
    from slawatch.store import alert_history, alerting

    row = state.rows.get(key) or alert_history.message(cursor, key)
    if row is None:
        return None
    tried = alerting.attempts(cursor, key=key, limit=100)
    return line(row) | {"attempts": [attempt(one) for one in reversed(tried)]}


def line(row: Row) -> dict[str, Any]:
    """Return a message as lists show it."""
    return {
        "id": row.key,
        "state": str(row.stage),
        "kind": row.kind,
        "to": row.recipient,
        "channel": row.channel,
        "incident": row.incident or None,
        "service": row.service or None,
        "severity": row.severity or None,
        "level": row.level if row.level >= 0 else None,
        "cycle": row.cycle if row.level >= 0 else None,
        "reason": row.reason or None,
        "detail": row.detail or None,
        "created_at": rfc3339(row.created_at),
        "not_before": stamp(row.not_before if row.unsent else None),
        "expires_at": stamp(row.expires_at if row.unsent else None),
        "tries": row.attempt,
        "answer": row.answer or None,
        "why": row.why or None,
        "provider_id": row.provider_id or None,
        "superseded_by": row.superseded_by or None,
        "possible_duplicate": row.possible_duplicate,
    }


def attempt(one: Attempt) -> dict[str, Any]:
    """Return an attempt as JSON shows it."""
    return {
        "number": one.place,
        "started_at": rfc3339(one.started_at),
        "seconds": seconds(one.ended_at - one.started_at),
        "verdict": one.verdict,
        "status": one.status,
        "answer": one.answer or None,
        "provider_id": one.provider_id or None,
        "possible_duplicate": one.possible_duplicate,
    }
