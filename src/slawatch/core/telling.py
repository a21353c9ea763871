"""Who is told what of an incident: rows of the outbox are made, superseded and cancelled here only."""

from dataclasses import fields
from typing import Any

from slawatch.core.incident import Incident, Phase, Told
from slawatch.core.instant import Instant, Micros
from slawatch.core.notification import Kind
from slawatch.core.outbox import Row, Stage, key_of
from slawatch.core.turn import Contact, Turn

SUPPRESSIBLE = (Kind.TRIGGER, Kind.UPDATE, Kind.REMINDER)
"""What a suppression withholds; who was told hears of the acknowledgement and of the end."""


def tell(
    turn: Turn,
    incident: Incident,
    recipient: str,
    contact: Contact,
    kind: Kind,
    *,
    reason: str = "",
    detail: str = "",
    level: int = -1,
    cycle: int = 0,
    index: int = 0,
    twin: int = 0,
    late: Micros = 0,
    quiet: bool = False,
    renewed: int = 0,
) -> bool:
    """Owe a message; False where the same one was made before, or an unsent trigger will say it all.

    Args:
        turn: the turn.
        incident: what it is about.
        recipient: to whom.
        contact: through what.
        kind: what it says.
        reason: why, as a code.
        detail: why, as a sentence.
        level: of the escalation.
        cycle: of the escalation.
        index: which of the recipient's contact rules.
        twin: how many of them before it use the same channel.
        late: how long after its time.
        quiet: wakes nobody.
        renewed: how often the same was decided before and grew too old.
    """
    if kind is Kind.TRIGGER:
        slot = f"{cycle}r{incident.retold}" if incident.retold else str(cycle)
    else:
        slot = str(incident.round)
    slot += f"t{renewed}" if renewed else ""
    channel = f"{contact.channel}#{twin}" if twin else contact.channel
    key = key_of(incident.id, incident.generation, kind, level, slot, recipient, channel)
    if key in turn.rows:
        return False
    lane = (incident.id, contact.channel, recipient)
    unsent = [row for row in turn.rows_of(incident.id) if row.unsent and row.lane == lane]
    if kind in (Kind.UPDATE, Kind.REMINDER) and any(
        row.kind == Kind.TRIGGER and row.generation == incident.generation for row in unsent
    ):
        return False
    for row in unsent:
        if row.kind == Kind.RESOLVE and row.keeps_state and kind is not Kind.RESOLVE:
            continue
        cancel(turn, row, "superseded", superseded_by=key)
    row = Row(
        key=key, incident=incident.id, generation=incident.generation, kind=str(kind), recipient=recipient,
        channel=contact.channel, created_at=turn.now, not_before=turn.now, expires_at=turn.now + contact.ttl,
        level=level, cycle=cycle, contact=index, reason=reason, detail=detail, late=late,
        reopened=incident.reopened, service=incident.service, severity=incident.severity,
        keeps_state=contact.keeps_state, quiet=quiet, renewed=renewed,
    )  # fmt: skip
    turn.row(key, "row.queued", **as_changes(row))
    return True


def as_changes(record: Any) -> dict[str, Any]:
    """Return all fields of a record, for the event that makes it; the folded record has defaults itself."""
    return {f.name: getattr(record, f.name) for f in fields(record)}


def cancel(turn: Turn, row: Row, why: str, *, superseded_by: str = "") -> None:
    """Cancel an unsent row; one that may have got through counts as told."""
    turn.row(
        row.key, "row.cancelled", f"{why}: {row.kind} to {row.recipient} through {row.channel}",
        stage=Stage.CANCELLED, why=why, superseded_by=superseded_by,
    )  # fmt: skip
    if row.possible_duplicate:
        note_told(turn, row, turn.now)


def cancel_unsent(turn: Turn, number: int, why: str, kinds: tuple[Kind, ...] = tuple(Kind)) -> bool:
    """Cancel the unsent rows of an incident, except resolves that close a provider's alert; say if any."""
    found = False
    for row in turn.rows_of(number):
        if row.unsent and row.kind in kinds and not (row.kind == Kind.RESOLVE and row.keeps_state):
            cancel(turn, row, why)
            found = True
    return found


def note_told(turn: Turn, row: Row, at: Instant) -> None:
    """Enter into the ledger that a recipient has, or may have, a message."""
    incident = turn.incidents.get(row.incident)
    if incident is None:
        return
    opens = row.kind != Kind.RESOLVE
    found: list[Told] = []
    known = False
    for told in incident.told:
        same = (told.recipient, told.channel) == (row.recipient, row.channel)
        if same:
            known = True
            found.append(
                told._replace(
                    kind=row.kind, at=at, open=opens, provider_id=told.provider_id or row.provider_id
                )
            )
        elif not opens and told.recipient == row.recipient and not told.keeps_state and not row.keeps_state:
            found.append(told._replace(open=False))
        else:
            found.append(told)
    if not known:
        found.append(Told(row.recipient, row.channel, row.kind, at, opens, row.provider_id, row.keeps_state))
    turn.quietly(incident.id, told=tuple(found))


def inform(
    turn: Turn,
    number: int,
    kind: Kind,
    *,
    reason: str,
    detail: str = "",
    only: tuple[str, ...] | None = None,
    quiet: bool = False,
    late: Micros = 0,
) -> None:
    """Owe those told a message: each through the first channel that reached them, and where state is kept.

    Args:
        turn: the turn.
        number: the incident's.
        kind: update, ack, resolve or reminder.
        reason: why, as a code.
        detail: why, as a sentence.
        only: these recipients, as far as they were told.
        quiet: wakes nobody.
        late: how long after its time.
    """
    incident = turn.incidents[number]
    incident = turn.quietly(number, round=incident.round + 1)
    for recipient, told in sorted(incident.knows().items()):
        if only is None or recipient in only:
            for contact in through(turn, recipient, told):
                tell(
                    turn,
                    incident,
                    recipient,
                    contact,
                    kind,
                    reason=reason,
                    detail=detail,
                    quiet=quiet,
                    late=late,
                )


def through(turn: Turn, recipient: str, told: list[Told]) -> list[Contact]:
    """Return how a recipient hears of a change: by the first channel that told them and any that keeps state.

    Channels that the config has no more are passed over; where it has none of them, the first contact serves.
    """
    there = [entry for entry in told if exists(turn, entry.channel)]
    if not there:
        return list(turn.world.contacts(recipient)[:1])
    plain = next((entry for entry in there if not entry.keeps_state), None)
    keeping = [entry for entry in there if entry.keeps_state]
    return [contact_of(turn, recipient, entry) for entry in ([plain, *keeping] if plain else keeping)]


def exists(turn: Turn, channel: str) -> bool:
    """Return whether the config has a channel, as far as that is known."""
    return turn.world.channels is None or channel in turn.world.channels


def contact_of(turn: Turn, recipient: str, told: Told) -> Contact:
    """Return the contact through which a recipient was told, even where the config has it no more."""
    for contact in turn.world.contacts(recipient):
        if contact.channel == told.channel:
            return contact
    return Contact(told.channel, keeps_state=told.keeps_state)


def settle(turn: Turn, row: Row) -> None:
    """Owe the present state to a recipient who was told, or may have been, something that is over.

    A message in flight when its incident was acknowledged or resolved may still arrive: what follows from it
    is decided when its fate is known.
    """
    incident = turn.incidents.get(row.incident)
    if incident is None or row.generation == incident.generation or row.kind == Kind.RESOLVE:
        return
    wanted = {Phase.RESOLVED: Kind.RESOLVE, Phase.MERGED: Kind.RESOLVE, Phase.ACKED: Kind.ACK}.get(
        incident.state
    )
    if wanted is None:
        return
    for other in turn.rows_of(incident.id):
        same = other.recipient == row.recipient and (other.channel == row.channel or not row.keeps_state)
        alive = other.stage not in (Stage.DEAD, Stage.CANCELLED)
        if same and alive and other.kind == wanted and other.generation == incident.generation:
            return
    detail = incident.resolution if wanted is Kind.RESOLVE else f"acknowledged by {incident.acker}"
    for entry in incident.told:
        if entry.open and (entry.recipient, entry.channel) == (row.recipient, row.channel):
            contact = contact_of(turn, row.recipient, entry)
            tell(turn, incident, row.recipient, contact, wanted, reason=str(incident.state), detail=detail)


def twins(contacts: tuple[Contact, ...]) -> list[int]:
    """Return for each contact how many before it use the same channel.

    >>> twins((Contact("sms"), Contact("push"), Contact("sms", 60)))
    [0, 0, 1]
    """
    seen: dict[str, int] = {}
    found = []
    for contact in contacts:
        found.append(seen.get(contact.channel, 0))
        seen[contact.channel] = found[-1] + 1
    return found
