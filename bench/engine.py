"""Measures the whole daemon against a local target: rate, start lateness, CPU per probe by phase, memory.

`python bench/engine.py [--checks 10000] [--rate 1000] [--seconds 30] [--tls | --tcp | --exec] [--json]`

It runs `slawatch run` with a configuration of so many checks, as a user would, waits until it has settled,
and reads the CPU times of its processes and threads from /proc over the measured stretch; lateness comes
from the stored samples.
Phases: schedule is measured apart (the scheduler with a probe that does nothing), send is the daemon's
share outside of the writer thread (receiving, evaluating) together with marshalling in the prober, store is
the writer thread and DuckDB's own, probe is what remains of the prober.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

TICK = os.sysconf("SC_CLK_TCK")
HERE = Path(__file__).parent


def main() -> None:
    """Measure and print."""
    asked = _arguments()
    with (
        tempfile.TemporaryDirectory(prefix="slawatch-bench-") as folder,
        _targets(asked, Path(folder)) as places,
    ):
        found = measure(asked, Path(folder), places)
    if asked.json:
        print(json.dumps(found, indent=2))
        return
    print(f"{found['kind']}: {asked.checks} checks, {asked.rate} probes/s wanted, {asked.seconds} s measured")
    print(f"  rate       {found['rate']:.1f} probes/s, {found['good']} of {found['samples']} up")
    late = "  ".join(f"{name} {value:.2f}" for name, value in found["lateness_ms"].items())
    print(f"  lateness   {late} ms")
    latency = found["latency_ms"]
    print(f"  latency    p50 {latency['p50']:.2f}  p99 {latency['p99']:.2f} ms, as the probes measured it")
    cpu = found["cpu_us"]
    print(
        f"  CPU/probe  {cpu['all']:.0f} us in all: schedule {cpu['schedule']:.0f}, probe {cpu['probe']:.0f}, "
        f"send {cpu['send']:.0f}, store {cpu['store']:.0f}"
    )
    if cpu["children"]:
        print(f"             and {cpu['children']:.0f} us in the plugins themselves")
    memory = found["resident_mib"]
    each = ", ".join(f"{name} {size:.1f}" for name, size in memory["each"].items())
    print(f"  resident   {memory['all']:.1f} MiB in all ({each})")
    print(f"             {memory['proportional']:.1f} MiB when pages that processes share are counted once")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--checks", type=int, default=10_000)
    parser.add_argument("--rate", type=float, default=1_000.0, help="probes per second in all")
    parser.add_argument("--seconds", type=float, default=30.0, help="length of the measured stretch")
    parser.add_argument(
        "--settle", type=float, default=None, help="seconds before it; one interval by default"
    )
    parser.add_argument("--probers", type=int, default=1)
    parser.add_argument("--targets", type=int, default=1, help="target processes")
    kinds = parser.add_mutually_exclusive_group()
    kinds.add_argument("--tls", dest="kind", action="store_const", const="tls")
    kinds.add_argument("--tcp", dest="kind", action="store_const", const="tcp")
    kinds.add_argument("--exec", dest="kind", action="store_const", const="exec")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(kind="http")
    return parser.parse_args()


@contextmanager
def _targets(asked: argparse.Namespace, folder: Path) -> Iterator[list[str]]:
    """Start target processes; give their addresses."""
    if asked.kind == "exec":
        yield []
        return
    files: list[str] = []
    if asked.kind == "tls":
        import trustme

        authority = trustme.CA()
        certificate = authority.issue_cert("127.0.0.1", "localhost")
        authority.cert_pem.write_to_path(str(folder / "ca.pem"))
        certificate.cert_chain_pems[0].write_to_path(str(folder / "cert.pem"))
        certificate.private_key_pem.write_to_path(str(folder / "key.pem"))
        files = [str(folder / "cert.pem"), str(folder / "key.pem")]
    ports = [free_port() for _ in range(asked.targets)]
    running = [
        subprocess.Popen([sys.executable, str(HERE / "target.py"), str(port), *files]) for port in ports
    ]
    try:
        time.sleep(0.5)
        yield [f"127.0.0.1:{port}" for port in ports]
    finally:
        for process in running:
            process.kill()
            process.wait()


def free_port() -> int:
    import socket

    with socket.socket() as asking:
        asking.bind(("127.0.0.1", 0))
        return int(asking.getsockname()[1])


def _config(asked: argparse.Namespace, folder: Path, places: list[str]) -> Path:
    interval = max(asked.checks / asked.rate, 0.1)
    lines = [
        f'[slawatch]\ndata_dir = "{folder / "data"}"\nprobers = {asked.probers}\nlog_level = "error"',
        f'[defaults.check]\ninterval = "{int(interval * 1000)}ms"',
        f'timeout = "{min(int(interval * 1000), 5000)}ms"',
    ]
    for number in range(asked.checks):
        lines.append(f"[checks.check-{number}]\nservice = 'service-{number // 10}'")
        place = places[number % len(places)] if places else ""
        match asked.kind:
            case "http":
                lines.append(f"type = 'http'\nurl = 'http://{place}/health/{number}'")
            case "tls":
                lines.append(f"type = 'http'\nurl = 'https://{place}/'")
                lines.append(f"tls = {{ ca_file = '{folder / 'ca.pem'}' }}")
            case "tcp":
                lines.append(f"type = 'tcp'\naddress = '{place}'")
            case "exec":
                lines.append("type = 'exec'\ncommand = ['/bin/true']")
    path = folder / "slawatch.toml"
    path.write_text("\n".join(lines))
    return path


def measure(asked: argparse.Namespace, folder: Path, places: list[str]) -> dict[str, Any]:
    """Run the daemon over the measured stretch and return the figures."""
    config = _config(asked, folder, places)
    settle = asked.checks / asked.rate + 3 if asked.settle is None else asked.settle
    daemon = subprocess.Popen([sys.executable, "-m", "slawatch", "run", "--config", str(config)])
    try:
        await_socket(folder / "data" / "slawatch.sock", daemon)
        time.sleep(settle)
        before, start = cpu(daemon.pid), time.time()
        time.sleep(asked.seconds)
        after, end = cpu(daemon.pid), time.time()
        memory = _memory(daemon.pid)
        time.sleep(1.5)
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.wait(15)
    found = stored(folder / "data" / "slawatch.duckdb", start, end)
    count = max(int(found["samples"]), 1)
    spent = {name: (after[name] - before[name]) * 1e6 / count for name in after}
    schedule = _schedule_alone(asked)
    marshalling = 3.0
    found["cpu_us"] = {
        "all": spent["prober"] + spent["daemon"] + spent["store"],
        "schedule": schedule,
        "probe": spent["prober"] - schedule - marshalling,
        "send": spent["daemon"] + marshalling,
        "store": spent["store"],
        "children": spent["children"],
    }
    return {"kind": asked.kind, "rate": count / (end - start), **found, "resident_mib": memory}


def await_socket(path: Path, daemon: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + 120
    while not path.exists():
        if daemon.poll() is not None or time.monotonic() > until:
            raise SystemExit("the daemon did not start")
        time.sleep(0.1)


def _children(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    for task in Path(f"/proc/{pid}/task").iterdir():
        if task.name != str(pid):
            text += (task / "children").read_text().split()
    return [int(word) for word in text]


def cpu(pid: int) -> dict[str, float]:
    """Return seconds of CPU so far: the daemon's main thread, its others, the probers, their children."""
    spent = {"daemon": 0.0, "store": 0.0, "prober": 0.0, "children": 0.0}
    for task in Path(f"/proc/{pid}/task").iterdir():
        spent["daemon" if task.name == str(pid) else "store"] += _spent(task / "stat")[0]
    for child in _children(pid):
        own, reaped = _spent(Path(f"/proc/{child}/stat"))
        spent["prober"] += own
        spent["children"] += reaped
    return spent


def _spent(path: Path) -> tuple[float, float]:
    fields = path.read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK, (int(fields[13]) + int(fields[14])) / TICK


def _memory(pid: int) -> dict[str, Any]:
    each = {"daemon": _status(pid, "Rss")}
    proportional = _status(pid, "Pss")
    for number, child in enumerate(_children(pid)):
        each[f"prober {number}"] = _status(child, "Rss")
        proportional += _status(child, "Pss")
    return {"all": sum(each.values()), "proportional": proportional, "each": each}


def _status(pid: int, key: str) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith(f"{key}:"):
            return int(line.split()[1]) / 1024
    return 0.0


def stored(path: Path, start: float, end: float) -> dict[str, Any]:
    import duckdb

    window = f"started_at >= {int(start * 1e6)} AND started_at < {int(end * 1e6)}"
    with duckdb.connect(str(path), read_only=True) as connection:
        row = connection.execute(
            "SELECT count(*), count(*) FILTER (outcome = 0), "
            "quantile_disc(started_at - due_at, [0.5, 0.99, 0.999, 1.0]), "
            "quantile_disc(latency, [0.5, 0.99]), count(DISTINCT check_number) "
            f"FROM sample WHERE {window}"
        ).fetchone()
    assert row is not None
    samples, good, lateness, latency, checks = row
    lateness, latency = lateness or [0] * 4, latency or [0] * 2
    return {
        "samples": samples,
        "good": good,
        "checks": checks,
        "lateness_ms": dict(zip(("p50", "p99", "p99.9", "max"), (v / 1000 for v in lateness), strict=True)),
        "latency_ms": dict(zip(("p50", "p99"), (v / 1000 for v in latency), strict=True)),
    }


def _schedule_alone(asked: argparse.Namespace) -> float:
    """Return the CPU per probe, in microseconds, of the scheduler with a probe that does nothing."""
    import trio

    from slawatch.checks import CheckType
    from slawatch.clock import SYSTEM
    from slawatch.core.check import Check
    from slawatch.core.sample import Observation, Outcome
    from slawatch.daemon.scheduler import Scheduler

    up = Observation(Outcome.UP)

    async def probe(_options: object, _attempt: object) -> Observation:
        await trio.lowlevel.checkpoint()
        return up

    interval = int(asked.checks / asked.rate * 1e6)
    scheduler = Scheduler(SYSTEM, None, load=lambda name: CheckType(name, object, probe, False))  # type: ignore[arg-type]
    scheduler.watch(
        (n, Check(name=f"check-{n}", service="s", type="none", options=None, interval=interval))
        for n in range(asked.checks)
    )

    async def run() -> float:
        async with trio.open_nursery() as nursery:
            await nursery.start(scheduler.run)
            begun, started = time.process_time(), scheduler.stats.started
            await trio.sleep(5)
            spent = time.process_time() - begun
            nursery.cancel_scope.cancel()
        return spent * 1e6 / max(scheduler.stats.started - started, 1)

    return trio.run(run)


if __name__ == "__main__":
    main()
