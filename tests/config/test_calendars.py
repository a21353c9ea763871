"""Calendars as they are written."""

from collections.abc import Callable
from datetime import date

import pytest

from slawatch.config.calendars import public_holidays
from slawatch.config.load import Config, Problem
from slawatch.core.calendar import Hours
from slawatch.core.instant import HOUR, parse_rfc3339

Read = Callable[..., Config]
Problems = Callable[..., tuple[Problem, ...]]

HEAD = '[slawatch]\ntimezone = "Asia/Tokyo"\n[checks.a]\nservice = "s"\ntype = "tcp"\naddress = "h:1"\n'
OFFICE = '[calendars.office]\nhours = { mon-fri = ["09:00-17:00"] }\n'


def test_a_calendar_is_read(read: Read) -> None:
    text = OFFICE + (
        'timezone = "Europe/Berlin"\ndates = { 2026-12-24 = "09:00-12:00", 2026-12-31 = [] }\n'
        'holidays = { country = "DE", subdivision = "BE", extra = [2026-12-28], work = ["2026-05-01"] }\n'
    )
    office = read(HEAD + text).calendars["office"]
    assert (office.name, office.timezone) == ("office", "Europe/Berlin")
    assert office.hours == {day: (Hours(9 * HOUR, 17 * HOUR),) for day in range(5)}
    assert office.dates == {date(2026, 12, 24): (Hours(9 * HOUR, 12 * HOUR),), date(2026, 12, 31): ()}
    # Women's Day is a holiday of Berlin alone.
    assert {date(2026, 3, 8), date(2026, 12, 25), date(2026, 12, 28)} <= office.holidays
    assert date(2026, 5, 1) not in office.holidays
    assert not office.is_open(parse_rfc3339("2026-12-25T10:00:00+01:00"))
    assert office.is_open(parse_rfc3339("2026-05-01T10:00:00+02:00"))


def test_the_zone_is_that_of_slawatch_by_default(read: Read) -> None:
    assert read(HEAD + OFFICE).calendars["office"].timezone == "Asia/Tokyo"


@pytest.mark.parametrize(
    ("text", "path", "message"),
    [
        ('hours = { mon-fir = "9:00-17:00" }', "hours", "names no days"),
        ('hours = { mon-fri = "9-17" }', "hours", "not a span"),
        ('hours = { mon = "09:00-09:00" }', "hours", "no time at all"),
        ('hours = { mon = "09:00-25:00" }', "hours", "no clock shows"),
        ('hours = { mon-fri = "09:00-17:00", wed = "09:00-12:00" }', "hours", "already"),
        ("hours = { mon = 9 }", "hours", "write spans"),
        ('hours = { mon = ["08:00-20:00", "19:00-22:00"] }', "hours", "08:00-20:00 and 19:00-22:00 overlap"),
        ('hours = { mon = ["22:00-06:00", "21:00-23:00"] }', "hours", "overlap: write one span for both"),
        ('hours = {}\ndates = { 2026-12-24 = ["09:00-12:00", "09:00-12:00"] }', "dates", "overlap"),
        ("hours = 9", "hours", "write a table"),
        ('hours = {}\ndates = { soon = "09:00-12:00" }', "dates", "a date without a time"),
        ('hours = {}\ndates = { 2026-02-30 = "09:00-12:00" }', "dates", "not a day of the calendar"),
        ('hours = {}\nholidays = { country = "XQ" }', "holidays.country", "not known"),
        (
            'hours = {}\nholidays = { country = "DE", subdivision = "BER" }',
            "holidays.subdivision",
            "DE has no",
        ),
        ('hours = {}\nholidays = { subdivision = "BE" }', "holidays.subdivision", "needs a country"),
        ('hours = {}\ntimezone = "Europe/Berlni"', "timezone", "did you mean"),
        ("", "", '"hours" is missing'),
    ],
)
def test_a_calendar_that_cannot_be_meant_so(problems: Problems, text: str, path: str, message: str) -> None:
    found = problems(HEAD + f"[calendars.office]\n{text}\n")
    assert [problem.path for problem in found] == [f"calendars.office{'.' if path else ''}{path}"]
    assert message in found[0].message


def test_holidays_are_known_for_longer_than_a_contract_runs() -> None:
    years = {day.year for day in public_holidays("DE", "")}
    assert {1991, 2026, 2100} <= years


def test_each_day_that_cannot_be_read_is_told(problems: Problems) -> None:
    text = '[calendars.c]\nhours = { mon = ["9-17"], tue = ["09:00-17:00"], wendsday = [] }\n'
    assert [problem.path for problem in problems(text)] == [
        "calendars.c.hours.mon",
        "calendars.c.hours.wendsday",
    ]
