"""The one converter between civil time and instants.

A local time that the clocks skip moves forward by the length of the gap; one that they repeat is its first
instant. `zoneinfo`'s tables are the only thing read.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from slawatch.core.instant import Instant, from_datetime, to_datetime

_MIDNIGHT: Final = time(0)


def zone(name: str) -> ZoneInfo:
    """Return the time zone of an IANA name.

    Raises:
        ValueError: there is no such zone.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(
            f"{name!r} is not a time zone of the IANA database, such as Europe/Berlin or UTC"
        ) from None


def resolve(local: datetime, timezone: str) -> Instant:
    """Return the instant of a local time: the first of two, and past a gap by as much as it lay in it.

    >>> from slawatch.core.instant import rfc3339
    >>> rfc3339(resolve(datetime(2026, 3, 29, 2, 30), "Europe/Berlin"))
    '2026-03-29T01:30:00Z'
    >>> rfc3339(resolve(datetime(2026, 10, 25, 2, 30), "Europe/Berlin"))
    '2026-10-25T00:30:00Z'

    Raises:
        ValueError: the datetime has a zone already, or there is no such zone.
    """
    if local.tzinfo is not None:
        raise ValueError(f"{local.isoformat()} has a time zone already: a local time has none")
    return from_datetime(local.replace(tzinfo=zone(timezone), fold=0))


def local(instant: Instant, timezone: str) -> datetime:
    """Return the aware local time of an instant.

    Raises:
        ValueError: there is no such zone, or the local time lies outside of the years 1 to 9999.
    """
    try:
        return to_datetime(instant).astimezone(zone(timezone))
    except OverflowError:
        raise ValueError(f"the instant {instant} has no local time in {timezone}") from None


def midnight(day: date, timezone: str) -> Instant:
    """Return the instant at which a civil day starts: the first instant with that date.

    Where the clocks skip midnight, that is the end of the gap; where they repeat it, the first of the two.
    """
    return resolve(datetime.combine(day, _MIDNIGHT), timezone)


def day_of(instant: Instant, timezone: str) -> date:
    """Return the civil day that an instant lies in: the latest one that has started by then."""
    day = local(instant, timezone).date()
    # Clocks that go back across midnight give some time a date that had ended: it belongs to the day begun.
    if day < date.max and midnight(day + timedelta(days=1), timezone) <= instant:
        return day + timedelta(days=1)
    return day


def month_start(year: int, month: int) -> date:
    """Return the first day of a month, with months below 1 and above 12 counted into other years.

    Raises:
        ValueError: outside of the years 1 to 9999.
    """
    years, index = divmod(month - 1, 12)
    return date(year + years, index + 1, 1)


def week_start(day: date) -> date:
    """Return the Monday of a day's ISO week."""
    return day - timedelta(days=day.weekday())


def midnights(start: Instant, end: Instant, timezone: str) -> Iterator[tuple[date, Instant]]:
    """Yield each civil day that starts in `[start, end)` with its start; days that were skipped vanish."""
    day = day_of(start, timezone)
    if midnight(day, timezone) < start:
        day += timedelta(days=1)
    while (at := midnight(day, timezone)) < end:
        following = day + timedelta(days=1)
        if midnight(following, timezone) > at:
            yield day, at
        day = following
