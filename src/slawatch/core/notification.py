"""What is told to somebody through a channel, and what came of telling it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final, NamedTuple

from slawatch.core.instant import Instant, Micros, parse_rfc3339, rfc3339


class Kind(StrEnum):
    """Why something is told."""

    TRIGGER = "trigger"
    UPDATE = "update"
    ACK = "ack"
    RESOLVE = "resolve"
    REMINDER = "reminder"
    DIGEST = "digest"
    META = "meta"


class Link(NamedTuple):
    """Where to read on: the incident's page, a runbook, an acknowledging link.

    Attributes:
        text: what it leads to.
        href: an absolute URL.
    """

    text: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """One message to one recipient, the same for every channel. No secret is ever in it.

    Attributes:
        kind: why it is told.
        idempotency_key: names this message for ever: a repeated attempt carries the same one.
        at: when it was decided.
        incident: the incident's id; empty where it is about none (meta, digest).
        generation: how often the incident went back to triggered.
        reopen: how often it was opened again after it had been resolved.
        severity: critical, high, medium, low or info.
        service, organization: whom it is about; may be empty.
        title: one line: what is wrong.
        summary: what is known about it, some lines.
        reason: why this recipient is told now: `level 1 of default: nobody acknowledged within 5m`.
        since: when the trouble began.
        timezone: the IANA zone in which texts show times.
        links: where to read on, the most important first.
        details: further facts by their names.
        entries: the lines of a digest.
        recipient: who it is for: `person:bob`, `channel:pagerduty`.
        address: where the channel finds that person: a mail address, a phone number, a member id; empty for
            the channel's own recipients.
    """

    kind: Kind
    idempotency_key: str
    at: Instant
    title: str
    incident: str = ""
    generation: int = 0
    reopen: int = 0
    severity: str = "critical"
    service: str = ""
    organization: str = ""
    summary: str = ""
    reason: str = ""
    since: Instant | None = None
    timezone: str = "UTC"
    links: tuple[Link, ...] = ()
    details: Mapping[str, str] = field(default_factory=dict)
    entries: tuple[str, ...] = ()
    recipient: str = ""
    address: str = ""


class Verdict(StrEnum):
    """What became of one attempt, and so what follows.

    OK: the provider has it. RETRY: again after a back-off. THROTTLE: the provider asks to wait, which is no
    attempt and no failure. PERMANENT: this message never gets through here. DISABLE: the provider says that
    the address is gone for good. MISCONFIGURED: nothing gets through until the config is changed.
    """

    OK = "ok"
    RETRY = "retry"
    THROTTLE = "throttle"
    PERMANENT = "permanent"
    DISABLE = "disable"
    MISCONFIGURED = "misconfigured"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What came of one attempt.

    Attributes:
        verdict: what follows.
        answer: what the provider said, or what went wrong: one short line without secrets.
        status: the status code of the answer, in the channel's protocol (HTTP, SMTP, an exit code).
        provider_id: what the provider calls the message; where an earlier message of the incident was
            changed in place, that message.
        retry_after: how long the provider asks to wait.
        possible_duplicate: it may have got through although it looks failed: nothing else can be known once
            the whole message was written and no answer came.
        counts: whether the failure speaks against the health of the channel, for its circuit breaker.
        reached: of several addresses, those that have it: a further attempt is to leave them out.
        warnings: what somebody should look at although the message went its way, such as a broken template.
    """

    verdict: Verdict
    answer: str = ""
    status: int | None = None
    provider_id: str = ""
    retry_after: Micros | None = None
    possible_duplicate: bool = False
    counts: bool = False
    reached: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the provider has the message."""
        return self.verdict is Verdict.OK


_SHORT_TITLE: Final = 200
_SHORT_TEXT: Final = 500


def shortened(notification: Notification) -> Notification:
    """Return the message without what a provider may find too much: details, most lines and links.

    >>> message = Notification(kind=Kind.TRIGGER, idempotency_key="k", at=0, title="t", details={"a": "b"})
    >>> dict(shortened(message).details)
    {}
    """
    return replace(
        notification,
        title=_cut(notification.title, _SHORT_TITLE),
        summary=_cut(notification.summary, _SHORT_TEXT),
        reason=_cut(notification.reason, _SHORT_TEXT),
        links=notification.links[:1],
        details={},
        entries=tuple(_cut(entry, _SHORT_TITLE) for entry in notification.entries[:5]),
    )


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def as_json(notification: Notification) -> dict[str, Any]:
    """Return the message as JSON has it, for the store, programs and webhooks; times are RFC 3339."""
    return {
        "kind": str(notification.kind),
        "idempotency_key": notification.idempotency_key,
        "at": rfc3339(notification.at),
        "incident": notification.incident,
        "generation": notification.generation,
        "reopen": notification.reopen,
        "severity": str(notification.severity),
        "service": notification.service,
        "organization": notification.organization,
        "title": notification.title,
        "summary": notification.summary,
        "reason": notification.reason,
        "since": None if notification.since is None else rfc3339(notification.since),
        "timezone": notification.timezone,
        "links": [{"text": link.text, "href": link.href} for link in notification.links],
        "details": dict(notification.details),
        "entries": list(notification.entries),
        "recipient": notification.recipient,
        "address": notification.address,
    }


def from_json(found: Mapping[str, Any]) -> Notification:
    """Return the message that `as_json` wrote.

    Raises:
        KeyError, TypeError, ValueError: nothing that it wrote.
    """
    values = dict(found)
    since = values["since"]
    return Notification(
        **{
            **values,
            "kind": Kind(values["kind"]),
            "at": parse_rfc3339(values["at"]),
            "since": None if since is None else parse_rfc3339(since),
            "links": tuple(Link(link["text"], link["href"]) for link in values["links"]),
            "entries": tuple(values["entries"]),
        }
    )
