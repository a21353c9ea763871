"""A loop's heart: it beats, and a beat that comes late shows that the loop stood still meanwhile.

A loop stands still when its process is stopped or gets no CPU, when the virtual machine is paused, or when
something in it blocks. Nothing is asked of a running loop but a beat ten times a second.
"""

from collections import deque
from collections.abc import Callable
from typing import Final

import trio

from slawatch.core.instant import SECOND, Micros
from slawatch.core.stall import STILL

BEAT: Final = 0.1
"""Seconds."""
_KEPT: Final = 256
_LATE: Final = BEAT + STILL / SECOND


class Heart:
    """Knows when its loop stood still, by trio's clock, in seconds.

    Attributes:
        patience: when the next beat is so late that the loop has stood still; who finds that it has passed
            calls `look` first: when a loop goes on, nobody knows who runs before the heart.
        stalled: the end of the last standstill.
    """

    __slots__ = ("_beaten", "_stalls", "_tell", "patience", "stalled")

    def __init__(self, tell: Callable[[Micros], None]) -> None:
        """Prepare.

        Args:
            tell: is given the length of a standstill that has ended now.
        """
        self._tell = tell
        self._stalls: deque[tuple[float, float]] = deque(maxlen=_KEPT)
        self._beaten = float("inf")
        self.patience = float("inf")
        self.stalled = float("-inf")

    async def beat(self) -> None:
        """Beat until cancelled."""
        self._beaten, self.patience = trio.current_time(), float("inf")
        while True:
            self.look()
            await trio.sleep(BEAT)

    def look(self) -> None:
        """Look whether the loop stood still since the last beat; a beat, too."""
        now = trio.current_time()
        due = self._beaten + BEAT
        late = now > self.patience
        self._beaten, self.patience = now, now + _LATE
        if late:
            self._stalls.append((due, now))
            self.stalled = now
            self._tell(round((now - due) * SECOND))

    def still(self, start: float, end: float) -> Micros:
        """Return for how long, at least, the loop stood still between two times."""
        found = sum(max(0.0, min(end, until) - max(start, since)) for since, until in self._stalls)
        return round(found * SECOND)
