"""What metrics come to, asked of a real store."""

from dataclasses import replace

import pytest
from tests.web.conftest import NOW, View, samples

from slawatch.answers.measuring import Memory, measure, pledges
from slawatch.answers.promises import promises
from slawatch.core.agreement import Objective
from slawatch.core.instant import DAY, HOUR, MINUTE, SECOND
from slawatch.core.life import life_event
from slawatch.core.metric import CATALOGUE, find
from slawatch.core.sample import Outcome, Transition
from slawatch.core.series import Whose, Wish
from slawatch.store.batch import Batch
from slawatch.store.writer import Writer

SHOP, API, GOLD, SELF = Whose("shop"), Whose("api"), Whose(agreement="gold"), Whose()


def asked(view: View, *wishes: tuple[str, Whose, int], now: int = NOW, memory: Memory | None = None):
    with view.database.reading() as cursor:
        made = {wish: Wish(find(wish[0]), wish[1], wish[2]) for wish in wishes}
        found = measure(cursor, view.config, list(made.values()), now, view.live(), memory)
    return [found[made[wish]].number for wish in wishes]


@pytest.mark.parametrize(
    ("name", "whose", "window", "expected"),
    [
        ("latency_p95", SHOP, HOUR, 20_000),
        ("error_rate", SHOP, 10 * MINUTE, 10.0),
        ("probes_down", SHOP, 10 * MINUTE, 4),
        ("probes", Whose("shop", "shop-home"), 10 * MINUTE, 20),
        ("availability", SHOP, 10 * MINUTE, 80.0),
        ("availability", Whose("shop", "shop-home"), 10 * MINUTE, 100.0),
        ("availability", API, HOUR, 100.0),
        ("availability", Whose("api", "api-a"), HOUR, 0.0),
        ("current_outage", SHOP, MINUTE, 2 * MINUTE),
        ("outages", Whose("api", "api-a"), 5 * MINUTE, 1),
        ("last_sample_age", SHOP, MINUTE, 30 * SECOND),
        ("last_sample_age", Whose("jobs"), MINUTE, None),
        ("heartbeat_age", Whose("jobs"), MINUTE, None),
        ("availability", Whose("jobs"), HOUR, None),
        ("budget_spent", GOLD, MINUTE, 2 * MINUTE),
        ("budget_remaining", GOLD, MINUTE, 100 * (1 - 2 * MINUTE / ((30 * DAY - 2 * HOUR) // 100))),
        ("burn_rate", GOLD, HOUR, 2 / 60 * 100),
        ("daemon_age", SELF, MINUTE, HOUR),
        ("store_lag", SELF, MINUTE, 0),
    ],
)
def test_values(view: View, name: str, whose: Whose, window: int, expected: float | None) -> None:
    (found,) = asked(view, (name, whose, window))
    assert found == (None if expected is None else pytest.approx(expected))


def test_every_metric_can_be_asked_for(view: View) -> None:
    wishes = [
        (name.replace("NAME", "x"), {"agreement": GOLD, "slawatch": SELF}.get(metric.about, SHOP), HOUR)
        for name, metric in CATALOGUE.items()
    ]
    assert len(asked(view, *wishes)) == len(CATALOGUE)


def test_what_happened_to_slawatch_is_counted_in_the_window(view: View) -> None:
    events = [
        life_event(NOW - 10 * MINUTE, "start"),
        life_event(NOW - 2 * MINUTE, "prober_died", prober=0, why="x"),
        life_event(NOW - MINUTE, "prober_died", prober=1, why="x"),
    ]
    Writer(view.database).write(Batch(9, life=events))
    names = ("daemon_starts", "prober_restarts", "clock_steps")
    assert asked(view, *((name, SELF, 5 * MINUTE) for name in names)) == [0, 2, 0]
    assert asked(view, ("daemon_starts", SELF, HOUR)) == [1]


def test_calls_of_heartbeats(view: View) -> None:
    number = view.database.check_numbers(["backup"])["backup"]
    Writer(view.database).write(Batch(9, pings=[(number, NOW - HOUR), (number, NOW - 7 * MINUTE)]))
    assert asked(view, ("heartbeat_age", Whose("jobs"), HOUR)) == [7 * MINUTE]


def test_a_long_window_is_read_again_after_a_hundredth_of_it(view: View) -> None:
    memory, number = Memory(), view.database.check_numbers(["shop-home"])["shop-home"]
    wishes = (("probes", SHOP, DAY), ("probes", SHOP, 5 * MINUTE))
    long, short = asked(view, *wishes, memory=memory)
    more = samples(number, NOW, NOW + 5 * MINUTE, lambda _: Outcome.UP)
    Writer(view.database).write(Batch(9, samples=more))
    later = NOW + 5 * MINUTE
    assert asked(view, *wishes, now=later, memory=memory) == [long, 10]
    assert asked(view, *wishes, now=NOW + DAY // 100, memory=memory)[0] == long + 10
    assert short == 20


def test_times_are_as_fresh_with_a_memory_as_without(view: View) -> None:
    memory, names = (
        Memory(),
        ("availability", "downtime", "outages", "current_outage", "mttr", "state_changes"),
    )
    wishes = [(n, whose, window) for n in names for whose in (SHOP, API) for window in (MINUTE, HOUR, DAY)]
    for step in range(6):
        now = NOW + step * 20 * SECOND
        assert asked(view, *wishes, now=now, memory=memory) == asked(view, *wishes, now=now)


def test_pledges_are_the_figures_of_the_page(view: View) -> None:
    with view.database.reading() as cursor:
        (found,) = pledges(cursor, view.config, NOW, Memory()).values()
        (report,) = promises(cursor, view.config, NOW).values()
    assert found.running is not None
    assert report.contract is not None
    assert (found.combined.share, found.combined.loss) == (
        report.contract.combined.share, report.contract.combined.loss,
    )  # fmt: skip
    assert [one.verdict.value for one in found.objectives] == [one.verdict for one in report.objectives]


def test_a_quiet_agreement_is_worked_out_every_ten_minutes(view: View) -> None:
    terms = replace(view.config.agreements["gold"], services=("api",), organization="other")
    config, memory = replace(view.config, agreements={"gold": terms}), Memory()
    numbers = view.database.check_numbers(["api-a", "api-b"])
    writer, number = Writer(view.database), 9
    made = []
    # Both are up again for long enough that no window of a rule sees anything else.
    start = NOW + 4 * DAY
    for step in range(3):
        at = start + step * 5 * MINUTE
        found = [one for n in numbers.values() for one in samples(n, at - MINUTE, at, lambda _: Outcome.UP)]
        changes = []
        if not step:
            changes = [(n, Transition(at - MINUTE, Outcome.UP, None)) for n in numbers.values()]
        writer.write(Batch(number := number + 1, samples=found, transitions=changes))
        with view.database.reading() as cursor:
            made.append(pledges(cursor, config, at, memory)["gold"])
    assert made[1] is made[0]
    assert made[2] is not made[0]


def test_latencies_of_a_promise_are_read_now_and_then(view: View) -> None:
    speed = Objective(id="speed", metric="latency_p95", target="< 10ms")
    terms = replace(view.config.agreements["gold"], objectives=(speed,))
    config, memory = replace(view.config, agreements={"gold": terms}), Memory()
    wish = Wish(find("objectives_missed"), GOLD, MINUTE)
    with view.database.reading() as cursor:
        for _ in range(2):
            assert measure(cursor, config, [wish], NOW, None, memory)[wish].number == 1
    assert list(memory.slow) == ["gold"]


def test_without_a_daemon_only_the_store_answers(view: View) -> None:
    with view.database.reading() as cursor:
        wish = Wish(find("samples_queued"), SELF, MINUTE)
        assert measure(cursor, view.config, [wish], NOW)[wish].number is None


def test_an_agreement_of_which_nothing_is_told_is_not_worked_out_each_time(view: View) -> None:
    terms = replace(view.config.agreements["gold"], services=("api",), organization="other")
    config, memory = replace(view.config, agreements={"gold": terms}), Memory()
    numbers, start = view.database.check_numbers(["api-a", "api-b"]), NOW + 4 * DAY
    for sequence, number in enumerate(numbers.values(), 9):
        found = samples(
            number,
            start - 3 * MINUTE,
            start,
            lambda at: Outcome.DOWN if at < start - 2 * MINUTE else Outcome.UP,
        )
        changes = [
            (number, Transition(start - 3 * MINUTE, Outcome.DOWN, None)),
            (number, Transition(start - 2 * MINUTE, Outcome.UP, start - 150 * SECOND)),
        ]
        Writer(view.database).write(Batch(sequence, samples=found, transitions=changes))
    with view.database.reading() as cursor:
        first = pledges(cursor, config, start, memory)["gold"]
        assert first.running is not None
        assert any(one.long for one in first.running.rules), "it is not calm"
        assert pledges(cursor, config, start + SECOND, memory)["gold"] is not first
        memory.quiet.add("gold")
        second = pledges(cursor, config, start + 2 * SECOND, memory)["gold"]
        assert pledges(cursor, config, start + 20 * SECOND, memory)["gold"] is second
        # Whoever asks for one figure of it has the present one.
        assert pledges(cursor, config, start + 21 * SECOND, memory, ["gold"])["gold"] is not second
