"""Values that people write as text: durations, secrets, and the marker that tells the config loader how to read them."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, TypeAlias

from slawatch.core.instant import DAY, HOUR, MILLISECOND, MINUTE, SECOND, Micros

_UNITS: Final[dict[str, Micros]] = {
    "w": 7 * DAY, "d": DAY, "h": HOUR, "m": MINUTE, "s": SECOND, "ms": MILLISECOND, "us": 1,
}  # fmt: skip
_PART: Final = re.compile(r"(\d+)(?:\.(\d+))?(ms|us|[wdhms])", re.ASCII)
_LONGEST: Final[Micros] = 100 * 366 * DAY


@dataclass(frozen=True, slots=True)
class FromText:
    """Marks a field that is written as text and read by `parse`.

    The two hooks are pydantic's; they return plain dictionaries, so that core needs no import of it.

    Attributes:
        parse: turns the text into the value; raises ValueError saying what is wrong with it.
        expected: what a reader should write there, for messages: `a duration such as "30s"`.
        example: one valid text, for the JSON Schema and the reference.
    """

    parse: Callable[[str], Any]
    expected: str
    example: str = ""

    def _read(self, found: object) -> object:
        if not isinstance(found, str):
            raise ValueError(f"expected {self.expected}")  # noqa: TRY004 (pydantic collects ValueError only)
        return self.parse(found)

    def __get_pydantic_core_schema__(self, _source: object, _handler: object) -> dict[str, object]:
        return {
            "type": "function-plain",
            "function": {"type": "no-info", "function": self._read},
            "metadata": {"pydantic_js_functions": [self._json_schema]},
        }

    def _json_schema(self, _schema: object, _handler: object) -> dict[str, object]:
        schema: dict[str, object] = {"type": "string", "description": self.expected}
        if self.example:
            schema["examples"] = [self.example]
        return schema


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
        raise ValueError(f'{text!r} is not a duration such as "30s", "5m", "1h30m" or "250ms"')
    if total > _LONGEST:
        raise ValueError(f"{text!r} is longer than a hundred years")
    return total


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


Duration: TypeAlias = Annotated[
    Micros, FromText(parse_duration, 'a duration such as "30s", "5m" or "250ms"', example="30s")
]
"""A length of time that TOML writes as `"30s"`."""


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
