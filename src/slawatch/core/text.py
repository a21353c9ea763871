"""What people write as text: durations, zones, moments, secrets; and how config is told to read it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from difflib import get_close_matches
from typing import Annotated, Any, Final, TypeAlias
from zoneinfo import ZoneInfo, available_timezones

from slawatch.core.instant import DAY, HOUR, MILLISECOND, MINUTE, SECOND, Instant, Micros, from_datetime

_UNITS: Final[dict[str, Micros]] = {
    "w": 7 * DAY, "d": DAY, "h": HOUR, "m": MINUTE, "s": SECOND, "ms": MILLISECOND, "us": 1,
}  # fmt: skip
_PART: Final = re.compile(r"(\d+)(?:\.(\d+))?(ms|us|[wdhms])", re.ASCII)
_LONGEST: Final[Micros] = 100 * 366 * DAY


@dataclass(frozen=True, slots=True)
class FromText:
    """Marks a field that is written as text and read by `parse`, as in `Annotated[Micros, FromText(...)]`.

    Attributes:
        parse: turns the text into the value; raises ValueError saying what is wrong with it.
        expected: what a reader should write there, for messages: `a duration such as "30s"`.
        example: one valid text, for the JSON Schema and the reference.
    """

    parse: Callable[[str], Any]
    expected: str
    example: str = ""

    def read(self, found: object) -> Any:
        """Return the value of what stands in TOML.

        Raises:
            ValueError: it is no text, or not such a text.
        """
        if not isinstance(found, str):
            raise ValueError(f"expected {self.expected}")  # noqa: TRY004 (one exception for whatever people write)
        return self.parse(found)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the text."""
        return {"type": "string", **({"examples": [self.example]} if self.example else {})}


@dataclass(frozen=True, slots=True)
class FromValue:
    """Marks a field that is written as some other TOML value (a date, a table, a number) and read by `parse`.

    Attributes:
        parse: turns what TOML gave (str, int, Decimal, bool, date, datetime, list, dict) into the value;
            raises ValueError saying what is wrong with it.
        expected: what a reader should write there.
        json: the JSON Schema of what is written.
    """

    parse: Callable[[Any], Any]
    expected: str
    json: Mapping[str, Any] = field(hash=False)

    def read(self, found: object) -> Any:
        """Return the value of what stands in TOML.

        Raises:
            ValueError: it is not such a value.
        """
        return self.parse(found)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of what is written."""
        return dict(self.json)


@dataclass(frozen=True, slots=True)
class BesideConfig:
    """Marks a text that is a path: a relative one starts at the folder of the config file it stands in."""

    expected: str = "a path in quotes"

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the text."""
        return {"type": "string", "minLength": 1}


FilePath: TypeAlias = Annotated[str, BesideConfig()]
"""The path of a file or folder, absolute once it was read."""


def parse_duration(text: str) -> Micros:
    """Return the length that a text such as `1m30s`, `1.5h` or `250ms` names.

    >>> parse_duration("1m30s"), parse_duration("0s")
    (90000000, 0)

    Raises:
        ValueError: no such length, or one of more than a hundred years.
    """
    position, total = 0, 0
    while match := _PART.match(text, position):
        whole, decimals, unit = match.groups()
        scale = _UNITS[unit]
        total += int(whole[:20]) * scale
        if decimals:
            total += int(decimals[:12]) * scale // 10 ** min(len(decimals), 12)
        position = match.end()
    if position == 0 or position != len(text):
        meant = _meant(text)
        hint = f': did you mean "{meant}"?' if meant else ""
        raise ValueError(f'{text!r} is not a duration such as "30s", "5m", "1h30m" or "250ms"{hint}')
    if total > _LONGEST:
        raise ValueError(f"{text!r} is longer than a hundred years")
    return total


_WORDS: Final = {
    "": "s", "s": "s", "sec": "s", "second": "s", "m": "m", "min": "m", "minute": "m", "h": "h", "hr": "h",
    "hour": "h", "d": "d", "day": "d", "w": "w", "week": "w", "ms": "ms", "msec": "ms", "millisecond": "ms",
}  # fmt: skip
_DAYS: Final = {"mo": 30, "month": 30, "y": 365, "yr": 365, "year": 365}


def _meant(text: str) -> str:
    """Return the duration that somebody meant who wrote `30`, `30 s`, `90 days` or `1y`; empty if unclear."""
    match = re.fullmatch(r"(\d{1,9}(?:\.\d{1,3})?)\s*([a-z]*)", text.strip().lower(), re.ASCII)
    if match is None:
        return ""
    word = match[2] if match[2] in _WORDS or match[2] in _DAYS else match[2].removesuffix("s")
    if word in _DAYS and match[1].isdigit():
        return f"{int(match[1]) * _DAYS[word]}d"
    return match[1] + _WORDS[word] if word in _WORDS else ""


def format_duration(length: Micros) -> str:
    """Return the shortest text that `parse_duration` reads back as the same length.

    >>> format_duration(90_000_000), format_duration(1_500), format_duration(0)
    ('1m30s', '1ms500us', '0s')
    """
    if length == 0:
        return "0s"
    parts, rest = [], abs(length)
    for unit in ("d", "h", "m", "s", "ms", "us"):
        count, rest = divmod(rest, _UNITS[unit])
        if count:
            parts.append(f"{count}{unit}")
    return ("-" if length < 0 else "") + "".join(parts)


def spoken_duration(length: Micros) -> str:
    """Return a length as people say it, in its two largest units; less than a second is nothing.

    >>> spoken_duration(65_000_000), spoken_duration(7_020_000_000), spoken_duration(86_400_000_000)
    ('1 min 5 s', '1 h 57 min', '1 d')
    """
    found: list[str] = []
    rest = max(0, length)
    for unit, size in (("d", DAY), ("h", HOUR), ("min", MINUTE), ("s", SECOND)):
        count, rest = divmod(rest, size)
        if found or count:
            found.append(f"{count} {unit}" if count else "")
    return " ".join(part for part in found[:2] if part) or "0 s"


Duration: TypeAlias = Annotated[
    Micros, FromText(parse_duration, 'a duration such as "30s", "5m" or "250ms"', example="30s")
]
"""A length of time that TOML writes as `"30s"`."""


def parse_timezone(text: str) -> str:
    """Return the IANA name of a time zone, once its rules have been found.

    Raises:
        ValueError: there is no such zone; the message offers the nearest name.
    """
    try:
        ZoneInfo(text)
    except (KeyError, ValueError, OSError):
        near = _near_zone(text)
        raise ValueError(
            f"there is no time zone {text!r}" + (f": did you mean {near!r}?" if near else "")
        ) from None
    return text


def _near_zone(text: str) -> str:
    """Return the zone that is meant by a name in other letters, by a city, or by a slip of the pen."""
    zones = sorted(available_timezones())
    city = text.strip().lower().replace(" ", "_")
    for zone in zones:
        if city in (zone.lower(), zone.lower().rpartition("/")[2]):
            return zone
    # What is short and loud, such as CEST, abbreviates something that no zone is called.
    close = [] if text.isupper() else get_close_matches(text, zones, n=1)
    return close[0] if close else ""


TimeZone: TypeAlias = Annotated[
    str,
    FromText(parse_timezone, 'an IANA time zone such as "Europe/Berlin" or "UTC"', example="Europe/Berlin"),
]
"""The name of a time zone that exists."""


def read_moment(found: object) -> Instant:
    """Return the instant that a TOML offset date-time, or the same as text, names.

    Raises:
        ValueError: not a date-time, or one without an offset, which names no instant.
    """
    if isinstance(found, str):
        try:
            found = datetime.fromisoformat(found)
        except ValueError:
            raise ValueError(f"{found!r} is not a time such as 2026-12-01T22:00:00+01:00") from None
    if not isinstance(found, datetime):
        raise ValueError("a date and a time with an offset belong here, such as 2026-12-01T22:00:00+01:00")  # noqa: TRY004
    return from_datetime(found)


Moment: TypeAlias = Annotated[
    Instant,
    FromValue(
        read_moment,
        "a date and time with an offset such as 2026-12-01T22:00:00+01:00",
        {"type": "string", "format": "date-time", "examples": ["2026-12-01T22:00:00+01:00"]},
    ),
]
"""An instant that TOML writes as an offset date-time, without quotes."""


def read_day(found: object) -> str:
    """Return the ISO text of a TOML date, or of the same as text.

    Raises:
        ValueError: not a date of the calendar.
    """
    if isinstance(found, date) and not isinstance(found, datetime):
        return found.isoformat()
    if isinstance(found, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", found, re.ASCII):
        try:
            return date.fromisoformat(found).isoformat()
        except ValueError:
            raise ValueError(f"{found!r} is not a day of the calendar") from None
    raise ValueError("a date without a time belongs here, such as 2026-01-01")


Day: TypeAlias = Annotated[
    str,
    FromValue(
        read_day,
        "a date such as 2026-01-01",
        {"type": "string", "format": "date", "examples": ["2026-01-01"]},
    ),
]
"""A civil date, kept as ISO text, that TOML writes as a date without quotes."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that is never printed, logged or stored.

    Attributes:
        value: the secret itself; only the code that sends it reads it.
        source: where it came from, for messages: `env SLACK_WEBHOOK`, `file /etc/x`, `the config file`.
    """

    value: str = field(repr=False)
    source: str = "the config file"

    def __str__(self) -> str:
        return f"<secret from {self.source}>"
