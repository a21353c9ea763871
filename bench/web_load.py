"""Whether viewers slow the probes: 1,000 clients of the event stream and 100 requests a second, two minutes.

`python bench/web_load.py [--checks 1000] [--rate 100] [--streams 1000] [--requests 100] [--seconds 120]`

Runs `slawatch run` against a local target, first for as long without anybody, then with the viewers, and
prints how late the probes started in both stretches, out of the stored samples; how the requests were
answered, by path; how old the news of the streams were; the CPU of the daemon and its prober. The exit status
says whether p99 of the lateness stayed within 1.5 times that without viewers.

The viewers are this process. It takes as little CPU as it can, and gives way to the daemon (nice 19), since
real viewers have computers of their own.
"""

import argparse
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from datetime import datetime
from itertools import cycle
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.engine import await_socket, cpu, free_port, stored

from slawatch.web.rendering import static_version

FACTOR = 1.5
FLOOR_MS = 2.0
"""Lateness below is noise of the machine's own scheduler: no factor is taken of less."""
MIX = (
    ["/healthz"] * 4
    + ["/api/v1/status"] * 6
    + ["/"] * 3
    + ["/services/service-{n}"] * 3
    + [f"/static/{static_version()}/live.js"] * 3
    + ["/metrics"]
)
"""What the requests ask for, in turn; every one over a connection of its own."""


def main() -> None:
    """Measure, print, and exit with 1 if the viewers slowed the probes."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--checks", type=int, default=1_000)
    parser.add_argument("--rate", type=float, default=100.0, help="probes per second in all")
    parser.add_argument("--streams", type=int, default=1_000)
    parser.add_argument("--requests", type=float, default=100.0, help="requests per second")
    parser.add_argument("--seconds", type=float, default=120.0, help="with viewers, and before that without")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="slawatch-load-") as folder:
        raise SystemExit(0 if measure(asked, Path(folder)) else 1)


def measure(asked: argparse.Namespace, folder: Path) -> bool:
    """Run both stretches and print them; return whether the probes were not slowed."""
    place, port = free_port(), free_port()
    config = _config(asked, folder, place, port)
    database = folder / "data" / "slawatch.duckdb"
    target = subprocess.Popen([sys.executable, str(Path(__file__).parent / "target.py"), str(place)])
    daemon = subprocess.Popen([sys.executable, "-m", "slawatch", "run", "--config", str(config)])
    try:
        await_socket(folder / "data" / "slawatch.sock", daemon)
        time.sleep(asked.checks / asked.rate + 3)
        stretches = {}
        for name in ("without viewers", "with viewers"):
            viewers = Viewers(port, asked.checks // 10)
            if name == "with viewers":
                os.nice(19)
                viewers.connect(asked.streams)
                viewers.look(asked.requests, 5)
                viewers.forget()
            before, start = cpu(daemon.pid), time.time()
            if name == "with viewers":
                viewers.look(asked.requests, asked.seconds)
            else:
                time.sleep(asked.seconds)
            after, end = cpu(daemon.pid), time.time()
            stretches[name] = (start, end, {who: after[who] - before[who] for who in after})
        alive = viewers.alive
        time.sleep(1.5)
        stopping = time.monotonic()
        daemon.send_signal(signal.SIGTERM)
        daemon.wait(15)
        stopped = time.monotonic() - stopping
    finally:
        for process in (daemon, target):
            process.kill()
            process.wait()
    p99 = []
    for name, (start, end, spent) in stretches.items():
        found = stored(database, start, end)
        late = "  ".join(f"{word} {value:.2f}" for word, value in found["lateness_ms"].items())
        share = "  ".join(f"{who} {100 * spent[who] / (end - start):.0f} %" for who in spent if spent[who])
        print(f"{name}: {found['samples']} probes, {found['good']} up")
        print(f"  lateness {late} ms\n  CPU      {share}")
        p99.append(found["lateness_ms"]["p99"])
    print(f"{alive} of {asked.streams} streams to the end; {viewers.told} events and beats")
    viewers.print_answers()
    print(f"the stop among them took {stopped:.1f} s, exit status {daemon.returncode}")
    limit = FACTOR * max(p99[0], FLOOR_MS)
    print(f"p99 of the lateness: {p99[0]:.2f} ms without, {p99[1]:.2f} ms with; allowed {limit:.2f} ms")
    return p99[1] <= limit and alive == asked.streams and not daemon.returncode


def _config(asked: argparse.Namespace, folder: Path, place: int, port: int) -> Path:
    interval = int(asked.checks / asked.rate * 1000)
    lines = [
        f'[slawatch]\ndata_dir = "{folder / "data"}"\nlog_level = "error"',
        f'[web]\nlisten = "127.0.0.1:{port}"',
        f'[organizations.acme]\n[defaults.check]\ninterval = "{interval}ms"',
        f'timeout = "{min(interval, 5000)}ms"',
    ]
    for number in range(asked.checks):
        if number % 10 == 0:
            lines.append(f"[services.service-{number // 10}]\norganization = 'acme'")
        lines.append(f"[checks.check-{number}]\nservice = 'service-{number // 10}'\ntype = 'http'")
        lines.append(f"url = 'http://127.0.0.1:{place}/health/{number}'")
    path = folder / "slawatch.toml"
    path.write_text("\n".join(lines))
    return path


class Viewers:
    """Clients of the daemon's port on one epoll.

    Attributes:
        told: events and beats that the streams got.
        alive: streams that are still open.
    """

    def __init__(self, port: int, services: int) -> None:
        self.told = 0
        self.alive = 0
        self._port = port
        self._polling = select.epoll()
        self._streams: dict[int, socket.socket] = {}
        self._requests: dict[int, tuple[socket.socket, str, float, bytearray]] = {}
        self._paths = (path.format(n=n % services) for n, path in enumerate(cycle(MIX)))
        self._took: defaultdict[str, list[float]] = defaultdict(list)
        self._answers: Counter[str] = Counter()
        self._ages: list[float] = []

    def forget(self) -> None:
        """Count from here on."""
        self._took.clear()
        self._answers.clear()
        self._ages.clear()
        self.told = 0

    def connect(self, streams: int) -> None:
        """Open the streams, some hundreds a second."""
        for _ in range(streams):
            client = self._ask("/api/v1/events")
            self._streams[client.fileno()] = client
            self.alive += 1
            self._serve(0.004)

    def look(self, rate: float, seconds: float) -> None:
        """Ask so many times a second for so long, and read whatever comes."""
        begun, asked = time.monotonic(), 0
        while (now := time.monotonic()) - begun < seconds:
            while asked < (now - begun) * rate:
                path = next(self._paths)
                client = self._ask(path)
                self._requests[client.fileno()] = (client, path, time.monotonic(), bytearray())
                asked += 1
            self._serve(max(0.0, begun + asked / rate - now))

    def _ask(self, path: str) -> socket.socket:
        client = socket.create_connection(("127.0.0.1", self._port), timeout=30)
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        client.setblocking(False)
        self._polling.register(client.fileno(), select.EPOLLIN)
        return client

    def _serve(self, patience: float) -> None:
        for number, _ in self._polling.poll(patience):
            try:
                if number in self._streams:
                    self._read_stream(number)
                else:
                    self._read_answer(number)
            except BlockingIOError:
                continue

    def _read_stream(self, number: int) -> None:
        received = self._streams[number].recv(262_144)
        if not received:
            self._polling.unregister(number)
            self._streams.pop(number).close()
            self.alive -= 1
            return
        self.told += received.count(b"\n\n")
        start = received.rfind(b"event: now")
        if start >= 0:
            data = received[received.find(b"data: ", start) + 6 :].partition(b"\n")[0]
            at = json.loads(data).get("at")
            if at is not None:
                self._ages.append(time.time() - datetime.fromisoformat(at).timestamp())

    def _read_answer(self, number: int) -> None:
        client, path, begun, got = self._requests[number]
        try:
            received = client.recv(262_144)
        except ConnectionError:
            received = b""
        got += received
        if received:
            return
        self._polling.unregister(number)
        del self._requests[number]
        client.close()
        group = path if path.count("/") < 2 else f"/{path.split('/')[1]}/…"
        self._took[group].append(time.monotonic() - begun)
        self._answers[bytes(got[9:12]).decode() or "nothing"] += 1

    def print_answers(self) -> None:
        """Print how the requests were answered, and how old the news were."""
        said = ", ".join(f"{count} times {status}" for status, count in sorted(self._answers.items()))
        print(f"requests answered: {said}; {len(self._requests)} not yet")
        for path, took in sorted(self._took.items()):
            print(f"  {path:20} {_quantiles(took)}")
        if self._ages:
            print(f"  {'age of the news':20} {_quantiles(self._ages)}")


def _quantiles(values: list[float]) -> str:
    ordered = sorted(values)
    shares: dict[str, Any] = {"p50": 0.5, "p99": 0.99, "max": 1}
    return "  ".join(
        f"{name} {ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000:7.0f} ms"
        for name, share in shares.items()
    )


if __name__ == "__main__":
    main()
