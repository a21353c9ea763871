"""Intervals of confidence, against R's binom and the formulas."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.published import cases

from slawatch.core.confidence import interval


@cases("confidence", "confidence")
def test_published_intervals(case):
    asked, expected = case["params"], case["expected"]
    found = interval(asked["k"], asked["n"], asked["method"])
    assert found.low == pytest.approx(expected["low"], rel=case["tolerance"], abs=case["tolerance"])
    assert found.high == pytest.approx(expected["high"], rel=case["tolerance"], abs=case["tolerance"])


@given(st.integers(1, 5000), st.data(), st.sampled_from(["wilson", "exact", "agresti_coull"]))
def test_an_interval_holds_the_share_that_was_seen(total, data, method):
    events = data.draw(st.integers(0, total))
    low, high = interval(events, total, method)
    assert 0 <= low <= events / total + 1e-12
    assert events / total - 1e-12 <= high <= 1
    mirrored = interval(total - events, total, method)
    assert (1 - mirrored.high, 1 - mirrored.low) == pytest.approx((low, high), abs=1e-9)


@pytest.mark.parametrize(("events", "total"), [(0, 0), (3, 2), (-1, 2)])
def test_what_is_no_share(events, total):
    with pytest.raises(ValueError, match="no share"):
        interval(events, total)
