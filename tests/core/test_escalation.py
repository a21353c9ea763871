"""Escalation, against every published timeline."""

from typing import Any

import pytest
from tests.core.alert_play import Play, cases

from slawatch.core.turn import fold, read_event, write_event


def shown(play: Play) -> list[dict[str, Any]]:
    """The messages as the timelines have them: they know neither the notice of an ack nor reminders."""
    found = []
    for t, row in play.messages:
        if row.kind in ("ack", "reminder"):
            continue
        message: dict[str, Any] = {"t": t, "kind": row.kind, "to": row.recipient, "incident": row.incident}
        if play.case.get("contacts"):
            message["channel"] = row.channel
        if row.level >= 0:
            message |= {"level": row.level, "cycle": row.cycle}
        if row.reason and row.kind != "resolve":
            message["reason"] = row.reason
        found.append(message)
    return found


@pytest.mark.parametrize("case", cases("escalation_recommended"), ids=lambda c: c["id"].split("/")[1])
def test_published_timeline(case: dict[str, Any]) -> None:
    play = Play(case)
    play.run()
    assert shown(play) == case["expect"]
    last = play.state.incidents[play.state.next_incident - 1]
    assert last.shown == case["expect_state"]
    for t, text in case.get("log") or []:
        said = {
            "wall_jump": "the clock was set",
            "remove_policy": "",
            "edit_policy": "",
            "ack ignored": "was resolved",
        }
        wanted = said.get(text.split(":")[0], text)
        assert not wanted or any(at == t and wanted in line for at, line in play.log), text
    stored = [write_event(event) for event in play.events]
    assert fold(map(read_event, stored)) == play.state
