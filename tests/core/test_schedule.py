import heapq
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from slawatch.core import schedule
from slawatch.core.check import Check
from slawatch.core.instant import HOUR, MILLISECOND, MINUTE, SECOND, Instant, Micros
from slawatch.core.sample import Outcome
from slawatch.core.schedule import CONFIRMED_WITHIN, Rhythm, Step, Turn

UP, DEGRADED, DOWN, UNKNOWN = (int(outcome) for outcome in Outcome)
START = 1_700_000_000 * SECOND


def rhythm(
    interval: Micros = 30 * SECOND,
    timeout: Micros = 10 * SECOND,
    failures: int = 3,
    retry_interval: Micros = SECOND,
    name: str = "c",
) -> Rhythm:
    return schedule.rhythm(
        Check(
            name=name,
            service="s",
            type="http",
            options=None,
            interval=interval,
            timeout=timeout,
            failures=failures,
            retry_interval=retry_interval,
        )
    )


rhythms = st.builds(
    rhythm,
    interval=st.integers(200 * MILLISECOND, 5 * MINUTE),
    timeout=st.integers(10 * MILLISECOND, 30 * SECOND),
    failures=st.integers(1, 8),
    retry_interval=st.integers(10 * MILLISECOND, 20 * SECOND),
    name=st.text(min_size=1, max_size=8),
)
instants = st.integers(0, 4_000_000_000 * SECOND)


class World:
    """Plays a schedule against a target, whose answer to the n-th probe is `(outcome, length)`."""

    def __init__(self, rhythm: Rhythm, answers: list[tuple[int, Micros]], start: Instant = START) -> None:
        self.rhythm = rhythm
        regular = schedule.next_due(rhythm, start)
        self.turn = Turn(regular if rhythm.interval <= 30 * SECOND else min(regular, start + 30 * SECOND))
        self.answers = answers
        self.starts: list[tuple[int, Instant, Instant]] = []
        self.results: list[tuple[int, Instant, int]] = []
        self.released: list[int] = []
        self.called_off: set[int] = set()
        self.skipped = 0
        self.overlaps_of_regular = 0
        self.now = start
        self._ends: list[tuple[Instant, int, int]] = []

    def run(self, until: Instant) -> None:
        while True:
            wake = schedule.due(self.rhythm, self.turn)
            if self._ends and self._ends[0][0] <= wake:
                at, number, outcome = heapq.heappop(self._ends)
                if at > until:
                    return
                self.now = max(self.now, at)
                if number in self.called_off:
                    continue
                self.results.append((number, self.now, outcome))
                self.turn, step = schedule.answer(self.rhythm, self.turn, number, outcome, self.now)
            else:
                if wake > until:
                    return
                self.now = max(self.now, wake)
                before = self.turn
                self.turn, step = schedule.wake(self.rhythm, self.turn, self.now)
                assert (before, Step()) != (self.turn, step), (
                    "a wake must do something, or the loop would spin"
                )
            self._do(step)

    def _do(self, step: Step) -> None:
        self.released.extend(step.release)
        self.called_off.update(step.call_off)
        self.skipped += step.skipped
        if step.start is not None:
            number = self.turn.upcoming - 1
            outcome, length = self.answers[number % len(self.answers)]
            self.starts.append((number, step.start, self.now))
            heapq.heappush(self._ends, (self.now + length, number, outcome))

    def started(self, number: int) -> Instant:
        return next(at for known, _, at in self.starts if known == number)

    def confirmed_at(self) -> Instant:
        """When the failures-th bad result of a row was released."""
        row, outcomes = 0, {number: (at, outcome) for number, at, outcome in self.results}
        latest = 0
        for number in self.released:
            at, outcome = outcomes[number]
            latest = max(latest, at)
            row = row + 1 if outcome == DOWN else 0 if outcome < DOWN else row
            if row == self.rhythm.failures:
                return latest
        raise AssertionError("never confirmed")


@given(rhythms, instants)
def test_due_times_lie_on_a_grid_and_never_in_the_past(rhythm: Rhythm, now: Instant) -> None:
    due = schedule.next_due(rhythm, now)
    assert now < due <= now + rhythm.interval
    assert (due - rhythm.phase) % rhythm.interval == 0
    assert schedule.next_due(rhythm, due - 1) == due


def test_a_phase_never_changes() -> None:
    assert schedule.phase("shop-home", 30 * SECOND) == 908_711
    assert 0 <= schedule.phase("shop-db", SECOND) < SECOND


def test_phases_are_spread_evenly() -> None:
    counts = [0] * 10
    for number in range(10_000):
        counts[schedule.phase(f"check-{number}", 10 * SECOND) // SECOND] += 1
    assert all(900 < count < 1_100 for count in counts)


@given(rhythms, instants)
def test_regular_probes_of_a_healthy_target_do_not_drift(rhythm: Rhythm, now: Instant) -> None:
    world = World(rhythm, [(UP, min(5 * MILLISECOND, rhythm.timeout))], now)
    world.run(now + 20 * rhythm.interval + 30 * SECOND)
    dues = [due for _, due, _ in world.starts[1:]]
    assert all((due - rhythm.phase) % rhythm.interval == 0 for due in dues)
    assert all(later - earlier == rhythm.interval for earlier, later in pairwise(dues))
    assert all(at == due for _, due, at in world.starts)
    assert world.skipped == 0


@given(rhythms, instants)
def test_the_first_probe_comes_soon_and_the_grid_stays(rhythm: Rhythm, now: Instant) -> None:
    turn, queue = schedule.begin(rhythm, now)
    assert now < turn.due <= now + min(rhythm.interval, schedule.SETTLING + SECOND)
    assert queue in (0, turn.due + schedule.APART)
    after, step = schedule.wake(rhythm, turn, turn.due)
    assert step == Step(turn.due)
    assert after.due == schedule.next_due(rhythm, turn.due)


def test_few_newcomers_are_probed_within_two_seconds_and_many_at_most_200_a_second() -> None:
    for count, within in ((1, SECOND), (100, 2 * SECOND), (10_000, 60 * SECOND)):
        queue, first, extra = 0, [], []
        for number in range(count):
            r = rhythm(name=f"check-{number}", interval=MINUTE, timeout=SECOND)
            turn, queue = schedule.begin(r, START, queue)
            first.append(turn.due)
            if (turn.due - r.phase) % r.interval:
                extra.append(turn.due)
        assert max(first) <= START + within
        assert all(later - earlier >= schedule.APART for earlier, later in pairwise(sorted(extra)))


def test_a_newcomer_waits_for_a_regular_time_that_is_near() -> None:
    r = rhythm(interval=10 * SECOND)
    regular = schedule.next_due(r, START)
    assert schedule.begin(r, regular - SECOND)[0].due == regular
    assert schedule.begin(r, regular - 3 * SECOND)[0].due == regular - 3 * SECOND + schedule.SETTLING


def test_a_refused_connection_is_confirmed_by_rechecks_a_second_apart() -> None:
    world = World(rhythm(), [(DOWN, MILLISECOND)])
    world.run(START + 29 * SECOND)
    first = world.starts[0][2]
    assert [at - first for _, _, at in world.starts[:3]] == [0, SECOND, 2 * SECOND]
    assert world.confirmed_at() == first + 2 * SECOND + MILLISECOND


def test_a_hanging_target_gets_its_rechecks_beside_the_first_probe() -> None:
    world = World(rhythm(), [(DOWN, 10 * SECOND)])
    world.run(START + 60 * SECOND)
    first = world.starts[0][2]
    assert [at - first for _, _, at in world.starts[:3]] == [0, 3_500_000, 4_500_000]
    assert world.confirmed_at() == first + 14_500_000


def test_a_slow_answer_calls_the_rechecks_off() -> None:
    world = World(rhythm(), [(UP, 4 * SECOND)])
    world.run(START + 29 * SECOND)
    assert world.called_off == {1}
    assert world.released == [0]


def test_an_answer_within_the_patience_causes_no_recheck() -> None:
    world = World(rhythm(), [(UP, 3_400 * MILLISECOND)])
    world.run(START + 5 * MINUTE)
    assert not world.called_off
    assert all((due - world.rhythm.phase) % world.rhythm.interval == 0 for _, due, _ in world.starts)


def test_a_short_timeout_needs_no_probe_beside_another() -> None:
    assert rhythm(timeout=2 * SECOND).patience is None
    assert rhythm(timeout=3 * SECOND).patience == 3_500 * MILLISECOND
    assert rhythm(timeout=30 * SECOND, failures=1).patience is None


def test_a_younger_good_answer_waits_for_the_older_probe() -> None:
    world = World(rhythm(), [(DOWN, 10 * SECOND), (UP, 10 * MILLISECOND)])
    world.run(START + 29 * SECOND)
    assert world.released[:2] == [0, 1]
    assert len(world.starts) == 2, "a target that answers the second probe needs no third"


def test_an_unknown_result_neither_counts_nor_repeats() -> None:
    world = World(rhythm(), [(DOWN, MILLISECOND), (UNKNOWN, MILLISECOND)])
    world.run(START + 25 * SECOND)
    assert len(world.starts) == 2
    assert world.turn.bad == 1


def test_a_confirmed_failure_goes_back_to_the_regular_rhythm() -> None:
    world = World(rhythm(), [(DOWN, MILLISECOND)])
    world.run(START + 120 * SECOND)
    assert len(world.starts) == 2 + 4


def test_a_hanging_check_of_one_second_is_still_probed_each_second() -> None:
    world = World(rhythm(interval=SECOND, timeout=SECOND), [(DOWN, SECOND)])
    world.run(START + 30 * SECOND)
    starts = [at for _, _, at in world.starts]
    assert len(starts) >= 29
    assert max(later - earlier for earlier, later in pairwise(starts)) <= 1_100_000


def test_due_times_that_pass_while_a_probe_runs_are_counted() -> None:
    world = World(rhythm(interval=SECOND, timeout=10 * SECOND, failures=1), [(UP, 3_500 * MILLISECOND)])
    world.run(START + 21 * SECOND)
    assert world.skipped == 3 * (len(world.starts) - 1)


@given(rhythms, st.lists(st.tuples(st.just(DOWN), st.floats(0, 1)), min_size=1, max_size=8))
def test_a_hard_failure_is_confirmed_in_time(rhythm: Rhythm, shares: list[tuple[int, float]]) -> None:
    answers = [(outcome, int(share * rhythm.timeout)) for outcome, share in shares]
    world = World(rhythm, answers)
    world.run(START + 31 * SECOND + rhythm.failures * (rhythm.timeout + rhythm.retry_interval))
    first = world.starts[0][2]
    rechecks = (rhythm.failures - 1) * rhythm.retry_interval
    assert world.confirmed_at() <= first + max(CONFIRMED_WITHIN, rechecks) + rhythm.timeout


@given(rhythms)
def test_a_hanging_target_is_confirmed_soon_after_its_first_bad_result(rhythm: Rhythm) -> None:
    world = World(rhythm, [(DOWN, rhythm.timeout)])
    world.run(START + 31 * SECOND + rhythm.failures * (rhythm.timeout + rhythm.retry_interval))
    first_bad = world.results[0][1]
    rechecks = (rhythm.failures - 1) * rhythm.retry_interval
    assert world.confirmed_at() <= first_bad + max(CONFIRMED_WITHIN, rechecks)


@settings(max_examples=60, deadline=None)
@given(
    rhythms,
    st.lists(
        st.tuples(st.sampled_from([UP, DEGRADED, DOWN, DOWN, UNKNOWN]), st.floats(0, 1)),
        min_size=1,
        max_size=12,
    ),
)
def test_whatever_a_target_does(rhythm: Rhythm, shares: list[tuple[int, float]]) -> None:
    world = World(rhythm, [(outcome, int(share * rhythm.timeout)) for outcome, share in shares])
    length = 12 * rhythm.interval + 3 * rhythm.timeout + 30 * SECOND
    world.run(START + length)
    starts = [at for _, _, at in world.starts]
    assert world.released == sorted(world.released), "samples come in the order of their starts"
    assert len(set(world.released)) == len(world.released)
    assert not world.called_off & set(world.released)
    assert len(world.turn.running) <= rhythm.failures
    open_now = {probe.number for probe in world.turn.running}
    assert {number for number, _, _ in world.starts} == set(world.released) | world.called_off | open_now
    assert starts == sorted(starts)
    regular = length // rhythm.interval + 2
    good = sum(outcome < DOWN for _, _, outcome in world.results)
    assert len(starts) <= (regular + 1 + good) * rhythm.failures, (
        "only a regular probe, or a bad one after a good one, begins a row of re-checks"
    )


@given(rhythms, instants, st.integers(-10 * MINUTE, 10 * MINUTE))
def test_a_set_clock_causes_no_burst(rhythm: Rhythm, now: Instant, step: Micros) -> None:
    turn, _ = schedule.begin(rhythm, now)
    turn, _ = schedule.wake(rhythm, turn, turn.due)
    at = turn.running[0].started + step
    turn = schedule.moved(rhythm, turn, step, at)
    assert at < turn.due <= at + rhythm.interval
    assert (turn.due - rhythm.phase) % rhythm.interval == 0
    turn, released = schedule.answer(rhythm, turn, 0, DOWN, at + rhythm.timeout)
    assert released.release == (0,)
    again = schedule.recheck(rhythm, turn)
    assert again is None or turn.again == at


def test_an_answer_of_a_forgotten_probe_changes_nothing() -> None:
    r = rhythm()
    turn = Turn(START)
    assert schedule.answer(r, turn, 7, DOWN, START) == (turn, Step())


@given(rhythms, instants, st.integers(-HOUR, HOUR), st.integers(-SECOND, SECOND))
def test_what_is_owed_queues_and_is_never_long_overdue(
    rhythm: Rhythm, now: Instant, ago: Micros, ahead: Micros
) -> None:
    turn = Turn(now - ago, bad=1, again=now)
    made, queue, skipped = schedule.again(rhythm, turn, now, now + ahead)
    assert made._replace(due=turn.due) == turn
    assert now <= made.due <= max(now, now + ahead) + max(rhythm.interval // 10, SECOND)
    assert queue in (now + ahead, made.due + schedule.APART)
    assert skipped >= 0
