"""Windows that come again: weekly windows, and time intervals by clock, weekday, day, month and year.

What maintenance, muting, quiet hours and the hours of an on-call layer are written with. A window is local
wall clock: it starts at the first and ends at the last instant that shows the time; a time the clocks skip is
the end of the gap, so that a window may be empty. Clock readings and lengths are microseconds, intervals
half-open. Fields and ranges follow Alertmanager's time intervals, spans of the clock also Icinga's periods.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Final, Literal

from slawatch.core.civil import first_of, last_of, local
from slawatch.core.dates import (
    Clock,
    ClockSpan,
    Dates,
    MonthDays,
    Months,
    NthWeekday,
    Weekdays,
    Years,
    in_month_days,
)
from slawatch.core.instant import DAY, Instant, Micros
from slawatch.core.ledger import Interval, union
from slawatch.core.text import TimeZone

_MICROSECOND: Final = timedelta(microseconds=1)
_REACH: Final = timedelta(days=3)
"""No window goes on for longer after the day it belongs to, a clock that skips a day included."""
_WEEK: Final[Micros] = 8 * DAY
HORIZON: Final[Micros] = 9 * 366 * DAY
"""How far windows are looked for: past the longest stretch without a 29th of February."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A window of the wall clock on some days of the week.

    Attributes:
        days: the weekdays it starts on, such as `["mon-fri"]`; every day by default.
        start, end: times of day; an end at or before the start is on the following day, so that equal ones
            are a whole day.

    Raises:
        ValueError: no such time of day.
    """

    days: tuple[Weekdays, ...] = ()
    start: Clock = 0
    end: Clock = DAY

    def __post_init__(self) -> None:
        if not 0 <= self.start < DAY:
            raise ValueError("start is a time of day before 24:00")
        if not 0 <= self.end <= DAY:
            raise ValueError("end is a time of day up to 24:00")

    def begins_on(self, day: date) -> bool:
        """Whether the window of a civil day exists."""
        return not self.days or any(day.weekday() in days for days in self.days)

    def on(self, day: date, timezone: str) -> Interval:
        """Return the window of a civil day, whatever weekday it is; it may be empty."""
        return clock_span(day, self.start, self.end if self.end > self.start else self.end + DAY, timezone)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeInterval:
    """The time at which all of the fields written apply; without any, always.

    Attributes:
        times: spans of the clock: `"09:00-17:00"`, or `{ start_time = "09:00", end_time = "17:00" }`.
        weekdays: `"mon-fri"`, `"saturday"`, or `"monday:friday"`.
        days_of_month: `"1"`, `"1:7"`, `"-3:-1"` for the last three.
        months: `"january"`, `"april:june"`, `"4:6"`.
        years: `"2026"`, `"2026:2028"`.
        dates: `"2026-12-24"`, `"2026-12-24:2026-12-26"`, with `"/2"` for every second day, or days of every
            year: `"april 1:august 16"`.
        nth_weekdays: `"second tuesday"`, `"last friday"`.
        location: whose clocks (IANA name); absent, those of whatever it is part of.
    """

    times: tuple[ClockSpan, ...] = ()
    weekdays: tuple[Weekdays, ...] = ()
    days_of_month: tuple[MonthDays, ...] = ()
    months: tuple[Months, ...] = ()
    years: tuple[Years, ...] = ()
    dates: tuple[Dates, ...] = ()
    nth_weekdays: tuple[NthWeekday, ...] = ()
    location: TimeZone = ""

    def covers(self, day: date) -> bool:
        """Whether the fields other than the times of day apply on a civil day."""
        return (
            (not self.weekdays or any(day.weekday() in days for days in self.weekdays))
            and (not self.months or any(day.month in months for months in self.months))
            and (not self.years or any(first <= day.year <= last for first, last in self.years))
            and (not self.days_of_month or any(in_month_days(days, day) for days in self.days_of_month))
            and (not self.dates or any(dates.covers(day) for dates in self.dates))
            and (
                not self.nth_weekdays
                or any(nth.day_in(day.year, day.month) == day for nth in self.nth_weekdays)
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    """Time intervals, without some and with others.

    Attributes:
        intervals: any of them.
        include: any of these as well.
        exclude: none of these.
        prefer: what holds in time that is both included and excluded.
        timezone: of intervals without a location of their own.
    """

    intervals: tuple[TimeInterval, ...] = ()
    include: tuple[TimeInterval, ...] = ()
    exclude: tuple[TimeInterval, ...] = ()
    prefer: Literal["exclude", "include"] = "exclude"
    timezone: TimeZone = "UTC"

    def spans(self, start: Instant, end: Instant) -> tuple[Interval, ...]:
        """Return when it applies in `[start, end)`."""

        def of(intervals: tuple[TimeInterval, ...]) -> list[Interval]:
            return [span for one in intervals for span in spans(one, start, end, self.timezone)]

        plain, included, excluded = of(self.intervals), of(self.include), of(self.exclude)
        if self.prefer == "exclude":
            return without(union([*plain, *included]), union(excluded))
        return union([*without(union(plain), union(excluded)), *included])

    def contains(self, at: Instant) -> bool:
        """Whether it applies at an instant."""
        return bool(self.spans(at, at + 1))

    def next_in(self, at: Instant, horizon: Micros = HORIZON) -> Instant | None:
        """Return the first instant from this one on at which it applies; None for none before the horizon."""
        return next((span.start for span in ahead(self.spans, at, horizon)), None)


def clock_span(day: date, start: Micros, end: Micros, timezone: str) -> Interval:
    """Return the time between two readings of the clock on a day; readings of 24 hours and more lie after it.

    >>> from slawatch.core.instant import HOUR, rfc3339
    >>> span = clock_span(date(2026, 3, 29), 2 * HOUR, 4 * HOUR, "Europe/Berlin")
    >>> (span.end - span.start) // HOUR
    1
    """
    midnight = datetime.combine(day, time(0))
    opens = first_of(midnight + start * _MICROSECOND, timezone)
    return Interval(opens, max(opens, last_of(midnight + end * _MICROSECOND, timezone)))


def window_spans(
    windows: Iterable[Window], start: Instant, end: Instant, timezone: str
) -> tuple[Interval, ...]:
    """Return the time of `[start, end)` in any of the windows."""
    windows = tuple(windows)
    found = (
        window.on(day, timezone)
        for day in _days(start, end, timezone)
        for window in windows
        if window.begins_on(day)
    )
    return clip(union(found), start, end)


def spans(interval: TimeInterval, start: Instant, end: Instant, timezone: str) -> tuple[Interval, ...]:
    """Return the time of `[start, end)` in a time interval, read in this zone unless it names its own."""
    place = interval.location or timezone
    times = interval.times or ((0, DAY),)
    found = (
        clock_span(day, opens, closes, place)
        for day in _days(start, end, place)
        if interval.covers(day)
        for opens, closes in times
    )
    return clip(union(found), start, end)


def contains(interval: TimeInterval, at: Instant, timezone: str = "UTC") -> bool:
    """Whether an instant lies in a time interval."""
    return bool(spans(interval, at, at + 1, timezone))


def muted_by(
    at: Instant,
    mute: Mapping[str, Iterable[TimeInterval]],
    active: Mapping[str, Iterable[TimeInterval]] | None = None,
    timezone: str = "UTC",
) -> tuple[str, ...]:
    """Return the names of the intervals that keep quiet at an instant.

    That is each muting one that it lies in, and the active ones where it lies in none of them.
    """

    def holding(named: Mapping[str, Iterable[TimeInterval]]) -> list[str]:
        return [
            name for name, several in named.items() if any(contains(one, at, timezone) for one in several)
        ]

    muting = holding(mute)
    if active and not holding(active):
        muting += active
    return tuple(muting)


def current_or_next(
    find: Callable[[Instant, Instant], tuple[Interval, ...]], at: Instant, horizon: Micros = HORIZON
) -> Interval | None:
    """Return the whole span that an instant lies in, or else the next; None for none before the horizon.

    `find` gives the spans inside of two instants. A span without an end ends at the horizon, and likewise for
    its start.
    """
    following = next(ahead(find, at, horizon), None)
    if following is None:
        return None
    reach = _WEEK
    while True:
        low, high = following.start - reach, following.end + reach
        found = next(span for span in find(low, high) if span.start <= following.start < span.end)
        if reach >= horizon or (low < found.start and found.end < high):
            return found
        reach *= 4


def ahead(
    find: Callable[[Instant, Instant], tuple[Interval, ...]], at: Instant, horizon: Micros
) -> Iterator[Interval]:
    """Yield the spans from an instant to the horizon, in order, cut where the search was."""
    step, end = _WEEK, at + horizon
    while at < end:
        yield from find(at, min(at + step, end))
        at += step
        step = min(2 * step, 46 * _WEEK)


def clip(intervals: Iterable[Interval], start: Instant, end: Instant) -> tuple[Interval, ...]:
    """Return what of the intervals lies in `[start, end)`."""
    cut = (Interval(max(low, start), min(high, end)) for low, high in intervals)
    return tuple(interval for interval in cut if interval.start < interval.end)


def without(intervals: Iterable[Interval], holes: Iterable[Interval]) -> tuple[Interval, ...]:
    """Return what of sorted intervals lies in none of the holes, which are sorted and do not overlap."""
    holes = tuple(holes)
    found = []
    for low, high in intervals:
        edges = [
            low,
            *(edge for hole in holes if hole.end > low and hole.start < high for edge in hole),
            high,
        ]
        found += [Interval(a, b) for a, b in list(pairwise(edges))[::2] if a < b]
    return tuple(found)


def _days(start: Instant, end: Instant, timezone: str) -> Iterator[date]:
    """Yield the civil days whose windows may reach into `[start, end)`."""
    if start >= end:
        return
    day = local(start, timezone).date() - _REACH
    last = local(end, timezone).date() + timedelta(days=1)
    while day <= last:
        yield day
        day += timedelta(days=1)
