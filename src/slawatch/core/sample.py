"""What one probe saw, and what it is kept as."""

from enum import IntEnum
from typing import NamedTuple

from slawatch.core.instant import Instant, Micros


class Outcome(IntEnum):
    """The answer of one probe, and the state of a check or service; the stored numbers never change."""

    UP = 0
    DEGRADED = 1
    DOWN = 2
    UNKNOWN = 3

    @property
    def word(self) -> str:
        """The outcome as people and JSON read it: `up`, `degraded`, `down`, `unknown`."""
        return self.name.lower()


class Cause(IntEnum):
    """Why a probe did not say `up`; the numbers are stored and never change."""

    NONE = 0
    NAME = 1
    """The name does not resolve."""
    CONNECT = 2
    """Refused, unreachable or reset while connecting."""
    TIMEOUT = 3
    TLS = 4
    CERTIFICATE = 5
    """The certificate is invalid, or ends too soon."""
    PROTOCOL = 6
    """Closed early, or not the protocol that was expected."""
    STATUS = 7
    """An answer with another status, or exit code, than expected."""
    CONTENT = 8
    """An answer with other content than expected."""
    SLOW = 9
    """Right, but over a latency threshold."""
    AUTH = 10
    """The target refused our credentials."""
    OVERDUE = 11
    """A heartbeat did not come in time."""
    WAITING = 12
    """A heartbeat that never came yet."""
    OURS = 13
    """A fault of our own: no file descriptors, no resolver, no route of ours, a missing driver or program."""
    BUG = 14
    """An exception in the probe; its traceback is in the transcript."""


class Measure(NamedTuple):
    """A further number that a probe saw: plugin performance data, days left of a certificate."""

    name: str
    value: float
    unit: str = ""


class Observation(NamedTuple):
    """What a check type's `probe` returns.

    Attributes:
        outcome: up, degraded, down or unknown.
        cause: the class of what was wrong.
        reason: one line for people; empty when up.
        latency: of what the check type calls its latency; None leaves it to the whole probe's duration.
        measures: further numbers.
    """

    outcome: Outcome
    cause: Cause = Cause.NONE
    reason: str = ""
    latency: Micros | None = None
    measures: tuple[Measure, ...] = ()


class Sample(NamedTuple):
    """One probe's result on its way from the prober to the store; plain integers, so that it marshals fast.

    Attributes:
        check: the check's number in the store.
        due_at: when the probe should have started.
        started_at: when it started; the sample holds from here.
        outcome: an `Outcome`.
        cause: a `Cause`.
        latency: microseconds, None where nothing was measured.
        dns, connect, tls, first_byte, transfer: microseconds of each phase, None where there was none.
        holds: the longest time for which this sample speaks (the check's `stale_after` when it was taken).
        location: the number of the place it was probed from; 0 is the daemon's own host.
        reason: one line for people, None when up.
        transcript: what the probe did, line by line; kept for samples that are not up.
        measures: `(name, value, unit)` each.
    """

    check: int
    due_at: Instant
    started_at: Instant
    outcome: int
    cause: int
    latency: Micros | None
    dns: Micros | None
    connect: Micros | None
    tls: Micros | None
    first_byte: Micros | None
    transfer: Micros | None
    holds: Micros
    location: int = 0
    reason: str | None = None
    transcript: str | None = None
    measures: tuple[tuple[str, float, str], ...] = ()


class Transition(NamedTuple):
    """A change of a check's outcome: together they are the exact record of its availability.

    Attributes:
        at: the new outcome holds from here, until the next transition.
        outcome: an `Outcome`; UNKNOWN also where a sample's hold ran out with no next one.
        after: `started_at` of the sample before: the true change lies in `(after, at]`; None for the first.
    """

    at: Instant
    outcome: int
    after: Instant | None
