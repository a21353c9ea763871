"""An outage as those hear of it who are on call: the real daemon, and stand-ins for all providers."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio
from tests.acceptance.program import Program, Target
from tests.acceptance.standins import StandIns, stand_ins

CONFIG = """
[alerting]
start_grace = "5s"
[services.shop]
escalation = "default"
[checks.shop-home]
service = "shop"
type = "http"
url = "http://127.0.0.1:{port}/"
interval = "1s"
failures = 2
retry_interval = "200ms"
[people.alice]
email = "alice@example.com"
phone = "+4915112345678"
contact = [ {{ channel = "mail" }}, {{ channel = "sms", after = "3s" }} ]
[people.bob]
contact = [ {{ channel = "hook" }} ]
[escalations.default]
repeat = 0
ack_timeout = "30m"
[[escalations.default.levels]]
to = ["person:alice"]
wait = "8s"
[[escalations.default.levels]]
to = ["person:bob", "channel:pagerduty"]
wait = "8s"
[[escalations.default.levels]]
to = ["channel:slack"]
wait = "5m"
{channels}
"""


async def off(work: Callable[..., Any], *args: Any) -> Any:
    """Do what would hold up the stand-ins, in a thread."""
    return await trio.to_thread.run_sync(partial(work, *args))


async def until(holds: Callable[[], object], seconds: float, program: Program, world: StandIns) -> None:
    with trio.move_on_after(seconds) as patience:
        while not holds():  # noqa: ASYNC110 (other processes)
            await trio.sleep(0.05)
    assert not patience.cancelled_caught, (
        f"still not so after {seconds} s; told: {world.told}\n{program.told()}"
    )


@pytest.mark.timeout(180)
async def test_an_outage_is_told_to_those_whose_turn_it_is_until_somebody_acknowledges(
    tmp_path: Path,
) -> None:
    async with stand_ins() as world:
        with Target() as target:
            with Program(tmp_path, CONFIG.format(port=target.port, channels=world.channels)) as program:
                await off(program.run)
                await off(program.until, lambda: program.state("shop") == "up", 20)
                assert world.told == []
                await off(target.kill)

                await until(lambda: world.by("email"), 30, program, world)
                await until(lambda: world.by("sms"), 30, program, world)
                await until(lambda: world.by("hook") and world.by("pagerduty"), 30, program, world)
                print(*world.told, sep="\n")
                listed = await off(program.json, "incidents", "list")
                print(listed)
                done = await off(program.command, "incidents", "ack", "1", "--by", "bob")
                print(done)
                await trio.sleep(12)
                print("acked", *world.told, sep="\n")
                await off(target.start)
                await trio.sleep(8)
                print("resolved", *world.told, sep="\n")
                print(program.told(), world.wrong)
                assert 0
