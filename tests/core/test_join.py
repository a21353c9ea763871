from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.brute import join_any

from slawatch.core.check import Quorum
from slawatch.core.join import join_spans, join_states
from slawatch.core.sample import Outcome
from slawatch.core.timeline import Span

UP, DEGRADED, DOWN, UNKNOWN = Outcome
RULES = ("all", "any", Quorum(1), Quorum(2), Quorum(3))


@pytest.mark.parametrize(
    ("rule", "states", "expected"),
    [
        ("all", [UP, UP], UP),
        ("all", [UP, DOWN], DOWN),
        ("all", [UP, DEGRADED], DEGRADED),
        ("all", [UP, UNKNOWN], UNKNOWN),
        ("all", [DOWN, UNKNOWN], DOWN),
        ("all", [DEGRADED, UNKNOWN], UNKNOWN),
        ("any", [UP, DOWN], UP),
        ("any", [DOWN, DOWN], DOWN),
        ("any", [DEGRADED, DOWN], DEGRADED),
        ("any", [UP, UNKNOWN], UP),
        ("any", [DOWN, UNKNOWN], UNKNOWN),
        ("any", [DEGRADED, UNKNOWN], UNKNOWN),
        (Quorum(2), [UP, UP, DOWN], UP),
        (Quorum(2), [UP, DOWN, DOWN], DOWN),
        (Quorum(2), [UP, DEGRADED, DOWN], DEGRADED),
        (Quorum(2), [UP, UP, UNKNOWN], UP),
        (Quorum(2), [UP, DOWN, UNKNOWN], UNKNOWN),
        (Quorum(2), [DOWN, DOWN, UNKNOWN], DOWN),
        (Quorum(2), [DEGRADED, DEGRADED, UNKNOWN], DEGRADED),
        (Quorum(3), [UP, UP], UP),
        ("all", [UP, None], UP),
        ("any", [None, DOWN], DOWN),
        ("all", [None, None], None),
        ("all", [], None),
    ],
)
def test_three_valued_logic(rule, states, expected):
    assert join_states(states, rule) is expected


@pytest.mark.parametrize("rule", RULES)
def test_agrees_with_trying_out_every_state_of_the_unknown(rule):
    simple = rule.needed if isinstance(rule, Quorum) else rule
    for states in product([*Outcome, None], repeat=3):
        found = join_states(states, rule)
        words = [state if state is None else state.word for state in states]
        assert (None if found is None else found.word) == join_any(words, simple)


@given(st.lists(st.sampled_from([*Outcome, None]), max_size=5), st.sampled_from(RULES), st.randoms())
def test_order_is_irrelevant(states, rule, random):
    other = list(states)
    random.shuffle(other)
    assert join_states(states, rule) is join_states(other, rule)


def members_strategy():
    states = st.lists(st.sampled_from([*Outcome, None]), min_size=20, max_size=20)
    return st.lists(states, min_size=1, max_size=4)


@given(members_strategy(), st.sampled_from(RULES))
def test_spans_join_as_their_states_do(members, rule):
    def spans(states):
        return [Span(at, at + 1, state) for at, state in enumerate(states)]

    joined = join_spans([spans(states) for states in members], rule)
    by_second = [span.outcome for span in joined for _ in range(span.start, span.end)]
    assert by_second == [join_states(states, rule) for states in zip(*members, strict=True)]
    assert all(a.outcome is not b.outcome and a.end == b.start for a, b in pairwise(joined))


def test_timelines_of_different_intervals_do_not_join():
    with pytest.raises(ValueError, match="same interval"):
        join_spans([[Span(0, 5, UP)], [Span(0, 6, UP)]], "all")
    with pytest.raises(ValueError, match="at least one"):
        join_spans([], "all")
    with pytest.raises(ValueError, match="at least one"):
        join_spans([[]], "all")
