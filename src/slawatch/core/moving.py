"""Figures of the values that were seen in the last while: what rules and metrics compare with a limit.

The window that ends at an instant has in it what was seen at that instant and nothing that is a whole window
old: `(at - length, at]`, as Prometheus has it, so that no value counts in two windows next to each other.
Values are what probes measured, so that their mean is one over values, not over time.
"""

from collections.abc import Iterable
from fractions import Fraction
from math import isfinite, nan

from slawatch.core.instant import Instant, Micros


def trailing(seen: Iterable[tuple[Instant, float]], at: Instant, length: Micros) -> tuple[float, ...]:
    """Return the values seen in `(at - length, at]`, in the order given.

    >>> trailing([(0, 1.0), (10, 2.0), (20, 3.0)], 20, 20)
    (2.0, 3.0)
    """
    return tuple(value for when, value in seen if at - length < when <= at)


def mean(values: Iterable[float]) -> float | None:
    """Return the mean of values, correctly rounded however many there are; None for no data.

    An infinite value makes the mean infinite; both infinities at once, or a value that is no number, leave no
    number.

    >>> mean([52.0] * 10**4), mean([]), mean([1e308, 1e308, -1e308])
    (52.0, None, 3.333333333333333e+307)
    """
    found = list(values)
    if not found:
        return None
    odd = {value for value in found if not isfinite(value)}
    if odd:
        return odd.pop() if len(odd) == 1 else nan
    return float(sum(map(Fraction, found), Fraction(0)) / len(found))


def mean_over(seen: Iterable[tuple[Instant, float]], at: Instant, length: Micros) -> float | None:
    """Return the mean of the values seen in `(at - length, at]`; None for no data."""
    return mean(trailing(seen, at, length))
