"""A wish to enter something, read key by key: texts as the API takes them, each mistake said plainly."""

import re
import secrets
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from slawatch.config.model import Config
from slawatch.config.problem import nearest, one_of
from slawatch.core.instant import Instant, Micros, rfc3339
from slawatch.core.period import parse_moment
from slawatch.core.text import parse_duration

_OPTION: Final = re.compile(r"(?<![\w-])--([a-z][a-z-]*)")
_LONGEST: Final = 1000
_MANY: Final = 1000


class EntryRefused(Exception):  # noqa: N818 (the answer to a command)
    """An entry was understood or not, and is not made; nothing is stored.

    Attributes:
        status: 400 where the wish is wrong, 404 where it names nothing that there is, 422 where the answer
            is no.
    """

    def __init__(self, message: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> None:
        super().__init__(message)
        self.status = status


class Wish:
    """What somebody wants to enter, read key by key."""

    __slots__ = ("_wish", "config", "now")

    def __init__(self, wish: Mapping[str, Any], config: Config, now: Instant) -> None:
        self._wish = wish
        self.config = config
        self.now = now

    def has(self, key: str) -> bool:
        """Whether it is given, and not empty."""
        return self._wish.get(key) not in (None, "")

    def text(self, key: str, *, needed: str = "") -> str:
        """Return a text on one line; `needed` says what it is where it must be given."""
        found = self._wish.get(key)
        if found is None:
            found = ""
        if not isinstance(found, str):
            raise EntryRefused(f"{key} must be a text")
        line = " ".join("".join(c if c.isprintable() else " " for c in found).split())
        if needed and not line:
            raise EntryRefused(f"{key} is missing: {needed}")
        if len(line) > _LONGEST:
            raise EntryRefused(f"{key} may have {_LONGEST} characters, not {len(line)}")
        return line

    def moment(self, key: str, needed: str) -> Instant:
        """Return a time: `now`, a local one in the zone of the configuration, or one with an offset."""
        text = self.text(key, needed=needed)
        if text == "now":
            return self.now
        try:
            return parse_moment(text, self.config.timezone)
        except (ValueError, OverflowError) as error:
            raise EntryRefused(f"{key}: {error}") from None

    def span(self) -> tuple[Instant, Instant]:
        """Return `start` and `end`."""
        start = self.moment("start", "when it starts, such as 2026-12-01T22:00:00+01:00")
        end = self.moment("end", "when it ends, exclusive, such as 2026-12-02T00:00:00+01:00")
        if start >= end:
            raise EntryRefused(f"it must end after it starts, not from {rfc3339(start)} to {rfc3339(end)}")
        return start, end

    def length(self, key: str, needed: str) -> Micros:
        """Return a length of time such as `2h`."""
        text = self.text(key, needed=needed)
        try:
            return parse_duration(text)
        except ValueError as error:
            raise EntryRefused(f"{key}: {error}") from None

    def until(self, start: Instant) -> Instant:
        """Return the end: `end`, or so long after the start as `for` says."""
        if not self.has("for"):
            return self.moment("end", "when it ends, such as 2026-12-02T00:00:00+01:00; or `for`, such as 2h")
        if self.has("end"):
            raise EntryRefused("`end` and `for` say the same: leave one out")
        return start + self.length("for", "")

    def flag(self, key: str) -> bool:
        """Return a truth value; false where it is not given."""
        found = self._wish.get(key)
        if found is None or isinstance(found, bool):
            return bool(found)
        raise EntryRefused(f"{key} must be true or false")

    def whole(self, key: str, *, needed: str) -> int:
        """Return a whole number."""
        found = self._wish.get(key)
        if isinstance(found, str) and found.isascii() and found.isdigit() and len(found) <= 18:
            return int(found)
        if isinstance(found, int) and not isinstance(found, bool) and 0 <= found < 1 << 63:
            return found
        if found is None:
            raise EntryRefused(f"{key} is missing: {needed}")
        raise EntryRefused(f"{key} must be a whole number: {needed}")

    def one_of(self, key: str, known: Mapping[str, Any], what: str, *, needed: str) -> str:
        """Return the name of something that the configuration has."""
        name = self.text(key, needed=needed)
        if name not in known:
            have = f"there are {one_of(list(known)[:20])}" if known else "the configuration has none"
            raise EntryRefused(f"{key}: there is no {what} {name[:100]!r}: {nearest(name, known) or have}")
        return name

    def id(self, prefix: str = "") -> str:
        """Return the id that is named; with a prefix, a new one where none is."""
        if prefix and not self.has("id"):
            return f"{prefix}-{secrets.token_hex(4)}"
        found = self.text("id", needed="which one it is about")
        if len(found) > 64 or not all(c.isalnum() or c in "._-" for c in found) or not found.isascii():
            raise EntryRefused("an id has up to 64 letters, digits, '.', '_' and '-'")
        return found

    def person(self) -> str:
        """Return who enters it."""
        return self.text("person", needed="the name of who enters it")

    def source(self) -> str:
        """Return from where it comes."""
        return self.text("source") or "control socket"

    def services(self) -> tuple[str, ...]:
        """Return the services that are named, each one known."""
        names = self._wish.get("services")
        if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
            raise EntryRefused("services must be an array of one name or more")
        if len(names) > _MANY:
            raise EntryRefused(f"a window may name {_MANY} services")
        for name in names:
            self.known(name, self.config.services)
        return tuple(dict.fromkeys(names))

    def known(self, name: str, known: Mapping[str, Any]) -> str:
        """Return a service's name where there is one."""
        if name not in known:
            have = f"there are {one_of(list(known)[:20])}" if known else "the configuration has none"
            shown = name[:100]
            raise EntryRefused(f"there is no service {shown!r}: {nearest(name, known) or have}")
        return name


def in_keys(text: str) -> str:
    """Return a refusal that names options of a command as it is read by who uses the API.

    >>> in_keys("--to goes with --from, not with --month")
    '`to` goes with `from`, not with `month`'
    """
    return _OPTION.sub(lambda found: f"`{found[1].replace('-', '_')}`", text)


def missing(message: str) -> EntryRefused:
    """Return the answer about something that there is not."""
    return EntryRefused(message, HTTPStatus.NOT_FOUND)
