"""Webhooks, against a receiver that verifies signatures by the letter of the specification."""

import base64
import dataclasses
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest
from tests.notifiers.servers import Provider, Reply, Seen, tunnelling

from slawatch.core.instant import SECOND
from slawatch.core.notification import Kind, Notification, Verdict, from_json
from slawatch.core.signature import verify
from slawatch.core.text import Secret
from slawatch.notifiers import Sending
from slawatch.notifiers.webhook import Options, message_id, send

DATA = Path(__file__).parents[1] / "data"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OLD = "whsec_YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE="
STATUSES = [
    case for case in json.loads((DATA / "alerting_retry_classification.json").read_text())["cases"]
    if case.get("channel") == "webhook" and "result" in case
]  # fmt: skip


def signature(seen: Seen, secret: str) -> str:
    """Return the signature as the specification describes it, made without our own code."""
    signed = f"{seen.headers['webhook-id']}.{seen.headers['webhook-timestamp']}.".encode() + seen.body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


async def test_a_document_is_posted_and_signed(
    provider: Provider, notification: Notification, sending: Sending
) -> None:
    options = Options(url=f"{provider.url}/hook?a=1", secret=Secret(SECRET), headers={"X-Team": "ops"})
    assert (await send(options, notification, sending)).ok
    (seen,) = provider.requests
    assert seen.target == "/hook?a=1"
    assert seen.headers["content-type"] == "application/json"
    assert seen.headers["x-team"] == "ops"
    assert seen.headers["webhook-timestamp"] == "1767225600"
    assert "." not in seen.headers["webhook-id"]
    assert seen.headers["webhook-signature"] == signature(seen, SECRET)
    assert verify(SECRET, seen.headers, seen.body, sending.now)
    found = seen.json()
    assert found["type"] == "notification.trigger"
    assert found["timestamp"] == "2026-01-01T00:00:00Z"
    data = found["data"]
    assert data["channel"] == "c"
    assert data["instance"] == "prod"
    assert data["subject"] == "[CRITICAL] shop is down"
    assert data["text"].startswith("shop is down\n\nshop-home: connection refused")
    extra = ("subject", "text", "channel", "instance")
    assert from_json({name: value for name, value in data.items() if name not in extra}) == notification


async def test_a_repeated_attempt_has_the_same_id_and_body_and_a_new_signature(
    provider: Provider, notification: Notification, sending: Sending
) -> None:
    provider.answers(Reply(500), Reply(200))
    options = Options(url=provider.url, secret=Secret(SECRET))
    assert (await send(options, notification, sending)).verdict is Verdict.RETRY
    later = dataclasses.replace(sending, attempt=2, now=sending.now + 5 * SECOND)
    assert (await send(options, notification, later)).ok
    first, second = provider.requests
    assert (
        first.headers["webhook-id"]
        == second.headers["webhook-id"]
        == message_id(notification.idempotency_key)
    )
    assert first.body == second.body
    assert int(second.headers["webhook-timestamp"]) == int(first.headers["webhook-timestamp"]) + 5
    assert second.headers["webhook-signature"] != first.headers["webhook-signature"]
    assert second.headers["webhook-signature"] == signature(second, SECRET)


async def test_while_secrets_change_both_sign(
    provider: Provider, notification: Notification, sending: Sending
) -> None:
    await send(
        Options(url=provider.url, secret=Secret(SECRET), old_secret=Secret(OLD)), notification, sending
    )
    (seen,) = provider.requests
    assert seen.headers["webhook-signature"].split(" ") == [signature(seen, SECRET), signature(seen, OLD)]
    assert verify(OLD, seen.headers, seen.body, sending.now)


async def test_without_a_secret_nothing_is_signed(
    provider: Provider, notification: Notification, sending: Sending
) -> None:
    assert (await send(Options(url=provider.url), notification, sending)).ok
    assert "webhook-signature" not in provider.requests[0].headers
    assert "webhook-id" in provider.requests[0].headers


@pytest.mark.parametrize("kind", Kind)
async def test_every_kind_has_its_type(
    provider: Provider, notification: Notification, sending: Sending, kind: Kind
) -> None:
    await send(Options(url=provider.url), dataclasses.replace(notification, kind=kind), sending)
    assert provider.requests[0].json()["type"] == f"notification.{kind}"


@pytest.mark.parametrize("case", STATUSES, ids=[case["id"].partition("/")[2] for case in STATUSES])
async def test_what_an_answer_means(
    provider: Provider, notification: Notification, sending: Sending, case: dict[str, Any]
) -> None:
    result = case["result"]
    if result.startswith("timeout"):
        provider.answers(Reply(act="hang"))
        sending = dataclasses.replace(sending, timeout=SECOND)
    elif result == "connection reset":
        provider.answers(Reply(act="reset"))
    else:
        status, _, header = result.partition(" + ")
        provider.answers(Reply(int(status), headers={"Location": "/x", **({header: "9"} if header else {})}))
    found = await send(Options(url=provider.url), notification, sending)
    assert found.verdict == case["expect_class"].split()[0]
    assert len(provider.requests) == 1
    if "Retry-After" in result:
        assert found.retry_after == 9 * SECOND


@pytest.mark.parametrize("credentials", ["", "user:pass"])
async def test_it_goes_through_a_proxy(
    secured: Provider, notification: Notification, sending: Sending, ca_file: str, credentials: str
) -> None:
    wanted = base64.b64encode(credentials.encode()).decode() if credentials else ""
    async with tunnelling(wanted) as (port, asked):
        proxy = Secret(
            f"http://{credentials}@localhost:{port}" if credentials else f"http://localhost:{port}"
        )
        options = Options(url=secured.url, ca_file=ca_file, proxy=proxy)
        assert (await send(options, notification, sending)).ok
        assert asked == [f"CONNECT localhost:{secured.port} HTTP/1.1"]
        # The request to the proxy is not the message, and does not look like one.
        secured.answers(Reply(act="hang"))
        found = await send(options, notification, dataclasses.replace(sending, timeout=SECOND))
        assert found.possible_duplicate
        plain = Options(url="http://hooks.example/x", proxy=proxy)
        assert (await send(plain, notification, sending)).ok
        assert asked[-1] == "POST http://hooks.example/x HTTP/1.1"


async def test_a_proxy_that_refuses_is_the_configs_fault_and_one_that_fails_is_not(
    secured: Provider, notification: Notification, sending: Sending, ca_file: str, refused: int
) -> None:
    async with tunnelling("wanted") as (port, _):
        proxy = Secret(f"http://someone:hunter22@localhost:{port}")
        options = Options(url=secured.url, ca_file=ca_file, proxy=proxy)
        found = await send(options, notification, sending)
        assert found.verdict is Verdict.MISCONFIGURED
        assert "hunter22" not in repr(found)
    async with tunnelling() as (port, _):
        options = Options(
            url=f"https://localhost:{refused}", ca_file=ca_file, proxy=f"http://localhost:{port}"
        )
        found = await send(options, notification, sending)
        assert (found.verdict, found.counts, found.possible_duplicate) == (Verdict.RETRY, True, False)


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"url": "hooks.example"}, "url: "),
        ({"url": "https://user:pass@hooks.example/"}, "credentials"),
        ({"url": "https://hooks.example/#x"}, "#"),
        ({"url": "https://hooks.example/ü"}, "percent"),
        ({"secret": Secret("whsec_YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=")}, "secret: it has 23 bytes"),
        ({"secret": Secret("whsec_!")}, "secret: "),
        ({"old_secret": Secret(SECRET)}, "old_secret"),
        ({"headers": {"X Y": "z"}}, "headers"),
        ({"headers": {"X-A": "a\r\nX-B: c"}}, "headers.X-A"),
        ({"headers": {"Content-Type": "text/plain"}}, "slawatch itself"),
        ({"headers": {"Webhook-Id": "x"}}, "slawatch itself"),
    ],
)
def test_what_cannot_be_is_refused(keys: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says) as raised:
        Options(**{"url": "https://hooks.example", **keys})
    assert "YWFh" not in str(raised.value)
