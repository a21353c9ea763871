"""A workflow as an operator sees it whose machine is switched off in the middle of it."""

import time
from pathlib import Path

import pytest
from tests.acceptance.program import Program, Target

CONFIG = """
[checks.shop-home]
service = "shop"
type = "http"
url = "http://127.0.0.1:{port}/"
interval = "1s"
failures = 2
retry_interval = "200ms"
[channels.log]
type = "exec"
command = ["/bin/sh", "-c", "cat > /dev/null; echo page >> {folder}/order"]
[[escalations.default.levels]]
to = ["channel:log"]
[[workflows]]
name = "once"
on = "incident.opened"
steps = [
  {{ run = ["/bin/sh", "-c", "echo once $SLAWATCH_KEY >> {folder}/order; sleep 60"] }},
  {{ run = ["/bin/sh", "-c", "echo never >> {folder}/order"] }},
]
[[workflows]]
name = "again"
on = "incident.opened"
steps = [
  {{ run = ["/bin/sh", "-c", "echo again $SLAWATCH_KEY $SLAWATCH_ATTEMPT >> {folder}/order; [ $SLAWATCH_ATTEMPT = 2 ] || sleep 60"], idempotent = true }},
  {{ run = ["/bin/sh", "-c", "echo after >> {folder}/order"] }},
]
"""  # noqa: E501


@pytest.mark.timeout(180)
def test_a_workflow_survives_the_end_of_the_daemon(tmp_path: Path) -> None:
    order = tmp_path / "order"

    def lines() -> list[str]:
        return order.read_text().splitlines() if order.exists() else []

    with (
        Target() as target,
        Program(tmp_path, CONFIG.format(port=target.port, folder=tmp_path)) as program,
    ):
        program.run()
        program.until(lambda: program.state("shop") == "up", 30)
        target.kill()
        program.until(lambda: {"page", "once 1:1:once:0", "again 1:1:again:0 1"} <= set(lines()), 30)
        time.sleep(0.5)
        program.kill()
        program.run()
        program.until(lambda: "after" in lines(), 30)
        assert sorted(lines()) == [
            "after", "again 1:1:again:0 1", "again 1:1:again:0 2", "once 1:1:once:0", "page",
        ]  # fmt: skip
        told = program.command("incidents", "show", "1").stdout
        assert "slawatch ended while it ran: whether it was done is not known" in told
        assert "slawatch ended while it ran: again" in told
