"""The line of every key and table of a TOML text, which `tomllib` does not tell."""

import re
import tomllib
from bisect import bisect_right
from contextlib import suppress
from typing import Final, NamedTuple

from slawatch.config.problem import KeyPath

_BLANK: Final = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_SPACE: Final = re.compile(r"[ \t]*")
_LINE_END: Final = re.compile(r"[^\n]*")
_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")
_QUOTED_KEY: Final = re.compile(r"""\"(?:[^"\\\n]|\\.)*\"|'[^'\n]*'""")
_STRING: Final = re.compile(
    r'"""(?:[^\\]|\\.)*?"""(?:"{0,2})'
    r"|'''.*?'''(?:'{0,2})"
    r'|"(?!"")(?:[^"\\\n]|\\[^\n])*"'
    r"|'(?!'')[^'\n]*'",
    re.DOTALL,
)
_SCALAR: Final = re.compile(r"[^,\]}#\n]*")


class Lines(NamedTuple):
    """Where things stand in one text.

    Attributes:
        first: the line (from 1) of every key, table and array element. A table that is only implied by a
            longer name stands where that name does.
        again: the keys and tables that the text defines a second time, which TOML forbids, in order.
    """

    first: dict[KeyPath, int]
    again: list[tuple[KeyPath, int]]


def scan(text: str) -> Lines:
    """Return the lines of a text that `tomllib` accepts; of one that it refuses, as far as it makes sense."""
    scanner = _Scanner(text.replace("\r\n", "\n"))
    with suppress(RecursionError, _BrokenError):
        scanner.document()
    return Lines(scanner.first, scanner.again)


class _BrokenError(Exception):
    """The text is not TOML from here on."""


class _Scanner:
    """A walk over the text: `at` only ever grows."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.first: dict[KeyPath, int] = {}
        self.again: list[tuple[KeyPath, int]] = []
        self.implied: set[KeyPath] = set()
        self.elements: dict[KeyPath, int] = {}
        self.line_starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def document(self) -> None:
        table: KeyPath = ()
        while True:
            self._skip(_BLANK)
            if self.at >= len(self.text):
                return
            try:
                if self._take("[["):
                    table = self._header(array=True)
                elif self._take("["):
                    table = self._header(array=False)
                else:
                    self._pair(table)
            except _BrokenError:
                pass
            self._skip(_LINE_END)

    def _header(self, *, array: bool) -> KeyPath:
        start = self.at
        keys = self._key()
        path: KeyPath = ()
        for key in keys[:-1]:
            path = (*path, key)
            self._imply(path, start)
            if path in self.elements:
                path = (*path, self.elements[path] - 1)
        path = (*path, keys[-1])
        if not array:
            self._define(path, start)
            return path
        if path not in self.elements:
            self._define(path, start)
        count = self.elements.get(path, 0)
        self.elements[path] = count + 1
        self._define((*path, count), start)
        return (*path, count)

    def _pair(self, table: KeyPath) -> None:
        start = self.at
        keys = self._key()
        path = table
        for key in keys[:-1]:
            path = (*path, key)
            self._imply(path, start)
        path = (*path, keys[-1])
        self._define(path, start)
        self._skip(_SPACE)
        if not self._take("="):
            raise _BrokenError
        self._skip(_SPACE)
        self._value(path)

    def _key(self) -> list[str]:
        keys = []
        while True:
            self._skip(_SPACE)
            if match := _BARE_KEY.match(self.text, self.at):
                keys.append(match[0])
            elif match := _QUOTED_KEY.match(self.text, self.at):
                keys.append(_unquoted(match[0]))
            else:
                raise _BrokenError
            self.at = match.end()
            self._skip(_SPACE)
            if not self._take("."):
                return keys

    def _value(self, path: KeyPath) -> None:
        if match := _STRING.match(self.text, self.at):
            self.at = match.end()
        elif self._take("["):
            self._array(path)
        elif self._take("{"):
            self._inline_table(path)
        else:
            self._skip(_SCALAR)

    def _array(self, path: KeyPath) -> None:
        count = 0
        while True:
            self._skip(_BLANK)
            if self._take("]"):
                return
            element = (*path, count)
            self._define(element, self.at)
            self._value(element)
            count += 1
            self._skip(_BLANK)
            if not self._take(","):
                if self._take("]"):
                    return
                raise _BrokenError

    def _inline_table(self, path: KeyPath) -> None:
        while True:
            self._skip(_BLANK)
            if self._take("}"):
                return
            self._pair(path)
            self._skip(_BLANK)
            if not self._take(","):
                if self._take("}"):
                    return
                raise _BrokenError

    def _define(self, path: KeyPath, at: int) -> None:
        line = bisect_right(self.line_starts, at)
        if path in self.first and path not in self.implied:
            self.again.append((path, line))
            return
        self.implied.discard(path)
        self.first[path] = line

    def _imply(self, path: KeyPath, at: int) -> None:
        if path not in self.first:
            self.first[path] = bisect_right(self.line_starts, at)
            self.implied.add(path)

    def _skip(self, pattern: re.Pattern[str]) -> None:
        if match := pattern.match(self.text, self.at):
            self.at = match.end()

    def _take(self, mark: str) -> bool:
        if self.text.startswith(mark, self.at):
            self.at += len(mark)
            return True
        return False


def _unquoted(key: str) -> str:
    if key[0] == "'" or "\\" not in key:
        return key[1:-1]
    try:
        return str(tomllib.loads(f"key = {key}")["key"])
    except ValueError:
        raise _BrokenError from None
