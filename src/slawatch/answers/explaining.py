"""Why an alert fired, who was told, and why nobody else was: `alerts explain`, in sentences."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from slawatch.answers.alerts import line, stamp
from slawatch.answers.timeline import people, upcoming
from slawatch.answers.view import LiveCheck
from slawatch.core.alert import Alert
from slawatch.core.chain import length_text
from slawatch.core.channel import Standing
from slawatch.core.escalation import Level
from slawatch.core.incident import Incident, Phase
from slawatch.core.instant import Instant, rfc3339
from slawatch.core.outbox import Row, Stage
from slawatch.core.suppress import explain as suppressed
from slawatch.core.turn import State, World

_IN_WORDS: Final = {
    "failing": "messages through it fail now",
    "open": "messages through it failed again and again: it is tried again from time to time",
    "misconfigured": "its provider refuses what slawatch sends: change its configuration",
    "disabled": "its provider wants no more messages: change its configuration",
}


class Grounds(NamedTuple):
    """What an explanation rests on.

    Attributes:
        state: of alerting.
        world: whom targets mean, how people are reached.
        channels: how each channel stands.
        now: the present.
        live: the check as it is now, where it is one and the daemon runs.
        happened: when, kind and text of what happened to its incident, the earliest first.
    """

    state: State
    world: World
    channels: Mapping[str, Standing]
    now: Instant
    live: LiveCheck | None = None
    happened: tuple[tuple[Instant, str, str], ...] = ()


def explain(alert: Alert, grounds: Grounds) -> dict[str, Any]:
    """Return why an alert fired, who was told of it, and why others or nobody was.

    `why` and `not_told` hold a sentence each with what it rests on; `told` who was told, through what.
    """
    incident = grounds.state.incidents.get(alert.incident or 0)
    told = []
    if incident is not None:
        told = [
            {
                "to": one.recipient, "channel": one.channel, "at": rfc3339(one.at), "kind": one.kind,
                "provider_id": one.provider_id or None,
            }
            for one in incident.told
        ]  # fmt: skip
    return {
        "alert": line(alert, incident, grounds.now),
        "why": _why_fired(alert, grounds),
        "told": told,
        "not_told": list(_why_not(alert, incident, grounds)),
        "next": [] if incident is None else upcoming(grounds.state, incident.id, grounds.world, grounds.now),
    }


def quiet(check: str, grounds: Grounds) -> dict[str, Any]:
    """Return why a check has no alert."""
    live = grounds.live
    if live is None or live.outcome is None:
        text = f"{check} has no alert: there is no sample of it yet"
    elif live.reason and not live.failing:
        text = (
            f"{check} has no alert yet: it is {live.outcome.word} ({live.reason}), and not enough probes in "
            "a row have confirmed that"
        )
    else:
        since = f" since {rfc3339(live.since)}" if live.since is not None else ""
        text = f"{check} has no alert: it is {live.outcome.word}{since}"
    return {"alert": None, "why": [_said("no_alert", text)], "told": [], "not_told": [], "next": []}


def _why_fired(alert: Alert, grounds: Grounds) -> list[dict[str, Any]]:
    measured = f"measured {alert.actual}" if alert.actual else ""
    limit = f"the limit is {alert.threshold}" if alert.threshold else ""
    both = ", ".join(part for part in (measured, limit) if part)
    began = f"{alert.title}: bad since {rfc3339(alert.since)}" + (f" ({both})" if both else "")
    waited = max(0, alert.fired_at - alert.since)
    confirmed = f"confirmed at {rfc3339(alert.fired_at)}"
    if waited >= 1_000_000:
        confirmed += f", {length_text(waited)} after its first bad result"
    found = [_said("began", began), _said("confirmed", confirmed)]
    if alert.reports > 1:
        found.append(_said("reported", f"reported {alert.reports} times since; it counts as one"))
    if alert.stale:
        found.append(_said("stale", "no results come any more: it is held to fire until one does"))
    if alert.flapping:
        found.append(_said("flapping", "it changes too often: single changes are not told"))
    if not alert.firing and alert.resolved_at is not None:
        over = f"over since {rfc3339(alert.resolved_at)}: {alert.resolution or 'recovered'}"
        found.append(_said("resolved", over))
    elif grounds.live is not None and grounds.live.reason:
        found.append(_said("now", f"the last result says: {grounds.live.reason}"))
    return found


def _why_not(alert: Alert, incident: Incident | None, grounds: Grounds) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if alert.firing:
        for why in suppressed(alert, alert.suppressed):
            until = f", until {rfc3339(why['until'])}" if why["until"] is not None else ""
            text = f"{why['text'] or why['kind']}{until}"
            found.append(_said(why["kind"], text, by=why["by"], until=stamp(why["until"])))
    if alert.guard_until is not None and alert.firing:
        text = (
            f"its incident was resolved by hand: a new one opens at {rfc3339(alert.guard_until)}, or after "
            f"{alert.guard_results} more bad results"
        )
        found.append(_said("guard", text, until=rfc3339(alert.guard_until)))
    if incident is None:
        if alert.firing and not found:
            found.append(_said("no_incident", "it belongs to no incident"))
        return found
    found += _of_incident(incident, grounds)
    found += _of_messages(incident, grounds)
    return found


def _of_incident(incident: Incident, grounds: Grounds) -> list[dict[str, Any]]:
    name = f"incident {incident.id}"
    found: list[dict[str, Any]] = []
    if incident.state is Phase.ACKED:
        by = people([incident.acker])
        at = f" at {rfc3339(incident.acked_at)}" if incident.acked_at is not None else ""
        found.append(_said("acked", f"{by} acknowledged {name}{at}: escalation stopped", by=incident.acker))
    elif incident.state is Phase.SNOOZED:
        until = incident.snoozed_until
        text = f"{name} is snoozed" + (f" until {rfc3339(until)}" if until is not None else "")
        found.append(_said("snoozed", text, until=stamp(until)))
    elif incident.state is Phase.MERGED:
        into = "another incident" if incident.merged_into is None else f"incident {incident.merged_into}"
        found.append(_said("merged", f"{name} is part of {into}"))
    elif incident.state is Phase.TRIGGERED and incident.level < 0 and not incident.suppressed:
        first = min((t.due_at for t in incident.live() if t.kind == "level"), default=None)
        if first is not None and first > grounds.now:
            text = f"{name} waits for more alerts of its group: level 0 is told at {rfc3339(first)}"
            found.append(_said("group_wait", text, until=rfc3339(first)))
    if not _named(incident):
        text = "no escalation policy and no route names anybody: write [escalations.default] or [[routes]]"
        found.append(_said("no_policy", text))
    for when, kind, text in grounds.happened:
        if kind in ("level.skipped", "fallback.told", "level.withheld", "contact.withheld"):
            found.append(_said(kind, f"{rfc3339(when)}: {text}"))
    if incident.exhausted and incident.open:
        found.append(_said("exhausted", "every level was told as often as it may be: only reminders follow"))
    return found


def _named(incident: Incident) -> bool:
    levels: tuple[Level, ...] = incident.policy.levels
    return bool(incident.policy.name) or any(level.to for level in levels) or bool(incident.told)


def _of_messages(incident: Incident, grounds: Grounds) -> list[dict[str, Any]]:
    found = []
    rows = [row for row in grounds.state.rows.values() if row.incident == incident.id]
    for row in sorted(rows, key=lambda row: (row.created_at, row.key)):
        text = _of_message(row)
        if text:
            found.append(_said(str(row.stage), text, by=row.channel, key=row.key))
    used = {row.channel for row in rows if row.stage not in (Stage.SENT, Stage.CANCELLED)}
    for name in sorted(used):
        standing = grounds.channels.get(name)
        if standing is not None and standing.state in _IN_WORDS:
            why = f": {standing.why}" if standing.why else ""
            found.append(_said("channel", f"channel {name}: {_IN_WORDS[standing.state]}{why}", by=name))
    return found


def _of_message(row: Row) -> str:
    who = f"{people([row.recipient])} through {row.channel}"
    answer = f": {row.answer}" if row.answer else ""
    if row.stage is Stage.DEAD:
        tries = "one attempt" if row.attempt == 1 else f"{row.attempt} attempts"
        return f"the {row.kind} to {who} was given up after {tries} ({row.why}){answer}"
    if row.stage is Stage.RETRY_WAIT:
        return f"the {row.kind} to {who} failed and is tried again at {rfc3339(row.not_before)}{answer}"
    if row.stage is Stage.QUEUED:
        return f"the {row.kind} to {who} waits to be sent"
    if row.stage is Stage.CANCELLED and row.why not in ("superseded", "generation"):
        return f"the {row.kind} to {who} was not sent: {row.why}"
    return ""


def _said(kind: str, text: str, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "text": text, **more}
