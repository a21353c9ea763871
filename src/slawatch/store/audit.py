"""The audit log in the store: lines are added and read, never changed."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from slawatch.core.audit import Audited, Numbered, Outcome
from slawatch.core.instant import Instant
from slawatch.store.database import Database
from slawatch.store.entries import in_transaction

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def append(cursor: "DuckDBPyConnection", lines: Sequence[Audited]) -> None:
    """Add lines in a transaction that is open, with the numbers that follow the last one."""
    if not lines:
        return
    # All of it is fetched: an appender is refused on a connection with an unfinished result.
    ((last,),) = cursor.execute("SELECT coalesce(max(number), 0) FROM audit").fetchall()
    first = last + 1
    with cursor.appender("audit") as appender:
        appender.append_rows([(first + n, *map(_clean, line)) for n, line in enumerate(lines)])


def add(database: Database, line: Audited) -> None:
    """Add a line where no daemon runs.

    Raises:
        StoreError: it cannot be stored.
    """
    in_transaction(database, lambda cursor: append(cursor, [line]), "write the audit log")


def listed(
    cursor: "DuckDBPyConnection",
    *,
    since: Instant | None = None,
    until: Instant | None = None,
    person: str | None = None,
    action: str | None = None,
    outcome: str | None = None,
    before: int | None = None,
    limit: int = 100,
) -> list[Numbered]:
    """Return lines, the latest first.

    Args:
        cursor: of the store.
        since: from when.
        until: until when, exclusive.
        person: only what this one did.
        action: only this action; with a dot at its end, all that begin so.
        outcome: `allowed` or `refused`.
        before: only lines with a smaller number: the next page.
        limit: at most so many.
    """
    conditions = {
        "happened_at >= ?": since, "happened_at < ?": until, "person = ?": person, "outcome = ?": outcome,
        "number < ?": before,
        "starts_with(action, ?)" if (action or "").endswith(".") else "action = ?": action,
    }  # fmt: skip
    chosen = {text: value for text, value in conditions.items() if value is not None}
    where = f"WHERE {' AND '.join(chosen)}" if chosen else ""
    rows = cursor.execute(
        "SELECT number, happened_at, person, source, action, subject, outcome, detail "
        f"FROM audit {where} ORDER BY number DESC LIMIT {int(limit)}",
        list(chosen.values()),
    ).fetchall()
    return [
        Numbered(number, Audited(at, who, source, what, subject, cast("Outcome", came), detail))
        for number, at, who, source, what, subject, came, detail in rows
    ]


def detail_of(line: Audited) -> Any:
    """Return the object in a line's detail; empty where it holds none."""
    try:
        found = json.loads(line.detail)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
    return value
