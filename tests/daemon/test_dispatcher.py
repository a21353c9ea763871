from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fakes import EPOCH, Clock, check

from slawatch.answers.view import Refused
from slawatch.config.model import Config
from slawatch.core.alert import Alert
from slawatch.core.attempt import Attempt
from slawatch.core.channel import Channel
from slawatch.core.command import Ack, Resolve
from slawatch.core.dispatch import Answered, Ended, Fired
from slawatch.core.escalation import Level, Policy
from slawatch.core.event import Numbered
from slawatch.core.instant import HOUR, MINUTE, SECOND, Instant, rfc3339
from slawatch.core.matcher import Matcher
from slawatch.core.notification import Delivery, Verdict
from slawatch.core.outbox import Bundle, Row, Stage, ready
from slawatch.core.silence import Silence
from slawatch.core.turn import State, fold
from slawatch.daemon.dispatcher import Dispatcher
from slawatch.daemon.sight import Sight


def config(**keys: Any) -> Config:
    names = ("ops", "boss")
    found: dict[str, Any] = {
        "escalations": {
            "default": Policy(
                name="default",
                levels=(
                    Level(to=("channel:ops",), wait=5 * MINUTE),
                    Level(to=("channel:boss",), wait=MINUTE),
                ),
            )
        },
        "channels": {name: Channel(name=name, type="exec", options=None) for name in names},
    }
    return Config(path=Path("x.toml"), data_dir=Path("x"), **{**found, **keys})


def alert(name: str = "a", **keys: Any) -> Alert:
    return Alert(
        fingerprint=name, check=name, severity="critical", title=f"{name} is down", since=EPOCH,
        fired_at=EPOCH, **{"service": "shop", **keys},
    )  # fmt: skip


class Power(Exception):  # noqa: N818
    """The machine lost it."""


class World:
    """A dispatcher, a store that may lose power, and a provider that takes everything."""

    def __init__(self, found: Config | None = None, *, fails_at: int = -1) -> None:
        self.config = found or config()
        self.clock = Clock()
        self.stored: list[Numbered] = []
        self.attempts: list[Attempt] = []
        self.got: list[tuple[Instant, str]] = []
        self.broken: set[str] = set()
        self.looked: list[str] = []
        self.commits = 0
        self.fails_at = fails_at
        self.waiting: list[Numbered] = []
        self.silences: tuple[Silence, ...] = ()
        self.start()

    def start(self) -> None:
        """Begin with what is stored."""
        self.waiting.clear()
        state = fold(numbered.event for numbered in self.stored)
        self.dispatcher = Dispatcher(
            self.config, self.clock, self, self, Sight(self.config, lambda _name: None), state=state,
            number=len(self.stored), silences=self.silences,
            last_beat=self.clock.now() if self.stored else None, look=self.looked.extend,
        )  # fmt: skip

    def add_events(self, events: Iterable[Numbered]) -> None:
        self.waiting.extend(events)

    def add_attempts(self, attempts: Iterable[Attempt]) -> None:
        self.attempts.extend(attempts)

    async def commit(self) -> bool:
        self.commits += 1
        if self.commits == self.fails_at:
            raise Power
        self.stored += self.waiting
        self.waiting.clear()
        if self.commits == -self.fails_at - 1:
            raise Power
        return True

    def choose(self, rows: Iterable[Row], now: Instant) -> list[Bundle]:
        return [
            Bundle(row.channel, row.recipient, (row,))
            for row in ready(rows, now)
            if row.channel not in self.broken
        ]

    def send(self, bundles: Sequence[Bundle], state: State) -> None:
        for bundle in bundles:
            for row in bundle.rows:
                assert state.rows[row.key].stage is Stage.SENDING
                assert fold(n.event for n in self.stored).rows[row.key].stage is Stage.SENDING
                self.got.append((self.clock.now(), row.key))
                self.dispatcher.answered(
                    [Answered(row.key, Delivery(verdict=Verdict.OK), state.epoch)], [_attempt(row)]
                )

    def due(self, rows: Iterable[Row], now: Instant) -> Instant | None:
        return None

    async def pass_time(self, length: int, step: int = SECOND) -> None:
        until = self.clock.now() + length
        while self.clock.now() < until:
            _jump(min(until - self.clock.now(), step))
            await self.dispatcher.turn()
            await self.dispatcher.turn()

    @property
    def kinds(self) -> list[str]:
        return [":".join([key.split(":")[2], *key.split(":")[-1:]]) for _, key in self.got]


def _jump(length: int) -> None:
    clock = trio.lowlevel.current_clock()
    assert isinstance(clock, trio.testing.MockClock)
    clock.jump(length / SECOND)


def _attempt(row: Row) -> Attempt:
    return Attempt(row.key, 1, row.incident, row.kind, row.recipient, row.channel, 1, 2, "ok")


async def test_what_is_sent_was_stored_before(mock_clock: trio.testing.MockClock) -> None:
    world = World()
    world.dispatcher.give(Fired(alert()))
    await world.dispatcher.turn()
    assert world.kinds == ["trigger:ops"]
    await world.dispatcher.turn()
    state = fold(numbered.event for numbered in world.stored)
    assert state == world.dispatcher.state
    assert [row.stage for row in state.rows.values()] == [Stage.SENT]
    assert [one.key for one in world.attempts] == [key for _, key in world.got]
    assert [numbered.number for numbered in world.stored] == list(range(1, len(world.stored) + 1))


async def test_an_outage_escalates_an_ack_stops_it_and_the_end_is_told_to_those_told(
    mock_clock: trio.testing.MockClock,
) -> None:
    world = World()
    world.dispatcher.give(Fired(alert()))
    await world.pass_time(5 * MINUTE + SECOND)
    assert world.kinds == ["trigger:ops", "trigger:boss"]
    await _acting(world, Ack(by="person:bob", incident=1))
    await world.pass_time(20 * MINUTE)
    assert world.kinds[2:] == ["ack:boss", "ack:ops"]
    world.dispatcher.give(Ended("a"))
    await world.pass_time(MINUTE)
    assert sorted(world.kinds[4:]) == ["resolve:boss", "resolve:ops"]


async def _acting(world: World, command: Any) -> list[Any]:
    found: list[Any] = []

    async def act() -> None:
        try:
            found.append(await world.dispatcher.act(command))
        except Refused as error:
            found.append(error)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(act)
        await trio.testing.wait_all_tasks_blocked()
        await world.dispatcher.turn()
    return found


async def test_a_command_is_answered_once_it_is_stored(mock_clock: trio.testing.MockClock) -> None:
    world = World()
    world.dispatcher.give(Fired(alert()))
    await world.dispatcher.turn()
    (events,) = await _acting(world, Ack(by="person:bob", incident=1, origin="web"))
    assert events[0].kind == "incident.acked"
    stored = [n.event for n in world.stored if n.event.kind == "incident.acked"]
    assert [(event.by, event.origin) for event in stored] == [("person:bob", "web")]


async def test_a_command_that_makes_no_sense_is_refused_and_leaves_no_event(
    mock_clock: trio.testing.MockClock,
) -> None:
    world = World()
    await world.dispatcher.turn()
    before = len(world.stored)
    (error,) = await _acting(world, Resolve(by="bob", incident=9))
    assert "there is no incident 9" in str(error)
    assert len(world.stored) == before


async def test_a_fault_in_one_input_leaves_the_others_alone(
    mock_clock: trio.testing.MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    world = World()
    world.dispatcher.give(Fired(None), Fired(alert()))  # type: ignore[arg-type]
    await world.dispatcher.turn()
    assert world.kinds == ["trigger:ops"]
    assert "a fault in Fired" in caplog.text


async def test_a_silence_that_somebody_enters_withholds_and_its_end_tells(
    mock_clock: trio.testing.MockClock,
) -> None:
    world = World()
    silence = Silence(
        id="s1", match=(Matcher("check", "=", "a"),), author="bob", comment="known", start=EPOCH,
        end=EPOCH + HOUR,
    )  # fmt: skip
    world.dispatcher.configure(world.config, [silence])
    world.dispatcher.give(Fired(alert()))
    await world.pass_time(30 * MINUTE, MINUTE)
    assert world.got == []
    (found,) = world.dispatcher.state.alerts.values()
    assert [why.kind for why in found.suppressed] == ["silence"]
    await world.pass_time(31 * MINUTE, MINUTE)
    assert world.kinds[:1] == ["trigger:ops"]
    assert world.got[0][0] == EPOCH + HOUR


async def test_a_reload_that_changes_no_channel_changes_nothing(mock_clock: trio.testing.MockClock) -> None:
    world = World()
    world.broken = {"ops"}
    world.dispatcher.give(Fired(alert()))
    await world.dispatcher.turn()
    before = len(world.stored)
    world.dispatcher.configure(config())
    await world.dispatcher.turn()
    assert len(world.stored) == before


async def test_the_rows_of_a_channel_that_is_gone_are_dead_and_the_next_level_is_told(
    mock_clock: trio.testing.MockClock,
) -> None:
    world = World()
    world.broken = {"ops"}
    world.dispatcher.give(Fired(alert()))
    await world.dispatcher.turn()
    channels = {"boss": world.config.channels["boss"]}
    world.dispatcher.configure(config(channels=channels))
    await world.dispatcher.turn()
    assert world.kinds == ["trigger:boss"]


async def test_the_loop_sleeps_until_something_is_due(autojump_clock: trio.testing.MockClock) -> None:
    world = World()
    turns: list[Instant] = []

    begun = world.dispatcher.turn

    async def counted() -> None:
        turns.append(world.clock.now())
        await begun()

    world.dispatcher.turn = counted  # type: ignore[method-assign]
    world.dispatcher.give(Fired(alert()))
    with trio.move_on_after(301):
        await world.dispatcher.run()
    assert world.kinds == ["trigger:ops", "trigger:boss"]
    assert len(turns) < 300
    (incident,) = world.dispatcher.state.incidents.values()
    assert (incident.open, rfc3339(incident.opened_at)) == (True, "2023-11-14T22:13:20Z")


SCRIPT = (
    (10, Fired(alert("a"))), (20, Fired(alert("b", service="disk"))), (420, Ack(by="person:bob", incident=2)),
    (460, Ended("a")), (520, Fired(alert("a"))), (600, Ended("b")), (760, Ended("a")),
)  # fmt: skip


async def _played(world: World) -> World:
    """Play the script; whoever gave inputs repeats those that were not stored."""
    pending = list(SCRIPT)
    for second in range(0, 900, 10):
        _jump(10 * SECOND if second else 0)
        for _ in range(3):
            given = [one for at, one in pending if at <= second]
            world.dispatcher.give(*given)
            try:
                await world.dispatcher.turn()
            except Power:
                lost = bool(world.waiting)
                world.start()
                if lost:
                    continue
            pending = [(at, one) for at, one in pending if at > second]
    return world


async def test_a_clock_that_is_set_moves_no_timer(mock_clock: trio.testing.MockClock) -> None:
    for step in (-3 * HOUR, 3 * HOUR):
        world = World()
        world.dispatcher.give(Fired(alert()))
        await world.dispatcher.turn()
        await world.pass_time(4 * MINUTE, MINUTE)
        world.clock.step(step)
        await world.pass_time(30 * SECOND)
        assert world.kinds == ["trigger:ops"]
        await world.pass_time(31 * SECOND)
        assert world.kinds == ["trigger:ops", "trigger:boss"]


async def test_after_a_suspend_the_checks_have_a_say_before_what_is_overdue(
    mock_clock: trio.testing.MockClock,
) -> None:
    world = World(config(checks={"a": check("a")}))
    world.dispatcher.give(Fired(alert()))
    await world.pass_time(SECOND)
    world.clock.suspend(8 * HOUR)
    await world.pass_time(30 * SECOND)
    assert world.kinds == ["trigger:ops"]
    world.dispatcher.give(Ended("a"))
    await world.pass_time(MINUTE)
    assert world.kinds == ["trigger:ops", "resolve:ops"]


@settings(max_examples=80, deadline=None)
@given(cut=st.integers(1, 40), after=st.booleans())
def test_power_lost_at_any_commit_loses_no_message_and_repeats_only_marked_ones(
    cut: int, after: bool
) -> None:
    whole = _run(None)
    broken = _run(-cut - 1 if after else cut)
    want, got = [key for _, key in whole.got], [key for _, key in broken.got]
    assert set(want) == set(got)
    twice = {key for key in got if got.count(key) > 1}
    for key in twice:
        assert broken.dispatcher.state.rows[key].possible_duplicate
    assert len(twice) <= 2


def _run(fails_at: int | None) -> World:
    async def play() -> World:
        return await _played(World() if fails_at is None else World(fails_at=fails_at))

    return trio.run(play, clock=trio.testing.MockClock())
