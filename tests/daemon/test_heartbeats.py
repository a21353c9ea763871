from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio
from tests.fakes import EPOCH, Clock, Journal, Store, inline
from trio.testing import MockClock

from slawatch.checks.heartbeat import Options
from slawatch.core.check import Check
from slawatch.core.instant import MINUTE, SECOND
from slawatch.core.sample import Cause, Outcome, Sample
from slawatch.daemon.heartbeats import Heartbeats
from slawatch.daemon.recorder import Recorder


@pytest.fixture
def autojump_clock() -> MockClock:
    return MockClock(autojump_threshold=0)


def job(interval: int = 30 * SECOND) -> Check:
    options = Options(every=5 * MINUTE, grace=MINUTE)
    return Check(name="backup", service="s", type="heartbeat", options=options, interval=interval)


class World:
    def __init__(self, pings: dict[int, int]) -> None:
        self.clock = Clock()
        self.recorder = Recorder(Store(), Journal(), self.clock, inline)
        self.heartbeats = Heartbeats(self.clock, self.recorder, pings)

    @property
    def samples(self) -> list[Sample]:
        return [Sample(*row) for row in self.heartbeats.scheduler.samples]

    def at(self, seconds: float) -> int:
        return EPOCH + int(seconds * SECOND)


@asynccontextmanager
async def watching(pings: dict[int, int] | None = None) -> AsyncIterator[World]:
    world = World(pings or {})
    world.heartbeats.watch([(4, job())])
    async with trio.open_nursery() as nursery:
        nursery.start_soon(world.heartbeats.run)
        yield world
        nursery.cancel_scope.cancel()


async def test_before_the_first_call_nobody_knows(autojump_clock: MockClock) -> None:
    async with watching() as world:
        await trio.sleep(65)
    assert {(s.outcome, s.cause) for s in world.samples} == {(Outcome.UNKNOWN, Cause.WAITING)}


async def test_a_call_shows_at_once_and_silence_when_it_is_overdue(autojump_clock: MockClock) -> None:
    async with watching() as world:
        await trio.sleep(100)
        called = world.clock.now()
        world.heartbeats.ping("backup", called)
        await trio.sleep(0.1)
        first = world.samples[-1]
        assert first.outcome == Outcome.UP
        assert first.started_at - called < 5_000
        await trio.sleep(400)
        down = next(s for s in world.samples if s.outcome == Outcome.DOWN)
        assert 0 <= down.started_at - (called + 6 * MINUTE) < SECOND // 2
        assert down.cause == Cause.OVERDUE
        world.heartbeats.ping("backup", world.clock.now())
        await trio.sleep(0.1)
        assert world.samples[-1].outcome == Outcome.UP
    assert [number for number, _ in world.recorder._pings] == [4, 4]


async def test_calls_outlive_a_restart(autojump_clock: MockClock) -> None:
    async with watching({4: EPOCH - MINUTE}) as world:
        await trio.sleep(400)
    up = [s for s in world.samples if s.outcome == Outcome.UP]
    down = [s for s in world.samples if s.outcome == Outcome.DOWN]
    assert up[-1].started_at < EPOCH + 5 * MINUTE <= down[0].started_at
    assert down[0].started_at - (EPOCH + 5 * MINUTE) < SECOND // 2


async def test_a_call_that_waits_to_be_heard_after_a_standstill_is_not_overdue(mock_clock: MockClock) -> None:
    async with watching({4: EPOCH - 5 * MINUTE}) as world:
        await turn(mock_clock, 1)
        mock_clock.jump(70)
        await turn(mock_clock, 1)
        (waiting,) = [s for s in world.samples if s.outcome != Outcome.UP]
        assert (waiting.outcome, waiting.cause) == (Outcome.UNKNOWN, Cause.OURS)
        world.heartbeats.ping("backup", world.clock.now())
        await turn(mock_clock, 40)
        assert {s.outcome for s in world.samples if s.started_at > waiting.started_at} == {Outcome.UP}


async def test_a_job_that_stays_silent_after_a_standstill_is_overdue_soon(mock_clock: MockClock) -> None:
    async with watching({4: EPOCH - 5 * MINUTE}) as world:
        await turn(mock_clock, 1)
        mock_clock.jump(70)
        end = world.clock.now()
        await turn(mock_clock, 10)
        down = next(s for s in world.samples if s.outcome == Outcome.DOWN)
        assert 5 * SECOND <= down.started_at - end <= 7 * SECOND


async def turn(clock: MockClock, seconds: float) -> None:
    for _ in range(round(seconds * 20)):
        await trio.testing.wait_all_tasks_blocked()
        clock.jump(0.05)
    await trio.testing.wait_all_tasks_blocked()


async def test_a_check_that_a_reload_removed_is_looked_at_no_more(autojump_clock: MockClock) -> None:
    async with watching() as world:
        world.heartbeats.ping("backup", world.clock.now())
        await trio.sleep(31)
        world.heartbeats.leave(["backup"])
        seen = len(world.samples)
        world.heartbeats.ping("backup", world.clock.now())
        await trio.sleep(1_000)
    assert len(world.samples) == seen
