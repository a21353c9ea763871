"""What the store hands to a report: all that was measured about a service in a window, nothing derived."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from slawatch.core.instant import Instant, Micros
from slawatch.core.sample import Transition


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckEvidence:
    """The exact record of one check's outcomes around a window.

    Attributes:
        check: the check's name.
        first_sample: `started_at` of the first sample ever, not only in the window; None for a check that was
            never probed.
        held_until: the last sample's `started_at` plus its hold, of all samples before the window's end; the
            time after it is unknown. None where there is no sample before the window's end.
        transitions: in order of time; the last one at or before the window's start, then all inside of it.
            Earlier ones are welcome: they give the true start of an outage that runs into the window. So is
            the first one after it, which bounds the last edge inside.
        samples: how many samples started in the window.
    """

    check: str
    first_sample: Instant | None
    held_until: Instant | None
    transitions: tuple[Transition, ...] = ()
    samples: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """How long a service took to answer, over all samples with a latency that were up or degraded.

    Attributes:
        quantiles: exact discrete quantiles in microseconds by name: `p50`, `p95`, `p99.9`.
        count: how many samples they rest on.
        max: the longest latency, microseconds.
    """

    quantiles: Mapping[str, Micros]
    count: int
    max: Micros


@dataclass(frozen=True, slots=True)
class LatencyPoint:
    """One bucket of the latency chart, from `start` to the next bucket; lengths in microseconds."""

    start: Instant
    p50: Micros
    p95: Micros
    max: Micros
    count: int


class Reason(NamedTuple):
    """What a failing check said, and when it first said it."""

    check: str
    at: Instant
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What the samples of a service say that an agreement counts, where it does not count all of them.

    Attributes:
        outcomes: how many of them had each outcome, by the number of the `Outcome`.
        latency: of those that were up or degraded; None where none of them was.
    """

    outcomes: Mapping[int, int]
    latency: Latency | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceEvidence:
    """All that was measured about one service in a window.

    Attributes:
        service: the service's name.
        checks: one entry for each of its checks.
        latency: pooled over its checks; None where nothing was measured.
        reasons: in order of time, why its checks failed in the window.
        latency_series: for the chart, in order of time; buckets without samples are absent.
        outcomes: how many samples of the window had each outcome, by the number of the `Outcome`.
        counted: what those say that the agreement counts; None where it counts all of them.
    """

    service: str
    checks: tuple[CheckEvidence, ...]
    latency: Latency | None = None
    reasons: tuple[Reason, ...] = ()
    latency_series: tuple[LatencyPoint, ...] = ()
    outcomes: Mapping[int, int] = field(default_factory=dict)
    counted: Counted | None = None

    @property
    def samples(self) -> int:
        """How many samples of all its checks started in the window."""
        return sum(check.samples for check in self.checks)
