"""How days, clocks and ranges of them are written: `"mon-fri"`, `"-3:-1"`, `"last friday"`, `"22:00-06:00"`.

Weekdays count from Monday as 0, as `date.weekday` does; clock readings are microseconds after midnight. A
range written with a colon is Alertmanager's: inclusive, a week starts on Sunday, it may not run backwards.
"""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final, NamedTuple, TypeAlias

from slawatch.core.instant import DAY, HOUR, MINUTE, SECOND, Micros
from slawatch.core.text import FromText, FromValue

_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS: Final = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_ORDINALS: Final = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "last": -1}
_CLOCK: Final = re.compile(r"(\d\d):([0-5]\d)(?::([0-5]\d))?", re.ASCII)
_ISO: Final = r"\d{4}-\d\d-\d\d"
_DATES: Final = re.compile(rf"({_ISO})(?:(?: - |\.\.|:)({_ISO}))?(?:\s*/\s*(\d{{1,4}}))?", re.ASCII)
_YEARLY: Final = re.compile(r"([a-z]+) (\d{1,2})(?:\s*(?:-|:)\s*([a-z]+) (\d{1,2}))?", re.ASCII)
_LEAP: Final = 2000


def _index(text: str, names: tuple[str, ...], what: str) -> int:
    """Return the place of a name, whole or of its first three letters."""
    for place, name in enumerate(names):
        if text in (name, name[:3]):
            return place
    raise ValueError(f"{text!r} is not a {what} such as {names[0]}")


def parse_weekdays(text: str) -> frozenset[int]:
    """Return the weekdays that `mon`, `mon-fri`, `fri-mon` or `monday:friday` names.

    >>> sorted(parse_weekdays("sat-mon")), sorted(parse_weekdays("sunday:tuesday"))
    ([0, 5, 6], [0, 1, 6])

    Raises:
        ValueError: no such day, or a range with a colon that runs backwards in a week that starts on Sunday.
    """
    first, colon, last = text.strip().lower().partition(":")
    if colon:
        low, high = ((_index(part.strip(), _WEEKDAYS, "weekday") + 1) % 7 for part in (first, last))
        if low > high:
            raise ValueError(f"{text!r} runs backwards: a week starts on Sunday here; write {first}-{last}")
        return frozenset((day - 1) % 7 for day in range(low, high + 1))
    first, dash, last = first.partition("-")
    low = _index(first.strip(), _WEEKDAYS, "weekday")
    high = _index(last.strip(), _WEEKDAYS, "weekday") if dash else low
    return frozenset((low + step) % 7 for step in range((high - low) % 7 + 1))


def parse_weekday(text: str) -> int:
    """Return the number of one weekday.

    Raises:
        ValueError: no such day.
    """
    return _index(text.strip().lower(), _WEEKDAYS, "weekday")


def parse_months(text: str) -> frozenset[int]:
    """Return the months that `january`, `4`, `april:june` or `apr-jun` names.

    Raises:
        ValueError: no such month, or a range that runs backwards.
    """
    parts = re.split(r"[:-]", text.strip().lower(), maxsplit=1)
    numbers = [_month(part.strip()) for part in parts]
    if numbers[0] > numbers[-1]:
        raise ValueError(f"{text!r} runs backwards: write two ranges")
    return frozenset(range(numbers[0], numbers[-1] + 1))


def _month(text: str) -> int:
    if re.fullmatch(r"\d{1,2}", text, re.ASCII):
        if not 1 <= int(text) <= 12:
            raise ValueError(f"{text} is not a month: they go from 1 to 12")
        return int(text)
    return _index(text, _MONTHS, "month") + 1


def parse_month_days(text: str) -> tuple[int, int]:
    """Return the first and the last day of the month that `1`, `1:7` or `-3:-1` names; -1 is the last day.

    Raises:
        ValueError: no such day, or a range that runs backwards in every month.
    """
    match = re.fullmatch(r"(-?\d{1,2})(?::(-?\d{1,2}))?", text.strip(), re.ASCII)
    if match is None:
        raise ValueError(f'{text!r} names no days of a month: write "1", "1:7" or "-3:-1"')
    first, last = int(match[1]), int(match[2] or match[1])
    for day in (first, last):
        if not 1 <= abs(day) <= 31:
            raise ValueError(f"{day} is not a day of the month: they go from 1 to 31, or from -31 to -1")
    latest = last if (first > 0) == (last > 0) else last % 32
    if latest < first:
        raise ValueError(f"the end {last} is always before the start {first}")
    return first, last


def parse_years(text: str) -> tuple[int, int]:
    """Return the first and the last year that `2026` or `2026:2028` names.

    Raises:
        ValueError: no such years, or a range that runs backwards.
    """
    match = re.fullmatch(r"(\d{4})(?:[:-](\d{4}))?", text.strip(), re.ASCII)
    if match is None:
        raise ValueError(f'{text!r} names no years: write "2026" or "2026:2028"')
    first, last = int(match[1]), int(match[2] or match[1])
    if last < first:
        raise ValueError(f"the end {last} is before the start {first}")
    return first, last


def in_month_days(days: tuple[int, int], day: date) -> bool:
    """Whether a day is one of those from the first to the last of its month; -1 is the last of the month.

    >>> in_month_days((-3, -1), date(2026, 2, 26)), in_month_days((-3, -1), date(2026, 2, 25))
    (True, False)
    """
    length = month_length(day.year, day.month)
    first, last = (number if number > 0 else length + 1 + number for number in days)
    return first <= day.day <= last


class NthWeekdayOfMonth(NamedTuple):
    """The nth of a weekday in a month.

    Attributes:
        weekday: Monday is 0.
        nth: 1 to 5, or -1 to -5 from the end.
    """

    weekday: int
    nth: int

    def day_in(self, year: int, month: int) -> date | None:
        """Return the day in a month; None where it has not so many."""
        length = month_length(year, month)
        if self.nth > 0:
            first = date(year, month, 1)
            number = 1 + (self.weekday - first.weekday()) % 7 + 7 * (self.nth - 1)
        else:
            last = date(year, month, length)
            number = length - (last.weekday() - self.weekday) % 7 + 7 * (self.nth + 1)
        return date(year, month, number) if 1 <= number <= length else None


def parse_nth_weekday(text: str) -> NthWeekdayOfMonth:
    """Return the day that `second tuesday`, `last friday` or `tuesday -2` names.

    >>> parse_nth_weekday("last friday").day_in(2019, 3).isoformat()
    '2019-03-29'

    Raises:
        ValueError: no such day.
    """
    words = text.strip().lower().split()
    if len(words) == 2:
        if words[0] in _ORDINALS:
            return NthWeekdayOfMonth(_index(words[1], _WEEKDAYS, "weekday"), _ORDINALS[words[0]])
        if re.fullmatch(r"-?[1-5]", words[1], re.ASCII):
            return NthWeekdayOfMonth(_index(words[0], _WEEKDAYS, "weekday"), int(words[1]))
    raise ValueError(
        f'{text!r} is not a day of a month such as "second tuesday", "last friday" or "tuesday -2"'
    )


@dataclass(frozen=True, slots=True)
class DateRange:
    """Days of the calendar, or the same days of every year.

    Attributes:
        first, last: inclusive; those of every year stand in a leap year and may run across New Year.
        stride: every so many days from the first on.
        yearly: whether the year does not matter.
    """

    first: date
    last: date
    stride: int = 1
    yearly: bool = False

    def covers(self, day: date) -> bool:
        """Whether a day is one of them."""
        if not self.yearly:
            return self.first <= day <= self.last and (day - self.first).days % self.stride == 0
        here = day.replace(year=_LEAP)
        if self.first <= self.last:
            return self.first <= here <= self.last
        return here >= self.first or here <= self.last


def parse_dates(text: str) -> DateRange:
    """Return the days that `2026-12-24`, `2026-12-24:2026-12-31/2` or `april 1:august 16` names.

    Raises:
        ValueError: no such days, or a range that runs backwards.
    """
    stripped = text.strip().lower()
    if match := _DATES.fullmatch(stripped):
        first, last = (_date(part) for part in (match[1], match[2] or match[1]))
        if last < first:
            raise ValueError(f"the end {last} is before the start {first}")
        if match[3] is not None and int(match[3]) < 1:
            raise ValueError(f"{text!r} has a stride of no days")
        return DateRange(first, last, int(match[3] or 1))
    if match := _YEARLY.fullmatch(stripped):
        first = _day_of_year(match[1], match[2])
        last = _day_of_year(match[3], match[4]) if match[3] else first
        return DateRange(first, last, yearly=True)
    raise ValueError(
        f'{text!r} names no days: write "2026-12-24", "2026-12-24:2026-12-26" or "april 1:august 16"'
    )


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text} is not a day of the calendar") from None


def _day_of_year(month: str, day: str) -> date:
    try:
        return date(_LEAP, _index(month, _MONTHS, "month") + 1, int(day))
    except ValueError:
        raise ValueError(f"{month} {day} is not a day of the year such as april 1") from None


def parse_clock(text: str, most: Micros = DAY) -> Micros:
    """Return the time of day that `09:00` or `09:00:30` names, up to `24:00`.

    Raises:
        ValueError: no such time.
    """
    match = _CLOCK.fullmatch(text.strip())
    if match is None:
        raise ValueError(f'{text!r} is not a time of day such as "09:00"')
    reading = int(match[1]) * HOUR + int(match[2]) * MINUTE + int(match[3] or 0) * SECOND
    if reading > most:
        raise ValueError(f"{text!r} is a time that no clock shows")
    return reading


def parse_clock_span(text: str) -> tuple[Micros, Micros]:
    """Return the two readings of the clock that `09:00-17:00` names.

    An end at or before the start is on the following day, and so is one of more than 24 hours.

    >>> [reading // HOUR for reading in parse_clock_span("22:00-06:00")]
    [22, 30]

    Raises:
        ValueError: no such span.
    """
    first, dash, last = text.partition("-")
    if not dash:
        raise ValueError(f'{text!r} is not a span of the clock such as "09:00-17:00"')
    start, end = parse_clock(first), parse_clock(last, 2 * DAY)
    if start >= DAY:
        raise ValueError(f"{text!r} starts at the end of the day")
    if end <= start:
        end += DAY
    if end - start > DAY:
        raise ValueError(f"{text!r} is longer than a day")
    return start, end


def read_clock_span(found: object) -> tuple[Micros, Micros]:
    """Return a span of the clock written as text, or as Alertmanager's `{ start_time, end_time }`.

    Raises:
        ValueError: neither, or a table that ends before it starts.
    """
    if isinstance(found, str):
        return parse_clock_span(found)
    if isinstance(found, dict) and found.keys() == {"start_time", "end_time"}:
        start, end = (parse_clock(str(found[key])) for key in ("start_time", "end_time"))
        if end <= start:
            raise ValueError(
                'start_time is not before end_time: write "22:00-06:00" for one that runs overnight'
            )
        return start, end
    raise ValueError('write "09:00-17:00" or { start_time = "09:00", end_time = "17:00" }')


def month_length(year: int, month: int) -> int:
    """Return how many days a month has."""
    return monthrange(year, month)[1]


Weekdays: TypeAlias = Annotated[
    frozenset[int], FromText(parse_weekdays, 'weekdays such as "mon-fri" or "sunday"', example="mon-fri")
]
Weekday: TypeAlias = Annotated[int, FromText(parse_weekday, 'a weekday such as "monday"', example="monday")]
MonthDays: TypeAlias = Annotated[
    tuple[int, int], FromText(parse_month_days, 'days of the month such as "1:7" or "-1"', example="1:7")
]
Months: TypeAlias = Annotated[
    frozenset[int], FromText(parse_months, 'months such as "april:june"', example="april:june")
]
Years: TypeAlias = Annotated[
    tuple[int, int], FromText(parse_years, 'years such as "2026" or "2026:2028"', example="2026:2028")
]
Dates: TypeAlias = Annotated[
    DateRange, FromText(parse_dates, 'days such as "2026-12-24" or "april 1:august 16"', example="2026-12-24")
]
NthWeekday: TypeAlias = Annotated[
    NthWeekdayOfMonth,
    FromText(parse_nth_weekday, 'a day such as "second tuesday" or "last friday"', example="last friday"),
]
Clock: TypeAlias = Annotated[Micros, FromText(parse_clock, 'a time of day such as "09:00"', example="09:00")]
ClockSpan: TypeAlias = Annotated[
    tuple[Micros, Micros],
    FromValue(
        read_clock_span,
        'a span of the clock such as "09:00-17:00"',
        {
            "oneOf": [
                {"type": "string", "examples": ["09:00-17:00", "22:00-06:00"]},
                {
                    "type": "object",
                    "properties": {
                        "start_time": {"type": "string", "description": "a time of day such as 09:00"},
                        "end_time": {"type": "string", "description": "a time of day up to 24:00"},
                    },
                    "required": ["start_time", "end_time"],
                    "additionalProperties": False,
                },
            ]
        },
    ),
]
