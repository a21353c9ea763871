from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.oncall_cases import at, cases, every, window
from tests.core.worlds import ZONES

from slawatch.core.civil import local
from slawatch.core.dates import (
    NthWeekdayOfMonth,
    parse_clock_span,
    parse_dates,
    parse_month_days,
    parse_months,
    parse_nth_weekday,
    parse_weekdays,
    parse_years,
    read_clock_span,
)
from slawatch.core.instant import DAY, HOUR, MINUTE, SECOND, from_datetime, rfc3339
from slawatch.core.ledger import Interval, union
from slawatch.core.recurrence import (
    HORIZON,
    Recurrence,
    TimeInterval,
    Window,
    ahead,
    clock_span,
    contains,
    current_or_next,
    muted_by,
    spans,
    window_spans,
    without,
)

FROM_TEXT = {
    "weekdays": parse_weekdays,
    "days_of_month": parse_month_days,
    "months": parse_months,
    "years": parse_years,
}
DIFFERENT = {
    "141": "Icinga reads a skipped time an hour later and loses the window: here it is what is left",
    "142": "Icinga starts in the middle of what is left",
    "146": "Icinga ends at the first of two 01:45: here at the last",
    "149": "Icinga ends at the first of two 01:30: here at the last",
    "182": "Nagios' ranges include their last second: half-open here",
}
LAST_OCCURRENCE = "178"
"""Asserted as published. What is recommended there looks at the half-open end only; the window ends at the
second 01:15 of that night, as those of the cases 146 and 149 do."""


def interval(found):
    """A time interval as the cases write it: numbers with Sunday as 0, or Alertmanager's texts."""
    fields = {
        "times": tuple(map(read_clock_span, found.get("times", ()))),
        "location": found.get("location", ""),
    }
    for name, parse in FROM_TEXT.items():
        fields[name] = tuple(
            parse(one) if isinstance(one, str) else _range(name, *one) for one in found.get(name, ())
        )
    return TimeInterval(**fields)


def _range(name, low, high):
    if name == "weekdays":
        return frozenset((day - 1) % 7 for day in range(low, high + 1))
    return frozenset(range(low, high + 1)) if name == "months" else (low, high)


def of_ranges(ranges):
    """Icinga's and Nagios' periods: spans of the clock by weekday or date."""
    return tuple(
        TimeInterval(
            times=tuple(map(parse_clock_span, times.split(","))),
            **({"dates": (parse_dates(day),)} if day[0].isdigit() else {"weekdays": (parse_weekdays(day),)}),
        )
        for day, times in ranges.items()
    )


def nagios(text):
    *days, times = text.split()
    spec = " ".join(days)
    fields = {"times": (parse_clock_span(times),)}
    if spec == "every day":
        return TimeInterval(**fields)
    for name, parse in (("weekdays", parse_weekdays), ("nth_weekdays", parse_nth_weekday)):
        try:
            return TimeInterval(**fields, **{name: (parse(spec),)})
        except ValueError:
            continue
    return TimeInterval(**fields, dates=(parse_dates(spec),))


def holds(case):
    return (
        case.get("recommended_expect", case["expect"]) if number(case) != LAST_OCCURRENCE else case["expect"]
    )


def number(case):
    return case["id"].split("/")[1][:3]


def kind(case):
    for key in (
        "interval", "time_range", "named_intervals", "active_intervals", "day_spec", "window", "period",
        "month", "include", "range", "intervals", "ranges",
    ):  # fmt: skip
        if key in case:
            return key
    raise AssertionError(case["id"])


def of_kind(*kinds):
    return cases("time_intervals", lambda case: kind(case) in kinds)


@of_kind("interval")
def test_whether_an_interval_contains_an_instant(case):
    assert contains(interval(case["interval"]), at(case["at"])) is case["expect"]


@of_kind("intervals")
def test_intervals_as_alertmanager_writes_them(case):
    if case.get("expect_error"):
        with pytest.raises(ValueError):
            [interval(one) for one in case["intervals"]]
        return
    found = [interval(one) for one in case["intervals"]]
    if "at" in case:
        assert any(contains(one, at(case["at"])) for one in found) is case["expect"]


@of_kind("time_range")
def test_times_as_alertmanager_writes_them(case):
    if case["expect_error"]:
        with pytest.raises(ValueError):
            read_clock_span(case["time_range"])
    else:
        start, end = read_clock_span(case["time_range"])
        assert 0 <= start < end <= DAY


@of_kind("named_intervals", "active_intervals")
def test_which_intervals_mute(case):
    mute, active = (
        {name: [interval(found)] for name, found in case.get(key, {}).items()}
        for key in ("named_intervals", "active_intervals")
    )
    assert list(muted_by(at(case["at"]), mute, active)) == case["expect_muted_by"]


@of_kind("day_spec")
def test_days_as_icinga_writes_them(case):
    spec = case["day_spec"]
    numbered = spec.startswith("day ")
    if case.get("expect_error"):
        with pytest.raises(ValueError):
            parse_dates(spec)
        return
    month = [parse_dates(f"{case['reference_month']}-01").first] if case["reference_month"] else []
    found = TimeInterval(
        days_of_month=(parse_month_days(spec.removeprefix("day ")),) if numbered else (),
        dates=() if numbered else (parse_dates(spec),),
        years=tuple((day.year, day.year) for day in month),
        months=tuple(frozenset({day.month}) for day in month),
    )
    days = spans(found, at("2010-01-01T00:00:00Z"), at("2025-01-01T00:00:00Z"), "UTC")
    assert [[rfc3339(edge)[:10] for edge in day] for day in days] == [case["expect_day"]]


@of_kind("window")
def test_half_open_windows_and_strides(case):
    first, last = (datetime.fromisoformat(edge) for edge in case["window"])
    stride = case.get("stride_days", 1)
    found = TimeInterval(
        dates=(parse_dates(f"{first.date()}:{last.date()}/{stride}"),),
        times=(parse_clock_span(f"{first:%H:%M}-{last:%H:%M}"),),
    )
    assert contains(found, at(case["at"])) is case["expect"]


@cases("time_intervals", lambda case: kind(case) == "ranges" and isinstance(case["ranges"], dict))
def test_periods_by_weekday_and_date(case):
    period = Recurrence(intervals=of_ranges(case["ranges"]), timezone=case["tz"])
    wanted = holds(case)
    assert period.contains(at(case["at"])) is wanted
    if "expect_next_valid" in case and wanted is case["expect"]:
        assert rfc3339(period.next_in(at(case["at"]))) == case["expect_next_valid"]


@cases("time_intervals", lambda case: kind(case) == "ranges" and isinstance(case["ranges"], str))
def test_a_period_around_the_clock_is_never_outside(case):
    always = [TimeInterval(weekdays=(frozenset({day}),), times=((0, DAY),)) for day in range(7)]
    first, second = case["probe"], case["probe2"]
    steps = (at(first["to"]) - at(first["from"])) // (first["step_seconds"] * SECOND)
    instants = [at(first["from"]) + n * first["step_seconds"] * SECOND for n in range(steps + 1)]
    instants += [at(second["from"]) + n * second["step_seconds"] * SECOND for n in range(second["count"])]
    for zone in case["tz"]:
        period = Recurrence(intervals=tuple(always), timezone=zone)
        low, high = min(instants), max(instants) + 1
        assert period.spans(low, high) == (Interval(low, high),)
        assert all(period.contains(instant) for instant in instants[::37])


@of_kind("period")
def test_periods_with_exclusions_and_inclusions(case):
    found = case["period"]
    period = Recurrence(
        intervals=of_ranges(found["ranges"]),
        exclude=of_ranges(found.get("excludes", {})),
        include=of_ranges(found.get("includes", {})),
        prefer="include" if found.get("prefer") == "includes" else "exclude",
        timezone=case["tz"],
    )
    if "at" in case:
        assert period.contains(at(case["at"])) is case["expect"]
    else:
        whole = period.spans(at("2024-06-01T00:00:00Z"), at("2024-07-01T00:00:00Z"))
        assert [[rfc3339(edge) for edge in span] for span in whole] == case["expect_segments"]


@of_kind("include")
def test_the_next_time_that_is_not_excluded(case):
    period = Recurrence(
        intervals=tuple(map(nagios, case["include"])),
        exclude=tuple(map(nagios, case["exclude"])),
        timezone=case["tz"],
    )
    assert period.contains(at(case["at"])) is case["expect"]
    found = period.next_in(at(case["at"]))
    assert (None if found is None else rfc3339(found)) == case["expect_next_valid"]


@of_kind("month")
def test_the_nth_weekday_of_a_month(case):
    year, month = map(int, case["month"].split("-"))
    found = NthWeekdayOfMonth((case["weekday"] - 1) % 7, case["nth"]).day_in(year, month)
    assert found.isoformat() == case["expect_date"]


@of_kind("range")
def test_the_window_of_a_span_of_the_clock_on_a_day(case):
    start, end = parse_clock_span(case["range"])
    day = date.fromisoformat(case["date"])
    if "expect_local" in case:
        midnight = datetime.combine(day, datetime.min.time())
        found = [(midnight + timedelta(microseconds=edge)).isoformat() for edge in (start, end)]
        assert found == case["expect_local"]
        return
    wanted = case.get("recommended_expect_window", case["expect_window"])
    assert [rfc3339(edge) for edge in clock_span(day, start, end, case["tz"])] == wanted


def test_the_cases_that_are_deliberately_different_are_these():
    differ = {number(case) for case in every("time_intervals") if case.get("conflicts_with_recommended")}
    assert differ == {*DIFFERENT, LAST_OCCURRENCE}


@cases("schedule_rules", lambda case: "active" in case["expect"])
def test_whether_a_weekly_window_is_open(case):
    asked = at(case["at"])
    found = window_spans([window(case["rule"])], asked, asked + 1, case["tz"])
    assert bool(found) is case["expect"]["active"]


@cases("schedule_rules", lambda case: {"shift_start", "shift_end"} & case["expect"].keys())
def test_the_window_that_is_open_or_comes_next(case):
    def find(start, end):
        return window_spans([window(case["rule"])], start, end, case["tz"])

    found = current_or_next(find, at(case["at"]))
    wanted = case["expect"]
    assert rfc3339(found.start) == wanted.get("shift_start", rfc3339(found.start))
    assert rfc3339(found.end) == wanted.get("shift_end", rfc3339(found.end))


@cases("schedule_rules", lambda case: "window" in case["expect"])
def test_the_window_of_a_day(case):
    start, end = window(case["rule"]).on(date.fromisoformat(case["date"]), case["tz"])
    assert [rfc3339(start), rfc3339(end)] == case["expect"]["window"]
    assert ((end - start) // SECOND, start == end) == (case["expect"]["seconds"], case["expect"]["empty"])


def test_a_window_that_the_clocks_skip_is_empty():
    skipped = Window(start=2 * HOUR, end=3 * HOUR)
    start, end = skipped.on(date(2024, 3, 10), "America/Chicago")
    assert start == end == at("2024-03-10T08:00:00Z")
    assert window_spans([skipped], start - HOUR, end + HOUR, "America/Chicago") == ()


def test_windows_have_times_of_the_day():
    with pytest.raises(ValueError, match="start"):
        Window(start=DAY)
    with pytest.raises(ValueError, match="end"):
        Window(end=DAY + 1)


def test_a_window_around_the_clock_has_no_end_before_the_horizon():
    def find(start, end):
        return window_spans([Window()], start, end, "UTC")

    now = at("2026-01-01T00:00:00Z")
    found = current_or_next(find, now)
    assert found.start < now
    assert found.end - now >= HORIZON


def test_what_never_comes_is_none():
    never = Recurrence(intervals=(TimeInterval(years=((2020, 2020),)),))
    assert never.next_in(at("2026-01-01T00:00:00Z")) is None
    assert current_or_next(never.spans, at("2026-01-01T00:00:00Z")) is None


def test_a_leap_day_is_found():
    leap = Recurrence(intervals=(TimeInterval(months=(frozenset({2}),), days_of_month=((29, 29),)),))
    assert rfc3339(leap.next_in(at("2026-03-01T00:00:00Z"))) == "2028-02-29T00:00:00Z"


def test_active_intervals_mute_only_outside_of_all_of_them():
    mornings = {"morning": [TimeInterval(times=((6 * HOUR, 12 * HOUR),))]}
    evenings = {"evening": [TimeInterval(times=((18 * HOUR, 22 * HOUR),))]}
    seven = at("2026-01-01T07:00:00Z")
    assert muted_by(seven, {}, {**mornings, **evenings}) == ()
    assert muted_by(seven + 6 * HOUR, {}, {**mornings, **evenings}) == ("morning", "evening")
    assert muted_by(seven, mornings, evenings) == ("morning", "evening")


SPANS = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 40)).map(lambda pair: Interval(min(pair), max(pair))),
    max_size=6,
).map(union)


@given(SPANS, SPANS)
def test_holes_are_taken_out(intervals, holes):
    left = without(intervals, holes)
    for point in range(41):
        inside = any(low <= point < high for low, high in intervals)
        cut = any(low <= point < high for low, high in holes)
        assert any(low <= point < high for low, high in left) is (inside and not cut)


MINUTES = st.integers(0, 24 * 60)


@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime(2010, 1, 1), datetime(2026, 1, 1)),
    MINUTES.filter(lambda minute: minute < 24 * 60),
    MINUTES,
    st.frozensets(st.integers(0, 6), min_size=1),
)
def test_what_the_clock_shows_decides_apart_from_clock_changes(zone, moment, start, end, days):
    instant = from_datetime(moment.replace(tzinfo=UTC))
    here = local(instant, zone)
    if local(instant - 2 * DAY, zone).utcoffset() != local(instant + 2 * DAY, zone).utcoffset():
        return
    shown = here.hour * 60 + here.minute
    overnight = end <= start
    today = here.weekday() in days and start <= shown and (overnight or shown < end)
    yesterday = (here.weekday() - 1) % 7 in days and overnight and shown < end
    one = Window(days=(days,), start=start * MINUTE, end=end * MINUTE)
    assert bool(window_spans([one], instant, instant + 1, zone)) is (today or yesterday)


@given(st.sampled_from(ZONES), st.datetimes(datetime(2010, 1, 1), datetime(2026, 1, 1)), MINUTES, MINUTES)
def test_asking_for_a_long_time_and_for_an_instant_give_the_same(zone, moment, start, end):
    start = start % (24 * 60)
    low = from_datetime(moment.replace(tzinfo=UTC))
    one = [Window(start=start * MINUTE, end=end * MINUTE)]
    whole = window_spans(one, low, low + 3 * DAY, zone)
    for step in range(0, 72, 5):
        probe = low + step * HOUR
        assert bool(window_spans(one, probe, probe + 1, zone)) is any(a <= probe < b for a, b in whole)


def test_the_search_ahead_covers_everything_once():
    def find(start, end):
        return (Interval(start, end),)

    found = list(ahead(find, 5, 1000 * DAY))
    assert found[0].start == 5
    assert found[-1].end == 5 + 1000 * DAY
    assert all(one.end == after.start for one, after in pairwise(found))
