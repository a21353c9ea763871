"""Who was on call, as it was recorded."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slawatch.core.dispatch import Handed, Tick, steps
from slawatch.core.handoff import step
from slawatch.core.instant import DAY, HOUR, Instant, parse_rfc3339
from slawatch.core.oncall import shifts
from slawatch.core.recorded import (
    BEGAN,
    ENDED,
    Change,
    Record,
    parse_record,
    read,
    served,
    served_at,
    show,
    show_record,
    show_shifts,
    write,
)
from slawatch.core.rota import Schedule
from slawatch.core.shift import Layer
from slawatch.core.turn import State, World

START = parse_rfc3339("2026-01-05T09:00:00Z")
WEEK = 7 * DAY
PRIMARY = Schedule(
    key="primary", timezone="UTC",
    layers=(Layer(people=(("ann",), ("bob",)), start=datetime(2026, 1, 5, 9)),),
)  # fmt: skip
SWAPPED = replace(PRIMARY, layers=(Layer(people=(("bob",), ("eve",)), start=datetime(2026, 1, 5, 9)),))
"""What the configuration says today."""


def followed(schedule: Schedule, start: Instant, end: Instant, every: int = DAY) -> Record:
    """Return what the daemon records that follows a schedule."""
    state, alerting, found = None, State(), []
    for now in range(start, end + 1, every):
        before, (state, events) = state, step(state, schedule, now)
        if before is None or events:
            given = Handed(schedule.key, state, events)
            alerting, made = steps(alerting, (given, Tick()), now, World())
            found += [read(one.kind, one.text) for one in made if one.kind in (BEGAN, ENDED)]
    return Record(tuple(found), end)


def told(schedule: Schedule, record: Record, start: Instant, end: Instant) -> list[Any]:
    return [
        (one.people, (one.start - START) / DAY, (one.end - START) / DAY, one.recorded)
        for one in served(schedule, record, start, end)
    ]


def test_the_past_is_as_it_was_whatever_the_schedule_says_today() -> None:
    record = followed(PRIMARY, START, START + 3 * WEEK + DAY)
    # Days of the schedule's own handoffs are bounds, whoever had them.
    assert told(SWAPPED, record, START, START + 5 * WEEK) == [
        (("ann",), 0, 7, True), (("bob",), 7, 14, True), (("ann",), 14, 21, True), (("bob",), 21, 22, True),
        (("eve",), 22, 28, False), (("bob",), 28, 35, False),
    ]  # fmt: skip
    first = served(SWAPPED, record, START, START + WEEK)[0]
    assert (first.layer, first.override) == (None, None), "the schedule of today cannot tell why"
    assert show(SWAPPED, record, START + DAY)["people"] == ["ann"]
    assert show(SWAPPED, record, START + 3 * WEEK + DAY)["people"] == ["eve"], "the present is the schedule's"


def test_before_the_first_record_it_is_the_schedule_and_says_so() -> None:
    record = followed(PRIMARY, START + 10 * DAY, START + 20 * DAY)
    assert told(SWAPPED, record, START, START + 20 * DAY) == [
        (("bob",), 0, 7, False), (("eve",), 7, 10, False), (("bob",), 10, 14, True), (("ann",), 14, 20, True),
    ]  # fmt: skip
    assert served_at(SWAPPED, record, START + DAY).recorded is False


def test_a_turn_that_goes_on_is_one() -> None:
    record = followed(PRIMARY, START, START + 2 * DAY)
    (now, following) = told(PRIMARY, record, START, START + 2 * WEEK)
    assert now == (("ann",), 0, 7, True)
    assert following == (("bob",), 7, 14, False)
    found = served_at(PRIMARY, record, START + 3 * DAY)
    assert (found.start, found.end, found.people, found.layer, found.recorded) == (
        START, START + WEEK, ("ann",), 0, True,
    )  # fmt: skip


def test_turns_of_one_person_are_turns_still() -> None:
    alone = replace(PRIMARY, layers=(Layer(people=(("ann",),), start=datetime(2026, 1, 5, 9)),))
    record = followed(alone, START, START + 16 * DAY)
    assert told(alone, record, START, START + 3 * WEEK) == [
        (("ann",), 0, 7, True), (("ann",), 7, 14, True), (("ann",), 14, 21, True),
    ]  # fmt: skip
    assert served_at(alone, record, START + 8 * DAY)[:2] == (START + WEEK, START + 2 * WEEK)


def test_nobody_was_on_call() -> None:
    changes = (
        Change(START, "ann", True),
        Change(START + HOUR, "ann", False),
        Change(START + DAY, "bob", True),
    )
    record = Record(changes, START + 2 * DAY)
    assert [one.people for one in served(PRIMARY, record, START, START + 2 * DAY)] == [("ann",), (), ("bob",)]
    assert served_at(PRIMARY, record, START + 2 * HOUR).people == ()
    shown = show_shifts(PRIMARY, record, START, START + 2 * DAY)
    assert [one["people"] for one in shown] == [["ann"], ["bob"]]
    assert shown[0] == {
        "schedule": "primary", "people": ["ann"],
        "shift": {"start": "2026-01-05T09:00:00Z", "end": "2026-01-05T10:00:00Z"},
        "layer": 0, "override": False, "recorded": True,
    }  # fmt: skip


def test_without_a_record_all_is_the_schedule() -> None:
    assert [
        (one.start, one.end, one.people) for one in served(PRIMARY, Record(), START, START + 3 * WEEK)
    ] == [(one.start, one.end, one.people) for one in shifts(PRIMARY, START, START + 3 * WEEK)]
    assert show(PRIMARY, Record(), START + DAY) == {
        "schedule": "primary", "at": "2026-01-06T09:00:00Z", "people": ["ann"],
        "shift": {"start": "2026-01-05T09:00:00Z", "end": "2026-01-12T09:00:00Z"},
        "layer": 0, "override": False, "recorded": False,
    }  # fmt: skip


@given(
    st.lists(st.tuples(st.integers(0, 40), st.sampled_from("abc"), st.booleans()), max_size=12),
    st.integers(0, 60), st.integers(0, 60), st.integers(0, 60),
)  # fmt: skip
def test_every_instant_is_told_once(some: list[Any], low: int, length: int, until: int) -> None:
    changes = tuple(Change(START + h * HOUR, who, came) for h, who, came in sorted(some))
    record = Record(changes, max([START + until * HOUR, *(one.at for one in changes)]))
    start, end = START + low * HOUR, START + (low + length) * HOUR
    found = served(PRIMARY, record, start, end)
    assert [one.start for one in found] == ([start] if found else []) + [one.end for one in found[:-1]]
    assert (found[-1].end == end) if found else start == end
    for one in found:
        assert one.start < one.end
    assert parse_record(show_record("primary", record)) == record


@pytest.mark.parametrize("text", ["", "ann", "ann at noon"])
def test_an_event_that_tells_of_no_change(text: str) -> None:
    with pytest.raises(ValueError, match="time"):
        read(BEGAN, text)


def test_a_name_may_have_the_word_in_it() -> None:
    assert read(ENDED, write("at at at", START)) == Change(START, "at at at", False)
