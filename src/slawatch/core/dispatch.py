"""The one step of alerting: an input and an instant give a new state and the events that lead to it.

The shell takes `now` once, steps every input that came, then steps `Tick`, stores all events in one
transaction, hands the rows that are ready to the sender, and sleeps until `due`. An input and a timer of the
same instant: the input wins, since timers come due only in a tick.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple, TypeAlias

from slawatch.core import delivery as deliveries
from slawatch.core import notice as notices
from slawatch.core import recorded
from slawatch.core import workflow_turn as workflows
from slawatch.core.alert import Alert
from slawatch.core.alerting import (
    ended,
    fired,
    flapping_ended,
    flapping_started,
    forget_old,
    guard_over,
    refresh,
    reported,
    severity_changed,
    staled,
)  # fmt: skip
from slawatch.core.command import Command, execute
from slawatch.core.event import Event
from slawatch.core.handoff import Began, Followed
from slawatch.core.handoff import Ended as ShiftEnded
from slawatch.core.handoff import Event as ShiftEvent
from slawatch.core.instant import Instant, Micros
from slawatch.core.notice import Notice
from slawatch.core.notification import Delivery
from slawatch.core.outbox import LEASE, Stage
from slawatch.core.ripe import come_due
from slawatch.core.turn import State, Turn, World
from slawatch.core.workflow_turn import Occasion


class Tick(NamedTuple):
    """Time has passed."""


class Fired(NamedTuple):
    """An alert fires; of one that does already, a duplicate."""

    alert: Alert


class Reported(NamedTuple):
    """A firing alert was found bad again."""

    fingerprint: str


class SeverityChanged(NamedTuple):
    """A firing alert became worse or better."""

    fingerprint: str
    severity: str
    actual: str = ""
    threshold: str = ""


class Ended(NamedTuple):
    """A firing alert is over.

    Attributes:
        fingerprint: whose.
        resolution: how.
        removed: the config has its check no more: nobody is woken.
    """

    fingerprint: str
    resolution: str = "recovered"
    removed: bool = False


class FlappingStarted(NamedTuple):
    """An alert changes too often to be told of each change."""

    fingerprint: str


class FlappingEnded(NamedTuple):
    """An alert is steady again; `Ended` follows where it ended well."""

    fingerprint: str


class Stale(NamedTuple):
    """No result of a firing alert came for too long, or one came again."""

    fingerprint: str
    stale: bool = True


class Started(NamedTuple):
    """The daemon has started.

    Attributes:
        last_beat: its last sign of life, by the wall clock; None for a first start.
    """

    last_beat: Instant | None = None


class ClockStepped(NamedTuple):
    """The wall clock was set."""

    by: Micros


class Reloaded(NamedTuple):
    """The config changed; the world is the new one.

    Attributes:
        channels: the channels that exist now.
    """

    channels: frozenset[str] | None = None


class Claimed(NamedTuple):
    """The sender takes rows; those that are `sending` after the step are its own."""

    keys: tuple[str, ...]
    lease: Micros = LEASE


class Answered(NamedTuple):
    """An attempt came to something.

    Attributes:
        key: of the row.
        delivery: what came of it.
        epoch: of the sender, as the state had it when it claimed the row.
        wait: until the next attempt; None where none is left.
    """

    key: str
    delivery: Delivery
    epoch: int
    wait: Micros | None = None


class ChannelDown(NamedTuple):
    """A channel's breaker opened, or the channel is misconfigured."""

    channel: str


class ChannelUp(NamedTuple):
    """A channel works again."""

    channel: str


class Retried(NamedTuple):
    """Somebody wants a dead message to be sent again.

    Attributes:
        key: of the row.
        ttl: how long it is worth sending.
        by, origin: as of a command.
    """

    key: str
    ttl: Micros
    by: str = ""
    origin: str = ""


class StepEnded(NamedTuple):
    """A step of a workflow was done outside, or could not be.

    Attributes:
        key: of the workflow at work.
        place: the number of the step.
        ok: whether it was done.
        text: what came of it, in a line without secrets.
        epoch: of the daemon that did it, as the step has it.
    """

    key: str
    place: int
    ok: bool
    text: str
    epoch: int


class Handed(NamedTuple):
    """A schedule was followed to now.

    Attributes:
        schedule: by key.
        followed: how far, and who is on call there now.
        events: who came and who went, for the records.
        notices: what those concerned are told.
    """

    schedule: str
    followed: Followed
    events: tuple[ShiftEvent, ...] = ()
    notices: tuple[Notice, ...] = ()


Input: TypeAlias = (
    Tick | Fired | Reported | SeverityChanged | Ended | FlappingStarted | FlappingEnded | Stale | Started
    | ClockStepped | Reloaded | Claimed | Answered | ChannelDown | ChannelUp | Retried | StepEnded
    | Handed | Notice | Occasion | Command
)  # fmt: skip


def step(state: State, given: Input, now: Instant, world: World) -> tuple[State, tuple[Event, ...]]:
    """Take one input at an instant."""
    return steps(state, (given,), now, world)


def steps(
    state: State, given: Iterable[Input], now: Instant, world: World
) -> tuple[State, tuple[Event, ...]]:
    """Take inputs of one instant, in their order; a state that nothing changes is returned as it is."""
    turn = Turn(state, now, world)
    ticked = False
    for one in given:
        _take(turn, one)
        ticked = ticked or isinstance(one, Tick)
    workflows.follow(turn, ticked=ticked)
    return (turn.state(), tuple(turn.events)) if turn.events else (state, ())


def _take(turn: Turn, given: Input) -> None:
    match given:
        case Tick():
            _tick(turn)
        case Fired(alert):
            fired(turn, alert)
        case Reported(fingerprint):
            reported(turn, fingerprint)
        case SeverityChanged(fingerprint, severity, actual, threshold):
            severity_changed(turn, fingerprint, severity, actual, threshold)
        case Ended(fingerprint, resolution, removed):
            ended(turn, fingerprint, resolution, removed=removed)
        case FlappingStarted(fingerprint):
            flapping_started(turn, fingerprint)
        case FlappingEnded(fingerprint):
            flapping_ended(turn, fingerprint)
        case Stale(fingerprint, is_stale):
            staled(turn, fingerprint, stale=is_stale)
        case Command():
            execute(turn, given)
        case _:
            _take_from_outside(turn, given)


def _take_from_outside(turn: Turn, given: Input) -> None:
    match given:
        case Started(last_beat):
            turn.record("daemon.started", "state", epoch=turn.epoch + 1, down=())
            workflows.started(turn)
            if last_beat is not None and turn.now < last_beat:
                deliveries.reanchor(turn, last_beat)
        case ClockStepped(by):
            deliveries.step_clock(turn, by)
            workflows.moved(turn, by)
        case Reloaded(channels):
            deliveries.reload(turn, channels)
        case Claimed(keys, lease):
            deliveries.claim(turn, keys, lease)
        case Answered(key, delivery, epoch, wait):
            deliveries.answered(turn, key, delivery, wait, epoch)
        case ChannelDown(channel):
            deliveries.channel_down(turn, channel)
        case ChannelUp(channel):
            deliveries.channel_up(turn, channel)
        case Retried(key, ttl, by, origin):
            turn.by, turn.origin = by, origin
            deliveries.retry(turn, key, ttl)
            turn.by, turn.origin = "", ""
        case StepEnded(key, place, ok, text, epoch):
            workflows.ended(turn, key, place, ok, text, epoch)
        case Occasion():
            workflows.happened(turn, given)
        case Handed(schedule, followed, events, owed):
            _hand(turn, schedule, followed, events)
            for notice in owed:
                notices.owe(turn, notice)
        case Notice():
            notices.owe(turn, given)


def _hand(turn: Turn, schedule: str, followed: Followed, events: tuple[ShiftEvent, ...]) -> None:
    for event in events:
        if isinstance(event, Began | ShiftEnded):
            kind = recorded.BEGAN if isinstance(event, Began) else recorded.ENDED
            turn.record(kind, f"schedule:{schedule}", recorded.write(event.person, event.at))
    before = turn.schedules.get(schedule)
    if before is None or before.people != followed.people or events:
        text = ", ".join(followed.people) or "nobody"
        turn.record("schedule.followed", f"schedule:{schedule}", text, at=followed.at, people=followed.people)


def _tick(turn: Turn) -> None:
    refresh(turn)
    deliveries.expire(turn)
    for incident in sorted(turn.incidents.values(), key=lambda i: i.id):
        if (
            incident.open
            and any(t.due_at <= turn.now for t in incident.live())
            and not _waits(turn, incident.id)
        ):
            come_due(turn, incident.id)
    guard_over(turn)
    forget_old(turn)
    workflows.forget_old(turn)
    notices.forget_old(turn)


def _waits(turn: Turn, number: int) -> bool:
    until = _grace(turn.incidents[number].alerts, turn.alerts, turn.world)
    return until is not None and turn.now < until


def _grace(fingerprints: Iterable[str], alerts: Any, world: World) -> Instant | None:
    ends = [world.waits(alerts[f]) for f in fingerprints if f in alerts and alerts[f].firing]
    return max((end for end in ends if end is not None), default=None)


def due(state: State, world: World) -> Instant | None:
    """Return when the next tick has something to do, if ever; for rows that wait see `next_attempt`."""
    found: list[Instant] = []
    for incident in state.incidents.values():
        if incident.open and incident.timers:
            first = min((t.due_at for t in incident.live()), default=None)
            if first is not None:
                until = _grace(incident.alerts, state.alerts, world)
                found.append(first if until is None else max(first, until))
    for alert in state.alerts.values():
        if alert.firing:
            found += [reason.until for reason in alert.suppressed if reason.until is not None]
            if alert.guard_until is not None:
                found.append(alert.guard_until)
    for row in state.rows.values():
        if row.stage is Stage.SENDING:
            found.append(row.lease_until)
        elif row.unsent:
            found.append(row.expires_at)
    until = workflows.due(state)
    if until is not None:
        found.append(until)
    return min(found, default=None)


def next_attempt(state: State) -> Instant | None:
    """Return when the next owed message may be sent, if one waits."""
    return min((row.not_before for row in state.rows.values() if row.unsent), default=None)
