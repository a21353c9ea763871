"""Numbers and times in words."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.report import cases

from slawatch.core.instant import DAY, HOUR, SECOND
from slawatch.core.period import from_to
from slawatch.report import wording


@given(st.fractions(0, 100), st.integers(0, 9))
def test_a_shown_percentage_is_never_better_than_the_figure(value: Fraction, decimals: int) -> None:
    shown = Fraction(wording.floored(value, decimals))
    assert shown <= value < shown + Fraction(1, 10**decimals)


@given(st.fractions(0, 100), st.integers(0, 6))
def test_an_upper_bound_holds_and_is_100_only_where_it_is(value: Fraction, decimals: int) -> None:
    shown = Fraction(wording.percent_up(value, decimals).split("\u202f")[0])
    assert shown >= value or value > 100 - Fraction(1, 10**12)
    assert (shown == 100) == (value == 100) or value > 100 - Fraction(1, 10**12)


@given(st.integers(-(10**15), 10**15))
def test_exact_seconds_are_exact(length: int) -> None:
    text = wording.exact_seconds(length, wording.second_decimals(length))
    assert Fraction(text.replace("\u202f", "").replace("\u2212", "-")) * SECOND == length


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (DAY, "1 d"),
        (DAY + 90 * 60 * SECOND, "1 d 1 h"),
        (59 * SECOND + 999_999, "59.999 s"),
        (HOUR - 1, "59 min 59.999 s"),
        (-5 * SECOND, "\u22125 s"),
        (500, "500 µs"),
        (1_500, "1.5 ms"),
    ],
)
def test_a_length_is_said_in_two_units_and_never_rounded_up(length: int, said: str) -> None:
    assert wording.length(length) == said


@given(st.integers(0, 100 * DAY))
def test_any_length_can_be_said(length: int) -> None:
    assert wording.length(length)
    assert "60 s" not in wording.length(length)


def test_a_stretch_of_days_and_one_of_hours_have_titles() -> None:
    days = from_to(cases.at("2026-10-01T00:00:00"), cases.at("2026-10-15T00:00:00"), cases.BERLIN)
    assert wording.period_title(days) == "1 October 2026 to 14 October 2026"
    hours = from_to(cases.at("2026-10-01T09:00:00"), cases.at("2026-10-01T17:30:00"), cases.BERLIN)
    assert wording.period_title(hours) == "1 October 2026, 09:00 to 17:30"
    late = from_to(cases.at("2026-10-01T00:00:00"), cases.at("2026-10-15T17:30:05"), cases.BERLIN)
    assert wording.called(late) == "1 October 2026 to 15 October 2026 17:30:05"
    early = from_to(cases.at("2026-10-01T09:00:00"), cases.at("2026-10-15T00:00:00"), cases.BERLIN)
    assert wording.called(early) == "1 October 2026 09:00 to 14 October 2026 24:00"
