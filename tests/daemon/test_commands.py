from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import trio.testing
from tests.daemon.test_watching import config, tcp
from tests.fakes import EPOCH, Clock, Journal, Store, inline

from slawatch.answers.entering import EntryRefused
from slawatch.answers.view import Refused
from slawatch.config.model import Address, Config, Web
from slawatch.config.problem import ConfigError, Problem
from slawatch.core.check import Check, Service
from slawatch.core.instant import SECOND, parse_rfc3339, rfc3339
from slawatch.core.life import details
from slawatch.core.sample import Outcome
from slawatch.daemon.alerting import Alerting, look_up
from slawatch.daemon.commands import Commands
from slawatch.daemon.recorder import Recorder
from slawatch.daemon.systemd import Notifier
from slawatch.daemon.watching import Watching
from slawatch.store import entries, evidence
from slawatch.store.database import Database, StoreBusy, StoreError


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database.open(tmp_path / "data") as found:
        yield found


class World:
    def __init__(self, database: Database, *checks: Check) -> None:
        self.clock = Clock()
        self.next: Config | Exception = config(*checks)
        self.store = Store()
        self.recorder = Recorder(self.store, Journal(), self.clock, inline)
        numbers = database.check_numbers([check.name for check in checks])
        self.watching = Watching(
            config(*checks), numbers, self.recorder, self.clock, held={}, pings={}, log_format="human"
        )
        found = look_up(database, self.watching.config, (), self.clock.now())
        self.alerting = Alerting(found, self.watching, self.clock, None)
        self.commands = Commands(
            self.watching, self.alerting, database, inline, inline, self.clock, self.reread, Notifier({})
        )

    def reread(self) -> Config:
        if isinstance(self.next, Exception):
            raise self.next
        return self.next


async def test_a_good_config_is_applied_and_journalled(database: Database) -> None:
    world = World(database, tcp("a"), tcp("b"))
    world.next = config(tcp("a"), tcp("c"))
    found = await world.commands.reload()
    assert (found.added, found.changed, found.removed) == (("c",), (), ("b",))
    assert world.watching.numbers == {"a": 1, "c": 3}
    (event,) = world.recorder._life
    assert event.kind == "config"
    assert details(event)["removed"] == ["b"]


async def test_a_wrong_config_changes_nothing(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    world = World(database, tcp("a"))
    before = world.watching.config
    world.next = ConfigError([Problem("x.toml", 3, "checks.a.type", message="there is no such type")])
    with pytest.raises(Refused) as refused:
        await world.commands.reload()
    assert refused.value.problems == ("x.toml:3: checks.a.type: there is no such type",)
    assert "there is no such type" in caplog.text
    assert world.watching.config is before
    assert world.recorder._life == []


async def test_a_store_that_takes_no_new_names_keeps_the_old_config(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(database, tcp("a"))

    def refuse(self: Database, names: object) -> None:
        raise StoreBusy("just now")

    monkeypatch.setattr(Database, "check_numbers", refuse)
    world.next = config(tcp("b"))
    with pytest.raises(Refused) as refused:
        await world.commands.reload()
    assert refused.value.busy
    assert set(world.watching.config.checks) == {"a"}


async def test_what_waits_for_a_restart_is_compared_with_the_start(database: Database) -> None:
    world = World(database, tcp("a"))
    begun = world.watching.config
    other = replace(begun, web=Web(listen=Address("127.0.0.1", 8470)))
    for world.next in (other, other):
        (line,) = (await world.commands.reload()).warnings
        assert line == "web.listen: nothing stays in use until slawatch is restarted"
    world.next = begun
    assert (await world.commands.reload()).warnings == ()


def csv(path: Path, *rows: str) -> Path:
    path.write_text("\n".join(["check,time,outcome,latency,reason", *rows]))
    return path


async def test_an_import_is_what_the_next_sample_goes_on_from(database: Database, tmp_path: Path) -> None:
    world = World(database, tcp("a"))
    path = csv(tmp_path / "x.csv", f"a,{rfc3339(EPOCH - 10 * SECOND)},up,0.1,")
    found = await world.commands.import_samples(path)
    assert (found.rows, found.added, found.checks) == (1, 1, 1)
    with database.reading() as cursor:
        assert evidence.held(cursor)[1].outcome == Outcome.UP
    taken = world.watching.evaluator.take(
        [(1, EPOCH, EPOCH, 0, 0, 5, *[None] * 5, 70 * SECOND, 0, None, None, ())]
    )
    assert taken.transitions == []


@pytest.mark.parametrize(
    "make",
    [lambda path: csv(path, "a,yesterday,up,,"), lambda path: csv(path, "nobody,2026-01-01T00:00:00Z,up,,")],
)
async def test_a_bad_row_is_refused(database: Database, tmp_path: Path, make: Callable[[Path], Path]) -> None:
    world = World(database, tcp("a"))
    with pytest.raises(Refused, match="2"):
        await world.commands.import_samples(make(tmp_path / "x.csv"))


async def test_what_a_person_enters_is_stored_and_logged(
    database: Database, caplog: pytest.LogCaptureFixture, mock_clock: trio.testing.MockClock
) -> None:
    world = World(database, tcp("a"))
    services = {"shop": Service(name="shop")}
    world.watching.config = replace(world.watching.config, services=services)
    now = world.clock.now()
    wish = {
        "id": "m-1", "services": ["shop"], "start": rfc3339(now + SECOND), "end": rfc3339(now + 2 * SECOND),
        "person": "alice",
    }  # fmt: skip
    with caplog.at_level("INFO", "slawatch.commands"):
        found = await world.commands.enter("maintenance.add", wish)
    assert found["id"] == "m-1"
    assert parse_rfc3339(found["announced"]) == parse_rfc3339(found["entered"]["at"]) == now
    assert "maintenance.add m-1 by 'alice'" in caplog.text
    with database.reading() as cursor:
        assert [work.start for work in entries.maintenance(cursor)] == [now + SECOND]
    with pytest.raises(EntryRefused, match="no service 'nope'"):
        await world.commands.enter("maintenance.add", {**wish, "services": ["nope"]})


@pytest.mark.parametrize("busy", [True, False])
async def test_an_entry_that_the_store_does_not_take_is_refused(
    database: Database, monkeypatch: pytest.MonkeyPatch, busy: bool
) -> None:
    def refuse(self: Database) -> None:
        raise StoreBusy("just now") if busy else StoreError("never")

    world = World(database, tcp("a"))
    monkeypatch.setattr(Database, "reading", refuse)
    with pytest.raises(Refused, match="just now" if busy else "never") as refused:
        await world.commands.enter("maintenance.cancel", {"id": "m-1", "person": "alice"})
    assert refused.value.busy is busy


async def test_a_probe_is_made_beside_all_others_and_stored_nowhere(database: Database) -> None:
    from slawatch import checks

    world = World(database, tcp("a"))
    options = checks.load("exec").options(command=("/bin/echo", "fine"))
    probed = await world.commands.probe(Check(name="free", service="s", type="exec", options=options))
    assert probed.outcome is Outcome.UP
    assert "stdout: fine" in [line for _, line in probed.lines]
    assert world.store.batches == []
    assert world.recorder.queued == 0


async def test_what_a_reload_would_say_changes_nothing(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    world = World(database, tcp("a"))
    before = world.watching.config
    world.next = config(tcp("b"))
    found = await world.commands.check_config()
    assert (found.problems, found.config) == ((), world.next)
    world.next = ConfigError([Problem("x.toml", 3, "checks.a.type", message="there is no such type")])
    found = await world.commands.check_config()
    assert [problem.line for problem in found.problems] == [3]
    assert world.watching.config is before
    assert "no such type" not in caplog.text


async def test_a_test_message_goes_through_the_channel(database: Database) -> None:
    from slawatch import notifiers
    from slawatch.core.channel import Channel

    world = World(database, tcp("a"))
    options = notifiers.load("exec").options(command=("/bin/cat",))
    (tried,) = await world.commands.try_channel(
        Channel(name="log", type="exec", options=options), "channel:log", ""
    )
    assert (tried.kind, tried.delivery.ok) == ("message", True)
