"""The daemon is killed in mid-flight: what was acknowledged is there, and what was not watched is unknown."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.acceptance.program import Program, Target

CONFIG = "".join(
    f"""
[checks.fast-{number}]
service = "shop"
type = "http"
url = "http://127.0.0.1:{{port}}/"
interval = "100ms"
timeout = "100ms"
stale_after = "300ms"
"""
    for number in range(10)
)


def samples(program: Program) -> dict[tuple[str, str], dict[str, Any]]:
    """Ask the daemon for all samples."""
    status, text = program.ask("/api/v1/export?what=samples&format=jsonl")
    assert status == 200, text
    return by_time(text)


def by_time(text: str) -> dict[tuple[str, str], dict[str, Any]]:
    rows = [json.loads(line) for line in text.splitlines()]
    found = {(row["check"], row["time"]): row for row in rows}
    assert len(found) == len(rows), "a sample is stored twice"
    return found


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_fifty_kills_lose_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    kills = 50
    with Target() as target, Program(tmp_path, CONFIG.format(port=target.port)) as program:
        acknowledged: dict[tuple[str, str], dict[str, Any]] = {}
        for number in range(kills):
            program.run()
            wanted = len(acknowledged) + number % 7 * 10
            program.until(lambda n=wanted: len(samples(program)) >= n, 60)
            time.sleep(number % 5 * 0.05)
            seen = samples(program)
            assert acknowledged.items() <= seen.items(), f"lost after kill {number}"
            acknowledged = seen
            program.kill()
        assert len(acknowledged) > kills * 10
        done = program.command("export", "samples", "--format", "jsonl")
        assert done.returncode == 0, done.stderr
        assert acknowledged.items() <= by_time(done.stdout).items()

        now = datetime.now(UTC)
        report = program.json("report", "--month", now.strftime("%Y-%m"))
    unwatched = [gap for gap in report["unwatched"] if "clean stop" in gap["why"]]
    assert len(unwatched) >= kills - 1
    ledger = report["services"][0]["ledger"]
    assert ledger["unknown"] > 0.05 * kills
    total = sum(round(length * 1_000_000) for length in ledger.values())
    assert total == round(report["period"]["seconds"] * 1_000_000)
