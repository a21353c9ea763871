"""What becomes of owed messages: claimed, sent, tried again, given up, replaced when they grow too old."""

from slawatch.core.chain import UNREACHED, advance, hasten, tell_unheard
from slawatch.core.incident import Incident, Phase
from slawatch.core.instant import Instant, Micros
from slawatch.core.notification import Delivery, Kind, Verdict
from slawatch.core.outbox import LEASE, Row, Stage
from slawatch.core.telling import SUPPRESSIBLE, cancel, contact_of, exists, note_told, settle, tell
from slawatch.core.turn import Contact, Turn


def stale(row: Row, incident: Incident | None) -> str:
    """Return why a row must not be sent any more, or nothing; asked again when it is about to be sent."""
    if incident is None:
        return "" if row.kind == Kind.META else "generation"
    if row.kind == Kind.RESOLVE and row.keeps_state and row.generation < incident.generation:
        return ""
    if row.generation != incident.generation:
        return "generation"
    insistent = incident.state is Phase.ACKED and row.level >= 0
    return "suppressed" if incident.suppressed and row.kind in SUPPRESSIBLE and not insistent else ""


def claim(turn: Turn, keys: tuple[str, ...], lease: Micros = LEASE) -> None:
    """Give rows to the sender; those that must not be sent any more are cancelled instead."""
    for key in keys:
        row = turn.rows.get(key)
        if row is None or not row.unsent:
            continue
        why = stale(row, turn.incidents.get(row.incident))
        if why:
            cancel(turn, row, why)
            if why == "suppressed":
                turn.quietly(row.incident, withheld=True)
            continue
        if any(
            other.stage is Stage.SENDING and other.lane == row.lane for other in turn.rows_of(row.incident)
        ):
            continue
        turn.row(
            key, "row.sending", stage=Stage.SENDING, lease_until=turn.now + lease, lease_epoch=turn.epoch
        )


def answered(turn: Turn, key: str, delivery: Delivery, wait: Micros | None, epoch: int) -> None:
    """Take what came of an attempt.

    Args:
        turn: the turn.
        key: the row's.
        delivery: what came of it.
        wait: until the next attempt, where one follows; None when no attempt is left.
        epoch: of the sender; an answer of an older one is only noted.
    """
    row = turn.rows.get(key)
    if row is None or row.stage is not Stage.SENDING or epoch != turn.epoch or row.lease_epoch != epoch:
        turn.record("row.answered_late", f"row:{key}", delivery.answer)
        return
    duplicate = row.possible_duplicate or delivery.possible_duplicate
    tried = 0 if delivery.verdict is Verdict.THROTTLE else 1
    if delivery.ok:
        row = turn.row(
            key, "row.sent", delivery.answer, stage=Stage.SENT, attempt=row.attempt + 1,
            answer=delivery.answer, provider_id=delivery.provider_id,
        )  # fmt: skip
        note_told(turn, row, turn.now)
        settle(turn, row)
        return
    row = turn.row(
        key, "row.failed", f"{delivery.verdict}: {delivery.answer}", attempt=row.attempt + tried,
        answer=delivery.answer, possible_duplicate=duplicate, stage=Stage.RETRY_WAIT,
    )  # fmt: skip
    why = stale(row, turn.incidents.get(row.incident))
    if why:
        cancel(turn, row, why)
        settle(turn, row)
    elif delivery.verdict in (Verdict.RETRY, Verdict.THROTTLE) and wait is not None:
        turn.row(key, "row.waiting", not_before=turn.now + wait)
    else:
        dead(turn, row, str(delivery.verdict) if delivery.verdict is not Verdict.RETRY else "no attempt left")


def dead(turn: Turn, row: Row, why: str) -> None:
    """Give a row up: the recipient's next contact is used at once; with nobody left, the next level is."""
    row = turn.row(row.key, "row.dead", f"{why}: {row.kind} to {row.recipient} through {row.channel}",
                   stage=Stage.DEAD, why=why)  # fmt: skip
    if row.possible_duplicate:
        note_told(turn, row, turn.now)
    incident = turn.incidents.get(row.incident)
    if incident is None:
        return
    if row.kind == Kind.RESOLVE:
        _resolve_elsewhere(turn, incident, row)
    if (
        row.kind != Kind.TRIGGER
        or incident.state is not Phase.TRIGGERED
        or row.generation != incident.generation
    ):
        return
    if hasten(turn, incident.id, row.recipient):
        return
    incident = turn.incidents[row.incident]
    mine = [
        other for other in turn.rows_of(incident.id)
        if other.kind == Kind.TRIGGER and other.generation == incident.generation
        and (other.level, other.cycle) == (row.level, row.cycle)
    ]  # fmt: skip
    waiting = any(
        t.kind == "contact" and (t.level, t.cycle) == (row.level, row.cycle) for t in incident.live()
    )
    current = row.level >= 0 and (incident.level, incident.cycle) == (row.level, row.cycle)
    if current and not waiting and not incident.suppressed and all(o.stage is Stage.DEAD for o in mine):
        advance(turn, incident.id, reason=UNREACHED)
    elif not waiting:
        tell_unheard(turn, incident.id)


def _resolve_elsewhere(turn: Turn, incident: Incident, row: Row) -> None:
    tried = {
        r.channel
        for r in turn.rows_of(incident.id)
        if r.kind == Kind.RESOLVE and r.recipient == row.recipient
    }
    for told in incident.knows().get(row.recipient, []):
        if told.channel not in tried and not told.keeps_state and exists(turn, told.channel):
            contact = contact_of(turn, row.recipient, told)
            tell(turn, incident, row.recipient, contact, Kind.RESOLVE, reason=row.reason, detail=row.detail)
            return


def channel_down(turn: Turn, channel: str) -> None:
    """Nothing goes through a channel now: its rows wait, their recipients' next contacts are used at once."""
    if channel in turn.down:
        return
    turn.record("channel.down", "state", channel, down=(*turn.down, channel))
    for row in list(turn.rows.values()):
        incident = turn.incidents.get(row.incident)
        if (
            row.channel == channel
            and row.kind == Kind.TRIGGER
            and row.unsent
            and incident is not None
            and incident.state is Phase.TRIGGERED
            and not incident.suppressed
            and row.generation == incident.generation
        ):
            hasten(turn, incident.id, row.recipient)
            tell_unheard(turn, incident.id)


def channel_up(turn: Turn, channel: str) -> None:
    """A channel works again: what waits for it may go now."""
    if channel not in turn.down:
        return
    turn.record("channel.up", "state", channel, down=tuple(name for name in turn.down if name != channel))
    for row in list(turn.rows.values()):
        if row.channel == channel and row.unsent and row.not_before > turn.now:
            turn.row(row.key, "row.waiting", not_before=turn.now)


def expire(turn: Turn) -> None:
    """Free rows whose sender is gone, and replace those that grew too old by what is true now."""
    for row in list(turn.rows.values()):
        if row.stage is Stage.SENDING and row.lease_until <= turn.now:
            freed = turn.row(
                row.key, "row.lease_ended", "no answer came while the lease held", stage=Stage.RETRY_WAIT,
                possible_duplicate=True, not_before=turn.now, attempt=row.attempt + 1,
            )  # fmt: skip
            why = stale(freed, turn.incidents.get(row.incident))
            if why:
                cancel(turn, freed, why)
                settle(turn, freed)
        row = turn.rows[row.key]
        if row.unsent and row.expires_at <= turn.now:
            _renew(turn, row)


def _renew(turn: Turn, row: Row) -> None:
    cancel(turn, row, "ttl")
    incident = turn.incidents.get(row.incident)
    if incident is None or row.kind in (Kind.REMINDER, Kind.META) or stale(row, incident):
        return
    contacts = [c for c in turn.world.contacts(row.recipient) if c.channel == row.channel]
    contact = contacts[0] if contacts else Contact(row.channel, keeps_state=row.keeps_state)
    tell(
        turn, incident, row.recipient, contact, Kind(row.kind), reason=row.reason, detail=row.detail,
        level=row.level, cycle=row.cycle, index=row.contact, late=row.late + (turn.now - row.created_at),
        quiet=row.quiet, renewed=row.renewed + 1,
    )  # fmt: skip


def reload(turn: Turn, channels: frozenset[str] | None) -> None:
    """Apply a reload to what is owed: rows of removed people are cancelled, of removed channels dead.

    Args:
        turn: the turn, whose world is the new config.
        channels: the channels that exist now; None where that is not known.
    """
    for row in list(turn.rows.values()):
        if not row.unsent or not row.recipient:
            continue
        if channels is not None and row.channel not in channels:
            dead(turn, row, "channel removed")
        elif not turn.world.contacts(row.recipient):
            turn.row(row.key, "row.cancelled", "person removed", stage=Stage.CANCELLED, why="person removed")
            _skip_if_empty(turn, row)


def _skip_if_empty(turn: Turn, row: Row) -> None:
    incident = turn.incidents.get(row.incident)
    if (
        incident is None
        or incident.state is not Phase.TRIGGERED
        or row.kind != Kind.TRIGGER
        or incident.suppressed
    ):
        return
    place = (incident.level, incident.cycle, incident.generation)
    current = row.level >= 0 and (row.level, row.cycle, row.generation) == place
    gone = all(
        other.stage in (Stage.DEAD, Stage.CANCELLED) for other in turn.rows_of(incident.id)
        if (other.level, other.cycle, other.generation) == (row.level, row.cycle, row.generation)
    )  # fmt: skip
    if current and gone:
        advance(turn, incident.id, reason=UNREACHED)


def retry(turn: Turn, key: str, ttl: Micros) -> None:
    """Queue a dead row again, by command."""
    row = turn.rows.get(key)
    if row is None or row.stage is not Stage.DEAD:
        turn.record("command.refused", f"row:{key}", "only a dead message can be sent again")
        return
    turn.row(
        key, "row.queued_again", "again, by hand", stage=Stage.QUEUED, why="", not_before=turn.now,
        expires_at=turn.now + ttl,
    )  # fmt: skip


def step_clock(turn: Turn, by: Micros) -> None:
    """Move all that is counted in elapsed time by as much as the wall clock was set."""
    turn.record("clock.stepped", "state", f"the clock was set by {by / 1_000_000:+.3f} s")
    for incident in list(turn.incidents.values()):
        move(turn, incident.id, by)
    for row in list(turn.rows.values()):
        if row.unsent or row.stage is Stage.SENDING:
            turn.row(
                row.key, "row.changed", not_before=row.not_before + by, expires_at=row.expires_at + by,
                lease_until=row.lease_until + by if row.lease_until else 0, created_at=row.created_at + by,
            )  # fmt: skip
    for alert in list(turn.alerts.values()):
        if alert.guard_until is not None:
            turn.alert(alert.fingerprint, "alert.changed", guard_until=alert.guard_until + by)


def move(turn: Turn, number: int, by: Micros) -> None:
    """Move the timers of one incident."""
    incident = turn.incidents[number]

    def moved(at: Instant | None) -> Instant | None:
        return None if at is None else at + by

    turn.quietly(
        number,
        timers=tuple(t._replace(armed_at=t.armed_at + by, due_at=t.due_at + by) for t in incident.live()),
        flushed_at=moved(incident.flushed_at), reopen_until=moved(incident.reopen_until),
        snoozed_until=moved(incident.snoozed_until),
    )  # fmt: skip


def reanchor(turn: Turn, last_beat: Instant) -> None:
    """At a start before the last sign of life: every timer keeps the rest that it had then."""
    turn.record("clock.behind", "state", "the clock is behind the last sign of life: timers keep their rest")
    for incident in list(turn.incidents.values()):
        timers = []
        for timer in incident.live():
            rest = min(max(0, timer.due_at - last_beat), timer.length)
            timers.append(timer._replace(armed_at=turn.now + rest - timer.length, due_at=turn.now + rest))
        shift = turn.now - last_beat
        turn.quietly(
            incident.id, timers=tuple(timers),
            flushed_at=None if incident.flushed_at is None else incident.flushed_at + shift,
            reopen_until=None if incident.reopen_until is None else incident.reopen_until + shift,
        )  # fmt: skip
