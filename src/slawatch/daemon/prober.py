"""The process that probes: `python -m slawatch.daemon.prober FD`, FD being its socketpair to the daemon.

It knows neither store nor web. It gets its checks over the socketpair, sends samples in batches, and ends
when the daemon's end is closed, however that came about.
"""

import contextlib
import gc
import os
import resource
import signal
import socket
import sys
import threading
from collections.abc import Callable
from typing import Final

import trio

from slawatch.clock import SYSTEM, Clock
from slawatch.daemon import logs, wire
from slawatch.daemon.scheduler import Scheduler
from slawatch.daemon.sharing import Pool, settle

SEND_EVERY: Final = 0.1
"""Seconds."""
BATCH: Final = 1_000
"""Samples in one frame at most."""
_STATS_EVERY: Final = 1.0
_RECEIVE: Final = 256 * 1024
_GRACE: Final = 2.0
"""Seconds that probes get to clean up when the daemon is gone."""


async def serve(
    stream: trio.abc.Stream, scheduler: Scheduler, stopping: Callable[[], object] = lambda: None
) -> None:
    """Do what the daemon says, and send it the samples, until it closes the stream.

    Args:
        stream: to the daemon.
        scheduler: with nothing to watch yet.
        stopping: called when the stream has ended, before the probes under way are cut off.
    """
    frames = wire.Frames()
    finished = trio.Event()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_send, stream, scheduler, finished)
        async with trio.open_nursery() as probing:
            await probing.start(scheduler.run)
            while received := await _receive(stream):
                for body in frames.feed(received):
                    order = wire.read_order(body)
                    if isinstance(order, wire.Settings):
                        logs.configure(order.log_format, order.log_level, process=f"prober {order.prober}")
                        continue
                    # A pool for each order: one for good would keep every name and address that there is.
                    pool = Pool()
                    scheduler.leave(order.leave)
                    scheduler.watch((number, pool.share(check)) for number, check in order.watch)
                    for name in order.look:
                        scheduler.look(name)
                settle()
            stopping()
            probing.cancel_scope.cancel()
        finished.set()
        nursery.cancel_scope.deadline = trio.current_time() + _GRACE / 2


async def _receive(stream: trio.abc.Stream) -> bytes:
    try:
        return bytes(await stream.receive_some(_RECEIVE))
    except trio.BrokenResourceError:
        return b""


async def _send(stream: trio.abc.Stream, scheduler: Scheduler, finished: trio.Event) -> None:
    last = False
    told = trio.current_time() - _STATS_EVERY
    try:
        while not last:
            last = finished.is_set()
            samples, scheduler.samples = scheduler.samples, []
            for start in range(0, len(samples), BATCH):
                await stream.send_all(wire.pack_word(wire.SAMPLES, samples[start : start + BATCH]))
            if scheduler.lost:
                count, since = scheduler.lost, scheduler.lost_since
                scheduler.lost = 0
                await stream.send_all(wire.pack_word(wire.LOST, count, since))
            if scheduler.stalls:
                stalls, scheduler.stalls = scheduler.stalls, []
                await stream.send_all(wire.pack_word(wire.STALLED, stalls))
            now = trio.current_time()
            if now - told >= _STATS_EVERY:
                told = now
                await stream.send_all(wire.pack_word(wire.STATS, scheduler.counters()))
            with trio.move_on_after(SEND_EVERY):
                await finished.wait()
    except trio.BrokenResourceError:
        return  # the daemon is gone; the receiving side ends everything


async def _main(descriptor: int, clock: Clock) -> None:
    from slawatch.checks._dns import Resolver

    end = socket.socket(fileno=descriptor)
    end.setblocking(False)
    stream = trio.SocketStream(trio.socket.from_stdlib_socket(end))
    async with stream:
        await serve(stream, Scheduler(clock, Resolver()), stopping=_end_soon)


def _end_soon() -> None:
    """See to it that a probe which does not let go cannot keep the process alive."""
    deadline = threading.Timer(_GRACE, os._exit, (0,))
    deadline.daemon = True
    deadline.start()


def raise_descriptor_limit() -> int:
    """Allow this process as many open files as the system grants it; return how many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(hard, 65_536) if hard != resource.RLIM_INFINITY else 65_536
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return max(soft, wanted)


def main() -> None:
    """Run a prober on the descriptor that the command line names."""
    # A terminal's Ctrl-C and systemd's stop reach every process of the group; the daemon alone decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with contextlib.suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))  # the daemon gives way, a probe does not
    logs.configure("human", "info", process="prober")
    raise_descriptor_limit()
    gc.set_threshold(20_000, 20, 50)
    trio.run(_main, int(sys.argv[1]), SYSTEM)


if __name__ == "__main__":
    main()
