"""The timeline of an incident as people read it, and what happens next if nobody does anything."""

from collections.abc import Iterable
from typing import Any, Final

from slawatch.core import upcoming as future
from slawatch.core.event import Event
from slawatch.core.incident import Incident, Phase
from slawatch.core.instant import Instant, rfc3339, seconds
from slawatch.core.turn import State, World
from slawatch.core.upcoming import Next

_SENT: Final = {
    "trigger": "told", "update": "told of a change", "ack": "told that it is acknowledged",
    "resolve": "told that it is over", "reminder": "reminded", "digest": "told in a digest", "meta": "told",
}  # fmt: skip
_QUIET: Final = (
    "incident.changed", "incident.numbered", "alert.reported", "alert.changed", "alert.joined",
    "row.queued", "row.sending", "row.waiting", "row.changed", "command.keyed",
)  # fmt: skip


_LEAD: Final = {
    "alert.resolved": "over: ", "alert.removed": "removed: ", "alert.severity_up": "severity: ",
    "alert.severity_down": "severity: ", "incident.opened": "opened: ", "incident.noted": "note: ",
}  # fmt: skip
_SUPPRESSION_OVER: Final = ("suppression ended", "nothing withholds it any more")


def entry(number: int, event: Event) -> dict[str, Any] | None:
    """Return an event as a timeline shows it; None for what nobody needs to read."""
    if event.gone or event.kind in _QUIET:
        return None
    text = _of_message(event) if event.subject.startswith("row:") else _of_event(event)
    if not text:
        return None
    return {
        "number": number,
        "at": rfc3339(event.at),
        "kind": event.kind,
        "text": text,
        "by": event.by or None,
        "origin": event.origin or None,
    }


def parts_of(key: str) -> tuple[str, str, str]:
    """Return what the key of a message says: its kind, to whom, through what.

    >>> parts_of("7:1:trigger:0:0:person:bob:sms#1")
    ('trigger', 'person:bob', 'sms')
    """
    rest = key.split(":", 5)
    if len(rest) < 6:
        return "", key, ""
    recipient, _, channel = rest[5].rpartition(":")
    return rest[2], recipient, channel.partition("#")[0]


def _of_event(event: Event) -> str:
    name, text = event.subject.partition(":")[2], event.text
    if event.kind == "alert.fired":
        found = dict(event.changes)
        measured = f": {found['actual']}" if found.get("actual") else ""
        return f"alert {name}, {found.get('severity', '')}{measured}"
    if event.kind in ("alert.suppression", "incident.suppression") and text not in _SUPPRESSION_OVER:
        whom = f"nobody is told of {name}" if event.kind == "alert.suppression" else "nobody is told"
        return f"{whom}: {text.replace('_', ' ')}"
    return _LEAD.get(event.kind, "") + text


def _of_message(event: Event) -> str:
    kind, recipient, channel = parts_of(event.subject.partition(":")[2])
    who = f"{recipient} through {channel}" if recipient != f"channel:{channel}" else recipient
    if event.kind == "row.sent":
        return f"{who}: {_SENT.get(kind, 'told')}"
    if event.kind == "row.cancelled":
        why = event.text.partition(":")[0]
        return "" if why in ("generation", "superseded") else f"{who}: {kind} not sent: {why}"
    if event.kind == "row.queued_again":
        return f"{who}: {kind} is sent again, by hand"
    what = event.kind.partition(".")[2].replace("_", " ")
    if event.kind == "row.dead":
        what, text = "given up", event.text.partition(":")[0]
        return f"{who}: {kind} {what}: {text}"
    return f"{who}: {kind} {what}" + (f": {event.text}" if event.text else "")


def upcoming(state: State, number: int, world: World, now: Instant) -> list[dict[str, Any]]:
    """Return what happens next to an incident by itself, in the order of time."""
    return [
        {
            "at": rfc3339(one.at),
            "in": seconds(max(0, one.at - now)),
            "kind": one.kind,
            "text": _sentence(one),
            "withheld": bool(one.withheld),
            "messages": [{"to": recipient, "channel": channel} for recipient, channel in one.messages],
        }
        for one in future.upcoming(state, number, world, now)
    ]


def _sentence(one: Next) -> str:
    told = ", ".join(
        recipient if recipient == f"channel:{channel}" else f"{people([recipient])} through {channel}"
        for recipient, channel in one.messages
    )
    text = one.text.replace("person:", "")
    return f"{text}: {told}" if told else text


def people(names: Iterable[str]) -> str:
    """Return recipients as people read them.

    >>> people(["person:alice", "channel:ops"])
    'alice, channel:ops'
    """
    return ", ".join(name.removeprefix("person:") for name in names)


def phase_text(incident: Incident) -> str:
    """Return an incident's state with who and until when, as people read it."""
    if incident.state is Phase.ACKED:
        return f"acked by {people([incident.acker])}"
    if incident.state is Phase.SNOOZED and incident.snoozed_until is not None:
        return f"snoozed until {rfc3339(incident.snoozed_until)}"
    if incident.state is Phase.MERGED:
        return "merged" if incident.merged_into is None else f"merged into {incident.merged_into}"
    return incident.shown
