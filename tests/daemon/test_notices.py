"""Notices of handoffs and silences, as the daemon looks for them: told once, however often it looks."""

from datetime import datetime
from pathlib import Path
from typing import Any

import trio
from tests.fakes import Clock

from slawatch.config.model import Config
from slawatch.config.world import world_of
from slawatch.core.alert import Alert
from slawatch.core.channel import Channel
from slawatch.core.dispatch import Fired, Input, Started, Tick, steps
from slawatch.core.escalation import Level, Policy
from slawatch.core.event import Event
from slawatch.core.instant import DAY, HOUR, MINUTE, SECOND, Instant, parse_rfc3339
from slawatch.core.matcher import parse
from slawatch.core.override import Override
from slawatch.core.people import ContactRule, Person
from slawatch.core.rota import Schedule
from slawatch.core.shift import Layer
from slawatch.core.silence import Silence
from slawatch.core.turn import State, fold, read_event, write_event
from slawatch.daemon.notices import Notices

MONDAY = parse_rfc3339("2026-01-05T12:00:00Z")


class Hands(Clock):
    """A clock that only goes on where a test says so."""

    def __init__(self, start: Instant) -> None:
        super().__init__(start)
        self.offset = start

    def now(self) -> Instant:
        return self.offset


class World:
    """Alerting on a virtual clock, and whoever looks for notices."""

    def __init__(self, **schedule: Any) -> None:
        layer = Layer(people=(("ann",), ("bob",)), start=datetime(2026, 1, 5), shift="daily")
        policy = Policy(name="default", levels=(Level(to=("schedule:primary",)),))
        self.config = Config(
            path=Path("x.toml"), data_dir=Path("x"), escalations={"default": policy},
            schedules={"primary": Schedule(key="primary", layers=(layer,), **schedule)},
            people={
                name: Person(key=name, contact=(ContactRule(channel="mail"),)) for name in ("ann", "bob")
            },
            channels={"mail": Channel(name="mail", type="exec", options=None)},
        )  # fmt: skip
        self.clock: Clock = Hands(MONDAY)
        self.silences: list[Silence] = []
        self.state = State()
        self.events: list[Event] = []
        self.begin()

    def begin(self) -> None:
        self.notices = Notices(
            self.clock, lambda: self.config, lambda: self.config.schedules, lambda: self.silences,
            lambda: self.state, self.give,
        )  # fmt: skip
        self.give(Started())

    def give(self, *inputs: Input) -> None:
        world = world_of(self.config)
        self.state, events = steps(self.state, (*inputs, Tick()), self.clock.now(), world)
        self.events += events

    def look(self, length: int = 0) -> int | None:
        self.clock.step(length)
        return self.notices.look()

    def fires(self) -> None:
        at = self.clock.now()
        self.give(
            Fired(
                Alert(
                    fingerprint="home", check="home", severity="critical", title="home is down", since=at,
                    fired_at=at, service="shop",
                )
            )
        )  # fmt: skip

    def told(self) -> list[tuple[str, str]]:
        return [
            (row.recipient.removeprefix("person:"), row.reason)
            for row in self.state.rows.values()
            if row.kind == "meta"
        ]


async def test_a_handoff_is_told_to_who_comes_and_who_goes() -> None:
    world = World()
    due = world.look()
    assert due == parse_rfc3339("2026-01-06T00:00:00Z")
    assert world.told() == []
    world.fires()
    world.look(12 * HOUR)
    world.look()
    assert world.told() == [
        ("bob", "you are on call now: primary"), ("ann", "you are not on call any more: primary"),
    ]  # fmt: skip
    text = next(row.detail for row in world.state.rows.values() if row.recipient == "person:bob")
    assert text == ("Until Wed 2026-01-07 00:00 UTC.\nOpen: incident 1, home is down (critical, triggered)")


async def test_after_handoffs_that_nobody_noticed_there_is_one_notice() -> None:
    world = World()
    world.look()
    world.clock.step(3 * DAY)
    world.state = fold(read_event(write_event(event)) for event in world.events)
    world.begin()
    world.look()
    assert world.told() == [
        ("bob", "you are on call now: primary"), ("ann", "you are not on call any more: primary"),
    ]  # fmt: skip
    text = next(row.detail for row in world.state.rows.values() if row.recipient == "person:bob")
    assert "2 handoffs before this went by" in text
    shifts = [event for event in world.events if event.kind in ("shift.began", "shift.ended")]
    assert len(shifts) == 1 + 2 * 3


async def test_a_restart_tells_no_handoff_twice() -> None:
    world = World()
    world.look()
    world.look(12 * HOUR)
    count = len(world.told())
    world.state = fold(read_event(write_event(event)) for event in world.events)
    world.begin()
    world.look(MINUTE)
    assert len(world.told()) == count


async def test_a_schedule_may_be_quiet() -> None:
    world = World(notify=False)
    world.look()
    world.look(12 * HOUR)
    assert world.told() == []
    assert world.state.schedules["primary"].people == ("bob",)


def silence(**keys: Any) -> Silence:
    return Silence(**{
        "id": "s1", "match": parse("service=shop"), "author": "ann", "comment": "moving", "start": MONDAY,
        "end": MONDAY + 2 * HOUR, **keys,
    })  # fmt: skip


async def test_the_author_of_a_silence_that_mutes_something_is_reminded_of_its_end() -> None:
    world = World(notify=False)
    world.silences = [silence()]
    due = world.look(MINUTE)
    assert due == MONDAY + 105 * MINUTE
    world.look(104 * MINUTE)
    assert world.told() == []
    world.fires()
    world.look()
    world.look(MINUTE)
    assert world.told() == [("ann", "your silence ends in 15 min, and home would be told then")]
    world.silences = [silence(end=MONDAY + 3 * HOUR)]
    world.look(40 * MINUTE)
    world.look(20 * MINUTE)
    assert len(world.told()) == 2


async def test_a_silence_that_is_forgotten_is_told_once_a_week() -> None:
    world = World(notify=False)
    world.silences = [silence(end=MONDAY + 30 * DAY)]
    for _ in range(22):
        world.look(DAY)
        world.look()
        world.give()
    owed = [dict(event.changes)["reason"] for event in world.events if event.kind == "row.queued"]
    assert owed == [f"your silence has lasted for {days} days: is it still meant?" for days in (7, 14, 21)]


async def test_it_looks_when_something_is_due(mock_clock: trio.testing.MockClock) -> None:
    mock_clock.autojump_threshold = 0
    world = World()
    world.clock = Clock(MONDAY)
    world.begin()
    with trio.move_on_after(13 * HOUR / SECOND):
        await world.notices.run()
    assert len(world.told()) == 2


async def test_a_coming_gap_is_told_once_to_who_is_on_call() -> None:
    start = MONDAY + 11 * DAY
    away = tuple(
        Override(person=who, start=start, end=start + 2 * HOUR, kind="remove") for who in ("ann", "bob")
    )
    world = World(overrides=away)
    world.look(8 * DAY)
    for _ in range(5):
        world.look(HOUR)
    gaps = [told for told in world.told() if "nobody is on call" in told[1]]
    assert gaps == [("ann", "nobody is on call in primary from Fri 2026-01-16 12:00 UTC")]
