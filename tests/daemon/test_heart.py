import time

import pytest
import trio
from trio.testing import MockClock

from slawatch.core.instant import MILLISECOND, SECOND
from slawatch.daemon.heart import Heart


async def beating(heart: Heart, nursery: trio.Nursery) -> None:
    nursery.start_soon(heart.beat)
    await trio.testing.wait_all_tasks_blocked()


@pytest.mark.parametrize("length", [1, 12, 3600])
async def test_a_late_beat_is_a_standstill(mock_clock: MockClock, length: int) -> None:
    found: list[int] = []
    heart = Heart(found.append)
    async with trio.open_nursery() as nursery:
        await beating(heart, nursery)
        begun = trio.current_time()
        mock_clock.jump(length)
        assert trio.current_time() > heart.patience, "whoever runs first can see it"
        await trio.testing.wait_all_tasks_blocked()
        mock_clock.jump(0.05)
        ended = trio.current_time()
        nursery.cancel_scope.cancel()
    assert found == [length * SECOND - 100 * MILLISECOND]
    assert heart.still(begun, ended) == found[0]
    assert heart.still(ended - 0.05, ended) == 0
    assert heart.still(ended - 0.55, ended) == 500 * MILLISECOND
    assert heart.stalled == ended - 0.05


async def test_jitter_is_no_standstill(mock_clock: MockClock) -> None:
    found: list[int] = []
    heart = Heart(found.append)
    async with trio.open_nursery() as nursery:
        await beating(heart, nursery)
        for _ in range(20):
            mock_clock.jump(0.3)
            await trio.testing.wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()
    assert found == []


async def test_a_heart_that_begins_again_has_not_stood_still(mock_clock: MockClock) -> None:
    found: list[int] = []
    heart = Heart(found.append)
    for _ in range(2):
        async with trio.open_nursery() as nursery:
            await beating(heart, nursery)
            nursery.cancel_scope.cancel()
        mock_clock.jump(60)
    assert found == []


async def test_a_blocked_loop_stood_still() -> None:
    found: list[int] = []
    heart = Heart(found.append)
    async with trio.open_nursery() as nursery:
        await beating(heart, nursery)
        time.sleep(0.6)  # noqa: ASYNC251 (the loop is to be blocked)
        await trio.sleep(0.2)
        nursery.cancel_scope.cancel()
    assert found
    assert found[0] >= 450 * MILLISECOND
