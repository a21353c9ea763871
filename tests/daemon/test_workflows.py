"""Workflows outside of the rules: real programs and a real webhook, in the order that the rules say."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import trio
from tests.fakes import Clock
from tests.notifiers.servers import Reply, providing, until

from slawatch.config.model import Config
from slawatch.config.world import world_of
from slawatch.core.alert import Alert
from slawatch.core.channel import Channel
from slawatch.core.dispatch import Ended, Fired, Input, Started, StepEnded, Tick, steps
from slawatch.core.escalation import Level, Policy
from slawatch.core.instant import SECOND
from slawatch.core.turn import State
from slawatch.core.workflow import Progress, Run, Step, Workflow
from slawatch.daemon.workflows import Workflows


class World:
    """The rules of alerting and the task that does what they ask for, without a store."""

    def __init__(self, *some: Step, on: Any = "incident.opened") -> None:
        policy = Policy(name="default", levels=(Level(to=("channel:ops",)),))
        self.config = Config(
            path=Path("x.toml"), data_dir=Path("x"), escalations={"default": policy},
            channels={"ops": Channel(name="ops", type="exec", options=None)},
            workflows=(Workflow(on=on, steps=some),),
        )  # fmt: skip
        self.clock = Clock()
        self.state = State()
        self.places = 16
        self.answers: list[StepEnded] = []
        self.task = Workflows(self.clock, lambda: self.config, lambda: self.state, self.answered)
        self.give(Started())

    def answered(self, answer: StepEnded) -> None:
        self.answers.append(answer)
        self.give(answer)

    def give(self, *inputs: Input) -> None:
        world = replace(world_of(self.config), places=self.places)
        self.state, _ = steps(self.state, (*inputs, Tick()), self.clock.now(), world)
        self.task.look()

    def fires(self) -> None:
        at = self.clock.now()
        alert = Alert(
            fingerprint="home", check="home", severity="critical", title="home is down", since=at,
            fired_at=at, service="shop", organization="acme", actual="refused",
        )  # fmt: skip
        self.give(Fired(alert))

    @property
    def run(self) -> Run:
        return next(iter(self.state.workflows.values()))


async def played(world: World, *, seconds: float = 10) -> Run:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(world.task.run)
        world.fires()
        await until(lambda: world.run.over, seconds)
        nursery.cancel_scope.cancel()
    return world.run


def shell(script: str, **more: Any) -> Step:
    return Step(run=("sh", "-c", script), **more)


async def test_a_program_reads_what_happened(tmp_path: Path) -> None:
    world = World(shell(f"cat > {tmp_path}/facts; env > {tmp_path}/environment; echo ticket 42"))
    found = await played(world)
    assert found.state is Progress.DONE
    assert found.steps[0].text == "sh ended with exit code 0: ticket 42"
    facts = json.loads((tmp_path / "facts").read_text())
    assert (facts["event"], facts["title"], facts["step"]) == ("incident.opened", "home is down", 1)
    assert facts["incident"]["alerts"][0]["actual"] == "refused"
    assert facts["labels"]["organization"] == "acme"
    lines = (tmp_path / "environment").read_text().splitlines()
    environment = dict(line.split("=", 1) for line in lines)
    assert environment["SLAWATCH_KEY"] == facts["key"] == "1:1:incident.opened:0"
    assert environment["SLAWATCH_INCIDENT"] == "1"
    assert environment["SLAWATCH_SEVERITY"] == "critical"
    allowed = {"PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "TZ", "LC_ALL", "PWD", "OLDPWD", "SHLVL", "_"}
    assert {name for name in environment if not name.startswith("SLAWATCH_")} <= allowed


async def test_steps_outside_follow_one_another(tmp_path: Path) -> None:
    place = tmp_path / "order"
    world = World(shell(f"echo a >> {place}"), Step(notify="ops"), shell(f"echo b >> {place}"))
    assert (await played(world)).state is Progress.DONE
    assert place.read_text() == "a\nb\n"


async def test_a_program_that_fails_ends_its_workflow(tmp_path: Path) -> None:
    world = World(shell("echo no such ticket >&2; exit 3"), shell(f"touch {tmp_path}/never"))
    found = await played(world)
    assert found.state is Progress.FAILED
    assert found.steps[0].text == "sh ended with exit code 3: no such ticket"
    assert not (tmp_path / "never").exists()


async def test_a_program_that_does_not_exist_is_a_failure() -> None:
    assert "does not exist" in (await played(World(Step(run=("/no/such/program",))))).steps[0].text


async def test_a_program_that_hangs_is_killed_with_its_children(tmp_path: Path) -> None:
    world = World(shell(f"sleep 60 & echo $! > {tmp_path}/child; wait", timeout=SECOND))
    found = await played(world)
    assert found.state is Progress.FAILED
    assert found.steps[0].text == "sh was killed: it had not ended within 1 s"
    child = int((tmp_path / "child").read_text())
    await until(lambda: not psutil.pid_exists(child) or psutil.Process(child).status() == "zombie")


async def test_a_webhook_is_posted_and_tried_again_with_the_same_id() -> None:
    async with providing() as provider:
        provider.answers(Reply(500), Reply(200))
        world = World(Step(webhook=f"{provider.url}/flow"))
        found = await played(world)
    assert found.state is Progress.DONE
    assert found.steps[0].text.endswith("at attempt 2")
    first, second = provider.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    data = first.json()["data"]
    assert (data["kind"], data["incident"], data["title"]) == ("trigger", "1", "home is down")
    assert data["reason"] == "workflow incident.opened, on incident.opened"


async def test_a_webhook_that_is_refused_for_good_fails() -> None:
    async with providing() as provider:
        provider.answers(Reply(410))
        found = await played(World(Step(webhook=f"{provider.url}/flow")))
    assert found.state is Progress.FAILED
    assert found.steps[0].text.startswith("disable: 410")


async def test_what_ran_when_the_daemon_ended_is_not_known(tmp_path: Path) -> None:
    world = World(shell(f"echo begun >> {tmp_path}/runs; sleep 60"))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(world.task.run)
        world.fires()
        await until(lambda: (tmp_path / "runs").exists())
        nursery.cancel_scope.cancel()
    assert not world.run.over
    world.task = Workflows(world.clock, lambda: world.config, lambda: world.state, world.answered)
    world.give(Started())
    async with trio.open_nursery() as nursery:
        nursery.start_soon(world.task.run)
        await trio.sleep(0.1)
        nursery.cancel_scope.cancel()
    assert world.run.state is Progress.UNKNOWN
    assert (tmp_path / "runs").read_text() == "begun\n"
    assert not world.answers


async def test_a_step_that_may_be_done_again_is(tmp_path: Path) -> None:
    again = f"echo $SLAWATCH_ATTEMPT >> {tmp_path}/runs; [ $SLAWATCH_ATTEMPT = 2 ] || sleep 60"
    world = World(shell(again, idempotent=True))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(world.task.run)
        world.fires()
        await until(lambda: (tmp_path / "runs").exists())
        nursery.cancel_scope.cancel()
    world.give(Started())
    async with trio.open_nursery() as nursery:
        nursery.start_soon(world.task.run)
        await until(lambda: world.run.over)
        nursery.cancel_scope.cancel()
    assert (tmp_path / "runs").read_text() == "1\n2\n"
    assert world.run.state is Progress.DONE


async def test_a_stop_waits_a_little_for_what_is_at_work(tmp_path: Path) -> None:
    world = World(shell(f"sleep 0.3; touch {tmp_path}/done"), shell(f"touch {tmp_path}/never"))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(world.task.run)
        world.fires()
        world.places = 0
        await world.task.stop(5)
        assert (tmp_path / "done").exists()
        await trio.sleep(0.1)
        nursery.cancel_scope.cancel()
    assert [answer.ok for answer in world.answers] == [True]
    assert not (tmp_path / "never").exists()
    assert [did.state for did in world.run.steps] == ["done"]


async def test_a_stop_does_not_wait_for_ever(tmp_path: Path) -> None:
    world = World(shell(f"touch {tmp_path}/begun; sleep 60"))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(world.task.run)
        world.fires()
        await world.task.stop(0.3)
        assert (tmp_path / "begun").exists()
        nursery.cancel_scope.cancel()
    assert not world.answers


async def test_a_config_that_changed_meanwhile_begins_nothing(tmp_path: Path) -> None:
    world = World(shell(f"touch {tmp_path}/never"))
    world.fires()
    world.config = replace(world.config, workflows=())
    async with trio.open_nursery() as nursery:
        nursery.start_soon(world.task.run)
        await until(lambda: bool(world.answers))
        nursery.cancel_scope.cancel()
    assert not world.answers[0].ok
    assert not (tmp_path / "never").exists()


async def test_the_end_of_an_incident_begins_one_too() -> None:
    world = World(shell('echo "$SLAWATCH_STATE $SLAWATCH_TITLE"'), on="incident.resolved")
    world.fires()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(world.task.run)
        world.give(Ended("home"))
        await until(lambda: bool(world.state.workflows) and world.run.over)
        nursery.cancel_scope.cancel()
    assert world.run.steps[0].text == "sh ended with exit code 0: resolved home is down"


async def test_before_the_first_turn_nothing_is_begun(tmp_path: Path) -> None:
    """The state as it was loaded says what the last daemon ran; that is not ours to do."""
    world = World(shell(f"touch {tmp_path}/again"))
    world.fires()
    assert not world.run.over
    task = Workflows(world.clock, lambda: world.config, lambda: world.state, world.answered)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(task.run)
        await trio.sleep(0.1)
        assert not (tmp_path / "again").exists()
        nursery.cancel_scope.cancel()
