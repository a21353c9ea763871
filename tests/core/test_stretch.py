"""What a window of a timeline comes to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slawatch.core.check import Quorum
from slawatch.core.evidence import CheckEvidence
from slawatch.core.sample import Outcome
from slawatch.core.stretch import Past, Stretch, stretch, time_value
from slawatch.core.timeline import Held, fold, timeline

UP, DEGRADED, DOWN, UNKNOWN = Outcome


def evidence(samples, name="a"):
    """Return the record that samples `(at, outcome, holds)` make."""
    changes, held = fold(Held(at, holds, outcome) for at, outcome, holds in samples)
    first = min((at for at, *_ in samples), default=None)
    until = None if held is None else held.started_at + held.holds
    return CheckEvidence(check=name, first_sample=first, held_until=until, transitions=changes)


def test_a_window_summed_up():
    one = evidence([(0, UP, 20), (10, DOWN, 20), (25, UP, 20), (40, DEGRADED, 10), (70, UP, 100)])
    found = stretch([one], "all", 5, 100)
    assert found[:5] == (5 + 15 + 30, 10, 15, 20, 4)
    assert [(run.start, run.end, run.ongoing) for run in found.outages] == [(10, 25, False)]
    assert time_value("availability", found) == pytest.approx(100 * 60 / 75)
    assert time_value("unknown_ratio", found) == pytest.approx(100 * 20 / 95)
    assert time_value("downtime", found) == 15
    assert time_value("mttr", found) == 15
    assert time_value("mtbf", found) == 60
    assert time_value("current_outage", found) == 0


def test_an_outage_is_whole_even_where_the_window_cuts_it():
    one = evidence([(0, UP, 20), (10, DOWN, 1000)])
    found = stretch([one], "all", 900, 1000)
    assert time_value("current_outage", found) == 990
    assert time_value("longest_outage", found) == 990
    assert time_value("downtime", found) == 100
    assert time_value("mttr", found) is None


def test_no_data_is_no_number():
    nothing = stretch([evidence([])], "all", 0, 100)
    assert nothing == Stretch(0, 0, 0, 0, 0, (), 100)
    for name in ("availability", "downtime", "outages", "mttr", "current_outage", "unknown_ratio"):
        assert time_value(name, nothing) is None
    silent = stretch([evidence([(0, UP, 10)])], "all", 50, 100)
    assert time_value("availability", silent) is None
    assert time_value("unknown_ratio", silent) == 100


SAMPLES = st.lists(
    st.tuples(st.integers(0, 60), st.sampled_from(list(Outcome)), st.integers(1, 12)), max_size=14
)
JOINS = st.sampled_from(["all", "any", Quorum(2)])


@given(SAMPLES, st.integers(-5, 70), st.integers(1, 30))
def test_it_is_the_count_of_every_instant(samples, start, length):
    one = evidence(samples)
    found = stretch([one], "all", start, start + length)
    seen = timeline(one, start, start + length)
    for outcome, total in zip(Outcome, found[:4], strict=True):
        assert total == sum(
            any(span.start <= at < span.end and span.outcome is outcome for span in seen)
            for at in range(start, start + length)
        )


@given(st.lists(SAMPLES, min_size=1, max_size=3), JOINS, st.data())
def test_the_past_is_summed_up_once_for_all_windows(checks, join, data):
    """Any window told from the sums is the window worked out by itself, whatever came since."""
    low = data.draw(st.integers(-5, 20))
    seen = [evidence(samples, str(n)) for n, samples in enumerate(checks)]
    past = Past(seen, join, low)
    assert past.fits(seen)
    end = max(past.end, low) + data.draw(st.integers(1, 40))
    for _ in range(3):
        start = data.draw(st.integers(low, end - 1))
        assert past.stretch(seen, start, end) == stretch(seen, join, start, end)


@given(SAMPLES.filter(bool), SAMPLES, JOINS)
def test_a_past_fits_as_long_as_only_holds_grow(samples, more, join):
    before = evidence(samples)
    past = Past([before], join, 0)
    after = evidence(samples + more)
    if past.fits([after]):
        end = max(past.end, after.held_until, 0) + 10
        assert past.stretch([after], 0, end) == stretch([after], join, 0, end)
