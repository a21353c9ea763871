"""The blocking side of keeping what was seen: what the recorder needs of the store, and the thread for it."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

import trio

from slawatch.store.batch import Batch

T = TypeVar("T")


class Writer(Protocol):
    """The part of `slawatch.store.writer.Writer` that is used here."""

    @property
    def last_sequence(self) -> int:
        """The last batch that is stored."""
        ...

    def write(self, batch: Batch) -> None:
        """Store a batch, once."""
        ...


class Journal(Protocol):
    """The part of `slawatch.store.journal.Journal` that is used here."""

    def append(self, batch: Batch) -> None:
        """Keep a batch, on disk when this returns."""
        ...

    def replay(self) -> list[Batch]:
        """Return the batches that are kept."""
        ...

    def clear(self) -> None:
        """Forget them: they are stored."""
        ...


class Run(Protocol):
    """How blocking work is run: in the writer's thread, or inline in simulated tests."""

    def __call__(self, work: Callable[..., T], *args: Any) -> Awaitable[T]:
        """Return what the work returns."""
        ...


class WriterThread:
    """Runs blocking work one piece at a time, in a thread that nobody else waits for."""

    def __init__(self) -> None:
        self._limiter = trio.CapacityLimiter(1)

    async def __call__(self, work: Callable[..., T], *args: Any) -> T:
        """Return what the work returns; it is finished even when the caller is cancelled."""
        return await trio.to_thread.run_sync(work, *args, limiter=self._limiter)
