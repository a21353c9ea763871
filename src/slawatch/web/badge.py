"""Badges: small pictures that say how a service is, for other people's pages."""

from typing import Final
from xml.sax.saxutils import escape, quoteattr

_COLOURS: Final = {"up": "#1f7a4d", "degraded": "#8a5a00", "down": "#9b1c2b", "unknown": "#5f6a75"}
"""Each has a contrast of 4.5 or more against the white of the words."""
_WIDTHS: Final = {**dict.fromkeys("fijlrt.,:;|!'()[] /I", 4.0), **dict.fromkeys("mwMW%@", 10.0)}
_WIDTH: Final = 6.8
_CAPITAL: Final = 7.8
_PAD: Final = 6
_LONGEST: Final = 60


def badge(label: str, words: str, state: str) -> bytes:
    """Return a picture with a label and what it says, coloured by a state.

    >>> badge("shop", "up", "up").startswith(b"<svg ")
    True
    """
    label, words = _clean(label)[:_LONGEST], _clean(words)[:_LONGEST]
    left, right = _width(label) + 2 * _PAD, _width(words) + 2 * _PAD
    said = f"{label}: {words}"
    colour = _COLOURS.get(state, _COLOURS["unknown"])
    text = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img" '
        f"aria-label={quoteattr(said)}><title>{escape(said)}</title>"
        f'<rect width="{left + right}" height="20" rx="3" fill="#39424c"/>'
        f'<path fill="{colour}" d="M{left} 0h{right - 3}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3H{left}z"/>'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,Geneva,sans-serif" font-size="11">'
        f"{_line(label, _PAD, left)}{_line(words, left + _PAD, right)}</g></svg>\n"
    )
    return text.encode()


def _clean(text: str) -> str:
    """Return a text without what XML has no place for, and what turns the words around it."""
    return "".join(c for c in text if c.isprintable())


def _line(text: str, x: int, width: int) -> str:
    return f'<text x="{x}" y="14" textLength="{width - 2 * _PAD}">{escape(text)}</text>'


def _width(text: str) -> int:
    return round(sum(_WIDTHS.get(c, _CAPITAL if c.isupper() else _WIDTH) for c in text))
