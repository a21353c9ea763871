"""What the daemon hands to a notifier beside the message: who sends, when, and what went before."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from slawatch.core.instant import SECOND, Instant, Micros

CONNECT_TIMEOUT: Final[Micros] = 5 * SECOND
TIMEOUT: Final[Micros] = 15 * SECOND


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """One attempt.

    Attributes:
        now: the wall clock at its start: it goes into signatures and turns a date into a wait.
        channel: the channel's name in the config.
        instance: names this installation among all that report to the same provider.
        attempt: 1 for the first one.
        earlier: the `provider_id` of the first message about the same incident to the same recipient, for
            channels that change a message in place or thread what follows; empty for none.
        reached: the addresses that have the message from an earlier attempt.
        connect_timeout: how long the name, the connection and TLS may take.
        timeout: how long all of it may take.
        run_sync: runs a blocking function (`run_sync(function)`) in a thread; None for threads with a limit
            of their own. Tests on a virtual clock, which threads confuse, run it in place.
    """

    now: Instant
    channel: str = ""
    instance: str = "slawatch"
    attempt: int = 1
    earlier: str = ""
    reached: frozenset[str] = frozenset()
    connect_timeout: Micros = CONNECT_TIMEOUT
    timeout: Micros = TIMEOUT
    run_sync: Callable[[Callable[[], Any]], Awaitable[Any]] | None = None
