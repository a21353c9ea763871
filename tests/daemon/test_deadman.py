"""The dead man's switch: it calls while all is well, and only then."""

import logging
from pathlib import Path
from typing import Any

import pytest
import trio
from tests.fakes import Clock
from tests.notifiers.servers import Reply, providing, until

from slawatch.config.alerting import Alerting
from slawatch.config.model import Config
from slawatch.core.channel import Channel
from slawatch.core.instant import HOUR, SECOND
from slawatch.core.notice import Notice
from slawatch.core.text import Secret
from slawatch.daemon import deadman
from slawatch.daemon.deadman import DeadMan


class World:
    def __init__(self, url: Any, **keys: Any) -> None:
        self.config = Config(
            path=Path("x.toml"), data_dir=Path("x"),
            alerting=Alerting(ping=url, meta=("channel:ops",), **keys),
            channels={"ops": Channel(name="ops", type="exec", options=None)},
        )  # fmt: skip
        self.clock = Clock()
        self.why = ""
        self.told: list[Notice] = []
        self.task = DeadMan(self.clock, lambda: self.config, lambda: self.why, self.told.append)


async def test_it_calls_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadman, "_FIRST", 0)
    async with providing() as provider:
        world = World(f"{provider.url}/ping/abc")
        object.__setattr__(world.config.alerting, "ping_every", SECOND // 20)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(world.task.run)
            await until(lambda: len(provider.requests) >= 3)
            nursery.cancel_scope.cancel()
    assert {(seen.method, seen.target, seen.body) for seen in provider.requests} == {
        ("GET", "/ping/abc", b"")
    }
    assert not world.task.trouble


async def test_it_does_not_call_while_slawatch_does_not_watch(caplog: pytest.LogCaptureFixture) -> None:
    async with providing() as provider:
        world = World(provider.url)
        world.why = "results are not stored: the disk is full"
        for _ in range(3):
            await world.task.call(provider.url)
        assert not provider.requests
        assert world.task.trouble == "not called: results are not stored: the disk is full"
        assert len([r for r in caplog.records if r.levelno == logging.WARNING]) == 1
        world.why = ""
        await world.task.call(provider.url)
    assert len(provider.requests) == 1
    assert world.task.trouble == ""
    assert not world.told


async def test_calls_that_fail_are_told_to_meta_once_an_hour() -> None:
    async with providing() as provider:
        provider.answers(Reply(500, "out of order"))
        world = World(provider.url)
        for _ in range(2):
            await world.task.call(provider.url)
        assert not world.told
        for _ in range(3):
            await world.task.call(provider.url)
        assert {notice.row_key for notice in world.told} == {world.told[0].row_key}
        assert world.told[0].recipient == "channel:ops"
        assert "500 out of order" in world.told[0].text
        world.clock.step(HOUR)
        await world.task.call(provider.url)
        assert world.told[-1].row_key != world.told[0].row_key
        provider.answers(Reply(200))
        await world.task.call(provider.url)
    assert world.task.trouble == ""


async def test_a_secret_url_is_never_shown(caplog: pytest.LogCaptureFixture) -> None:
    world = World("https://x.example")
    async with providing() as provider:
        provider.answers(Reply(404, "no such hook hunter2"))
        await world.task.call(Secret(f"{provider.url}/hunter2"))
    assert "hunter2" not in world.task.trouble
    await world.task.call(Secret("http://127.0.0.1:1/hunter2"))
    assert "refused" in world.task.trouble
    assert "hunter2" not in caplog.text + world.task.trouble
    await world.task.call(Secret("http://[bad/hunter2"))
    assert "hunter2" not in caplog.text + world.task.trouble


async def test_without_a_url_nothing_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadman, "_FIRST", 0)
    world = World(None)
    with trio.move_on_after(0.05):
        await world.task.run()
    assert world.task.trouble == ""
