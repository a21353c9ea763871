"""Who has no say about a common state, and when."""

from slawatch.core.adjustment import Spans
from slawatch.core.clause import Grant
from slawatch.core.ledger import Interval
from slawatch.core.masking import common, left_out, masked, mute
from slawatch.core.sample import Outcome
from slawatch.core.timeline import Span


def granted(*stretches):
    return Grant(granted=tuple(Interval(*one) for one in stretches))


def spans(excused=(), counted=()):
    return Spans(tuple(Interval(*one) for one in excused), tuple(Interval(*one) for one in counted))


def test_maintenance_and_excuses_mute_unless_the_time_counts_anyway():
    found = mute({"a": granted((0, 10))}, {"a": spans(excused=[(20, 30)], counted=[(4, 6)])})
    assert found == {"a": (Interval(0, 4), Interval(6, 10), Interval(20, 30))}


def test_who_is_not_alone_in_it_is_not_left_out():
    """What none of them has a say in is excluded as a whole, and what was seen then is kept."""
    grants = {"a": granted((0, 10)), "b": granted((8, 20))}
    assert left_out(grants, {}) == {"a": (Interval(0, 8),), "b": (Interval(10, 20),)}
    excused = {"b": spans(excused=[(0, 4)])}
    assert left_out(grants, excused) == {"a": (Interval(4, 8),), "b": (Interval(10, 20),)}


def test_what_is_common_to_all():
    assert common([[Interval(0, 5)], [Interval(2, 9)], [Interval(1, 3), Interval(4, 6)]]) == (
        Interval(2, 3), Interval(4, 5),
    )  # fmt: skip
    assert common([[Interval(0, 5)]]) == (Interval(0, 5),)


def test_a_mask_takes_the_say_or_makes_it_down():
    seen = (Span(0, 10, Outcome.UP), Span(10, 20, Outcome.DOWN))
    assert masked(seen, [Interval(5, 15)], [Interval(8, 9)]) == (
        Span(0, 5, Outcome.UP), Span(5, 8, None), Span(8, 9, Outcome.DOWN), Span(9, 15, None),
        Span(15, 20, Outcome.DOWN),
    )  # fmt: skip
    assert masked(seen, [], []) == seen
