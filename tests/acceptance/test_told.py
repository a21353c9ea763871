"""An outage as those hear of it who are on call: the real daemon, and stand-ins for all providers."""

import time
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
wait = "20s"
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


@pytest.mark.timeout(240)
async def test_an_outage_is_told_to_those_whose_turn_it_is_until_somebody_acknowledges(
    tmp_path: Path,
) -> None:
    async with stand_ins() as world:
        with (
            Target() as target,
            Program(tmp_path, CONFIG.format(port=target.port, channels=world.channels)) as program,
        ):
            await off(program.run)
            await off(program.until, lambda: program.state("shop") == "up", 30)
            assert world.told == []
            program.config.write_text(program.config.read_text().replace('"200ms"', '"250ms"'))
            assert (await off(program.command, "reload")).returncode == 0

            await off(target.kill)
            await until(lambda: world.by("pagerduty") and world.by("hook"), 60, program, world)
            (mail,), (text,) = world.by("email"), world.by("sms")
            (alert,), (page,) = world.by("hook"), world.by("pagerduty")
            assert 0 < mail.at - target.killed < 30
            assert (mail.to, text.to, alert.to) == ("alice@example.com", "+4915112345678", "person:bob")
            assert {told.kind for told in world.told} == {"trigger"}
            # Alice's second way comes three seconds after her first; the next level eight after hers.
            assert text.at - mail.at > 2
            assert page.at - mail.at > 7

            done = await off(program.command, "incidents", "ack", "1", "--by", "bob")
            assert done.returncode == 0, done.stderr
            acked = [("email", "alice@example.com"), ("hook", "person:bob"), ("pagerduty", "")]
            await until(lambda: addressees(world, "ack") == acked, 30, program, world)
            (incident,) = (await off(program.json, "incidents", "list"))["incidents"]
            assert (incident["id"], incident["state"], incident["service"]) == (1, "acked", "shop")
            # The third level would have been told twenty seconds after the second.
            await trio.sleep(max(0.0, page.at + 20 - time.time()) + 2)
            assert world.by("slack") == []

            await off(target.start)
            await until(lambda: len(addressees(world, "resolve")) >= 3, 30, program, world)
            await trio.sleep(2)
            shown = await off(program.json, "incidents", "show", "1")
            sent = await off(program.json, "notifications", "list")
            assert await off(program.stop) < 10

        assert world.wrong == []
        assert addressees(world, "resolve") == acked, "not exactly those who were told"
        assert len(world.told) == 4 + 3 + 3
        assert world.by("slack") == []
        assert {told.id for told in world.by("pagerduty")} == {page.id}, "one alert at the provider"
        assert [told.kind for told in world.by("pagerduty")] == ["trigger", "ack", "resolve"]
        assert shown["state"] == "resolved"
        assert {row["state"] for row in sent["notifications"]} == {"sent"}


def addressees(world: StandIns, kind: str) -> list[tuple[str, str]]:
    """Return through what and where a kind of message was told."""
    return sorted((told.channel, told.to) for told in world.told if told.kind == kind)
