from dataclasses import replace
from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st
from tests.core.oncall_cases import at

from slawatch.core.handoff import Began, Ended, Followed, HandedOver, due, step
from slawatch.core.instant import DAY, HOUR, MINUTE
from slawatch.core.oncall import PersonShift, Served, on_call, person_shifts
from slawatch.core.rota import Schedule
from slawatch.core.shift import Layer

DAILY = Schedule(
    key="primary",
    layers=(Layer(people=(("a",), ("b",), ("c",)), start=datetime(2026, 1, 5), shift="daily"),),
)
START = at("2026-01-05T00:00:00Z")


def test_the_first_look_records_and_tells_nobody():
    assert step(None, DAILY, START + HOUR) == (Followed(START + HOUR, ("a",)), (Began("a", START + HOUR),))
    assert due(None, DAILY) is None


def test_nothing_changes_within_a_shift_nor_back_in_time():
    state = Followed(START + HOUR, ("a",))
    assert step(state, DAILY, START + 2 * HOUR) == (Followed(START + 2 * HOUR, ("a",)), ())
    assert step(state, DAILY, START) == (state, ())
    assert due(state, DAILY) == START + DAY


def test_a_handoff_is_told_at_its_very_instant():
    state, events = step(Followed(START + HOUR, ("a",)), DAILY, START + DAY)
    assert state == Followed(START + DAY, ("b",))
    assert events == (
        Ended("a", START + DAY),
        Began("b", START + DAY),
        HandedOver("primary", START + DAY, ("b",), ("b",), ("a",), 0),
    )


def test_several_that_were_missed_are_one_notice_and_whole_records():
    now = START + 2 * DAY + HOUR
    _, events = step(Followed(START + HOUR, ("a",)), DAILY, now)
    assert [event for event in events if isinstance(event, HandedOver)] == [
        HandedOver("primary", now, ("c",), ("c",), ("a",), 1)
    ]
    assert [event for event in events if not isinstance(event, HandedOver)] == [
        Ended("a", START + DAY), Began("b", START + DAY),
        Ended("b", START + 2 * DAY), Began("c", START + 2 * DAY),
    ]  # fmt: skip


def test_whoever_is_back_on_call_is_told_nothing():
    _, events = step(Followed(START + HOUR, ("a",)), DAILY, START + 3 * DAY)
    assert not any(isinstance(event, HandedOver) for event in events)
    assert len(events) == 6


def test_a_schedule_that_was_changed_hands_over():
    other = replace(DAILY, layers=(replace(DAILY.layers[0], people=(("d",),)),))
    state = Followed(START + HOUR, ("a",))
    assert due(state, other) == state.at
    _, events = step(state, other, START + 2 * HOUR)
    assert events[-1] == HandedOver("primary", START + 2 * HOUR, ("d",), ("d",), ("a",), 0)


def test_nobody_left_is_a_handoff_too():
    ending = replace(DAILY, layers=(replace(DAILY.layers[0], until=datetime(2026, 1, 5, 12)),))
    state, events = step(Followed(START + HOUR, ("a",)), ending, START + DAY)
    assert events[-1] == HandedOver("primary", START + DAY, (), (), ("a",), 0)
    assert due(state, ending) is None


@given(st.lists(st.integers(1, 6 * 24 * 60), min_size=1, max_size=12, unique=True).map(sorted))
def test_the_records_of_any_walk_are_the_shifts(looks):
    state, events = step(None, DAILY, START)
    rows = list(events)
    for minute in looks:
        now = START + minute * MINUTE
        state, events = step(state, DAILY, now)
        rows += events
        assert state.people == on_call([DAILY], now)
        assert sum(isinstance(event, HandedOver) for event in events) <= 1
    served = {}
    kept = []
    for event in rows:
        if isinstance(event, Began):
            served[event.person] = event.at
        elif isinstance(event, Ended):
            kept.append(Served(event.person, served.pop(event.person), event.at))
    kept += [Served(person, since) for person, since in served.items()]
    end = state.at
    assert person_shifts(DAILY, START, end, kept, end) == tuple(
        PersonShift(*shift) for shift in person_shifts(DAILY, START, end)
    )
