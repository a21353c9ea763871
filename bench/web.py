"""Whether pages, metrics and event streams hold up the daemon's loop, with 1,500 services and 50 clients.

Prints for each kind of request how long it took, and how late the loop was meanwhile: a task that wants to
wake every 5 ms. `python bench/web.py`; takes about a minute. The clients of the stream run on the same loop.
"""

import argparse
import gc
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import trio

from slawatch.answers.view import Commands, Live, LiveCheck
from slawatch.clock import SYSTEM, Clock
from slawatch.config.load import load
from slawatch.config.model import Config
from slawatch.core.audit import Audited
from slawatch.core.channel import Standing
from slawatch.core.instant import DAY, HOUR, SECOND, Instant
from slawatch.core.sample import Cause, Outcome, Sample
from slawatch.core.silence import Silence
from slawatch.core.timeline import Held, fold
from slawatch.core.turn import State
from slawatch.store.batch import Batch
from slawatch.store.database import Database
from slawatch.store.writer import Writer
from slawatch.web.app import build
from slawatch.web.serve import Server, bind_tcp

if TYPE_CHECKING:
    import duckdb

EVERY = 0.005


class View:
    """A daemon whose checks all go on working."""

    def __init__(self, config: Config, database: Database, clock: Clock) -> None:
        self.config = config
        self.clock = clock
        self._database = database
        self.alerts = State()
        self.scope: frozenset[str] | None = None
        now = clock.now()
        self.state = Live(
            since=now - HOUR,
            checks={
                name: LiveCheck(
                    outcome=Outcome.UP, since=now - DAY, last_sample=now, holds=HOUR, latency=20_000
                )
                for name in config.checks
            },
        )

    @property
    def commands(self) -> Commands:
        """Nobody asks."""
        raise NotImplementedError

    def live(self) -> Live:
        """Take a snapshot."""
        return replace(self.state, checks=dict(self.state.checks))

    def alerting(self) -> State:
        """Nothing fires."""
        return self.alerts

    def silences(self) -> tuple[Silence, ...]:
        """There are none."""
        return ()

    def channels(self) -> Mapping[str, Standing]:
        """There are none."""
        return {}

    def note(self, line: Audited) -> None:
        """Nobody reads it."""

    def cursor(self) -> "duckdb.DuckDBPyConnection":
        """Open a cursor."""
        return self._database.cursor()

    def ping(self, check: str, at: Instant) -> None:
        """Nobody calls."""
        raise NotImplementedError


def prepare(folder: Path, services: int) -> tuple[Config, Database]:
    lines = ["[slawatch]", f'data_dir = "{folder}/data"', "[organizations.acme]", 'name = "Acme"']
    for number in range(services):
        lines += [
            f"[services.service-{number}]", 'organization = "acme"', f"[checks.check-{number}]",
            f'service = "service-{number}"', 'type = "tcp"', 'address = "127.0.0.1:1"',
        ]  # fmt: skip
    named = ", ".join(f"'service-{number}'" for number in range(min(20, services)))
    lines += [
        "[agreements.gold]", 'organization = "acme"', f"services = [{named}]",
        "[[agreements.gold.objectives]]", 'id = "a"', 'metric = "availability"', 'target = "99.9"',
    ]  # fmt: skip
    path = folder / "slawatch.toml"
    path.write_text("\n".join(lines))
    config = load(path, env={})
    database = Database.open(config.data_dir)
    numbers = database.check_numbers(config.checks)
    writer, now = Writer(database), SYSTEM.now()
    for sequence, hour in enumerate(range(48, 0, -1), 1):
        samples, transitions = [], []
        for index, number in enumerate(numbers.values()):
            mine = []
            for minute in range(0, 60, 5):
                at = now - hour * HOUR + minute * 60 * SECOND
                down = hour % 24 == index % 24 and minute < 10
                outcome, cause = (Outcome.DOWN, Cause.CONNECT) if down else (Outcome.UP, Cause.NONE)
                mine.append(
                    Sample(
                        number, at, at, outcome, cause, 20_000 + index, None, None, None, None, None,
                        400 * SECOND,
                    )
                )  # fmt: skip
            changes, _ = fold(Held(s.started_at, s.holds, s.outcome) for s in mine)
            keep = changes if hour == 48 or any(s.outcome for s in mine) else ()
            transitions += [(number, change) for change in keep]
            samples += mine
        writer.write(Batch(sequence, samples=samples, transitions=transitions))
    return config, database


async def main(services: int, streams: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        config, database = await trio.to_thread.run_sync(prepare, Path(name), services)
        view = View(config, database, SYSTEM)
        listeners = bind_tcp("127.0.0.1", 0)
        port = listeners[0].socket.getsockname()[1]
        server = Server(build(view), listeners)
        late: list[float] = []

        async def sample_the_loop() -> None:
            while True:
                before = trio.current_time()
                await trio.sleep(EVERY)
                late.append(trio.current_time() - before - EVERY)

        async def measure(what: str, work: Callable[[], Awaitable[str]]) -> None:
            late.clear()
            before = trio.current_time()
            said = await work()
            took = trio.current_time() - before
            ordered = sorted(late) or [0.0]
            print(
                f"{what:34} {took * 1000:8.0f} ms   loop "
                f"late p50 {_ms(ordered, 0.5)} p99 {_ms(ordered, 0.99)} max {_ms(ordered, 1)} ms  {said}",
                flush=True,
            )

        async def listen() -> None:
            async with (
                httpx.AsyncClient(timeout=None, trust_env=False) as listener,
                listener.stream("GET", f"http://127.0.0.1:{port}/api/v1/events") as answer,
            ):
                async for _ in answer.aiter_bytes():
                    pass

        async with trio.open_nursery() as nursery:
            await nursery.start(server.run)
            nursery.start_soon(sample_the_loop)
            gc.collect()
            gc.freeze()

            async def get(path: str) -> str:
                process = await trio.run_process(
                    ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code} %{size_download}",
                     f"http://127.0.0.1:{port}{path}"],
                    capture_stdout=True,
                )  # fmt: skip
                return f"{path} {process.stdout.decode()}"

            async def idle() -> str:
                await trio.sleep(5)
                return ""

            await measure("nothing", idle)
            for path in ("/", "/wall", "/services/service-0", "/metrics", "/api/v1/status", "/slawatch"):
                await measure("first", lambda path=path: get(path))  # type: ignore[misc]
            for path in ("/", "/wall", "/services/service-0"):
                await measure("again", lambda path=path: get(path))  # type: ignore[misc]
            await trio.sleep(6)
            await measure("metrics after five seconds", lambda: get("/metrics"))
            for _ in range(streams):
                nursery.start_soon(listen)
            await trio.sleep(8)
            await measure(f"{streams} clients, nothing changes", idle)

            async def all_change() -> str:
                now = SYSTEM.now()
                view.state = replace(
                    view.state,
                    checks={
                        name: replace(check, outcome=Outcome.DOWN, since=now)
                        for name, check in view.state.checks.items()
                    },
                )
                return await idle()

            await measure(f"{streams} clients, all changes", all_change)
            nursery.cancel_scope.cancel()
        database.close()


def _ms(ordered: list[float], share: float) -> str:
    return f"{ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000:5.1f}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--services", type=int, default=1500)
    parser.add_argument("--streams", type=int, default=50)
    chosen = parser.parse_args()
    trio.run(main, chosen.services, chosen.streams)
