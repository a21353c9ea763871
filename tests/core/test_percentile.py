from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slawatch.core.percentile import (
    quantile_bucketed,
    quantile_cont,
    quantile_disc,
    quantile_disc_counted,
    rank,
    share_of,
)

VALUES = st.lists(st.integers(-1000, 10**12), min_size=1, max_size=60)
SHARES = st.fractions(0, 1, max_denominator=10_000)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("p50", Fraction(1, 2)), ("p95", Fraction(19, 20)), ("p99.9", Fraction(999, 1000)), ("p100", 1)],
)  # fmt: skip
def test_names(name, expected):
    assert share_of(name) == expected


@pytest.mark.parametrize(
    "name", ["", "95", "p", "p0", "p0.0", "p101", "p100.5", "p-5", "p95.", "P95", "p９５", "p1e1"]
)
def test_what_is_no_percentile_is_refused(name):
    with pytest.raises(ValueError, match="is not a percentile"):
        share_of(name)


@pytest.mark.parametrize(
    ("q", "n", "index"),
    [(Fraction(1, 2), 1, 0), (Fraction(1, 2), 2, 0), (Fraction(1, 2), 3, 1), (Fraction(95, 100), 20, 18),
     (Fraction(95, 100), 21, 19), (Fraction(1), 7, 6), (Fraction(0), 7, 0), (Fraction(99, 100), 100, 98)],
)  # fmt: skip
def test_rank(q, n, index):
    assert rank(q, n) == index


@given(VALUES, SHARES)
def test_discrete_is_the_smallest_value_that_enough_do_not_exceed(values, q):
    found = quantile_disc(values, q)
    assert found in values
    assert sum(1 for v in values if v <= found) >= q * len(values)
    smaller = [v for v in values if v < found]
    if smaller and q > 0:
        assert len(smaller) < q * len(values)
    assert found == sorted(values)[max(ceil(q * len(values)) - 1, 0)]


@given(VALUES, SHARES)
def test_counted_values_give_the_same(values, q):
    half = len(values) // 2
    counts = [(v, 1) for v in values[:half]] + [(v, values[half:].count(v)) for v in set(values[half:])]
    assert quantile_disc_counted([*counts, (5, 0)], q) == quantile_disc(values, q)


@given(VALUES, SHARES)
def test_continuous_lies_between_its_neighbours(values, q):
    ascending = sorted(values)
    found = quantile_cont(values, q)
    position = q * (len(values) - 1)
    assert ascending[int(position)] <= found <= ascending[ceil(position)]


def test_continuous_interpolates():
    assert quantile_cont([10, 20], Fraction(1, 4)) == Fraction(25, 2)
    assert quantile_cont([3, 1, 2], Fraction(1, 2)) == 2
    assert quantile_cont([7], Fraction(99, 100)) == 7


def test_no_values_are_no_data():
    assert quantile_disc([], Fraction(1, 2)) is None
    assert quantile_cont([], Fraction(1, 2)) is None
    assert quantile_disc_counted([(4, 0)], Fraction(1, 2)) is None
    with pytest.raises(ValueError, match="no data"):
        rank(Fraction(1, 2), 0)


@pytest.mark.parametrize("q", [Fraction(-1, 100), Fraction(101, 100)])
def test_a_quantile_lies_between_none_and_all(q):
    for function in (quantile_disc, quantile_cont):
        with pytest.raises(ValueError, match="between 0 and 1"):
            function([1, 2], q)


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=40), st.fractions(0, 1))
def test_an_estimate_from_buckets_is_off_by_a_bucket_at_most(values, q):
    edges = [0, 1, 10, 50, 100, 500]
    buckets = [(Fraction(edge), Fraction(sum(v <= edge for v in values))) for edge in edges]
    buckets.append((None, Fraction(len(values))))
    found, exact = quantile_bucketed(buckets, q), quantile_disc(values, q)
    if exact > 500:
        assert found == 500
    else:
        high = next(edge for edge in edges if exact <= edge)
        low = max([edge for edge in edges if edge < high], default=0)
        assert low <= found <= high
    assert quantile_bucketed([(Fraction(1), Fraction(0)), (None, Fraction(0))], q) is None
    assert quantile_bucketed([], q) is None
