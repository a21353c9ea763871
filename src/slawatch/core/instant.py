"""Points and lengths of time as integer microseconds.

An instant counts microseconds since 1970-01-01T00:00:00Z; a length counts microseconds. Integers make every
sum exact, which is what lets the classes of a ledger add up to the period. Civil time is resolved in
`slawatch.core.civil` only.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, TypeAlias

Instant: TypeAlias = int
"""Microseconds since the Unix epoch, UTC."""

Micros: TypeAlias = int
"""A length of time in microseconds."""

MILLISECOND: Final[Micros] = 1_000
SECOND: Final[Micros] = 1_000_000
MINUTE: Final[Micros] = 60 * SECOND
HOUR: Final[Micros] = 60 * MINUTE
DAY: Final[Micros] = 24 * HOUR

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def from_datetime(moment: datetime) -> Instant:
    """Return the instant of an aware datetime.

    Raises:
        ValueError: the datetime has no zone, so it names no instant.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone: add Z or an offset such as +01:00")
    return (moment - _EPOCH) // _MICROSECOND


def to_datetime(instant: Instant) -> datetime:
    """Return the aware UTC datetime of an instant."""
    return _EPOCH + timedelta(microseconds=instant)


def parse_rfc3339(text: str) -> Instant:
    """Return the instant that an RFC 3339 text names.

    >>> parse_rfc3339("1970-01-01T00:00:01.5Z")
    1500000

    Raises:
        ValueError: not a date and time, or without an offset.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a time such as 2026-10-01T00:00:00Z") from None
    return from_datetime(moment)


def rfc3339(instant: Instant) -> str:
    """Return the RFC 3339 text of an instant in UTC, with as many decimals as it needs.

    >>> rfc3339(0), rfc3339(1_500_000)
    ('1970-01-01T00:00:00Z', '1970-01-01T00:00:01.5Z')
    """
    day, rest = divmod(instant, DAY)
    whole, fraction = divmod(rest, SECOND)
    minutes, second = divmod(whole, 60)
    hour, minute = divmod(minutes, 60)
    decimals = f".{fraction:06d}".rstrip("0") if fraction else ""
    return f"{_date(day)}T{hour:02}:{minute:02}:{second:02}{decimals}Z"


@lru_cache(maxsize=1024)
def _date(day: int) -> str:
    """Return the ISO date of a day since the epoch; instants that are shown lie on few of them."""
    return (_EPOCH + timedelta(days=day)).date().isoformat()


def seconds(length: Micros) -> float:
    """Return a length in seconds, as JSON shows it."""
    return length / SECOND
