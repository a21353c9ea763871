"""A sender on a virtual clock: the real rules decide, scripted providers answer, everything is noted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import trio
from tests.fakes import Clock, inline

from slawatch.config.model import Config
from slawatch.config.world import world_of
from slawatch.core.alert import Alert
from slawatch.core.attempt import Attempt
from slawatch.core.bucket import Limit
from slawatch.core.channel import Channel
from slawatch.core.dispatch import (
    Answered,
    ChannelDown,
    ChannelUp,
    Claimed,
    Ended,
    Fired,
    Input,
    Reloaded,
    Started,
    Tick,
    due,
    steps,
)
from slawatch.core.escalation import Level, Policy
from slawatch.core.event import Event
from slawatch.core.instant import SECOND, Instant
from slawatch.core.notification import Delivery, Notification, Verdict
from slawatch.core.people import ContactRule, Person
from slawatch.core.turn import State
from slawatch.daemon.sender import Sender
from slawatch.notifiers import NotifierType, Sending

OK = Delivery(verdict=Verdict.OK, status=200, provider_id="first")
ERROR = Delivery(verdict=Verdict.RETRY, status=500, answer="500 Internal Server Error", counts=True)
RESET = Delivery(verdict=Verdict.RETRY, answer="connection reset", counts=True)
LOST = Delivery(verdict=Verdict.RETRY, answer="no answer", counts=True, possible_duplicate=True)
REFUSED = Delivery(verdict=Verdict.PERMANENT, status=400, answer="400 Bad Request")
FORBIDDEN = Delivery(verdict=Verdict.MISCONFIGURED, status=403, answer="403 Forbidden")
GONE = Delivery(verdict=Verdict.DISABLE, status=410, answer="410 Gone")


def throttled(seconds: float | None = None) -> Delivery:
    wait = None if seconds is None else round(seconds * SECOND)
    return Delivery(verdict=Verdict.THROTTLE, status=429, answer="429 Too Many Requests", retry_after=wait)


class Got(NamedTuple):
    """An attempt, as the provider saw it.

    Attributes:
        at: trio's time.
        message: what came.
        sending: with what.
        taken: whether the provider has it.
    """

    at: float
    message: Notification
    sending: Sending
    taken: bool


Behaviour = Callable[[float, int], "Delivery | Exception | float"]


@dataclass
class Provider:
    """A scripted provider.

    Attributes:
        behaves: says of an attempt, by trio's time and its number, what it comes to; a number of seconds is
            waited, and then it is taken.
        got: the attempts.
    """

    behaves: Behaviour = lambda _at, _number: OK
    got: list[Got] = field(default_factory=list)
    under_way: int = 0
    most_under_way: int = 0
    prepared: int = 0
    loses: bool = False

    @property
    def taken(self) -> list[Notification]:
        return [got.message for got in self.got if got.taken]

    async def receive(self, message: Notification, sending: Sending) -> Delivery:
        begun = trio.current_time()
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        place = len(self.got)
        self.got.append(Got(begun, message, sending, False))
        try:
            found = self.behaves(begun, place)
            if isinstance(found, float | int):
                with trio.move_on_after(sending.timeout / SECOND):
                    await trio.sleep(found)
                    found = OK
                if not isinstance(found, Delivery):
                    return LOST
            await trio.lowlevel.checkpoint()
            if isinstance(found, Exception):
                raise found
            if found.ok:
                self.got[place] = self.got[place]._replace(taken=True)
            return found
        finally:
            self.under_way -= 1


@dataclass(frozen=True)
class Options:
    """The options of a scripted channel."""

    provider: Provider = field(default_factory=Provider, compare=False)
    version: int = 1


@dataclass(frozen=True)
class Addressed(Options):
    """Those of a channel that finds people by an address."""

    to: tuple[str, ...] = ("ops@example.com",)


async def _send(options: Any, message: Notification, sending: Sending) -> Delivery:
    found: Delivery = await options.provider.receive(message, sending)
    return found


def _prepare(options: Any) -> None:
    options.provider.prepared += 1


def load(name: str) -> NotifierType:
    return NotifierType(name, Options, _send, _prepare, name == "pagerduty")


def channel(name: str, kind: str = "slack", *limits: Limit, **options: Any) -> Channel:
    made = Addressed if kind in ("email", "sms") else Options
    return Channel(name=name, type=kind, options=made(**options), limits=limits or (Limit(1000, SECOND),))


def person(key: str, *rules: str | tuple[str, int], **more: Any) -> Person:
    contact = tuple(
        ContactRule(channel=rule) if isinstance(rule, str) else ContactRule(channel=rule[0], after=rule[1])
        for rule in rules
    )
    more.setdefault("email", f"{key}@example.com")
    more.setdefault("phone", "+4915112345678")
    return Person(key=key, contact=contact, **more)


def config_of(
    channels: Sequence[Channel], people: Sequence[Person] = (), *levels: tuple[str, ...], **more: Any
) -> Config:
    policy = Policy(
        name="default",
        levels=tuple(Level(to=to) for to in levels or ((f"channel:{channels[0].name}",),)),
        repeat=more.pop("repeat", 0),
        group_wait=0,
        group_by=("...",),
        **more.pop("policy", {}),
    )
    return Config(
        path=Path("slawatch.toml"), data_dir=Path("/nowhere"), channels={c.name: c for c in channels},
        people={p.key: p for p in people}, escalations={"default": policy}, **more,
    )  # fmt: skip


def alert(name: str = "shop", severity: str = "critical", **more: Any) -> Alert:
    more.setdefault("since", 0)
    return Alert(
        fingerprint=name, check=name, severity=severity, title=f"{name} is down", fired_at=0,
        service=more.pop("service", name), policy="default", **more,
    )  # fmt: skip


class Office:
    """The dispatcher's loop in small, and the sender that it hands messages to.

    Attributes:
        state: of alerting.
        events: what was decided; attempts: what was tried.
        news: what the sender said of its channels.
        most_late: the longest that a turn came after its input, in seconds.
    """

    def __init__(self, config: Config, **more: Any) -> None:
        self.config = config
        self.clock = Clock()
        self.state = State()
        self.events: list[Event] = []
        self.attempts: list[Attempt] = []
        self.answers: list[Answered] = []
        self.news: list[ChannelDown | ChannelUp] = []
        self._inputs: list[Input] = [Started()]
        self._wake = trio.Event()
        more = {"random": lambda: 0.5, "load": load, "run_sync": inline, **more}
        self.sender = Sender(self.clock, lambda: self.config, self._take, **more)

    def _take(self, inputs: Sequence[Any], attempts: Sequence[Attempt]) -> None:
        self.answers += [one for one in inputs if isinstance(one, Answered)]
        self.news += [one for one in inputs if not isinstance(one, Answered)]
        self.attempts += attempts
        self.give(*inputs)

    def give(self, *inputs: Input) -> None:
        self._inputs += inputs
        self._wake.set()

    def fire(self, *names: str, **more: Any) -> None:
        self.give(*(Fired(alert(name, since=self.clock.now(), **more)) for name in names))

    def end(self, *names: str) -> None:
        self.give(*(Ended(name) for name in names))

    def reload(self, config: Config) -> None:
        self.config = config
        self.sender.reload(config)
        self.give(Reloaded(frozenset(config.channels)))

    def step(self, *inputs: Input) -> None:
        self.state, events = steps(self.state, inputs, self.clock.now(), world_of(self.config))
        self.events += events

    def turn(self) -> Instant | None:
        """Take what came, hand over what may go, and return when the next turn is due."""
        given, self._inputs = self._inputs, []
        now = self.clock.now()
        self.step(*given, Tick())
        chosen = self.sender.choose(self.state.rows.values(), now)
        if chosen:
            self.step(Claimed(tuple(row.key for bundle in chosen for row in bundle.rows)))
            self.sender.send(chosen, self.state)
        found = [due(self.state, world_of(self.config)), self.sender.due(self.state.rows.values(), now)]
        return min((at for at in found if at is not None), default=None)

    async def run(self) -> None:
        while True:
            self._wake = trio.Event()
            at = self.turn()
            pause = 3600.0 if at is None else max(0.0, (at - self.clock.now()) / SECOND)
            if self._inputs:
                pause = 0.0
            assert pause > 0 or self._inputs or at is not None
            with trio.move_on_after(max(pause, 0.000001)):
                await self._wake.wait()

    async def open(self, nursery: trio.Nursery) -> "Office":
        nursery.start_soon(self.sender.run)
        nursery.start_soon(self.run)
        await trio.testing.wait_all_tasks_blocked()
        return self

    def rows(self, **wanted: Any) -> list[Any]:
        return [
            row
            for row in self.state.rows.values()
            if all(getattr(row, name) == value for name, value in wanted.items())
        ]
