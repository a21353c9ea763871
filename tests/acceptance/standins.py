"""Stand-ins for those through whom people are told; they verify what they get as the real ones do."""

import contextlib
import email
import email.policy
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

import trio
from aiosmtpd.smtp import SMTP, Envelope, Session
from tests.notifiers.servers import Reply, Seen, as_bytes, read_request, shape_errors
from tests.notifiers.smtp_servers import Inbox, running

from slawatch.clock import SYSTEM
from slawatch.core.signature import verify

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw0123456789AB"
ACCOUNT = "AC00000000000000000000000000000000"
TOKEN = "a-token-of-twilio"
ROUTING = "R0123456789abcdef0123456789abcde"

CHANNELS = """
[channels.mail]
type = "email"
host = "127.0.0.1"
port = {smtp}
from = "slawatch@example.com"
tls = "none"
[channels.sms]
type = "sms"
account_sid = "{account}"
auth_token = "{token}"
from = "+4915112345000"
url = "{url}"
[channels.slack]
type = "slack"
webhook_url = "{url}/slack"
[channels.pagerduty]
type = "pagerduty"
integration_key = "{routing}"
url = "{url}/pagerduty"
[channels.hook]
type = "webhook"
url = "{url}/hook"
secret = "{secret}"
"""


class Told(NamedTuple):
    """One message as it came.

    Attributes:
        at: by the clock of the receiver, in seconds.
        channel: its type.
        to: the address, where there is one.
        kind: `trigger`, `ack`, `resolve` and so on, as far as the channel says so.
        id: names the message for the receiver: a repeated attempt has the same one.
        text: its title.
        service: that it is about, where the channel says so.
    """

    at: float
    channel: str
    to: str
    kind: str
    id: str
    text: str
    service: str = ""


class _Mails(Inbox):
    def __init__(self, take: Callable[[Told], None]) -> None:
        super().__init__()
        self._take = take

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = await super().handle_DATA(server, session, envelope)
        mail = email.message_from_bytes(self.raw[-1], policy=email.policy.default)
        subject = str(mail["Subject"])
        (to,) = envelope.rcpt_tos
        self._take(Told(time.time(), "email", str(to), kind_of(subject), str(mail["Message-ID"]), subject))
        return answer


def kind_of(words: str) -> str:
    """Return the kind of a message that only people read, by the word in brackets before its title."""
    word = words.strip().lower().partition("]")[0].lstrip("[")
    return {"resolved": "resolve", "acknowledged": "ack"}.get(word, "trigger")


@dataclass
class StandIns:
    """All of them.

    Attributes:
        url: of those who speak HTTP.
        smtp: the port of the mail server.
        told: what came, in order.
        wrong: what was not as the real ones want it.
        answer: what a request that is no message is answered; None for one that is.
        delay: after how many seconds a message is answered; it has been taken by then.
    """

    url: str = ""
    smtp: int = 0
    told: list[Told] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    answer: Callable[[Seen], Reply | None] = lambda _seen: None
    delay: Callable[[], float] = lambda: 0.0

    @property
    def channels(self) -> str:
        """The channels' part of a config."""
        return CHANNELS.format(
            url=self.url, smtp=self.smtp, account=ACCOUNT, token=TOKEN, routing=ROUTING, secret=SECRET
        )

    def by(self, channel: str, kind: str | None = None) -> list[Told]:
        """Return what came through a channel."""
        return [one for one in self.told if one.channel == channel and kind in (None, one.kind)]

    async def serve(self, stream: trio.SocketStream) -> None:
        """Take one request and answer it."""
        async with stream:
            with contextlib.suppress(trio.BrokenResourceError):
                seen = await read_request(stream)
                if seen is None:
                    return
                reply = self.answer(seen)
                if reply is None:
                    reply = self.take(seen)
                    await trio.sleep(self.delay())
                await stream.send_all(as_bytes(reply))

    def take(self, seen: Seen) -> Reply:
        """Verify a message and keep it."""
        name = seen.target.split("/")[1]
        try:
            told, reply = {
                "slack": _slack, "pagerduty": _pagerduty, "hook": _hook, "2010-04-01": _twilio
            }[name](seen)  # fmt: skip
        except (AssertionError, KeyError, ValueError) as error:
            self.wrong.append(f"{seen.method} {seen.target}: {error!r}: {seen.body.decode()[:500]}")
            return Reply(400)
        self.told.append(told)
        return reply


def _slack(seen: Seen) -> tuple[Told, Reply]:
    assert (seen.method, seen.headers["content-type"]) == ("POST", "application/json")
    found = seen.json()
    assert found["text"]
    assert 1 <= len(found["blocks"]) <= 50
    assert found["blocks"][0]["type"] == "header"
    assert len(found["blocks"][0]["text"]["text"]) <= 150
    title = found["blocks"][0]["text"]["text"]
    return Told(time.time(), "slack", "", kind_of(title), "", title), Reply(200, "ok")


def _pagerduty(seen: Seen) -> tuple[Told, Reply]:
    assert seen.headers["content-type"] == "application/json"
    found: dict[str, Any] = seen.json()
    assert found["routing_key"] == ROUTING
    assert shape_errors(found) == []
    kind = {"trigger": "trigger", "acknowledge": "ack", "resolve": "resolve"}[found["event_action"]]
    text = found.get("payload", {}).get("summary", "")
    key = found["dedup_key"]
    answer = {"status": "success", "message": "Event processed", "dedup_key": key}
    return Told(time.time(), "pagerduty", "", kind, key, text), Reply(202, answer)


def _twilio(seen: Seen) -> tuple[Told, Reply]:
    assert seen.target == f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    wanted = b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
    assert seen.headers["authorization"] == f"Basic {wanted}"
    assert seen.headers["content-type"] == "application/x-www-form-urlencoded"
    form = seen.form()
    assert form["From"] == "+4915112345000"
    assert form["To"].startswith("+")
    assert 0 < len(form["Body"]) <= 1600
    answer = {"sid": "SM" + "0" * 32, "status": "queued", "error_code": None}
    return Told(time.time(), "sms", form["To"], kind_of(form["Body"]), "", form["Body"]), Reply(201, answer)


def _hook(seen: Seen) -> tuple[Told, Reply]:
    assert verify(SECRET, seen.headers, seen.body, SYSTEM.now())
    found = seen.json()
    name, _, kind = found["type"].partition(".")
    assert name == "notification"
    data = found["data"]
    told = Told(
        time.time(), "hook", data["recipient"], kind, seen.headers["webhook-id"], data["subject"],
        data["service"],
    )  # fmt: skip
    return told, Reply(204)


@asynccontextmanager
async def stand_ins() -> AsyncIterator[StandIns]:
    """Run all of them."""
    found = StandIns()
    with contextlib.ExitStack() as stack:
        mails = _Mails(found.told.append)
        await trio.to_thread.run_sync(stack.enter_context, running(mails))
        found.smtp = mails.port
        async with trio.open_nursery() as nursery:
            listeners = await nursery.start(partial(trio.serve_tcp, found.serve, 0, host="127.0.0.1"))
            found.url = f"http://127.0.0.1:{listeners[0].socket.getsockname()[1]}"
            yield found
            nursery.cancel_scope.cancel()
