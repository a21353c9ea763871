"""Service hours: published cases, then days on which the clocks or the calendar do something."""

from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.published import cases
from tests.core.worlds import ZONES

from slawatch.core.calendar import WEEKDAYS, Calendar, Hours, parse_hours, parse_weekdays
from slawatch.core.instant import DAY, HOUR, MINUTE, SECOND, from_datetime, parse_rfc3339, rfc3339
from slawatch.core.period import parse_period

OFFICE = {day: (parse_hours("09:00-17:00"),) for day in range(5)}


def spans(pairs):
    def clock(text):
        hours, minutes = text.split(":")
        return int(hours) * HOUR + int(minutes) * MINUTE

    return tuple(Hours(clock(opens), clock(closes)) for opens, closes in pairs)


def calendar_of(written):
    return Calendar(
        timezone=written["tz"],
        hours={WEEKDAYS.index(day): spans(pairs) for day, pairs in written["hours"].items()},
        dates={date.fromisoformat(day): spans(pairs) for day, pairs in written.get("dates", {}).items()},
        holidays=frozenset(date.fromisoformat(day) for day in written.get("holidays", [])),
    )


@cases("hours", "service_hours")
def test_service_hours_between_two_instants(case):
    found = calendar_of(case["params"]["calendar"])
    start, end = (parse_rfc3339(case["window"][key]) for key in ("start", "end"))
    assert found.length(start, end) == case["expected"]["business_s"] * SECOND
    assert found.length(start, end) + sum(e - s for s, e in found.outside(start, end)) == end - start


@cases("hours", "service_hours_nav")
def test_opening_and_closing_instants(case):
    asked = case["params"]
    found, instant = calendar_of(asked["calendar"]), parse_rfc3339(asked["t"])
    if asked["op"] == "inside":
        assert found.is_open(instant) is case["expected"]["inside"]
        return
    answer = {
        "open_now_or_next": found.next_open,
        "next_open": found.next_open,
        "next_close": found.next_close,
        "open_now_or_previous_close": found.last_close,
        "add": lambda t: found.after(t, asked["seconds"] * SECOND),
    }[asked["op"]](instant)
    assert rfc3339(answer) == case["expected"]["t"]


@pytest.mark.parametrize(
    ("month", "zone", "hours"),
    [
        ("2026-03", "Europe/Berlin", 22 * 8),
        ("2026-10", "Europe/Berlin", 22 * 8),
        ("2024-02", "UTC", 21 * 8),
        ("2026-01", "Asia/Kathmandu", 22 * 8),
    ],
)
def test_office_hours_of_a_month_do_not_depend_on_the_clocks(month, zone, hours):
    period = parse_period(month, zone)
    assert Calendar(timezone=zone, hours=OFFICE).length(period.start, period.end) == hours * HOUR


@pytest.mark.parametrize(
    ("day", "zone", "span", "hours"),
    [
        ("2026-03-28", "Europe/Berlin", "22:00-06:00", 7),
        ("2026-10-24", "Europe/Berlin", "22:00-06:00", 9),
        ("2026-04-04", "Australia/Lord_Howe", "22:00-06:00", 8.5),
        ("2024-02-29", "UTC", "22:00-06:00", 8),
        ("2026-01-31", "UTC", "22:00-06:00", 8),
    ],
)
def test_a_night_shift_belongs_to_the_day_it_begins_on(day, zone, span, hours):
    when = date.fromisoformat(day)
    found = Calendar(timezone=zone, dates={when: (parse_hours(span),)})
    period = parse_period(day[:7], zone)
    before, after = period.start - 7 * DAY, period.end + 7 * DAY
    assert found.length(before, after) == hours * HOUR
    (only,) = found.open(before, after)
    assert datetime.fromtimestamp(only.start // SECOND, ZoneInfo(zone)).date() == when


def test_the_half_hour_that_happens_twice_is_two_stretches():
    found = Calendar(timezone="America/New_York", dates={date(2024, 11, 3): (parse_hours("01:00-01:30"),)})
    start = parse_rfc3339("2024-11-03T00:00:00-04:00")
    assert [(s - start) // MINUTE for s, _ in found.open(start, start + DAY)] == [60, 120]
    assert found.length(start, start + DAY) == HOUR


def test_a_dated_exception_goes_before_a_holiday_and_the_weekday():
    christmas = date(2026, 12, 24)
    found = Calendar(
        hours=OFFICE,
        dates={christmas: (parse_hours("09:00-12:00"),)},
        holidays=frozenset({christmas, date(2026, 12, 25)}),
    )
    assert [len(found.of_day(date(2026, 12, day))) for day in (23, 24, 25, 26)] == [1, 1, 0, 0]
    assert found.of_day(christmas)[0].length == 3 * HOUR


def test_a_calendar_that_never_opens_says_so():
    closed = Calendar()
    assert (closed.next_open(0), closed.next_close(0), closed.last_close(0)) == (None, None, None)
    assert closed.after(0, 1) is None
    assert closed.after(0, -1) is None
    assert closed.outside(0, 10) == ((0, 10),)


def test_around_the_clock_never_closes():
    found = Calendar(hours=dict.fromkeys(range(7), (parse_hours("00:00-24:00"),)))
    assert found.next_close(0) is None
    assert found.after(5, 10 * DAY) == 5 + 10 * DAY
    assert found.outside(0, 40 * DAY) == ()


@pytest.mark.parametrize("text", ["9-17", "09:00-09:00", "24:00-01:00", "09:60-10:00", "09:00-24:01", ""])
def test_spans_that_no_clock_shows(text):
    with pytest.raises(ValueError, match=r"not a span|no time at all|no clock shows"):
        parse_hours(text)


@pytest.mark.parametrize(
    ("text", "days"),
    [("mon", (0,)), ("Mon-Fri", (0, 1, 2, 3, 4)), ("fri-mon", (4, 5, 6, 0)), ("sat, sun", (5, 6))],
)
def test_weekdays(text, days):
    assert parse_weekdays(text) == days


@pytest.mark.parametrize("text", ["", "monday", "mon-tue-wed", "1-5"])
def test_words_that_name_no_weekdays(text):
    with pytest.raises(ValueError, match="names no days"):
        parse_weekdays(text)


@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime(2000, 1, 1), datetime(2035, 1, 1)),
    st.integers(0, 47),
    st.integers(0, 48),
)
def test_a_minute_is_open_when_the_clock_on_the_wall_says_so(zone, near, opens, closes):
    found = Calendar(
        timezone=zone, hours=dict.fromkeys(range(7), (Hours(opens * 30 * MINUTE, closes * 30 * MINUTE),))
    )
    first = from_datetime(near.replace(second=0, microsecond=0, tzinfo=ZoneInfo("UTC")))
    for step in range(0, 60 * 60, 97):
        instant = first + step * MINUTE
        wall = datetime.fromtimestamp(instant // SECOND, ZoneInfo(zone))
        half = (wall.hour * 60 + wall.minute) / 30
        inside = opens <= half < closes if opens <= closes else half >= opens or half < closes
        assert found.is_open(instant) is inside


@given(st.sampled_from(ZONES), st.integers(0, 10_000), st.lists(st.integers(0, 100 * 24), max_size=4))
def test_cutting_a_stretch_anywhere_adds_up(zone, day, cuts):
    found = Calendar(timezone=zone, hours=OFFICE)
    start = from_datetime(datetime(2000, 1, 1, tzinfo=ZoneInfo("UTC")) + timedelta(days=day))
    marks = sorted({0, 100 * 24, *cuts})
    parts = [found.length(start + low * HOUR, start + high * HOUR) for low, high in pairwise(marks)]
    assert sum(parts) == found.length(start, start + 100 * DAY)
