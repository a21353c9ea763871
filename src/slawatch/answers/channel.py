"""A test message through a channel: whom it goes to, and what came of it as JSON."""

from typing import Any, Final, NamedTuple

from slawatch.config.channels import has_own_recipients, needs_address
from slawatch.config.model import Config
from slawatch.config.problem import nearest
from slawatch.core.bucket import Limit
from slawatch.core.channel import Channel, address_of
from slawatch.core.instant import MINUTE, Instant, Micros, seconds
from slawatch.core.notification import Delivery
from slawatch.core.people import ContactRule

LIMITS: Final = (Limit(3, MINUTE), Limit(10, MINUTE))
"""So many tests of one channel, and of all together, in so long."""


class Tried(NamedTuple):
    """One message and what came of it.

    Attributes:
        kind: what it said.
        delivery: what the provider made of it.
        took: how long that was.
    """

    kind: str
    delivery: Delivery
    took: Micros


class NoRecipient(ValueError):  # noqa: N818 (an answer to a wish)
    """A test message that could go to nobody.

    Attributes:
        about: what of the wish it is about: `channel`, `person` or `address`.
    """

    def __init__(self, about: str, message: str) -> None:
        super().__init__(message)
        self.about = about


def channel_of(config: Config, name: str) -> Channel:
    """Return a channel.

    Raises:
        NoRecipient: there is none of this name.
    """
    if name in config.channels:
        return config.channels[name]
    known = f"there are {', '.join(config.channels)}" if config.channels else "no channel is configured"
    raise NoRecipient(
        "channel", f"there is no channel {name[:100]!r}: {nearest(name, config.channels) or known}"
    )


def recipient_of(
    config: Config, channel: Channel, person: str | None, address: str | None, say: str = "person or address"
) -> tuple[str, str]:
    """Return whom the message is for, and where the channel finds them; empty for its own recipients.

    Args:
        config: says who there is.
        channel: through which it goes.
        person: a key of `[people]`.
        address: a mail address, number or member.
        say: how these two are written by who asks.

    Raises:
        NoRecipient: it could go to nobody.
    """
    if address is not None:
        if person is not None:
            raise NoRecipient("address", "person and address both say who gets it: leave one out")
        return f"channel:{channel.name}", address
    if person is None:
        if not has_own_recipients(channel):
            raise NoRecipient("channel", f"{channel.name} has no recipients of its own: say {say}")
        return f"channel:{channel.name}", ""
    if person not in config.people:
        hint = nearest(person, config.people) or "see [people] in the configuration"
        raise NoRecipient("person", f"there is nobody called {person[:100]!r}: {hint}")
    found = config.people[person]
    own = (rule for rule in found.rules() if rule.channel == channel.name)
    where = address_of(found, next(own, ContactRule(channel=channel.name)), channel.type)
    if not where and needs_address(channel):
        raise NoRecipient("person", f"{channel.name} has no address of {person}")
    return f"person:{person}", where


def answer(channel: Channel, tried: list[Tried]) -> dict[str, Any]:
    """Return what came of a test as JSON."""
    return {
        "channel": channel.name,
        "type": channel.type,
        "ok": all(one.delivery.ok for one in tried),
        "messages": [
            {
                "kind": one.kind,
                "verdict": str(one.delivery.verdict),
                "answer": one.delivery.answer,
                "status": one.delivery.status,
                "provider_id": one.delivery.provider_id,
                "retry_after": None
                if one.delivery.retry_after is None
                else seconds(one.delivery.retry_after),
                "possible_duplicate": one.delivery.possible_duplicate,
                "warnings": list(one.delivery.warnings),
                "seconds": round(seconds(one.took), 3),
            }
            for one in tried
        ],
    }


class Pace:
    """Keeps the tests of channels to their limits: a message costs money, and somebody's attention."""

    def __init__(self) -> None:
        self._sent: list[tuple[Instant, str]] = []

    def wait(self, channel: str, now: Instant) -> Micros:
        """Return how long a test of a channel has to wait; 0: it may go now, and is counted."""
        longest = max(limit.per for limit in LIMITS)
        self._sent = [one for one in self._sent if 0 <= now - one[0] < longest]
        own, every = LIMITS
        for limit, times in (
            (own, [at for at, name in self._sent if name == channel]),
            (every, [at for at, _ in self._sent]),
        ):
            recent = [at for at in times if now - at < limit.per]
            if len(recent) >= limit.most:
                return recent[-limit.most] + limit.per - now
        self._sent.append((now, channel))
        return 0
