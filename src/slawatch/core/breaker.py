"""Circuit breakers: a channel that fails again and again is left alone for a while, then asked once.

One for each channel of the config; five counted failures open it for 30 s, doubling up to 5 min; then one
probe goes through. Timeouts, connection errors and 5xx count; an answer of any kind shows that the channel
lives; a cancelled attempt says nothing. Times are of the elapsed clock; nothing is kept over a restart.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

from slawatch.core.instant import MINUTE, SECOND, Instant, Micros


class Position(StrEnum):
    """Whether a channel is asked."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """The breaker of one channel.

    Attributes:
        threshold: so many counted failures in a row open it.
        rest: how long it stays open the first time; longest: at most.
        needed: so many good probes in a row close it.
        position: whether the channel is asked.
        failures, successes: in a row.
        open_until: when a probe may go.
        length: how long it is open now.
        probing: a probe is on its way.
        opened_at: since when it has not been closed.
    """

    threshold: int = 5
    rest: Micros = 30 * SECOND
    longest: Micros = 5 * MINUTE
    needed: int = 1
    position: Position = Position.CLOSED
    failures: int = 0
    successes: int = 0
    open_until: Instant = 0
    length: Micros = 0
    probing: bool = False
    opened_at: Instant | None = None

    def admit(self, now: Instant) -> tuple["Breaker", bool]:
        """Ask whether an attempt may be made now; one that may not is put back and is no attempt."""
        if self.position is Position.CLOSED:
            return self, True
        if self.position is Position.OPEN and now < self.open_until:
            return self, False
        if self.probing:
            return self, False
        return replace(self, position=Position.HALF_OPEN, probing=True), True

    def answered(self, outcome: Literal["ok", "failed", "cancelled"], now: Instant) -> "Breaker":
        """Take what came of an attempt: `ok` is any answer that does not count as a failure."""
        if outcome == "cancelled":
            return replace(self, probing=False)
        if outcome == "ok":
            successes = self.successes + 1
            if self.position is Position.CLOSED or successes >= self.needed:
                return Breaker(
                    threshold=self.threshold, rest=self.rest, longest=self.longest, needed=self.needed
                )
            return replace(self, probing=False, successes=successes)
        failures = self.failures + 1
        if self.position is Position.CLOSED and failures < self.threshold:
            return replace(self, failures=failures)
        length = min(self.length * 2, self.longest) if self.length else min(self.rest, self.longest)
        return replace(
            self, position=Position.OPEN, failures=failures, successes=0, open_until=now + length,
            length=length, probing=False, opened_at=now if self.opened_at is None else self.opened_at,
        )  # fmt: skip

    def reset(self) -> "Breaker":
        """Close it by hand, or because the channel's config changed."""
        return Breaker(threshold=self.threshold, rest=self.rest, longest=self.longest, needed=self.needed)

    @property
    def due(self) -> Instant | None:
        """When the next probe may go; None while it is closed or a probe is on its way."""
        return self.open_until if self.position is Position.OPEN else None
