"""Figures as people read them in a terminal. Imports nothing heavy."""

from decimal import ROUND_FLOOR, Decimal
from typing import Final

from slawatch.cli.table import DIM
from slawatch.core.instant import SECOND

_SPENT: Final = "31;1"
_LOW: Final = "33"


def floored(percent: float, decimals: int = 3) -> str:
    """Return a percentage never rounded up: 99.9999 is not 100.

    >>> floored(99.99996), floored(100.0), floored(99.5)
    ('99.999', '100', '99.500')
    """
    if percent >= 100:
        return "100"
    step = Decimal(1).scaleb(-decimals)
    return str(Decimal(repr(percent)).quantize(step, rounding=ROUND_FLOOR))


def span(length: int) -> str:
    """Return a length in the two units that matter, from microseconds.

    >>> span(0), span(59_000_000), span(3_725_000_000), span(90_061_000_000)
    ('0s', '59s', '1h 2m', '1d 1h')
    """
    rest = max(0, length // SECOND)
    for unit, under, size, small in (("d", "h", 86_400, 3_600), ("h", "m", 3_600, 60), ("m", "s", 60, 1)):
        if rest >= size:
            lesser = rest % size // small
            return f"{rest // size}{unit} {lesser}{under}" if lesser else f"{rest // size}{unit}"
    return f"{rest}s"


def latency(seconds: float | None) -> str:
    """Return a latency with three digits at most.

    >>> latency(0.0004), latency(0.0123), latency(1.5), latency(None)
    ('0.40 ms', '12.3 ms', '1.50 s', '')
    """
    if seconds is None:
        return ""
    value, unit = (seconds, "s") if seconds >= 1 else (seconds * 1000, "ms")
    return f"{value:.{0 if value >= 100 else 1 if value >= 10 else 2}f} {unit}"


def budget(remaining: float | None) -> tuple[str, str]:
    """Return the cell of what is left of an error budget, as a share: its text and colour."""
    if remaining is None:
        return "-", DIM
    colour = _SPENT if remaining < 0 else _LOW if remaining < 0.25 else ""
    return f"{Decimal(repr(remaining * 100)).quantize(Decimal(1), rounding=ROUND_FLOOR)}%", colour
