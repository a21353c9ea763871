"""How a report words numbers and times for people: floored percentages, lengths, local times, in English."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from fractions import Fraction
from typing import Final

from slawatch.core.civil import local
from slawatch.core.instant import DAY, HOUR, MILLISECOND, MINUTE, SECOND, Instant, Micros
from slawatch.core.period import Period, covers_whole_days, parse_period

NO_DATA: Final = "no data"
"""What stands where a figure has an empty denominator."""

THIN: Final = "\u202f"
"""The narrow no-break space that groups digits and binds a number to its unit."""

MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LONG_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip
_WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

CLASS_NAMES: Final[Mapping[str, str]] = {
    "up": "Up",
    "degraded": "Degraded",
    "down": "Down",
    "unknown": "Unknown",
    "excused": "Excused",
    "maintenance": "Maintenance",
    "outside_hours": "Outside service hours",
    "not_monitored": "Not monitored",
    "future": "Not yet elapsed",
}
"""The name of each class of the ledger, in the order in which a report lists them."""

CLASS_MEANINGS: Final[Mapping[str, str]] = {
    "up": "answered as expected",
    "degraded": "answered, but slowly or in part",
    "down": "did not answer as expected",
    "unknown": "nobody can say: there was no valid sample",
    "excused": "an adjustment that holds",
    "maintenance": "announced work, as far as the terms grant it",
    "outside_hours": "outside the agreed service hours",
    "not_monitored": "before the first sample ever",
    "future": "after the time at which this report was made",
}


def floored(value: Fraction, decimals: int) -> str:
    """Return a number rounded down, so that no figure ever looks better than it is.

    >>> floored(Fraction(99_995, 1_000), 2), floored(Fraction(-1, 3), 1)
    ('99.99', '-0.4')
    """
    scaled = (value * 10**decimals).__floor__()
    sign = "-" if scaled < 0 else ""
    whole, rest = divmod(abs(scaled), 10**decimals)
    return f"{sign}{whole}.{rest:0{decimals}d}" if decimals else f"{sign}{whole}"


def percent(value: Fraction | None, decimals: int = 3) -> str:
    """Return a percent number with its sign, rounded down.

    >>> percent(Fraction(100)), percent(None)
    ('100.000\u202f%', 'no data')
    """
    return NO_DATA if value is None else f"{floored(value, decimals)}{THIN}%"


def percent_up(value: Fraction | None, decimals: int) -> str:
    """Show an upper bound rounded up, with so many decimals that it does not read 100 unless it is."""
    if value is None:
        return NO_DATA
    while True:
        raised = -((-value * 10**decimals).__floor__())
        if raised < 100 * 10**decimals or value >= 100 or decimals >= 12:
            return percent(Fraction(raised, 10**decimals), decimals)
        decimals += 1


def grouped(whole: int) -> str:
    """Return an integer with its digits in groups of three.

    >>> grouped(2_678_400)
    '2\u202f678\u202f400'
    """
    return f"{whole:,}".replace(",", THIN)


def second_decimals(*lengths: Micros) -> int:
    """Return how many decimals of a second show all these lengths exactly (0, 3 or 6).

    >>> second_decimals(SECOND), second_decimals(1_500_000), second_decimals(1)
    (0, 3, 6)
    """
    if all(length % SECOND == 0 for length in lengths):
        return 0
    return 3 if all(length % MILLISECOND == 0 for length in lengths) else 6


def exact_seconds(length: Micros, decimals: int) -> str:
    """Return a length as seconds, exact as long as `decimals` comes from `second_decimals`.

    >>> exact_seconds(1_234_500_000, 3)
    '1\u202f234.500'
    """
    whole, rest = divmod(abs(length), SECOND)
    sign = "\u2212" if length < 0 else ""
    return f"{sign}{grouped(whole)}" + (f".{rest:06d}"[: decimals + 1] if decimals else "")


def length(value: Micros) -> str:
    """Return a length as a person would say it, to the two units that matter.

    >>> length(90 * MINUTE), length(62_500_000), length(120_000), length(0), length(DAY + 1)
    ('1 h 30 min', '1 min 2.5 s', '120 ms', '0 s', '1 d')
    """
    sign, rest = ("\u2212", -value) if value < 0 else ("", value)
    if rest == 0:
        return "0 s"
    if rest < MILLISECOND:
        return f"{sign}{rest} µs"
    if rest < SECOND:
        return f"{sign}{_trimmed(rest, MILLISECOND)} ms"
    if rest < MINUTE:
        return f"{sign}{_trimmed(rest, SECOND)} s"
    if rest < HOUR:
        minutes, rest = divmod(rest, MINUTE)
        return f"{sign}{minutes} min" + (f" {_trimmed(rest, SECOND)} s" if rest >= MILLISECOND else "")
    if rest < DAY:
        hours, rest = divmod(rest, HOUR)
        return f"{sign}{hours} h" + (f" {rest // MINUTE} min" if rest >= MINUTE else "")
    days, rest = divmod(rest, DAY)
    return f"{sign}{days} d" + (f" {rest // HOUR} h" if rest >= HOUR else "")


def _trimmed(value: Micros, unit: Micros) -> str:
    thousandths = value * 1000 // unit
    return f"{thousandths // 1000}.{thousandths % 1000:03d}".rstrip("0").rstrip(".")


def latency(value: Micros | None) -> str:
    """Return a latency to three significant digits or so.

    >>> latency(1_234), latency(84_200), latency(842_300), latency(1_842_300), latency(None)
    ('1.23 ms', '84.2 ms', '842 ms', '1.84 s', 'no data')
    """
    if value is None:
        return NO_DATA
    if value < MILLISECOND:
        return f"{value} µs"
    amount, unit = (Fraction(value, MILLISECOND), "ms") if value < SECOND else (Fraction(value, SECOND), "s")
    decimals = 2 if amount < 10 else 1 if amount < 100 else 0
    return f"{floored(amount, decimals)} {unit}"


def date_words(moment: datetime, *, year: bool = False) -> str:
    """Return a date for a table cell.

    >>> date_words(datetime(2026, 10, 4)), date_words(datetime(2026, 10, 4), year=True)
    ('Sun 4 Oct', 'Sun 4 Oct 2026')
    """
    text = f"{_WEEKDAYS[moment.weekday()]} {moment.day} {MONTHS[moment.month - 1]}"
    return f"{text} {moment.year}" if year else text


def clock_words(moment: datetime) -> str:
    """Return a time of day with seconds, and milliseconds where there are any.

    >>> clock_words(datetime(2026, 10, 4, 9, 5, 1)), clock_words(datetime(2026, 10, 4, 9, 5, 1, 250_000))
    ('09:05:01', '09:05:01.250')
    """
    millis = moment.microsecond // 1000
    return f"{moment:%H:%M:%S}" + (f".{millis:03d}" if millis else "")


def long_date(moment: datetime) -> str:
    """Return a date in full.

    >>> long_date(datetime(2026, 10, 4))
    '4 October 2026'
    """
    return f"{moment.day} {_LONG_MONTHS[moment.month - 1]} {moment.year}"


def period_title(period: Period) -> str:
    """Return the heading of a period.

    >>> from slawatch.core.period import parse_period
    >>> [period_title(parse_period(t, "UTC")) for t in ("2026-10", "2026-Q4", "2026", "2026-W41")]
    ['October 2026', '4th quarter of 2026', '2026', 'Week 41 of 2026']
    >>> period_title(Period("x", 99_000_000_000, 172_800_000_000, "UTC", "custom"))
    '2 January 1970, 03:30 to 24:00'
    """
    first = local(period.start, period.timezone)
    year = period.label[:4]
    match period.kind:
        case "year":
            return year
        case "quarter":
            return f"{('1st', '2nd', '3rd', '4th')[int(period.label[-1]) - 1]} quarter of {year}"
        case "month":
            return f"{_LONG_MONTHS[int(period.label[5:]) - 1]} {year}"
        case "week":
            return f"Week {int(period.label[6:])} of {year}"
        case "day":
            return long_date(first)
        case _ if covers_whole_days(period):
            last = local(period.end - 1, period.timezone)
            return (
                long_date(first)
                if first.date() == last.date()
                else f"{long_date(first)} to {long_date(last)}"
            )
        case _:
            return _span(first, local(period.end, period.timezone))


def span_title(label: str, start: Instant, end: Instant, timezone: str) -> str:
    """Return the heading of a period of which only the label tells the kind.

    >>> span_title("2026-10", 1_790_812_800_000_000, 1_793_491_200_000_000, "UTC")
    'October 2026'
    """
    try:
        kind = parse_period(label, timezone).kind
    except ValueError:
        kind = "custom"
    return period_title(Period(label, start, end, timezone, kind))


def called(period: Period) -> str:
    """Return how messages name a period: by what people type, or in words where that is a span of any kind.

    >>> called(Period("2026-10", 0, 1, "UTC", "month"))
    '2026-10'
    >>> called(Period("19700101T000000Z_19700102T033000Z", 0, 99_000_000_000, "UTC", "custom"))
    '1 January 1970 to 2 January 1970 03:30'
    """
    return period_title(period) if period.kind == "custom" else period.label


def _span(first: datetime, last: datetime) -> str:
    """Return a stretch that does not both begin and end at midnight; a midnight at its end is 24:00."""
    begins = long_date(first) + (f" {_short_clock(first)}" if first.time() != time.min else "")
    ends = _short_clock(last)
    if last.time() == time.min:
        last, ends = last - timedelta(days=1), "24:00"
    if first.date() == last.date():
        return f"{long_date(first)}, {_short_clock(first)} to {ends}"
    return f"{begins} to {long_date(last)} {ends}"


def _short_clock(moment: datetime) -> str:
    return clock_words(moment) if moment.second or moment.microsecond else f"{moment:%H:%M}"
