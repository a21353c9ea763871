from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio
from tests.fakes import EPOCH, Clock, Journal, Store, inline
from trio.testing import MockClock

from slawatch.core.instant import SECOND
from slawatch.core.life import details, life_event
from slawatch.core.sample import Sample, Transition
from slawatch.daemon import recorder as recorder_file
from slawatch.daemon.evaluator import Evaluated
from slawatch.daemon.recorder import Recorder
from slawatch.store.batch import Batch
from slawatch.store.errors import StoreDamaged, StoreFull


@pytest.fixture
def autojump_clock() -> MockClock:
    return MockClock(autojump_threshold=0)


def samples(count: int, first: int = 0) -> Evaluated:
    made = [
        Sample(1, EPOCH + n, EPOCH + n, 0, 0, 5, None, None, None, None, None, SECOND)
        for n in range(first, first + count)
    ]
    return Evaluated(made, [(1, Transition(EPOCH, 0, None))] if first == 0 else [], [])


class World:
    def __init__(self, journal: Journal | None = None) -> None:
        self.store = Store()
        self.journal = journal or Journal()
        self.clock = Clock()
        self.recorder = Recorder(self.store, self.journal, self.clock, inline)

    def stored(self) -> list[int]:
        return [sample.started_at - EPOCH for sample in self.store.samples]


@asynccontextmanager
async def recording(world: World) -> AsyncIterator[World]:
    await world.recorder.recover()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(world.recorder.run)
        yield world
        nursery.cancel_scope.cancel()


async def test_samples_are_stored_within_a_second_in_one_batch(autojump_clock: MockClock) -> None:
    async with recording(World()) as world:
        await trio.sleep(100)
        world.recorder.add(samples(10))
        await trio.sleep(0.5)
        world.recorder.add(samples(10, 10))
        assert world.recorder.queued == 20
        assert world.recorder.lag == SECOND // 2
        await trio.sleep(0.6)
        assert world.stored() == list(range(20))
        assert len(world.store.batches) == 1
        assert (world.recorder.queued, world.recorder.lag, world.recorder.stored) == (0, 0, 20)


async def test_a_thousand_rows_do_not_wait(autojump_clock: MockClock) -> None:
    async with recording(World()) as world:
        await trio.sleep(1)
        world.recorder.add(samples(1_000))
        await trio.sleep(0.01)
        assert len(world.stored()) == 1_000


async def test_nothing_is_written_when_nothing_happens(autojump_clock: MockClock) -> None:
    async with recording(World()) as world:
        await trio.sleep(3_600)
    assert world.store.attempts == 0


async def test_transitions_events_and_calls_go_with_the_samples(autojump_clock: MockClock) -> None:
    async with recording(World()) as world:
        world.recorder.add(samples(1)._replace(late=[(1, EPOCH)]))
        world.recorder.add_life(life_event(EPOCH, "beat"))
        world.recorder.add_ping(1, EPOCH)
        await trio.sleep(2)
    (batch,) = world.store.batches
    parts = (batch.samples, batch.transitions, batch.life, batch.pings, batch.late)
    assert [len(part) for part in parts] == [1] * 5


async def test_a_store_that_refuses_costs_nothing_but_time(autojump_clock: MockClock) -> None:
    async with recording(World()) as world:
        world.store.refusal = RuntimeError("the database is busy")
        for n in range(60):
            world.recorder.add(samples(10, n * 10))
            await trio.sleep(1)
        assert world.stored() == []
        assert world.recorder.trouble == "the database is busy"
        assert world.recorder.queued == 600
        assert world.recorder.lag >= 59 * SECOND
        assert len(world.journal.kept) >= 4, "what waits is on the disk"
        world.store.refusal = None
        await trio.sleep(recorder_file.RETRY_LONGEST * 2 + 1)
        assert world.stored() == list(range(600))
        assert [b.sequence for b in world.store.batches] == sorted(b.sequence for b in world.store.batches)
        assert world.journal.kept == []
        assert world.recorder.trouble == ""
        assert (world.recorder.queued, world.recorder.lag) == (0, 0)
        await trio.sleep(2)
    event = world.store.life[-1]
    assert event.kind == "storage"
    assert details(event)["why"] == "the database is busy"


async def test_a_kill_while_the_store_refuses_loses_nothing(autojump_clock: MockClock) -> None:
    async with recording(World()) as world:
        world.store.refusal = RuntimeError("full")
        world.recorder.add(samples(10))
        await trio.sleep(10)
    again = World(world.journal)
    recovered = await again.recorder.recover()
    assert recovered.samples == 10
    assert recovered.last == EPOCH + 9
    assert recovered.held[1].started_at == recovered.last
    assert again.stored() == list(range(10))
    assert again.journal.kept == []


async def test_a_store_that_is_full_at_the_start_takes_the_rest_of_the_last_run_later(
    autojump_clock: MockClock,
) -> None:
    world = World(Journal([Batch(3, samples(2).samples), Batch(4, samples(2, 2).samples)]))
    world.store.refusal = StoreFull("the disk is full")
    async with recording(world):
        assert world.recorder.trouble == "the disk is full"
        assert world.recorder.queued == 4
        world.recorder.add(samples(1, 4))
        await trio.sleep(5)
        assert world.stored() == []
        world.store.refusal = None
        await trio.sleep(recorder_file.RETRY_LONGEST * 2)
        assert sorted(world.stored()) == [0, 1, 2, 3, 4]
        assert world.journal.kept == []
        assert world.recorder.trouble == ""


async def test_a_store_that_is_not_fit_is_an_error_at_the_start(autojump_clock: MockClock) -> None:
    world = World(Journal([Batch(3, samples(2).samples)]))
    world.store.refusal = StoreDamaged("broken")
    with pytest.raises(StoreDamaged):
        await world.recorder.recover()
    assert len(world.journal.kept) == 1


async def test_a_batch_that_is_stored_already_is_not_stored_again(autojump_clock: MockClock) -> None:
    batches = [Batch(3, samples(2).samples), Batch(4, samples(2, 2).samples)]
    world = World(Journal(batches))
    world.store.write(batches[0])
    async with recording(world):
        assert world.stored() == [0, 1, 2, 3]
        world.recorder.add(samples(1, 9))
        await trio.sleep(2)
    assert [batch.sequence for batch in world.store.batches] == [3, 4, 5]


async def test_a_sequence_that_was_acknowledged_is_never_used_again(autojump_clock: MockClock) -> None:
    world = World()
    await world.recorder.recover(41)
    world.recorder.add(samples(1))
    await world.recorder.finish()
    assert [batch.sequence for batch in world.store.batches] == [42]


async def test_memory_is_bounded_while_the_journal_keeps_everything(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder_file, "IN_MEMORY", 100)
    async with recording(World()) as world:
        world.store.refusal = RuntimeError("full")
        for n in range(200):
            world.recorder.add(samples(10, n * 10))
            await trio.sleep(1)
        assert world.recorder.queued == 2_000
        assert sum(len(batch.samples) for batch in world.recorder._backlog) <= 400
        world.store.refusal = None
        await trio.sleep(60)
        assert sorted(world.stored()) == list(range(2_000))
        assert world.recorder.lost == 0
        assert world.journal.kept == []


async def test_what_neither_store_nor_journal_take_is_counted_at_last(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder_file, "WITHOUT_JOURNAL", 100)
    async with recording(World()) as world:
        world.store.refusal = RuntimeError("full")
        world.journal.refusal = OSError("no space left")
        for n in range(200):
            world.recorder.add(samples(10, n * 10))
            await trio.sleep(1)
        assert "no space left" in world.recorder.trouble
        world.store.refusal = world.journal.refusal = None
        await trio.sleep(60)
    lost = world.recorder.lost
    assert 1_500 < lost < 2_000
    assert world.stored() == list(range(lost, 2_000))
    told = [details(event) for event in world.store.life if "lost" in details(event)]
    assert sum(event["lost"] for event in told) == lost
    assert min(event["since"] for event in told) == EPOCH


async def test_the_last_samples_are_stored_at_the_end(autojump_clock: MockClock) -> None:
    async with recording(World()) as world:
        world.recorder.add(samples(5))
    await world.recorder.finish()
    assert world.stored() == list(range(5))


async def test_an_end_by_force_leaves_everything_in_the_journal(autojump_clock: MockClock) -> None:
    async with recording(World()) as world:
        world.store.refusal = RuntimeError("it hangs")
        world.recorder.add(samples(5))
        await trio.sleep(2)
        world.recorder.add(samples(5, 5))
        world.recorder.abandon()
    kept = [sample.started_at - EPOCH for batch in world.journal.kept for sample in batch.samples]
    assert kept == list(range(10))


async def test_a_stop_with_a_store_that_refuses_says_what_waits(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    world = World()
    world.store.refusal = RuntimeError("full")
    world.recorder.add(samples(3))
    await world.recorder.finish()
    assert "3 samples wait in the journal" in caplog.text
    assert len(world.journal.kept) == 1
