"""The escalation of one incident: levels fire, are skipped, passed or withheld; what came due is done."""

from slawatch.core.escalation import Place, following, place_text
from slawatch.core.incident import Phase, Timer
from slawatch.core.instant import HOUR, MINUTE, SECOND, Instant, Micros
from slawatch.core.notification import Kind
from slawatch.core.outbox import Stage
from slawatch.core.series import META, of_channel
from slawatch.core.telling import cancel_unsent, tell, twins
from slawatch.core.turn import Contact, Turn

LATE: Micros = 15 * SECOND
"""What comes due later than this, one tick, is marked late."""

UNREACHED = "nobody could be reached on the level before"
NOBODY = "nobody on any level"


def length_text(length: Micros) -> str:
    """Return a length as people say it, in its two largest units.

    >>> length_text(7020 * SECOND), length_text(30 * MINUTE), length_text(45 * SECOND)
    ('1 h 57 min', '30 min', '45 s')
    """
    hours, rest = divmod(length, HOUR)
    minutes, rest = divmod(rest, MINUTE)
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    if minutes:
        return f"{minutes} min"
    return f"{rest // SECOND} s"


def arm(turn: Turn, number: int, kind: str, length: Micros, /, **values: object) -> None:
    """Set a timer of the present generation; one of the same kind and owner is replaced."""
    incident = turn.incidents[number]
    timer = Timer(kind, incident.generation, turn.now, turn.now + length, length)
    timer = timer._replace(**values)  # type: ignore[arg-type]
    kept = tuple(
        t for t in incident.live()
        if kind == "contact" or t.kind != kind
    )  # fmt: skip
    turn.quietly(number, timers=(*kept, timer))


def drop(turn: Turn, number: int, *kinds: str) -> None:
    """Cancel timers of these kinds."""
    incident = turn.incidents[number]
    turn.quietly(number, timers=tuple(t for t in incident.live() if t.kind not in kinds))


def restart(
    turn: Turn,
    number: int,
    kind: str,
    text: str,
    reason: str,
    *,
    extra: tuple[str, ...] = (),
    due_at: Instant | None = None,
    **changes: object,
) -> None:
    """Go back to `triggered`: a new generation begins at level 0 of the first cycle, now.

    Args:
        turn: the turn.
        number: the incident's.
        kind: of the event.
        text: of the event.
        reason: of the messages.
        extra: recipients beside those of the level.
        due_at: when it should have happened.
        changes: further fields.
    """
    incident = turn.incidents[number]
    cancel_unsent(turn, number, "generation")
    turn.incident(
        number, kind, text, state=Phase.TRIGGERED, generation=incident.generation + 1, changed_at=turn.now,
        level=-1, cycle=0, reached=False, exhausted=False, retold=0, withheld=False, acker="", acked_at=None,
        snoozed_until=None, timers=(), **changes,
    )  # fmt: skip
    arm(turn, number, "level", 0, reason=reason, extra=extra, due_at=turn.now if due_at is None else due_at)


def leave(turn: Turn, number: int, kind: str, text: str, /, **changes: object) -> None:
    """Leave the present phase: a new generation begins, in which nothing is due yet and nothing is owed."""
    incident = turn.incidents[number]
    cancel_unsent(turn, number, "generation")
    turn.incident(
        number,
        kind,
        text,
        generation=incident.generation + 1,
        changed_at=turn.now,
        timers=(),
        retold=0,
        **changes,
    )


def contacts_of(turn: Turn, number: int, recipient: str) -> tuple[Contact, ...]:
    """Return how a recipient is reached about an incident: of a channel's trouble by other channels only."""
    contacts = turn.world.contacts(recipient)
    if turn.incidents[number].policy.name != META:
        return contacts
    alerts = (turn.alerts.get(name) for name in turn.incidents[number].alerts)
    broken = {of_channel(dict(alert.labels)) for alert in alerts if alert is not None}
    return tuple(contact for contact in contacts if contact.channel not in broken)


def recipients_of(turn: Turn, number: int, targets: tuple[str, ...], at: Instant) -> tuple[str, ...]:
    """Return whom targets mean now, each once; one without any contact counts as nobody."""
    found: dict[str, None] = {}
    for target in targets:
        for recipient in turn.world.recipients(target, at):
            if contacts_of(turn, number, recipient):
                found[recipient] = None
    return tuple(found)


def advance(
    turn: Turn,
    number: int,
    *,
    reason: str = "",
    detail: str = "",
    late: Micros = 0,
    extra: tuple[str, ...] = (),
    by_hand: bool = False,
    again: bool = False,
) -> None:
    """Fire the next level that has somebody; levels without anybody are skipped at once.

    Args:
        turn: the turn.
        number: the incident's.
        reason: of the message.
        detail: the same in a sentence.
        late: how long after its time.
        extra: recipients beside those of the level.
        by_hand: there is always a next level.
        again: the present level fires once more.
    """
    incident = turn.incidents[number]
    policy = incident.policy
    place = Place(incident.level, incident.cycle)
    upcoming: Place | None = Place(max(place.level, 0), place.cycle) if again else None
    reached = incident.reached
    while True:
        if upcoming is None:
            if place.level + 1 >= len(policy.levels):
                if incident.state is Phase.ACKED:
                    return
                if not reached:
                    _tell_fallback(turn, number, NOBODY)
                    turn.quietly(number, level=place.level, cycle=place.cycle, reached=True)
                    arm(turn, number, "level", policy.levels[0].wait)
                    return
            upcoming = following(policy, place, by_hand=by_hand)
            if upcoming is None:
                turn.quietly(number, level=place.level, cycle=place.cycle, reached=reached)
                _exhaust(turn, number)
                return
            reached = reached and upcoming.cycle == place.cycle
        level = policy.levels[upcoming.level]
        if incident.state is Phase.ACKED and level.if_ == "not_acked":
            turn.quietly(number, level=upcoming.level, cycle=upcoming.cycle)
            if policy.insistent(upcoming.level):
                arm(turn, number, "level", level.wait)
            return
        found = tuple(dict.fromkeys((*extra, *recipients_of(turn, number, level.to, turn.now))))
        if found:
            turn.quietly(number, level=upcoming.level, cycle=upcoming.cycle, reached=True)
            _fire(turn, number, upcoming, found, reason, detail, late)
            if incident.state is Phase.TRIGGERED or policy.insistent(upcoming.level):
                arm(turn, number, "level", level.wait)
            return
        turn.incident(number, "level.skipped", f"level {upcoming.level} has nobody: skipped")
        place, upcoming = upcoming, None


def _fire(
    turn: Turn,
    number: int,
    place: Place,
    recipients: tuple[str, ...],
    reason: str,
    detail: str,
    late: Micros,
) -> None:
    late = late if late > LATE else 0
    detail = detail or (f"late by {length_text(late)}" if late else "")
    reason = reason or ("late" if late else "")
    turn.incident(
        number, "level.fired", f"{place_text(place)}: {', '.join(recipients)}"
        + (f" ({reason})" if reason else ""),
        withheld=False, dirty="", flushed_at=turn.now, **members(turn, number),
    )  # fmt: skip
    drop(turn, number, "flush")
    for recipient in recipients:
        page(turn, number, recipient, place, reason, detail, late)
    incident = turn.incidents[number]
    if place == (0, 0) and incident.alerts:
        for recipient in dict.fromkeys(r for f in incident.alerts if f in turn.alerts
                                       for r in turn.world.routed(turn.alerts[f])):  # fmt: skip
            if recipient not in recipients:
                page(turn, number, recipient, place, reason, detail, late)
    tell_unheard(turn, number)


def page(
    turn: Turn, number: int, recipient: str, place: Place, reason: str, detail: str = "", late: Micros = 0
) -> None:
    """Run the contact rules of one recipient for the firing of one level."""
    contacts = contacts_of(turn, number, recipient)
    blocked = True
    for index, (contact, twin) in enumerate(zip(contacts, twins(contacts), strict=True)):
        incident = turn.incidents[number]
        if contact.after <= 0 or (index and blocked):
            tell(
                turn, incident, recipient, contact, Kind.TRIGGER, reason=reason, detail=detail, late=late,
                level=place.level, cycle=place.cycle, index=index, twin=twin,
            )  # fmt: skip
            blocked = blocked and contact.channel in turn.down
        else:
            arm(
                turn, number, "contact", contact.after, reason=reason, level=place.level, cycle=place.cycle,
                recipient=recipient, contact=index,
            )  # fmt: skip


def hasten(turn: Turn, number: int, recipient: str) -> bool:
    """Start a recipient's next contact rule at once; False where none is left."""
    pending = [t for t in turn.incidents[number].live() if t.kind == "contact" and t.recipient == recipient]
    if not pending:
        return False
    timer = min(pending, key=lambda t: (t.due_at, t.contact))
    contact_due(turn, number, timer)
    contacts = contacts_of(turn, number, recipient)
    if timer.contact < len(contacts) and contacts[timer.contact].channel in turn.down:
        hasten(turn, number, recipient)
    return True


def contact_due(turn: Turn, number: int, timer: Timer) -> None:
    """Tell a recipient through the contact of a rule that came due."""
    incident = turn.incidents[number]
    contacts = contacts_of(turn, number, timer.recipient)
    turn.quietly(number, timers=tuple(t for t in incident.live() if t != timer))
    if timer.contact < len(contacts):
        tell(
            turn, turn.incidents[number], timer.recipient, contacts[timer.contact], Kind.TRIGGER,
            reason=timer.reason, level=timer.level, cycle=timer.cycle, index=timer.contact,
            twin=twins(contacts)[timer.contact],
        )  # fmt: skip


def tell_unheard(turn: Turn, number: int) -> None:
    """Tell the fallback, once, of an incident whose escalation is exhausted and that nobody has heard of.

    All that is owed was given up, or waits for channels through which nothing goes now. Of trouble with
    slawatch itself it is told as soon as no level follows.
    """
    incident = turn.incidents[number]
    last = incident.exhausted or (
        incident.policy.name == META
        and following(incident.policy, Place(incident.level, incident.cycle)) is None
    )
    if incident.state is not Phase.TRIGGERED or incident.suppressed or not last or incident.knows():
        return
    mine = [r for r in turn.rows_of(number) if r.generation == incident.generation and r.kind == Kind.TRIGGER]
    over = (Stage.DEAD, Stage.CANCELLED)
    waits = [row for row in mine if row.stage not in over]
    if not mine or any(row.level < 0 for row in mine):
        return
    if any(not row.unsent or row.channel not in turn.down for row in waits):
        return
    for timer in incident.live():
        contacts = contacts_of(turn, number, timer.recipient) if timer.kind == "contact" else ()
        if timer.contact < len(contacts) and contacts[timer.contact].channel not in turn.down:
            return
    channels = ", ".join(sorted({row.channel for row in waits}))
    _tell_fallback(turn, number, UNREACHED, f"nothing goes through {channels}" if channels else "")


def _tell_fallback(turn: Turn, number: int, reason: str, detail: str = "") -> None:
    """Tell the fallback; those of them who can be told now, where anybody can."""
    incident = turn.incidents[number]
    found = recipients_of(turn, number, incident.policy.fallback, turn.now)
    ways = {recipient: contacts_of(turn, number, recipient) for recipient in found}
    heard = tuple(r for r in found if any(contact.channel not in turn.down for contact in ways[r]))
    if heard:
        found = heard
    turn.incident(
        number, "fallback.told",
        f"{reason}{f' ({detail})' if detail else ''}: {', '.join(found) or 'and there is no fallback'}",
        round=incident.round + 1, withheld=False,
    )  # fmt: skip
    for recipient in found:
        contacts: tuple[Contact, ...] = ways[recipient]
        first = next((contact for contact in contacts if contact.channel not in turn.down), contacts[0])
        tell(turn, turn.incidents[number], recipient, first, Kind.TRIGGER, reason=reason, detail=detail,
             cycle=incident.round)  # fmt: skip


def _exhaust(turn: Turn, number: int) -> None:
    incident = turn.incident(number, "escalation.exhausted", "escalation exhausted", exhausted=True)
    tell_unheard(turn, number)
    arm(turn, number, "reminder", incident.policy.exhausted_reminder)


def members(turn: Turn, number: int) -> dict[str, tuple[str, ...]]:
    """Return the members that may be shown now: those that fire unmuted, and those that are over."""
    alerts = [turn.alerts[f] for f in turn.incidents[number].alerts if f in turn.alerts]
    return {
        "seen": tuple(a.fingerprint for a in alerts if a.firing and not a.suppressed),
        "seen_over": tuple(a.fingerprint for a in alerts if not a.firing),
    }
