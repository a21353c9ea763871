from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.worlds import ZONES

from slawatch.core.civil import (
    day_of,
    local,
    midnight,
    midnights,
    month_start,
    offset_near_change,
    resolve,
    week_start,
    zone,
)
from slawatch.core.instant import HOUR, MINUTE, SECOND, parse_rfc3339, rfc3339

DAYS = st.dates(date(1990, 1, 1), date(2030, 12, 31))


@pytest.mark.parametrize(
    ("text", "timezone", "expected"),
    [
        ("2026-01-15T12:00", "UTC", "2026-01-15T12:00:00Z"),
        ("2026-01-15T12:00", "Europe/Berlin", "2026-01-15T11:00:00Z"),
        ("2026-03-29T02:00", "Europe/Berlin", "2026-03-29T01:00:00Z"),
        ("2026-03-29T02:30", "Europe/Berlin", "2026-03-29T01:30:00Z"),
        ("2026-03-29T03:00", "Europe/Berlin", "2026-03-29T01:00:00Z"),
        ("2026-10-25T02:00", "Europe/Berlin", "2026-10-25T00:00:00Z"),
        ("2026-10-25T02:59:59.999999", "Europe/Berlin", "2026-10-25T00:59:59.999999Z"),
        ("2026-10-25T03:00", "Europe/Berlin", "2026-10-25T02:00:00Z"),
        ("2026-04-05T01:45", "Australia/Lord_Howe", "2026-04-04T14:45:00Z"),
        ("2026-10-04T02:15", "Australia/Lord_Howe", "2026-10-03T15:45:00Z"),
        ("2018-11-04T00:00", "America/Sao_Paulo", "2018-11-04T03:00:00Z"),
        ("2011-12-30T12:00", "Pacific/Apia", "2011-12-30T22:00:00Z"),
        ("2026-06-01T00:00", "Asia/Kathmandu", "2026-05-31T18:15:00Z"),
    ],
)
def test_local_time_becomes_an_instant(text, timezone, expected):
    assert rfc3339(resolve(datetime.fromisoformat(text), timezone)) == expected


def test_the_fold_of_the_datetime_given_is_not_asked():
    late = datetime(2026, 10, 25, 2, 30, fold=1)
    assert resolve(late, "Europe/Berlin") == resolve(late.replace(fold=0), "Europe/Berlin")


def test_a_datetime_with_a_zone_is_refused():
    with pytest.raises(ValueError, match="time zone already"):
        resolve(datetime(2026, 1, 1, tzinfo=UTC), "UTC")


@pytest.mark.parametrize(
    "name", ["Europe/Berln", "", "../../etc/passwd", "/etc/passwd", "Europe", "x\0y", "UTC "]
)
def test_an_unknown_zone_is_named(name):
    with pytest.raises(ValueError, match="is not a time zone"):
        zone(name)


def test_times_beyond_the_calendar_are_refused():
    with pytest.raises(ValueError, match="no local time"):
        local(253402300799 * SECOND, "Asia/Tokyo")


@pytest.mark.parametrize(
    ("day", "timezone", "hours"),
    [
        (date(2026, 3, 29), "Europe/Berlin", 23),
        (date(2026, 10, 25), "Europe/Berlin", 25),
        (date(2026, 7, 1), "Europe/Berlin", 24),
        (date(2026, 4, 5), "Australia/Lord_Howe", 24.5),
        (date(2026, 10, 4), "Australia/Lord_Howe", 23.5),
        (date(2018, 11, 4), "America/Sao_Paulo", 23),
        (date(2018, 2, 17), "America/Sao_Paulo", 25),
        (date(2011, 12, 29), "Pacific/Apia", 24),
        (date(2011, 12, 30), "Pacific/Apia", 0),
        (date(2008, 11, 2), "America/St_Johns", 25),
        (date(2008, 11, 1), "America/St_Johns", 24),
    ],
)
def test_length_of_a_day(day, timezone, hours):
    assert midnight(day + timedelta(days=1), timezone) - midnight(day, timezone) == hours * HOUR


def test_a_day_that_has_begun_is_not_left_when_the_clocks_go_back_across_midnight():
    # St. John's went back at 00:01 to 23:01 of the day before.
    start = parse_rfc3339("2008-11-02T02:30:00Z")
    assert midnight(date(2008, 11, 2), "America/St_Johns") == start
    assert local(start + 5 * MINUTE, "America/St_Johns").date() == date(2008, 11, 1)
    assert day_of(start + 5 * MINUTE, "America/St_Johns") == date(2008, 11, 2)
    assert day_of(start - 1, "America/St_Johns") == date(2008, 11, 1)


@given(st.datetimes(datetime(1990, 1, 1), datetime(2030, 1, 1)), st.sampled_from(ZONES))
def test_what_exists_locally_comes_back(moment, timezone):
    instant = resolve(moment, timezone)
    back = local(instant, timezone).replace(tzinfo=None)
    assert back.replace(fold=0) >= moment
    exists = (
        datetime.fromisoformat(rfc3339(instant)).astimezone(zone(timezone)).replace(tzinfo=None, fold=0)
        == moment
    )
    assert exists or back > moment


@given(DAYS, st.sampled_from(ZONES))
def test_days_are_in_order_and_cover_everything(day, timezone):
    start, end = midnight(day, timezone), midnight(day + timedelta(days=1), timezone)
    assert start <= end
    if start < end:
        assert day_of(start, timezone) == day
        assert day_of(end - 1, timezone) == day


@given(DAYS, st.integers(0, 40), st.sampled_from(ZONES), st.integers(0, 24 * 3600))
def test_midnights_are_those_of_the_days_that_exist(day, length, timezone, shift):
    start = midnight(day, timezone) + shift * SECOND
    end = midnight(day + timedelta(days=length), timezone) + shift * SECOND
    found = list(midnights(start, end, timezone))
    assert all(start <= at < end for _, at in found)
    assert all(a[1] < b[1] and a[0] < b[0] for a, b in pairwise(found))
    wanted = [day + timedelta(days=n) for n in range(length + 3)]
    assert found == [
        (d, midnight(d, timezone))
        for d in wanted
        if start <= midnight(d, timezone) < end
        and midnight(d + timedelta(days=1), timezone) > midnight(d, timezone)
    ]


@pytest.mark.parametrize(
    ("year", "month", "expected"),
    [(2026, 1, date(2026, 1, 1)), (2026, 13, date(2027, 1, 1)), (2026, 0, date(2025, 12, 1)),
     (2026, -11, date(2025, 1, 1)), (2026, 36, date(2028, 12, 1))],
)  # fmt: skip
def test_months_count_on_into_other_years(year, month, expected):
    assert month_start(year, month) == expected


def test_weeks_start_on_monday():
    assert week_start(date(2026, 10, 4)) == date(2026, 9, 28)
    assert week_start(date(2026, 9, 28)) == date(2026, 9, 28)


def test_times_around_a_change_of_the_clocks_have_their_offset():
    berlin = ZoneInfo("Europe/Berlin")
    twice = [datetime(2026, 10, 25, 2, tzinfo=berlin, fold=fold) for fold in (0, 1)]
    assert [offset_near_change(at) for at in twice] == [" +02:00", " +01:00"]
    assert offset_near_change(datetime(2026, 10, 25, 0, 30, tzinfo=berlin)) == " +02:00"
    assert offset_near_change(datetime(2026, 3, 29, 3, 30, tzinfo=berlin)) == " +02:00"
    assert offset_near_change(datetime(2026, 10, 24, 2, 30, tzinfo=berlin)) == ""
