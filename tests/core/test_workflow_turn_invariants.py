"""Whatever workflows do: an escalation never notices."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.workflow_stage import RUN, Stage, opened

from slawatch.core.alert import Reason
from slawatch.core.command import Ack, Resolve
from slawatch.core.dispatch import Ended
from slawatch.core.instant import MINUTE
from slawatch.core.turn import fold, read_event, write_event
from slawatch.core.workflow import Step

WHAT = st.lists(
    st.one_of(
        st.sampled_from(["fire", "end", "ack", "resolve", "ok", "bad", "restart", "quiet", "loud"]),
        st.integers(1, 20),
    ),
    max_size=30,
)


def unrounded(subject: str) -> str:
    """Return a subject without the round of its message: what a workflow tells makes rounds of its own."""
    parts = subject.split(":")
    return ":".join(parts[:5] + parts[6:]) if parts[0] == "row" and parts[3] != "trigger" else subject


@settings(max_examples=80, deadline=None)
@given(WHAT)
def test_with_workflows_or_without_the_escalation_is_the_same(script: list[Any]) -> None:
    """Whatever workflows do, fail at or wait for: nobody is paged earlier, later or less."""
    busy = [
        opened(RUN), opened(Step(wait=MINUTE), RUN), opened(Step(assign="team:a"), on="incident.acked"),
        opened(Step(run=("/bin/true",), idempotent=True), on="incident.escalated"),
        opened(RUN, on="incident.resolved"), opened(Step(notify="gone"), on="alert.fired"),
    ]  # fmt: skip
    found = []
    for workflows in ([], busy):
        stage = Stage(*workflows)
        for what in script:
            if isinstance(what, int):
                stage.wait(what * MINUTE)
            elif what == "fire":
                stage.fires()
            elif what == "end":
                stage.give(Ended("shop"))
            elif what in ("ack", "resolve"):
                number = max(stage.state.incidents, default=0)
                command = Ack if what == "ack" else Resolve
                stage.give(command(by="person:ann", incident=number))
            elif what in ("ok", "bad"):
                stage.answers(ok=what == "ok")
            elif what == "restart":
                stage.restarts()
            else:
                stage.reasons = (Reason("silence", "s"),) if what == "quiet" else ()
                stage.give()
        found.append(
            [(event.at, event.kind, unrounded(event.subject)) for event in stage.events
             if event.subject.startswith(("row:", "incident:")) and event.by != "workflow:incident.acked"
             and event.kind != "incident.changed"]
        )  # fmt: skip
        assert fold(read_event(write_event(event)) for event in stage.events) == stage.state
        keys = [event.subject for event in stage.events if event.kind == "workflow.began"]
        assert len(keys) == len(set(keys))
    assert found[0] == found[1]
