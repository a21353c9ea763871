"""An outage in the hands of those who deal with it: all by commands, against the real daemon."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from tests.acceptance.program import Program, Target

CONFIG = """
[alerting]
start_grace = "2s"
[services.shop]
escalation = "default"
[checks.shop-home]
service = "shop"
type = "http"
url = "http://127.0.0.1:{port}/"
interval = "1s"
failures = 2
retry_interval = "100ms"
[people.alice]
contact = [ {{ channel = "log" }} ]
[people.bob]
contact = [ {{ channel = "log" }} ]
[people.carol]
contact = [ {{ channel = "log" }} ]
[schedules.primary]
[[schedules.primary.layers]]
people = ["alice"]
start = 2026-01-05T09:00:00
shift = "weekly"
[escalations.default]
[[escalations.default.levels]]
to = ["schedule:primary"]
wait = "20s"
[[escalations.default.levels]]
to = ["person:bob"]
wait = "10m"
[channels.log]
type = "exec"
command = ["/bin/sh", "-c", "cat >> told.jsonl; echo >> told.jsonl"]
"""


class Story:
    """What a person does, and what was told so far."""

    def __init__(self, program: Program) -> None:
        self.program = program

    def told(self) -> list[tuple[str, str]]:
        """Return to whom what was told, in order."""
        found = self.program.json("notifications", "list", "--state", "sent")["notifications"]
        return [(one["to"].removeprefix("person:"), one["kind"]) for one in reversed(found)]

    def incident(self, number: int = 1) -> Any:
        return self.program.json("incidents", "show", str(number))

    def does(self, *words: str, code: int = 0) -> str:
        done = self.program.command(*words)
        assert done.returncode == code, (words, done.stdout, done.stderr)
        return done.stdout + done.stderr


@pytest.mark.timeout(240)
def test_people_deal_with_an_outage_by_commands(tmp_path: Path) -> None:
    with Target() as target, Program(tmp_path, CONFIG.format(port=target.port)) as program:
        story = Story(program)
        program.run()
        program.until(lambda: program.state("shop") == "up", 30)

        # Carol stands in for whoever is on call: entered while it runs, and heeded at once.
        made = json.loads(story.does("oncall", "override", "--person", "carol", "--for", "1h", "--json"))
        assert program.json("oncall", "show")["people"] == ["carol"]
        target.kill()
        program.until(lambda: story.told() == [("carol", "trigger")], 30)

        # Acknowledged, nobody else is told when the next level would have been.
        story.does("incidents", "ack", "--by", "carol")
        acked = time.monotonic()
        assert program.command("status", "--exit-code").returncode == 1
        assert [one["id"] for one in program.json("status")["incidents"]] == [1]
        time.sleep(max(0.0, acked + 21 - time.monotonic()))
        assert ("bob", "trigger") not in story.told()
        assert story.incident()["acker"] == "person:carol"

        # Under a silence, what is due is withheld, and explained; at its end it is told at once.
        silence = json.loads(story.does("silence", "add", "service=shop", "--for", "1h", "-m", "x", "--json"))
        assert silence["hits"] == ["shop-home"]
        story.does("oncall", "override", "--cancel", made["id"])
        before = story.told()
        story.does("incidents", "unack", "1", "--by", "carol")
        time.sleep(3)
        assert story.told() == before
        reasons = program.json("alerts", "explain", "shop-home")["not_told"]
        assert reasons[0]["kind"] == "silence"
        assert "silence" in story.does("incidents", "escalate", "1", code=1)
        story.does("silence", "expire", silence["id"])
        program.until(lambda: story.told()[len(before) :] == [("alice", "trigger")], 15)

        # A power cut: what was known is still shown, and goes on afterwards.
        program.kill()
        assert story.incident()["state"] == "triggered"
        story.does("incidents", "ack", "1", code=69)
        program.run()
        story.does("incidents", "ack", "1", "--by", "alice")
        story.does("incidents", "assign", "1", "bob", "--by", "alice")
        story.does("incidents", "note", "1", "the", "plug", "was", "out", "--by", "alice")

        target.start()
        program.until(lambda: story.incident()["state"] == "resolved", 30)
        program.until(
            lambda: {who for who, kind in story.told() if kind == "resolve"} >= {"alice", "carol"}, 15
        )
        story.does("incidents", "ack", "1", code=1)
        (violation,) = program.json("alerts", "show", "shop-home")["violations"]
        assert violation["end"] is not None
        assert violation["start"] < story.incident()["opened_at"] < violation["end"]
        text = story.does("incidents", "postmortem", "1")
        assert "the plug was out" in text
        assert "| Assigned to | bob |" in text
        assert program.stop() < 10
