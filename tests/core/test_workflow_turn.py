"""Workflows in turns: what begins them, how their steps follow, and what a crash leaves."""

from typing import Any

import pytest
from tests.core.workflow_stage import AT, PLACES, RUN, Stage, opened

from slawatch.core.alert import Alert, Reason
from slawatch.core.command import Ack, Assign, Resolve
from slawatch.core.dispatch import (
    Answered,
    Claimed,
    ClockStepped,
    Ended,
    Fired,
    SeverityChanged,
    StepEnded,
    due,
)
from slawatch.core.instant import DAY, HOUR, MINUTE
from slawatch.core.notification import Delivery, Verdict
from slawatch.core.turn import fold, read_event, restated, write_event
from slawatch.core.workflow import Progress, Step, When, Workflow
from slawatch.core.workflow_turn import OVERDUE, TRIES, Occasion, at_work


def test_steps_follow_one_another_and_each_outside_waits_for_its_answer() -> None:
    stage = Stage(opened(Step(notify="hook"), RUN, Step(assign="team:database")))
    stage.fires()
    assert [did.state for did in stage.run().steps] == ["done", "running"]
    assert [run.key for run in at_work(stage.state)] == ["1:1:incident.opened"]
    stage.answers()
    assert stage.run().state is Progress.DONE
    assert [did.text for did in stage.run().steps] == ["hook is told", "fine", "assigned to team:database"]
    assert stage.state.incidents[1].assignee == "team:database"
    assert [row.kind for row in stage.state.rows.values() if row.channel == "hook"] == ["trigger"]


def test_after_a_step_that_fails_the_rest_is_left() -> None:
    stage = Stage(opened(RUN, Step(notify="hook")))
    stage.fires()
    stage.answers(ok=False, text="ended with exit code 3")
    assert stage.run().state is Progress.FAILED
    assert not [row for row in stage.state.rows.values() if row.channel == "hook"]
    assert stage.events[-1].text == "incident.opened: ended with exit code 3; not begun: 1 of its 2 steps"


def test_an_assignment_that_is_refused_is_a_failure() -> None:
    stage = Stage(opened(Step(assign="team:a"), on="agreement.breached"))
    stage.give(Occasion("agreement.breached", "99.9 missed", ({"agreement": "gold"},), "gold", apart="gold"))
    assert stage.run("0:0:agreement.breached:gold").steps[0].text == "there is no incident to assign"


def test_what_happens_to_an_agreement_belongs_to_the_incident_that_tells_of_it() -> None:
    stage = Stage(
        opened(Step(assign="team:a"), Step(notify="hook"), on="agreement.breached"),
        opened(Step(notify="hook"), on="incident.acked", name="other"),
    )
    at = stage.now
    alert = Alert(
        fingerprint="breached{a}", check="gold", severity="high", title="gold is breached", since=at,
        fired_at=at,
    )  # fmt: skip
    occasion = Occasion(
        "agreement.breached", "99.9 missed", ({"agreement": "gold", "severity": "high"},), "gold",
        apart="breached{a}@1", alert="breached{a}",
    )  # fmt: skip
    stage.give(Fired(alert), occasion)
    run = stage.run("1:1:agreement.breached:breached{a}@1")
    assert run.state is Progress.DONE
    assert stage.state.incidents[1].assignee == "team:a"
    assert ("agreement.breached", "incident:1") in [(event.kind, event.subject) for event in stage.events]
    assert [row.kind for row in stage.state.rows.values() if row.channel == "hook"] == ["trigger"]
    stage.give(Ack(by="person:ann", incident=1))
    again = occasion._replace(apart="breached{a}@2")
    stage.give(again)
    assert [row.kind for row in stage.state.rows.values() if row.channel == "hook"][-1] in ("ack", "update")


def test_a_wait_is_waited_for_by_the_elapsed_clock() -> None:
    stage = Stage(opened(Step(wait=10 * MINUTE), Step(notify="hook")))
    stage.fires()
    assert due(stage.state, stage.world) == AT + 5 * MINUTE
    stage.now += HOUR
    stage.give(ClockStepped(HOUR))
    assert stage.run().state is Progress.RUNNING
    stage.wait(10 * MINUTE - 1)
    assert not stage.run().over
    assert due(stage.state, stage.world) == stage.now + 1
    stage.wait(1)
    assert stage.run().state is Progress.DONE


@pytest.mark.parametrize("idempotent", [False, True])
def test_what_ran_when_slawatch_ended_is_run_again_only_if_that_does_no_harm(idempotent: bool) -> None:
    step = Step(run=("/bin/true",), idempotent=idempotent)
    stage = Stage(opened(step, Step(notify="hook")))
    stage.fires()
    before = at_work(stage.state)[0].steps[-1]
    stage.restarts()
    if idempotent:
        again = at_work(stage.state)[0].steps[-1]
        assert (again.tries, again.epoch) == (2, before.epoch + 1)
        stage.answers()
        assert stage.run().state is Progress.DONE
    else:
        assert stage.run().state is Progress.UNKNOWN
        assert "not known" in stage.run().steps[0].text
        assert not at_work(stage.state)


def test_a_late_answer_of_a_daemon_before_changes_nothing() -> None:
    stage = Stage(opened(Step(run=("/bin/true",), idempotent=True)))
    stage.fires()
    run = at_work(stage.state)[0]
    stage.restarts()
    stage.give(StepEnded(run.key, 0, True, "late", run.steps[-1].epoch))
    assert stage.run().state is Progress.RUNNING


def test_an_answer_that_never_comes_is_not_waited_for() -> None:
    stage = Stage(opened(Step(run=("/bin/true",), timeout=MINUTE)))
    stage.fires()
    stage.wait(MINUTE + OVERDUE - 1)
    assert stage.run().state is Progress.RUNNING
    stage.wait(1)
    assert stage.run().state is Progress.UNKNOWN


def test_what_may_be_done_again_is_not_begun_without_end() -> None:
    stage = Stage(opened(Step(run=("/bin/true",), timeout=MINUTE, idempotent=True)))
    stage.fires()
    for _ in range(2 * TRIES):
        stage.wait(MINUTE + OVERDUE)
    assert stage.run().state is Progress.UNKNOWN
    assert stage.run().steps[0].tries == TRIES


def test_only_so_many_steps_are_outside_at_once() -> None:
    stage = Stage(*(opened(RUN, name=f"w{n}") for n in range(PLACES + 3)))
    stage.fires()
    assert len(at_work(stage.state)) == PLACES
    stage.answers()
    assert len([run for run in stage.state.workflows.values() if run.state is Progress.DONE]) >= PLACES
    stage.answers()
    assert all(run.state is Progress.DONE for run in stage.state.workflows.values())


def test_without_places_steps_stay_pending_and_are_begun_after_the_next_start() -> None:
    """So slawatch stops: what is not begun is not lost."""
    stage = Stage(opened(RUN, Step(run=("/bin/false",))))
    stage.fires()
    stage.places = 0
    stage.answers()
    assert [did.state for did in stage.run().steps] == ["done"]
    stage.restarts()
    assert not at_work(stage.state)
    stage.places = PLACES
    stage.restarts()
    assert [did.state for did in stage.run().steps] == ["done", "running"]


def test_the_occasions_of_an_incident() -> None:
    kinds: list[Any] = [
        "incident.opened", "incident.acked", "incident.escalated", "incident.severity_up",
        "incident.assigned", "incident.resolved", "incident.reopened", "alert.fired", "alert.resolved",
    ]  # fmt: skip
    stage = Stage(*(opened(Step(notify="hook"), on=kind) for kind in kinds))
    stage.fires(severity="high")
    stage.wait(5 * MINUTE)
    stage.wait(5 * MINUTE)
    stage.give(SeverityChanged("shop", "critical"))
    stage.give(Ack(by="person:ann", incident=1))
    stage.give(Ack(by="person:ann", incident=1))
    stage.give(Assign(by="person:ann", incident=1, to="person:bob"))
    stage.give(Ended("shop"))
    stage.now += MINUTE
    stage.fires()
    began = [event.text.partition(":")[0] for event in stage.events if event.kind == "workflow.began"]
    assert sorted(began) == sorted([*kinds, "alert.fired"])


def test_conditions_are_about_any_alert_of_the_incident_with_its_severity() -> None:
    stage = Stage(
        opened(Step(notify="hook"), when=When(severity="critical", services=("store",)), name="yes"),
        opened(Step(notify="hook"), when=When(services=("other",)), name="no"),
        opened(Step(notify="hook"), when=When(severity="critical"), name="less"),
    )
    stage.fires(severity="critical")
    assert sorted(run.workflow for run in stage.state.workflows.values()) == ["less", "yes"]


def test_what_a_workflow_does_begins_no_other() -> None:
    stage = Stage(
        opened(Step(assign="team:a")),
        opened(Step(assign="team:b"), on="incident.assigned"),
    )
    stage.fires()
    assert list(stage.state.workflows) == ["1:1:incident.opened"]
    stage.give(Assign(by="person:ann", incident=1, to="person:ann"))
    assert len(stage.state.workflows) == 2
    assert stage.state.incidents[1].assignee == "team:b"


def test_while_nobody_is_told_workflows_wait_and_begin_when_that_ends() -> None:
    stage = Stage(opened(RUN))
    stage.reasons = (Reason("maintenance", "work"),)
    stage.fires()
    assert stage.run().withheld
    assert not at_work(stage.state)
    stage.reasons = ()
    stage.wait(MINUTE)
    assert at_work(stage.state)


def test_what_was_over_before_anybody_was_told_begins_nothing() -> None:
    stage = Stage(opened(RUN), opened(RUN, on="incident.resolved"))
    stage.reasons = (Reason("maintenance", "work"),)
    stage.fires()
    stage.give(Ended("shop"))
    assert not at_work(stage.state)
    assert [run.state for run in stage.state.workflows.values()] == [Progress.DONE]


@pytest.mark.parametrize("later", [[], [opened(Step(notify="hook"))]])
def test_a_workflow_that_a_reload_changed_goes_no_further(later: list[Workflow]) -> None:
    stage = Stage(opened(Step(wait=MINUTE), Step(notify="hook")))
    stage.fires()
    stage.workflows = later
    stage.wait(MINUTE - 1)
    assert not stage.run().over
    stage.wait(1)
    assert stage.run().state is Progress.FAILED
    assert "changed by a reload" in stage.events[-1].text
    assert stage.run().ended_at == stage.now


def test_a_reload_that_does_not_change_its_steps_does_not_disturb_a_workflow() -> None:
    stage = Stage(opened(Step(wait=MINUTE), Step(notify="hook")))
    stage.fires()
    stage.workflows = [opened(Step(wait=HOUR), Step(notify="other")), *stage.workflows]
    stage.channels.add("other")
    stage.wait(MINUTE)
    assert stage.run().steps[1].text == "other is told"


def test_what_runs_outside_while_its_workflow_goes_may_still_answer_or_is_not_waited_for() -> None:
    for answered in (True, False):
        stage = Stage(opened(RUN, Step(notify="hook")))
        stage.fires()
        stage.workflows = []
        if answered:
            stage.answers()
            assert stage.run().state is Progress.FAILED
        stage.wait(10 * MINUTE)
        assert stage.run().state is (Progress.FAILED if answered else Progress.UNKNOWN)


def test_nothing_that_is_over_is_due() -> None:
    stage = Stage(opened(Step(wait=MINUTE)), opened(Step(run=("/bin/true",)), on="incident.acked"))
    stage.fires()
    stage.give(Ack(by="person:ann", incident=1))
    stage.workflows = []
    stage.wait(HOUR)
    stage.give(Resolve(by="person:ann", incident=1), Ended("shop"))
    assert all(run.over for run in stage.state.workflows.values())
    later = due(stage.state, stage.world)
    assert later is None or later > stage.now


def test_a_channel_that_is_gone_fails_its_step() -> None:
    stage = Stage(opened(Step(notify="gone")))
    stage.fires()
    assert stage.run().steps[0].text == "there is no channel gone"


def test_a_dead_message_of_a_workflow_does_not_hurry_the_escalation() -> None:
    stage = Stage(opened(Step(notify="hook")))
    stage.fires(severity="low")
    levels = [event.text for event in stage.events if event.kind == "level.fired"]
    key = next(row.key for row in stage.state.rows.values() if row.channel == "hook")
    stage.give(Claimed((key,)))
    stage.give(Answered(key, Delivery(verdict=Verdict.PERMANENT), stage.state.epoch))
    assert [event.text for event in stage.events if event.kind == "level.fired"] == levels


def test_old_workflows_are_forgotten_with_their_incident() -> None:
    stage = Stage(opened(Step(notify="hook")))
    stage.fires()
    stage.give(Resolve(by="person:ann", incident=1), Ended("shop"))
    for row in list(stage.state.rows):
        stage.give(Claimed((row,)))
    stage.wait(2 * DAY)
    stage.wait(2 * DAY)
    assert not stage.state.incidents
    assert not stage.state.workflows


def test_the_state_with_workflows_is_the_fold_of_its_events() -> None:
    stage = Stage(opened(Step(notify="hook"), Step(wait=MINUTE), RUN))
    stage.fires()
    stage.wait(MINUTE)
    assert fold(read_event(write_event(event)) for event in stage.events) == stage.state
    assert fold(restated(stage.state, stage.now)) == stage.state
