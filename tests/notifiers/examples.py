"""One channel of each type, with a secret wherever one can be, and what all deliveries promise."""

import dataclasses
from collections.abc import Callable
from typing import Any

import trio
from tests.notifiers.servers import Reply

from slawatch.core.instant import SECOND
from slawatch.core.notification import Delivery, Notification, Verdict
from slawatch.core.text import Secret
from slawatch.notifiers import NotifierType, Sending, load

HIDDEN = "hunter2IsNotShown"
SECRET = Secret(HIDDEN, "env PASSWORD")
SIGNING = Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "env HOOK_SECRET")
SHOWS = (HIDDEN, "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "aHVudGVyMklzTm90U2hvd2")

Keys = Callable[[str], dict[str, Any]]

HTTP: dict[str, Keys] = {
    "slack-webhook": lambda url: {"webhook_url": Secret(f"{url}/services/T00/B00/{HIDDEN}")},
    "slack-bot": lambda url: {"token": SECRET, "url": f"{url}/api", "channel": "C01"},
    "pagerduty": lambda url: {"integration_key": SECRET, "url": f"{url}/v2/enqueue"},
    "sms": lambda url: {
        "account_sid": "AC1", "auth_token": SECRET, "from_": "+15005550006",
        "to": ("+4915112345678",), "url": url,
    },
    "webhook": lambda url: {
        "url": Secret(f"{url}/hook?token={HIDDEN}"), "secret": SIGNING, "headers": {"X-Key": SECRET},
    },
}  # fmt: skip
"""The types over HTTP, with a secret wherever one can be."""

OTHERS: dict[str, Keys] = {
    "email": lambda url: {
        "host": "localhost", "port": int(url.rpartition(":")[2]), "from_": "slawatch@example.com",
        "to": ("ops@example.com",), "username": "u", "password": SECRET, "tls": "none",
    },
    "exec": lambda _: {
        "command": ("sh", "-c", 'cat >/dev/null; echo "$PASSWORD"; exit 75'), "env": {"PASSWORD": SECRET},
    },
    "apprise": lambda url: {"urls": (Secret(f"json://{url.partition('//')[2]}/{HIDDEN}"),)},
}  # fmt: skip

ALL = {**HTTP, **OTHERS}
OK = {
    "slack-webhook": Reply(200, "ok"),
    "slack-bot": Reply(200, {"ok": True, "channel": "C01", "ts": "1.2"}),
    "pagerduty": Reply(
        202, {"status": "success", "message": "Event processed", "dedup_key": "slawatch:prod:7:0"}
    ),
    "sms": Reply(201, {"sid": "SM1", "status": "queued", "error_code": None}),
    "webhook": Reply(204),
    "apprise": Reply(200),
}


def kind_of(name: str) -> NotifierType:
    return load(name.partition("-")[0])


def options_of(name: str, url: str, **beside: Any) -> Any:
    return kind_of(name).options(**ALL[name](url), **beside)


async def attempt(
    name: str, url: str, notification: Notification, sending: Sending, **beside: Any
) -> Delivery:
    with trio.fail_after(60):
        found = await kind_of(name).send(options_of(name, url, **beside), notification, sending)
    check(found)
    return found


def check(found: Delivery) -> None:
    """Hold a delivery against what all of them promise."""
    assert isinstance(found, Delivery)
    assert isinstance(found.verdict, Verdict)
    assert found.answer.isprintable()
    assert found.ok or found.answer
    assert len(found.answer) <= 250
    assert not (found.ok and (found.counts or found.possible_duplicate or found.retry_after))
    assert found.retry_after is None or 0 <= found.retry_after <= 900 * SECOND
    assert not [secret for secret in SHOWS if secret in f"{found!r}"]


def quick(sending: Sending, length: int = SECOND) -> Sending:
    return dataclasses.replace(sending, timeout=length, connect_timeout=length)
