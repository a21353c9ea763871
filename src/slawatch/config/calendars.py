"""`[calendars.NAME]`: service hours as they are written, with the public holidays that a country has."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Annotated, Any, Final, TypeAlias

from slawatch.config.problem import nearest
from slawatch.core.calendar import Calendar, Hours, parse_hours, parse_weekdays
from slawatch.core.text import Day, FromText, FromValue, TimeZone, read_day

YEARS: Final = range(1990, 2101)
"""The years whose public holidays are known."""

_LANGUAGE_OF_MESSAGES: Final = "en_US"

Span: TypeAlias = Annotated[
    Hours, FromText(parse_hours, 'a span of the day such as "09:00-17:00"', example="09:00-17:00")
]


def read_dates(found: object) -> dict[date, tuple[Hours, ...]]:
    """Return the hours of single days: `{ 2026-12-24 = ["09:00-12:00"], 2026-12-31 = [] }`.

    Raises:
        ValueError: not a table of dates and spans.
    """
    if not isinstance(found, dict):
        raise ValueError('write a table such as { 2026-12-24 = ["09:00-12:00"] }')  # noqa: TRY004
    return {date.fromisoformat(read_day(day)): _spans(day, spans) for day, spans in found.items()}


def read_hours(found: object) -> dict[int, tuple[Hours, ...]]:
    """Return the hours of each weekday: `{ mon-fri = ["09:00-17:00"] }`.

    Raises:
        ValueError: not a table of days and spans, or a day that is named twice.
    """
    if not isinstance(found, dict):
        raise ValueError('write a table such as { mon-fri = ["09:00-17:00"] }')  # noqa: TRY004
    hours: dict[int, tuple[Hours, ...]] = {}
    for days, spans in found.items():
        for day in parse_weekdays(days):
            if day in hours:
                raise ValueError(f"{days!r} names a day that another line has already")
            hours[day] = _spans(days, spans)
    return hours


def _spans(day: str, found: object) -> tuple[Hours, ...]:
    spans = [found] if isinstance(found, str) else found
    if not isinstance(spans, list) or not all(isinstance(span, str) for span in spans):
        raise ValueError(f'{day}: write spans such as ["09:00-12:00", "13:00-17:00"], or [] for closed')
    found = tuple(parse_hours(span) for span in spans)
    for number, one in enumerate(found):
        for other in found[:number]:
            if one.opens < other.opens + other.length and other.opens < one.opens + one.length:
                raise ValueError(f"{day}: {other} and {one} overlap: write one span for both")
    return found


_SPANS_SCHEMA: Final = {
    "anyOf": [
        {"type": "string", "examples": ["09:00-17:00"]},
        {"type": "array", "items": {"type": "string", "examples": ["09:00-17:00", "22:00-06:00"]}},
    ]
}

Week: TypeAlias = Annotated[
    dict[int, tuple[Hours, ...]],
    FromValue(
        read_hours,
        'a table such as { mon-fri = ["09:00-17:00"] }',
        {"type": "object", "additionalProperties": _SPANS_SCHEMA},
    ),
]

Dates: TypeAlias = Annotated[
    dict[date, tuple[Hours, ...]],
    FromValue(
        read_dates,
        'a table such as { 2026-12-24 = ["09:00-12:00"] }',
        {"type": "object", "additionalProperties": _SPANS_SCHEMA},
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Holidays:
    """Days on which there are no service hours.

    Attributes:
        country: whose public holidays these are, by its ISO 3166-1 code such as `DE`; absent, none.
        subdivision: the state or region whose own holidays are among them, such as `BE` for Berlin.
        extra: further days.
        work: public holidays that are ordinary days here.
    """

    country: str = ""
    subdivision: str = ""
    extra: tuple[Day, ...] = ()
    work: tuple[Day, ...] = ()

    def __post_init__(self) -> None:
        if self.subdivision and not self.country:
            raise ValueError("`subdivision` needs a country beside it")
        if self.country:
            public_holidays(self.country, self.subdivision)

    def days(self) -> frozenset[date]:
        """Return all of them, in the years that are known."""
        public = public_holidays(self.country, self.subdivision) if self.country else ()
        found = {*public, *(date.fromisoformat(day) for day in self.extra)}
        return frozenset(found - {date.fromisoformat(day) for day in self.work})


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenCalendar:
    """The hours in which services are promised, on the wall clock of a place.

    Attributes:
        timezone: whose wall clock (IANA name); that of `[slawatch]` by default.
        hours: the spans of each weekday: `{ mon-fri = ["09:00-12:00", "13:00-17:00"], sat = "10:00-14:00" }`;
            a span past midnight such as `22:00-06:00` belongs to the day on which it begins. Days that are
            not named are closed.
        dates: the spans of single days, holidays or not, in place of those of the weekday; `[]` is closed.
        holidays: days without service hours.
    """

    timezone: TimeZone = "UTC"
    hours: Week
    dates: Dates = field(default_factory=dict)
    holidays: Holidays = field(default_factory=Holidays)

    def calendar(self, name: str) -> Calendar:
        """Return what it means."""
        return Calendar(
            name=name,
            timezone=self.timezone,
            hours=self.hours,
            dates=self.dates,
            holidays=self.holidays.days(),
        )


@lru_cache(maxsize=64)
def public_holidays(country: str, subdivision: str) -> tuple[date, ...]:
    """Return the public holidays of a country or a part of it, in the years that are known.

    Raises:
        ValueError: there is no such country or part; the message offers the nearest one.
    """
    import holidays

    known: Mapping[str, Any] = holidays.list_supported_countries(include_aliases=True)
    if country not in known:
        hint = nearest(country, known) or "write a code such as DE, US or JP"
        raise ValueError(f"`country`: the holidays of {country!r} are not known: {hint}")
    if subdivision and subdivision not in known[country]:
        hint = nearest(subdivision, known[country])
        listed = ", ".join(sorted(known[country])[:20]) or "none"
        raise ValueError(f"`subdivision`: {country} has no {subdivision!r}: {hint or f'there are {listed}'}")
    found = holidays.country_holidays(
        country, subdiv=subdivision or None, years=YEARS, language=_LANGUAGE_OF_MESSAGES
    )
    return tuple(found)
