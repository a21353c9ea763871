import pytest
from hypothesis import given
from hypothesis import strategies as st

from slawatch.core.instant import MILLISECOND, SECOND
from slawatch.core.sample import Cause, Observation, Outcome
from slawatch.core.stall import STILL, spoilt, unseen

TIMEOUT = Observation(Outcome.DOWN, Cause.TIMEOUT, "no answer within 500ms")
SLOW = Observation(Outcome.DEGRADED, Cause.SLOW, "slow")
HALF = 500 * MILLISECOND


@pytest.mark.parametrize("seen", [TIMEOUT, SLOW, Observation(Outcome.DOWN, Cause.STATUS, "408")])
def test_what_a_standstill_could_have_made_is_spoilt(seen: Observation) -> None:
    assert spoilt(seen, 69 * SECOND, 69 * SECOND, HALF)
    assert spoilt(seen, STILL + 1, HALF + STILL + 1, HALF)
    assert not spoilt(seen, STILL, HALF + STILL, HALF)
    assert not spoilt(seen, 0, HALF, HALF)


def test_a_target_that_hangs_is_seen_to_hang_by_a_monitor_that_stutters() -> None:
    assert not spoilt(TIMEOUT, 2 * SECOND, 10 * SECOND, 10 * SECOND)
    assert spoilt(TIMEOUT, 3 * SECOND, 10 * SECOND, 10 * SECOND), "most of its time nobody listened"
    assert spoilt(TIMEOUT, SECOND, 11 * SECOND, 10 * SECOND), "the answer may have been there unread"


def test_how_slow_it_was_is_not_known_after_any_standstill() -> None:
    assert spoilt(SLOW, SECOND, 3 * SECOND, 10 * SECOND)


@given(st.integers(0, 100 * SECOND), st.integers(0, 100 * SECOND), st.integers(1, 60 * SECOND))
def test_a_right_answer_stays_one(still: int, took: int, timeout: int) -> None:
    assert not spoilt(Observation(Outcome.UP), still, took, timeout)
    assert not spoilt(Observation(Outcome.UNKNOWN, Cause.OURS, "no descriptors"), still, took, timeout)


def test_what_is_kept_instead_says_why() -> None:
    kept = unseen(11_734_000)
    assert (kept.outcome, kept.cause, kept.latency) == (Outcome.UNKNOWN, Cause.OURS, None)
    assert kept.reason == "slawatch stood still for 11.7 s: what was measured meanwhile says nothing"
