"""Providers that do not take a message at once: it gets there all the same, or to somebody else."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.acceptance.program import Program, Target
from tests.acceptance.standins import StandIns, stand_ins
from tests.acceptance.test_told import off, until
from tests.notifiers.servers import Reply, Seen

CONFIG = """
[alerting]
start_grace = "0s"
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
contact = [ {{ channel = "{first}" }} ]
[people.bob]
email = "bob@example.com"
contact = [ {{ channel = "mail" }} ]
[schedules.primary]
[[schedules.primary.layers]]
people = ["alice"]
start = 2026-01-05T09:00:00
[escalations.default]
repeat = 0
[[escalations.default.levels]]
to = ["schedule:primary"]
wait = "4s"
{more}
{channels}
"""
NEXT = """
[[escalations.default.levels]]
to = ["person:bob"]
"""

pytestmark = pytest.mark.timeout(120)


@dataclass
class Outage:
    program: Program
    target: Target
    world: StandIns

    async def begins(self) -> None:
        await off(self.program.until, lambda: self.program.state("shop") == "up", 30)
        await off(self.target.kill)

    async def command(self, *words: str) -> str:
        done = await off(self.program.command, *words)
        assert done.returncode == 0, done.stderr
        return str(done.stdout)

    async def until(self, holds: Callable[[], object]) -> None:
        await until(holds, 30, self.program, self.world)

    async def messages(self) -> list[dict[str, Any]]:
        found = await off(self.program.json, "notifications", "list")
        return list(found["notifications"])


@asynccontextmanager
async def outage(folder: Path, first: str, more: str = "") -> AsyncIterator[Outage]:
    async with stand_ins() as world:
        with Target() as target:
            text = CONFIG.format(port=target.port, first=first, more=more, channels=world.channels)
            with Program(folder, text) as program:
                await off(program.run)
                yield Outage(program, target, world)
                assert await off(program.stop) < 10
        assert world.wrong == []


async def test_who_asks_to_wait_is_asked_again_when_they_said(tmp_path: Path) -> None:
    async with outage(tmp_path, "hook") as found:
        asked: list[float] = []

        def busy(seen: Seen) -> Reply | None:
            asked.append(time.time())
            return Reply(429, "slow down", {"Retry-After": "3"}) if len(asked) == 1 else None

        found.world.answer = busy
        await found.begins()
        await found.until(lambda: found.world.by("hook"))
        assert len(asked) == 2
        assert 2.9 <= asked[1] - asked[0] < 8
        (sent,) = await found.messages()
        shown = await off(found.program.json, "notifications", "show", sent["id"])
        assert [one["verdict"] for one in shown["attempts"]] == ["throttle", "ok"]
        assert shown["state"] == "sent"
        status = await off(found.program.json, "status")
        assert {one["state"] for one in status["channels"]} == {"ok"}, "to be asked to wait is no failure"
        assert "asked to wait" in await found.command("notifications", "show", sent["id"])


async def test_a_dead_message_is_sent_again_by_hand_and_gets_there(tmp_path: Path) -> None:
    async with outage(tmp_path, "slack") as found:
        found.world.answer = lambda seen: Reply(400, "invalid_payload")
        await found.begins()

        def dead() -> bool:
            listed = found.program.json("notifications", "list", "--state", "dead")["notifications"]
            return bool(listed)

        await off(found.program.until, dead, 30)
        (message,) = await found.messages()
        assert (message["why"], message["to"]) == ("permanent", "person:alice")
        assert "Given up: refused" in await found.command("notifications", "show", message["id"])
        found.world.answer = lambda seen: None
        await found.command("notifications", "retry", message["id"], "--by", "alice")
        await found.until(lambda: found.world.by("slack", "trigger"))
        again = await off(found.program.command, "notifications", "retry", message["id"])
        assert again.returncode != 0
        assert "only a dead message" in again.stderr
        (message,) = await found.messages()
        assert message["state"] == "sent"


async def test_who_cannot_be_reached_at_all_is_followed_by_the_next(tmp_path: Path) -> None:
    async with outage(tmp_path, "hook", NEXT) as found:
        found.world.answer = lambda seen: Reply(503, "down for now")
        await found.begins()
        await found.until(lambda: found.world.by("email", "trigger"))
        (mail,) = found.world.by("email")
        assert mail.to == "bob@example.com"
        waits = {one["to"]: one["state"] for one in await found.messages()}
        assert waits == {"person:alice": "retry_wait", "person:bob": "sent"}
        # When it is over alice, who was never reached, hears nothing of it.
        await off(found.target.start)
        await found.until(lambda: found.world.by("email", "resolve"))
        over = {one["to"]: one["state"] for one in await found.messages() if one["kind"] == "trigger"}
        assert over["person:alice"] == "cancelled"


async def test_a_refused_page_goes_to_the_next_at_once(tmp_path: Path) -> None:
    async with outage(tmp_path, "slack", NEXT) as found:
        found.world.answer = lambda seen: Reply(410, "channel_is_archived")
        await found.begins()
        await found.until(lambda: found.world.by("email", "trigger"))
        events = await off(found.program.json, "incidents", "show", "1")
        text = "\n".join(one["text"] for one in events["timeline"])
        assert "nobody could be reached on the level before" in text


async def test_a_swap_that_is_offered_and_taken_changes_who_is_paged(tmp_path: Path) -> None:
    async with outage(tmp_path, "hook") as found:
        start = datetime.now(UTC) - timedelta(minutes=5)
        span = [(start + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ") for hours in (0, 3)]
        words = ("oncall", "swap", "--person", "alice", "--from", span[0], "--to", span[1], "--by", "alice")
        offered = await off(found.program.json, *words)
        (now,) = [await off(found.program.json, "oncall", "show")]
        assert now["people"] == ["alice"], "what is only offered changes nothing"
        await found.command("oncall", "swap", "--take", offered["id"], "--by", "bob")
        assert (await off(found.program.json, "oncall", "show"))["people"] == ["bob"]
        await found.begins()
        await found.until(lambda: found.world.by("email", "trigger"))
        pages = [told for told in found.world.told if "shop-home" in told.text]
        assert [(told.channel, told.to) for told in pages] == [("email", "bob@example.com")]
