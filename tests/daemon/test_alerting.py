from collections.abc import Iterator
from pathlib import Path

import pytest
import trio
from tests.daemon.test_commands import World
from tests.daemon.test_watching import config, row, tcp
from tests.fakes import EPOCH

from slawatch.answers.view import Refused
from slawatch.core.command import Ack
from slawatch.core.instant import SECOND
from slawatch.core.matcher import Matcher
from slawatch.core.sample import Outcome
from slawatch.core.silence import Silence, put
from slawatch.daemon.alerting import look_up, read_entered
from slawatch.store import alerting as stored
from slawatch.store.database import Database
from slawatch.store.duty import enter_silence
from slawatch.store.writer import Writer


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database.open(tmp_path / "data") as found:
        yield found


def sample(at: int, outcome: Outcome) -> tuple[object, ...]:
    found = list(row(1, outcome))
    found[1] = found[2] = EPOCH + at * SECOND
    return tuple(found)


def failing(world: World) -> None:
    world.watching.take([sample(at, Outcome.DOWN) for at in range(3)])


async def test_failing_samples_open_an_incident_and_good_ones_end_it(database: Database) -> None:
    world = World(database, tcp("a"))
    dispatcher = world.alerting.dispatcher
    failing(world)
    await dispatcher.turn()
    (alert,) = dispatcher.state.alerts.values()
    assert (alert.fingerprint, alert.severity, alert.firing, alert.since) == ("a", "critical", True, EPOCH)
    world.watching.take([sample(3, Outcome.UP)])
    await dispatcher.turn()
    (incident,) = dispatcher.state.incidents.values()
    assert (incident.state, incident.resolution) == ("resolved", "resolved")


async def test_a_check_that_the_config_drops_ends_its_alert_without_a_word(database: Database) -> None:
    world = World(database, tcp("a"), tcp("b"))
    failing(world)
    await world.alerting.dispatcher.turn()
    world.next = config(tcp("b"))
    await world.commands.reload()
    await world.alerting.dispatcher.turn()
    (alert,) = world.alerting.dispatcher.state.alerts.values()
    assert (alert.firing, alert.resolution) == (False, "no longer watched")


async def test_a_command_that_makes_no_sense_is_refused(database: Database) -> None:
    world = World(database)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(world.alerting.dispatcher.run)
        with pytest.raises(Refused, match="there is no incident 4"):
            await world.commands.act(Ack(by="bob", incident=4))
        nursery.cancel_scope.cancel()


async def test_what_people_enter_is_in_force_at_once(database: Database) -> None:
    world = World(database, tcp("a"))
    assert read_entered(database, world.watching.config) == (world.watching.config, ())
    entered = await world.commands.enter(
        "silence.add", {"match": "check=a", "comment": "known", "for": "1h", "person": "bob", "source": "x"}
    )
    failing(world)
    await world.alerting.dispatcher.turn()
    (alert,) = world.alerting.dispatcher.state.alerts.values()
    assert [why.by for why in alert.suppressed] == [entered["id"]]
    await world.commands.enter("silence.expire", {"id": entered["id"], "person": "bob", "source": "x"})
    await world.alerting.dispatcher.turn()
    (alert,) = world.alerting.dispatcher.state.alerts.values()
    assert alert.suppressed == ()


def test_a_silence_that_silences_nothing_is_told_of_at_the_start(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    whole = config(tcp("a"))
    for name, end in (("s-over", EPOCH + 1), ("s-bad", EPOCH + 100)):
        bad = Silence(
            match=(Matcher("check", "=~", "(?=x)"),), author="bob", comment="c", start=EPOCH, end=end
        )
        enter_silence(database, lambda known, n=name, b=bad: put(known, b, EPOCH, n), "bob", "b", EPOCH)
    look_up(database, whole, (), EPOCH + 10)
    (line,) = [record.getMessage() for record in caplog.records]
    assert line.startswith("silence s-bad silences nothing: '(?=x)' is no pattern: look-around")


async def test_a_long_history_is_written_down_at_the_start(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(database, tcp("a"))
    failing(world)
    dispatcher = world.alerting.dispatcher
    await dispatcher.turn()
    for batch in world.store.batches:
        Writer(database).write(batch)
    monkeypatch.setattr(stored, "SNAPSHOT_EVERY", 1)
    found = look_up(database, world.watching.config, (), EPOCH)
    assert (found.loaded.state, found.loaded.folded > 10) == (dispatcher.state, True)
    assert look_up(database, world.watching.config, (), EPOCH).loaded == (*found.loaded[:2], 0)


async def test_stopping_stores_what_came_last(database: Database) -> None:
    world = World(database, tcp("a"))
    failing(world)
    await world.alerting.stop()
    kinds = [numbered.event.kind for batch in world.store.batches for numbered in batch.events]
    assert "incident.opened" in kinds
