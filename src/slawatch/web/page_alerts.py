"""What the pages show of alerts: the line of each, and why nobody is told of it."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from slawatch.core.alert import Alert, Reason
from slawatch.core.incident import rank
from slawatch.core.instant import Instant
from slawatch.core.matcher import Matcher
from slawatch.core.turn import State


class AlertLine(NamedTuple):
    """One alert; `quiet`: why nobody is told of it; `match`: what a silence of it alone would match."""

    fingerprint: str
    title: str
    severity: str
    firing: bool
    since: Instant
    ended: Instant | None
    actual: str
    threshold: str
    flags: tuple[str, ...]
    quiet: tuple[Reason, ...]
    service: str
    check: str
    match: str


def alert_line(alert: Alert) -> AlertLine:
    """Return an alert as a line."""
    flags = (("no data", alert.stale), ("flapping", alert.flapping))
    return AlertLine(
        fingerprint=alert.fingerprint, title=alert.title, severity=alert.severity, firing=alert.firing,
        since=alert.since or alert.fired_at, ended=alert.resolved_at, actual=alert.actual,
        threshold=alert.threshold, flags=tuple(name for name, holds in flags if holds and alert.firing),
        quiet=alert.suppressed if alert.firing else (), service=alert.service, check=alert.check,
        match=_match(alert),
    )  # fmt: skip


def _match(alert: Alert) -> str:
    """Return the labels that an alert keeps while it changes: its check's, and those of its rule."""
    kept = {"check": alert.check, **dict(alert.labels)} if alert.check else dict(alert.labels)
    kept = kept or {"service": alert.service}
    return ", ".join(str(Matcher(label, "=", value)) for label, value in kept.items())


def alert_lines(alerts: Iterable[Alert]) -> tuple[AlertLine, ...]:
    """Return alerts as lines: those that fire first, the worst and the latest before others."""
    ordered = sorted(alerts, key=lambda a: (not a.firing, -rank(a.severity), -a.fired_at, a.fingerprint))
    return tuple(alert_line(alert) for alert in ordered)


def untold(state: State) -> Mapping[str, str]:
    """Return why nobody was told of a firing alert, by its fingerprint, where no reason withholds it."""
    found: dict[str, str] = {}
    rows = {row.incident for row in state.rows.values()}
    for alert in state.alerts.values():
        if not alert.firing or alert.suppressed:
            continue
        incident = state.incidents.get(alert.incident or 0)
        if incident is None:
            guarded = alert.guard_until is not None
            found[alert.fingerprint] = (
                "its incident was resolved by hand a moment ago" if guarded else "it belongs to no incident"
            )
        elif not incident.told and incident.id not in rows:
            nobody = "no escalation and no route names anybody"
            found[alert.fingerprint] = "its first level is still to come" if incident.level < 0 else nobody
    return found
