"""What people write as text."""

import pickle
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slawatch.core.instant import DAY, HOUR, MILLISECOND, MINUTE, SECOND, parse_rfc3339
from slawatch.core.text import (
    FromText,
    FromValue,
    Secret,
    format_duration,
    parse_duration,
    parse_timezone,
    read_day,
    read_moment,
)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("30s", 30 * SECOND),
        ("1h30m", HOUR + 30 * MINUTE),
        ("250ms", 250 * MILLISECOND),
        ("1.5h", 90 * MINUTE),
        ("0.000001s", 1),
        ("90d", 90 * DAY),
        ("2w", 14 * DAY),
        ("0s", 0),
    ],
)
def test_durations(text: str, length: int) -> None:
    assert parse_duration(text) == length


@pytest.mark.parametrize(
    "text", ["", "30", "s", "-1s", "1 s", "1s ", "1.s", ".5s", "1S", "1s1", "٣s", "1e3s", "200000d"]
)
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match=r"duration|hundred years"):
        parse_duration(text)


@given(st.integers(0, 100 * 365 * DAY))
def test_a_duration_is_read_back_as_it_was_written(length: int) -> None:
    assert parse_duration(format_duration(length)) == length


@given(st.text(max_size=30))
def test_any_text_is_a_duration_or_none(text: str) -> None:
    try:
        length = parse_duration(text)
    except ValueError:
        return
    assert parse_duration(format_duration(length)) == length


@pytest.mark.parametrize("text", ["UTC", "Europe/Berlin", "America/Argentina/Ushuaia"])
def test_zones(text: str) -> None:
    assert parse_timezone(text) == text


@pytest.mark.parametrize(
    "text", ["", "Europe", "Europe/Berln", "../etc/passwd", "/etc/passwd", "a\0b", "x" * 5000, "é"]
)
def test_what_is_no_zone(text: str) -> None:
    with pytest.raises(ValueError, match="there is no time zone"):
        parse_timezone(text)


def test_the_nearest_zone_is_offered() -> None:
    with pytest.raises(ValueError, match="did you mean 'Europe/Berlin'"):
        parse_timezone("Europe/Berln")


def test_moments_and_days() -> None:
    expected = parse_rfc3339("2026-12-01T21:00:00Z")
    assert read_moment(datetime(2026, 12, 1, 21, tzinfo=UTC)) == expected
    assert read_moment("2026-12-01T22:00:00+01:00") == expected
    assert read_day(date(2026, 1, 2)) == read_day("2026-01-02") == "2026-01-02"


@pytest.mark.parametrize(
    "found", [datetime(2026, 1, 1), date(2026, 1, 1), "now", "2026-01-01T00:00:00", 3, None, []]
)
def test_what_names_no_instant(found: object) -> None:
    with pytest.raises(ValueError):
        read_moment(found)


@pytest.mark.parametrize("found", [datetime(2026, 1, 1), "2026-02-30", "20260101", "2026-1-1", 3, Decimal(1)])
def test_what_names_no_day(found: object) -> None:
    with pytest.raises(ValueError):
        read_day(found)


def test_a_secret_shows_only_where_it_came_from() -> None:
    secret = Secret("pa55word", "env DB")
    assert "pa55word" not in f"{secret} {secret!r}"
    assert str(secret) == "<secret from env DB>"
    assert pickle.loads(pickle.dumps(secret)) == secret


def test_markers_read_and_describe() -> None:
    text = FromText(int, "a number in quotes", example="3")
    assert (text.read("3"), text.schema()) == (3, {"type": "string", "examples": ["3"]})
    with pytest.raises(ValueError, match="expected a number in quotes"):
        text.read(3)
    value = FromValue(str, "anything", {"type": "number"})
    assert (value.read(3), value.schema()) == ("3", {"type": "number"})
    assert hash(value) == hash(FromValue(str, "anything", {}))
