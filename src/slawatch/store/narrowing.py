"""A cursor that sees only what belongs to some services: every table stands behind a view of the same name.

What a query forgets to ask for is not there: a view of the cursor goes before the table that it hides.
"""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_BY_CHECK: Final = ("sample", "failure", "measure", "transition", "ping", "sealed_check", "unsettled")
_ELSEWHERE: Final = "part of another incident"
_HIDDEN: Final = ("token", "session", "audit", "alert_snapshot")


def narrow(
    cursor: "DuckDBPyConnection",
    *,
    organizations: Collection[str],
    services: Collection[str],
    checks: Collection[str],
    schedules: Collection[str],
    silences: Collection[str],
    subjects: Collection[str],
) -> None:
    """Let a cursor see only what belongs to some organisations, until it is closed.

    Args:
        cursor: a fresh one.
        organizations: whose incidents, alerts and frozen reports.
        services: services and groups of services.
        checks: their checks, by name.
        schedules: whose overrides and swaps.
        silences: by id.
        subjects: names of services and groups that adjustments may be about.
    """
    found = cursor.execute("SELECT current_database()").fetchone()
    assert found is not None
    home = f'"{found[0]}".main'
    mine = (
        f"check_number IN (SELECT number FROM {home}.check_name WHERE list_contains({_list(checks)}, name))"
    )
    views: Mapping[str, str] = {
        "check_name": f"FROM {home}.check_name WHERE list_contains({_list(checks)}, name)",
        **{table: f"FROM {home}.{table} WHERE {mine}" for table in _BY_CHECK},
        **{table: f"FROM {home}.{table} WHERE false" for table in _HIDDEN},
        # Of several events at one instant the order of writing decides: a view has no `rowid` of its own.
        "life": f"SELECT *, rowid FROM {home}.life WHERE kind <> 'config'",
        "maintenance_entry": _maintenance(home, services),
        "adjustment_entry": f"FROM {home}.adjustment_entry WHERE id IN (SELECT id "
        f"FROM {home}.adjustment_entry WHERE list_contains({_list(subjects)}, service))",
        "silence_entry": f"FROM {home}.silence_entry WHERE list_contains({_list(silences)}, id)",
        "override_entry": f"FROM {home}.override_entry WHERE id IN (SELECT id FROM {home}.override_entry "
        f"WHERE list_contains({_list(schedules)}, schedule))",
        "alert_event": _events(home, organizations),
        "frozen_report": f"FROM {home}.frozen_report "
        f"WHERE list_contains({_list(organizations)}, organization)",
        "attempt": f"FROM {home}.attempt WHERE incident IN ({_incidents(home, organizations)})",
    }
    for name, query in views.items():
        selected = query if query.startswith("SELECT") else f"SELECT * {query}"
        cursor.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {selected}")


def _maintenance(home: str, services: Collection[str]) -> str:
    return (
        f"SELECT * REPLACE (list_intersect(services, {_list(services)}) AS services) "
        f"FROM {home}.maintenance_entry WHERE id IN (SELECT id FROM {home}.maintenance_entry "
        f"WHERE list_has_any(services, {_list(services)}))"
    )


def _owned(organizations: Collection[str]) -> str:
    """Return the condition on an event that says whose its subject is."""
    return f"list_contains({_list(organizations)}, json_extract_string(changes, '$.organization'))"


def _incidents(home: str, organizations: Collection[str]) -> str:
    return (
        f"SELECT incident FROM {home}.alert_event WHERE kind = 'incident.opened' AND {_owned(organizations)}"
    )


def _events(home: str, organizations: Collection[str]) -> str:
    """Return the events of incidents and alerts of some organisations, and of messages about them.

    What became part of an incident, or is explained by it, may be another's: that is left out, and what
    explains theirs is not named where it is another's. The newest is the last of its list.
    """
    incidents = _incidents(home, organizations)
    alerts = f"SELECT subject FROM {home}.alert_event WHERE kind = 'alert.fired' AND {_owned(organizations)}"
    return (
        "SELECT * REPLACE (CASE WHEN kind = 'incident.merged' "
        f"AND json_extract(changes, '$.merged_into')::BIGINT NOT IN ({incidents}) "
        f"THEN '{_ELSEWHERE}' ELSE text END AS text) "
        f"FROM {home}.alert_event WHERE (incident IN ({incidents}) OR subject IN ({alerts})) "
        "AND NOT (kind = 'incident.joined' AND json_extract(changes, '$.merged[#-1]')::BIGINT "
        f"NOT IN ({incidents})) AND NOT (kind = 'child.listed' AND "
        f"'alert:' || json_extract_string(changes, '$.children[#-1]') NOT IN ({alerts}))"
    )


def _list(names: Collection[str]) -> str:
    """Return names as a list of SQL."""
    inside = ", ".join("'" + name.replace("'", "''") + "'" for name in sorted(names))
    return f"[{inside}]::VARCHAR[]"
