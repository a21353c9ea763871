"""The only reader of the machine's clocks."""

import time
from typing import Final, Protocol

from slawatch.core.instant import Instant, Micros


class Clock(Protocol):
    """What the daemon asks for the time; tests bring one that follows trio's virtual clock."""

    def now(self) -> Instant:
        """The wall clock, UTC, in microseconds since the epoch."""
        ...

    def elapsed(self) -> Micros:
        """A clock that only ever goes forward and counts suspended time, from an arbitrary zero."""
        ...


def now() -> Instant:
    """Return the wall clock's instant."""
    return time.time_ns() // 1_000  # noqa: TID251


def elapsed() -> Micros:
    """Return CLOCK_BOOTTIME: steady, and counting suspend."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000  # noqa: TID251


def steady() -> Micros:
    """Return CLOCK_MONOTONIC, trio's own clock: for measuring phases of a probe."""
    return time.monotonic_ns() // 1_000  # noqa: TID251


class _System:
    """The machine's own clocks."""

    __slots__ = ()

    def now(self) -> Instant:
        return now()

    def elapsed(self) -> Micros:
        return elapsed()


SYSTEM: Final[Clock] = _System()
