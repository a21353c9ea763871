from dataclasses import replace
from pathlib import Path

import pytest
from tests.fakes import EPOCH, Clock, Journal, Store, inline

from slawatch.checks.heartbeat import Options as Heartbeat
from slawatch.checks.tcp import Options as Tcp
from slawatch.config.model import Config
from slawatch.core.check import Check
from slawatch.core.instant import SECOND
from slawatch.core.sample import Outcome, Sample, Transition
from slawatch.core.timeline import Held
from slawatch.daemon.recorder import Recorder
from slawatch.daemon.reloading import Changes
from slawatch.daemon.watching import Watching


def tcp(name: str, interval: int = 30 * SECOND) -> Check:
    return Check(name=name, service="s", type="tcp", options=Tcp(address="127.0.0.1:1"), interval=interval)


JOB = Check(name="job", service="s", type="heartbeat", options=Heartbeat(every=60 * SECOND))


def config(*checks: Check) -> Config:
    return Config(path=Path("x.toml"), data_dir=Path("/x"), checks={check.name: check for check in checks})


def watching(
    *checks: Check, held: dict[int, Held] | None = None, changes: dict[int, Transition] | None = None
) -> Watching:
    clock = Clock()
    recorder = Recorder(Store(), Journal(), clock, inline)
    numbers = {check.name: number for number, check in enumerate(checks, 1)}
    return Watching(
        config(*checks), numbers, recorder, clock,
        held=held or {}, pings={}, log_format="human", changes=changes,
    )  # fmt: skip


def row(number: int, outcome: int = 0) -> tuple[object, ...]:
    return tuple(Sample(number, EPOCH, EPOCH, outcome, 0, 5, None, None, None, None, None, 70 * SECOND))


async def test_probers_probe_and_the_daemon_waits_for_calls() -> None:
    found = watching(tcp("a"), tcp("b"), JOB)
    assert set(found.probers._shares[0]) == {"a", "b"}
    assert found.heartbeats.scheduler.watched == ("job",)


async def test_another_config_moves_only_what_it_changes() -> None:
    found = watching(tcp("a"), tcp("b"), tcp("c"), JOB)
    share = found.probers._shares[0]["a"]
    new = config(tcp("a"), tcp("b", 5 * SECOND), tcp("d"))
    numbers = {"a": 1, "b": 2, "d": 5}
    assert found.apply(new, numbers) == Changes(("d",), ("b",), ("c", "job"))
    assert found.probers._shares[0]["a"] is share
    assert found.probers._shares[0]["b"][1].interval == 5 * SECOND
    assert set(found.probers._shares[0]) == {"a", "b", "d"}
    assert found.heartbeats.scheduler.watched == ()
    assert found.config is new


async def test_a_check_may_become_another_type() -> None:
    found = watching(tcp("a"))
    found.apply(config(replace(JOB, name="a")), {"a": 1})
    assert found.probers._shares[0] == {}
    assert found.heartbeats.scheduler.watched == ("a",)


async def test_samples_go_to_evaluator_and_recorder() -> None:
    found = watching(tcp("a"))
    found.take([row(1, 2)])
    assert found.recorder.queued == 1
    assert found.status(EPOCH) == "watching 1 checks, 1 down"
    found.recorder.trouble = "the disk is full"
    assert found.status(EPOCH).endswith("1 results wait: the disk is full")


async def test_a_fault_in_evaluating_is_counted_as_a_loss(caplog: pytest.LogCaptureFixture) -> None:
    found = watching(tcp("a"))
    found.take([(1, 2, EPOCH)])
    assert found.recorder.lost == 1
    assert "a fault in evaluating 1 samples" in caplog.text


async def test_it_goes_on_from_the_last_stored_samples() -> None:
    held = {1: Held(EPOCH, 70 * SECOND, Outcome.DOWN), 2: Held(EPOCH, 70 * SECOND, Outcome.UP)}
    live = watching(tcp("a"), tcp("b"), tcp("c"), held=held).evaluator.live(EPOCH + SECOND)
    assert [(check.outcome, check.failing) for check in live.values()] == [
        (Outcome.DOWN, True), (Outcome.UP, False), (None, False),
    ]  # fmt: skip


async def test_a_restart_does_not_change_since_when_a_check_is_what_it_is() -> None:
    held = {n: Held(EPOCH, 70 * SECOND, Outcome.DOWN) for n in (1, 2)}
    changes = {
        1: Transition(EPOCH - 900 * SECOND, Outcome.DOWN, None),
        2: Transition(EPOCH - 900 * SECOND, Outcome.UP, None),
    }
    found = watching(tcp("a"), tcp("b"), held=held, changes=changes)
    since = [check.since for check in found.evaluator.live(EPOCH + SECOND).values()]
    assert since == [EPOCH - 900 * SECOND, EPOCH]
