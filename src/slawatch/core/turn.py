"""The state of alerting, and one turn of its loop: what is decided at one instant, as events.

Nothing changes the state but an event, so the fold of the stored events is the state.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final, NamedTuple

from slawatch.core.alert import Alert, Reason
from slawatch.core.escalation import Level, Policy
from slawatch.core.event import Event, decode, encode, hints
from slawatch.core.handoff import Followed
from slawatch.core.incident import Incident
from slawatch.core.instant import DAY, HOUR, Instant, Micros
from slawatch.core.outbox import Row
from slawatch.core.workflow import Run, Workflow


class Contact(NamedTuple):
    """One way to reach a recipient.

    Attributes:
        channel: its name.
        after: how long after the firing of the level.
        ttl: how long a message through it is worth sending.
        keeps_state: the provider keeps an alert of its own, which must be closed there (PagerDuty).
    """

    channel: str
    after: Micros = 0
    ttl: Micros = HOUR
    keeps_state: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """All that alerting knows.

    Attributes:
        alerts: by fingerprint.
        incidents: by number; resolved ones for as long as `World.keep` says.
        rows: the outbox, by key.
        workflows: those at work, and those that were of late, by key.
        schedules: how far each schedule's handoffs were told, by its key.
        next_incident: the next number.
        epoch: grows with each start; an answer of an older one changes nothing.
        down: channels through which nothing goes now.
    """

    alerts: Mapping[str, Alert] = field(default_factory=dict)
    incidents: Mapping[int, Incident] = field(default_factory=dict)
    rows: Mapping[str, Row] = field(default_factory=dict)
    workflows: Mapping[str, Run] = field(default_factory=dict)
    schedules: Mapping[str, Followed] = field(default_factory=dict)
    next_incident: int = 1
    epoch: int = 0
    down: tuple[str, ...] = ()


def _nobody(_target: str, _at: Instant) -> tuple[str, ...]:
    return ()


def _one_channel(recipient: str) -> tuple[Contact, ...]:
    return (Contact(recipient.partition(":")[2] or recipient),)


def _told(_alert: Alert, _at: Instant) -> tuple[Reason, ...]:
    return ()


def _nothing(_alert: Alert) -> tuple[str, ...]:
    return ()


def _at_once(_alert: Alert) -> Instant | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What a turn is told of the config and of what others know, as it is now.

    Attributes:
        policies: by name, as the config has them now.
        recipients: who a target (`schedule:primary`) means at an instant: `person:` or `channel:` and a name.
        contacts: how a recipient is reached, in order; a recipient without any counts as nobody.
        channels: those that exist; None where that is not known.
        withheld: why nobody is told of an alert at an instant; `slawatch.core.suppress` answers it.
        routed: recipients that the routes add for an alert.
        waits: until when overdue timers of an alert wait after a start, for first results.
        workflows: by the names under which they run, as the config has them now.
        places: so many steps of workflows may be done outside at once; the others wait for a place.
        keep: how long resolved incidents stay in the state.
    """

    policies: Mapping[str, Policy] = field(default_factory=dict)
    recipients: Callable[[str, Instant], tuple[str, ...]] = _nobody
    contacts: Callable[[str], tuple[Contact, ...]] = _one_channel
    channels: frozenset[str] | None = None
    withheld: Callable[[Alert, Instant], tuple[Reason, ...]] = _told
    routed: Callable[[Alert], tuple[str, ...]] = _nothing
    waits: Callable[[Alert], Instant | None] = _at_once
    workflows: Mapping[str, Workflow] = field(default_factory=dict)
    places: int = 16
    keep: Micros = DAY

    def policy(self, alert: Alert) -> Policy:
        """Return the policy of an alert: its own, else `default`, else one of the routed recipients."""
        found = self.policies.get(alert.policy) or self.policies.get("default")
        return found or Policy(name="", levels=(Level(to=self.routed(alert)),), repeat=0)


_TABLES: Final = {
    "alerts": "alert", "incidents": "incident", "rows": "row", "workflows": "workflow",
    "schedules": "schedule",
}  # fmt: skip
_KINDS: Final[dict[str, type]] = {
    "incident": Incident, "alert": Alert, "row": Row, "workflow": Run, "schedule": Followed, "state": State,
}  # fmt: skip


class Turn:
    """One turn: reads the state, records events, each of which changes what is read next.

    Attributes:
        now: the instant of the turn.
        world: what is outside.
        alerts, incidents, rows, workflows, schedules: the state as changed so far.
        events: what was recorded.
    """

    def __init__(self, state: State, now: Instant, world: World) -> None:
        self.now = now
        self.world = world
        self.alerts: dict[str, Alert] = dict(state.alerts)
        self.incidents: dict[int, Incident] = dict(state.incidents)
        self.rows: dict[str, Row] = dict(state.rows)
        self.workflows: dict[str, Run] = dict(state.workflows)
        self.schedules: dict[str, Followed] = dict(state.schedules)
        self.next_incident = state.next_incident
        self.epoch = state.epoch
        self.down = state.down
        self.events: list[Event] = []
        self.by = ""
        self.origin = ""
        self._keys: dict[int, list[str]] | None = None

    def record(self, kind: str, subject: str, text: str = "", /, **changes: Any) -> None:
        """Record an event and apply it."""
        event = Event(self.now, kind, subject, text, self.by, self.origin, tuple(changes.items()))
        self.events.append(event)
        self.apply(event)

    def incident(self, number: int, kind: str, text: str = "", /, **changes: Any) -> Incident:
        """Record what happened to an incident, and return it as it is then."""
        before = self.incidents.get(number)
        if before is not None:
            changes = {name: value for name, value in changes.items() if getattr(before, name) != value}
        self.record(kind, f"incident:{number}", text, **changes)
        return self.incidents[number]

    def quietly(self, number: int, /, **changes: Any) -> Incident:
        """Change an incident without a line in its timeline."""
        before = self.incidents[number]
        changes = {name: value for name, value in changes.items() if getattr(before, name) != value}
        if changes:
            self.record("incident.changed", f"incident:{number}", **changes)
        return self.incidents[number]

    def alert(self, fingerprint: str, kind: str, text: str = "", /, **changes: Any) -> Alert:
        """Record what happened to an alert, and return it as it is then."""
        self.record(kind, f"alert:{fingerprint}", text, **changes)
        return self.alerts[fingerprint]

    def row(self, key: str, kind: str, text: str = "", /, **changes: Any) -> Row:
        """Record what happened to a message, and return it as it is then."""
        self.record(kind, f"row:{key}", text, **changes)
        return self.rows[key]

    def forget(self, subject: str) -> None:
        """Forget a subject; its events stay."""
        event = Event(self.now, f"{subject.partition(':')[0]}.forgotten", subject, gone=True)
        self.events.append(event)
        self.apply(event)

    def refuse(self, number: int, text: str) -> None:
        """Record that a command was refused, and why; nothing else changes."""
        self.record("command.refused", f"incident:{number}", text)

    def rows_of(self, number: int) -> list[Row]:
        """Return the messages of an incident."""
        if self._keys is None:
            self._keys = {}
            for row in self.rows.values():
                self._keys.setdefault(row.incident, []).append(row.key)
        return [self.rows[key] for key in self._keys.get(number, ()) if key in self.rows]

    def apply(self, event: Event) -> None:
        """Apply one event, as `fold` does with stored ones."""
        kind, _, name = event.subject.partition(":")
        changes = dict(event.changes)
        if kind == "state":
            for field_name, value in changes.items():
                setattr(self, field_name, value)
            return
        if kind not in _KINDS or (not event.gone and not changes):
            return
        tables: dict[str, dict[Any, Any]] = {
            "incident": self.incidents,
            "alert": self.alerts,
            "row": self.rows,
            "workflow": self.workflows,
            "schedule": self.schedules,
        }
        table = tables[kind]
        key: Any = int(name) if kind == "incident" else name
        if kind == "row" and key not in table and self._keys is not None:
            self._keys.setdefault(changes["incident"], []).append(key)
        if event.gone:
            table.pop(key, None)
        elif key in table:
            table[key] = replace(table[key], **changes)
        else:
            table[key] = _KINDS[kind](**changes)

    def state(self) -> State:
        """Return the state as it is now."""
        return State(
            alerts=self.alerts, incidents=self.incidents, rows=self.rows, workflows=self.workflows,
            schedules=self.schedules, next_incident=self.next_incident, epoch=self.epoch, down=self.down,
        )  # fmt: skip


def fold(events: Iterable[Event], start: State | None = None) -> State:
    """Return the state that stored events lead to."""
    turn = Turn(start or State(), 0, World())
    for event in events:
        turn.apply(event)
    return turn.state()


def restated(state: State, at: Instant) -> list[Event]:
    """Return events whose fold is this state, without its history."""
    found = [
        Event(at, "restated", "state", changes=tuple(
            (f.name, getattr(state, f.name)) for f in fields(state) if f.name not in _TABLES
        ))
    ]  # fmt: skip
    for table, kind in _TABLES.items():
        for name, record in getattr(state, table).items():
            changes = tuple((f.name, getattr(record, f.name)) for f in fields(record))
            found.append(Event(at, "restated", f"{kind}:{name}", changes=changes))
    return found


def write_event(event: Event) -> dict[str, Any]:
    """Return an event as JSON has it, for the store."""
    return {
        "at": event.at, "kind": event.kind, "subject": event.subject, "text": event.text, "by": event.by,
        "origin": event.origin, "changes": {name: encode(value) for name, value in event.changes},
        "gone": event.gone,
    }  # fmt: skip


def read_event(found: Mapping[str, Any]) -> Event:
    """Return the event that `write_event` wrote.

    Raises:
        KeyError, TypeError, ValueError: nothing that it wrote.
    """
    kinds = hints(_KINDS.get(found["subject"].partition(":")[0], State))
    changes = tuple((name, decode(kinds[name], value)) for name, value in found["changes"].items())
    return Event(
        found["at"], found["kind"], found["subject"], found["text"], found["by"], found["origin"], changes,
        found["gone"],
    )  # fmt: skip
