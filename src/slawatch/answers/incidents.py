"""The answers about incidents: what is open and who has it, who was told, what happens next, what was."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from slawatch.answers.alerts import line as alert_line
from slawatch.answers.alerts import stamp
from slawatch.answers.paging import Page, paged, sifted
from slawatch.answers.timeline import entry, upcoming
from slawatch.core.event import Numbered
from slawatch.core.incident import Incident, Note, Phase, rank
from slawatch.core.instant import Instant, rfc3339, seconds
from slawatch.core.turn import State, World
from slawatch.core.upcoming import nobody_to_tell

if TYPE_CHECKING:
    import duckdb

STATES: Final = ("open", "triggered", "acked", "snoozed", "resolved", "all")
_MOST_READ: Final = 2_000
_EVENTS: Final = 2_000
_URGENT: Final[Mapping[Phase, int]] = {Phase.TRIGGERED: 0, Phase.ACKED: 1, Phase.SNOOZED: 2}


class Filter(NamedTuple):
    """Which incidents are wanted; what is empty does not matter.

    Attributes:
        state: `open`, one of its phases, `resolved` (merged ones too), or `all`.
        severity: at least.
        service, organization: whose.
        assignee: whose to deal with: assigned to, or acknowledged by.
    """

    state: str = "open"
    severity: str = ""
    service: str = ""
    organization: str = ""
    assignee: str = ""

    def wants(self, incident: Incident) -> bool:
        """Say whether an incident is wanted."""
        of_state = (
            self.state == "all"
            or (self.state == "open" and incident.open)
            or (self.state == "resolved" and not incident.open)
            or self.state == incident.state
        )
        return (
            of_state
            and rank(incident.severity) >= (rank(self.severity) if self.severity else -1)
            and self.service in ("", incident.service)
            and self.organization in ("", incident.organization)
            and self.assignee in ("", incident.assignee, incident.acker)
        )


def current(state: State, wanted: Filter, now: Instant, limit: int, cursor: str = "") -> dict[str, Any]:
    """Return open incidents: those that nobody has first, the most severe first, then the oldest.

    Raises:
        PageError: the cursor is none.
    """
    found = (incident for incident in state.incidents.values() if incident.open and wanted.wants(incident))
    page: Page[Incident] = paged(
        found, lambda i: (_URGENT[i.state], -rank(i.severity), i.opened_at, i.id), limit, cursor
    )
    return {"incidents": [line(incident, now) for incident in page.lines], "next": page.following}


def past(
    cursor: "duckdb.DuckDBPyConnection", state: State, wanted: Filter, now: Instant, limit: int,
    before: int | None,
) -> dict[str, Any]:  # fmt: skip
    """Return incidents, the latest first, those that are over too.

    Raises:
        StoreError: the store cannot be read.
    """
    from slawatch.store import alert_history

    def read(following: int | None) -> list[tuple[int, Incident]]:
        stored = alert_history.incidents(cursor, before=following, limit=limit)
        return [(one.id, state.incidents.get(one.id, one)) for one in stored]

    page = sifted(read, wanted.wants, limit, before, _MOST_READ)
    return {"incidents": [line(incident, now) for incident in page.lines], "next": page.following}


def find(cursor: "duckdb.DuckDBPyConnection", state: State, number: int) -> Incident | None:
    """Return an incident, one that is long over too; None where there never was one of that number.

    Raises:
        StoreError: the store cannot be read.
    """
    from slawatch.store import alert_history

    return state.incidents.get(number) or alert_history.incident(cursor, number)


def show(
    cursor: "duckdb.DuckDBPyConnection", state: State, number: int, world: World, now: Instant
) -> dict[str, Any] | None:
    """Return all about an incident; None where there never was one of that number.

    Args:
        cursor: of the store.
        state: of alerting.
        number: the incident's.
        world: whom targets mean, and how people are reached.
        now: the present.

    Raises:
        StoreError: the store cannot be read.
    """
    from slawatch.store import alert_history, alerting

    incident = find(cursor, state, number)
    if incident is None:
        return None
    members = (*incident.alerts, *incident.children)
    missing = [name for name in members if name not in state.alerts]
    alerts = {**alert_history.alerts(cursor, missing), **state.alerts}
    if not incident.open:
        # An alert may have fired again since, for another incident.
        then = alert_history.violations(cursor, incident=number, limit=_MOST_READ)
        alerts |= {one.alert.fingerprint: one.alert for one in reversed(then)}
    events = alerting.events(cursor, incident=number, limit=_EVENTS)
    rows = [row for row in state.rows.values() if row.incident == number]
    owed = [row for row in rows if row.unsent or row.stage == "sending"]
    return line(incident, now) | {
        "policy": incident.policy.name,
        "generation": incident.generation,
        "reopened": incident.reopened,
        "level": incident.level if incident.level >= 0 else None,
        "cycle": incident.cycle,
        "next": upcoming(state, number, world, now),
        "alerts": [alert_line(alerts[name], None, now) for name in incident.alerts if name in alerts],
        "children": [alert_line(alerts[name], None, now) for name in incident.children if name in alerts],
        "told": [told(one) for one in incident.told],
        "owed": [
            {
                "key": row.key, "kind": row.kind, "to": row.recipient, "channel": row.channel,
                "state": str(row.stage), "attempts": row.attempt, "not_before": rfc3339(row.not_before),
                "answer": row.answer or None,
            }
            for row in sorted(owed, key=lambda row: (row.created_at, row.key))
        ],
        "notes": [_note(note) for note in incident.notes],
        "published": [_note(note) for note in incident.published],
        "timeline": timeline(events),
    }  # fmt: skip


def _note(note: Note) -> dict[str, Any]:
    return {"at": rfc3339(note.at), "by": note.by, "text": note.text}


def timeline(events: Iterable[Numbered]) -> list[dict[str, Any]]:
    """Return events as a timeline, the earliest first."""
    found = (entry(one.number, one.event) for one in sorted(events, key=lambda one: one.number))
    return [one for one in found if one is not None]


def told(one: Any) -> dict[str, Any]:
    """Return a line of the ledger of who knows what."""
    return {
        "to": one.recipient,
        "channel": one.channel,
        "kind": one.kind,
        "at": rfc3339(one.at),
        "open": one.open,
        "provider_id": one.provider_id or None,
    }


def line(incident: Incident, now: Instant) -> dict[str, Any]:
    """Return an incident as lists show it."""
    end = incident.resolved_at if not incident.open else None
    coming = min(incident.live(), key=lambda timer: timer.due_at, default=None) if incident.open else None
    return {
        "id": incident.id,
        "state": str(incident.state),
        "exhausted": incident.exhausted,
        "severity": incident.severity,
        "title": incident.title,
        "service": incident.service,
        "organization": incident.organization,
        "opened_at": rfc3339(incident.opened_at),
        "seconds": seconds((now if end is None else end) - incident.opened_at),
        "acker": incident.acker or None,
        "acked_at": stamp(incident.acked_at),
        "snoozed_until": stamp(incident.snoozed_until),
        "assignee": incident.assignee or None,
        "commander": incident.commander or None,
        "communications": incident.communications or None,
        "resolved_at": stamp(end),
        "resolved_by": incident.resolved_by or None,
        "resolution": incident.resolution or None,
        "suppressed": list(incident.suppressed) if incident.open else [],
        "members": len(incident.alerts),
        "people_told": len({one.recipient for one in incident.told}),
        "merged": list(incident.merged),
        "merged_into": incident.merged_into,
        "manual": incident.manual,
        "nobody_to_tell": nobody_to_tell(incident),
        "next_at": stamp(coming.due_at if coming is not None else None),
        "next_kind": coming.kind if coming is not None else None,
    }


def summary(incidents: Iterable[Incident], now: Instant) -> list[dict[str, Any]]:
    """Return the open incidents as `status` lists them."""
    found = sorted(
        (incident for incident in incidents if incident.open),
        key=lambda i: (_URGENT[i.state], -rank(i.severity), i.opened_at, i.id),
    )
    return [line(incident, now) for incident in found]
