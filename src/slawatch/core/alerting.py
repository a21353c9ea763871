"""What alerts do to incidents: they open, join, reopen and end them; suppression begins and ends."""

from dataclasses import replace
from itertools import chain as chained

from slawatch.core.alert import Alert, Reason
from slawatch.core.chain import advance, arm, drop, page, restart
from slawatch.core.command import absorb, create, resolve
from slawatch.core.escalation import Place, Policy
from slawatch.core.grouping import key
from slawatch.core.incident import Incident, Phase, rank
from slawatch.core.instant import Instant
from slawatch.core.notification import Kind
from slawatch.core.outbox import Stage
from slawatch.core.ripe import mark_dirty
from slawatch.core.telling import SUPPRESSIBLE, as_changes, cancel_unsent, inform
from slawatch.core.turn import Turn

EXPLAINED = "dependency"
"""The kind of reason under which an alert has no incident of its own: its parent's speaks for it."""


def fired(turn: Turn, alert: Alert) -> None:
    """An alert fires: it joins an incident, opens the last one again, or opens a new one."""
    before = turn.alerts.get(alert.fingerprint)
    if before is not None and before.firing:
        if before.severity != alert.severity:
            severity_changed(turn, alert.fingerprint, alert.severity, alert.actual, alert.threshold)
        reported(turn, alert.fingerprint)
        return
    alert = replace(
        alert, firing=True, fired_at=turn.now, suppressed=tuple(turn.world.withheld(alert, turn.now)),
        reports=1,
        incident=None if before is None else before.incident, guard_until=None, guard_results=0,
    )  # fmt: skip
    turn.record("alert.fired", f"alert:{alert.fingerprint}", alert.title, **as_changes(alert))
    _place(turn, alert)


def reported(turn: Turn, fingerprint: str) -> None:
    """A firing alert was bad again: it only counts."""
    alert = turn.alerts.get(fingerprint)
    if alert is None or not alert.firing:
        return
    left = max(0, alert.guard_results - 1) if alert.guard_until is not None else 0
    turn.alert(fingerprint, "alert.reported", "duplicate", reports=alert.reports + 1, guard_results=left)
    incident = turn.incidents.get(alert.incident or 0)
    if incident is not None:
        turn.quietly(incident.id, duplicates=incident.duplicates + 1)
    if alert.guard_until is not None and left == 0:
        _unguard(turn, fingerprint)


def _place(turn: Turn, alert: Alert, reason: str = "") -> None:
    if any(why.kind == EXPLAINED for why in alert.suppressed):
        _list_child(turn, alert)
        return
    policy = turn.world.policy(alert)
    group = group_of(policy, alert)
    last = turn.incidents.get(alert.incident or 0)
    while last is not None and last.state is Phase.MERGED and last.merged_into is not None:
        last = turn.incidents.get(last.merged_into)
    if last is not None and not last.open:
        inside = last.reopen_until is not None and turn.now < last.reopen_until
        if inside and alert.fingerprint in last.alerts:
            _reopen(turn, last, alert)
            return
    joined = last if last is not None and last.open else next(
        (i for i in turn.incidents.values() if i.open and i.group == group and not i.manual), None
    )  # fmt: skip
    if joined is not None:
        _join(turn, joined, alert)
        return
    number = turn.next_incident
    incident = Incident(
        id=number, title=alert.title, service=alert.service, organization=alert.organization, group=group,
        policy=policy, severity=alert.severity, opened_at=turn.now, changed_at=turn.now,
        alerts=(alert.fingerprint,), suppressed=kinds_of(alert.suppressed),
    )  # fmt: skip
    create(turn, incident, alert.title, wait=policy.waits_for_group(alert.severity), reason=reason)
    turn.alert(alert.fingerprint, "alert.joined", incident=number)


def group_of(policy: Policy, alert: Alert) -> tuple[str, ...]:
    """Return what makes alerts one incident: the policy and the values of its labels.

    `...` is every label; `check` and `service` are labels of every alert.
    """
    labels = {
        "check": alert.check,
        "service": alert.service,
        "organization": alert.organization,
        **dict(alert.labels),
    }
    if policy.group_by == ("service",) and not alert.service:
        return (policy.name, f"alert={alert.fingerprint}")
    return key(policy.name, labels, policy.group_by)


def kinds_of(reasons: tuple[Reason, ...]) -> tuple[str, ...]:
    """Return the kinds of reasons, each once."""
    return tuple(dict.fromkeys(reason.kind for reason in reasons))


def _reopen(turn: Turn, incident: Incident, alert: Alert) -> None:
    turn.alert(alert.fingerprint, "alert.joined", incident=incident.id)
    restart(
        turn, incident.id, "incident.reopened", f"{alert.title} again", "reopened",
        reopened=incident.reopened + 1,
        resolved_at=None, resolved_by="", resolution="", reopen_until=None, severity=alert.severity,
        suppressed=_suppression(turn, incident),
    )  # fmt: skip


def _join(turn: Turn, incident: Incident, alert: Alert) -> None:
    known = alert.fingerprint in incident.alerts
    alerts = incident.alerts if known else (*incident.alerts, alert.fingerprint)
    turn.incident(incident.id, "alert.joined_incident", f"joined by {alert.title}", alerts=alerts)
    turn.alert(alert.fingerprint, "alert.joined", incident=incident.id)
    _resuppress(turn, incident.id, ())
    if rank(alert.severity) > rank(incident.severity):
        _raise(turn, incident.id, alert.severity)
    if not alert.suppressed:
        mark_dirty(turn, incident.id, f"{alert.title} fires too")


def _list_child(turn: Turn, alert: Alert) -> None:
    parent = _parent_incident(turn, alert)
    if parent is not None and alert.fingerprint not in parent.children:
        turn.incident(
            parent.id, "child.listed", f"{alert.title}: explained by it",
            children=(*parent.children, alert.fingerprint),
        )  # fmt: skip


def _parent_incident(turn: Turn, alert: Alert) -> Incident | None:
    """Return the incident that speaks for an alert: never that of another organisation."""
    parents = {why.by for why in alert.suppressed if why.kind == EXPLAINED}
    for other in turn.alerts.values():
        if other.firing and parents & {other.check, other.service} and other.incident is not None:
            incident = turn.incidents.get(other.incident)
            known = incident is not None and incident.open and alert.fingerprint not in incident.alerts
            if incident is not None and known and incident.organization == alert.organization:
                return incident
    return None


def severity_changed(
    turn: Turn, fingerprint: str, severity: str, actual: str = "", threshold: str = ""
) -> None:
    """A firing alert became worse or better; only worse than the incident was is told."""
    alert = turn.alerts.get(fingerprint)
    if alert is None or not alert.firing or alert.severity == severity:
        return
    up = rank(severity) > rank(alert.severity)
    kind = "alert.severity_up" if up else "alert.severity_down"
    turn.alert(
        fingerprint, kind, f"{alert.severity} to {severity}", severity=severity,
        actual=actual or alert.actual, threshold=threshold or alert.threshold,
    )  # fmt: skip
    incident = turn.incidents.get(alert.incident or 0)
    if incident is not None and incident.open and rank(severity) > rank(incident.severity):
        _raise(turn, incident.id, severity)


def _raise(turn: Turn, number: int, severity: str) -> None:
    before = turn.incidents[number]
    incident = turn.incident(
        number,
        "incident.severity_up",
        f"severity raised from {before.severity} to {severity}",
        severity=severity,
    )
    if incident.state is Phase.ACKED and not incident.policy.sticky_ack:
        restart(
            turn, number, "incident.triggered", "severity raised under an acknowledgement", "severity raised"
        )
    elif incident.state is Phase.TRIGGERED and incident.flushed_at is None:
        level = next((t for t in incident.live() if t.kind == "level"), None)
        if level is not None and level.due_at > turn.now + incident.policy.waits_for_group(severity):
            arm(turn, number, "level", incident.policy.waits_for_group(severity), reason=level.reason)
    elif incident.state is Phase.TRIGGERED:
        if incident.suppressed:
            turn.quietly(number, withheld=True)
            return
        inform(turn, number, Kind.UPDATE, reason="severity raised", detail=f"{before.severity} to {severity}")
        _page_routed(turn, number)


def _page_routed(turn: Turn, number: int) -> None:
    incident = turn.incidents[number]
    known = {row.recipient for row in turn.rows_of(number) if row.generation == incident.generation}
    alerts = [turn.alerts[f] for f in incident.alerts if f in turn.alerts]
    for recipient in dict.fromkeys(chained.from_iterable(map(turn.world.routed, alerts))):
        if recipient not in known and recipient not in incident.knows() and turn.world.contacts(recipient):
            page(turn, number, recipient, Place(max(incident.level, 0), incident.cycle), "severity raised")


def ended(turn: Turn, fingerprint: str, resolution: str, *, removed: bool = False) -> None:
    """A firing alert is over; when it was the last one of its incident, so is that."""
    alert = turn.alerts.get(fingerprint)
    if alert is None or not alert.firing:
        return
    turn.alert(
        fingerprint, "alert.removed" if removed else "alert.resolved", f"{alert.title}: {resolution}",
        firing=False, stale=False, flapping=False, resolved_at=turn.now, resolution=resolution, suppressed=(),
        guard_until=None,
    )  # fmt: skip
    incident = turn.incidents.get(alert.incident or 0)
    if incident is None or not incident.open:
        return
    if incident.manual or any(turn.alerts[f].firing for f in incident.alerts if f in turn.alerts):
        _resuppress(turn, incident.id, ())
        mark_dirty(turn, incident.id, f"{alert.title}: {resolution}")
        return
    reason = "check removed" if removed else "resolved"
    resolve(turn, incident.id, f"all alerts are over: {resolution}", reason=reason, quiet=removed)


def flapping_started(turn: Turn, fingerprint: str) -> None:
    """An alert flaps: those told hear of it once; its end waits until it is steady."""
    alert = turn.alerts.get(fingerprint)
    if alert is None or not alert.firing or alert.flapping:
        return
    turn.alert(fingerprint, "alert.flapping", f"{alert.title} is flapping", flapping=True)
    incident = turn.incidents.get(alert.incident or 0)
    if incident is None or incident.state is not Phase.TRIGGERED:
        return
    if incident.suppressed:
        turn.quietly(incident.id, withheld=True)
    else:
        inform(turn, incident.id, Kind.UPDATE, reason="flapping", detail=f"{alert.title} is flapping")


def flapping_ended(turn: Turn, fingerprint: str) -> None:
    """An alert is steady again: what was told last still holds, or what follows says otherwise."""
    alert = turn.alerts.get(fingerprint)
    if alert is not None and alert.flapping:
        turn.alert(fingerprint, "alert.steady", f"{alert.title} is steady again", flapping=False)


def staled(turn: Turn, fingerprint: str, *, stale: bool) -> None:
    """A firing alert has no results, or has them again; it fires on."""
    alert = turn.alerts.get(fingerprint)
    if alert is not None and alert.firing and alert.stale != stale:
        text = f"{alert.title}: no results" if stale else f"{alert.title}: results again"
        turn.alert(fingerprint, "alert.stale" if stale else "alert.fresh", text, stale=stale)


def guard_over(turn: Turn) -> None:
    """Alerts that still fire a while after somebody resolved their incident open a new one."""
    for alert in list(turn.alerts.values()):
        if alert.firing and alert.guard_until is not None and alert.guard_until <= turn.now:
            _unguard(turn, alert.fingerprint)


def _unguard(turn: Turn, fingerprint: str) -> None:
    alert = turn.alert(
        fingerprint, "alert.unguarded", "it still fires after it was resolved by hand", guard_until=None,
        guard_results=0,
    )  # fmt: skip
    _place(turn, alert, "still failing")


def refresh(turn: Turn) -> None:
    """Ask again why nobody is told of each firing alert, and act on what changed."""
    touched: dict[int, list[str]] = {}
    for alert in list(turn.alerts.values()):
        if not alert.firing:
            continue
        now = tuple(turn.world.withheld(alert, turn.now))
        if now == alert.suppressed:
            continue
        left = kinds_of(now)
        gone = [why.kind for why in alert.suppressed if why.kind not in left and not why.waits]
        text = ", ".join(kinds_of(now)) or "nothing withholds it any more"
        alert = turn.alert(alert.fingerprint, "alert.suppression", text, suppressed=now)
        incident = turn.incidents.get(alert.incident or 0)
        if incident is not None and incident.open:
            touched.setdefault(incident.id, []).extend(gone)
        elif alert.guard_until is None and not any(why.kind == EXPLAINED for why in now):
            _place(turn, alert, ended_text(gone[-1]) if gone else "")
        elif alert.guard_until is None:
            _list_child(turn, alert)
    for number, gone in touched.items():
        _resuppress(turn, number, tuple(gone))


def ended_text(kind: str) -> str:
    """Return the reason of a message that a suppression withheld.

    >>> ended_text("quiet_hours")
    'quiet hours ended'
    """
    return f"{kind.replace('_', ' ')} ended"


def _suppression(turn: Turn, incident: Incident) -> tuple[str, ...]:
    firing = [turn.alerts[f] for f in incident.alerts if f in turn.alerts and turn.alerts[f].firing]
    if incident.manual or not firing or not all(alert.suppressed for alert in firing):
        return ()
    return tuple(dict.fromkeys(chained.from_iterable(kinds_of(alert.suppressed) for alert in firing)))


def _resuppress(turn: Turn, number: int, gone: tuple[str, ...]) -> None:
    incident = turn.incidents[number]
    if not incident.open:
        return
    before, now = incident.suppressed, _suppression(turn, incident)
    if now and _explained(turn, incident):
        return
    if before == now:
        if gone and not now:
            mark_dirty(turn, number, "a member is told of again", at_once=True)
        return
    text = ", ".join(now) or "suppression ended"
    incident = turn.incident(number, "incident.suppression", text, suppressed=now)
    if now and not before and incident.state is not Phase.ACKED:
        cancelled = cancel_unsent(turn, number, "suppressed", SUPPRESSIBLE)
        turn.quietly(number, withheld=incident.withheld or cancelled)
    elif before and not now and incident.withheld:
        _retell(turn, number, ended_text(gone[-1] if gone else before[-1]))


def _explained(turn: Turn, incident: Incident) -> bool:
    firing = [turn.alerts[f] for f in incident.alerts if f in turn.alerts and turn.alerts[f].firing]
    if not all(any(why.kind == EXPLAINED for why in alert.suppressed) for alert in firing):
        return False
    parents = {_parent.id for alert in firing if (_parent := _parent_incident(turn, alert)) is not None}
    if len(parents) != 1 or incident.id in parents:
        return False
    parent = turn.incidents[parents.pop()]
    absorb(turn, incident.id, parent.id, f"explained by {parent.title}", reason="dependency", children=True)
    return True


def _retell(turn: Turn, number: int, reason: str) -> None:
    incident = turn.incidents[number]
    turn.quietly(number, withheld=False)
    if incident.state is Phase.TRIGGERED:
        drop(turn, number, "level", "contact", "reminder", "flush")
        turn.quietly(number, retold=incident.retold + 1, exhausted=False)
        advance(turn, number, reason=reason, again=True)


def forget_old(turn: Turn) -> None:
    """Forget incidents that were over long ago, with their alerts and messages; their events stay."""
    old: Instant = turn.now - turn.world.keep
    for incident in list(turn.incidents.values()):
        over = not incident.open and incident.changed_at <= old
        if over and not any(row.unsent or row.stage is Stage.SENDING for row in turn.rows_of(incident.id)):
            for row in turn.rows_of(incident.id):
                turn.forget(f"row:{row.key}")
            turn.forget(f"incident:{incident.id}")
    for alert in list(turn.alerts.values()):
        if not alert.firing and alert.incident not in turn.incidents:
            turn.forget(f"alert:{alert.fingerprint}")
