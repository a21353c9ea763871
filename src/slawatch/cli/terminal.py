"""What a terminal can show: width, colour, symbols; and text that cannot harm it. Imports nothing heavy."""

import os
import sys
from typing import Final, NamedTuple, TextIO
from unicodedata import combining, east_asian_width

PIPED: Final = 0
"""The width of something that is no terminal: as wide as the text is."""


class Terminal(NamedTuple):
    """Where text goes.

    Attributes:
        width: columns; `PIPED` for no limit.
        colour: whether escape sequences are shown as colours.
        unicode: whether symbols outside of ASCII arrive.
    """

    width: int = PIPED
    colour: bool = False
    unicode: bool = True


def of(stream: TextIO | None = None) -> Terminal:
    """Return what a stream can show; `NO_COLOR`, `FORCE_COLOR`, `COLUMNS` and `TERM` are heeded."""
    stream = sys.stdout if stream is None else stream
    encoding = (getattr(stream, "encoding", "") or "").lower()
    is_terminal = stream.isatty()
    plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    colour = not plain and (is_terminal or bool(os.environ.get("FORCE_COLOR")))
    return Terminal(_width(stream, is_terminal), colour, encoding.startswith("utf"))


def _width(stream: TextIO, is_terminal: bool) -> int:
    columns = os.environ.get("COLUMNS", "")
    if columns.isascii() and columns.isdigit() and int(columns) > 0:
        return int(columns)
    if not is_terminal:
        return PIPED
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except OSError:
        return 80


def clean(text: str) -> str:
    """Return a text on one line without anything that steers a terminal."""
    return "".join(c if c.isprintable() else " " if c.isspace() else "?" for c in text)


def columns(text: str) -> int:
    """Return how many columns a printable text takes."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def fit(text: str, width: int, *, right: bool = False) -> str:
    """Return a text padded, or cut with an ellipsis, to exactly so many columns."""
    if columns(text) > width:
        kept, taken = "", 0
        for c in text:
            wide = columns(c)
            if taken + wide > width - 1:
                break
            kept, taken = kept + c, taken + wide
        text = kept + "…"[: max(width, 0)]
    padding = " " * (width - columns(text))
    return padding + text if right else text + padding
