"""The heartbeat check: the edges of being in time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slawatch.checks import load
from slawatch.checks._attempt import Attempt
from slawatch.checks._dns import Resolver
from slawatch.checks.heartbeat import Options, overdue_at, probe
from slawatch.core.instant import HOUR, MINUTE, SECOND, Instant, parse_rfc3339
from slawatch.core.sample import Cause, Observation, Outcome
from slawatch.core.text import Secret

CALLED = parse_rfc3339("2026-10-01T02:00:00Z")
NIGHTLY = Options(every=24 * HOUR, grace=30 * MINUTE)


async def look(options: Options, last_ping: Instant | None, now: Instant) -> tuple[Observation, Attempt]:
    attempt = Attempt("backup", 10 * SECOND, Resolver())
    attempt.last_ping, attempt.now = last_ping, now
    return await probe(options, attempt), attempt


def test_it_is_passive() -> None:
    assert load("heartbeat").passive


async def test_never_called_is_unknown_and_waiting() -> None:
    seen, attempt = await look(NIGHTLY, None, CALLED)
    assert (seen.outcome, seen.cause, seen.latency) == (Outcome.UNKNOWN, Cause.WAITING, None)
    assert seen.reason == "no call yet; expected every 1d, grace 30m"
    assert "no call yet" in attempt.transcript()


@pytest.mark.parametrize("after", [0, 1, 24 * HOUR, 24 * HOUR + 30 * MINUTE - 1])
async def test_in_time_is_up_without_a_latency(after: int) -> None:
    seen, attempt = await look(NIGHTLY, CALLED, CALLED + after)
    assert seen == Observation(Outcome.UP)
    assert "last call at 2026-10-01T02:00:00Z" in attempt.transcript()
    assert "overdue from 2026-10-02T02:30:00Z" in attempt.transcript()


async def test_overdue_from_the_very_instant() -> None:
    seen, _ = await look(NIGHTLY, CALLED, CALLED + 24 * HOUR + 30 * MINUTE)
    assert (seen.outcome, seen.cause, seen.latency) == (Outcome.DOWN, Cause.OVERDUE, None)
    assert seen.reason == "overdue by 30m: last call at 2026-10-01T02:00:00Z, expected every 1d, grace 30m"


async def test_how_late_is_said_in_whole_seconds() -> None:
    seen, _ = await look(NIGHTLY, CALLED, CALLED + 48 * HOUR + 90 * SECOND + 123_456)
    assert seen.reason.startswith("overdue by 1d1m30s:")


async def test_a_clock_that_was_set_back_is_no_failure() -> None:
    seen, _ = await look(NIGHTLY, CALLED, CALLED - HOUR)
    assert seen.outcome is Outcome.UP


@given(
    every=st.integers(SECOND, 400 * 24 * HOUR), grace=st.integers(0, 24 * HOUR), after=st.integers(0, 10**15)
)
async def test_it_is_down_exactly_from_the_instant_that_is_foretold(
    every: int, grace: int, after: int
) -> None:
    options = Options(every=every, grace=grace)
    seen, _ = await look(options, CALLED, CALLED + after)
    assert (seen.outcome is Outcome.DOWN) == (CALLED + after >= overdue_at(options, CALLED))
    assert seen.outcome in (Outcome.UP, Outcome.DOWN)


@pytest.mark.parametrize(
    "token", ["short", "", "with space in it!", "slash/slash/slash/slash", "ümlautümlautümlaut", "a" * 201]
)
def test_a_token_that_is_no_address_or_can_be_guessed_is_refused(token: str) -> None:
    with pytest.raises(ValueError, match="token must be 16 to 200") as refused:
        Options(every=MINUTE, token=Secret(token))
    assert not token or token not in str(refused.value)


def test_a_good_token_is_taken_and_never_shown() -> None:
    options = Options(every=MINUTE, token=Secret("0123456789abcdef"))
    assert "0123456789abcdef" not in repr(options)


def test_a_rhythm_under_a_second_is_refused() -> None:
    with pytest.raises(ValueError, match='every must be at least "1s", not "500ms"'):
        Options(every=SECOND // 2)
