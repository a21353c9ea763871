"""Exact percentiles, without sampling or floating point.

The discrete quantile (`quantile_disc`) is the smallest measured value that at least the share q of all values
do not exceed: the one at index `ceil(q n) - 1`. The continuous one (`quantile_cont`) interpolates.
"""

import re
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Final

_NAME: Final = re.compile(r"p(\d{1,2}|100)(?:\.(\d{1,4}))?", re.ASCII)


def share_of(name: str) -> Fraction:
    """Return the share that a percentile's name such as `p95` or `p99.9` stands for.

    >>> share_of("p99.9")
    Fraction(999, 1000)

    Raises:
        ValueError: not such a name.
    """
    match = _NAME.fullmatch(name)
    share = Fraction(f"{match[1]}.{match[2] or 0}") / 100 if match else Fraction(0)
    if not 0 < share <= 1:
        raise ValueError(f"{name!r} is not a percentile such as p50, p95 or p99.9")
    return share


def rank(q: Fraction, n: int) -> int:
    """Return the index, in ascending order, of the discrete quantile of n values.

    Raises:
        ValueError: there is no value, or q lies outside of 0 to 1.
    """
    if n <= 0:
        raise ValueError("no values have no quantile: that is no data")
    if not 0 <= q <= 1:
        raise ValueError(f"a quantile lies between 0 and 1, not at {q}")
    return max(-(-q.numerator * n // q.denominator) - 1, 0)


def quantile_disc(values: Sequence[int], q: Fraction) -> int | None:
    """Return the discrete quantile of values in any order; None for no data."""
    return sorted(values)[rank(q, len(values))] if values else None


def quantile_cont(values: Sequence[int], q: Fraction) -> Fraction | None:
    """Return the quantile interpolated linearly at position `q (n - 1)`; None for no data."""
    if not values:
        return None
    if not 0 <= q <= 1:
        raise ValueError(f"a quantile lies between 0 and 1, not at {q}")
    ascending = sorted(values)
    position = q * (len(ascending) - 1)
    below = position.numerator // position.denominator
    above = min(below + 1, len(ascending) - 1)
    return ascending[below] + (position - below) * (ascending[above] - ascending[below])


def quantile_disc_counted(counts: Iterable[tuple[int, int]], q: Fraction) -> int | None:
    """Return the discrete quantile of values given as (value, how often), in any order; None for no data."""
    ascending = sorted((value, times) for value, times in counts if times > 0)
    total = sum(times for _, times in ascending)
    if total == 0:
        return None
    left = rank(q, total)
    for value, times in ascending:
        if left < times:
            return value
        left -= times
    raise AssertionError("a rank below the total lies in one of the values")


def quantile_bucketed(buckets: Iterable[tuple[Fraction | None, Fraction]], q: Fraction) -> Fraction | None:
    """Return an estimate of a quantile from a histogram; None for no data.

    Inside of a bucket values are taken to lie evenly, so that the estimate is wrong by a bucket's width at
    most. A quantile in the last bucket, which has no upper edge, is that bucket's lower edge.

    Args:
        buckets: `(upper edge, how many values are not above it)`, as Prometheus counts them, in order of
            their edges; None is the edge of the last one. The first one begins at zero, or at its edge if
            that is not positive.
        q: the share.
    """
    cumulative = list(buckets)
    total = cumulative[-1][1] if cumulative else Fraction(0)
    if not total:
        return None
    if not 0 <= q <= 1:
        raise ValueError(f"a quantile lies between 0 and 1, not at {q}")
    wanted, below = q * total, Fraction(0)
    low: Fraction | None = None
    for edge, up_to in cumulative:
        start = min(Fraction(0), edge or Fraction(0)) if low is None else low
        if up_to >= wanted and up_to > below:
            return low if edge is None else start + (edge - start) * (wanted - below) / (up_to - below)
        low, below = edge if edge is not None else low, max(below, up_to)
    return low
