from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.brute import check_state
from tests.core.worlds import LAST, check_evidence, held, samples_strategy

from slawatch.core.evidence import CheckEvidence
from slawatch.core.instant import SECOND
from slawatch.core.sample import Outcome, Transition
from slawatch.core.timeline import Held, Span, clip, fold, merge, step, timeline

UP, DEGRADED, DOWN, UNKNOWN = Outcome


@pytest.mark.parametrize(
    ("before", "sample", "expected"),
    [
        (None, (5, UP, 70), [(5, UP, None)]),
        ((0, 70, UP), (30, UP, 70), []),
        ((0, 70, UP), (30, DOWN, 70), [(30, DOWN, 0)]),
        ((0, 70, UP), (70, UP, 70), []),
        ((0, 70, UP), (71, UP, 70), [(70, UNKNOWN, 0), (71, UP, 0)]),
        ((0, 70, UP), (99, DOWN, 70), [(70, UNKNOWN, 0), (99, DOWN, 0)]),
        ((0, 70, UP), (99, UNKNOWN, 70), [(70, UNKNOWN, 0)]),
        ((0, 70, UNKNOWN), (99, UP, 70), [(99, UP, 0)]),
        ((0, 70, UNKNOWN), (99, UNKNOWN, 70), []),
    ],
)
def test_a_sample_makes_transitions(before, sample, expected):
    at, outcome, holds = sample
    latest, made = step(None if before is None else Held(*before), at, outcome, holds)
    assert latest == Held(at, holds, outcome)
    assert list(made) == [Transition(*each) for each in expected]


@pytest.mark.parametrize("late", [0, 5])
def test_a_late_sample_is_refused(late):
    with pytest.raises(ValueError, match="fold this check's samples again"):
        step(Held(5, 10, UP), late, UP, 10)


@given(samples_strategy(), st.randoms(use_true_random=False))
def test_neither_order_nor_repetition_changes_the_fold(samples, random):
    once = [held(sample) for sample in samples]
    again = once * 2
    random.shuffle(again)
    assert fold(again) == fold(once)


@given(samples_strategy())
def test_transitions_always_change_the_outcome(samples):
    transitions, _ = fold(held(sample) for sample in samples)
    assert all(a.at < b.at and a.outcome != b.outcome for a, b in pairwise(transitions))


def test_of_two_samples_at_once_the_known_and_worse_counts():
    transitions, last = fold([Held(0, 10, UP), Held(0, 5, DOWN), Held(0, 7, DOWN), Held(0, 99, UNKNOWN)])
    assert transitions == (Transition(0, DOWN, None),)
    assert last == Held(0, 7, DOWN)


EDGES = st.sampled_from(["measured", "worst", "best"])


@given(samples_strategy(), st.integers(0, LAST - 1), st.integers(1, LAST), EDGES)
def test_agrees_with_a_look_at_every_second(samples, start, length, edges):
    end = start + length
    spans = timeline(check_evidence("a", samples, start, end), start * SECOND, end * SECOND, edges)
    assert (spans[0].start, spans[-1].end) == (start * SECOND, end * SECOND)
    assert all(a.end == b.start and a.outcome is not b.outcome for a, b in pairwise(spans))
    seen = [span.outcome for span in spans for _ in range(span.start // SECOND, span.end // SECOND)]
    words = [None if outcome is None else outcome.word for outcome in seen]
    assert words == [check_state(samples, end, second, edges) for second in range(start, end)]


def evidence(*transitions, first=0, held_until=100):
    made = tuple(Transition(*each) for each in transitions)
    return CheckEvidence(check="a", first_sample=first, held_until=held_until, transitions=made)


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (CheckEvidence(check="a", first_sample=None, held_until=None), [(10, 50, None)]),
        (CheckEvidence(check="a", first_sample=99, held_until=None), [(10, 50, None)]),
        (evidence((20, UP, None), first=20), [(10, 20, None), (20, 50, UP)]),
        (evidence((0, UP, None), held_until=30), [(10, 30, UP), (30, 50, UNKNOWN)]),
        (evidence((0, UP, None), held_until=5), [(10, 50, UNKNOWN)]),
        (evidence((0, UP, None), (20, DOWN, 15)), [(10, 20, UP), (20, 50, DOWN)]),
        (evidence((20, UP, 5)), [(10, 20, UNKNOWN), (20, 50, UP)]),
        (evidence(held_until=30), [(10, 50, UNKNOWN)]),
        (evidence((0, UP, None), (70, DOWN, 60)), [(10, 50, UP)]),
    ],
    ids=[
        "never probed",
        "first sample later",
        "first sample inside",
        "hold ran out",
        "hold ran out before",
        "a change",
        "history lost",
        "no change kept",
        "a change after",
    ],
)
def test_what_is_known_of_a_check(known, expected):
    assert timeline(known, 10, 50) == tuple(Span(*span) for span in expected)


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        ("measured", [(0, 60, UP), (60, 90, DOWN), (90, 99, UP)]),
        ("worst", [(0, 30, UP), (30, 90, DOWN), (90, 99, UP)]),
        ("best", [(0, 60, UP), (60, 75, DOWN), (75, 99, UP)]),
    ],
)
def test_edges_lie_between_samples(edges, expected):
    known = evidence((0, UP, None), (60, DOWN, 30), (90, UP, 75))
    assert timeline(known, 0, 99, edges) == tuple(Span(*span) for span in expected)


def test_unknown_time_stays_unknown_and_what_held_before_it_may_have_changed():
    known = evidence((0, UP, None), (70, UNKNOWN, 30), (90, DOWN, 30))
    assert timeline(known, 0, 99, "worst") == (
        Span(0, 30, UP),
        Span(30, 70, DOWN),
        Span(70, 90, UNKNOWN),
        Span(90, 99, DOWN),
    )
    assert timeline(known, 0, 99, "best") == timeline(known, 0, 99)


def test_an_interval_is_needed():
    with pytest.raises(ValueError, match="start before its end"):
        timeline(evidence((0, UP, None)), 5, 5)


def test_spans_merge_and_clip():
    spans = [Span(0, 5, UP), Span(5, 5, DOWN), Span(5, 9, UP), Span(9, 12, None)]
    assert list(merge(spans)) == [Span(0, 9, UP), Span(9, 12, None)]
    assert list(clip(spans, 4, 10)) == [Span(4, 5, UP), Span(5, 9, UP), Span(9, 10, None)]
