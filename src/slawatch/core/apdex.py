"""Apdex: how satisfied users are with response times, as one number (Apdex Technical Specification 1.1)."""

from collections.abc import Iterable
from fractions import Fraction
from typing import Literal

Zone = Literal["satisfied", "tolerating", "frustrated"]
Rating = Literal["excellent", "good", "fair", "poor", "unacceptable"]

_RATINGS: tuple[tuple[Fraction, Rating], ...] = (
    (Fraction(94, 100), "excellent"),
    (Fraction(85, 100), "good"),
    (Fraction(70, 100), "fair"),
    (Fraction(50, 100), "poor"),
)


def zone(response: Fraction | int | None, threshold: Fraction | int) -> Zone:
    """Return how a response of this length is felt; None stands for a failure.

    >>> zone(5, 5), zone(20, 5), zone(21, 5), zone(None, 5)
    ('satisfied', 'tolerating', 'frustrated', 'frustrated')
    """
    if response is None or response > 4 * threshold:
        return "frustrated"
    return "satisfied" if response <= threshold else "tolerating"


def score(satisfied: int, tolerating: int, total: int) -> Fraction | None:
    """Return the Apdex of so many responses; None for no data."""
    return (satisfied + Fraction(tolerating, 2)) / total if total else None


def of_responses(responses: Iterable[Fraction | int | None], threshold: Fraction | int) -> Fraction | None:
    """Return the Apdex of responses; None among them stands for a failure."""
    zones = [zone(response, threshold) for response in responses]
    return score(zones.count("satisfied"), zones.count("tolerating"), len(zones))


def rating(apdex: Fraction) -> Rating:
    """Return the word for an Apdex, which is judged as rounded half up to two decimals."""
    shown = Fraction((apdex * 100 + Fraction(1, 2)).__floor__(), 100)
    return next((word for least, word in _RATINGS if shown >= least), "unacceptable")
