"""How often one recipient is told through one channel, so that a storm is read instead of feared.

A bucket has limits: so many messages in so long. A smooth limit spreads what is above the limit before it
over the rest of its span. While a provider asks to wait, the bucket is closed.
Source of the rule and of the numbers it is tested with: GoAlert, `engine/message/throttle.go`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from slawatch.core.instant import MINUTE, SECOND, Instant, Micros


class Limit(NamedTuple):
    """At most so many messages in any span of this length.

    Attributes:
        most: messages.
        per: the span, half-open: a message of exactly that age is outside.
        smooth: what is above the limit before this one is spread over the rest of the span.
    """

    most: int
    per: Micros
    smooth: bool = False


LIMITS: Final[dict[str, tuple[Limit, ...]]] = {
    "sms": (Limit(1, MINUTE),),
    "email": (Limit(10, MINUTE),),
    "pagerduty": (Limit(2, SECOND), Limit(100, MINUTE)),
    "webhook": (Limit(50, SECOND),),
    "exec": (Limit(10, SECOND),),
}
"""By the type of the channel; push and chat are told once a second."""

USUAL: Final = (Limit(1, SECOND),)


def limits_of(channel_type: str) -> tuple[Limit, ...]:
    """Return the limits of a type of channel."""
    return LIMITS.get(channel_type, USUAL)


@dataclass(frozen=True, slots=True)
class Bucket:
    """The bucket of one recipient and channel.

    Attributes:
        limits: in the order of their spans.
        sent: when the last messages went, oldest first, as far back as the longest limit reaches.
        closed_until: the provider asks to wait.
    """

    limits: tuple[Limit, ...] = USUAL
    sent: tuple[Instant, ...] = ()
    closed_until: Instant = 0

    def allows(self, now: Instant) -> bool:
        """Say whether a message may go now."""
        return now >= self.closed_until and not any(
            exceeded(self.limits, place, self.sent, now) for place in range(len(self.limits))
        )

    def took(self, now: Instant) -> "Bucket":
        """Note a message that goes now."""
        longest = max((limit.per for limit in self.limits), default=0)
        recent = tuple(at for at in self.sent if now - at < longest)
        return replace(self, sent=(*recent, now))

    def close(self, until: Instant) -> "Bucket":
        """Send nothing before an instant."""
        return replace(self, closed_until=max(self.closed_until, until))

    def allowance(self, now: Instant, most: int = 1000) -> int:
        """Return how many messages may go at this instant."""
        bucket, found = self, 0
        while found < most and bucket.allows(now):
            bucket, found = bucket.took(now), found + 1
        return found

    def next(self, now: Instant) -> Instant:
        """Return when the next message may go: now, or the end of what holds it back."""
        at = max(now, self.closed_until)
        for _ in range(4 * len(self.sent) + 4):
            holding = [release(self.limits, place, self.sent, at) for place in range(len(self.limits))]
            latest = max(holding, default=at)
            if latest <= at:
                return at
            at = latest
        return at


def exceeded(limits: Sequence[Limit], place: int, sent: Sequence[Instant], now: Instant) -> bool:
    """Say whether one limit holds a message back now."""
    return release(limits, place, sent, now) > now


def release(limits: Sequence[Limit], place: int, sent: Sequence[Instant], now: Instant) -> Instant:
    """Return when one limit lets the next message go, if none goes meanwhile."""
    limit = limits[place]
    inside = [at for at in sent if 0 <= now - at < limit.per]
    if len(inside) >= limit.most:
        return inside[len(inside) - limit.most] + limit.per
    before = limits[place - 1] if place else None
    if not limit.smooth or before is None or len(inside) < before.most:
        return now
    more = len(inside) - before.most
    spread = limit.most - before.most
    wait = before.per + -(-more * (limit.per - before.per) // spread)
    return max(now, inside[0] + wait)
