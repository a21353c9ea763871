import itertools
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.worlds import ZONES

from slawatch.core.instant import DAY, HOUR, SECOND, parse_rfc3339, rfc3339
from slawatch.core.period import (
    Period,
    calendar_period,
    containing,
    covers_whole_days,
    days,
    from_to,
    neighbour,
    parse_moment,
    parse_period,
    rolling,
)

KINDS = ("day", "week", "month", "quarter", "year")
INSTANTS = st.integers(parse_rfc3339("1990-01-01T00:00:00Z"), parse_rfc3339("2035-01-01T00:00:00Z"))


@pytest.mark.parametrize(
    ("text", "timezone", "kind", "start", "end"),
    [
        ("2026-10", "Europe/Berlin", "month", "2026-09-30T22:00:00Z", "2026-10-31T23:00:00Z"),
        ("2026-02", "UTC", "month", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"),
        ("2024-02", "Asia/Kathmandu", "month", "2024-01-31T18:15:00Z", "2024-02-29T18:15:00Z"),
        ("2026-Q4", "UTC", "quarter", "2026-10-01T00:00:00Z", "2027-01-01T00:00:00Z"),
        ("2026-q1", "America/New_York", "quarter", "2026-01-01T05:00:00Z", "2026-04-01T04:00:00Z"),
        ("2026", "UTC", "year", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
        ("2026-W01", "UTC", "week", "2025-12-29T00:00:00Z", "2026-01-05T00:00:00Z"),
        ("2026-W53", "UTC", "week", "2026-12-28T00:00:00Z", "2027-01-04T00:00:00Z"),
        ("2026-10-25", "Europe/Berlin", "day", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"),
    ],
)
def test_labels_name_periods(text, timezone, kind, start, end):
    period = parse_period(text, timezone)
    assert (period.label, period.kind, period.timezone) == (text.upper(), kind, timezone)
    assert (rfc3339(period.start), rfc3339(period.end)) == (start, end)
    assert period == neighbour(neighbour(period, 3), -3)


@pytest.mark.parametrize(
    "text",
    ["", "2026-13", "2026-00", "2026-Q5", "2026-02-30", "2026-W54", "2025-W53", "26-10", "2026-1", "October",
     "2026-10 ", "0000", "9999", "1066-10", "２０２６-10"],
)  # fmt: skip
def test_what_is_no_period_is_refused_with_the_text(text):
    with pytest.raises(ValueError, match="^" + repr(text)):
        parse_period(text, "UTC")


def test_an_unknown_zone_is_refused():
    with pytest.raises(ValueError, match="not a time zone"):
        parse_period("2026-10", "Mars/Olympus")


@given(INSTANTS, st.sampled_from(KINDS), st.sampled_from(ZONES), st.integers(-30, 30))
def test_periods_of_a_kind_follow_each_other(instant, kind, timezone, steps):
    period = containing(instant, kind, timezone)
    assert period.start <= instant < period.end
    assert parse_period(period.label, timezone) == period
    assert covers_whole_days(period)
    following = neighbour(period, 1)
    assert following.start == period.end
    assert neighbour(period, steps).kind == kind
    assert neighbour(period, 0) == period


@given(INSTANTS, st.sampled_from(KINDS), st.sampled_from(ZONES))
def test_days_add_up_to_the_period(instant, kind, timezone):
    period = containing(instant, kind, timezone)
    parts = days(period)
    assert (parts[0].start, parts[-1].end) == (period.start, period.end)
    assert all(a.end == b.start for a, b in itertools.pairwise(parts))
    assert all(part.length > 0 for part in parts)
    assert sum(part.length for part in parts) == period.length
    assert len({part.label for part in parts}) == len(parts)


@given(INSTANTS, st.integers(1, 50 * DAY), st.sampled_from(ZONES))
def test_days_of_any_stretch_add_up(start, length, timezone):
    period = from_to(start, start + length, timezone)
    parts = days(period)
    assert sum(part.length for part in parts) == length
    for part in parts[1:-1]:
        assert calendar_period("day", date.fromisoformat(part.label), timezone) == part


def test_days_of_a_month_with_a_change_of_clocks():
    lengths = [day.length // HOUR for day in days(parse_period("2026-10", "Europe/Berlin"))]
    assert lengths == [24] * 24 + [25] + [24] * 6
    lengths = [day.length // HOUR for day in days(parse_period("2026-03", "Europe/Berlin"))]
    assert lengths == [24] * 28 + [23] + [24] * 2


def test_a_day_that_an_island_skipped_is_not_listed():
    labels = [day.label for day in days(parse_period("2011-12", "Pacific/Apia"))]
    assert len(labels) == 30
    assert "2011-12-30" not in labels


def test_a_stretch_between_dates_is_labelled_by_them():
    start, end = (parse_moment(text, "Europe/Berlin") for text in ("2026-10-01", "2026-10-15"))
    assert from_to(start, end, "Europe/Berlin").label == "2026-10-01_2026-10-15"
    assert from_to(start + SECOND, end, "Europe/Berlin").label == "20260930T220001Z_20261014T220000Z"
    assert from_to(start + 1, end, "UTC").label == "20260930T220000.000001Z_20261014T220000Z"


def test_a_stretch_must_run_forwards():
    with pytest.raises(ValueError, match="must end after it starts: 19700101T000005Z to 19700101T000005Z"):
        from_to(5 * SECOND, 5 * SECOND, "UTC")
    with pytest.raises(ValueError, match="above zero"):
        rolling(0, 0, "UTC")


def test_a_rolling_period_ends_now():
    assert rolling(10 * DAY, 7 * DAY, "UTC") == Period("7d", 3 * DAY, 10 * DAY, "UTC", "rolling")
    with pytest.raises(ValueError, match="no neighbours"):
        neighbour(rolling(10 * DAY, 7 * DAY, "UTC"), 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-10-01", "2026-09-30T22:00:00Z"),
        ("2026-10-01T09:00", "2026-10-01T07:00:00Z"),
        ("2026-10-01T09:00:00Z", "2026-10-01T09:00:00Z"),
        ("2026-10-01T09:00:00-05:30", "2026-10-01T14:30:00Z"),
    ],
)
def test_moments(text, expected):
    assert rfc3339(parse_moment(text, "Europe/Berlin")) == expected


@pytest.mark.parametrize("text", ["", "yesterday", "2026-02-30", "2026-10-01T25:00"])
def test_what_is_no_moment_is_refused(text):
    with pytest.raises(ValueError, match="is not a time such as"):
        parse_moment(text, "UTC")
