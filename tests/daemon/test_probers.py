import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio
from tests import fakes

from slawatch.checks.exec import Options
from slawatch.clock import SYSTEM
from slawatch.core.check import Check
from slawatch.core.instant import SECOND
from slawatch.core.life import LifeEvent, details
from slawatch.daemon import probers as probers_file
from slawatch.daemon.probers import Probers, totals
from slawatch.daemon.wire import Row, Settings


def check(name: str) -> Check:
    return Check(
        name=name,
        service="s",
        type="exec",
        options=Options(command=("true",)),
        interval=SECOND // 5,
        timeout=SECOND,
    )


class World:
    def __init__(self, count: int) -> None:
        self.rows: list[Row] = []
        self.events: list[LifeEvent] = []
        self.probers = Probers(
            count,
            SYSTEM,
            Settings("human", "error"),
            take=self.rows.extend,
            lost=lambda count, since: None,
            record=self.events.append,
        )


async def until(true: Callable[[], object], seconds: float = 20) -> None:
    with trio.fail_after(seconds):
        while not true():  # noqa: ASYNC110
            await trio.sleep(0.02)


@asynccontextmanager
async def running(count: int, *names: str) -> AsyncIterator[World]:
    world = World(count)
    world.probers.apply([(number, check(name)) for number, name in enumerate(names, 1)], ())
    async with trio.open_nursery() as nursery:
        nursery.start_soon(world.probers.run)
        yield world
        with trio.fail_after(5):
            await world.probers.stop()


async def test_samples_come_from_a_process_of_its_own() -> None:
    async with running(1, "a", "b") as world:
        await until(lambda: set(fakes.by_check(world.rows)) == {1, 2})
        assert set(world.probers.pids) == {0}
        assert world.probers.pids[0] != os.getpid()
        await until(lambda: totals(world.probers.stats).get("started", 0) >= 2)
    assert world.events == []
    assert {row[3] for row in world.rows} == {0}


async def test_a_file_in_the_present_folder_is_not_taken_for_a_module(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "trio.py").write_text("raise SystemExit('a stranger ran')")
    monkeypatch.chdir(tmp_path)
    async with running(1, "a") as world:
        await until(lambda: world.rows)
    assert world.events == []


async def test_checks_are_divided_among_the_probers() -> None:
    names = [f"check-{n}" for n in range(12)]
    async with running(2, *names) as world:
        await until(lambda: len(fakes.by_check(world.rows)) == 12)
        await until(lambda: len(world.probers.stats) == 2)
        assert all(share for share in world.probers._shares)
        assert world.probers.missing == 0


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
async def test_a_prober_that_dies_is_started_again(number: signal.Signals) -> None:
    async with running(1, "a") as world:
        await until(lambda: world.rows)
        first = world.probers.pids[0]
        os.kill(first, number)
        await until(lambda: world.probers.pids.get(0, first) != first)
        seen = len(world.rows)
        await until(lambda: len(world.rows) > seen)
        second = world.probers.pids[0]
    died, started = world.events
    assert (died.kind, started.kind) == ("prober_died", "prober_started")
    assert details(died) == {"prober": 0, "why": f"ended by signal {number.value}"}
    assert details(started) == {"prober": 0, "pid": second}


async def test_a_terminal_does_not_end_a_prober() -> None:
    async with running(1, "a") as world:
        await until(lambda: world.rows)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            os.kill(world.probers.pids[0], number)
        seen = len(world.rows)
        await until(lambda: len(world.rows) > seen + 3)
    assert world.events == []


async def test_a_prober_that_hangs_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probers_file, "SILENT", 2.5)
    monkeypatch.setattr(probers_file, "_STOP", 0.2)
    async with running(1, "a") as world:
        await until(lambda: world.rows)
        first = world.probers.pids[0]
        os.kill(first, signal.SIGSTOP)
        await until(lambda: world.probers.pids.get(0, first) != first)
    assert "it hangs" in details(world.events[0])["why"]


async def test_orders_reach_the_running_prober_and_its_successor() -> None:
    async with running(1, "a") as world:
        await until(lambda: world.rows)
        world.probers.apply([(2, check("b"))], ["a"])
        await until(lambda: 2 in fakes.by_check(world.rows))
        os.kill(world.probers.pids[0], signal.SIGKILL)
        await until(lambda: len(world.events) == 2)
        world.rows.clear()
        await until(lambda: world.rows)
        assert set(fakes.by_check(world.rows)) == {2}


STAND_IN = """#!/bin/sh
{before}
eval "exec cat <&$4" >/dev/null
"""


@pytest.mark.parametrize(
    "before", ["", "sleep 0.2", "exit 3"], ids=["reads its orders", "reads them late", "dies at once"]
)
async def test_a_stop_ends_all_at_whatever_moment_it_comes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, before: str
) -> None:
    program = tmp_path / "prober"
    program.write_text(STAND_IN.format(before=before))
    program.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(program))
    # More orders than the socket takes at once, so that some stops come while they are being sent.
    checks = [(number, check(f"check-{number}")) for number in range(1, 8_001)]
    worlds = [World(1) for _ in range(24)]
    for world in worlds[::2]:
        world.probers.apply(checks, ())
    with trio.fail_after(20):
        async with trio.open_nursery() as nursery:
            for world in worlds:
                nursery.start_soon(world.probers.run)
            for world in worlds:
                await trio.lowlevel.checkpoint()
                nursery.start_soon(world.probers.stop)
    assert all(world.probers.pids == {} for world in worlds)


async def test_a_stop_does_not_wait_for_the_next_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/does/not/exist")
    monkeypatch.setattr(probers_file, "FIRST_DELAY", 3600.0)
    world = World(1)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(world.probers.run)
        await until(lambda: world.events)
        with trio.fail_after(5):
            await world.probers.stop()


async def test_a_prober_that_cannot_be_started_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/does/not/exist")
    world = World(1)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(world.probers.run)
        await until(lambda: len(world.events) >= 2)
        assert world.probers.missing == 1
        nursery.cancel_scope.cancel()
    assert "cannot be started" in details(world.events[0])["why"]
