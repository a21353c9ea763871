from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import pytest
import trio
from tests import fakes
from tests.fakes import DOWN, EPOCH, OURS, UP, Answer, Clock, Target
from trio.testing import MockClock

from slawatch.core import schedule
from slawatch.core.check import Check
from slawatch.core.instant import HOUR, MILLISECOND, MINUTE, SECOND
from slawatch.core.sample import Cause, Observation, Outcome, Sample
from slawatch.core.text import Secret
from slawatch.daemon.house import Limits
from slawatch.daemon.scheduler import Scheduler


@pytest.fixture
def autojump_clock() -> MockClock:
    return MockClock(autojump_threshold=0)


PLENTY = Limits()


class Run:
    """A scheduler at work on a virtual clock."""

    def __init__(self, limits: Limits) -> None:
        self.clock = Clock()
        self.scheduler = Scheduler(self.clock, None, limits=limits, load=fakes.load)  # type: ignore[arg-type]

    @property
    def samples(self) -> list[Sample]:
        return [Sample(*row) for row in self.scheduler.samples]

    def of(self, number: int) -> list[Sample]:
        return [sample for sample in self.samples if sample.check == number]


@asynccontextmanager
async def running(*checks: Check, limits: Limits = PLENTY) -> AsyncIterator[Run]:
    run = Run(limits)
    run.scheduler.watch((number, check) for number, check in enumerate(checks, 1))
    async with trio.open_nursery() as nursery:
        await nursery.start(run.scheduler.run)
        yield run
        nursery.cancel_scope.cancel()


async def test_regular_probes_keep_to_their_grid(autojump_clock: MockClock) -> None:
    check = fakes.check(target=Target([Answer(0.2)]), interval=SECOND)
    async with running(check) as run:
        await trio.sleep(3600.5)
    first, *samples = run.samples
    assert first.due_at == EPOCH + schedule.SETTLING
    assert len(samples) == 3600
    phase = schedule.phase(check.name, SECOND)
    assert {(sample.due_at - phase) % SECOND for sample in samples} == {0}
    assert [b.due_at - a.due_at for a, b in pairwise(samples)] == [SECOND] * 3599
    assert all(0 <= sample.started_at - sample.due_at < 2 * MILLISECOND for sample in samples)
    assert {sample.latency for sample in samples} <= {199_999, 200_000, 200_001}
    assert run.scheduler.stats.skipped == 0


async def test_a_sample_carries_words_only_when_it_is_not_up(autojump_clock: MockClock) -> None:
    async with running(fakes.check(target=Target([Answer(), Answer(0.5, DOWN), Answer()]))) as run:
        await trio.sleep(60)
    up, down = run.samples[:2]
    assert (up.outcome, up.cause, up.reason, up.transcript) == (0, 0, None, None)
    assert (down.outcome, down.cause, down.reason) == (2, Cause.CONNECT, "connection refused")
    assert down.transcript is not None
    assert "the script goes on" in down.transcript
    assert up.holds == 70 * SECOND
    assert all(type(value) is not Outcome for row in run.scheduler.samples for value in row)


async def test_a_hanging_check_delays_nobody(autojump_clock: MockClock) -> None:
    hanging = [
        fakes.check(f"hangs-{n}", Target([Answer(None)]), interval=10 * SECOND, timeout=10 * SECOND)
        for n in range(200)
    ]
    healthy = [fakes.check(f"works-{n}", Target([Answer(0.05)]), interval=SECOND) for n in range(20)]
    async with running(*hanging, *healthy) as run:
        await trio.sleep(120)
    late = [s.started_at - s.due_at for s in run.samples if s.check > 200]
    assert len(late) >= 20 * 118
    assert max(late) < 2 * MILLISECOND
    down = run.of(1)
    assert {(s.outcome, s.cause) for s in down} == {(Outcome.DOWN, Cause.TIMEOUT)}
    assert down[0].reason == "no answer within 10s while waiting for the script"
    assert down[0].latency == 10 * SECOND


@pytest.mark.parametrize("after", [0.001, None])
async def test_a_hard_failure_is_confirmed_within_five_seconds_of_its_first_bad_probe(
    autojump_clock: MockClock, after: float | None
) -> None:
    target = Target(lambda n: Answer(0.01) if n < 2 else Answer(after, DOWN))
    async with running(fakes.check(target=target)) as run:
        told: list[float] = []
        while len(told) < 3:
            await trio.sleep(0.05)
            bad = [s for s in run.samples if s.outcome == Outcome.DOWN]
            told += [trio.current_time()] * (len(bad) - len(told))
    assert told[2] - told[0] <= 5


async def test_a_slow_answer_leaves_one_sample(autojump_clock: MockClock) -> None:
    target = Target([Answer(4.0)])
    async with running(fakes.check(target=target)) as run:
        await trio.sleep(300)
    samples = run.samples
    assert len(target.starts) == 2 * len(samples)
    assert target.cancelled == len(samples) == run.scheduler.stats.called_off
    assert {s.outcome for s in samples} == {Outcome.UP}
    assert all(4 * SECOND - 2 <= (s.latency or 0) <= 4 * SECOND + 2 for s in samples)


async def test_samples_come_in_the_order_of_their_starts(autojump_clock: MockClock) -> None:
    target = Target(lambda n: Answer(None) if n % 2 == 0 else Answer(0.1))
    async with running(fakes.check(target=target)) as run:
        await trio.sleep(300)
    starts = [s.started_at for s in run.samples]
    assert starts == sorted(starts)
    assert [s.outcome for s in run.samples[:2]] == [Outcome.DOWN, Outcome.UP]


async def test_regular_probes_of_a_check_never_overlap(autojump_clock: MockClock) -> None:
    target = Target([Answer(2.6)])
    async with running(fakes.check(target=target, interval=SECOND, timeout=5 * SECOND, failures=1)) as run:
        await trio.sleep(60)
    assert target.most_under_way == 1
    assert run.scheduler.stats.skipped >= 2 * (len(target.starts) - 2)


async def test_a_full_target_is_counted_and_holds_up_only_itself(autojump_clock: MockClock) -> None:
    busy = [
        fakes.check(f"busy-{n}", Target([Answer(2.0)]), address="one", interval=10 * SECOND, failures=1)
        for n in range(50)
    ]
    free = fakes.check("free", Target([Answer(0.01)]), interval=SECOND)
    async with running(*busy, free, limits=Limits(total=1_000, per_target=3)) as run:
        await trio.sleep(100)
    assert run.scheduler.counters()["full_house"] > 0
    assert max(s.started_at - s.due_at for s in run.of(51)) < 2 * MILLISECOND
    assert max(s.started_at - s.due_at for s in run.samples) > SECOND
    served = sum(len(check.options.target.starts) for check in busy)
    assert served == pytest.approx(3 * 100 / 2, rel=0.15), "every place of the target is used all the time"
    assert run.scheduler.in_flight == 0


async def test_a_full_house_serves_everybody_in_turn(autojump_clock: MockClock) -> None:
    checks = [fakes.check(f"c-{n}", Target([Answer(1.0)]), interval=10 * SECOND) for n in range(40)]
    async with running(*checks, limits=Limits(total=2, per_target=2)) as run:
        await trio.sleep(200)
    assert all(len(run.of(number)) >= 4 for number in range(1, 41))
    assert run.scheduler.counters()["full_house"] > 100


async def test_an_exception_is_unknown_with_its_traceback(autojump_clock: MockClock) -> None:
    class Options:
        address = "a"

    check = fakes.check(target=Target([Answer(0.1, ValueError("token s3cret-token is odd"))]))
    options = fakes.Options(check.options.target, Secret("s3cret-token"))  # type: ignore[arg-type]
    check = Check(name="c", service="s", type="script", options=options)
    async with running(check) as run:
        await trio.sleep(1)
    sample = run.samples[0]
    assert (sample.outcome, sample.cause) == (Outcome.UNKNOWN, Cause.BUG)
    assert sample.reason == "a fault of the script check: ValueError: token *** is odd"
    assert sample.transcript is not None
    assert "Traceback" in sample.transcript
    assert "s3cret" not in sample.transcript
    assert run.scheduler.stats.bugs == 1


async def test_a_fault_of_our_own_is_not_repeated_at_once(autojump_clock: MockClock) -> None:
    async with running(fakes.check(target=Target([Answer(0, OURS)]))) as run:
        await trio.sleep(120)
    assert len(run.samples) == 1 + 4, "the first, and the regular ones"
    assert {s.outcome for s in run.samples} == {Outcome.UNKNOWN}


async def test_a_check_type_that_cannot_be_loaded_is_unknown(autojump_clock: MockClock) -> None:
    def load(name: str) -> object:
        raise ImportError("no module named 'driver'")

    scheduler = Scheduler(Clock(), None, load=load)  # type: ignore[arg-type]
    scheduler.watch([(1, fakes.check())])
    with trio.move_on_after(31):
        await scheduler.run()
    sample = Sample(*scheduler.samples[0])
    assert (sample.outcome, sample.cause) == (Outcome.UNKNOWN, Cause.OURS)
    assert "no module named 'driver'" in (sample.reason or "")


@pytest.mark.parametrize("step", [HOUR, -HOUR, 3 * SECOND])
async def test_a_set_clock_moves_the_grid_and_causes_no_burst(autojump_clock: MockClock, step: int) -> None:
    checks = [fakes.check(f"c-{n}", Target([Answer(0.01)])) for n in range(50)]
    async with running(*checks) as run:
        await trio.sleep(95)
        before = len(run.samples)
        run.clock.step(step)
        await trio.sleep(1.1)
        assert len(run.samples) - before <= 8
        await trio.sleep(120)
        after = run.samples[before + 8 :]
    assert run.scheduler.stats.clock_steps == 1
    assert all(abs(s.started_at - s.due_at) < 5 * MILLISECOND for s in after)
    assert all(
        (s.due_at - schedule.phase(f"c-{s.check - 1}", 30 * SECOND)) % (30 * SECOND) == 0 for s in after
    )
    assert len(after) == pytest.approx(50 * 4, rel=0.1)


async def test_a_probe_cut_by_a_suspend_says_nothing_of_the_target(autojump_clock: MockClock) -> None:
    target = Target([Answer(None)])
    async with running(fakes.check(target=target, failures=1)) as run:
        while not target.under_way:  # noqa: ASYNC110
            await trio.sleep(0.1)
        run.clock.suspend(8 * HOUR)
        await trio.sleep(15)
    sample = run.samples[0]
    assert (sample.outcome, sample.cause) == (Outcome.UNKNOWN, Cause.OURS)
    assert sample.reason == "the machine slept for 8h during the probe"


@asynccontextmanager
async def stalled(clock: MockClock, target: Target, length: float, **keys: Any) -> AsyncIterator[Run]:
    """Run a check whose first probe is under way when the whole process stands still for some seconds."""
    async with running(fakes.check(target=target, interval=10 * SECOND, **keys)) as run:
        await pass_by(clock, 0.3)
        assert target.under_way == 1
        clock.jump(length)
        await trio.testing.wait_all_tasks_blocked()
        yield run


async def pass_by(clock: MockClock, seconds: float) -> None:
    for _ in range(round(seconds * 100)):
        clock.jump(0.01)
        await trio.testing.wait_all_tasks_blocked()


STALLED = "slawatch stood still for 8.9 s: what was measured meanwhile says nothing"
SLOW = Observation(Outcome.DEGRADED, Cause.SLOW, "slow")


@pytest.mark.parametrize(
    ("answer", "outcome", "reason"),
    [
        (Answer(None), Outcome.UNKNOWN, STALLED),
        (Answer(0.4, DOWN), Outcome.UNKNOWN, STALLED),
        (Answer(0.4, SLOW), Outcome.UNKNOWN, STALLED),
        (Answer(0.4, OURS), Outcome.UNKNOWN, "no file descriptors left"),
        (Answer(0.4, UP), Outcome.UP, None),
    ],
)
async def test_a_probe_in_a_standstill_is_held_against_nobody(
    mock_clock: MockClock, answer: Answer, outcome: Outcome, reason: str | None
) -> None:
    target = Target(lambda n: answer if n == 0 else Answer(0.05))
    timeout = SECOND // 2 if answer.after is None else 20 * SECOND
    async with stalled(mock_clock, target, 9, timeout=timeout) as run:
        await pass_by(mock_clock, 11)
        first, second, *_ = run.samples
        (start, end), *more = run.scheduler.stalls
    assert (first.outcome, first.reason) == (outcome, reason)
    assert first.latency is first.connect is None, "it enters no percentile"
    assert second.outcome == Outcome.UP
    assert 50_000 <= (second.latency or 0) <= 70_000
    if first.reason == STALLED:
        assert second.started_at - end < 1_100_000, "the check is probed again at once"
    assert more == []
    assert 8_900_000 <= end - start <= 9 * SECOND


async def test_a_short_standstill_spoils_nothing(mock_clock: MockClock) -> None:
    target = Target([Answer(None)])
    async with stalled(mock_clock, target, 0.2, timeout=SECOND) as run:
        await pass_by(mock_clock, 1)
        assert run.samples[0].outcome == Outcome.DOWN
        assert run.scheduler.stalls == []


async def test_a_hanging_target_is_down_though_the_monitor_stutters(mock_clock: MockClock) -> None:
    target = Target([Answer(None)])
    async with stalled(mock_clock, target, 2, timeout=10 * SECOND) as run:
        await pass_by(mock_clock, 8)
        first = run.samples[0]
        assert (first.outcome, first.cause, first.latency) == (Outcome.DOWN, Cause.TIMEOUT, None)
        assert len(run.scheduler.stalls) == 1


async def test_a_standstill_causes_no_burst(mock_clock: MockClock) -> None:
    targets = [Target([Answer(0.01)]) for _ in range(400)]
    async with running(
        *(fakes.check(f"c-{n}", one, interval=MINUTE) for n, one in enumerate(targets))
    ) as run:
        await pass_by(mock_clock, 3)
        seen = len(run.samples)
        mock_clock.jump(HOUR)
        await trio.testing.wait_all_tasks_blocked()
        assert len(run.samples) - seen <= 2
        await pass_by(mock_clock, 0.5)
        assert len(run.samples) - seen <= 110
        await pass_by(mock_clock, 3)
        assert {sample.check for sample in run.samples[seen:]} == set(range(1, 401))
    assert run.scheduler.stats.skipped >= 400 * 58


async def test_a_changed_check_is_probed_in_its_new_way_only(autojump_clock: MockClock) -> None:
    old, new, other = Target([Answer(None)]), Target(), Target()
    async with running(fakes.check("a", old), fakes.check("b", other)) as run:
        await trio.sleep(40)
        kept = [s.due_at for s in run.of(2)]
        run.scheduler.watch([(1, fakes.check("a", new, interval=5 * SECOND))])
        seen = len(old.starts)
        cut = len(run.of(1))
        await trio.sleep(60)
        assert len(old.starts) == seen
        assert old.under_way == 0
        assert {s.outcome for s in run.of(1)[cut:]} == {Outcome.UP}
        assert len(new.starts) == 12
        dues = [s.due_at for s in run.of(2)]
        run.scheduler.leave(["a", "unknown"])
        await trio.sleep(60)
        assert len(new.starts) == 12
    assert dues[: len(kept)] == kept
    assert {b - a for a, b in pairwise(dues[1:])} == {30 * SECOND}, "the other check noticed nothing"


async def test_a_check_can_be_looked_at_out_of_turn(autojump_clock: MockClock) -> None:
    target = Target()
    async with running(fakes.check(target=target, interval=HOUR)) as run:
        await trio.sleep(100)
        seen = len(target.starts)
        run.scheduler.look("c")
        run.scheduler.look("nobody")
        await trio.sleep(0.01)
        assert len(target.starts) == seen + 1
        await trio.sleep(3600)
        assert len(target.starts) == seen + 2


async def test_what_nobody_takes_is_dropped_and_counted(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slawatch.daemon.scheduler.KEPT_AT_MOST", 10)
    async with running(fakes.check(interval=SECOND)) as run:
        await trio.sleep(25.5)
    assert len(run.samples) == 10
    assert run.scheduler.lost >= 14
    assert run.scheduler.lost_since == run.samples[-1].started_at + SECOND


async def test_a_long_interval_does_not_wait_for_its_first_turn(autojump_clock: MockClock) -> None:
    async with running(fakes.check(interval=24 * HOUR)) as run:
        await trio.sleep(30.1)
    assert len(run.samples) == 1


async def test_the_latency_of_the_check_type_goes_before_the_whole_length(autojump_clock: MockClock) -> None:
    seen = Observation(Outcome.UP, latency=1234)
    async with running(fakes.check(target=Target([Answer(1.0, seen)]), timeout=MINUTE)) as run:
        await trio.sleep(35)
    assert run.samples[0].latency == 1234
    assert UP.latency is None


async def test_a_type_with_a_bound_of_its_own_keeps_it_over_all_its_checks(
    autojump_clock: MockClock,
) -> None:
    clock, targets = Clock(), [Target([Answer(3.0)]) for _ in range(40)]
    scheduler = Scheduler(
        clock,
        None,  # type: ignore[arg-type]
        load=lambda name: fakes.load(name)._replace(at_once=7),
    )
    scheduler.watch((n, fakes.check(f"c-{n}", target)) for n, target in enumerate(targets))
    most = 0
    async with trio.open_nursery() as nursery:
        await nursery.start(scheduler.run)
        for _ in range(250):
            await trio.sleep(0.1)
            most = max(most, sum(target.under_way for target in targets))
        nursery.cancel_scope.cancel()
    assert most == 7
    assert all(target.starts for target in targets), "the others wait, and have their turn"


async def test_a_look_at_a_passive_check_has_no_latency(autojump_clock: MockClock) -> None:
    scheduler = Scheduler(
        Clock(),
        None,  # type: ignore[arg-type]
        load=lambda name: fakes.load(name)._replace(passive=True),
    )
    scheduler.watch([(1, fakes.check())])
    with trio.move_on_after(1):
        await scheduler.run()
    assert Sample(*scheduler.samples[0]).latency is None
