"""How many probes may be under way at once, in all and against one target, and who waits for a place."""

from collections import deque
from collections.abc import Callable, Iterator
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


class Limits(NamedTuple):
    """How many probes may be under way at once.

    Attributes:
        total: in all; re-checks beside a hanging probe use no more than half of it.
        per_target: against one target.
    """

    total: int = 5_000
    per_target: int = 100


class House(Generic[T]):
    """Gives places to those who come, in the order of their coming; a full target holds up only itself.

    Attributes:
        busy: places taken.
        waits: how often somebody had to wait.
    """

    def __init__(self, limits: Limits) -> None:
        self.busy = 0
        self.waits = 0
        self._limits = limits
        self._bounds: dict[str, int] = {}
        self._rooms: dict[str, int] = {}
        self._before_rooms: dict[str, deque[T]] = {}
        # The target of each guest that found the house full: who came first of that target takes the turn.
        self._before_house: deque[str] = deque()

    @property
    def half_full(self) -> bool:
        """Whether half of all places are taken."""
        return self.busy * 2 >= self._limits.total

    def bound(self, target: str, most: int) -> None:
        """Give a target a limit of its own."""
        self._bounds[target] = most

    def _is_full(self, target: str) -> bool:
        return self._rooms.get(target, 0) >= self._bounds.get(target, self._limits.per_target)

    def enter(self, target: str, guest: T) -> bool:
        """Take a place; False: there is none, and the guest waits until `leave` yields it."""
        full = self._is_full(target)
        if not full and self.busy < self._limits.total:
            self._take(target)
            return True
        self._before_rooms.setdefault(target, deque()).append(guest)
        if not full:
            self._before_house.append(target)
        self.waits += 1
        return False

    def leave(self, target: str, wanted: Callable[[T], bool]) -> Iterator[T]:
        """Give a place back; yield those who have one now, first of those for the same target.

        Args:
            target: whose place.
            wanted: asked of each who waits; who is not wanted any more is passed over.
        """
        self.busy -= 1
        self._rooms[target] -= 1
        if not self._rooms[target]:
            del self._rooms[target]
        while self.busy < self._limits.total:
            if self._before_rooms.get(target) and not self._is_full(target):
                place = target
            elif self._before_house:
                place = self._before_house.popleft()
                if self._is_full(place) or not self._before_rooms.get(place):
                    continue
            else:
                return
            waiting = self._before_rooms[place]
            guest = waiting.popleft()
            if not waiting:
                del self._before_rooms[place]
            if wanted(guest):
                self._take(place)
                yield guest

    def _take(self, target: str) -> None:
        self._rooms[target] = self._rooms.get(target, 0) + 1
        self.busy += 1
