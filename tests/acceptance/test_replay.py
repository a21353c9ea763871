"""A night as it was, and the same night replayed from what was stored: the same people hear the same."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

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
command = ["/bin/sh", "-c", "cat > /dev/null"]
[people.ann]
contact = [ {{ channel = "log" }} ]
[people.bob]
contact = [ {{ channel = "log" }} ]
[escalations.default]
repeat = 0
[[escalations.default.levels]]
to = ["person:ann"]
wait = "4s"
[[escalations.default.levels]]
to = ["person:bob"]
wait = "5m"
"""


def moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


@pytest.mark.timeout(180)
def test_a_replay_of_what_was_stored_is_what_happened(tmp_path: Path) -> None:
    with (
        Target() as target,
        Program(tmp_path, CONFIG.format(port=target.port)) as program,
    ):
        program.run()
        program.until(lambda: program.state("shop") == "up", 30)
        target.kill()

        def sent() -> list[dict[str, Any]]:
            found = program.json("notifications", "list", "--state", "sent")["notifications"]
            return sorted(found, key=lambda one: str(one["created_at"]))

        program.until(lambda: [one["to"] for one in sent()] == ["person:ann", "person:bob"], 40)
        target.start()
        program.until(lambda: len(sent()) == 4, 30)
        happened = [(one["kind"], one["to"], one["channel"]) for one in sent()]
        times = [moment(one["created_at"]) for one in sent()]
        start = datetime.fromtimestamp(times[0] - 3600, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

        def replayed() -> list[dict[str, Any]]:
            found: list[dict[str, Any]] = program.json("replay", "--from", start)["old"]["messages"]
            return found

        live = replayed()
        program.stop()
        assert replayed() == live
        assert sorted((one["kind"], one["to"], one["channel"]) for one in live) == sorted(happened)
        for one, at in zip(live[:2], times[:2], strict=True):
            assert abs(moment(one["at"]) - at) < 2
