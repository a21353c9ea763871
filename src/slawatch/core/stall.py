"""What a probe says that was under way while slawatch itself stood still.

A process that does not run (stopped, starved of CPU, a paused virtual machine) reads no answer, and finds a
deadline passed when it runs again. What it measured meanwhile is its own standstill.
"""

from typing import Final

from slawatch.core.instant import MILLISECOND, SECOND, Micros
from slawatch.core.sample import Cause, Observation, Outcome

STILL: Final[Micros] = 250 * MILLISECOND
"""A standstill up to this is the jitter that any latency has; a longer one spoils what was measured in it."""

NOTED: Final[Micros] = SECOND
"""A standstill from this on is kept in the journal of slawatch's life: the shortest interval is a second."""

_SHARE: Final = 4


def spoilt(seen: Observation, still: Micros, took: Micros, timeout: Micros) -> bool:
    """Whether a standstill could have made what a probe saw, so that it says nothing of the target.

    That the target answered rightly, no standstill can make; only how long it took is not known then. That it
    was slow is spoilt by more than `STILL`. That it was down, by more than `STILL` if the deadline passed
    meanwhile, as the answer may have been there unread; else by more than a quarter of the timeout: up to
    that, a target that hangs is still seen to hang, however often the monitor stutters.

    Args:
        seen: what the probe saw.
        still: how much of the probe slawatch stood still, for certain.
        took: the length of the probe.
        timeout: what it was given.
    """
    if still <= STILL or seen.outcome in (Outcome.UP, Outcome.UNKNOWN):
        return False
    if seen.outcome == Outcome.DEGRADED or took > timeout + STILL:
        return True
    return still > timeout // _SHARE


def unseen(still: Micros) -> Observation:
    """Return what is kept instead of what was spoilt.

    >>> unseen(11_734_000).reason
    'slawatch stood still for 11.7 s: what was measured meanwhile says nothing'
    """
    tenths = still // (SECOND // 10)
    reason = (
        f"slawatch stood still for {tenths // 10}.{tenths % 10} s: what was measured meanwhile says nothing"
    )
    return Observation(Outcome.UNKNOWN, Cause.OURS, reason)
