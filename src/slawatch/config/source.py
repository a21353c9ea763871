"""The files of a configuration, read and merged; for every value, the file and line it came from."""

import re
import stat
import tomllib
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from slawatch.config.locate import extra_files
from slawatch.config.nesting import DEEPEST, too_deep
from slawatch.config.partial import BAD
from slawatch.config.problem import ConfigError, KeyPath, Problem, dotted
from slawatch.config.scan import Lines, scan

LARGEST: Final = 64 * 1024 * 1024
"""Bytes of one file; far over a hundred thousand checks, and an end to `/dev/zero`."""

_TABLES_OF_NAMES: Final = (
    "organizations", "services", "checks", "agreements", "calendars", "people", "teams", "schedules",
    "escalations", "channels", "quiet_hours",
)  # fmt: skip
_ERROR_LINE: Final = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_PAIR: Final = re.compile(r"\s*(?P<key>[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*)\s*=\s*(?P<value>\S.*)")
_UNREAD: Final = "\ue000"
"""Stands for a value that is not TOML while the rest of its file is read."""

_PASSED_OVER: Final = (
    "Invalid value", "Invalid date or datetime", "Expected newline or end of document", "Illegal character",
    "Cannot overwrite",
)  # fmt: skip
_MOST_PASSED_OVER: Final = 100
_CUT_SHORT: Final = ("Invalid initial character for a key part", "Unclosed inline table")
_ADVICE: Final = {
    "Invalid value": "this is no value: text stands in quotes, true and false in small letters",
    "Invalid date or datetime": "there is no such day or time",
    "Invalid statement": "a line is key = value, or [table]",
    "Expected newline or end of document after a statement": (
        'something is left over after the value: text and lengths of time stand in quotes, as in "30s"'
    ),
    "Expected '=' after a key in a key/value pair": 'a key needs "=" and a value',
    "Expected ']' at the end of a table declaration": 'the name of a table ends with "]"',
    "Expected ']]' at the end of an array declaration": 'the name of an array of tables ends with "]]"',
    "Invalid initial character for a key part": "a key belongs here: letters, digits, _ and -, or quoted",
    "Unclosed array": 'after a value in an array comes "," or "]"',
    "Unclosed inline table": 'after a value in braces comes "," or "}"',
    "Illegal character '\\n'": "the text has no closing quote on its line",
    "Unterminated string": "the text that begins here or before has no closing quotes",
    "Unescaped '\\' in a string": "write a backslash as \\\\, or the text in 'single quotes'",
}


@dataclass(slots=True)
class Source:
    """One file.

    Attributes:
        path: as it was named.
        text: its content, with Unix line ends.
        tree: what TOML makes of it; floats are Decimals, so that they stay as written; BAD stands for values
            that are not TOML.
        problems: what is wrong with those.
    """

    path: Path
    text: str
    tree: dict[str, Any]
    problems: list[Problem] = field(default_factory=list)
    _lines: Lines | None = None

    def line(self, path: KeyPath) -> int:
        """Return the line of a value, or of the nearest table around it."""
        if self._lines is None:
            self._lines = scan(self.text)
        while path and path not in self._lines.first:
            path = path[:-1]
        return self._lines.first.get(path, 0)


@dataclass(slots=True)
class Document:
    """All files as one tree.

    Attributes:
        tree: merged; tables grow together, arrays of tables follow one another.
        sources: the config file, then those of `conf.d` by name.
        problems: what two files both define.
    """

    tree: dict[str, Any]
    sources: list[Source]
    problems: list[Problem] = field(default_factory=list)
    _owners: dict[KeyPath, tuple[Source, KeyPath]] = field(default_factory=dict)

    def origin(self, path: KeyPath) -> tuple[Source, KeyPath]:
        """Return the file that a value stands in, and its path there."""
        for length in range(len(path), -1, -1):
            if owner := self._owners.get(path[:length]):
                source, local = owner
                return source, local + path[length:]
        return self.sources[0], path

    def place(self, path: KeyPath) -> tuple[str, int]:
        """Return the file and line of a value, or of the nearest table around it."""
        source, local = self.origin(path)
        return str(source.path), source.line(local)

    def add(self, source: Source) -> None:
        """Merge one more file."""
        self.sources.append(source)
        self.problems += source.problems
        self._merge(self.tree, source.tree, (), source)

    def _merge(self, into: dict[str, Any], tree: dict[str, Any], path: KeyPath, source: Source) -> None:
        for key, value in tree.items():
            here = (*path, key)
            if key not in into:
                into[key] = value
                self._owners[here] = (source, here)
                continue
            there = into[key]
            named_twice = len(here) == 2 and here[0] in _TABLES_OF_NAMES
            if isinstance(there, dict) and isinstance(value, dict) and not named_twice:
                self._merge(there, value, here, source)
            elif _tables(there) and _tables(value) and not named_twice:
                for number, table in enumerate(value):
                    self._owners[(*here, len(there))] = (source, (*here, number))
                    there.append(table)
            else:
                file, line = self.place(here)
                message = f"defined twice: first in {file}:{line}; remove one of them"
                self.problems.append(
                    Problem(str(source.path), source.line(here), dotted(here), message=message)
                )


def read_document(path: Path) -> Document:
    """Return a config file merged with the files of `conf.d` beside it.

    Raises:
        ConfigError: a file cannot be read, or is not TOML; all such files are told at once.
    """
    problems: list[Problem] = []
    document = Document({}, [])
    try:
        files = [path, *extra_files(path)]
    except (OSError, ValueError) as error:
        raise ConfigError([Problem(str(path.parent / "conf.d"), 0, "", message=_why(error))]) from None
    for file in files:
        try:
            document.add(_read(file))
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(problems)
    return document


def read_alone(path: Path) -> Document:
    """Return one file that is no part of the configuration.

    Raises:
        ConfigError: it cannot be read, or is not TOML.
    """
    document = Document({}, [])
    document.add(_read(path))
    return document


def _read(path: Path) -> Source:
    try:
        with path.open("rb") as file:
            if stat.S_ISDIR(path.stat().st_mode):
                raise IsADirectoryError(21, "is a directory, not a file")
            raw = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        raise ConfigError([Problem(str(path), 0, "", message=_why(error))]) from None
    return read_text(path, raw)


def read_text(path: Path, raw: bytes) -> Source:
    """Return a text as a file, which need not be there.

    Args:
        path: what problems call it.
        raw: its bytes.

    Raises:
        ConfigError: it is not TOML.
    """
    if len(raw) > LARGEST:
        message = f"larger than {LARGEST // 1024**2} MiB: this is no configuration"
        raise ConfigError([Problem(str(path), 0, "", message=message)])
    try:
        text = raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        message = "not UTF-8 text: save the file as UTF-8"
        raise ConfigError(
            [Problem(str(path), line, "", found=f"the byte 0x{raw[error.start]:02x}", message=message)]
        ) from None
    return Source(path, text, *_parse(path, text))


def _parse(path: Path, text: str) -> tuple[dict[str, Any], list[Problem]]:
    """Return what TOML makes of a text, and what is wrong in lines that could be passed over.

    Raises:
        ConfigError: there is no telling where what is wrong ends.
    """
    problems: list[Problem] = []
    while True:
        if line := too_deep(text):
            message = f"nested too deeply: {DEEPEST} parts of a key, or brackets in one another, are the most"
            raise ConfigError([*problems, Problem(str(path), line, "", message=message)])
        try:
            tree = tomllib.loads(text, parse_float=_decimal)
            break
        except ValueError as error:
            problem = _syntax(path, text, str(error))
            if any(problem.line == other.line for other in problems):
                raise ConfigError(problems) from None
            rest = _without(text, problem.line, str(error)) if len(problems) < _MOST_PASSED_OVER else None
            if rest is None:
                raise ConfigError([*problems, problem]) from None
            problems.append(problem)
            text = rest
        except RecursionError:
            message = "tables or arrays are nested too deeply"
            raise ConfigError([*problems, Problem(str(path), 0, "", message=message)]) from None
    if unusable := _unusable(path, text, tree):
        raise ConfigError([*problems, unusable])
    return (_with_bad(tree) if problems else tree), problems


def _without(text: str, line: int, message: str) -> str | None:
    """Return a text without what is wrong in a line, as far as that must end with it: a value of one line.

    What else is wrong can be told then, and is not followed by what only comes of it.
    """
    lines = text.split("\n")
    if not 1 <= line <= len(lines) or not message.startswith(_PASSED_OVER):
        return None
    match = _PAIR.fullmatch(lines[line - 1])
    if match is None:
        return None
    if message.startswith("Cannot overwrite"):
        lines[line - 1] = ""
    elif match["value"][:1] not in ("[", "{", "'", '"') or message.startswith("Illegal character"):
        lines[line - 1] = f'{match["key"]} = "{_UNREAD}"'
    else:
        return None
    return "\n".join(lines)


def _with_bad(found: Any) -> Any:
    if isinstance(found, dict):
        return {key: _with_bad(value) for key, value in found.items()}
    if isinstance(found, list):
        return [_with_bad(value) for value in found]
    return BAD if found == _UNREAD else found


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text.replace("_", ""))
    except ArithmeticError:
        raise ValueError("a number is out of range") from None


def _syntax(path: Path, text: str, message: str) -> Problem:
    """Return the problem that a `tomllib` message tells; the line is not shown, as it could hold a secret."""
    line, key = 0, ""
    if match := _ERROR_LINE.search(message):
        line = int(match[1]) if match[1] else max(1, text.rstrip("\n").count("\n") + 1)
        message = message[: match.start()]
        if message in _CUT_SHORT and match[2] and len(text.split("\n")[line - 1]) < int(match[2]):
            message = "a table in braces ends on its line: close it, or write it as a [table] of its own"
    if message.startswith(
        ("Cannot overwrite", "Cannot declare", "Duplicate inline table key", "Cannot mutate")
    ):
        lines = scan(text)
        twice = [(known, at) for known, at in lines.again if at <= line]
        if twice:
            known, line = twice[-1]
            key = dotted(known)
            message = f"defined twice: first in line {lines.first[known]}; remove one of them"
        else:
            message = "this key or table is defined before, and cannot be extended here"
    elif message.startswith("Exceeds the limit"):
        message = "a number has too many digits"
    else:
        at_line = [known for known, at in scan(text).first.items() if at == line]
        key = dotted(at_line[0]) if at_line else ""
        message = "not TOML: " + _ADVICE.get(message, message[:1].lower() + message[1:])
    return Problem(str(path), line, key, message=message)


def _unusable(path: Path, text: str, tree: dict[str, Any]) -> Problem | None:
    """Return what tomllib allows and nobody means: integers over 64 bits, tables nested without end."""
    waiting: list[tuple[KeyPath, Any]] = [((), tree)]
    while waiting:
        here, value = waiting.pop()
        if len(here) > DEEPEST:
            return Problem(
                str(path), scan(text).first.get(here[:1], 0), "", message="tables are nested too deeply"
            )
        if isinstance(value, dict):
            waiting += [((*here, key), inner) for key, inner in value.items()]
        elif isinstance(value, list):
            waiting += [((*here, number), inner) for number, inner in enumerate(value)]
        elif isinstance(value, int) and not -(2**63) <= value < 2**63:
            line = scan(text).first.get(here, 0)
            return Problem(str(path), line, dotted(here), message="an integer of TOML has 64 bits at most")
    return None


def _tables(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(element, dict) for element in value)


def _why(error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file: `slawatch init` writes one"
    if isinstance(error, PermissionError):
        return "may not be read: give its group to the user that slawatch runs as"
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return f"cannot be read: {reason.lower()}"
