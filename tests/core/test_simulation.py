"""Alerting in virtual time, driven by hand."""

from dataclasses import replace
from typing import Any

from tests.core.stage import START, check, scene

from slawatch.core.dependency import Dependency, Graph
from slawatch.core.dispatch import ChannelDown, Started
from slawatch.core.instant import HOUR, MINUTE, SECOND
from slawatch.core.matcher import parse
from slawatch.core.sample import Outcome
from slawatch.core.silence import Silence
from slawatch.core.simulation import Simulation, Watched
from slawatch.core.state import Seen
from slawatch.core.suppress import Window
from slawatch.core.workflow import Step, Workflow, named


def simulation(**more: Any) -> tuple[Simulation, Watched]:
    where = scene(("person:bob",), checks=[check("shop", "store", failures=1)], **more)
    stage = Simulation(where, START, grace=False)
    one = stage.watched["shop"] = Watched(where.checks["shop"])
    stage.give(Started())
    return stage, one


def result(stage: Simulation, one: Watched, outcome: Outcome, after: int = 0) -> bool:
    stage.now += after
    changed = stage.take(one, Seen(stage.now, outcome, 70 * SECOND))
    stage.settle()
    return changed


def test_a_result_that_changes_nothing_says_so() -> None:
    stage, one = simulation()
    assert not result(stage, one, Outcome.UP)
    assert result(stage, one, Outcome.DOWN, SECOND)
    assert not result(stage, one, Outcome.DOWN, SECOND)
    assert result(stage, one, Outcome.UP, SECOND)
    assert [m.kind for m in stage.messages] == ["trigger", "resolve"]


def test_the_timer_is_the_next_thing_that_comes_due() -> None:
    stage, one = simulation()
    assert stage.timer() is None
    result(stage, one, Outcome.DOWN)
    assert stage.timer() == START + 5 * MINUTE
    silence = Silence(
        id="s", match=parse("check=shop"), author="a", comment="c", start=START + MINUTE, end=START + HOUR
    )
    stage.silences.append(silence)
    assert stage.timer() == START + MINUTE


def test_a_window_that_opens_is_waited_for_while_something_fires() -> None:
    opens = START + 2 * MINUTE
    window = Window(name="w", open_until=lambda at: START + HOUR if at >= opens else None)
    stage, one = simulation(windows=(window,), opens=lambda at: opens if at < opens else None)
    assert stage.timer() is None
    result(stage, one, Outcome.DOWN)
    assert stage.timer() == opens


def test_through_a_channel_that_is_down_nothing_goes() -> None:
    stage, one = simulation()
    stage.broken.add("mail")
    stage.give(ChannelDown("mail"))
    result(stage, one, Outcome.DOWN)
    assert not stage.messages


def test_workflows_are_played_as_if_all_they_do_outside_went_well() -> None:
    stage, one = simulation()
    steps = (Step(run=("/bin/true",)), Step(notify="hook"))
    stage.world = replace(
        stage.world, workflows=named([Workflow(on="incident.opened", steps=steps)]),
    )  # fmt: skip
    result(stage, one, Outcome.DOWN)
    assert [(m.to, m.kind) for m in stage.messages] == [
        ("person:bob", "trigger"), ("channel:hook", "trigger"),
    ]  # fmt: skip
    assert [event.kind for event in stage.events if event.kind.startswith("step.")] == [
        "step.running", "step.done", "step.done",
    ]  # fmt: skip


def test_depth_counts_what_a_check_depends_on() -> None:
    graph = Graph([Dependency("store", "database"), Dependency("database", "dns")])
    where = scene(graph=graph)
    stage = Simulation(where, START)
    assert [stage.depth(where.checks[name]) for name in ("shop", "db")] == [2, 1]
