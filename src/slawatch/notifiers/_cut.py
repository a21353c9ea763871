"""Shortens texts to what a provider takes."""

from typing import Final

ELLIPSIS: Final = "…"
_WIDTH: Final = 3


def cut(text: str, limit: int) -> str:
    """Return a text of at most so many characters, with an ellipsis where something is missing.

    >>> cut("abcde", 4), cut("abcde", 5), cut("abcde", 2)
    ('abc…', 'abcde', 'ab')
    """
    if len(text) <= limit:
        return text
    return text[:limit] if limit <= _WIDTH else text[: limit - 1] + ELLIPSIS


def cut_bytes(text: str, limit: int) -> str:
    """Return a text of at most so many bytes of UTF-8, no character torn, with an ellipsis for the rest.

    >>> cut_bytes("a⌘cde", 5), cut_bytes("abcde", 2)
    ('a…', '..')
    """
    encoded = text.encode()
    if len(encoded) <= limit:
        return text
    if limit < _WIDTH:
        return "." * limit
    return encoded[: limit - _WIDTH].decode(errors="ignore") + ELLIPSIS


def one_line(text: str) -> str:
    """Return a text on one line, without control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
