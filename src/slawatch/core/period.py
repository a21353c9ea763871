"""Periods of time: civil days, weeks, months, quarters and years in any zone, and stretches between instants.

Instants and lengths are microseconds; every period is half-open.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal, TypeAlias

from slawatch.core.agreement import PeriodKind
from slawatch.core.civil import day_of, midnight, midnights, month_start, resolve, week_start
from slawatch.core.instant import Instant, Micros, from_datetime, to_datetime
from slawatch.core.text import format_duration

Kind: TypeAlias = PeriodKind | Literal["rolling", "custom"]

FORMS: Final = "2026-10 (a month), 2026-Q4, 2026, 2026-W41 or 2026-10-05"
"""How a calendar period is written, for messages."""

_FIRST_YEAR, _LAST_YEAR = 1900, 9000
_LABELS: Final[tuple[tuple[PeriodKind, re.Pattern[str]], ...]] = (
    ("year", re.compile(r"(\d{4})", re.ASCII)),
    ("quarter", re.compile(r"(\d{4})-[Qq]([1-4])", re.ASCII)),
    ("month", re.compile(r"(\d{4})-(\d{2})", re.ASCII)),
    ("week", re.compile(r"(\d{4})-[Ww](\d{2})", re.ASCII)),
    ("day", re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)),
)


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time that a figure is about.

    Attributes:
        label: `2026-10`, `2026-Q4`, `2026`, `2026-W41`, `2026-10-05`, `2026-10-01_2026-10-15`, `24h`; fit for
            a file's name.
        start, end: half-open.
        timezone: IANA name; whose midnights the days start at.
        kind: what kind of calendar period, or `rolling`, or `custom`.
    """

    label: str
    start: Instant
    end: Instant
    timezone: str
    kind: Kind

    @property
    def length(self) -> Micros:
        """The true length: a day may have 23, 24 or 25 hours, or another number."""
        return self.end - self.start


def parse_period(text: str, timezone: str) -> Period:
    """Return the calendar period that a label names.

    >>> parse_period("2026-10", "Europe/Berlin").length // 3_600_000_000
    745

    Raises:
        ValueError: no such period, or no such time zone.
    """
    for kind, pattern in _LABELS:
        if match := pattern.fullmatch(text):
            try:
                first = _FIRST_DAYS[kind](*(int(part) for part in match.groups()))
            except ValueError:
                break
            if not _FIRST_YEAR <= first.year <= _LAST_YEAR:
                raise ValueError(f"{text!r} lies outside of the years {_FIRST_YEAR} to {_LAST_YEAR}")
            return calendar_period(kind, first, timezone)
    raise ValueError(f"{text!r} is not a period such as {FORMS}")


def calendar_period(kind: PeriodKind, day: date, timezone: str) -> Period:
    """Return the calendar period of this kind that a civil day lies in."""
    first = _STARTS[kind](day)
    following = _shift(kind, first, 1)
    return Period(
        _label(kind, first), midnight(first, timezone), midnight(following, timezone), timezone, kind
    )


def containing(instant: Instant, kind: PeriodKind, timezone: str) -> Period:
    """Return the calendar period of this kind that an instant lies in."""
    return calendar_period(kind, day_of(instant, timezone), timezone)


def neighbour(period: Period, steps: int) -> Period:
    """Return the calendar period so many steps later, or earlier when negative.

    Raises:
        ValueError: the period is no calendar period.
    """
    if period.kind == "rolling" or period.kind == "custom":
        raise ValueError(f"{period.label} has no neighbours: it is no calendar period")
    first = _STARTS[period.kind](day_of(period.start, period.timezone))
    return calendar_period(period.kind, _shift(period.kind, first, steps), period.timezone)


def from_to(start: Instant, end: Instant, timezone: str) -> Period:
    """Return the period between two instants.

    Raises:
        ValueError: it would be empty or run backwards.
    """
    if start >= end:
        raise ValueError(f"a period must end after it starts: {_stamp(start)} to {_stamp(end)}")
    days = day_of(start, timezone), day_of(end, timezone)
    if (midnight(days[0], timezone), midnight(days[1], timezone)) == (start, end):
        return Period(f"{days[0]}_{days[1]}", start, end, timezone, "custom")
    return Period(f"{_stamp(start)}_{_stamp(end)}", start, end, timezone, "custom")


def rolling(end: Instant, length: Micros, timezone: str) -> Period:
    """Return the stretch of this length that ends at an instant.

    Raises:
        ValueError: the length is not positive.
    """
    if length <= 0:
        raise ValueError(f"a rolling period needs a length above zero, not {format_duration(length)}")
    return Period(format_duration(length), end - length, end, timezone, "rolling")


def parse_moment(text: str, timezone: str) -> Instant:
    """Return the instant of a date (its start), a local date and time, or one with an offset.

    >>> parse_moment("1970-01-02", "UTC"), parse_moment("1970-01-01T01:00:01+01:00", "Europe/Berlin")
    (86400000000, 1000000)

    Raises:
        ValueError: neither of them, or no such time zone.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a time such as 2026-10-01 or 2026-10-01T09:00:00+02:00") from None
    return from_datetime(moment) if moment.tzinfo else resolve(moment, timezone)


def days(period: Period) -> tuple[Period, ...]:
    """Return the civil days of a period in its time zone, clipped to it; they add up to it exactly."""
    marks = list(midnights(period.start, period.end, period.timezone))
    if not marks or marks[0][1] > period.start:
        marks.insert(0, (day_of(period.start, period.timezone), period.start))
    ends = [at for _, at in marks[1:]] + [period.end]
    return tuple(
        Period(day.isoformat(), at, end, period.timezone, "day")
        for (day, at), end in zip(marks, ends, strict=True)
    )


def covers_whole_days(period: Period) -> bool:
    """Whether the period starts and ends at midnights of its time zone."""
    return all(
        midnight(day_of(edge, period.timezone), period.timezone) == edge
        for edge in (period.start, period.end)
    )


def _first_of_week(year: int, week: int) -> date:
    return date.fromisocalendar(year, week, 1)


_FIRST_DAYS: Final[dict[PeriodKind, Callable[..., date]]] = {
    "year": lambda year: date(year, 1, 1),
    "quarter": lambda year, quarter: date(year, 3 * quarter - 2, 1),
    "month": lambda year, month: date(year, month, 1),
    "week": _first_of_week,
    "day": date,
}
_STARTS: Final[dict[PeriodKind, Callable[[date], date]]] = {
    "year": lambda day: date(day.year, 1, 1),
    "quarter": lambda day: date(day.year, (day.month - 1) // 3 * 3 + 1, 1),
    "month": lambda day: day.replace(day=1),
    "week": week_start,
    "day": lambda day: day,
}
_MONTHS: Final[dict[PeriodKind, int]] = {"year": 12, "quarter": 3, "month": 1}


def _shift(kind: PeriodKind, first: date, steps: int) -> date:
    if kind in _MONTHS:
        return month_start(first.year, first.month + steps * _MONTHS[kind])
    return first + timedelta(days=steps * (7 if kind == "week" else 1))


def _label(kind: PeriodKind, first: date) -> str:
    match kind:
        case "year":
            return f"{first.year:04}"
        case "quarter":
            return f"{first.year:04}-Q{(first.month + 2) // 3}"
        case "month":
            return f"{first.year:04}-{first.month:02}"
        case "week":
            year, week, _ = first.isocalendar()
            return f"{year:04}-W{week:02}"
        case "day":
            return first.isoformat()


def _stamp(instant: Instant) -> str:
    whole = to_datetime(instant).strftime("%Y%m%dT%H%M%S")
    fraction = f".{instant % 1_000_000:06}".rstrip("0") if instant % 1_000_000 else ""
    return f"{whole}{fraction}Z"
