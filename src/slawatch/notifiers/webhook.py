"""Webhooks: a signed JSON document, as the Standard Webhooks specification has it."""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from slawatch.core.instant import SECOND, Instant
from slawatch.core.notification import Delivery, Notification
from slawatch.core.signature import check_secret, sign
from slawatch.core.text import FilePath, Secret
from slawatch.notifiers._classify import by_webhook_table
from slawatch.notifiers._exchange import Request, exchange
from slawatch.notifiers._http_client import Answer
from slawatch.notifiers._options import check_header, check_url, endpoint, prepare_http
from slawatch.notifiers._payload import document
from slawatch.notifiers._scrub import plain
from slawatch.notifiers._sending import Sending


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Posts a JSON document to a URL of yours.

    The document is `{"type": "notification.trigger", "timestamp": ..., "data": {...}}`. With a `secret` it is
    signed as https://www.standardwebhooks.com describes, in the headers `webhook-id`, `webhook-timestamp` and
    `webhook-signature`. A message that is tried again has the same `webhook-id`. Redirects are not followed;
    an answer of 410 turns the channel off; anything but 2xx is tried again for three days: after 5 s, 5 min,
    half an hour and so on, a page after 5, 15, 30 and 60 s before that.

    Attributes:
        url: where to post to.
        secret: what signs: 24 to 64 bytes in base64 after `whsec_`.
        old_secret: the one before it, which signs too as long as it stands here: for changing secrets.
        headers: to send beside the usual ones.
        templates: a folder of templates that replace ours: `title.txt`, `text.txt`.
        ca_file: a PEM file of the authorities to trust instead of the system's.
        proxy: `http://`, `https://` or `socks5://` host and port, with credentials if need be.
    """

    url: str | Secret
    secret: Secret | None = None
    old_secret: Secret | None = None
    headers: dict[str, str | Secret] = field(default_factory=dict)
    templates: FilePath = ""
    ca_file: FilePath | None = None
    proxy: str | Secret | None = None

    def __post_init__(self) -> None:
        check_url("url", self.url)
        check_url("proxy", self.proxy)
        if self.old_secret is not None and self.secret is None:
            raise ValueError("old_secret goes with a secret")
        for key, secret in (("secret", self.secret), ("old_secret", self.old_secret)):
            if secret is not None:
                try:
                    check_secret(secret.value)
                except ValueError as error:
                    raise ValueError(f"{key}: {error}") from None
        for name, value in self.headers.items():
            if not re.fullmatch(r"[0-9A-Za-z!#$%&'*+.^_`|~-]+", name, re.ASCII):
                raise ValueError(f"headers: {name!r} cannot be the name of a header")
            if name.lower() in _TAKEN or name.lower().startswith("webhook-"):
                raise ValueError(f"headers: {name} is set by slawatch itself")
            check_header(f"headers.{name}", plain(value))


_TAKEN: Final = frozenset(("connection", "content-length", "content-type", "host", "transfer-encoding"))


def message_id(idempotency_key: str) -> str:
    """Return the id of a message: always the same for the same key, and without a dot, which separates."""
    return f"msg_{hashlib.sha256(idempotency_key.encode()).hexdigest()[:32]}"


def signed_headers(secrets: Sequence[str], idempotency_key: str, now: Instant, body: bytes) -> dict[str, str]:
    """Return the headers of the specification; without a secret there is no signature among them."""
    msg_id, timestamp = message_id(idempotency_key), now // SECOND
    found = {"webhook-id": msg_id, "webhook-timestamp": str(timestamp)}
    return found | ({"webhook-signature": sign(secrets, msg_id, timestamp, body)} if secrets else {})


def prepare(options: Options) -> None:
    """Make the TLS context and compile the templates."""
    prepare_http(options.ca_file, options.templates)


async def send(options: Options, notification: Notification, sending: Sending) -> Delivery:
    """Post one document."""

    def judge(answer: Answer) -> Delivery:
        return by_webhook_table(answer, sending.now)

    return await exchange(notification, sending, partial(_request, options, sending), judge)


def _request(options: Options, sending: Sending, notification: Notification) -> Request:
    found, warnings = document(notification, sending, options.templates)
    body = json.dumps(found, ensure_ascii=False).encode()
    secrets = [secret.value for secret in (options.secret, options.old_secret) if secret is not None]
    hidden = (options.url, options.secret, options.old_secret, *options.headers.values())
    return Request(
        endpoint=endpoint(
            plain(options.url), options.ca_file, options.proxy,
            *(value for value in hidden if isinstance(value, Secret)),
        ),
        headers={
            **{name: plain(value) for name, value in options.headers.items()},
            "Content-Type": "application/json",
            **signed_headers(secrets, notification.idempotency_key, sending.now, body),
        },
        body=body,
        warnings=warnings,
    )  # fmt: skip
