"""Money at stake, and the time left before each tier."""

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st
from tests.core.test_credit import TWO, band, terms

from slawatch.core.burn import Loss
from slawatch.core.credit import credit
from slawatch.core.stake import next_stake, standing


def test_the_time_left_before_each_tier():
    found = standing(terms(*TWO), Loss(Fraction(500), 1_000_000))
    assert [(s.left, s.reached, s.amount) for s in found.stakes] == [
        (500, False, Decimal("120.00")),
        (9_500, False, Decimal("300.00")),
    ]
    assert found.locked == 0
    assert next_stake(found.stakes) is found.stakes[0]


def test_a_tier_that_is_reached_stays_so():
    found = standing(terms(*TWO), Loss(Fraction(1_001), 1_000_000))
    assert [(s.left, s.reached) for s in found.stakes] == [(0, True), (8_999, False)]
    assert found.locked == Decimal("120.00")
    assert next_stake(found.stakes).amount == Decimal("300.00")


def test_an_edge_that_belongs_to_the_tier():
    strict = standing(terms(*TWO), Loss(Fraction(1_000), 1_000_000))
    assert (strict.stakes[0].reached, strict.stakes[0].left) == (False, 0)
    loose = terms(band(gt=99, le=99.9), band(le=99, credit=25))
    assert standing(loose, Loss(Fraction(1_000), 1_000_000)).stakes[0].reached


def test_nothing_counts_yet():
    assert standing(terms(*TWO), Loss(Fraction(0), 0)) == (None, (), None)


@given(st.integers(0, 10_000), st.integers(0, 20_000))
def test_one_microsecond_more_than_is_left_reaches_the_tier(bad, more):
    whole = 1_000_000
    found = standing(terms(*TWO), Loss(Fraction(bad), whole))
    for stake in found.stakes:
        if stake.reached:
            continue
        due = [credit(terms(*TWO), 1 - Fraction(bad + stake.left + step, whole)).tier for step in (0, 1)]
        assert due[1] == stake.tier
        assert due[0] != stake.tier
    assert more >= 0
