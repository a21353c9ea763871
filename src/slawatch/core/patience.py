"""How often somebody may fail before they have to wait: a bucket that fills again with time."""

from dataclasses import dataclass, field
from typing import Final

from slawatch.core.instant import MINUTE, SECOND, Instant, Micros

_MOST: Final = 10_000
"""Keys that are remembered; those with nothing spent go first, then the oldest."""


@dataclass(slots=True)
class Patience:
    """Counts failures by key.

    Attributes:
        burst: so many in a row.
        every: after which one more is forgiven.
    """

    burst: int = 10
    every: Micros = 30 * SECOND
    _full_at: dict[str, Instant] = field(default_factory=dict)
    """When a key's bucket is full again."""

    def wait(self, key: str, now: Instant) -> Micros:
        """Return how long this key has to wait before it may try; 0 for not at all."""
        full_at = self._full_at.get(key)
        if full_at is None:
            return 0
        # A clock that was set back must not lock anybody out for longer than an empty bucket would.
        spent = min(full_at - now, self.burst * self.every)
        return max(0, spent - (self.burst - 1) * self.every)

    def failed(self, key: str, now: Instant) -> None:
        """Note a failure."""
        before = min(self._full_at.pop(key, now), now + self.burst * self.every)
        self._full_at[key] = max(before, now) + self.every
        if len(self._full_at) > _MOST:
            self._forget(now)

    def succeeded(self, key: str) -> None:
        """Forgive everything."""
        self._full_at.pop(key, None)

    def taken_back(self, key: str) -> None:
        """Forgive one that was noted, and was no failure."""
        if key in self._full_at:
            self._full_at[key] -= self.every

    def _forget(self, now: Instant) -> None:
        for key in [key for key, full_at in self._full_at.items() if full_at <= now]:
            del self._full_at[key]
        while len(self._full_at) > _MOST:
            del self._full_at[next(iter(self._full_at))]


def by_address() -> Patience:
    """Return the patience with one address: people behind one proxy share it."""
    return Patience(burst=20, every=6 * SECOND)


def by_user() -> Patience:
    """Return the patience with one name from one address."""
    return Patience(burst=10, every=MINUTE)


def by_name() -> Patience:
    """Return the patience with one name from all addresses: guessing from many still comes to little.

    It lasts longer than that with one address, so that who guesses from one locks nobody else out.
    """
    return Patience(burst=100, every=MINUTE)
