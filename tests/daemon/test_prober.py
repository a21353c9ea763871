import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio
from tests import fakes
from tests.fakes import Answer, Clock, Target
from trio.testing import MockClock, memory_stream_pair

from slawatch.core.instant import SECOND
from slawatch.daemon import prober, wire
from slawatch.daemon.scheduler import Scheduler


@pytest.fixture
def autojump_clock() -> MockClock:
    return MockClock(autojump_threshold=0)


class Daemon:
    """The daemon's end of the stream."""

    def __init__(self, stream: trio.abc.Stream, scheduler: Scheduler) -> None:
        self.stream = stream
        self.scheduler = scheduler
        self.words: list[tuple[object, ...]] = []
        self.ended = trio.Event()

    @property
    def samples(self) -> list[wire.Row]:
        return [row for word in self.words if word[0] == wire.SAMPLES for row in word[1]]  # type: ignore[attr-defined]

    async def order(self, order: wire.Orders | wire.Settings) -> None:
        await self.stream.send_all(wire.pack_order(order))

    async def listen(self) -> None:
        frames = wire.Frames()
        async for received in self.stream:
            self.words.extend(wire.read_word(body) for body in frames.feed(bytes(received)))
        self.ended.set()


@asynccontextmanager
async def probing() -> AsyncIterator[Daemon]:
    ours, theirs = memory_stream_pair()
    scheduler = Scheduler(Clock(), None, load=fakes.load)  # type: ignore[arg-type]
    daemon = Daemon(ours, scheduler)

    async def serve() -> None:
        async with theirs:
            await prober.serve(theirs, scheduler)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(serve)
        nursery.start_soon(daemon.listen)
        yield daemon
        nursery.cancel_scope.cancel()


async def test_samples_arrive_soon_and_in_order(autojump_clock: MockClock) -> None:
    async with probing() as daemon:
        checks = tuple((n, fakes.check(f"c-{n}", interval=SECOND)) for n in range(1, 21))
        await daemon.order(wire.Orders(watch=checks))
        await trio.sleep(10.2)
        rows = fakes.by_check(daemon.samples)
    assert set(rows) == set(range(1, 21))
    assert all(len(of_one) in (10, 11) for of_one in rows.values())
    assert all([row[2] for row in of_one] == sorted(row[2] for row in of_one) for of_one in rows.values())
    batches = [word for word in daemon.words if word[0] == wire.SAMPLES]
    assert len(batches) <= 103, "samples are sent in batches"


async def test_a_sign_of_life_each_second(autojump_clock: MockClock) -> None:
    async with probing() as daemon:
        await trio.sleep(20)
    stats = [word[1] for word in daemon.words if word[0] == wire.STATS]
    assert 18 <= len(stats) <= 22
    assert stats[-1]["started"] == 0  # type: ignore[index]


async def test_orders_are_obeyed_while_it_runs(autojump_clock: MockClock) -> None:
    async with probing() as daemon:
        await daemon.order(wire.Orders(watch=((1, fakes.check("a", interval=SECOND)),)))
        await trio.sleep(5.2)
        await daemon.order(wire.Orders(watch=((2, fakes.check("b", interval=SECOND)),), leave=("a",)))
        await trio.sleep(0.2)
        seen = len(fakes.by_check(daemon.samples)[1])
        await trio.sleep(5)
        rows = fakes.by_check(daemon.samples)
    assert len(rows[1]) == seen
    assert len(rows[2]) >= 5


async def test_what_is_finished_is_sent_before_the_end(autojump_clock: MockClock) -> None:
    async with probing() as daemon:
        await daemon.order(wire.Orders(watch=((1, fakes.check(interval=SECOND)),)))
        while not daemon.scheduler.samples:  # noqa: ASYNC110
            await trio.sleep(0.01)
        await daemon.stream.send_eof()  # type: ignore[attr-defined]
        await daemon.ended.wait()
    assert len(daemon.samples) >= 1


async def test_a_hanging_probe_does_not_hold_up_the_end(autojump_clock: MockClock) -> None:
    async with probing() as daemon:
        hanging = fakes.check(target=Target([Answer(None)]), interval=SECOND)
        await daemon.order(wire.Orders(watch=((1, hanging),)))
        await trio.sleep(3)
        before = trio.current_time()
        await daemon.stream.send_eof()  # type: ignore[attr-defined]
        await daemon.ended.wait()
        assert trio.current_time() - before < 2


async def test_lost_samples_are_reported(autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slawatch.daemon.scheduler.KEPT_AT_MOST", 1)
    async with probing() as daemon:
        await daemon.order(
            wire.Orders(watch=tuple((n, fakes.check(f"c-{n}", interval=SECOND)) for n in range(200)))
        )
        await trio.sleep(3)
    lost = [word for word in daemon.words if word[0] == wire.LOST]
    assert lost
    assert sum(word[1] for word in lost) + len(daemon.samples) >= 390  # type: ignore[misc]


def test_a_prober_knows_neither_store_nor_web() -> None:
    heavy = {
        "duckdb",
        "pydantic",
        "typer",
        "rich",
        "httpx",
        "starlette",
        "hypercorn",
        "slawatch.config",
        "slawatch.store",
    }
    code = (
        "import sys; import slawatch.daemon.prober; from slawatch import checks;"
        "[checks.load(n) for n in ('http', 'tcp', 'exec', 'heartbeat')];"
        f"print(sorted({heavy!r} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
