"""Sends rude clients to a running daemon, 20,000 by default, and sees whether it, and its stop, outlive them.

`python bench/web_fuzz.py [--connections 20000] [--at-once 300] [--seed 1]`

A tenth of them go to the unix socket. Meanwhile a polite client asks for `/healthz` on either way in. Then
the daemon is told to stop while hundreds more are at it. Prints what became of the clients, how long the
polite one waited, memory and descriptors before and after, and how long the stop took; the exit status says
whether all of it is as it should be. The clients themselves are those of `tests/web/rude.py`.
"""

import argparse
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from functools import partial
from pathlib import Path

import trio

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.acceptance.program import free_port
from tests.web.rude import Place, crowd

from slawatch.web.control import short

CONFIG = """
[slawatch]
data_dir = "{folder}/data"
log_level = "warning"
[web]
listen = "127.0.0.1:{port}"
[services.shop]
[checks.shop-home]
service = "shop"
type = "tcp"
address = "127.0.0.1:1"
interval = "1s"
[checks.backup]
service = "shop"
type = "heartbeat"
every = "1h"
"""
GET = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
STOP_WITHIN = 10.0
SETTLE = 12.0
"""Seconds after which the daemon has dropped every client that said nothing more."""


def main() -> None:
    """Fuzz, print, and exit with 1 if something is not as it should be."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--connections", type=int, default=20_000)
    parser.add_argument("--at-once", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="slawatch-fuzz-") as folder:
        faults = fuzz(Path(folder), asked.connections, asked.at_once, asked.seed)
    for fault in faults:
        print(f"WRONG: {fault}")
    raise SystemExit(1 if faults else 0)


def fuzz(folder: Path, connections: int, at_once: int, seed: int) -> list[str]:
    """Do it; return what is wrong."""
    port = free_port()
    (folder / "slawatch.toml").write_text(CONFIG.format(folder=folder, port=port))
    log = folder / "log"
    with log.open("wb") as written:
        daemon = subprocess.Popen(
            [sys.executable, "-m", "slawatch", "run", "--config", str(folder / "slawatch.toml")],
            stdout=written,
            stderr=written,
        )
    try:
        control = folder / "data" / "slawatch.sock"
        faults = trio.run(_fuzz, daemon, control, port, connections, at_once, seed)
    finally:
        if daemon.poll() is None:
            daemon.kill()
            daemon.wait()
    said = log.read_text()
    for word in ("Traceback", "by force", "a fault in"):
        if word in said:
            faults.append(f"the log has {word!r}:\n{said[-3000:]}")
    return faults


async def _fuzz(
    daemon: "subprocess.Popen[bytes]", control: Path, port: int, connections: int, at_once: int, seed: int
) -> list[str]:
    faults: list[str] = []
    waits: list[float] = []
    with trio.fail_after(30):
        while await _health(port) is None:  # noqa: ASYNC110 (it is another process)
            await trio.sleep(0.1)
    await trio.sleep(2)
    before = _size(daemon.pid)
    told: Counter[str] = Counter()
    began = trio.current_time()
    async with trio.open_nursery() as polite:
        for place in (port, control):
            polite.start_soon(_ask_on, place, waits, faults)
        async with trio.open_nursery() as rude:
            send = partial(crowd, gone=told)
            rude.start_soon(send, port, seed, connections - connections // 10, at_once)
            rude.start_soon(send, control, -seed, connections // 10, 30)
            while len(rude.child_tasks):
                await trio.sleep(1)
                if daemon.poll() is not None:
                    raise SystemExit(f"the daemon ended with {daemon.returncode}; so far {told}")
        polite.cancel_scope.cancel()
    took = trio.current_time() - began
    print(f"{sum(told.values())} clients in {took:.0f} s, {at_once} at once, seed {seed}")
    print("  " + ", ".join(f"{name} {count}" for name, count in sorted(told.items())))
    waits.sort()
    print(
        f"/healthz meanwhile: {len(waits)} times, p50 {waits[len(waits) // 2] * 1000:.0f} ms, "
        f"p99 {waits[int(len(waits) * 0.99)] * 1000:.0f} ms, longest {waits[-1] * 1000:.0f} ms"
    )
    await trio.sleep(SETTLE)
    after = _size(daemon.pid)
    print(f"resident {before[0]:.1f} MiB before, {after[0]:.1f} after; descriptors {before[1]}, {after[1]}")
    if after[1] > before[1] + 10:
        faults.append(f"{after[1] - before[1]} descriptors more than before")

    async with trio.open_nursery() as rude:
        for number in range(3):
            rude.start_soon(crowd, port, seed + number + 1, connections, at_once)
        await trio.sleep(3)
        daemon.send_signal(signal.SIGTERM)
        stopping = time.monotonic()
        code = await trio.to_thread.run_sync(daemon.wait, 20)
        stopped = time.monotonic() - stopping
        rude.cancel_scope.cancel()
    print(f"stopped among {3 * at_once} of them after {stopped:.1f} s, exit status {code}")
    if stopped > STOP_WITHIN or code:
        faults.append(f"the stop took {stopped:.1f} s and ended with {code}")
    return faults


async def _ask_on(place: Place, waits: list[float], faults: list[str]) -> None:
    while True:
        began = trio.current_time()
        answer = None
        with trio.move_on_after(30):
            answer = await _health(place)
        waits.append(trio.current_time() - began)
        if answer is None or not answer.startswith(b"HTTP/1.1 200"):
            faults.append(f"/healthz at {place} answered {answer!r} after {waits[-1]:.1f} s")
        await trio.sleep(0.25)


async def _health(place: Place) -> bytes | None:
    try:
        if isinstance(place, Path):
            with short(str(place)) as name:
                stream = await trio.open_unix_socket(name)
        else:
            stream = await trio.open_tcp_stream("127.0.0.1", place)
        answer = b""
        async with stream:
            await stream.send_all(GET)
            while piece := await stream.receive_some(4096):
                answer += piece
    except (OSError, trio.BrokenResourceError):
        return None
    return answer


def _size(pid: int) -> tuple[float, int]:
    """Return the resident MiB and the open descriptors of the daemon."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    resident = next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Rss:"))
    return resident / 1024, len(list(Path(f"/proc/{pid}/fd").iterdir()))


if __name__ == "__main__":
    main()
