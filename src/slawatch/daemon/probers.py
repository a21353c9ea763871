"""The child processes that probe: started, given their share of the checks, started again when one dies."""

import logging
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, Final
from zlib import crc32

import trio

from slawatch.clock import Clock
from slawatch.core.check import Check
from slawatch.core.instant import Instant
from slawatch.core.life import LifeEvent, life_event
from slawatch.daemon import wire

log = logging.getLogger("slawatch.probers")

SILENT: Final = 60.0
"""Seconds without a word after which a prober is taken as stuck, and replaced."""
FIRST_DELAY: Final = 0.1
LONGEST_DELAY: Final = 5.0
"""Seconds before a prober that died is started again; growing while it keeps dying at once."""
_OVERSLEPT: Final = 1.0
_WELL_AFTER: Final = 30.0
_STOP: Final = 3.0
_CHUNK: Final = 1_000
_RECEIVE: Final = 256 * 1024
_BUFFER: Final = 1024 * 1024


class Probers:
    """All probers of the daemon.

    Attributes:
        stats: the latest counters of each prober that is running, by its index.
        pids: the processes, by index.
    """

    def __init__(
        self,
        count: int,
        clock: Clock,
        settings: wire.Settings,
        *,
        take: Callable[[list[wire.Row]], None],
        lost: Callable[[int, Instant], None],
        record: Callable[[LifeEvent], None],
    ) -> None:
        """Prepare probers; `run` starts them.

        Args:
            count: how many.
            clock: the daemon's.
            settings: what each is told first; the index is filled in.
            take: is given the samples.
            lost: is given the number of samples that a prober had to drop, and the start of the first one.
            record: is given the events of the probers' lives.
        """
        self.stats: dict[int, dict[str, Any]] = {}
        self.pids: dict[int, int] = {}
        self._clock = clock
        self._settings = settings
        self._take = take
        self._lost = lost
        self._record = record
        self._shares: list[dict[str, tuple[int, Check]]] = [{} for _ in range(count)]
        self._outgoing: list[trio.MemorySendChannel[bytes] | None] = [None] * count
        self._stopping = trio.Event()
        self._ended = trio.Event()

    @property
    def missing(self) -> int:
        """How many probers are not running now."""
        return len(self._shares) - len(self.pids)

    def apply(self, watch: Iterable[tuple[int, Check]], leave: Iterable[str]) -> None:
        """Give each prober its share of a change; the others do not notice it."""
        shares: dict[int, tuple[list[tuple[int, Check]], list[str]]] = {}
        for name in leave:
            index = self._index(name)
            self._shares[index].pop(name, None)
            shares.setdefault(index, ([], []))[1].append(name)
        for number, check in watch:
            index = self._index(check.name)
            self._shares[index][check.name] = (number, check)
            shares.setdefault(index, ([], []))[0].append((number, check))
        for index, (new, old) in shares.items():
            outgoing = self._outgoing[index]
            if outgoing is not None:
                for frame in _orders(new, old):
                    outgoing.send_nowait(frame)

    def look(self, names: Iterable[str]) -> None:
        """Have checks probed now, beside their regular due times."""
        shares: dict[int, list[str]] = {}
        for name in names:
            index = self._index(name)
            if name in self._shares[index]:
                shares.setdefault(index, []).append(name)
        for index, wanted in shares.items():
            outgoing = self._outgoing[index]
            if outgoing is not None:
                outgoing.send_nowait(wire.pack_order(wire.Orders(look=tuple(wanted))))

    async def run(self) -> None:
        """Keep all probers running until cancelled; then end them."""
        self._ended = trio.Event()
        try:
            async with trio.open_nursery() as nursery:
                for index in range(len(self._shares)):
                    nursery.start_soon(self._keep_running, index)
        finally:
            self._ended.set()

    async def stop(self) -> None:
        """Take what the probers still have, and let them end; `run` returns then."""
        self._stopping.set()
        await self._ended.wait()

    async def _keep_running(self, index: int) -> None:
        delay, died = FIRST_DELAY, False
        while not self._stopping.is_set():
            begun = trio.current_time()
            try:
                why = await self._run_one(index, died=died)
            except OSError as error:
                why = f"it cannot be started: {error}"
            if self._stopping.is_set():
                return
            log.error("prober %d died: %s; a new one is started", index, why)
            self._record(life_event(self._clock.now(), "prober_died", prober=index, why=why))
            died = True
            if trio.current_time() - begun >= _WELL_AFTER:
                delay = FIRST_DELAY
            with trio.move_on_after(delay):
                await self._stopping.wait()
            delay = min(delay * 2, LONGEST_DELAY)

    async def _run_one(self, index: int, *, died: bool) -> str:
        """Run one prober until it ends; return why it did."""
        ours, theirs = socket.socketpair()
        for end in (ours, theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
        ours.setblocking(False)
        stream = trio.SocketStream(trio.socket.from_stdlib_socket(ours))
        try:
            process = await trio.lowlevel.open_process(
                [sys.executable, "-P", "-m", "slawatch.daemon.prober", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
            )
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        sending, receiving = trio.open_memory_channel[bytes](float("inf"))
        sending.send_nowait(wire.pack_order(self._settings._replace(prober=index)))
        for frame in _orders(list(self._shares[index].values()), []):
            sending.send_nowait(frame)
        self._outgoing[index] = sending
        self.pids[index] = process.pid
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._order, receiving, stream)
                if died:
                    self._record(
                        life_event(self._clock.now(), "prober_started", prober=index, pid=process.pid)
                    )
                why = await self._listen(index, stream)
                nursery.cancel_scope.cancel()
        finally:
            self._outgoing[index] = None
            self.pids.pop(index, None)
            self.stats.pop(index, None)
            with trio.CancelScope(shield=True):
                await trio.aclose_forcefully(stream)
                code = await _end(process)
        return why or (f"ended by signal {-code}" if code < 0 else f"exit status {code}")

    async def _order(self, receiving: trio.MemoryReceiveChannel[bytes], stream: trio.SocketStream) -> None:
        """Send a prober its orders; when all are to stop, end the stream, wherever the orders are."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_forward, receiving, stream)
            await self._stopping.wait()
            nursery.cancel_scope.cancel()
        # Only now: a stream cannot be ended while somebody sends, and nobody can send when it has ended.
        with suppress(trio.BrokenResourceError):
            await stream.send_eof()

    async def _listen(self, index: int, stream: trio.SocketStream) -> str:
        frames = wire.Frames()
        while True:
            with trio.move_on_after(SILENT) as patience:
                try:
                    received = await stream.receive_some(_RECEIVE)
                except trio.BrokenResourceError:
                    return ""
            if patience.cancelled_caught:
                if trio.current_time() - patience.deadline > _OVERSLEPT:
                    continue  # we stood still ourselves
                return f"no word for {SILENT:.0f} s: it hangs"
            if not received:
                return ""
            try:
                for body in frames.feed(received):
                    self._heed(index, wire.read_word(body))
            except wire.BrokenStreamError as error:
                return str(error)

    def _heed(self, index: int, word: tuple[Any, ...]) -> None:
        match word:
            case (wire.SAMPLES, rows):
                self._take(rows)
            case (wire.STATS, counters):
                self.stats[index] = counters
            case (wire.LOST, count, since):
                self._lost(count, since)
            case (wire.STALLED, stalls):
                for start, end in stalls:
                    self._record(life_event(end, "stall", length=end - start, prober=index))
            case _:
                raise wire.BrokenStreamError(f"an unknown word {word[0]!r}")

    def _index(self, name: str) -> int:
        return crc32(name.encode()) % len(self._shares)


def totals(stats: Mapping[int, Mapping[str, Any]]) -> dict[str, int]:
    """Return the sums of the probers' counters."""
    found: dict[str, int] = {}
    for counters in stats.values():
        for name, value in counters.items():
            if isinstance(value, int):
                found[name] = found.get(name, 0) + value
    return found


def _orders(watch: list[tuple[int, Check]], leave: list[str]) -> list[bytes]:
    frames = [wire.pack_order(wire.Orders(leave=tuple(leave)))] if leave else []
    frames.extend(
        wire.pack_order(wire.Orders(watch=tuple(watch[at : at + _CHUNK])))
        for at in range(0, len(watch), _CHUNK)
    )
    return frames


async def _forward(receiving: trio.MemoryReceiveChannel[bytes], stream: trio.SocketStream) -> None:
    with suppress(trio.BrokenResourceError):
        async for frame in receiving:
            await stream.send_all(frame)


async def _end(process: trio.Process) -> int:
    """Wait for a prober whose stream is closed; one that does not end is killed."""
    with trio.move_on_after(_STOP):
        return await process.wait()
    process.kill()
    return await process.wait()
