import pytest
import trio
from tests.fakes import EPOCH, Clock, inline
from trio.testing import MockClock

from slawatch.core.instant import DAY, HOUR
from slawatch.daemon.sealer import keep_house


@pytest.fixture
def autojump_clock() -> MockClock:
    return MockClock(autojump_threshold=0)


class House:
    def __init__(self) -> None:
        self.sealed: list[int] = []
        self.forgotten: list[int] = []
        self.checkpoints = 0
        self.refusals = 0

    def unsealed_days(self, before: int) -> list[int]:
        return [day for day in range(EPOCH // DAY - 4, before // DAY) if day not in self.sealed]

    def seal(self, day: int) -> None:
        if self.refusals:
            self.refusals -= 1
            raise OSError("no space left")
        self.sealed.append(day)

    def retain(self, before: int) -> int:
        self.forgotten.append(before)
        return 0

    def checkpoint(self) -> None:
        self.checkpoints += 1


async def run(house: House, seconds: float) -> None:
    with trio.move_on_after(seconds):
        await keep_house(Clock(), house, inline, inline, lambda now: now - 90 * DAY)


async def test_days_are_sealed_two_days_after_their_end(autojump_clock: MockClock) -> None:
    house = House()
    await run(house, 3 * 86_400)
    today = EPOCH // DAY
    assert house.sealed == list(range(today - 4, today + 1))
    assert house.forgotten[0] == EPOCH + 60_000_000 - 90 * DAY


async def test_a_checkpoint_an_hour(autojump_clock: MockClock) -> None:
    house = House()
    await run(house, 10 * HOUR / 1e6 + 120)
    assert house.checkpoints == 10


async def test_a_refusal_is_tried_again_later(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    house = House()
    house.refusals = 2
    await run(house, 3_600)
    assert house.sealed == [EPOCH // DAY - 4, EPOCH // DAY - 3]
    assert "put off: no space left" in caplog.text
