"""Rotations: who takes a turn after whom, on the clocks of a time zone.

Handoff k is the start plus k lengths on the local clock; months are counted from the start and cut to the
end of a shorter month. A local time that the clocks skip is the end of the gap, one that they repeat its
first instant; handoffs that fall on one instant are one and use up no turn. Intervals are half-open; k may
be negative. Every lookup is arithmetic: nothing is stepped through from the start.
"""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from typing import Annotated, Final, Literal, NamedTuple, TypeAlias

from slawatch.core.civil import clocks, first_of, local
from slawatch.core.instant import DAY, HOUR, Instant, Micros
from slawatch.core.text import FromValue

ShiftLength = Literal["hourly", "daily", "weekly", "monthly"]

_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 (a local time)
_MICROSECOND: Final = timedelta(microseconds=1)
_LENGTHS: Final[dict[ShiftLength, Micros]] = {"hourly": HOUR, "daily": DAY, "weekly": 7 * DAY}
_LONGEST_GAP: Final[Micros] = DAY
"""No zone has skipped more of the local clock than one day (Samoa, 2011)."""
_MOST: Final = 10_000


def read_local_time(found: object) -> datetime:
    """Return the local time that a TOML date-time or date without an offset, or the same as text, names.

    Raises:
        ValueError: not a date and time, or one with an offset.
    """
    if isinstance(found, str):
        try:
            found = datetime.fromisoformat(found)
        except ValueError:
            raise ValueError(f"{found!r} is not a local time such as 2026-01-05T09:00:00") from None
    if isinstance(found, date) and not isinstance(found, datetime):
        found = datetime.combine(found, time(0))
    if not isinstance(found, datetime):
        raise ValueError("a date and a time without an offset belong here, such as 2026-01-05T09:00:00")  # noqa: TRY004
    if found.tzinfo is not None:
        raise ValueError(
            f"{found.isoformat()} has an offset: write the local time without it, the schedule has a timezone"
        )
    return found


LocalTime: TypeAlias = Annotated[
    datetime,
    FromValue(
        read_local_time,
        "a local date and time such as 2026-01-05T09:00:00",
        {"type": "string", "examples": ["2026-01-05T09:00:00"]},
    ),
]
"""A reading of the wall clock that TOML writes as a date-time without an offset."""


@dataclass(frozen=True, slots=True)
class Rotation:
    """When one turn ends and the next begins.

    Attributes:
        start: the local time of handoff 0.
        timezone: IANA name.
        shift: the unit of a turn's length.
        every: so many units are one turn.

    Raises:
        ValueError: no length, or a start that is no local time.
    """

    start: datetime
    timezone: str
    shift: ShiftLength = "weekly"
    every: int = 1

    def __post_init__(self) -> None:
        if self.start.tzinfo is not None:
            raise ValueError("start is a local time: write it without an offset")
        if not 1 <= self.every <= _MOST:
            raise ValueError(f"every goes from 1 to {_MOST}, not {self.every}")


class Bounds(NamedTuple):
    """One shift of a rotation.

    Attributes:
        start, end: half-open; the end is the start of the next.
        turn: counts the handoffs from the one at the rotation's start, which begins turn 0; may be negative.
    """

    start: Instant
    end: Instant
    turn: int


def reading(rotation: Rotation, k: int) -> datetime:
    """Return the local time of handoff k.

    >>> end_of_month = Rotation(datetime(2023, 1, 30, 9), "UTC", "monthly")
    >>> reading(end_of_month, 1).isoformat(), reading(end_of_month, 2).isoformat()
    ('2023-02-28T09:00:00', '2023-03-30T09:00:00')

    Raises:
        ValueError: it lies outside of the years 1 to 9999.
    """
    start = rotation.start
    try:
        if rotation.shift != "monthly":
            return start + k * _LENGTHS[rotation.shift] * rotation.every * _MICROSECOND
        years, month = divmod(start.month - 1 + k * rotation.every, 12)
        year = start.year + years
        return start.replace(year=year, month=month + 1, day=min(start.day, monthrange(year, month + 1)[1]))
    except (OverflowError, ValueError):
        raise ValueError(f"handoff {k} lies outside of the years 1 to 9999") from None


def handoff(rotation: Rotation, k: int) -> Instant:
    """Return the instant of handoff k; it never falls as k grows."""
    return first_of(reading(rotation, k), rotation.timezone)


def handoff_before(rotation: Rotation, at: Instant) -> int:
    """Return the greatest k whose handoff is at or before an instant."""
    here = local(at, rotation.timezone).replace(tzinfo=None, fold=0)
    if rotation.shift == "monthly":
        months = (here.year - rotation.start.year) * 12 + here.month - rotation.start.month
        k = months // rotation.every
        if reading(rotation, k) > here:
            k -= 1
    else:
        length = _LENGTHS[rotation.shift] * rotation.every
        k = (here - rotation.start) // _MICROSECOND // length
    # In the second pass through a repeated hour, the clock shows less than it has shown already.
    while handoff(rotation, k + 1) <= at:
        k += 1
    return k


def bounds(rotation: Rotation, at: Instant) -> Bounds:
    """Return the shift that an instant lies in: exactly one does."""
    k = handoff_before(rotation, at)
    return Bounds(handoff(rotation, k), handoff(rotation, k + 1), turn_of(rotation, k))


def shifts(rotation: Rotation, start: Instant, end: Instant) -> Iterator[Bounds]:
    """Yield the shifts that overlap `[start, end)`, whole, in order; each ends where the next begins."""
    if start >= end:
        return
    k = handoff_before(rotation, start)
    at, turn = handoff(rotation, k), turn_of(rotation, k)
    while at < end:
        k += 1
        following = handoff(rotation, k)
        if following > at:
            yield Bounds(at, following, turn)
            at, turn = following, turn + 1


def turn_of(rotation: Rotation, k: int) -> int:
    """Return how many distinct handoffs lie between the start and handoff k, negative for one before it."""
    length = _LENGTHS.get(rotation.shift, 0) * rotation.every
    if not 0 < length <= _LONGEST_GAP or k == 0:
        return k
    low, high = min(k, 0), max(k, 0)
    origin = _as_reading(rotation.start)
    collapsed = 0
    first_year, last_year = reading(rotation, low).year - 1, reading(rotation, high).year + 1
    for year in range(max(first_year, MINYEAR), min(last_year, MAXYEAR - 1) + 1):
        for skipped, resumed in _gaps(rotation.timezone, year):
            first, last = -((origin - skipped) // length), (resumed - origin) // length
            collapsed += max(0, min(last, high) - max(first, low))
    return k - collapsed if k > 0 else k + collapsed


@cache
def _gaps(timezone: str, year: int) -> tuple[tuple[Micros, Micros], ...]:
    """Return the readings of the wall clock between which it jumped forward in a year of UTC."""
    low, high = (_as_reading(datetime(y, 1, 1)) for y in (year, year + 1))  # noqa: DTZ001
    stretches = clocks(low - (year > MINYEAR), high, timezone)
    return tuple(
        (before.end + before.offset, after.start + after.offset)
        for before, after in pairwise(stretches)
        if after.offset > before.offset
    )


def _as_reading(moment: datetime) -> Micros:
    return (moment - _EPOCH) // _MICROSECOND
