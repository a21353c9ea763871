"""slawatch itself is stopped for a while, as by a paused virtual machine: nobody is blamed for it."""

import json
import os
import signal
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.acceptance.program import Program, Target

CHECKS = 16
STILL = 12.0
CONFIG = """
[organizations.acme]
[services.shop]
organization = "acme"
[agreements.gold]
organization = "acme"
services = ["shop"]
[[agreements.gold.objectives]]
id = "availability"
metric = "availability"
target = "99.9"
[checks.plugin]
service = "shop"
type = "exec"
command = ["/bin/sleep", "0.7"]
interval = "2s"
timeout = "2s"
"""
CHECK = """
[checks.home-{number}]
service = "shop"
type = "http"
url = "http://127.0.0.1:{port}/"
interval = "2s"
timeout = "2s"
"""


def children(pid: int) -> list[int]:
    """Return the children of a process, whichever of its threads started them."""
    found = [path.read_text().split() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    return [int(one) for of_thread in found for one in of_thread]


@pytest.mark.timeout(120)
def test_a_standstill_of_slawatch_is_nobodys_downtime(tmp_path: Path) -> None:
    with Target() as target:
        checks = "".join(CHECK.format(number=n, port=target.port) for n in range(CHECKS))
        with Program(tmp_path, CONFIG + checks) as program:
            program.run()
            program.until(lambda: program.state("shop") == "up", 15)
            assert program.daemon is not None
            assert children(program.daemon.pid), "no prober"
            assert target.process is not None
            own = [program.daemon.pid, *children(program.daemon.pid)]
            stopped = time.time()
            # All stand still, as on a paused machine; the target a little longer, so that probes are under
            # way and no answer is there yet when slawatch goes on.
            os.kill(target.process.pid, signal.SIGSTOP)
            try:
                time.sleep(0.6)
                for pid in own:
                    os.kill(pid, signal.SIGSTOP)
                time.sleep(STILL)
                went_on = time.time()
                for pid in own:
                    os.kill(pid, signal.SIGCONT)
                time.sleep(0.2)
            finally:
                os.kill(target.process.pid, signal.SIGCONT)
            time.sleep(3)
            report = program.json("report", "--month", datetime.now(UTC).strftime("%Y-%m"))
            told = [
                program.json("alerts", "list", "--state", state)["alerts"] for state in ("firing", "resolved")
            ]
            exported = program.command("export", "samples", "--format", "jsonl").stdout
            assert program.stop() < 10

    samples = [json.loads(line) for line in exported.splitlines()]
    assert [sample for sample in samples if sample["outcome"] in ("down", "degraded")] == []
    spoilt = [sample for sample in samples if "slawatch stood still for" in (sample["reason"] or "")]
    assert spoilt, "no probe was under way"
    assert {sample["outcome"] for sample in spoilt} == {"unknown"}
    assert all((sample["latency"] or 0) < 3 for sample in samples)
    again = {sample["check"] for sample in samples if at(sample["time"]) >= went_on - 0.1}
    assert len(again) == CHECKS + 1, "each check is probed again at once"

    assert told == [[], []]
    (service,) = report["services"]
    assert service["outages"] == []
    assert service["ledger"]["down"] == 0
    (gap,) = (one for one in report["unwatched"] if one["why"] == "slawatch stood still")
    assert stopped < at(gap["start"]) < stopped + 2
    assert went_on - 1 < at(gap["end"]) < went_on + 1


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
