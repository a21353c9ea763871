"""What came due of an incident is done: levels, contact rules, reminders, the ends of acks and snoozes."""

from collections.abc import Callable
from typing import Final

from slawatch.core.chain import (
    LATE,
    advance,
    arm,
    contact_due,
    contacts_of,
    length_text,
    members,
    recipients_of,
    restart,
)
from slawatch.core.grouping import Shown, needs, next_flush
from slawatch.core.incident import Incident, Phase, Timer
from slawatch.core.notification import Kind
from slawatch.core.telling import inform, tell
from slawatch.core.turn import Turn


def come_due(turn: Turn, number: int) -> None:
    """Do what is due of one incident, in the order in which it came due."""
    for _ in range(1000):
        incident = turn.incidents[number]
        due = sorted((t for t in incident.live() if t.due_at <= turn.now), key=lambda t: t.due_at)
        if not due or not incident.open:
            return
        timer = due[0]
        if timer.kind == "contact":
            _contacts_due(turn, number, [t for t in due if t.kind == "contact"])
            continue
        turn.quietly(number, timers=tuple(t for t in incident.live() if t != timer))
        _DUE[timer.kind](turn, number, timer)


def _contacts_due(turn: Turn, number: int, due: list[Timer]) -> None:
    incident = turn.incidents[number]
    if incident.suppressed:
        turn.incident(
            number, "contact.withheld", f"suppressed: {', '.join(incident.suppressed)}", withheld=True,
            timers=tuple(t for t in incident.live() if t not in due),
        )  # fmt: skip
        return
    seen: set[tuple[str, str]] = set()
    for timer in due:
        contacts = contacts_of(turn, number, timer.recipient)
        channel = contacts[timer.contact].channel if timer.contact < len(contacts) else ""
        if (timer.recipient, channel) in seen or not channel:
            turn.quietly(number, timers=tuple(t for t in turn.incidents[number].live() if t != timer))
        else:
            contact_due(turn, number, timer)
        seen.add((timer.recipient, channel))


def _level_due(turn: Turn, number: int, timer: Timer) -> None:
    incident = turn.incidents[number]
    if incident.suppressed and incident.state is Phase.TRIGGERED:
        kinds = ", ".join(incident.suppressed)
        text = "level withheld" if incident.level >= 0 else f"suppressed: {kinds}"
        turn.incident(number, "level.withheld", text, withheld=True)
        return
    advance(turn, number, reason=timer.reason, late=turn.now - timer.due_at, extra=timer.extra)


def _flush_due(turn: Turn, number: int, _timer: Timer) -> None:
    flush(turn, number)


def flush(turn: Turn, number: int) -> None:
    """Tell those told how the members changed; under an acknowledgement only who acknowledged."""
    incident = turn.incidents[number]
    if not incident.dirty:
        return
    if incident.suppressed:
        turn.quietly(number, withheld=True)
        return
    now = members(turn, number)
    shown = Shown(frozenset(incident.seen), frozenset(incident.seen_over), incident.flushed_at)
    need = needs(shown, now["seen"], now["seen_over"], turn.now)
    text = incident.dirty
    if not need.tell:
        turn.quietly(number, dirty="", flushed_at=turn.now, **now)
        return
    turn.incident(number, "incident.flushed", text, dirty="", flushed_at=turn.now, **now)
    if incident.state is Phase.TRIGGERED:
        inform(turn, number, Kind.UPDATE, reason=need.reason, detail=text)
    elif incident.state is Phase.ACKED:
        inform(turn, number, Kind.UPDATE, reason=need.reason, detail=text, only=(incident.acker,))


def _reminder_due(turn: Turn, number: int, timer: Timer) -> None:
    incident = turn.incidents[number]
    arm(turn, number, "reminder", incident.policy.exhausted_reminder)
    if incident.suppressed:
        turn.quietly(number, withheld=True)
        return
    incident = turn.incident(
        number, "escalation.reminded", "still open, and nobody has acknowledged it", round=incident.round + 1
    )
    targets = (*incident.policy.levels[-1].to, *incident.policy.fallback)
    late = turn.now - timer.due_at
    for recipient in recipients_of(turn, number, targets, turn.now):
        contact = contacts_of(turn, number, recipient)[0]
        tell(turn, turn.incidents[number], recipient, contact, Kind.REMINDER, reason="escalation exhausted",
             late=late if late > LATE else 0)  # fmt: skip


def _ack_reminder_due(turn: Turn, number: int, _timer: Timer) -> None:
    incident = turn.incidents[number]
    left = next((t.due_at - turn.now for t in incident.live() if t.kind == "ack_timeout"), 0)
    if incident.suppressed or left <= 0:
        return
    text = f"the acknowledgement by {incident.acker} expires in {length_text(left)}"
    incident = turn.incident(number, "ack.reminded", text, round=incident.round + 1)
    contacts = turn.world.contacts(incident.acker)
    if contacts:
        tell(
            turn,
            incident,
            incident.acker,
            contacts[0],
            Kind.REMINDER,
            reason="acknowledgement expires",
            detail=text,
        )


def _ack_timeout_due(turn: Turn, number: int, timer: Timer) -> None:
    incident = turn.incidents[number]
    acker = incident.acker
    text = f"acknowledgement by {acker} expired after {length_text(timer.length)}"
    extra = (acker,) if turn.world.contacts(acker) else ()
    restart(turn, number, "ack.expired", text, "acknowledgement expired", extra=extra, due_at=timer.due_at)


def _snooze_end_due(turn: Turn, number: int, timer: Timer) -> None:
    restart(turn, number, "snooze.ended", "snooze ended", "snooze ended", due_at=timer.due_at)


_DUE: Final[dict[str, Callable[[Turn, int, Timer], None]]] = {
    "level": _level_due,
    "flush": _flush_due,
    "reminder": _reminder_due,
    "ack_reminder": _ack_reminder_due,
    "ack_timeout": _ack_timeout_due,
    "snooze_end": _snooze_end_due,
}


def mark_dirty(turn: Turn, number: int, text: str, *, at_once: bool = False) -> None:
    """Remember that the members changed: those told hear of it after the group's interval, or at once."""
    incident: Incident = turn.incidents[number]
    turn.quietly(number, dirty=text)
    if incident.flushed_at is None:
        return
    at = next_flush(incident.flushed_at, turn.now, incident.policy.group_interval, unmuted=at_once)
    if at_once or not any(t.kind == "flush" for t in incident.live()):
        arm(turn, number, "flush", at - turn.now)
