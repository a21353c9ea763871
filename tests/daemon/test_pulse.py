from itertools import pairwise

import pytest
import trio
from tests.fakes import Clock
from trio.testing import MockClock

from slawatch.core.instant import HOUR, MINUTE, SECOND
from slawatch.core.life import LifeEvent, details
from slawatch.daemon import pulse


@pytest.fixture
def autojump_clock() -> MockClock:
    return MockClock(autojump_threshold=0)


async def test_a_beat_a_minute(autojump_clock: MockClock) -> None:
    found: list[LifeEvent] = []
    with trio.move_on_after(600.5):
        await pulse.beat(Clock(), found.append)
    assert [event.kind for event in found] == ["beat"] * 10
    assert all(b.at - a.at == MINUTE for a, b in pairwise(found))


@pytest.mark.parametrize("step", [HOUR, -HOUR, 6 * SECOND])
async def test_a_set_clock(autojump_clock: MockClock, step: int) -> None:
    found: list[LifeEvent] = []
    clock = Clock()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(pulse.beat, clock, found.append)
        await trio.sleep(12)
        clock.step(step)
        await trio.sleep(12)
        nursery.cancel_scope.cancel()
    assert [(event.kind, details(event)) for event in found] == [("clock_step", {"step": step})]


async def test_a_small_correction_is_no_event(autojump_clock: MockClock) -> None:
    found: list[LifeEvent] = []
    clock = Clock()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(pulse.beat, clock, found.append)
        await trio.sleep(12)
        clock.step(4 * SECOND)
        await trio.sleep(12)
        nursery.cancel_scope.cancel()
    assert found == []


async def test_a_suspend_is_no_step(autojump_clock: MockClock) -> None:
    found: list[LifeEvent] = []
    clock = Clock()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(pulse.beat, clock, found.append)
        await trio.sleep(12)
        clock.suspend(8 * HOUR)
        await trio.sleep(12)
        nursery.cancel_scope.cancel()
    assert [event.kind for event in found] == ["suspend", "beat"]
    assert details(found[0]) == {"length": 8 * HOUR}
