"""What people do to incidents. Each command is applied or refused with the reason; nothing is half done."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

from slawatch.core.chain import advance, arm, leave, length_text, restart
from slawatch.core.incident import OPEN, Incident, Note, Phase, Timer
from slawatch.core.instant import MINUTE, Micros, rfc3339
from slawatch.core.notification import Kind
from slawatch.core.telling import as_changes, inform, tell, through
from slawatch.core.turn import Turn

GUARD: Micros = 5 * MINUTE
GUARD_RESULTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What somebody asked for.

    Attributes:
        by: who.
        origin: from where: cli, web, link, slack.
        key: by which whoever asks knows it again; what came of it is then found by it. Empty for none.
    """

    by: str
    origin: str = "cli"
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack(Command):
    """Take an incident on; of one that is acknowledged, again or by somebody else: the time starts anew.

    Attributes:
        incident: its number.
        generation: that a signed link or button was made for; None where there was none.
    """

    incident: int
    generation: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unack(Command):
    """Give an incident back: escalation begins anew."""

    incident: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Snooze(Command):
    """Be quiet for a while."""

    incident: int
    length: Micros


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalate(Command):
    """Tell the next level now."""

    incident: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolve(Command):
    """End an incident by hand."""

    incident: int
    note: str = ""
    generation: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Assign(Command):
    """Give an incident to a person or team, or a role in it to a person."""

    incident: int
    to: str
    role: Literal["assignee", "commander", "communications"] = "assignee"


@dataclass(frozen=True, slots=True, kw_only=True)
class Write(Command):
    """Write a note into the timeline."""

    incident: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Publish(Command):
    """Publish a text about an incident on the status page of its organisation; nobody is told by it.

    Attributes:
        text: what everybody may read; empty to withdraw all that was published of this incident.
    """

    incident: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge(Command):
    """Make one incident part of another."""

    incident: int
    into: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reassign(Command):
    """Move an incident to another policy, or to the present version of its own: level 0 is told."""

    incident: int
    policy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Open(Command):
    """Open an incident by hand; only a hand resolves it."""

    title: str
    severity: str = "high"
    service: str = ""
    organization: str = ""
    policy: str = "default"


def execute(turn: Turn, command: Command) -> None:
    """Apply a command or record its refusal."""
    turn.by, turn.origin = command.by, command.origin
    before = len(turn.events)
    if isinstance(command, Open):
        _open(turn, command)
    else:
        number: int = getattr(command, "incident")  # noqa: B009 (every other command names one)
        incident = turn.incidents.get(number)
        if incident is None:
            turn.refuse(number, f"there is no incident {number}, or it was resolved long ago")
        elif not incident.open and not isinstance(command, Write | Assign | Publish):
            turn.refuse(number, closed_text(incident))
        else:
            _EXECUTE[type(command)](turn, incident, command)
    made = turn.events[before:]
    if command.key and all(event.kind != "command.refused" for event in made):
        number = getattr(command, "incident", turn.next_incident - 1)
        turn.record("command.keyed", f"incident:{number}", f"{command.key} {len(made)}")
    turn.by, turn.origin = "", ""


def closed_text(incident: Incident) -> str:
    """Return what somebody hears who comes too late."""
    if incident.state is Phase.MERGED:
        return f"incident {incident.id} is part of incident {incident.merged_into}"
    at = rfc3339(incident.resolved_at) if incident.resolved_at is not None else "before"
    return f"incident {incident.id} was resolved at {at}" + (
        f" by {incident.resolved_by}" if incident.resolved_by else ""
    )


def _outdated(turn: Turn, incident: Incident, generation: int | None) -> bool:
    if generation is None or generation == incident.generation:
        return False
    who = f" by {incident.acker}" if incident.state is Phase.ACKED else ""
    turn.refuse(
        incident.id, f"this link is of an earlier turn: incident {incident.id} is now {incident.shown}{who}"
    )
    return True


def _ack(turn: Turn, incident: Incident, command: Ack) -> None:
    if _outdated(turn, incident, command.generation):
        return
    number, by = incident.id, command.by
    text = f"acknowledged by {by}"
    changes = {"acker": by, "acked_at": turn.now, "snoozed_until": None}
    if incident.state is Phase.ACKED:
        other = incident.acker != by
        turn.incident(
            number, "incident.acked", text if other else f"acknowledgement extended by {by}", **changes
        )
    else:
        other = True
        chain = next((t for t in incident.live() if t.kind == "level"), None)
        leave(turn, number, "incident.acked", text, state=Phase.ACKED, withheld=False, **changes)
        incident = turn.incidents[number]
        if chain is not None and incident.policy.insistent(incident.level):
            kept: Timer = chain._replace(generation=incident.generation)
            turn.quietly(number, timers=(*incident.live(), kept))
    length = incident.policy.acknowledged_for(incident.severity)
    if length:
        arm(turn, number, "ack_timeout", length)
        if length > incident.policy.ack_reminder:
            arm(turn, number, "ack_reminder", length - incident.policy.ack_reminder)
    if other:
        inform(turn, number, Kind.ACK, reason="acknowledged", detail=text)


def _unack(turn: Turn, incident: Incident, command: Unack) -> None:
    if incident.state is Phase.TRIGGERED:
        turn.refuse(incident.id, f"incident {incident.id} is not acknowledged")
        return
    restart(turn, incident.id, "incident.unacked", f"given back by {command.by}", "un-acknowledged")


def _snooze(turn: Turn, incident: Incident, command: Snooze) -> None:
    limit = incident.policy.snooze_limit
    if not 0 < command.length <= limit:
        turn.refuse(
            incident.id, f"a snooze lasts at most {length_text(limit)} under policy {incident.policy.name!r}"
        )
        return
    text = f"snoozed by {command.by} for {length_text(command.length)}"
    leave(
        turn, incident.id, "incident.snoozed", text, state=Phase.SNOOZED, withheld=False,
        snoozed_until=turn.now + command.length,
    )  # fmt: skip
    arm(turn, incident.id, "snooze_end", command.length)


def _escalate(turn: Turn, incident: Incident, command: Escalate) -> None:
    if incident.suppressed:
        turn.refuse(incident.id, f"escalate refused: suppressed ({', '.join(incident.suppressed)})")
        return
    if incident.state is Phase.SNOOZED:
        turn.refuse(incident.id, f"incident {incident.id} is snoozed: give it back first")
        return
    text = f"escalated by {command.by}"
    if incident.state is Phase.ACKED:
        leave(turn, incident.id, "incident.escalated", text, state=Phase.TRIGGERED, acker="", acked_at=None,
              exhausted=False)  # fmt: skip
    else:
        turn.incident(
            incident.id, "incident.escalated", text, exhausted=False,
            timers=tuple(t for t in incident.live() if t.kind not in ("level", "reminder")),
        )  # fmt: skip
    advance(turn, incident.id, reason="escalated by hand", detail=text, by_hand=True)


def _resolve(turn: Turn, incident: Incident, command: Resolve) -> None:
    if _outdated(turn, incident, command.generation):
        return
    for fingerprint in incident.alerts:
        alert = turn.alerts.get(fingerprint)
        if alert is not None and alert.firing and alert.incident == incident.id:
            turn.alert(
                fingerprint, "alert.detached", f"resolved by {command.by} while it fires", incident=None,
                guard_until=turn.now + GUARD, guard_results=GUARD_RESULTS, resolution=command.note,
            )  # fmt: skip
    text = f"resolved by {command.by}" + (f": {command.note}" if command.note else "")
    resolve(turn, incident.id, text, reason=f"resolved by {command.by}", by=command.by, note=command.note)


def resolve(
    turn: Turn, number: int, text: str, *, reason: str, by: str = "", note: str = "", quiet: bool = False
) -> None:
    """End an incident: all timers die, exactly those told are told, once."""
    incident = turn.incidents[number]
    leave(
        turn, number, "incident.resolved", text, state=Phase.RESOLVED, withheld=False, exhausted=False,
        dirty="",
        resolved_at=turn.now, resolved_by=by, resolution=note or reason,
        reopen_until=turn.now + incident.policy.reopen_window,
    )  # fmt: skip
    inform(turn, number, Kind.RESOLVE, reason=reason, detail=text, quiet=quiet)


def _assign(turn: Turn, incident: Incident, command: Assign) -> None:
    text = f"{command.role}: {command.to}, by {command.by}"
    incident = turn.incident(
        incident.id, "incident.assigned", text, round=incident.round + 1, **{command.role: command.to}
    )
    if not incident.open:
        return
    for recipient in turn.world.recipients(command.to, turn.now):
        contacts = turn.world.contacts(recipient)
        if contacts and recipient != command.by:
            tell(turn, incident, recipient, contacts[0], Kind.UPDATE, reason="assigned", detail=text)


def _write(turn: Turn, incident: Incident, command: Write) -> None:
    note = Note(turn.now, command.by, command.text)
    turn.incident(incident.id, "incident.noted", command.text, notes=(*incident.notes, note))


def _publish(turn: Turn, incident: Incident, command: Publish) -> None:
    text = command.text.strip()
    if not text:
        if not incident.published:
            turn.refuse(incident.id, f"nothing of incident {incident.id} is published")
            return
        turn.incident(incident.id, "incident.withdrawn", f"withdrawn by {command.by}", published=())
        return
    note = Note(turn.now, command.by, text)
    turn.incident(incident.id, "incident.published", text, published=(*incident.published, note))


def _merge(turn: Turn, incident: Incident, command: Merge) -> None:
    target = turn.incidents.get(command.into)
    if target is None or target.id == incident.id or target.state not in OPEN:
        turn.refuse(incident.id, f"incident {command.into} is not open: nothing can become part of it")
        return
    absorb(turn, incident.id, target.id, f"merged into incident {target.id} by {command.by}", reason="merged")


def absorb(turn: Turn, number: int, into: int, text: str, *, reason: str, children: bool = False) -> None:
    """Make one incident part of another: its escalation ends, those told hear of it once, by the other."""
    incident, target = turn.incidents[number], turn.incidents[into]
    knows = incident.knows()
    leave(
        turn, number, "incident.merged", text, state=Phase.MERGED, merged_into=into, withheld=False, dirty="",
        told=tuple(told._replace(open=False) if not told.keeps_state else told for told in incident.told),
    )  # fmt: skip
    field = "children" if children else "alerts"
    members = tuple(dict.fromkeys((*getattr(target, field), *incident.alerts)))
    target = turn.incident(
        into, "incident.joined", f"incident {number} is part of it: {text}", merged=(*target.merged, number),
        round=target.round + 1, **{field: members},
    )  # fmt: skip
    for fingerprint in incident.alerts:
        alert = turn.alerts.get(fingerprint)
        if alert is not None and alert.incident == number:
            turn.alert(fingerprint, "alert.moved", incident=None if children else into)
    for recipient, told in sorted(knows.items()):
        for contact in through(turn, recipient, told):
            if contact.keeps_state:
                tell(
                    turn, turn.incidents[number], recipient, contact, Kind.RESOLVE, reason=reason, detail=text
                )
            else:
                tell(turn, turn.incidents[into], recipient, contact, Kind.UPDATE, reason=reason, detail=text)


def _reassign(turn: Turn, incident: Incident, command: Reassign) -> None:
    policy = turn.world.policies.get(command.policy)
    if policy is None:
        turn.refuse(incident.id, f"there is no escalation policy {command.policy!r}")
        return
    text = f"moved to policy {policy.name} by {command.by}"
    restart(turn, incident.id, "incident.reassigned", text, "policy changed", policy=policy,
            group=(policy.name, *incident.group[1:]))  # fmt: skip


def _open(turn: Turn, command: Open) -> None:
    policy = turn.world.policies.get(command.policy)
    if policy is None:
        turn.record("command.refused", "state", f"there is no escalation policy {command.policy!r}")
        return
    number = turn.next_incident
    incident = Incident(
        id=number, title=command.title, service=command.service, organization=command.organization,
        group=(policy.name, "manual", str(number)), policy=policy, severity=command.severity,
        opened_at=turn.now, changed_at=turn.now, manual=True,
    )  # fmt: skip
    create(turn, incident, f"opened by {command.by}: {command.title}", wait=0)


def create(turn: Turn, incident: Incident, text: str, *, wait: Micros, reason: str = "") -> None:
    """Open an incident: level 0 is due after the group's wait."""
    turn.record("incident.numbered", "state", next_incident=max(turn.next_incident, incident.id + 1))
    turn.record("incident.opened", f"incident:{incident.id}", text, **as_changes(incident))
    arm(turn, incident.id, "level", wait, reason=reason)


_EXECUTE: Final[dict[type, Callable[[Turn, Incident, Any], None]]] = {
    Ack: _ack, Unack: _unack, Snooze: _snooze, Escalate: _escalate, Resolve: _resolve, Assign: _assign,
    Write: _write, Publish: _publish, Merge: _merge, Reassign: _reassign,
}  # fmt: skip
