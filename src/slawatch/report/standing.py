"""How a promise stands, for people: its verdict, and where that says less than it seems to, what it says."""

from fractions import Fraction
from typing import Final

MET: Final = "met"
MISSED: Final = "missed"
BEHIND: Final = "behind"
"""How a promise stands that is missed so far in a running period, and can still be kept."""
HARDLY_KNOWN: Final = "hardly known"
"""How one stands whose verdict rests on less than half of the promised time; the rest could turn it."""


def standing(verdict: str, *, behind: bool, known: Fraction | None) -> str:
    """Return how a promise stands.

    Args:
        verdict: on what counts.
        behind: it is missed so far and can still be kept.
        known: the share of the promised time that the verdict rests on, where that is too little; else None.

    >>> standing("missed", behind=True, known=None), standing("met", behind=False, known=Fraction(1, 20))
    ('behind', 'hardly known')
    """
    if behind and verdict == MISSED:
        return BEHIND
    return HARDLY_KNOWN if known is not None and verdict in (MET, MISSED) else verdict
