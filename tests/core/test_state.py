from hypothesis import given
from hypothesis import strategies as st

from slawatch.core import state
from slawatch.core.sample import Outcome
from slawatch.core.state import CheckState, Confirmed, Recovered, Seen

UP, DEGRADED, DOWN, UNKNOWN = (int(outcome) for outcome in Outcome)


def play(
    outcomes: list[int], failures: int = 3, every: int = 10, holds: int = 25
) -> tuple[CheckState, list[object]]:
    current: CheckState | None = None
    told: list[object] = []
    for number, outcome in enumerate(outcomes):
        current, events = state.step(
            current, Seen(number * every, outcome, holds, reason=f"r{number}"), failures
        )
        told.extend(events)
    assert current is not None
    return current, told


def test_a_failure_is_soft_until_enough_bad_samples_confirm_it() -> None:
    assert play([UP, DOWN])[0].kind == "soft"
    assert play([UP, DOWN, DOWN])[0].kind == "soft"
    current, events = play([UP, DOWN, DOWN, DOWN])
    assert (current.kind, current.failing) == ("failing", True)
    assert events == [Confirmed(since=10, at=30, reason="r3")]


def test_it_is_confirmed_once_and_recovers_once() -> None:
    current, events = play([DOWN] * 5 + [DEGRADED, UP])
    assert current.kind == "ok"
    assert events == [Confirmed(0, 20, "r2"), Recovered(0, 50)]


def test_a_good_sample_ends_a_row_silently() -> None:
    current, events = play([DOWN, DOWN, UP, DOWN, DOWN])
    assert (current.bad, current.kind, events) == (2, "soft", [])


def test_unknown_samples_change_neither_row_nor_confirmation() -> None:
    assert play([DOWN, UNKNOWN, DOWN, UNKNOWN, DOWN])[1] == [Confirmed(0, 40, "r4")]
    current, events = play([DOWN, DOWN, DOWN, UNKNOWN])
    assert current.failing
    assert current.outcome == UNKNOWN
    assert len(events) == 1


def test_since_is_the_start_of_the_present_run() -> None:
    assert play([UP, UP, DOWN, DOWN])[0].since == 20
    assert play([UP, DOWN, UP, UP])[0].since == 20


def test_a_gap_ends_a_run() -> None:
    current, _ = state.step(None, Seen(0, UP, 25), 3)
    current, _ = state.step(current, Seen(100, UP, 25), 3)
    assert current.since == 100


def test_an_old_sample_does_not_speak_any_more() -> None:
    current, _ = state.step(None, Seen(0, UP, 25), 3)
    assert current.outcome_at(24) == Outcome.UP
    assert current.outcome_at(25) == Outcome.UNKNOWN


@given(st.lists(st.sampled_from([UP, DEGRADED, DOWN, UNKNOWN]), min_size=1), st.integers(1, 5))
def test_confirmations_and_recoveries_alternate(outcomes: list[int], failures: int) -> None:
    current, events = play(outcomes, failures)
    kinds = [type(event) for event in events]
    assert kinds[::2] == [Confirmed] * len(kinds[::2])
    assert kinds[1::2] == [Recovered] * len(kinds[1::2])
    assert current.failing == (len(kinds) % 2 == 1)
    assert 0 <= current.bad <= failures
    assert current.failing == (current.bad == failures)
