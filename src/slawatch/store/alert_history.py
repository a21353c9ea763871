"""What was, of alerts, incidents and messages: folded from stored events, forgotten ones too."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from slawatch.core.alert import Alert
from slawatch.core.event import Event
from slawatch.core.incident import Incident, rank
from slawatch.core.outbox import Row
from slawatch.core.turn import State, fold
from slawatch.store.event_row import read_row

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_EVENT: Final = "e.number, happened_at, kind, subject, text, person, origin, changes, gone, incident"
_ENDS: Final = ("alert.resolved", "alert.removed")
_FIRST: Final = {"incident": "incident.opened", "row": "row.queued"}


class Violation(NamedTuple):
    """One time that an alert fired, from its first bad result to its end.

    Attributes:
        number: of the event that ended it; 0 while it fires.
        alert: as it was at the end.
        severity: the highest that it had.
        incident: the one that it belonged to last; None for none.
    """

    number: int
    alert: Alert
    severity: str
    incident: int | None


def violations(
    cursor: "DuckDBPyConnection",
    *,
    alert: str | None = None,
    incident: int | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[Violation]:
    """Return the times that alerts fired and are over, the latest end first.

    Args:
        cursor: of the store.
        alert: only those of the alert of this fingerprint.
        incident: only those that ended as part of this incident.
        before: only those whose number is lower: the next page.
        limit: so many at most.

    Raises:
        StoreDamaged: an event cannot be read.
    """
    conditions, values = ["list_contains(?, kind)"], [list(_ENDS)]
    given: Sequence[tuple[str, Any]] = (
        ("subject = ?", None if alert is None else f"alert:{alert}"),
        ("incident = ?", incident),
        ("number < ?", before),
    )
    for condition, value in given:
        if value is not None:
            conditions.append(condition)
            values.append(value)
    rows = cursor.execute(
        f"""
        WITH ended AS (
            SELECT number, subject FROM alert_event WHERE {" AND ".join(conditions)}
            ORDER BY number DESC LIMIT ?
        ), span AS (
            SELECT ended.number AS last, ended.subject AS of, max(began.number) AS first
            FROM ended JOIN alert_event AS began
            ON began.subject = ended.subject AND began.kind = 'alert.fired' AND began.number < ended.number
            GROUP BY ALL
        )
        SELECT span.last, {_EVENT} FROM span JOIN alert_event AS e
        ON e.subject = span.of AND e.number BETWEEN span.first AND span.last
        WHERE e.kind <> 'alert.reported' ORDER BY span.last DESC, e.number
        """,
        [*values, limit],
    ).fetchall()
    spans: dict[int, list[Event]] = {}
    for last, *row in rows:
        spans.setdefault(last, []).append(read_row(row).event)
    return [_violation(last, events) for last, events in spans.items()]


def _violation(number: int, events: Sequence[Event]) -> Violation:
    (found,) = fold(events).alerts.values()
    changes = [dict(event.changes) for event in events]
    severity = max((one["severity"] for one in changes if one.get("severity")), key=rank)
    # What somebody wrote who resolved its incident by hand says more than that it recovered later.
    note = next(
        (e.changes for e in reversed(events) if e.kind == "alert.detached" and dict(e.changes)["resolution"]),
        (),
    )
    if note:
        found = replace(found, resolution=f"{dict(note)['resolution']} ({found.resolution})")
    incident = next((one["incident"] for one in reversed(changes) if one.get("incident")), None)
    return Violation(number, found, severity, incident)


def incidents(cursor: "DuckDBPyConnection", *, before: int | None = None, limit: int = 50) -> list[Incident]:
    """Return the incidents that ever were, the latest first, as they are or were when they were forgotten.

    Args:
        cursor: of the store.
        before: only those with lower numbers: the next page.
        limit: so many at most.

    Raises:
        StoreDamaged: an event cannot be read.
    """
    numbers = cursor.execute(
        "SELECT DISTINCT incident FROM alert_event WHERE kind = ? AND incident < ? "
        "ORDER BY incident DESC LIMIT ?",
        [_FIRST["incident"], (1 << 62) if before is None else before, limit],
    ).fetchall()
    found = _folded(cursor, [f"incident:{number}" for (number,) in numbers]).incidents
    return [found[number] for (number,) in numbers if number in found]


def incident(cursor: "DuckDBPyConnection", number: int) -> Incident | None:
    """Return an incident, one that the state has forgotten as well; None where there never was one.

    Raises:
        StoreDamaged: an event cannot be read.
    """
    return _folded(cursor, [f"incident:{number}"]).incidents.get(number)


def alerts(cursor: "DuckDBPyConnection", fingerprints: Sequence[str]) -> dict[str, Alert]:
    """Return alerts by fingerprint as they are or were last; those that never fired are missing.

    Raises:
        StoreDamaged: an event cannot be read.
    """
    if not fingerprints:
        return {}
    rows = cursor.execute(
        f"""
        WITH last AS (
            SELECT subject AS of, max(number) AS first FROM alert_event
            WHERE kind = 'alert.fired' AND list_contains(?, subject) GROUP BY subject
        )
        SELECT {_EVENT} FROM last JOIN alert_event AS e ON e.subject = last.of AND e.number >= last.first
        WHERE NOT e.gone AND e.kind <> 'alert.reported' ORDER BY e.number
        """,
        [[f"alert:{name}" for name in fingerprints]],
    ).fetchall()
    return dict(fold(read_row(row).event for row in rows).alerts)


def messages(
    cursor: "DuckDBPyConnection", *, kind: str = "row.queued", before: int | None = None, limit: int = 50
) -> list[tuple[int, Row]]:
    """Return messages of which an event of a kind is stored, the latest first, each with that event's number.

    Args:
        cursor: of the store.
        kind: such as `row.queued` for all of them, `row.dead` for those that ever were given up.
        before: only events with lower numbers: the next page.
        limit: so many at most.

    Raises:
        StoreDamaged: an event cannot be read.
    """
    rows = cursor.execute(
        "SELECT subject, max(number) AS last FROM alert_event WHERE kind = ? GROUP BY subject "
        "HAVING last < ? ORDER BY last DESC LIMIT ?",
        [kind, (1 << 62) if before is None else before, limit],
    ).fetchall()
    found = _folded(cursor, [subject for subject, _ in rows]).rows
    named = ((number, found.get(subject.partition(":")[2])) for subject, number in rows)
    return [(number, row) for number, row in named if row is not None]


def message(cursor: "DuckDBPyConnection", key: str) -> Row | None:
    """Return a message, one that the state has forgotten as well; None where there never was one.

    Raises:
        StoreDamaged: an event cannot be read.
    """
    return _folded(cursor, [f"row:{key}"]).rows.get(key)


class Kept(NamedTuple):
    """What came of a command that had a key.

    Attributes:
        incident: the one that it was about.
        asked: names the request that it came with.
        events: what it did.
    """

    incident: int
    asked: str
    events: tuple[Event, ...]


def keyed(cursor: "DuckDBPyConnection", key: str) -> Kept | None:
    """Return what came of the command whose key begins with a word; None where there was none.

    Raises:
        StoreDamaged: an event cannot be read.
    """
    rows = cursor.execute(
        "SELECT number, incident, text FROM alert_event "
        "WHERE kind = 'command.keyed' AND starts_with(text, ?) ORDER BY number DESC LIMIT 1",
        [f"{key} "],
    ).fetchall()
    for number, about, text in rows:
        _, asked, count = text.split(" ")
        found = cursor.execute(
            f"SELECT {_EVENT} FROM alert_event AS e WHERE e.number >= ? AND e.number < ? ORDER BY e.number",
            [number - int(count), number],
        ).fetchall()
        return Kept(about, asked, tuple(read_row(row).event for row in found))
    return None


def _folded(cursor: "DuckDBPyConnection", subjects: Sequence[str]) -> State:
    """Return what became of some subjects, before they were forgotten."""
    if not subjects:
        return State()
    rows = cursor.execute(
        f"SELECT {_EVENT} FROM alert_event AS e WHERE list_contains(?, subject) AND NOT gone "
        "AND kind <> 'alert.reported' ORDER BY number",
        [list(subjects)],
    ).fetchall()
    return fold(read_row(row).event for row in rows)
