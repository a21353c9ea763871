from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slawatch.core.dates import (
    DateRange,
    NthWeekdayOfMonth,
    in_month_days,
    parse_clock,
    parse_clock_span,
    parse_dates,
    parse_month_days,
    parse_months,
    parse_nth_weekday,
    parse_weekday,
    parse_weekdays,
    parse_years,
    read_clock_span,
)
from slawatch.core.instant import DAY, HOUR, MINUTE, SECOND


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mon", {0}),
        ("Sunday", {6}),
        ("mon-fri", {0, 1, 2, 3, 4}),
        ("sat-sun", {5, 6}),
        ("fri-mon", {4, 5, 6, 0}),
        ("monday:friday", {0, 1, 2, 3, 4}),
        ("sunday:saturday", {0, 1, 2, 3, 4, 5, 6}),
    ],
)
def test_weekdays(text, expected):
    assert parse_weekdays(text) == expected


@pytest.mark.parametrize("text", ["", "monda", "mon-", "-mon", "1", "saturday:sunday", "-2:-1", "mon:xyz"])
def test_no_weekdays(text):
    with pytest.raises(ValueError, match=r"weekday|backwards"):
        parse_weekdays(text)


def test_one_weekday():
    assert parse_weekday("Wednesday") == 2
    with pytest.raises(ValueError, match="weekday"):
        parse_weekday("mon-fri")


def test_months():
    assert parse_months("january") == {1}
    assert parse_months("4:6") == parse_months("apr-jun") == {4, 5, 6}
    for text in ("13", "0", "may:april", "junius", ""):
        with pytest.raises(ValueError, match=r"month|backwards"):
            parse_months(text)


def test_days_of_a_month():
    assert parse_month_days("1") == (1, 1)
    assert parse_month_days("20:-1") == (20, -1)
    for text in ("0", "32", "-32", "5:3", "-1:-3", "10:-25", "x", "1:2:3"):
        with pytest.raises(ValueError, match=r"day|start"):
            parse_month_days(text)


@given(st.dates(date(2000, 1, 1), date(2030, 1, 1)), st.integers(-31, -1))
def test_days_from_the_end_of_a_month(day, back):
    following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    assert in_month_days((back, back), day) is ((day - following).days == back)


def test_years():
    assert parse_years("2026:2028") == (2026, 2028)
    for text in ("26", "2028:2026", ""):
        with pytest.raises(ValueError, match=r"year|before"):
            parse_years(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("second tuesday", NthWeekdayOfMonth(1, 2)),
        ("last Friday", NthWeekdayOfMonth(4, -1)),
        ("tuesday -2", NthWeekdayOfMonth(1, -2)),
    ],
)
def test_an_nth_weekday(text, expected):
    assert parse_nth_weekday(text) == expected


@pytest.mark.parametrize("text", ["", "tuesday", "sixth monday", "monday 6", "monday 0", "second x"])
def test_no_nth_weekday(text):
    with pytest.raises(ValueError, match=r"month|weekday"):
        parse_nth_weekday(text)


def test_a_month_may_have_no_fifth_monday():
    assert NthWeekdayOfMonth(0, 5).day_in(2026, 2) is None
    assert NthWeekdayOfMonth(0, -5).day_in(2026, 2) is None


def test_dates():
    assert parse_dates("2026-12-24") == DateRange(date(2026, 12, 24), date(2026, 12, 24))
    assert parse_dates("2026-12-24:2026-12-31/2").covers(date(2026, 12, 26))
    assert not parse_dates("2026-12-24 - 2026-12-31 / 2").covers(date(2026, 12, 25))
    winter = parse_dates("december 20:january 6")
    assert [winter.covers(date(2026, *day)) for day in ((12, 19), (12, 20), (1, 6), (1, 7))] == [
        False, True, True, False,
    ]  # fmt: skip
    assert parse_dates("february 29").covers(date(2028, 2, 29))


@pytest.mark.parametrize(
    "text", ["", "2026-13-01", "2026-02-02:2026-02-01", "2026-02-02/0", "april 31", "foo 1"]
)
def test_no_dates(text):
    with pytest.raises(ValueError, match=r"day|before"):
        parse_dates(text)


def test_times_of_day():
    assert parse_clock("09:00:30") == 9 * HOUR + 30 * SECOND
    assert parse_clock("24:00") == DAY
    for text in ("9:00", "24:01", "25:00", "12:60", "noon", ""):
        with pytest.raises(ValueError, match=r"time"):
            parse_clock(text)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("09:00-17:30", 9 * HOUR, 17 * HOUR + 30 * MINUTE),
        ("22:00-06:00", 22 * HOUR, 30 * HOUR),
        ("08:00-08:00", 8 * HOUR, 32 * HOUR),
        ("09:00-30:00", 9 * HOUR, 30 * HOUR),
        ("00:00-24:00", 0, DAY),
    ],
)
def test_spans_of_the_clock(text, start, end):
    assert parse_clock_span(text) == read_clock_span(text) == (start, end)


@pytest.mark.parametrize(
    "found", ["09:00", "24:00-08:00", "00:00-47:00", "08:00-49:00", 9, {"start_time": "09:00"}]
)
def test_no_spans_of_the_clock(found):
    with pytest.raises(ValueError):
        read_clock_span(found)
