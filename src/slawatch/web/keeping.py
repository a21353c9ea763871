"""Answers that serve again for a while: made once however many ask, in a small share of the time."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

import trio

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")

SHARE: Final = 20.0
"""An answer serves for so many times as long as it took: making it costs at most a twentieth of the time."""


@dataclass(slots=True)
class _Entry(Generic[T]):
    """An answer, or one on its way."""

    lock: trio.Lock = field(default_factory=trio.Lock)
    found: list[T] = field(default_factory=list)
    good_until: float = 0.0


class Kept(Generic[K, T]):
    """Answers by key."""

    def __init__(self, fresh: float, *, most: int = 64, share: float = SHARE) -> None:
        """Keep answers.

        Args:
            fresh: seconds for which an answer serves, at least.
            most: how many keys are kept; the one longest unused goes first.
            share: it serves for so many times as long as it took, at least.
        """
        self._fresh = fresh
        self._most = most
        self._share = share
        self._entries: OrderedDict[K, _Entry[T]] = OrderedDict()

    async def get(self, key: K, make: Callable[[], Awaitable[T]]) -> T:
        """Return the answer of a key, made anew where it is too old; others who ask meanwhile wait for it."""
        entry = self._entries.setdefault(key, _Entry())
        self._entries.move_to_end(key)
        while len(self._entries) > self._most:
            self._entries.popitem(last=False)
        async with entry.lock:
            if not entry.found or trio.current_time() >= entry.good_until:
                began = trio.current_time()
                made = await make()
                ended = trio.current_time()
                entry.found = [made]
                entry.good_until = ended + max(self._fresh, self._share * (ended - began))
            return entry.found[0]
