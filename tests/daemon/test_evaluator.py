from collections.abc import Iterable

from tests import fakes
from tests.fakes import EPOCH

from slawatch.core import timeline
from slawatch.core.instant import SECOND
from slawatch.core.sample import Outcome, Sample
from slawatch.core.state import CheckState, Confirmed, Recovered
from slawatch.core.timeline import Held
from slawatch.daemon.evaluator import Evaluator

HOLDS = 70 * SECOND


def row(number: int, at: int, outcome: int = 0, reason: str | None = None) -> tuple[object, ...]:
    started = EPOCH + at * SECOND
    return tuple(
        Sample(number, started, started, outcome, 0, 5, None, None, None, None, None, HOLDS, 0, reason)
    )


def evaluator(held: dict[int, Held] | None = None, names: Iterable[str] = ("a", "b")) -> Evaluator:
    found = Evaluator(held or {})
    checks = [fakes.check(name) for name in names]
    found.assign({name: number for number, name in enumerate(names, 1)}, checks)
    return found


def test_transitions_are_those_of_the_timeline() -> None:
    rows = [row(1, at, outcome) for at, outcome in ((0, 0), (30, 0), (60, 2), (90, 2), (300, 0))]
    found = evaluator().take(rows)
    expected, _ = timeline.fold(Held(r[2], HOLDS, r[3]) for r in rows)  # type: ignore[arg-type]
    assert [transition for _, transition in found.transitions] == list(expected)
    assert {number for number, _ in found.transitions} == {1}
    assert [tuple(s) for s in found.samples] == rows


def test_it_goes_on_where_the_store_left_off() -> None:
    held = {1: Held(EPOCH, HOLDS, Outcome.UP)}
    assert evaluator(held).take([row(1, 30)]).transitions == []
    after_a_night = evaluator(held).take([row(1, 8 * 3600)]).transitions
    assert [t.outcome for _, t in after_a_night] == [Outcome.UNKNOWN, Outcome.UP]
    assert after_a_night[0][1].at == EPOCH + HOLDS


def test_a_sample_from_before_a_set_clock_is_late() -> None:
    one = evaluator()
    one.take([row(1, 100)])
    found = one.take([row(1, 50, 2), row(2, 50)])
    assert found.late == [(1, EPOCH + 50 * SECOND)]
    assert len(found.samples) == 2
    assert {number for number, _ in found.transitions} == {2}


def test_samples_of_checks_that_are_gone_are_left_out() -> None:
    assert evaluator().take([row(9, 0)]).samples == []


def test_failures_and_recoveries_are_told() -> None:
    told: list[tuple[str, Confirmed | Recovered]] = []
    one = evaluator()
    one.subscribe(lambda check, event: told.append((check.name, event)))
    one.take([row(1, at, 2, "refused") for at in (0, 1, 2, 3)])
    one.take([row(1, 30)])
    assert told == [
        ("a", Confirmed(EPOCH, EPOCH + 2 * SECOND, "refused")),
        ("a", Recovered(EPOCH, EPOCH + 30 * SECOND)),
    ]


def test_a_snapshot_does_not_change_afterwards() -> None:
    one = evaluator()
    one.take([row(1, 0)])
    before = one.live(EPOCH + SECOND)
    one.take([row(1, 30, 2, "refused")])
    assert before["a"].outcome == Outcome.UP
    assert before["b"].outcome is None
    assert list(before) == ["a", "b"]
    after = one.live(EPOCH + 31 * SECOND)["a"]
    assert (after.outcome, after.reason, after.failing, after.last_sample) == (
        Outcome.DOWN, "refused", False, EPOCH + 30 * SECOND,
    )  # fmt: skip


def test_a_stale_sample_shows_as_unknown_since_it_went_stale() -> None:
    one = evaluator()
    one.take([row(1, 0)])
    found = one.live(EPOCH + HOLDS)["a"]
    assert (found.outcome, found.since) == (Outcome.UNKNOWN, EPOCH + HOLDS)


def test_a_reload_keeps_the_states_of_checks_that_stay() -> None:
    one = evaluator()
    one.take([row(1, 0, 2), row(2, 0, 2)])
    one.assign({"a": 1, "c": 3}, [fakes.check("a"), fakes.check("c")])
    live = one.live(EPOCH + SECOND)
    assert live["a"].outcome == Outcome.DOWN
    assert live["c"].outcome is None
    assert "b" not in live


def test_a_confirmed_failure_outlives_a_restart() -> None:
    one = evaluator()
    down = CheckState(2, EPOCH, 3, EPOCH, EPOCH, EPOCH, HOLDS, None)
    one.resume({1: down})
    assert one.live(EPOCH + SECOND)["a"].failing
    told: list[object] = []
    one.subscribe(lambda check, event: told.append(event))
    one.take([row(1, 30, 2)])
    assert told == []


def test_an_import_of_later_samples_is_taken_over() -> None:
    one = evaluator({1: Held(EPOCH, HOLDS, 0)})
    one.merge({1: Held(EPOCH - SECOND, HOLDS, 2), 2: Held(EPOCH + 10 * SECOND, HOLDS, 0)})
    assert one.take([row(1, 30), row(2, 30)]).transitions == []
