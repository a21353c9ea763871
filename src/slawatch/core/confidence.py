"""Intervals of confidence for a share of events.

They take events for independent of each other. Probes of one outage are not: for them the interval is the
least that must be doubted, beside the bounds that follow from the time between two probes.
"""

from math import exp, lgamma, log, log1p, sqrt
from statistics import NormalDist
from typing import Final, Literal, NamedTuple

Method = Literal["wilson", "exact", "agresti_coull"]

_STEPS: Final = 200
_TINY: Final = 1e-300


class Interval95(NamedTuple):
    """A share's lower and upper bound of confidence, between 0 and 1."""

    low: float
    high: float


def interval(events: int, total: int, method: Method = "wilson", level: float = 0.95) -> Interval95:
    """Return between which shares the true one lies, having seen so many events of a total.

    Raises:
        ValueError: there is nothing to judge by, or there are more events than the total.
    """
    if total <= 0 or not 0 <= events <= total:
        raise ValueError(f"{events} of {total} is no share of anything")
    z = NormalDist().inv_cdf((1 + level) / 2)
    if method == "exact":
        return _clopper_pearson(events, total, (1 - level) / 2)
    n = total + z * z
    middle = (events + z * z / 2) / n
    if method == "agresti_coull":
        margin = z * sqrt(middle * (1 - middle) / n)
    else:
        margin = z * sqrt(events * (total - events) / total + z * z / 4) / n
    low = 0.0 if events == 0 and method == "wilson" else max(middle - margin, 0.0)
    high = 1.0 if events == total and method == "wilson" else min(middle + margin, 1.0)
    return Interval95(low, high)


def _clopper_pearson(events: int, total: int, tail: float) -> Interval95:
    low = 0.0 if events == 0 else _beta_quantile(tail, events, total - events + 1)
    high = 1.0 if events == total else _beta_quantile(1 - tail, events + 1, total - events)
    return Interval95(low, high)


def _beta_quantile(probability: float, a: float, b: float) -> float:
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if _beta(middle, a, b) < probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _beta(x: float, a: float, b: float) -> float:
    """Return the regularised incomplete beta function, by its continued fraction (Lentz's method)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - _beta(1 - x, b, a)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)) / a
    c, d = 1.0, 1 / _away_from_zero(1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, _STEPS * 50):
        for numerator in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / _away_from_zero(1 + numerator * d)
            c = _away_from_zero(1 + numerator / c)
            value *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return front * value


def _away_from_zero(number: float) -> float:
    return number if abs(number) > _TINY else _TINY
