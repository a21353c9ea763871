from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.oncall_cases import at, cases, every, wall
from tests.core.worlds import ZONES

from slawatch.core.civil import clocks, first_of, last_of, resolve
from slawatch.core.dates import parse_clock
from slawatch.core.instant import DAY, HOUR, MINUTE, from_datetime, parse_rfc3339, rfc3339
from slawatch.core.recurrence import clock_span
from slawatch.core.rotation import (
    Bounds,
    Rotation,
    bounds,
    handoff,
    handoff_before,
    read_local_time,
    reading,
    shifts,
    turn_of,
)

EXTREME = (*ZONES, "Antarctica/Troll", "America/Santiago", "Africa/Casablanca", "America/Scoresbysund")
DIFFERENT = {"rotation_bounds/365"}
"""GoAlert spills the 30th of a month of 28 days over into March; here it is cut to the month's end."""


def rotation(case):
    found = case["rotation"]
    return Rotation(wall(found["start_local"]), found["tz"], found["type"], found["shift_length"])


@cases("rotation_bounds", lambda case: "at" in case)
def test_the_shift_of_an_instant(case):
    found = bounds(rotation(case), at(case["at"]))
    assert (rfc3339(found.start), rfc3339(found.end)) == (
        case["expect"]["shift_start"],
        case["expect"]["shift_end"],
    )


@cases("rotation_bounds", lambda case: "handoffs" in case)
def test_a_row_of_handoffs(case):
    wanted = case["handoffs"]
    found = list(shifts(rotation(case), at(wanted[0]), at(wanted[-1]) + 1))
    assert [rfc3339(shift.start) for shift in found] == wanted
    lengths = [(after - before) // 1_000_000 for before, after in pairwise(map(at, wanted))]
    assert [(shift.end - shift.start) // 1_000_000 for shift in found][:-1] == lengths
    assert lengths == case.get("shift_seconds", lengths)


def test_one_published_row_of_handoffs_is_deliberately_different():
    differ = [case for case in every("rotation_bounds") if case.get("conflicts_with_recommended")]
    assert {case["id"][:19] for case in differ} == {"rotation_bounds/365"} == DIFFERENT
    assert all(case["handoffs"] != case["upstream_goalert_handoffs"] for case in differ)


@cases("rotation_users")
def test_whose_turn_it_is(case):
    asked = case["rotation"]
    turns = rotation(case)
    turn = bounds(turns, at(case["at"])).turn
    if "current_index" in asked:
        turn += asked["current_index"] - bounds(turns, at(asked["current_start"])).turn
    assert asked["users"][turn % len(asked["users"])] == case["expect_user"]


@cases("clock_of_day", lambda case: "clock" in case)
def test_a_time_of_day_on_a_day(case):
    reads = datetime.fromisoformat(case["date"]) + timedelta(microseconds=parse_clock(case["clock"]))
    find = first_of if case["which"] == "first" else last_of
    assert rfc3339(find(reads, case["tz"])) == case["expect"]
    day, clock = date.fromisoformat(case["date"]), parse_clock(case["clock"])
    span = clock_span(day, clock, clock, case["tz"])
    assert rfc3339(span.start if case["which"] == "first" else span.end) == case["expect"]


@cases("clock_of_day", lambda case: "clock" not in case)
def test_whether_the_clocks_change_on_a_day(case):
    start = datetime.fromisoformat(case["date"])
    stretches = clocks(
        first_of(start, case["tz"]), first_of(start + timedelta(days=1), case["tz"]), case["tz"]
    )
    changed = len(stretches) > 1
    assert changed is case["expect"]["dst_change"]
    shifted = (stretches[-1].offset - stretches[0].offset) // MINUTE
    assert shifted == case["expect"]["shift_minutes"]


def test_a_rotation_asked_about_the_time_before_its_start_counts_backwards():
    weekly = Rotation(datetime(2026, 1, 5, 9), "Europe/Berlin")
    assert bounds(weekly, at("2026-01-04T09:00:00Z")) == Bounds(
        at("2025-12-29T08:00:00Z"), at("2026-01-05T08:00:00Z"), -1
    )


def test_the_turn_of_an_hour_that_does_not_exist_is_nobodys():
    hourly = Rotation(datetime(2020, 3, 8), "America/Chicago", "hourly")
    found = list(shifts(hourly, at("2020-03-08T06:00:00Z"), at("2020-03-08T10:00:00Z")))
    assert [shift.turn for shift in found] == [0, 1, 2, 3]
    assert bounds(hourly, at("2020-03-08T09:00:00Z")).turn == 3
    assert turn_of(hourly, 4) == 3


def test_a_day_that_was_skipped_is_nobodys():
    daily = Rotation(datetime(2011, 12, 28), "Pacific/Apia", "daily")
    days = list(shifts(daily, at("2011-12-28T10:00:00Z"), at("2012-01-02T10:00:00Z")))
    assert [shift.turn for shift in days] == [0, 1, 2, 3, 4]
    assert all(shift.end - shift.start == DAY for shift in days)
    assert bounds(daily, at("2011-12-31T10:00:00Z")).turn == turn_of(daily, 4) == 3


def test_gaps_of_two_hours_collapse_three_hourly_handoffs():
    troll = Rotation(datetime(2024, 3, 31), "Antarctica/Troll", "hourly")
    found = list(shifts(troll, at("2024-03-31T00:00:00Z"), at("2024-03-31T04:00:00Z")))
    assert [rfc3339(shift.start)[11:16] for shift in found] == ["00:00", "01:00", "02:00", "03:00"]
    assert bounds(troll, at("2024-03-31T03:30:00Z")).turn == 3


def test_turns_before_the_start_leave_out_what_was_skipped_too():
    hourly = Rotation(datetime(2020, 3, 8, 4), "America/Chicago", "hourly")
    assert [bounds(hourly, at(f"2020-03-08T0{hour}:30:00Z")).turn for hour in (6, 7, 8, 9)] == [-3, -2, -1, 0]


@pytest.mark.parametrize(
    ("start", "months"),
    [("2024-01-31T09:00", ["02-29", "03-31", "04-30", "05-31"]),
     ("2023-01-31T09:00", ["02-28", "03-31", "04-30", "05-31"])],
)  # fmt: skip
def test_months_are_counted_from_the_start(start, months):
    monthly = Rotation(wall(start), "UTC", "monthly")
    assert [reading(monthly, k).strftime("%m-%d") for k in range(1, 5)] == months


def test_impossible_rotations_are_refused():
    with pytest.raises(ValueError, match="every"):
        Rotation(datetime(2026, 1, 1), "UTC", "daily", 0)
    with pytest.raises(ValueError, match="local time"):
        Rotation(datetime(2026, 1, 1, tzinfo=UTC), "UTC")
    with pytest.raises(ValueError, match="years 1 to 9999"):
        reading(Rotation(datetime(2026, 1, 1), "UTC", "weekly", 10_000), 10_000)
    with pytest.raises(ValueError, match="years 1 to 9999"):
        reading(Rotation(datetime(2026, 1, 1), "UTC", "monthly", 10_000), -10_000)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (datetime(2026, 1, 5, 9), datetime(2026, 1, 5, 9)),
        (date(2026, 1, 5), datetime(2026, 1, 5)),
        ("2026-01-05T09:00", datetime(2026, 1, 5, 9)),
        ("2026-01-05", datetime(2026, 1, 5)),
    ],
)
def test_a_local_time_is_read(found, expected):
    assert read_local_time(found) == expected


@pytest.mark.parametrize("found", [datetime(2026, 1, 5, tzinfo=UTC), "2026-01-05T09:00Z", "monday", 9, None])
def test_what_is_no_local_time_is_refused(found):
    with pytest.raises(ValueError, match=r"local|offset"):
        read_local_time(found)


ROTATIONS = st.builds(
    Rotation,
    st.datetimes(datetime(2005, 1, 1), datetime(2026, 1, 1)).map(
        lambda t: t.replace(second=0, microsecond=0)
    ),
    st.sampled_from(EXTREME),
    st.sampled_from(["hourly", "daily", "weekly", "monthly"]),
    st.integers(1, 30),
)
INSTANTS = st.datetimes(datetime(2005, 1, 1), datetime(2028, 1, 1)).map(
    lambda moment: from_datetime(moment.replace(tzinfo=UTC))
)


@st.composite
def near_changes(draw):
    """A short rotation, and an instant within some hours of a change of its clocks."""
    zone = draw(st.sampled_from(EXTREME))
    year = draw(st.integers(2006, 2024))
    stretches = clocks(at(f"{year}-01-01T00:00:00Z"), at(f"{year + 1}-01-01T00:00:00Z"), zone)
    change = draw(st.sampled_from(stretches)).start
    start = datetime(year, 1, 1) + draw(st.integers(-1000, 1000)) * timedelta(minutes=15)
    asked = change + draw(st.integers(-40, 40)) * 15 * MINUTE
    return Rotation(start, zone, "hourly", draw(st.integers(1, 25))), asked


@given(st.one_of(st.tuples(ROTATIONS, INSTANTS), near_changes()))
def test_every_instant_has_exactly_one_shift(drawn):
    turns, asked = drawn
    found = bounds(turns, asked)
    assert found.start <= asked < found.end
    k = handoff_before(turns, asked)
    assert handoff(turns, k) == found.start
    assert handoff(turns, k + 1) == found.end


@given(st.one_of(st.tuples(ROTATIONS, INSTANTS), near_changes()))
def test_each_shift_ends_where_the_next_begins_and_passes_the_turn_on_by_one(drawn):
    turns, asked = drawn
    found = bounds(turns, asked)
    following = bounds(turns, found.end)
    before = bounds(turns, found.start - 1)
    assert (before.end, following.start) == (found.start, found.end)
    assert (before.turn, following.turn) == (found.turn - 1, found.turn + 1)
    assert list(shifts(turns, before.start, following.start + 1)) == [before, found, following]


@given(near_changes())
def test_the_turn_counts_the_distinct_handoffs_since_the_start(drawn):
    turns, asked = drawn
    k = handoff_before(turns, asked)
    steps = [handoff(turns, step) for step in range(min(k, 0), max(k, 0) + 1)]
    distinct = len(set(steps)) - 1
    assert turn_of(turns, k) == (distinct if k >= 0 else -distinct)


@given(
    st.datetimes(datetime(2005, 1, 1), datetime(2028, 1, 1)), st.integers(0, 2000), st.sampled_from(EXTREME)
)
def test_a_later_local_time_is_never_an_earlier_instant(moment, minutes, zone):
    later = moment + timedelta(minutes=minutes)
    assert first_of(moment, zone) <= first_of(later, zone)
    assert first_of(moment, zone) <= last_of(moment, zone)
    assert first_of(moment, zone) <= resolve(moment, zone)


def test_a_local_time_with_a_zone_is_refused():
    with pytest.raises(ValueError, match="time zone already"):
        first_of(datetime(2026, 1, 1, tzinfo=UTC), "UTC")


def test_the_weeks_of_a_clock_change_have_167_and_169_hours():
    weekly = Rotation(datetime(2026, 3, 23, 9), "Europe/Berlin")
    lengths = {
        (shift.end - shift.start) // HOUR
        for shift in shifts(
            weekly, parse_rfc3339("2026-03-23T08:00:00Z"), parse_rfc3339("2027-03-01T00:00:00Z")
        )
    }
    assert lengths == {167, 168, 169}
