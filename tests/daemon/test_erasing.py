"""A person is taken out of what is stored while the daemon runs."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trio
from tests.daemon.test_commands import World
from tests.daemon.test_watching import tcp
from tests.fakes import inline

from slawatch.answers.view import Refused
from slawatch.answers.wish import EntryRefused
from slawatch.core.audit import Audited
from slawatch.core.command import Ack, Open
from slawatch.core.dispatch import Answered, Claimed
from slawatch.core.escalation import Level, Policy
from slawatch.core.notification import Delivery, Verdict
from slawatch.core.outbox import Stage
from slawatch.core.people import Person
from slawatch.core.turn import Contact
from slawatch.core.turn import World as World_
from slawatch.daemon.erasing import erase
from slawatch.store import alerting as stored
from slawatch.store.database import Database
from slawatch.store.writer import Writer


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database.open(tmp_path / "data") as found:
        yield found


class Sending:
    """A sender that begins nothing, and knows what it could have begun."""

    def __init__(self) -> None:
        self.offered: set[str] = set()

    def choose(self, rows: Any, now: int) -> list[Any]:
        self.offered |= {row.recipient for row in rows if row.unsent}
        return []

    def send(self, bundles: Any, state: Any) -> None: ...

    def due(self, rows: Any, now: int) -> None: ...


@pytest.fixture
async def world(database: Database) -> World:
    """A daemon in which zoe and bob are told of incidents, and zoe acknowledged one."""
    found = World(database, tcp("a"))
    found.recorder._writer = Writer(database)
    dispatcher = found.alerting.dispatcher
    policy = Policy(name="default", levels=(Level(to=("person:zoe", "person:bob")),))
    dispatcher._made = lambda _config: replace(
        World_(), policies={"default": policy}, recipients=lambda target, _at: (target,),
        contacts=lambda _who: (Contact("mail"),),
    )  # fmt: skip
    dispatcher._world = dispatcher._made(dispatcher.config)
    dispatcher._sender = Sending()
    await given(found, Open(by="person:zoe", title="the shop is slow", severity="high"))
    await given(found, Ack(by="person:zoe", incident=1))
    found.recorder.add_audit(Audited(1, "zoe", "", "incident.ack", "incident:1", "allowed"))
    return found


async def given(world: World, *inputs: Any) -> None:
    world.alerting.dispatcher.give(*inputs)
    await world.alerting.dispatcher.turn()


async def erased(world: World, database: Database, *names: str) -> dict[str, Any]:
    recorder, config = world.recorder, world.watching.config
    return await erase(world.alerting, recorder, database, config, names or ["zoe"], inline, inline)


def traces(folder: Path, name: bytes = b"zoe") -> list[str]:
    return [file.name for file in folder.rglob("*") if file.is_file() and name in file.read_bytes()]


async def test_what_is_in_memory_is_what_is_stored(world: World, database: Database) -> None:
    before = world.alerting.dispatcher.state
    assert before.incidents[1].acker == "person:zoe"
    found = await erased(world, database)
    state = world.alerting.dispatcher.state
    assert state.incidents[1].acker == f"person:{found['pseudonym']}"
    assert found["rows"]["audit"] == 1, "what waited to be stored is stored first"
    with database.reading() as cursor:
        assert stored.load(cursor).state == state
        cursor.execute("CHECKPOINT")
    assert traces(database.path) == []
    # It goes on where it was: the next event has the next number.
    await given(world, Ack(by="person:bob", incident=1))
    with database.reading() as cursor:
        assert stored.load(cursor).state == world.alerting.dispatcher.state


async def test_a_store_that_takes_nothing_erases_nothing(world: World, database: Database) -> None:
    class Full:
        last_sequence = 99

        def write(self, batch: object) -> None:
            raise OSError("the disk is full")

    world.recorder._writer = Full()
    with pytest.raises(Refused, match="nothing was erased") as refused:
        await erased(world, database)
    assert refused.value.busy
    assert world.alerting.dispatcher.state.incidents[1].acker == "person:zoe"


async def test_who_is_configured_or_called_as_a_check_stays(world: World, database: Database) -> None:
    with pytest.raises(EntryRefused, match="could not be told apart"):
        await erased(world, database, "a", "zoe")
    world.watching.config = replace(world.watching.config, people={"zoe": Person(key="zoe")})
    with pytest.raises(EntryRefused, match="take it out first and `slawatch reload`"):
        await world.commands.erase(["zoe"])


async def test_messages_under_way_end_first_and_none_is_begun(world: World, database: Database) -> None:
    dispatcher = world.alerting.dispatcher
    await given(world, Open(by="person:bob", title="the till is slow", severity="critical"))
    keys = {row.recipient: row.key for row in dispatcher.state.rows.values() if row.incident == 2}
    assert keys.keys() == {"person:zoe", "person:bob"}
    await given(world, Claimed((keys["person:zoe"],)))
    assert dispatcher.state.rows[keys["person:zoe"]].stage is Stage.SENDING
    await given(world, Open(by="person:bob", title="the sink is slow", severity="critical"))
    sending = dispatcher._sender = Sending()
    found: dict[str, Any] = {}

    async def take_out() -> None:
        found.update(await erased(world, database))

    with trio.fail_after(20):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(take_out)
            await trio.sleep(0.5)
            assert not found, "it waits for the message under way"
            assert sending.offered == {"person:bob"}, "others are told meanwhile"
            with pytest.raises(Refused, match="being rewritten"):
                await dispatcher.rewrite(lambda: None, lambda _row: False)
            dispatcher.give(
                Answered(keys["person:zoe"], Delivery(verdict=Verdict.OK), dispatcher.state.epoch)
            )
    (told,) = [row for row in dispatcher.state.rows.values() if row.stage is Stage.SENT]
    assert told.recipient == f"person:{found['pseudonym']}"
    assert "zoe" not in told.key
    assert traces(database.path) == []
