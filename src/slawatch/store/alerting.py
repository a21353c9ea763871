"""What alerting decided and what came of telling people: kept as events, read back as the present state."""

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from slawatch.core.attempt import Attempt
from slawatch.core.event import Event, Numbered
from slawatch.core.instant import DAY, Instant, Micros
from slawatch.core.turn import State, fold, read_event, restated, write_event
from slawatch.store.database import transaction
from slawatch.store.errors import StoreDamaged, translate
from slawatch.store.event_row import read_row

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from slawatch.store.database import Database

SNAPSHOT_EVERY: Final = 5_000
"""Events after which a start writes the state down, so that the next one need not fold them all."""

HISTORY: Final[Micros] = 90 * DAY
"""How long it is kept what became of each message."""

_EVENT: Final = "number, happened_at, kind, subject, text, person, origin, changes, gone, incident"
_ATTEMPT: Final = (
    "key, place, incident, kind, recipient, channel, started_at, ended_at, verdict, status, answer, "
    "provider_id, possible_duplicate"
)


class Loaded(NamedTuple):
    """The state of alerting as it is stored.

    Attributes:
        state: the fold of all events.
        number: of the last of them; 0 for none.
        folded: how many events came after the last snapshot.
    """

    state: State
    number: int
    folded: int


def state(cursor: "DuckDBPyConnection") -> State:
    """Return the present state.

    Raises:
        StoreDamaged: the events cannot be read.
    """
    return load(cursor).state


def load(cursor: "DuckDBPyConnection", later: Iterable[Numbered] = ()) -> Loaded:
    """Return the present state, and where it stands among the events.

    Args:
        cursor: of the store.
        later: events that the store has not taken yet; those that it has are passed over.

    Raises:
        StoreDamaged: the events cannot be read.
    """
    taken = cursor.execute("SELECT number, state FROM alert_snapshot ORDER BY number DESC LIMIT 1").fetchone()
    number, start = 0, State()
    try:
        if taken is not None:
            number = taken[0]
            start = fold(read_event(found) for found in json.loads(taken[1]))
        rows = cursor.execute(
            f"SELECT {_EVENT} FROM alert_event WHERE number > ? ORDER BY number", [number]
        ).fetchall()
        events = [read_row(row) for row in rows]
        last = events[-1].number if events else number
        events += [numbered for numbered in later if numbered.number > last]
        found = fold((numbered.event for numbered in events), start)
    except (KeyError, TypeError, ValueError, StopIteration) as error:
        raise StoreDamaged(
            f"the events of alerting cannot be read ({type(error).__name__}: {error}): restore a backup"
        ) from error
    return Loaded(found, events[-1].number if events else number, len(events))


def condense(database: "Database", number: int, found: State, now: Instant) -> int:
    """Write a long history down short, and forget what is past its time; return how many events went.

    What happened to incidents and alerts is kept for good: reports tell of it. What became of single
    messages, and every change that nobody reads, is kept for `HISTORY`.

    Args:
        database: the store.
        number: of an event.
        found: the state after it.
        now: the present.

    Raises:
        StoreError: nothing is changed.
    """
    import duckdb

    before = now - HISTORY
    cursor = database.cursor()
    try:
        with transaction(cursor):
            new = cursor.execute(
                "SELECT count(*) FROM alert_event "
                "WHERE number > (SELECT coalesce(max(number), 0) FROM alert_snapshot)"
            ).fetchone()
            if new and new[0] >= SNAPSHOT_EVERY:
                snapshot(cursor, number, now, found)
            gone = cursor.execute(
                "DELETE FROM alert_event WHERE happened_at < ? AND (kind LIKE 'row.%' OR text = '') "
                "AND number <= (SELECT coalesce(max(number), 0) FROM alert_snapshot)",
                [before],
            ).fetchone()
            cursor.execute("DELETE FROM attempt WHERE started_at < ?", [before])
    except duckdb.Error as error:
        raise translate(error, "forget old events", database.file) from error
    finally:
        cursor.close()
    return int(gone[0]) if gone else 0


def snapshot(cursor: "DuckDBPyConnection", number: int, at: Instant, found: State) -> None:
    """Write the state after an event down; earlier snapshots go."""
    written = json.dumps([write_event(event) for event in restated(found, at)], ensure_ascii=False)
    cursor.execute("DELETE FROM alert_snapshot")
    cursor.execute("INSERT INTO alert_snapshot VALUES (?, ?, ?)", [number, at, written])


def events(
    cursor: "DuckDBPyConnection",
    *,
    incident: int | None = None,
    alert: str | None = None,
    key: str | None = None,
    kinds: Sequence[str] = (),
    since: Instant | None = None,
    until: Instant | None = None,
    before: int | None = None,
    limit: int = 100,
) -> list[Numbered]:
    """Return stored events, the latest first.

    Args:
        cursor: of the store.
        incident: only what belongs to this incident.
        alert: only what happened to the alert of this fingerprint.
        key: only what happened to this message.
        kinds: only these kinds of events.
        since: only from this instant on.
        until: only before this instant.
        before: only events with lower numbers: the next page.
        limit: so many at most.
    """
    conditions: list[str] = []
    values: list[Any] = []
    for condition, value in (
        ("incident = ?", incident),
        ("subject = ?", None if alert is None else f"alert:{alert}"),
        ("subject = ?", None if key is None else f"row:{key}"),
        ("list_contains(?, kind)", list(kinds) or None),
        ("happened_at >= ?", since),
        ("happened_at < ?", until),
        ("number < ?", before),
    ):
        if value is not None:
            conditions.append(condition)
            values.append(value)
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    rows = cursor.execute(
        f"SELECT {_EVENT} FROM alert_event {where} ORDER BY number DESC LIMIT ?", [*values, limit]
    ).fetchall()
    return [read_row(row) for row in rows]


def attempts(
    cursor: "DuckDBPyConnection",
    *,
    key: str | None = None,
    incident: int | None = None,
    channel: str | None = None,
    before: Instant | None = None,
    limit: int = 100,
) -> list[Attempt]:
    """Return stored attempts, the latest first.

    Args:
        cursor: of the store.
        key: only those at this message.
        incident: only those about this incident.
        channel: only those through this channel.
        before: only those that began earlier: the next page.
        limit: so many at most.
    """
    asked = {"key": key, "incident": incident, "channel": channel}
    conditions = [f"{name} = ?" for name, value in asked.items() if value is not None]
    values: list[Any] = [value for value in asked.values() if value is not None]
    if before is not None:
        conditions.append("started_at < ?")
        values.append(before)
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    rows = cursor.execute(
        f"SELECT {_ATTEMPT} FROM attempt {where} ORDER BY started_at DESC, place DESC LIMIT ?",
        [*values, limit],
    ).fetchall()
    return [Attempt(*row) for row in rows]


def incident_of(event: Event, found: State) -> int:
    """Return the number of the incident that an event belongs to, in the state after it; 0 for none.

    >>> incident_of(Event(0, "level.fired", "incident:7"), State())
    7
    """
    kind, _, name = event.subject.partition(":")
    if kind == "incident":
        return int(name)
    if kind in ("row", "workflow"):
        head = name.partition(":")[0]
        return int(head) if head.isdigit() else 0
    if kind == "alert":
        changed = dict(event.changes).get("incident")
        known = found.alerts.get(name)
        return int(changed or (known.incident if known is not None else 0) or 0)
    return 0
