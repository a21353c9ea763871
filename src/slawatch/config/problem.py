"""A mistake in the configuration, told so that it can be mended at once."""

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from itertools import islice
from typing import Any, Final, TypeAlias

KeyPath: TypeAlias = tuple[str | int, ...]
"""Where a value stands in TOML: keys, and positions in arrays counted from 0."""

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_USERINFO: Final = re.compile(r"(://)[^/@\s\"']*@")
_COMPARED: Final = 2000
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake, or one thing worth a warning.

    Attributes:
        file: the file it stands in; empty where it is about no file.
        line: counted from 1; 0 for the file as a whole.
        path: the TOML path, such as `checks.shop-home.expect.status`; empty for the file as a whole.
        expected: what belongs there; empty where the message says all.
        found: what stands there; empty where there is nothing, or where it is not to be shown.
        message: what is wrong and what to do, in one line.
    """

    file: str
    line: int
    path: str
    expected: str = ""
    found: str = ""
    message: str = ""

    @property
    def place(self) -> str:
        """`file:line`, as editors and terminals open it."""
        return f"{self.file}:{self.line}" if self.line else self.file

    def __str__(self) -> str:
        where = ": ".join(part for part in (self.place, self.path) if part)
        facts = [
            f"{word} {value}" for word, value in (("expected", self.expected), ("found", self.found)) if value
        ]
        words = f"{where}: {self.message}" if where else self.message
        return words + (f" ({', '.join(facts)})" if facts else "")

    def as_json(self) -> dict[str, Any]:
        """Return the problem as `check-config --json` shows it."""
        return asdict(self)


class ConfigError(Exception):
    """The configuration cannot be used; every reason is in `problems`."""

    def __init__(self, problems: Iterable[Problem], warnings: Iterable[Problem] = ()) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        self.warnings: tuple[Problem, ...] = tuple(warnings)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def dotted(path: KeyPath) -> str:
    """Return a path as TOML writes it, array positions in brackets.

    >>> dotted(("checks", "shop.home", "headers", 0))
    'checks."shop.home".headers[0]'
    """
    text = ""
    for key in path:
        if isinstance(key, int):
            text += f"[{key}]"
        else:
            bare = key if _BARE.fullmatch(key) else quoted(key)
            text += f".{bare}" if text else bare
    return text


def quoted(text: str, longest: int = 60) -> str:
    """Return a text in quotes on one line, cut where it is long, without what could steer a terminal."""
    shown = text if len(text) <= longest else text[: longest - 1] + "…"
    return '"' + _visible(_CONTROL.sub("?", shown.replace("\\", "\\\\").replace('"', '\\"'))) + '"'


def clean(text: str) -> str:
    """Return a message on one line without what could steer a terminal or show the user part of a URL.

    >>> clean("cannot use http://bob:pass@example.com/")
    'cannot use http://…@example.com/'
    """
    return _USERINFO.sub(r"\1…@", _visible(_CONTROL.sub(" ", text)))


def _visible(text: str) -> str:
    """Return a text with the number of each character that nobody can see or that turns others round."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def nearest(word: str, known: Iterable[str]) -> str:
    """Return `did you mean ...?` for the known word nearest to this one, or nothing.

    >>> nearest("intervall", ["interval", "timeout"])
    'did you mean "interval"?'
    """
    close = closest(word, known)
    return f"did you mean {quoted(close)}?" if close is not None else ""


def closest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """Return the known word nearest to this one, if their likeness, from 0 to 1, reaches the cutoff."""
    by_lower = {name.lower(): name for name in islice(known, _COMPARED)}
    close = get_close_matches(word[:100].lower(), by_lower, n=1, cutoff=cutoff)
    return by_lower[close[0]] if close else None


def one_of(words: Iterable[str]) -> str:
    """Return `"a", "b" or "c"`.

    >>> one_of(["all", "any"])
    '"all" or "any"'
    """
    shown = [quoted(word) for word in words]
    return " or ".join([*([", ".join(shown[:-1])] if len(shown) > 1 else []), *shown[-1:]])
