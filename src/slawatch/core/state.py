"""The live state of a check: what its samples say now, and whether a failure is confirmed.

ok --bad--> soft (1 .. failures-1 in a row) --bad--> failing; a good sample leads from each of them back to
ok. Unknown samples change neither the row nor the confirmation. This is what alerting and `status` go by;
the ledger never does: an outage starts at its first failing sample, confirmed or not.
"""

from typing import Final, NamedTuple

from slawatch.core.instant import Instant, Micros
from slawatch.core.sample import Outcome

_DOWN: Final = int(Outcome.DOWN)
_UNKNOWN: Final = int(Outcome.UNKNOWN)


class CheckState(NamedTuple):
    """What is known of a check now.

    Attributes:
        outcome: of the last sample.
        since: the start of the first sample of the present run of this outcome.
        bad: bad samples in a row, at most `failures`.
        failing_since: the start of the first bad sample of the row; None when there is none.
        confirmed_at: when the failure was confirmed; None while it is not.
        sampled_at: the start of the last sample.
        holds: for how long the last sample speaks.
        latency: of the last sample; None where nothing was measured.
        cause: of the last sample.
        reason: of the last sample, empty when up.
    """

    outcome: int
    since: Instant
    bad: int
    failing_since: Instant | None
    confirmed_at: Instant | None
    sampled_at: Instant
    holds: Micros
    latency: Micros | None
    cause: int = 0
    reason: str = ""

    @property
    def failing(self) -> bool:
        """Whether a failure is confirmed."""
        return self.confirmed_at is not None

    @property
    def kind(self) -> str:
        """`ok`, `soft` (bad, not yet confirmed) or `failing`."""
        if self.confirmed_at is not None:
            return "failing"
        return "soft" if self.bad else "ok"

    def outcome_at(self, now: Instant) -> Outcome:
        """Return the outcome that holds now: unknown once the last sample is too old to speak."""
        return Outcome.UNKNOWN if now >= self.sampled_at + self.holds else Outcome(self.outcome)


class Seen(NamedTuple):
    """The part of a sample that a state follows from."""

    started_at: Instant
    outcome: int
    holds: Micros
    latency: Micros | None = None
    cause: int = 0
    reason: str = ""


class Confirmed(NamedTuple):
    """A failure was confirmed.

    Attributes:
        since: the start of its first bad sample.
        at: the start of the sample that confirmed it.
        reason: of that sample.
    """

    since: Instant
    at: Instant
    reason: str


class Recovered(NamedTuple):
    """A confirmed failure ended.

    Attributes:
        since: the start of its first bad sample.
        at: the start of the first good sample.
    """

    since: Instant
    at: Instant


def step(
    state: CheckState | None, seen: Seen, failures: int
) -> tuple[CheckState, tuple[Confirmed | Recovered, ...]]:
    """Take one sample, in the order of their starts.

    >>> state, events = step(None, Seen(10, Outcome.DOWN, 70), failures=1)
    >>> state.kind, events
    ('failing', (Confirmed(since=10, at=10, reason=''),))
    """
    started_at, outcome, holds, latency, cause, reason = seen
    if state is None:
        since, bad, failing_since, confirmed_at = started_at, 0, None, None
    else:
        gap = started_at >= state.sampled_at + state.holds
        since = state.since if outcome == state.outcome and not gap else started_at
        bad, failing_since, confirmed_at = state.bad, state.failing_since, state.confirmed_at
    events: tuple[Confirmed | Recovered, ...] = ()
    if outcome == _DOWN:
        if failing_since is None:
            failing_since = started_at
        bad = min(bad + 1, failures)
        if bad >= failures and confirmed_at is None:
            confirmed_at = started_at
            events = (Confirmed(failing_since, started_at, reason),)
    elif outcome != _UNKNOWN:
        if confirmed_at is not None and failing_since is not None:
            events = (Recovered(failing_since, started_at),)
        bad, failing_since, confirmed_at = 0, None, None
    state = CheckState(
        outcome, since, bad, failing_since, confirmed_at, started_at, holds, latency, cause, reason
    )
    return state, events
