"""A thousand services fail at once: what those hear of it who are on call."""

import re
import time
from pathlib import Path

import pytest
import trio
from tests.acceptance.program import Program
from tests.acceptance.standins import StandIns, Told, stand_ins
from tests.acceptance.test_told import off, until
from tests.daemon.conftest import Port

SERVICES = 1_000
HEAD = """
[alerting]
start_grace = "5s"
[defaults.check]
type = "tcp"
address = "{address}"
interval = "5s"
timeout = "2s"
failures = 1
[people.alice]
email = "alice@example.com"
phone = "+4915112345678"
contact = [ {{ channel = "slack" }}, {{ channel = "mail" }}, {{ channel = "sms" }} ]
[escalations.default]
[[escalations.default.levels]]
to = ["person:alice"]
wait = "30m"
[services.database]
escalation = "default"
[checks.database]
service = "database"
{channels}
"""
SERVICE = """
[services.service-{number}]
escalation = "default"
{more}
[checks.check-{number}]
service = "service-{number}"
"""


def config(address: str, world: StandIns, more: str) -> str:
    services = (SERVICE.format(number=number, more=more) for number in range(SERVICES))
    return HEAD.format(address=address, channels=world.channels) + "".join(services)


def down(program: Program) -> int:
    """Return how many services are down."""
    services = program.json("status")["services"]
    return sum(service["state"] == "down" for service in services)


@pytest.mark.timeout(300)
async def test_one_page_for_what_they_all_depend_on(tmp_path: Path) -> None:
    port = Port()
    async with stand_ins() as world:
        with Program(tmp_path, config(str(port), world, 'depends_on = ["database"]')) as program:
            await off(program.run)
            await trio.sleep(8)
            assert world.told == []
            port.close()
            await off(program.until, lambda: down(program) == SERVICES + 1, 60)
            await until(lambda: len(world.told) == 3, 30, program, world)
            await trio.sleep(15)
            (incident,) = (await off(program.json, "incidents", "list"))["incidents"]
            assert await off(program.stop) < 10
        assert incident["service"] == "database"
        assert sorted(told.channel for told in world.told) == ["email", "slack", "sms"]
        assert all("database" in told.text for told in world.told)
        assert world.wrong == []


@pytest.mark.timeout(300)
async def test_without_one_no_more_than_the_buckets_allow(tmp_path: Path) -> None:
    port = Port()
    async with stand_ins() as world:
        with Program(tmp_path, config(str(port), world, "")) as program:
            await off(program.run)
            await trio.sleep(8)
            port.close()
            failed = time.time()
            await until(lambda: world.told, 30, program, world)
            await off(program.until, lambda: down(program) == SERVICES + 1, 60)
            await off(program.until, lambda: channels(program)["slack"]["queued"] == 0, 60)
            assert await off(program.stop) < 10
        slack, mails, texts = (world.by(name) for name in ("slack", "email", "sms"))
        assert slack[0].at - failed < 30
        # A message a second, ten a minute, one a minute; what is above that comes in digests.
        assert len(slack) <= slack[-1].at - slack[0].at + 2
        assert sum(map(incidents, slack)) == SERVICES + 1, "not everybody's failure was told"
        for told, most in ((mails, 10), (texts, 1)):
            assert all(sum(first.at <= one.at < first.at + 59 for one in told) <= most for first in told), (
                told
            )
        assert world.wrong == []


def incidents(told: Told) -> int:
    """Return how many incidents a message is about."""
    many = re.match(r"\[Digest\] (\d+) incidents", told.text)
    return int(many[1]) if many else 1


def channels(program: Program) -> dict[str, dict[str, int]]:
    """Return how the channels stand, by name."""
    return {channel["channel"]: channel for channel in program.json("status")["channels"]}
