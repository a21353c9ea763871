"""When slawatch does not call the dead man's URL, and that its tasks are there."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import trio
from tests.daemon.test_commands import World
from tests.daemon.test_watching import tcp

from slawatch import notifiers
from slawatch.core.channel import Channel
from slawatch.core.instant import MINUTE
from slawatch.daemon.alerting import AILING_AFTER
from slawatch.daemon.channels import Line
from slawatch.notifiers.webhook import Options
from slawatch.store.database import Database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database.open(tmp_path / "data") as found:
        yield found


def watching(**keys: Any) -> Any:
    recorder = SimpleNamespace(trouble=keys.get("trouble", ""), lag=keys.get("lag", 0))
    return SimpleNamespace(recorder=recorder, probers=SimpleNamespace(missing=keys.get("missing", 0)))


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        ({}, ""),
        ({"trouble": "the disk is full"}, "results are not stored: the disk is full"),
        ({"lag": AILING_AFTER + 1}, "results wait for 60 s to be stored"),
        ({"missing": 1}, "1 of the probers are not running"),
    ],
)
async def test_slawatch_is_ailing(database: Database, keys: dict[str, Any], why: str) -> None:
    alerting = World(database, tcp("a")).alerting
    alerting.dispatcher.turned = trio.current_time()
    assert alerting._ailing(watching(**keys)) == why


async def test_a_dispatcher_that_does_not_turn_is_an_ailment(
    database: Database, mock_clock: trio.testing.MockClock
) -> None:
    alerting = World(database, tcp("a")).alerting
    assert alerting._ailing(watching()) == "alerting has not begun"
    async with trio.open_nursery() as nursery:
        nursery.start_soon(alerting.dispatcher.run)
        with trio.fail_after(60):
            while alerting.dispatcher.turned is None:
                mock_clock.jump(0.01)
                await trio.lowlevel.checkpoint()
        nursery.cancel_scope.cancel()
    assert alerting._ailing(watching()) == ""
    mock_clock.jump(AILING_AFTER / MINUTE * 60 + 1)
    assert alerting._ailing(watching()) == "alerting has not turned for 61 s"


async def test_what_alerting_runs(database: Database) -> None:
    world = World(database, tcp("a"))
    tasks = world.alerting.tasks(database, lambda work, *args: work(*args))
    assert {"dispatcher", "sender", "workflows", "notices", "dead man"} <= set(tasks)


async def test_it_is_said_when_nobody_could_be_told(
    database: Database, mock_clock: trio.testing.MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    world = World(database, tcp("a"))
    alerting = world.alerting
    hook = Channel(name="hook", type="webhook", options=Options(url="http://127.0.0.1:9/"))
    alerting.dispatcher.config = replace(alerting.dispatcher.config, channels={"hook": hook})
    assert alerting.unheard() == ""
    line = Line(hook, notifiers.load("webhook"), world.clock.now())
    line.broken = "misconfigured"
    alerting.sender._lines = {"hook": line}
    assert alerting.unheard() == "", "it is looked at every five seconds"
    mock_clock.jump(6)
    assert alerting.unheard().endswith("nothing goes through hook")
    assert alerting.unheard().endswith("nothing goes through hook")
    line.broken = ""
    mock_clock.jump(6)
    assert alerting.unheard() == ""
    assert caplog.text.count("nothing goes through hook") == 1
    assert "can be told of trouble with slawatch again" in caplog.text
