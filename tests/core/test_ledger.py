from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slawatch.core.ledger import (
    LISTED,
    NOTHING_EXCLUDED,
    Exclusions,
    Ledger,
    Piece,
    TimeClass,
    classify,
    ledger,
    planned,
    split,
    union,
)
from slawatch.core.period import days, parse_period
from slawatch.core.sample import Outcome
from slawatch.core.timeline import Span

UP, DEGRADED, DOWN, UNKNOWN = Outcome
EDGES = st.integers(0, 50)
INTERVALS = st.lists(st.tuples(EDGES, EDGES), max_size=5)
EXCLUSIONS = st.builds(Exclusions, outside_hours=INTERVALS, maintenance=INTERVALS, excused=INTERVALS)


@st.composite
def timelines(draw):
    states = draw(st.lists(st.sampled_from([*Outcome, None]), min_size=1, max_size=40))
    return tuple(Span(at, at + 1, state) for at, state in enumerate(states))


def test_the_first_class_that_applies_wins():
    spans = [Span(0, 10, None), Span(10, 100, DOWN)]
    exclusions = Exclusions(
        outside_hours=[(0, 30)], maintenance=[(20, 50)], excused=[(40, 60), (70, 70), (80, 95)]
    )
    assert classify(spans, exclusions, 90) == (
        Piece(0, 10, TimeClass.NOT_MONITORED, None),
        Piece(10, 30, TimeClass.OUTSIDE_HOURS, DOWN),
        Piece(30, 50, TimeClass.MAINTENANCE, DOWN),
        Piece(50, 60, TimeClass.EXCUSED, DOWN),
        Piece(60, 80, TimeClass.DOWN, DOWN),
        Piece(80, 90, TimeClass.EXCUSED, DOWN),
        Piece(90, 100, TimeClass.FUTURE, None),
    )


def test_what_was_observed_is_kept_under_each_class():
    spans = [Span(0, 10, UP), Span(10, 14, DOWN), Span(14, 15, UNKNOWN), Span(15, 20, DEGRADED)]
    found = ledger(classify(spans, Exclusions(maintenance=[(5, 17)]), 18))
    assert found.observed(TimeClass.MAINTENANCE) == {"up": 5, "degraded": 2, "down": 4, "unknown": 1}
    assert found.classes() == {
        "up": 5, "degraded": 1, "down": 0, "unknown": 0, "excused": 0, "maintenance": 12, "outside_hours": 0,
        "not_monitored": 0, "future": 2,
    }  # fmt: skip
    assert list(found.classes()) == [kind.value for kind in LISTED]
    assert (found[TimeClass.MAINTENANCE], found.total) == (12, 20)


@given(timelines(), EXCLUSIONS, EDGES)
def test_every_moment_is_in_exactly_one_class(spans, exclusions, now):
    pieces = classify(spans, exclusions, now)
    assert (pieces[0].start, pieces[-1].end) == (0, len(spans))
    assert all(a.end == b.start for a, b in pairwise(pieces))
    for piece in pieces:
        for at in range(piece.start, piece.end):
            assert piece.kind == _class(spans[at].outcome, at, exclusions, now)
    assert ledger(pieces).total == len(spans)


def _class(outcome, at, exclusions, now):
    if at >= now:
        return "future"
    if outcome is None:
        return "not_monitored"
    for name in ("outside_hours", "maintenance", "excused"):
        if any(low <= at < high for low, high in getattr(exclusions, name)):
            return name
    return outcome.word


@given(timelines(), EXCLUSIONS, EDGES, st.lists(EDGES, max_size=6))
def test_parts_add_up_to_the_whole(spans, exclusions, now, cuts):
    pieces = classify(spans, exclusions, now)
    bounds = sorted({0, len(spans), *(cut for cut in cuts if cut < len(spans))})
    parts = split(pieces, bounds)
    assert len(parts) == len(bounds) - 1
    for part, (low, high) in zip(parts, pairwise(bounds), strict=True):
        assert ledger(part).total == high - low
    assert sum((ledger(part) for part in parts), Ledger()).cells == ledger(pieces).cells


@pytest.mark.parametrize(
    ("month", "timezone"),
    [("2026-03", "Europe/Berlin"), ("2026-10", "Europe/Berlin"), ("2026-04", "Australia/Lord_Howe"),
     ("2011-12", "Pacific/Apia"), ("2018-11", "America/Sao_Paulo"), ("2024-02", "Asia/Kathmandu")],
)  # fmt: skip
@given(st.data())
def test_the_days_of_a_month_sum_to_the_month(month, timezone, data):
    period = parse_period(month, timezone)
    moments = st.integers(period.start, period.end)
    cuts = sorted({period.start, *data.draw(st.lists(moments, max_size=20)), period.end})
    states = st.sampled_from([*Outcome, None])
    spans = [Span(low, high, data.draw(states)) for low, high in pairwise(cuts)]
    exclusions = Exclusions(maintenance=data.draw(st.lists(st.tuples(moments, moments), max_size=4)))
    pieces = classify(spans, exclusions, data.draw(moments))
    breakdown = [ledger(part) for part in split(pieces, [*(d.start for d in days(period)), period.end])]
    assert [entries.total for entries in breakdown] == [day.length for day in days(period)]
    assert sum(breakdown, Ledger()).cells == ledger(pieces).cells
    assert ledger(pieces).total == period.length


@given(INTERVALS)
def test_a_union_is_sorted_disjoint_and_the_same_time(intervals):
    found = union(intervals)
    assert all(a.end < b.start for a, b in pairwise(found))
    covered = {at for low, high in intervals for at in range(low, high)}
    assert {at for low, high in found for at in range(low, high)} == covered


@given(EDGES, EDGES, EXCLUSIONS)
def test_planned_time_is_what_no_exclusion_takes(start, end, exclusions):
    names = ("outside_hours", "maintenance", "excused")
    taken = {at for name in names for low, high in getattr(exclusions, name) for at in range(low, high)}
    assert planned(start, end, exclusions) == len(set(range(start, end)) - taken)


def test_exclusions_are_the_same_whatever_they_were_written_as():
    assert Exclusions(maintenance=[(5, 9), (0, 6)]) == Exclusions(maintenance=((0, 9), (3, 3)))
    assert Exclusions(maintenance=[(0, 9)], excused=[(1, 2)]).without_maintenance() == Exclusions(
        excused=[(1, 2)]
    )
    assert planned(0, 10, NOTHING_EXCLUDED) == 10
