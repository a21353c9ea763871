"""Ratios of good events."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.published import cases

from slawatch.core.ratio import Counts, Reading, increase, of_counters, of_probes
from slawatch.core.sample import Outcome


def counted(events):
    outcomes = {Outcome.UP: 0, Outcome.DOWN: 0}
    for event in events:
        outcomes[Outcome.UP] += event.get("ok", 0) + (event.get("status") == "UP")
        outcomes[Outcome.DOWN] += event.get("error", 0) + (event.get("status") == "DOWN")
    return of_probes(outcomes)


@cases("samples", "availability_samples")
def test_published_shares_of_samples(case):
    expected = case["expected"]
    if "last_30d" in expected:
        shares = [counted(case["events"][-days:]).share for days in (30, 7)]
        assert shares == [Fraction(1, 2), Fraction(3, 7)]
        assert shares == pytest.approx([expected["last_30d"], expected["last_7d"]])
    elif "total" in expected:
        assert counted(case["events"]) == (expected["up"], expected["total"])
    else:
        assert counted(case["events"]).share == Fraction(str(expected["uptime"]))


def test_probes_of_which_nobody_knows_do_not_count():
    outcomes = {Outcome.UP: 6, Outcome.DEGRADED: 2, Outcome.DOWN: 2, Outcome.UNKNOWN: 90}
    assert of_probes(outcomes).share == Fraction(8, 10)
    assert of_probes(outcomes, Fraction(1, 2)).share == Fraction(7, 10)
    assert of_probes({}).share is None
    assert Counts(Fraction(1), Fraction(2)) + Counts(Fraction(2), Fraction(2)) == (3, 4)


def readings(*values):
    return [Reading(at, Fraction(value)) for at, value in enumerate(values)]


def test_a_counter_that_restarts_began_at_zero():
    assert increase(readings(10, 15, 3, 4), 0, 3) == 9
    assert increase(readings(10), 0, 3) is None
    assert increase(reversed(readings(10, 15, 3, 4)), 1, 3) == 4


def test_good_events_of_all():
    assert of_counters(readings(0, 90), readings(0, 100), 0, 1).share == Fraction(9, 10)
    assert of_counters(readings(0), readings(0, 100), 0, 1) is None
    with pytest.raises(ValueError, match="do not belong together"):
        of_counters(readings(0, 101), readings(0, 100), 0, 1)


@given(st.lists(st.integers(0, 100), min_size=3, max_size=10), st.data())
def test_growth_cut_at_a_reading_adds_up(values, data):
    found = readings(*values)
    last = len(values) - 1
    cut = data.draw(st.integers(1, last - 1))
    assert increase(found, 0, last) == increase(found, 0, cut) + increase(found, cut, last)
