"""Blocking calls in threads, each channel with a limit of its own: one that hangs delays no other."""

from collections.abc import Callable
from functools import partial
from typing import Final, TypeVar

import trio

from slawatch.notifiers._sending import Sending

_T = TypeVar("_T")

_limiters: Final[trio.lowlevel.RunVar[dict[str, trio.CapacityLimiter]]] = trio.lowlevel.RunVar("limiters")


def limiter(name: str, size: int) -> trio.CapacityLimiter:
    """Return the limiter of this name, one for each run of trio."""
    try:
        known = _limiters.get()
    except LookupError:
        known = {}
        _limiters.set(known)
    return known.setdefault(name, trio.CapacityLimiter(size))


async def in_thread(
    function: Callable[[], _T], name: str, *, size: int, sending: Sending | None = None, abandon: bool = False
) -> _T:
    """Run a blocking function in a thread.

    Args:
        function: what to run.
        name: what the limit is for: a channel, a name that is looked up.
        size: how many threads of it there may be.
        sending: may bring a runner of its own.
        abandon: cancelled, do not wait for the function to end.
    """
    if sending is not None and sending.run_sync is not None:
        found: _T = await sending.run_sync(function)
        return found
    run = partial(trio.to_thread.run_sync, limiter=limiter(name, size), abandon_on_cancel=abandon)
    return await run(function)
