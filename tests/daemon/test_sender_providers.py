"""The sender against providers that really listen: mail, Slack, PagerDuty, Twilio, webhooks, a program."""

import json
from base64 import b64decode
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
import trio
from tests.daemon.post_office import Office, config_of, person
from tests.notifiers.servers import Provider, Reply, Seen, providing, until
from tests.notifiers.smtp_servers import Inbox, running

from slawatch import notifiers
from slawatch.config.model import Web
from slawatch.core.channel import Channel
from slawatch.core.instant import SECOND
from slawatch.core.outbox import Stage
from slawatch.core.signature import verify
from slawatch.core.text import Secret

SIGNING = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PD_KEY = "0123456789abcdef0123456789abcdef"


class World:
    """A provider of each kind, and the office that tells them.

    Attributes:
        web: by name: slack, bot, pagerduty, sms, hook.
        inbox: the mail server's.
    """

    def __init__(self, web: dict[str, Provider], inbox: Inbox) -> None:
        self.web = web
        self.inbox = inbox
        self.office: Office

    def channel(self, name: str, kind: str, **options: Any) -> Channel:
        return Channel(name=name, type=kind, options=notifiers.load(kind).options(**options))

    def channels(self) -> list[Channel]:
        url = {name: provider.url for name, provider in self.web.items()}
        return [
            self.channel("mail", "email", host="127.0.0.1", port=self.inbox.port, tls="none",
                         from_="slawatch@example.com"),
            self.channel("slack", "slack", webhook_url=Secret(f"{url['slack']}/services/T/B/X")),
            self.channel("bot", "slack", token=Secret("xoxb-1"), channel="C1", url=f"{url['bot']}/api"),
            self.channel("pagerduty", "pagerduty", integration_key=Secret(PD_KEY), url=url["pagerduty"]),
            self.channel("sms", "sms", account_sid="AC1", auth_token=Secret("t0ken"), from_="+15005550006",
                         url=url["sms"]),
            self.channel("hook", "webhook", url=url["hook"], secret=Secret(SIGNING)),
        ]  # fmt: skip

    def bodies(self, name: str) -> list[Any]:
        return [seen.json() for seen in self.web[name].requests]


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with running(Inbox()) as found:
        yield found


def bot(seen: Seen) -> Reply:
    return Reply(200, {"ok": True, "channel": "C1", "ts": "17.1"})


@asynccontextmanager
async def world(inbox: Inbox) -> AsyncIterator[World]:
    async with trio.open_nursery() as nursery, AsyncExitStack() as stack:
        web = {
            name: await stack.enter_async_context(providing())
            for name in ("slack", "bot", "pagerduty", "sms", "hook")
        }
        web["slack"].answers(Reply(200, "ok"))
        web["bot"].replies = bot
        web["pagerduty"].answers(Reply(202, {"status": "success", "message": "ok", "dedup_key": "k"}))
        web["sms"].answers(Reply(201, {"sid": "SM1", "status": "queued", "error_code": None}))
        found = World(web, inbox)
        config = config_of(
            found.channels(), [person("ann", "mail", ("sms", SECOND))],
            ("person:ann", "channel:slack", "channel:bot", "channel:pagerduty", "channel:hook"),
        )  # fmt: skip
        config = replace(config, web=Web(public_url="https://watch.example"))
        found.office = await Office(config, load=notifiers.load, run_sync=None).open(nursery)
        yield found
        nursery.cancel_scope.cancel()


async def test_an_outage_is_told_to_everybody_in_their_own_way(inbox: Inbox) -> None:
    async with world(inbox) as found:
        office = found.office
        office.fire("shop", actual="connection refused")
        await until(lambda: len(office.attempts) == 6, 20)
        office.end("shop")
        await until(lambda: len(office.attempts) == 11, 20)
        await until(lambda: {row.stage for row in office.rows()} == {Stage.SENT}, 20)
        assert {one.verdict for one in office.attempts} == {"ok"}

        first, last = inbox.mails
        assert (first["To"], first["Subject"]) == ("ann@example.com", "[CRITICAL] shop is down")
        assert last["Subject"] == "[Resolved] shop is down"
        assert first["References"] == last["References"]
        assert "connection refused" in first.get_body(("plain",)).get_content()  # type: ignore[union-attr]

        opened, closed = found.bodies("pagerduty")
        assert [opened["event_action"], closed["event_action"]] == ["trigger", "resolve"]
        assert opened["dedup_key"] == closed["dedup_key"] == "slawatch:slawatch:1:0"
        assert opened["routing_key"] == PD_KEY
        assert opened["links"][0]["href"] == "https://watch.example/incidents/1"

        (text,) = found.web["sms"].requests
        assert text.form()["To"] == "+4915112345678"
        assert b64decode(text.headers["authorization"].partition(" ")[2]) == b"AC1:t0ken"
        assert "connection refused" in text.form()["Body"]

        posted, changed = found.web["bot"].requests
        assert [posted.target, changed.target] == ["/api/chat.postMessage", "/api/chat.update"]
        assert changed.json()["ts"] == "17.1"

        assert [body["text"] for body in found.bodies("slack")] == [
            "[CRITICAL] shop is down", "[Resolved] shop is down",
        ]  # fmt: skip
        for seen in found.web["hook"].requests:
            assert verify(SIGNING, seen.headers, seen.body, office.clock.now())
        assert [body["type"] for body in found.bodies("hook")] == [
            "notification.trigger",
            "notification.resolve",
        ]


async def test_what_is_tried_again_has_the_same_name_everywhere(inbox: Inbox) -> None:
    async with world(inbox) as found:
        found.office.sender._random = lambda: 0.01
        found.web["hook"].answers(Reply(500), Reply(act="reset"), Reply(204))
        found.web["pagerduty"].answers(Reply(500), Reply(202, {"status": "success"}))
        found.office.fire("shop")
        await until(lambda: len(found.web["pagerduty"].requests) == 2, 20)
        assert found.bodies("pagerduty")[0] == found.bodies("pagerduty")[1]
        await until(lambda: found.office.rows(channel="slack")[0].stage is Stage.SENT, 20)
        ids = {seen.headers["webhook-id"] for seen in found.web["hook"].requests}
        assert len(ids) == 1


@pytest.mark.parametrize("act", ["hang", "hang early", "reset", "close", "half"])
async def test_a_provider_that_is_out_of_order_delays_no_other(inbox: Inbox, act: str) -> None:
    async with world(inbox) as found:
        found.web["hook"].answers(Reply(act=act))
        found.web["pagerduty"].answers(Reply(act=act))
        for number in range(5):
            found.office.fire(f"s{number}")
        await until(lambda: len(inbox.mails) == 5 and len(found.web["bot"].requests) >= 1, 12)
        assert not found.office.rows(channel="hook", stage=Stage.SENT), "a hanging attempt takes 15 seconds"


async def test_a_program_that_keeps_running_is_stopped_with_the_sender(inbox: Inbox, tmp_path: Any) -> None:
    async with trio.open_nursery() as nursery:
        command = ("sh", "-c", f"cat > {tmp_path}/message; sleep 60")
        slow = Channel(name="page", type="exec", options=notifiers.load("exec").options(command=command))
        office = await Office(config_of([slow]), load=notifiers.load, run_sync=None).open(nursery)
        office.fire("shop")
        await until(lambda: (tmp_path / "message").exists() and (tmp_path / "message").read_text() != "", 20)
        begun = trio.current_time()
        await office.sender.stop(0.2)
        await trio.sleep(0.1)
        assert trio.current_time() - begun < 20
        assert json.loads((tmp_path / "message").read_text())["data"]["title"] == "shop is down"
        assert [row.stage for row in office.rows()] == [Stage.SENDING]
        assert not office.attempts
        nursery.cancel_scope.cancel()


async def test_the_wall_clock_signs_and_the_elapsed_clock_waits(inbox: Inbox) -> None:
    async with world(inbox) as found:
        found.office.clock.step(-3600 * SECOND)
        found.office.fire("shop")
        await until(lambda: len(found.web["hook"].requests) == 1, 20)
        (seen,) = found.web["hook"].requests
        assert verify(SIGNING, seen.headers, seen.body, found.office.clock.now())
