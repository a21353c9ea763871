"""The one converter between civil time and instants.

A local time that the clocks skip moves forward by the length of the gap; one that they repeat is its first
instant. `zoneinfo`'s tables are the only thing read.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from slawatch.core.instant import HOUR, Instant, Micros, from_datetime, to_datetime

_MIDNIGHT: Final = time(0)
_MICROSECOND: Final = timedelta(microseconds=1)
_STRIDE: Final[Micros] = 18 * HOUR
"""No zone has changed its clocks twice within so short a time."""


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


def first_of(local: datetime, timezone: str) -> Instant:
    """Return the first instant at which the clocks show a local time, or the end of the gap that skips it.

    Unlike `resolve`, it never moves two local times apart that the clocks bring together: a later local time
    is never an earlier instant.

    >>> from slawatch.core.instant import rfc3339
    >>> rfc3339(first_of(datetime(2026, 3, 29, 2, 30), "Europe/Berlin"))
    '2026-03-29T01:00:00Z'

    Raises:
        ValueError: the datetime has a zone already, or there is no such zone.
    """
    return _occurrences(local, timezone)[0]


def last_of(local: datetime, timezone: str) -> Instant:
    """Return the last instant at which the clocks show a local time, or the end of the gap that skips it.

    >>> from slawatch.core.instant import rfc3339
    >>> rfc3339(last_of(datetime(2026, 10, 25, 2, 30), "Europe/Berlin"))
    '2026-10-25T01:30:00Z'

    Raises:
        ValueError: the datetime has a zone already, or there is no such zone.
    """
    return _occurrences(local, timezone)[1]


def _occurrences(local: datetime, timezone: str) -> tuple[Instant, Instant]:
    if local.tzinfo is not None:
        raise ValueError(f"{local.isoformat()} has a time zone already: a local time has none")
    place = zone(timezone)
    early = from_datetime(local.replace(tzinfo=place, fold=0))
    late = from_datetime(local.replace(tzinfo=place, fold=1))
    if early <= late:
        return early, late
    change = _change(late, early, _offset(late, place), place)
    return change, change


_NEAR: Final = timedelta(hours=3)
_STAMP: Final = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")


def told_in(text: str, timezone: str) -> str:
    """Return a text in which times of UTC are those of a time zone, with their offset.

    >>> told_in("it is over since 2026-07-01T10:00:00Z", "Europe/Berlin")
    'it is over since 2026-07-01T12:00:00+02:00'
    """
    zone = ZoneInfo(timezone)

    def shown(found: re.Match[str]) -> str:
        try:
            return datetime.fromisoformat(found[0]).astimezone(zone).isoformat()
        except (ValueError, OverflowError):
            return found[0]

    return text if zone.key == "UTC" else _STAMP.sub(shown, text)


def local(instant: Instant, timezone: str) -> datetime:
    """Return the aware local time of an instant.

    Raises:
        ValueError: there is no such zone, or the local time lies outside of the years 1 to 9999.
    """
    try:
        return to_datetime(instant).astimezone(zone(timezone))
    except OverflowError:
        raise ValueError(f"the instant {instant} has no local time in {timezone}") from None


def offset_near_change(moment: datetime) -> str:
    """Return what follows a local time within three hours of a change of its clocks: its offset.

    There a time alone may be either of two, and two of them do not tell how much lies between.

    >>> berlin = ZoneInfo("Europe/Berlin")
    >>> offset_near_change(datetime(2026, 10, 25, 2, 30, tzinfo=berlin, fold=1))
    ' +01:00'
    >>> offset_near_change(datetime(2026, 10, 25, 12, 30, tzinfo=berlin))
    ''
    """
    offset = moment.utcoffset()
    if offset is None or moment.tzinfo is None:
        return ""
    at = moment.astimezone(UTC)
    try:
        around = [(at + step).astimezone(moment.tzinfo).utcoffset() for step in (-_NEAR, _NEAR)]
    except OverflowError:
        return ""
    if around == [offset, offset]:
        return ""
    text = f"{moment:%z}"
    return f" {text[:3]}:{text[3:5]}"


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


class Clock(NamedTuple):
    """A stretch of time in which a zone's clocks run through at one offset.

    Attributes:
        start, end: half-open.
        offset: what is added to an instant to get the local reading, microseconds.
    """

    start: Instant
    end: Instant
    offset: Micros


def clocks(start: Instant, end: Instant, timezone: str) -> tuple[Clock, ...]:
    """Return the stretches of `[start, end)` between two changes of a zone's clocks, adjacent and in order.

    Inside one of them a local reading and an instant differ by its offset, so that a span of local time is
    exactly the sum of its parts: an hour that happens twice counts twice, one that is skipped not at all.

    >>> [(clock.offset // 3_600_000_000) for clock in clocks(0, 10**15, "Etc/GMT-2")]
    [2]
    """
    place = zone(timezone)
    found: list[Clock] = []
    at = start
    offset = _offset(at, place)
    since = at
    while at < end:
        following = min(at + _STRIDE, end)
        # The offset at `end` itself belongs to what comes after.
        ahead = _offset(following, place) if following < end else _offset(end - 1, place)
        if ahead != offset:
            change = _change(at, min(following, end - 1), offset, place)
            found.append(Clock(since, change, offset))
            since, at = change, change
            offset = _offset(change, place)
            continue
        at = following
    if since < end:
        found.append(Clock(since, end, offset))
    return tuple(found)


def _change(low: Instant, high: Instant, offset: Micros, place: ZoneInfo) -> Instant:
    """Return the first instant after `low` with another offset; at `high` it has changed."""
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(middle, place) == offset:
            low = middle
        else:
            high = middle
    return high


def _offset(instant: Instant, place: ZoneInfo) -> Micros:
    found = to_datetime(instant).astimezone(place).utcoffset()
    return 0 if found is None else found // _MICROSECOND
