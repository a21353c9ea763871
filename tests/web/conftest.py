"""A daemon as the web sees it, on a real store, served on real sockets."""

import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import httpx
import pytest
import trio
from tests.alerts import Play, configured

from slawatch.answers import erasure
from slawatch.answers.channel import Tried
from slawatch.answers.entering import enter
from slawatch.answers.probe import Probed
from slawatch.answers.view import Imported, Live, LiveCheck, Refused, Reloaded
from slawatch.config.load import Config, load
from slawatch.config.unread import Checked, check
from slawatch.config.world import world_of
from slawatch.core.audit import Audited
from slawatch.core.channel import Channel
from slawatch.core.check import Check
from slawatch.core.dispatch import steps
from slawatch.core.event import Event
from slawatch.core.instant import SECOND, Instant, parse_rfc3339
from slawatch.core.notification import Delivery, Verdict
from slawatch.core.sample import Cause, Outcome, Sample
from slawatch.core.silence import Silence
from slawatch.core.timeline import Held, fold
from slawatch.core.turn import State
from slawatch.store.batch import Batch
from slawatch.store.database import Database
from slawatch.store.writer import Writer
from slawatch.web import serve
from slawatch.web.app import build
from slawatch.web.serve import Server, bind_tcp, bind_unix

if TYPE_CHECKING:
    import duckdb

T = TypeVar("T")
NOW = parse_rfc3339("2026-11-01T12:00:00Z")
MINUTE = 60 * SECOND
TOML = """
[slawatch]
data_dir = "data"
[organizations.acme]
name = "Acme"
[organizations.other]
name = "Other"
[defaults.check]
interval = "30s"
timeout = "10s"
[services.shop]
organization = "acme"
[services.api]
organization = "other"
join = "any"
[checks.shop-home]
service = "shop"
type = "http"
url = "http://shop.example/"
[checks.shop-db]
service = "shop"
type = "tcp"
address = "db.example:5432"
[checks.api-a]
service = "api"
type = "tcp"
address = "a.example:80"
[checks.api-b]
service = "api"
type = "tcp"
address = "b.example:80"
[checks.backup]
service = "jobs"
type = "heartbeat"
every = "1h"
[checks.nightly]
service = "jobs"
type = "heartbeat"
every = "1d"
token = "s3cret-token-of-the-nightly-job"
[agreements.gold]
organization = "acme"
services = ["shop"]
[[agreements.gold.objectives]]
id = "availability"
metric = "availability"
target = "99"
"""


class Clock:
    """A clock that stands still until it is told to go on."""

    def __init__(self, at: Instant) -> None:
        self.at = at

    def now(self) -> Instant:
        return self.at

    def elapsed(self) -> int:
        return self.at


@dataclass
class View:
    """A daemon that does what the test says."""

    config: Config
    clock: Clock
    database: Database
    state: Live = field(default_factory=lambda: Live(since=NOW - 3600 * SECOND))
    pings: list[tuple[str, Instant]] = field(default_factory=list)
    cursors: int = 0
    refuse: Refused | None = None
    imported: list[bytes] = field(default_factory=list)
    broken: bool = False
    alert_state: State = field(default_factory=State)
    quiet: tuple[Silence, ...] = ()
    standings: dict[str, Any] = field(default_factory=dict)
    acted: list[Any] = field(default_factory=list)
    audit: list[Audited] = field(default_factory=list)
    probed: list[Check] = field(default_factory=list)
    tried: list[tuple[str, str, str]] = field(default_factory=list)
    scope: None = None

    @property
    def commands(self) -> "View":
        return self

    def live(self) -> Live:
        if self.broken:
            raise LookupError("on purpose")
        return self.state

    def alerting(self) -> State:
        return self.alert_state

    def silences(self) -> tuple[Silence, ...]:
        return self.quiet

    def channels(self) -> dict[str, Any]:
        return self.standings

    async def act(self, command: Any) -> tuple[Event, ...]:
        """Do it as the dispatcher does, without storing it."""
        if self.refuse:
            raise self.refuse
        self.acted.append(command)
        after, events = steps(self.alert_state, (command,), self.clock.now(), world_of(self.config))
        refused = next((event.text for event in events if event.kind == "command.refused"), None)
        if refused is not None:
            raise Refused(refused)
        self.alert_state = after
        return events

    def cursor(self) -> "duckdb.DuckDBPyConnection":
        self.cursors += 1
        assert threading.current_thread() is not threading.main_thread()
        return self.database.cursor()

    def note(self, line: Audited) -> None:
        self.audit.append(line)

    async def erase(self, names: Sequence[str]) -> dict[str, Any]:
        if self.refuse:
            raise self.refuse
        erasure.check(self.config, names)
        rows = await trio.to_thread.run_sync(erasure.erase, self.database, names, "erased-1")
        return {"pseudonym": "erased-1", "rows": rows}

    async def write(self, work: Callable[[Database], T]) -> T:
        if self.refuse:
            raise self.refuse
        return await trio.to_thread.run_sync(work, self.database)

    def ping(self, check: str, at: Instant) -> None:
        self.pings.append((check, at))

    async def probe(self, check: Check) -> Probed:
        if self.refuse:
            raise self.refuse
        self.probed.append(check)
        phases = (1, 2, None, 3, 4)
        lines = ((1, "looked"),)
        return Probed(self.clock.now(), Outcome.UP, Cause.NONE, "", 10, 12, phases, (("n", 1.5, "d"),), lines)

    async def try_channel(self, channel: Channel, recipient: str, address: str) -> list[Tried]:
        if self.refuse:
            raise self.refuse
        self.tried.append((channel.name, recipient, address))
        return [Tried("message", Delivery(verdict=Verdict.OK, answer="taken", status=202), 12_000)]

    async def check_config(self) -> Checked:
        return check(lambda: self.config)

    async def reload(self) -> Reloaded:
        if self.refuse:
            raise self.refuse
        return Reloaded(digest="abc", added=("new",), warnings=("careful",))

    async def import_samples(self, path: Path) -> Imported:
        self.imported.append(path.read_bytes())  # noqa: ASYNC240
        if self.refuse:
            raise Refused(str(self.refuse).replace("FILE", str(path)))
        return Imported(rows=2, added=1, checks=1, start=0, end=SECOND)

    async def enter(self, what: str, wish: Mapping[str, Any]) -> dict[str, Any]:
        if self.refuse:
            raise self.refuse
        now = self.clock.now()
        return await trio.to_thread.run_sync(enter, self.database, self.config, what, wish, now)


def samples(
    number: int, start: Instant, end: Instant, outcome: Callable[[Instant], Outcome], every: int = 30 * SECOND
) -> list[Sample]:
    """Return a sample each `every`, holding for 70 s; 20 ms latency."""
    return [
        Sample(
            number, at, at, outcome(at), Cause.NONE if outcome(at) == Outcome.UP else Cause.CONNECT, 20_000,
            None, None, None, None, None, 70 * SECOND,
            reason=None if outcome(at) == Outcome.UP else "connection refused",
        )
        for at in range(start, end, every)
    ]  # fmt: skip


def store(database: Database, found: list[Sample], sequence: int = 1) -> None:
    """Store samples with the transitions that they make."""
    transitions = []
    for number in sorted({sample.check for sample in found}):
        changes, _ = fold(Held(s.started_at, s.holds, s.outcome) for s in found if s.check == number)
        transitions += [(number, change) for change in changes]
    Writer(database).write(Batch(sequence, samples=found, transitions=transitions))


@pytest.fixture
def config(tmp_path: Path) -> Config:
    path = tmp_path / "slawatch.toml"
    path.write_text(TOML)
    return load(path, env={})


@pytest.fixture
def database(config: Config) -> Iterator[Database]:
    with Database.open(config.data_dir) as found:
        yield found


def _down_from(since: Instant) -> Callable[[Instant], Outcome]:
    return lambda at: Outcome.DOWN if at >= since else Outcome.UP


@pytest.fixture
def view(config: Config, database: Database) -> View:
    """Ten hours of samples; the shop's database is down for two minutes, api-a for an hour."""
    numbers = database.check_numbers(config.checks)
    start = NOW - 600 * MINUTE
    down_since = {"shop-db": NOW - 2 * MINUTE, "api-a": NOW - 60 * MINUTE}
    found: list[Sample] = []
    for name in ("shop-home", "shop-db", "api-a", "api-b"):
        since = down_since.get(name, NOW)
        found += samples(numbers[name], start, NOW, _down_from(since))
    store(database, found)
    last = NOW - 30 * SECOND
    checks = {
        name: LiveCheck(
            outcome=Outcome.DOWN if name in down_since else Outcome.UP,
            since=down_since.get(name, start),
            last_sample=last,
            holds=70 * SECOND,
            latency=20_000,
            reason="connection refused" if name in down_since else "",
        )
        for name in ("shop-home", "shop-db", "api-a", "api-b")
    }
    return View(config, Clock(NOW), database, Live(since=NOW - 3600 * SECOND, checks=checks))


@dataclass
class Served:
    """The app on its sockets.

    Attributes:
        public, control: clients of the TCP port and of the unix socket.
        path: of the unix socket.
    """

    view: View
    server: Server
    public: httpx.AsyncClient
    control: httpx.AsyncClient
    path: Path
    port: int


@pytest.fixture
async def served(
    view: View, nursery: trio.Nursery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Served]:
    monkeypatch.setattr(serve, "AFTERWARDS", 0.1)
    path = tmp_path / "slawatch.sock"
    listeners = [bind_unix(path), *bind_tcp("127.0.0.1", 0)]
    port = listeners[1].socket.getsockname()[1]
    server = Server(build(view), listeners, grace=0.2)
    await nursery.start(server.run)
    async with (
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60) as public,
        httpx.AsyncClient(
            base_url="http://localhost",
            transport=httpx.AsyncHTTPTransport(uds=str(path)),
            trust_env=False,
            timeout=60,
        ) as control,
    ):
        yield Served(view, server, public, control, path, port)
    server.stop()


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Play]:
    config = configured(tmp_path)
    with Database.open(config.data_dir) as found:
        yield Play(config, found)
