import pytest
from hypothesis import given
from hypothesis import strategies as st

from slawatch.core.instant import MINUTE, SECOND
from slawatch.core.life import KINDS, LifeEvent, Unwatched, details, life_event, unwatched


def beats(start: int, end: int) -> list[LifeEvent]:
    return [life_event(at, "beat") for at in range(start, end, MINUTE)]


def test_an_event_keeps_its_details() -> None:
    event = life_event(5, "prober_died", prober=0, why="signal 9")
    assert details(event) == {"prober": 0, "why": "signal 9"}
    assert details(LifeEvent(1, "beat", "no json")) == {}
    with pytest.raises(ValueError, match="no kind of life event"):
        life_event(1, "lunch")


def test_a_clean_stop_is_unwatched_until_the_next_start() -> None:
    events = [*beats(0, 5 * MINUTE), life_event(5 * MINUTE, "stop"), life_event(9 * MINUTE, "start")]
    found = unwatched(events, 0, 10 * MINUTE)
    assert found == (Unwatched(5 * MINUTE, 9 * MINUTE, "slawatch was stopped"),)


def test_a_kill_is_unwatched_from_the_last_sign_of_life() -> None:
    events = [life_event(0, "start"), *beats(MINUTE, 4 * MINUTE), life_event(8 * MINUTE, "start")]
    found = unwatched(events, 0, 9 * MINUTE)
    assert found == (Unwatched(3 * MINUTE, 8 * MINUTE, "slawatch ended without a clean stop"),)


def test_a_kill_between_beats_is_unwatched_from_what_was_stored_last() -> None:
    events = [
        life_event(0, "start"),
        life_event(20 * SECOND, "start", last=12 * SECOND),
        life_event(50 * SECOND, "start", last=47 * SECOND),
    ]
    why = "slawatch ended without a clean stop"
    assert unwatched(events, 0, MINUTE) == (
        Unwatched(12 * SECOND, 20 * SECOND, why),
        Unwatched(47 * SECOND, 50 * SECOND, why),
    )
    assert unwatched(events[1:], 0, 30 * SECOND) == (Unwatched(12 * SECOND, 20 * SECOND, why),)


def test_what_was_stored_last_does_not_hide_a_clean_stop_or_a_later_beat() -> None:
    stop = [life_event(0, "start"), life_event(5, "stop"), life_event(9, "start", last=6)]
    assert unwatched(stop, 0, 10) == (Unwatched(5, 9, "slawatch was stopped"),)
    beat = [life_event(0, "start"), life_event(7, "beat"), life_event(9, "start", last=3)]
    assert unwatched(beat, 0, 10) == (Unwatched(7, 9, "slawatch ended without a clean stop"),)
    ahead = [life_event(0, "start"), life_event(9, "start", last=15)]
    assert unwatched(ahead, 0, 10) == ()


def test_a_daemon_without_a_sign_of_life_is_gone() -> None:
    found = unwatched([life_event(0, "start"), *beats(MINUTE, 3 * MINUTE)], 0, 30 * MINUTE)
    assert found == (Unwatched(2 * MINUTE, 30 * MINUTE, "slawatch ended without a clean stop"),)
    assert unwatched([life_event(0, "start"), *beats(MINUTE, 3 * MINUTE)], 0, 4 * MINUTE) == ()


def test_a_stop_without_a_start_lasts() -> None:
    assert unwatched([life_event(5, "stop")], 0, 100) == (Unwatched(5, 100, "slawatch was stopped"),)


def test_a_dead_prober_is_unwatched_until_its_successor() -> None:
    events = [
        life_event(0, "start"),
        life_event(10, "prober_died", prober=1),
        life_event(12, "prober_died", prober=0),
        life_event(20, "prober_started", prober=0),
        life_event(30, "prober_started", prober=1),
        life_event(40, "prober_died", prober=1),
    ]
    why = "a prober had died"
    assert unwatched(events, 0, 50) == (
        Unwatched(10, 30, why),
        Unwatched(12, 20, why),
        Unwatched(40, 50, why),
    )


def test_a_suspend_and_a_leap_of_the_clock() -> None:
    events = [
        life_event(0, "start"),
        life_event(100, "suspend", length=40),
        life_event(200, "clock_step", step=30),
        life_event(300, "clock_step", step=-30),
    ]
    assert unwatched(events, 0, 400) == (
        Unwatched(60, 100, "the machine was suspended"),
        Unwatched(170, 200, "the machine's clock was set forward"),
    )


def test_a_standstill_of_several_processes_is_one() -> None:
    events = [
        life_event(0, "start"),
        life_event(100, "stall", length=40, prober=0),
        life_event(101, "stall", length=42, prober=1),
        life_event(103, "stall", length=45),
        life_event(300, "stall", length=50, prober=1),
    ]
    why = "slawatch stood still"
    assert unwatched(events, 0, 400) == (Unwatched(58, 103, why), Unwatched(250, 300, why))
    assert unwatched(events, 0, 280)[1] == Unwatched(250, 280, why), "it ended after the window"


def test_lost_samples() -> None:
    events = [life_event(0, "start"), life_event(90, "storage", why="full", lost=3, since=50)]
    assert unwatched(events, 0, 100)[0][:2] == (50, 90)
    assert unwatched([life_event(0, "start"), life_event(90, "storage", why="busy")], 0, 100) == ()
    events = [life_event(0, "start"), life_event(90, "storage", why="cut", batches=3, since=40)]
    assert unwatched(events, 0, 100) == (
        Unwatched(40, 90, "stored samples were lost: the database was damaged"),
    )


def test_the_next_start_after_the_window_ends_the_gap_in_it() -> None:
    events = [life_event(0, "start"), life_event(MINUTE, "beat"), life_event(20 * MINUTE, "start")]
    found = unwatched(events, 0, 10 * MINUTE)
    assert found == (Unwatched(MINUTE, 10 * MINUTE, "slawatch ended without a clean stop"),)


@given(
    st.lists(st.tuples(st.integers(0, 3600), st.sampled_from(KINDS)), max_size=30),
    st.integers(0, 3600),
    st.integers(1, 3600),
)
def test_stretches_lie_in_the_window_whatever_happened(
    raw: list[tuple[int, str]], start: int, length: int
) -> None:
    events = [life_event(at * SECOND, kind, step=3, length=2, lost=1, prober=0) for at, kind in raw]
    window = (start * SECOND, (start + length) * SECOND)
    found = unwatched(events, *window)
    assert all(window[0] <= gap.start < gap.end <= window[1] for gap in found)
    assert list(found) == sorted(found)
    assert found == unwatched(reversed(events), *window) or len({at for at, _ in raw}) < len(raw)
