"""A service fails and comes back: what the terminal shows, and what the report says about it."""

import math
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.acceptance.program import Program, Target

CONFIG = """
[organizations.acme]
[services.shop]
organization = "acme"
[checks.shop-home]
service = "shop"
type = "http"
url = "http://127.0.0.1:{port}/"
interval = "1s"
[agreements.gold]
organization = "acme"
services = ["shop"]
[[agreements.gold.objectives]]
id = "availability"
metric = "availability"
target = "99.9"
[[agreements.gold.objectives]]
id = "speed"
metric = "latency_p95"
target = "< 500ms"
"""


def month() -> str:
    return datetime.now(UTC).strftime("%Y-%m")


def seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


@pytest.mark.timeout(120)
def test_an_outage_is_shown_at_once_and_reported_as_it_was(tmp_path: Path) -> None:
    with Target() as target, Program(tmp_path, CONFIG.format(port=target.port)) as program:
        program.run()
        program.until(lambda: program.state("shop") == "up", 10)
        time.sleep(3)

        target.kill()
        assert program.until(lambda: program.state("shop") == "down", 10) < 5
        assert program.command("status", "--exit-code").returncode == 1
        assert program.command("status", "--nagios").returncode == 2
        time.sleep(4)
        failed = target.killed
        target.start()
        program.until(lambda: program.state("shop") == "up", 5)
        time.sleep(3)

        beside = program.json("report", "--month", month())
        assert program.stop() < 10
        alone = program.json("report", "--month", month())

    for report in (beside, alone):
        (service,) = report["services"]
        (outage,) = service["outages"]
        assert 0 <= seconds(outage["start"]) - failed <= 1.1
        assert 0 <= seconds(outage["end"]) - target.started <= 1.1
        ledger = service["ledger"]
        total = sum(round(length * 1_000_000) for length in ledger.values())
        assert total == round(report["period"]["seconds"] * 1_000_000)
        good, counted = map(int, service["availability"]["exact"].split("/"))
        assert math.isclose(good / counted, ledger["up"] / (ledger["up"] + ledger["down"]), rel_tol=1e-12)
        assert report["objectives"][0]["verdict"] == "missed"
        assert report["objectives"][1]["verdict"] == "met"
    assert beside["services"][0]["outages"][0]["id"] == alone["services"][0]["outages"][0]["id"]
