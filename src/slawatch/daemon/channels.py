"""The lines to the providers: for each channel its breaker, its buckets, its places, and how it stands."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, Literal

import trio

from slawatch.config.model import Config
from slawatch.config.world import world_of
from slawatch.core.breaker import Breaker, Position
from slawatch.core.bucket import Bucket
from slawatch.core.channel import Channel, Standing
from slawatch.core.directory import Directory
from slawatch.core.instant import HOUR, SECOND, Instant, Micros
from slawatch.core.notification import Delivery, Verdict
from slawatch.core.outbox import Row, Stage, backoff
from slawatch.core.retry import LONGEST_WAIT, wait_after
from slawatch.core.turn import World
from slawatch.notifiers import NotifierType

PLACES: Final = 8
"""Messages that are on their way through one channel at a time."""

SINGLE: Final = frozenset(("webhook", "exec"))
"""Types whose messages programs read: a program is given each by itself, never a digest."""

GUARD: Final[Micros] = 25 * SECOND
"""A notifier that keeps no time limit of its own is cut off after this, before its lease ends."""
_LEAST: Final[Micros] = 5 * SECOND
_MARGIN: Final[Micros] = SECOND

WARNED_FOR: Final[Micros] = HOUR
_SHORTEST_THROTTLE: Final[Micros] = SECOND
_RANDOM_STEPS: Final = 1 << 53


def fraction() -> float:
    """Return a random number in [0, 1)."""
    return secrets.randbelow(_RANDOM_STEPS) / _RANDOM_STEPS


def time_for(rows: Sequence[Row], now: Instant) -> Micros:
    """Return how long an attempt may take: over before the lease is, though the store was slow to take it."""
    return max(_LEAST, min(GUARD, rows[0].lease_until - now - _MARGIN))


class Line:
    """One channel, as the sender has it. Times are of the elapsed clock, except `since`.

    Attributes:
        channel: as the config has it.
        kind: its type.
        breaker: whether it is asked at all.
        busy: attempts under way.
        preparing: held while what the first attempt needs is made; prepared: it is there.
        broken: `misconfigured` or `disabled`: only another config, or a message that somebody sends again,
            ends that.
        why: what the provider said last where it did not take the message.
        since: when the present state began, by the wall clock.
    """

    def __init__(self, channel: Channel, kind: NotifierType, now: Instant) -> None:
        self.channel = channel
        self.kind = kind
        self.breaker = Breaker()
        self.busy = 0
        self.preparing = trio.Lock()
        self.prepared = False
        self.broken: Literal["", "misconfigured", "disabled"] = ""
        self.why = ""
        self._warning = ""
        self._warned: Micros = 0
        self.since = now
        self._failing = False
        self._proved = False
        self._throttled = 0
        self._buckets: dict[str, Bucket] = {}
        self._closed_until: Micros = 0

    @property
    def state(self) -> Literal["ok", "failing", "open", "misconfigured", "disabled"]:
        """The word for how it stands."""
        if self.broken:
            return self.broken
        if self.breaker.position is not Position.CLOSED:
            return "open"
        return "failing" if self._failing else "ok"

    @property
    def down(self) -> bool:
        """Whether nothing goes through it now."""
        return self.state not in ("ok", "failing")

    def places(self, elapsed: Micros) -> int:
        """Return how many more attempts may begin now; one at a time while the channel is down."""
        if elapsed < self._closed_until:
            return 0
        if self.down:
            return 1 if not self.busy and (self.broken or self.breaker.admit(elapsed)[1]) else 0
        return max(0, PLACES - self.busy)

    def takes(self, row: Row) -> bool:
        """Say whether a row may be tried at all: through a broken line only what somebody sends again."""
        return not self.broken or (row.stage is Stage.QUEUED and row.attempt > 0)

    def allowance(self, recipient: str, elapsed: Micros) -> int:
        """Return how many messages the bucket of a recipient allows now."""
        return self._bucket(recipient).allowance(elapsed, PLACES + 1)

    def opens(self, recipient: str, elapsed: Micros) -> Micros | None:
        """Return when a message to a recipient may go for which there is no place now; None: who knows."""
        if self.broken:
            return None
        at = max(self._bucket(recipient).next(elapsed), self._closed_until)
        if self.breaker.position is not Position.CLOSED:
            due = self.breaker.due
            return None if due is None else max(at, due)
        return None if at <= elapsed else at

    def begin(self, recipient: str, elapsed: Micros) -> bool:
        """Take a place and a token; False where there is none any more."""
        if not self.places(elapsed) or not self._bucket(recipient).allows(elapsed):
            return False
        self.breaker, admitted = self.breaker.admit(elapsed)
        if not admitted:
            return False
        self._buckets[recipient] = self._bucket(recipient).took(elapsed)
        self.busy += 1
        return True

    def end(self, recipient: str, delivery: Delivery | None, elapsed: Micros, now: Instant) -> None:
        """Give the place back and take what came of the attempt; None: it was cut off."""
        self.busy -= 1
        before = self.state
        if delivery is None:
            self.breaker = self.breaker.answered("cancelled", elapsed)
            return
        if delivery.counts:
            # What was under way when the breaker opened says nothing new.
            if self.breaker.position is not Position.OPEN:
                self.breaker = self.breaker.answered("failed", elapsed)
        elif delivery.ok or delivery.status is not None:
            self.breaker = self.breaker.answered("ok", elapsed)
        else:  # a fault of ours, or of an address, says nothing about the provider: it was not asked
            self.breaker = self.breaker.answered("cancelled", elapsed)
        self._learn(recipient, delivery, elapsed)
        if self.state != before:
            self.since = now

    def _learn(self, recipient: str, delivery: Delivery, elapsed: Micros) -> None:
        self._throttled = self._throttled + 1 if delivery.verdict is Verdict.THROTTLE else 0
        self.why = "" if delivery.ok else delivery.answer
        self._proved = self._proved or delivery.ok
        if delivery.warnings:
            self._warning, self._warned = "; ".join(delivery.warnings), elapsed
        if delivery.verdict is Verdict.MISCONFIGURED:
            self.broken = "misconfigured"
        elif delivery.verdict is Verdict.DISABLE:
            self.broken = "disabled"
        elif delivery.ok:
            self.broken = ""
        self._failing = delivery.counts or (self._failing and not delivery.ok)
        if delivery.verdict is Verdict.THROTTLE:
            asked = delivery.retry_after
            wait = backoff(self._throttled, 1.0) if asked is None else min(asked, LONGEST_WAIT)
            until = elapsed + max(wait, _SHORTEST_THROTTLE)
            self._buckets[recipient] = self._bucket(recipient).close(until)
            if asked is not None:
                self._closed_until = max(self._closed_until, until)

    def wait(self, delivery: Delivery, attempt: int, random: float, kind: str = "") -> Micros | None:
        """Return the wait until the next attempt at a message; None where none is left.

        A provider that throttles again and again without saying for how long is asked ever less often.
        """
        if delivery.verdict is not Verdict.THROTTLE:
            return wait_after(delivery, attempt, random, self.channel.type, kind)
        if delivery.retry_after is None:
            return max(_SHORTEST_THROTTLE, backoff(max(attempt, self._throttled), random))
        return max(_SHORTEST_THROTTLE, min(delivery.retry_after, LONGEST_WAIT))

    def forget_buckets(self, elapsed: Micros) -> None:
        """Forget the buckets of recipients who were told nothing for so long that all is allowed again."""
        for recipient, bucket in list(self._buckets.items()):
            longest = max((limit.per for limit in bucket.limits), default=0)
            if bucket.closed_until <= elapsed and all(elapsed - at >= longest for at in bucket.sent):
                del self._buckets[recipient]

    def _bucket(self, recipient: str) -> Bucket:
        return self._buckets.get(recipient) or Bucket(self.channel.bucket_limits)

    def changed(self, channel: Channel, kind: NotifierType, now: Instant) -> "Line":
        """Return the line for a changed config: what was sent still counts, what failed does not."""
        line = Line(channel, kind, now)
        line._buckets = {
            name: replace(bucket, limits=channel.bucket_limits) for name, bucket in self._buckets.items()
        }
        line._proved = True
        return line

    def standing(self, rows: Sequence[Row], elapsed: Micros) -> Standing:
        """Return how it stands; a warning stands for an hour, as the next message may not give it.

        Args:
            rows: those of the outbox that are for it.
            elapsed: the elapsed clock.
        """
        warned = elapsed - self._warned < WARNED_FOR
        waiting = [row for row in rows if row.unsent or row.stage is Stage.SENDING]
        return Standing(
            state=self.state, since=self.since, why=self.why if self.state != "ok" else "",
            queued=len(waiting), dead=sum(row.stage is Stage.DEAD for row in rows),
            oldest=min((row.created_at for row in waiting), default=None),
            warning=self._warning if warned else "", proved=self._proved,
        )  # fmt: skip


def directory_of(
    config: Config,
    world: World | None = None,
    acknowledge: Callable[[int, int, str], str] | None = None,
) -> Directory:
    """Return what messages need of a config.

    Args:
        config: the one.
        world: who is meant by whom, where overrides change that; by default as the config has it.
        acknowledge: makes links to acknowledge by.
    """
    found = Directory(
        people=config.people, teams=config.teams, services=config.services,
        organizations=config.organizations, channels=config.channels, world=world or world_of(config),
        timezone=config.timezone, url=config.web.public_url,
    )  # fmt: skip
    return replace(found, acknowledge=acknowledge) if acknowledge else found
