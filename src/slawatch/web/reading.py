"""Reads the store for a request: in a thread, on a cursor of its own, never longer than its limit."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, TypeVar

import trio
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from slawatch.answers.view import View
from slawatch.store.errors import StoreError, TooMuch, translate
from slawatch.store.patience import go_on, waited_for
from slawatch.web.problem import Problem

if TYPE_CHECKING:
    import duckdb

T = TypeVar("T")

LIMIT: Final = 60.0
"""Seconds that a reading may take."""
READERS: Final = 3
"""How many requests read at once; more wait."""
_AGAIN: Final = 0.05
_PIECE: Final = 256 * 1024


class Readers:
    """The threads that read.

    Attributes:
        limiter: how many there are.
    """

    def __init__(self, view: View, limiter: trio.CapacityLimiter | None = None) -> None:
        """Prepare.

        Args:
            view: whose cursors are read.
            limiter: shared with others who read the same store; one of its own by default.
        """
        self.limiter = limiter or trio.CapacityLimiter(READERS)
        self._view = view

    async def read(self, work: "Callable[[duckdb.DuckDBPyConnection], T]", *, limit: float = LIMIT) -> T:
        """Return what `work` makes of a cursor, in a thread; it is interrupted when it takes too long.

        Its queries are interrupted from outside; its loops ask `patience.go_on`.

        Raises:
            Problem: the store cannot be read, not that much, or not within the limit.
        """
        reading = _Reading(self._view)
        found: list[T] = []
        failure: Exception | None = None
        async with trio.open_nursery() as nursery:
            nursery.start_soon(reading.watch, limit)
            try:
                found.append(await trio.to_thread.run_sync(reading.run, work, limiter=self.limiter))
            except Exception as error:  # noqa: BLE001 (raised again, out of the nursery)
                failure = error
            finally:
                reading.done.set()
        if failure is None:
            return found[0]
        if not isinstance(failure, StoreError):
            raise failure
        if isinstance(failure, TooMuch):
            raise Problem(HTTPStatus.BAD_REQUEST, str(failure))
        if reading.late:
            raise Problem(
                HTTPStatus.SERVICE_UNAVAILABLE,
                f"the store took longer than {limit:.0f} s: ask for a shorter time",
            )
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, str(failure))


class Pipe:
    """A file that a reading writes into, in its thread; the bytes go on to a coroutine in pieces.

    A slow taker slows the reading down.
    """

    def __init__(self, take: Callable[[bytes], Awaitable[None]]) -> None:
        self._take = take
        self._pending = bytearray()

    def write(self, data: bytes) -> int:
        """Take some bytes."""
        self._pending += data
        if len(self._pending) >= _PIECE:
            self.flush()
        return len(data)

    def flush(self) -> None:
        """Pass on what has been written."""
        if self._pending:
            piece, self._pending = bytes(self._pending), bytearray()
            trio.from_thread.run(self._take, piece)


class _Reading:
    """One use of a cursor, which can be interrupted from outside of its thread."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._cursor: duckdb.DuckDBPyConnection | None = None
        self._over = False
        self.late = False
        self.done = trio.Event()

    def run(self, work: "Callable[[duckdb.DuckDBPyConnection], T]") -> T:
        """Open the cursor, work, close it; in a thread."""
        import duckdb

        cursor = self._view.cursor()
        self._cursor = cursor
        try:
            with waited_for(lambda: self._over):
                go_on()
                return work(cursor)
        except duckdb.Error as error:
            raise translate(error, "read the database", self._view.config.data_dir) from error
        finally:
            self._cursor = None
            cursor.close()

    async def watch(self, limit: float) -> None:
        """Interrupt the cursor when the time is up or the request is cancelled, until the work has ended."""
        try:
            with trio.move_on_after(limit) as waiting:
                await self.done.wait()
            self.late = waiting.cancelled_caught
        finally:
            self._over = True
            with trio.CancelScope(shield=True):
                # An interrupt that falls between two queries is lost, so one is not enough.
                while not self.done.is_set():
                    if (cursor := self._cursor) is not None:
                        cursor.interrupt()
                    with trio.move_on_after(_AGAIN):
                        await self.done.wait()


class Poured(Response):
    """An answer whose body is written by a reading while it is sent."""

    def __init__(
        self,
        readers: Readers,
        work: "Callable[[duckdb.DuckDBPyConnection, Pipe], None]",
        media_type: str,
        filename: str,
        *,
        limit: float,
    ) -> None:
        """Prepare.

        Args:
            readers: the threads that read.
            work: writes the body into the pipe; in a thread.
            media_type: of the body.
            filename: under which a browser keeps it.
            limit: seconds that it may take.
        """
        super().__init__(
            media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{filename}"'}
        )
        del self.headers["content-length"]
        self._readers = readers
        self._work = work
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 (ASGI)
        """Send the head with the first piece, so that what fails before it is still a proper error."""
        started = False

        async def take(piece: bytes) -> None:
            nonlocal started
            if not started:
                started = True
                await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            await send({"type": "http.response.body", "body": piece, "more_body": True})

        def run(cursor: "duckdb.DuckDBPyConnection") -> None:
            pipe = Pipe(take)
            self._work(cursor, pipe)
            pipe.flush()

        if scope["method"] != "HEAD":
            await self._readers.read(run, limit=self._limit)
        if not started:
            await take(b"")
        await send({"type": "http.response.body", "body": b""})
