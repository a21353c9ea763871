"""Service hours: when a promise holds, by weekday, holiday and dated exception, on the clocks of a zone.

Hours are written on the wall clock and counted as elapsed time: a span in which the clocks go forward is
shorter, one in which they go back is longer. Instants and lengths are microseconds, intervals half-open.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final, NamedTuple

from slawatch.core.civil import clocks
from slawatch.core.instant import DAY, HOUR, MINUTE, Instant, Micros
from slawatch.core.ledger import Interval, subtract, total, union

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""The days of the week as hours name them, in the order of `date.weekday`."""

_EPOCH: Final = date(1970, 1, 1)
_HOURS: Final = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})", re.ASCII)
_LONGEST_CLOSED: Final[Micros] = 2 * 366 * DAY
_CHUNK: Final[Micros] = 31 * DAY


class Hours(NamedTuple):
    """A span of the wall clock, from one time of day to another.

    Attributes:
        opens, closes: microseconds after midnight on the wall clock; `closes` at or before `opens` is on the
            day after, except that equal ones are no time at all.
    """

    opens: Micros
    closes: Micros

    @property
    def length(self) -> Micros:
        """How long the span is on the wall clock."""
        return (self.closes - self.opens) % DAY if self.closes != DAY else DAY - self.opens

    def __str__(self) -> str:
        """The span as it is written: `09:00-17:00`."""
        return f"{_clock(self.opens)}-{_clock(self.closes)}"


def parse_hours(text: str) -> Hours:
    """Return the span that a text such as `09:00-17:00`, `22:00-06:00` or `00:00-24:00` names.

    >>> str(parse_hours("22:00-06:00")), parse_hours("22:00-06:00").length // 3_600_000_000
    ('22:00-06:00', 8)

    Raises:
        ValueError: no such span, or one without length.
    """
    match = _HOURS.fullmatch(text.strip())
    if not match:
        raise ValueError(f'{text!r} is not a span of the day such as "09:00-17:00" or "22:00-06:00"')
    hours = [int(part) for part in match.groups()]
    opens, closes = (hours[i] * HOUR + hours[i + 1] * MINUTE for i in (0, 2))
    if max(hours[1], hours[3]) > 59 or opens >= DAY or closes > DAY:
        raise ValueError(f"{text!r} names a time that no clock shows: the day goes from 00:00 to 24:00")
    if opens == closes:
        raise ValueError(f'{text!r} is no time at all: the whole day is "00:00-24:00"')
    return Hours(opens, closes)


def parse_weekdays(text: str) -> tuple[int, ...]:
    """Return the weekdays, Monday being 0, that `mon`, `mon-fri`, `fri-mon` or `mon,wed` name.

    >>> parse_weekdays("fri-sun"), parse_weekdays("sat,mon")
    ((4, 5, 6), (5, 0))

    Raises:
        ValueError: no such days.
    """
    found: list[int] = []
    for part in text.lower().replace(" ", "").split(","):
        names = part.split("-")
        if len(names) > 2 or any(name not in WEEKDAYS for name in names):
            raise ValueError(f"{text!r} names no days: write mon, mon-fri or mon,wed ({', '.join(WEEKDAYS)})")
        first, last = WEEKDAYS.index(names[0]), WEEKDAYS.index(names[-1])
        found += [(first + step) % 7 for step in range((last - first) % 7 + 1)]
    return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """The hours in which a service is promised.

    Attributes:
        name: the key of its TOML table.
        timezone: whose wall clock the hours are read on.
        hours: the spans of each weekday, Monday being 0; days that are absent are closed.
        dates: the spans of single days, which replace those of the weekday; none at all is closed.
        holidays: closed days, unless `dates` has the day.
    """

    name: str = ""
    timezone: str = "UTC"
    hours: Mapping[int, tuple[Hours, ...]] = field(default_factory=dict)
    dates: Mapping[date, tuple[Hours, ...]] = field(default_factory=dict)
    holidays: frozenset[date] = frozenset()

    def of_day(self, day: date) -> tuple[Hours, ...]:
        """Return the spans that begin on a civil day."""
        if day in self.dates:
            return self.dates[day]
        return () if day in self.holidays else self.hours.get(day.weekday(), ())

    def open(self, start: Instant, end: Instant) -> tuple[Interval, ...]:
        """Return the service hours in `[start, end)`: sorted, without overlap."""
        return union(self._open(start, end)) if start < end else ()

    def outside(self, start: Instant, end: Instant) -> tuple[Interval, ...]:
        """Return what of `[start, end)` lies outside of the service hours."""
        return subtract((Interval(start, end),), self.open(start, end)) if start < end else ()

    def length(self, start: Instant, end: Instant) -> Micros:
        """Return how much of `[start, end)` are service hours."""
        return total(self.open(start, end))

    def is_open(self, instant: Instant) -> bool:
        """Whether an instant lies in the service hours."""
        return bool(self.open(instant, instant + 1))

    def next_open(self, instant: Instant) -> Instant | None:
        """Return the first instant from this one on inside of the hours; None for none in years."""
        return next((span.start for span in self._ahead(instant)), None)

    def next_close(self, instant: Instant) -> Instant | None:
        """Return the end of the service hours that this instant lies in, or of the next ones."""
        for span in self._ahead(instant):
            return self._end(span)
        return None

    def last_close(self, instant: Instant) -> Instant | None:
        """Return until when, up to this instant, the hours last ran: this instant itself inside of them."""
        return next((span.end for span in self._behind(instant)), None)

    def after(self, instant: Instant, length: Micros) -> Instant | None:
        """Return the instant by which so much service time has gone by; before this one where negative.

        None where the calendar has not so much time within years.
        """
        left = abs(length)
        if length < 0:
            for span in self._behind(instant):
                if left <= span.end - span.start:
                    return span.end - left
                left -= span.end - span.start
            return None
        for span in self._ahead(instant):
            if left <= span.end - span.start:
                return span.start + left
            left -= span.end - span.start
        return None

    def _open(self, start: Instant, end: Instant) -> Iterator[tuple[Instant, Instant]]:
        for clock in clocks(start, end, self.timezone):
            low, high = clock.start + clock.offset, clock.end + clock.offset
            # A span that began on the day before may reach into this one.
            for number in range(low // DAY - 1, -(-high // DAY)):
                midnight = number * DAY
                for span in self.of_day(_EPOCH + timedelta(days=number)):
                    opens = max(midnight + span.opens, low)
                    closes = min(midnight + span.opens + span.length, high)
                    if opens < closes:
                        yield opens - clock.offset, closes - clock.offset

    def _ahead(self, instant: Instant) -> Iterator[Interval]:
        """Yield the service hours from an instant on, cut at multiples of a month or so."""
        at = instant
        quiet = instant
        while at - quiet < _LONGEST_CLOSED:
            for span in self.open(at, at + _CHUNK):
                quiet = at
                yield span
            at += _CHUNK

    def _behind(self, instant: Instant) -> Iterator[Interval]:
        at = instant
        quiet = instant
        while quiet - at < _LONGEST_CLOSED:
            for span in reversed(self.open(at - _CHUNK, at)):
                quiet = at
                yield span
            at -= _CHUNK

    def _end(self, span: Interval) -> Instant | None:
        end = span.end
        while end - span.start < _LONGEST_CLOSED:
            following = self.open(end, end + _CHUNK)
            if not following or following[0].start != end:
                return end
            end = following[0].end
        return None


def _clock(time_of_day: Micros) -> str:
    return f"{time_of_day // HOUR:02}:{time_of_day % HOUR // MINUTE:02}"
