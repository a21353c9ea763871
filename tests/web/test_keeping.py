"""Answers that are kept: made once, shared, and never for more than a share of the time."""

import pytest
import trio
from trio.testing import MockClock

from slawatch.web.keeping import Kept


async def test_many_who_ask_at_once_share_one_answer(autojump_clock: MockClock) -> None:
    kept: Kept[str, int] = Kept(5.0)
    made = 0

    async def make() -> int:
        nonlocal made
        made += 1
        await trio.sleep(0.1)
        return made

    found: list[int] = []

    async def ask() -> None:
        found.append(await kept.get("a", make))

    async with trio.open_nursery() as nursery:
        for _ in range(10):
            nursery.start_soon(ask)
    assert found == [1] * 10
    await trio.sleep(4.9)
    assert await kept.get("a", make) == 1
    await trio.sleep(0.2)
    assert await kept.get("a", make) == 2
    assert await kept.get("b", make) == 3


async def test_a_slow_answer_serves_for_twenty_times_as_long_as_it_took(autojump_clock: MockClock) -> None:
    kept: Kept[str, float] = Kept(1.0)

    async def make() -> float:
        await trio.sleep(2)
        return trio.current_time()

    first = await kept.get("a", make)
    await trio.sleep(39)
    assert await kept.get("a", make) == first
    await trio.sleep(2)
    assert await kept.get("a", make) > first


async def test_what_fails_is_not_kept_and_a_cancelled_one_is_made_by_the_next(
    autojump_clock: MockClock,
) -> None:
    kept: Kept[str, int] = Kept(60.0)

    async def fail() -> int:
        raise LookupError

    async def hang() -> int:
        await trio.sleep_forever()
        raise AssertionError

    async def make() -> int:
        return 7

    with pytest.raises(LookupError):
        await kept.get("a", fail)
    with trio.move_on_after(1):
        await kept.get("a", hang)
    assert await kept.get("a", make) == 7


async def test_the_key_longest_unused_goes_first(autojump_clock: MockClock) -> None:
    kept: Kept[int, int] = Kept(1e9, most=2)
    made: list[int] = []

    async def ask(key: int) -> None:
        async def make() -> int:
            made.append(key)
            return key

        assert await kept.get(key, make) == key

    for key in (1, 2, 1, 3, 1, 2):
        await ask(key)
    assert made == [1, 2, 3, 2]
