"""Figures of the last while."""

import math
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from slawatch.core.moving import mean, mean_over, trailing

VALUES = st.lists(st.floats(-1e300, 1e300), min_size=1)


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 9))), st.integers(1, 50), st.integers(0, 100))
def test_windows_next_to_each_other_share_no_value_and_miss_none(seen, length, at):
    both = trailing(seen, at, length) + trailing(seen, at - length, length)
    assert sorted(both) == sorted(trailing(seen, at, 2 * length))


@given(VALUES)
def test_the_mean_lies_between_the_values_and_does_not_depend_on_their_order(values):
    found = mean(values)
    assert found == mean(values[::-1])
    assert min(values) <= found <= max(values)
    exact = sum(map(Fraction, values)) / len(values)
    assert abs(Fraction(found) - exact) <= Fraction(math.ulp(found))


def test_what_is_no_number_leaves_none():
    assert math.isnan(mean([1.0, math.nan]))
    assert math.isnan(mean([math.inf, 1.0, -math.inf]))
    assert mean([1.0, -math.inf, -math.inf]) == -math.inf
    assert mean_over([(10, 1.0)], 20, 10) is None
