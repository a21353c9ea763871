"""Points and lengths of time."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slawatch.core.instant import SECOND, from_datetime, parse_rfc3339, rfc3339, seconds, to_datetime

instants = st.integers(-(10**15), 10**17 // 2)


@given(instants)
def test_an_instant_survives_being_written(instant: int) -> None:
    assert parse_rfc3339(rfc3339(instant)) == instant
    assert from_datetime(to_datetime(instant)) == instant


@given(instants, st.integers(-14 * 60, 14 * 60))
def test_an_instant_is_the_same_in_every_zone(instant: int, minutes: int) -> None:
    zone = timezone(timedelta(minutes=minutes))
    assert from_datetime(to_datetime(instant).astimezone(zone)) == instant


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (1, "1970-01-01T00:00:00.000001Z"),
        (-1, "1969-12-31T23:59:59.999999Z"),
        (1_500_000, "1970-01-01T00:00:01.5Z"),
    ],
)
def test_as_many_decimals_as_needed(instant: int, text: str) -> None:
    assert rfc3339(instant) == text


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01T00:00:00Z", "25:00"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a time"):
        parse_rfc3339(text)


def test_a_time_without_an_offset_names_no_instant() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        parse_rfc3339("2026-10-01T00:00:00")
    with pytest.raises(ValueError, match="no time zone"):
        from_datetime(datetime(2026, 10, 1))
    assert from_datetime(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)) == SECOND


def test_seconds() -> None:
    assert seconds(1_500_000) == 1.5
