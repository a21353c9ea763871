"""A number goes beyond its threshold and comes back, with a crash in between: one alert, told once."""

import time
from pathlib import Path
from typing import Any

import pytest
from tests.acceptance.program import Program

CONFIG = """
[services.mail]
[checks.mail-queue]
service = "mail"
type = "exec"
command = ["/bin/sh", "-c", "echo \\"OK | queue=$(cat {queue})\\""]
interval = "1s"
[[rules]]
name = "queue"
metric = "measure_last:queue"
services = ["mail"]
window = "5s"
every = "1s"
warning = "> 10"
critical = "> 100"
"""


def alerts(program: Program, *more: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = program.json("alerts", "list", *more)["alerts"]
    return found


def severity(program: Program) -> str:
    firing = [one for one in alerts(program) if one["labels"].get("rule") == "queue"]
    return firing[0]["severity"] if firing else ""


@pytest.mark.timeout(180)
def test_a_rule_from_the_probe_to_the_alert_and_back(tmp_path: Path) -> None:
    queue = tmp_path / "queue"
    queue.write_text("3")
    with Program(tmp_path, CONFIG.format(queue=queue)) as program:
        program.run()
        asked = ("metrics", "query", "measure_last:queue", "--service", "mail", "--window", "5s")
        program.until(lambda: program.json(*asked)["values"][0]["value"] == 3.0, 15)
        assert severity(program) == ""

        queue.write_text("50")
        assert program.until(lambda: severity(program) == "medium", 20) < 15
        queue.write_text("500")
        program.until(lambda: severity(program) == "critical", 20)
        (one,) = [one for one in alerts(program) if one["labels"].get("rule") == "queue"]
        assert (one["actual"], one["threshold"], one["service"]) == ("500", "> 100", "mail")
        since, incident = one["since"], one["incident"]

        # It is killed, goes on where it was, and tells nothing twice.
        program.kill()
        program.run()
        time.sleep(6)
        (one,) = [one for one in alerts(program) if one["labels"].get("rule") == "queue"]
        assert (one["since"], one["incident"], one["severity"]) == (since, incident, "critical")

        queue.write_text("4")
        program.until(lambda: severity(program) == "", 20)
        shown = program.json("alerts", "show", one["id"])
        assert "queue is 4" in shown["resolution"]
        assert "at worst it was 500 (the rule says > 10 and > 100)" in shown["resolution"]
        assert program.stop() < 10
