"""Several services as one figure."""

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st
from tests.core.agreements import promise

from slawatch.core.burn import Loss
from slawatch.core.combine import combined_loss, mixed

ONE = Fraction(1)
shares = st.lists(st.none() | st.fractions(0, 1), min_size=1, max_size=5)


@given(shares)
def test_the_worst_is_never_above_the_mean(found):
    figures = [(ONE, share) for share in found]
    worst = mixed(promise("s"), figures)
    mean = mixed(promise("s", combine="mean"), figures)
    known = [share for share in found if share is not None]
    if not known:
        assert worst is mean is None
        return
    assert worst == min(known)
    assert min(known) <= mean <= max(known)


def test_weights_that_come_to_nothing_are_no_data():
    terms = promise("s", combine="weighted", weights={"s": Decimal(0)})
    assert mixed(terms, [(Fraction(0), ONE)]) is None


def test_the_loss_of_a_stretch():
    losses = [(ONE, Loss(Fraction(1), 10)), (ONE, Loss(Fraction(5), 20)), (ONE, Loss(Fraction(0), 0))]
    assert combined_loss(promise("s"), losses) == (5, 20)
    assert combined_loss(promise("s", combine="mean"), losses).share == Fraction(7, 40)
    assert combined_loss(promise("s"), losses[2:]) == (0, 0)
    assert combined_loss(promise("s", combine="mean"), []) == (0, 0)
