"""Flap detection: how much the last results differed from one another, and when that is too much.

Icinga 2's numbers: the last 20 results, each remembered as "changed" or not; the i-th oldest change weighs
0.8 + 0.02 i, so that newer ones count more; above 30 % it starts, it lasts while above 25 %. Weights are
kept as integers (hundredths), so that the same results give the same answer everywhere.
Sources: Icinga 2 `lib/icinga/checkable-flapping.cpp`, Nagios Core `base/flapping.c`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Final

SIZE: Final = 20
"""Results that are looked at."""


@dataclass(frozen=True, slots=True)
class Flaps:
    """The last changes.

    Attributes:
        last: the state that the last result found; None before the first.
        bits: one for each of the last 20 results, the newest lowest: 1 where it found another state.
        flapping: whether it flaps.
        low, high: percent at or below which it stops, above which it starts.
    """

    last: str | None = ""
    bits: int = 0
    flapping: bool = False
    low: int = 25
    high: int = 30

    @property
    def percent(self) -> Fraction:
        """How much the last results differed, exactly."""
        weights = sum(78 + 2 * (SIZE - place) for place in range(SIZE) if self.bits >> place & 1)
        return Fraction(weights, SIZE)


def push(flaps: Flaps, state: str) -> Flaps:
    """Take the state that a result found.

    >>> flaps = Flaps()
    >>> for state in ["bad", "", "bad", "", "bad", ""]:
    ...     flaps = push(flaps, state)
    >>> flaps.flapping, float(flaps.percent)
    (True, 33.9)
    """
    if not flaps.bits and flaps.last == state and not flaps.flapping:
        return flaps
    changed = flaps.last != state
    bits = (flaps.bits << 1 | changed) & ((1 << SIZE) - 1)
    after = Flaps(state, bits, flaps.flapping, flaps.low, flaps.high)
    limit = flaps.low if flaps.flapping else flaps.high
    return Flaps(state, bits, after.percent > limit, flaps.low, flaps.high)


def nagios_percent(states: Iterable[str]) -> Fraction:
    """Return what Nagios makes of the last 21 states, the oldest first: weights from 0.75 to 1.25."""
    recent = list(states)[-(SIZE + 1) :]
    pairs = list(pairwise(recent))
    offset = SIZE - len(pairs)
    weights = (
        Fraction(3, 4) + Fraction(offset + place, 2 * (SIZE - 1))
        for place, (before, after) in enumerate(pairs)
        if before != after
    )
    return 100 * sum(weights, Fraction(0)) / SIZE
