"""The answers about alerts: which fire, since when, why nobody is told; what fired before."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from slawatch.answers.paging import Page, paged, sifted
from slawatch.answers.timeline import entry
from slawatch.core.alert import Alert, Reason
from slawatch.core.event import Event
from slawatch.core.incident import SEVERITIES, Incident, rank
from slawatch.core.instant import Instant, rfc3339, seconds
from slawatch.core.turn import State

if TYPE_CHECKING:
    import duckdb

    from slawatch.store.alert_history import Violation

STATES: Final = ("firing", "suppressed", "resolved")
_MOST_READ: Final = 5_000
"""So many stored ends of alerts are looked through for one page at most."""


class Filter(NamedTuple):
    """Which alerts are wanted; what is empty does not matter.

    Attributes:
        state: `firing`, `suppressed` (of the firing ones those that nobody is told of), or `resolved`.
        severity: at least.
        service, organization, check: whose.
        incident: of this incident; 0 for any.
    """

    state: str = "firing"
    severity: str = ""
    service: str = ""
    organization: str = ""
    check: str = ""
    incident: int = 0

    def wants(self, alert: Alert, severity: str = "") -> bool:
        """Say whether an alert is wanted, whatever its state."""
        return (
            rank(severity or alert.severity) >= (rank(self.severity) if self.severity else -1)
            and self.service in ("", alert.service)
            and self.organization in ("", alert.organization)
            and self.check in ("", alert.check)
            and self.incident in (0, alert.incident)
        )


def firing(state: State, wanted: Filter, now: Instant, limit: int, cursor: str = "") -> dict[str, Any]:
    """Return the alerts that fire: the most severe first, of equal ones the oldest.

    Raises:
        PageError: the cursor is none.
    """
    found = (
        alert
        for alert in state.alerts.values()
        if alert.firing and wanted.wants(alert) and (alert.suppressed or wanted.state != "suppressed")
    )
    page: Page[Alert] = paged(found, lambda a: (-rank(a.severity), a.since, a.fingerprint), limit, cursor)
    return {
        "alerts": [line(alert, state.incidents.get(alert.incident or 0), now) for alert in page.lines],
        "next": page.following,
    }


def resolved(
    cursor: "duckdb.DuckDBPyConnection", wanted: Filter, now: Instant, limit: int, before: int | None
) -> dict[str, Any]:
    """Return the times that alerts fired and are over, the latest end first.

    Raises:
        StoreError: the store cannot be read.
    """
    from slawatch.store import alert_history

    def read(following: int | None) -> "list[tuple[int, Violation]]":
        stored = alert_history.violations(cursor, before=following, limit=limit)
        return [(one.number, one) for one in stored]

    page = sifted(read, lambda one: wanted.wants(one.alert, one.severity), limit, before, _MOST_READ)
    shown = [line(one.alert, None, now, one.severity) for one in page.lines]
    return {"alerts": shown, "next": page.following}


def find(state: State, name: str) -> Alert | None:
    """Return the alert of a fingerprint; else the only one of a check of that name."""
    if name in state.alerts:
        return state.alerts[name]
    of_check = [alert for alert in state.alerts.values() if alert.check == name]
    return of_check[0] if len(of_check) == 1 else None


def show(cursor: "duckdb.DuckDBPyConnection", state: State, name: str, now: Instant) -> dict[str, Any] | None:
    """Return an alert with its timeline and every time that it fired; None where it never did.

    Raises:
        StoreError: the store cannot be read.
    """
    from slawatch.store import alert_history, alerting

    alert = find(state, name)
    if alert is None:
        alert = alert_history.alerts(cursor, [name]).get(name)
    if alert is None:
        return None
    past = alert_history.violations(cursor, alert=alert.fingerprint, limit=100)
    events = alerting.events(cursor, alert=alert.fingerprint, limit=500)
    found = line(alert, state.incidents.get(alert.incident or 0), now)
    open_ones = [violation(alert, alert.severity, now)] if alert.firing else []
    told = (happened(event) for _, event, _ in reversed(events))
    return found | {
        "violations": [*open_ones, *(violation(one.alert, one.severity, now, one.incident) for one in past)],
        "timeline": [one for one in told if one is not None],
    }


def happened(event: Event) -> dict[str, Any] | None:
    """Return what happened to an alert as its timeline shows it; None for what nobody needs to read."""
    found = entry(0, event)
    text = found["text"] if found is not None else ""
    if event.kind in ("alert.joined", "alert.moved"):
        number = dict(event.changes).get("incident")
        text = f"part of incident {number}" if number else "part of no incident of its own"
    if not text:
        return None
    return {"at": rfc3339(event.at), "kind": event.kind, "text": text, "by": event.by or None}


def line(alert: Alert, incident: Incident | None, now: Instant, severity: str = "") -> dict[str, Any]:
    """Return an alert as lists show it; `severity` where it is not its own."""
    end = alert.resolved_at if not alert.firing else None
    return {
        "id": alert.fingerprint,
        "state": "firing" if alert.firing else "resolved",
        "severity": severity or alert.severity,
        "title": alert.title,
        "check": alert.check,
        "service": alert.service,
        "organization": alert.organization,
        "labels": dict(alert.labels),
        "since": rfc3339(alert.since),
        "fired_at": rfc3339(alert.fired_at),
        "resolved_at": stamp(end),
        "seconds": seconds((now if end is None else end) - alert.since),
        "actual": alert.actual or None,
        "threshold": alert.threshold or None,
        "resolution": alert.resolution or None,
        "stale": alert.stale,
        "flapping": alert.flapping,
        "suppressed": [reason(why) for why in alert.suppressed] if alert.firing else [],
        "incident": alert.incident,
        "incident_state": incident.shown if incident is not None else None,
        "guard_until": stamp(alert.guard_until if alert.firing else None),
        "reports": alert.reports,
    }


def reason(why: Reason) -> dict[str, Any]:
    """Return why nobody is told of an alert."""
    return {"kind": why.kind, "by": why.by, "text": why.text, "until": stamp(why.until)}


def violation(alert: Alert, severity: str, now: Instant, incident: int | None = None) -> dict[str, Any]:
    """Return one time that an alert fired; `incident` where it belongs to that one no more."""
    end = alert.resolved_at if not alert.firing else None
    return {
        "start": rfc3339(alert.since),
        "confirmed": rfc3339(alert.fired_at),
        "end": stamp(end),
        "seconds": seconds((now if end is None else end) - alert.since),
        "severity": severity,
        "actual": alert.actual or None,
        "threshold": alert.threshold or None,
        "resolution": alert.resolution or None,
        "incident": alert.incident if incident is None else incident,
    }


def summary(alerts: Iterable[Alert], incidents: Mapping[int, Incident], now: Instant) -> list[dict[str, Any]]:
    """Return the firing alerts as `status` lists them, the most severe first."""
    found = sorted(
        (alert for alert in alerts if alert.firing), key=lambda a: (-rank(a.severity), a.since, a.fingerprint)
    )
    return [line(alert, incidents.get(alert.incident or 0), now) for alert in found]


def known_severity(word: str) -> bool:
    """Say whether there is such a severity."""
    return word in SEVERITIES


def stamp(instant: Instant | None) -> str | None:
    """Return a time as JSON has it."""
    return None if instant is None else rfc3339(instant)
