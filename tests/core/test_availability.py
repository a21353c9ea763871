from collections import Counter
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core import brute
from tests.core.worlds import assessed, evidence_of, worlds

from slawatch.core.availability import (
    Terms,
    assess,
    counted,
    exact,
    good,
    percent,
    share,
    shown,
    weight,
)  # fmt: skip
from slawatch.core.evidence import CheckEvidence
from slawatch.core.instant import SECOND
from slawatch.core.ledger import Exclusions, Ledger, TimeClass, ledger
from slawatch.core.sample import Outcome, Transition


def evidence(*samples, holds=70, until=None):
    transitions, before = [], None
    for at, outcome in samples:
        if before is None or before[1] != outcome:
            transitions.append(Transition(at * SECOND, outcome, before and before[0] * SECOND))
        before = (at, outcome)
    last = (until or before[0] + holds) * SECOND
    return CheckEvidence(
        check="a", first_sample=samples[0][0] * SECOND, held_until=last, transitions=tuple(transitions)
    )


def look(entry, start, end, **options):
    options.setdefault("now", end * SECOND)
    return assess("shop", [entry], "all", start * SECOND, end * SECOND, **options)


UP, DEGRADED, DOWN, UNKNOWN = Outcome


@given(worlds())
def test_agrees_with_a_count_by_the_second(world):
    found = assessed(world)
    by_second = Counter(brute.classes(world).values())
    assert found.ledger.classes() == {kind.value: by_second[kind] * SECOND for kind in reversed(TimeClass)}
    figure = found.availability
    assert figure.share == brute.share(world)
    assert figure.unknown_as == {p: brute.share(world, unknown=p) for p in ("exclude", "down", "up")}
    shares = [brute.share(world, edges) for edges in ("measured", "worst", "best")]
    assert figure.low == min((s for s in shares if s is not None), default=None)
    assert figure.high == max((s for s in shares if s is not None), default=None)
    assert figure.coverage == brute.coverage(world)
    assert figure.maintenance_ignored == brute.share(replace(world, maintenance=[]))
    bare = replace(world, maintenance=[], excused=[], outside_hours=[], min_outage=0)
    assert figure.as_measured == brute.share(bare)


@given(worlds())
def test_outages_agree_with_a_count_by_the_second(world):
    kinds = brute.classes(world)
    bad = brute.bad_states(world)
    expected = [
        (
            outage[0] * SECOND,
            (outage[-1] + 1) * SECOND,
            len(outage) >= world.min_outage,
            sum(1 for s in outage if kinds.get(s) in bad) * SECOND,
        )
        for outage in brute.outages(world)
        if outage[0] < world.end and outage[-1] >= world.start
    ]
    found = [(o.start, o.end, o.long_enough, o.counted) for o in assessed(world).outages]
    assert found == expected


@given(worlds(min_outage=False))
def test_evidence_of_the_window_alone_gives_the_same_ledger(world):
    world = replace(world, gathered=world.end)
    assert assessed(world, since=world.start).ledger.cells == assessed(world).ledger.cells


@given(worlds())
def test_classes_sum_to_the_period_and_outages_lie_in_it(world):
    found = assessed(world)
    assert found.ledger.total == (world.end - world.start) * SECOND
    assert found.pieces[0].start == world.start * SECOND
    assert found.pieces[-1].end == world.end * SECOND
    for before, after in zip(found.pieces, found.pieces[1:], strict=False):
        assert before.end == after.start
    for outage in found.outages:
        assert world.start * SECOND <= outage.clipped.start < outage.clipped.end <= world.end * SECOND
        assert outage.after_start <= outage.start <= outage.after_end <= outage.end
        assert sum(outage.lengths.values()) == outage.clipped.end - outage.clipped.start


@given(worlds(), st.data())
def test_cutting_the_period_anywhere_adds_up(world, data):
    cut = data.draw(st.integers(world.start, world.end))
    whole = assessed(world).ledger
    if cut in (world.start, world.end):
        return
    left, right = replace(world, end=cut), replace(world, start=cut)
    assert (assessed(left).ledger + assessed(right).ledger).cells == whole.cells


@given(worlds(), st.randoms(use_true_random=False))
def test_order_of_members_and_exclusions_is_irrelevant(world, random):
    def shuffled(values):
        values = list(values)
        random.shuffle(values)
        return values

    other = replace(
        world,
        samples={c: shuffled(s) for c, s in shuffled(world.samples.items())},
        outside_hours=shuffled(world.outside_hours),
        maintenance=shuffled(world.maintenance) * 2,
        excused=shuffled(world.excused),
    )
    one, two = assessed(world), assessed(other)
    assert (one.pieces, one.availability, one.outages) == (two.pieces, two.availability, two.outages)


@given(worlds())
def test_low_and_high_enclose_the_figure(world):
    figure = assessed(world).availability
    if figure.share is None:
        assert figure.good == 0
    else:
        assert 0 <= figure.low <= figure.share <= figure.high <= 1


def test_bounds_come_from_the_samples_around_each_edge():
    entry = evidence((0, UP), (30, DOWN), (60, DOWN), (90, UP), (120, UP))
    figure = look(entry, 0, 100).availability
    assert figure.share == Fraction(40, 100)
    assert figure.low == Fraction(10, 100)
    assert figure.high == Fraction(70, 100)
    (outage,) = look(entry, 0, 100).outages
    assert (outage.after_start, outage.start, outage.after_end, outage.end) == (
        0,
        30 * SECOND,
        60 * SECOND,
        90 * SECOND,
    )


def test_the_first_change_after_the_period_bounds_its_last_edge_and_counts_for_nothing_else():
    known = evidence((0, UP), (80, UP), (120, DOWN))
    without = look(replace(known, transitions=known.transitions[:1]), 0, 100)
    found = look(known, 0, 100)
    assert (found.pieces, found.outages) == (without.pieces, ())
    assert (without.availability.low, found.availability.low) == (1, Fraction(80, 100))


def test_an_outage_keeps_its_id_over_the_edge_of_a_month_and_through_maintenance():
    entry = evidence((0, UP), (30, DOWN), (60, DOWN), (90, DOWN), (120, UP))
    before = look(entry, 0, 50, reach=200 * SECOND, now=200 * SECOND).outages
    after = look(
        entry, 50, 200, now=200 * SECOND, exclusions=Exclusions(maintenance=[(60 * SECOND, 80 * SECOND)])
    ).outages
    assert [o.id for o in before] == [o.id for o in after] == ["shop-19700101T000030Z"]
    assert [o.length for o in (*before, *after)] == [90 * SECOND, 90 * SECOND]
    assert [o.counted for o in (*before, *after)] == [20 * SECOND, 50 * SECOND]
    assert after[0].lengths[TimeClass.MAINTENANCE] == 20 * SECOND
    assert not before[0].ongoing


def test_a_short_outage_does_not_count_and_stays_visible():
    entry = evidence((0, UP), (30, DOWN), (60, UP), (90, UP))
    found = look(entry, 0, 100, terms=Terms(min_outage=31 * SECOND))
    assert found.availability.share == 1
    assert found.availability.as_measured == Fraction(70, 100)
    assert found.ledger.observed(TimeClass.UP)["down"] == 30 * SECOND
    assert [(o.long_enough, o.counted) for o in found.outages] == [(False, 0)]
    assert look(entry, 0, 100, terms=Terms(min_outage=30 * SECOND)).availability.share == Fraction(70, 100)


def test_an_outage_is_measured_whole_before_it_is_called_short():
    entry = evidence((0, UP), (30, DOWN), (60, DOWN), (90, UP))
    found = look(
        entry, 50, 100, terms=Terms(min_outage=60 * SECOND), now=100 * SECOND,
        exclusions=Exclusions(maintenance=[(60 * SECOND, 90 * SECOND)]),
    )  # fmt: skip
    assert [(o.length, o.counted, o.long_enough) for o in found.outages] == [(60 * SECOND, 10 * SECOND, True)]


def test_a_gap_between_failing_samples_belongs_to_the_outage_but_is_unknown():
    entry = CheckEvidence(
        check="a", first_sample=0, held_until=400 * SECOND,
        transitions=(
            Transition(0, DOWN, None), Transition(70 * SECOND, UNKNOWN, 0),
            Transition(200 * SECOND, DOWN, 0), Transition(300 * SECOND, UP, 270 * SECOND),
        ),
    )  # fmt: skip
    (outage,) = look(entry, 0, 400).outages
    assert (outage.start, outage.end, outage.counted) == (0, 300 * SECOND, 170 * SECOND)
    assert outage.lengths[TimeClass.UNKNOWN] == 130 * SECOND


def test_an_outage_whose_end_nobody_saw_is_ongoing():
    (outage,) = look(evidence((0, UP), (30, DOWN), holds=10), 0, 100).outages
    assert (outage.end, outage.ongoing) == (40 * SECOND, True)


def test_nothing_counted_is_no_data():
    found = look(evidence((0, UP)), 0, 60, exclusions=Exclusions(outside_hours=[(0, 60 * SECOND)]))
    figure = found.availability
    assert (figure.share, figure.low, figure.high, figure.coverage) == (None, None, None, None)
    assert set(figure.unknown_as.values()) == {None}
    assert figure.as_measured == 1
    assert (shown(figure.share), percent(figure.share), exact(figure.share)) == ("no data", None, None)


def test_a_period_that_has_not_begun_is_all_future():
    found = look(evidence((0, UP)), 100, 200, now=50 * SECOND)
    assert found.ledger.classes()["future"] == 100 * SECOND == found.ledger.total
    assert found.availability.share is None


def test_unknown_time_counts_by_policy():
    entry = evidence((0, UP), holds=60)
    shares = look(entry, 0, 100).availability.unknown_as
    assert shares == {"exclude": 1, "down": Fraction(60, 100), "up": 1}


@pytest.mark.parametrize(
    ("degraded", "expected"), [("up", 1), ("down", Fraction(1, 2)), (Decimal("0.3"), Fraction(65, 100))]
)
def test_degraded_time_counts_by_policy(degraded, expected):
    entry = evidence((0, UP), (50, DEGRADED), (100, UP))
    assert look(entry, 0, 100, terms=Terms(degraded=degraded)).availability.share == expected


def test_degraded_time_that_counts_as_down_makes_an_outage():
    entry = evidence((0, UP), (30, DEGRADED), (50, DOWN), (60, UP))
    assert [o.counted for o in look(entry, 0, 100).outages] == [10 * SECOND]
    assert [o.counted for o in look(entry, 0, 100, terms=Terms(degraded="down")).outages] == [30 * SECOND]


@pytest.mark.parametrize("bad", ["-0.1", "1.1", "NaN", "Infinity"])
def test_a_weight_lies_between_nothing_and_all(bad):
    with pytest.raises(ValueError, match="between 0 and 1"):
        weight(Decimal(bad))


def test_a_figure_needs_a_period_and_a_check():
    with pytest.raises(ValueError, match="end after it starts"):
        look(evidence((0, UP)), 5, 5)
    with pytest.raises(ValueError, match="shop has no check"):
        assess("shop", [], "all", 0, 1, now=1)


def test_numerator_and_denominator_of_a_ledger():
    entries = Ledger({
        (TimeClass.UP, UP): 50, (TimeClass.DEGRADED, DEGRADED): 20, (TimeClass.DOWN, DOWN): 10,
        (TimeClass.UNKNOWN, UNKNOWN): 20, (TimeClass.MAINTENANCE, DOWN): 1000,
    })  # fmt: skip
    assert (good(entries), counted(entries)) == (70, 80)
    assert (good(entries, "up"), counted(entries, "up")) == (90, 100)
    assert (good(entries, "down", Decimal("0.5")), counted(entries, "down")) == (60, 100)
    assert share(entries, "down", "down") == Fraction(1, 2)


@pytest.mark.parametrize(
    ("figure", "decimals", "expected"),
    [
        (Fraction(99995, 100000), 2, "99.99"),
        (Fraction(10**12 - 1, 10**12), 3, "99.999"),
        (Fraction(1), 3, "100.000"),
        (Fraction(0), 1, "0.0"),
        (Fraction(2, 3), 0, "66"),
        (Fraction(999, 1000), 2, "99.90"),
    ],
)
def test_shown_is_floored_and_never_rounds_up(figure, decimals, expected):
    assert shown(figure, decimals) == expected


@given(st.fractions(0, 1), st.integers(0, 8))
def test_shown_never_exceeds_the_figure(figure, decimals):
    text = Fraction(shown(figure, decimals))
    assert text <= figure * 100 < text + Fraction(1, 10**decimals)


def test_percent_is_below_a_hundred_unless_it_is_all():
    assert percent(Fraction(10**30 - 1, 10**30)) < 100
    assert percent(Fraction(1)) == 100.0
    assert percent(Fraction(1, 3)) == pytest.approx(33.333333333333336)
    assert exact(Fraction(4, 6)) == "2/3"


@given(worlds())
def test_pieces_and_ledger_say_the_same(world):
    found = assessed(world)
    assert ledger(found.pieces) == found.ledger
    assert set(found.members) == {e.check for e in evidence_of(world)}
