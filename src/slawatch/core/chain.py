"""The escalation of one incident: levels fire, are skipped, passed or withheld; what came due is done."""

from slawatch.core.escalation import Place, following
from slawatch.core.incident import Phase, Timer
from slawatch.core.instant import HOUR, MINUTE, SECOND, Instant, Micros
from slawatch.core.notification import Kind
from slawatch.core.outbox import Stage
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


def recipients_of(turn: Turn, targets: tuple[str, ...], at: Instant) -> tuple[str, ...]:
    """Return whom targets mean now, each once; one without any contact counts as nobody."""
    found: dict[str, None] = {}
    for target in targets:
        for recipient in turn.world.recipients(target, at):
            if turn.world.contacts(recipient):
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
        found = tuple(dict.fromkeys((*extra, *recipients_of(turn, level.to, turn.now))))
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
        number, "level.fired", f"level {place.level}, cycle {place.cycle}: {', '.join(recipients)}"
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


def page(
    turn: Turn, number: int, recipient: str, place: Place, reason: str, detail: str = "", late: Micros = 0
) -> None:
    """Run the contact rules of one recipient for the firing of one level."""
    contacts = turn.world.contacts(recipient)
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
    return True


def contact_due(turn: Turn, number: int, timer: Timer) -> None:
    """Tell a recipient through the contact of a rule that came due."""
    incident = turn.incidents[number]
    contacts = turn.world.contacts(timer.recipient)
    turn.quietly(number, timers=tuple(t for t in incident.live() if t != timer))
    if timer.contact < len(contacts):
        tell(
            turn, turn.incidents[number], timer.recipient, contacts[timer.contact], Kind.TRIGGER,
            reason=timer.reason, level=timer.level, cycle=timer.cycle, index=timer.contact,
            twin=twins(contacts)[timer.contact],
        )  # fmt: skip


def _tell_fallback(turn: Turn, number: int, reason: str) -> None:
    incident = turn.incidents[number]
    found = recipients_of(turn, incident.policy.fallback, turn.now)
    turn.incident(
        number, "fallback.told", f"{reason}: {', '.join(found) or 'and there is no fallback'}",
        round=incident.round + 1, withheld=False,
    )  # fmt: skip
    for recipient in found:
        contacts: tuple[Contact, ...] = turn.world.contacts(recipient)
        tell(turn, turn.incidents[number], recipient, contacts[0], Kind.TRIGGER, reason=reason,
             cycle=incident.round)  # fmt: skip


def _exhaust(turn: Turn, number: int) -> None:
    incident = turn.incident(number, "escalation.exhausted", "escalation exhausted", exhausted=True)
    mine = [r for r in turn.rows_of(number) if r.generation == incident.generation and r.kind == Kind.TRIGGER]
    if mine and all(row.stage is Stage.DEAD for row in mine) and not incident.knows():
        _tell_fallback(turn, number, UNREACHED)
    arm(turn, number, "reminder", incident.policy.exhausted_reminder)


def members(turn: Turn, number: int) -> dict[str, tuple[str, ...]]:
    """Return the members that may be shown now: those that fire unmuted, and those that are over."""
    alerts = [turn.alerts[f] for f in turn.incidents[number].alerts if f in turn.alerts]
    return {
        "seen": tuple(a.fingerprint for a in alerts if a.firing and not a.suppressed),
        "seen_over": tuple(a.fingerprint for a in alerts if not a.firing),
    }
