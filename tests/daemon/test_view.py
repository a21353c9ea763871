from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.daemon.test_commands import World
from tests.daemon.test_watching import JOB, row, tcp
from tests.fakes import EPOCH

from slawatch.core.instant import SECOND
from slawatch.core.sample import Outcome
from slawatch.daemon.view import DaemonView
from slawatch.store.database import Database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database.open(tmp_path / "data") as found:
        yield found


def view_of(world: World, database: Database) -> DaemonView:
    return DaemonView(world.watching, world.alerting, database, world.commands, world.clock, EPOCH)


async def test_a_snapshot_of_the_daemon(database: Database) -> None:
    world = World(database, tcp("a"), JOB)
    view = view_of(world, database)
    world.watching.take([row(1)])
    world.clock.step(2 * SECOND)
    live = view.live()
    assert (live.since, live.queued) == (EPOCH, 1)
    assert live.checks["a"].outcome == Outcome.UP
    assert live.checks["job"].outcome is None
    assert not live.ready
    assert live.trouble == ("1 of the probers are not running",)
    world.recorder.trouble = "the disk is full"
    assert view.live().trouble[0] == "results wait to be stored: the disk is full"
    assert view.config is world.watching.config
    assert view.commands is world.commands
    assert view.clock is world.clock


async def test_a_call_reaches_the_heartbeats(database: Database) -> None:
    world = World(database, JOB)
    view_of(world, database).ping("job", EPOCH)
    assert world.recorder._pings == [(1, EPOCH)]


async def test_a_cursor_reads_the_store(database: Database) -> None:
    cursor = view_of(World(database), database).cursor()
    assert cursor.execute("SELECT count(*) FROM sample").fetchone() == (0,)
    cursor.close()
