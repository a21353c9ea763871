"""What the page of an incident tells of what happened."""

from pathlib import Path

import pytest

from slawatch.config.load import load
from slawatch.core.event import Event
from slawatch.core.notification import Kind
from slawatch.core.turn import State
from slawatch.core.workflow import Did, Progress, Run
from slawatch.web.naming import Names
from slawatch.web.page_timeline import KINDS, runs_of, steps_of, told

from .conftest import NOW
from .duty import DUTY

ROW = "row:7:1:trigger:0:0:person:alice:chat"


@pytest.fixture
def names(tmp_path: Path) -> Names:
    path = tmp_path / "slawatch.toml"
    path.write_text(DUTY)
    return Names(load(path, env={}))


def texts(names: Names, *events: Event) -> list[str]:
    return [step.text for step in steps_of(events, names)]


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (Event(0, "incident.opened", "incident:7", "shop-db is down"), "Opened: shop-db is down"),
        (Event(0, "level.fired", "incident:7", "level 0 is told: person:bob"), "Level 0 is told: Bob Ray"),
        (
            Event(0, "child.listed", "incident:7", "shop-db is down: explained by it"),
            "Explains: shop-db is down",
        ),
        (
            Event(0, "alert.resolved", "alert:x", "shop-db is down: recovered"),
            "Over: shop-db is down: recovered",
        ),
        (Event(0, "row.sent", ROW, "ok"), "Called Alice Arnold by chat"),
        (
            Event(0, "row.dead", ROW, "permanent: trigger to person:alice through chat"),
            "Could not call Alice Arnold by chat: refused",
        ),
        (
            Event(
                0, "row.dead", ROW.replace("trigger", "resolve"), "no attempt left: resolve to person:alice"
            ),
            "Could not tell Alice Arnold by chat: every attempt failed",
        ),
        (
            Event(0, "step.done", "workflow:7:1:w", "dump, step 1 (run): /bin/dump ended with exit code 0"),
            "Workflow: dump, step 1 (run): /bin/dump ended with exit code 0",
        ),
        (Event(0, "workflow.failed", "workflow:7:1:w", "dump: exit code 1"), "Workflow: dump: exit code 1"),
    ],
)
def test_what_happened_is_told_in_words(names: Names, event: Event, text: str) -> None:
    assert texts(names, event) == [text]


@pytest.mark.parametrize(
    "event",
    [
        Event(0, "step.running", "workflow:7:1:w", "dump, step 1 (run): running"),
        Event(0, "step.done", "workflow:7:1:w", "dump, step 2 (wait): done"),
        Event(0, "step.failed", "workflow:7:1:w", "dump, step 3 (run): exit code 1"),
        Event(0, "row.queued", ROW, "queued"),
        Event(0, "alert.reported", "alert:x", "again"),
    ],
)
def test_what_nobody_wants_to_read_is_left_out(names: Names, event: Event) -> None:
    assert texts(names, event) == []


def test_a_workflow_says_how_far_each_of_its_steps_came() -> None:
    run = Run(
        key="7:1:dump", workflow="dump", on="incident.opened", incident=7, began_at=NOW,
        state=Progress.FAILED, verbs=("run", "wait", "notify"),
        steps=(Did("run", Progress.DONE, NOW, text="3 of 4 answer"), Did("wait", Progress.FAILED, NOW)),
    )  # fmt: skip
    other = Run(key="8:1:dump", workflow="dump", on="incident.opened", incident=8, began_at=NOW)
    (found,) = runs_of(State(workflows={run.key: run, other.key: other}), 7)
    assert (found.name, found.glyph, found.state) == ("dump", "down", "Failed")
    assert found.steps == (
        ("Run", "Done", "3 of 4 answer"), ("Wait", "Failed", ""), ("Tell", "Not begun", ""),
    )  # fmt: skip


def test_one_that_waits_for_a_silence_says_so() -> None:
    run = Run(key="7:1:dump", workflow="dump", on="incident.opened", incident=7, withheld=True)
    (found,) = runs_of(State(workflows={run.key: run}), 7)
    assert found.state == "Waits while nobody is told"


def test_who_is_told_through_what(names: Names) -> None:
    assert told("person:alice", "chat", names) == "Alice Arnold by chat"
    assert told("channel:chat", "chat", names) == "chat"


def test_each_kind_of_message_has_a_word() -> None:
    assert set(KINDS) == {str(kind) for kind in Kind}
