"""PagerDuty: Events API v2, one alert for the life of an incident."""

import hashlib
import json
import re
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from slawatch.core.instant import rfc3339
from slawatch.core.notification import Delivery, Kind, Notification
from slawatch.core.text import FilePath, Secret
from slawatch.notifiers import _texts
from slawatch.notifiers._classify import by_api_table
from slawatch.notifiers._cut import cut, cut_bytes
from slawatch.notifiers._exchange import Request, exchange
from slawatch.notifiers._http_client import Answer
from slawatch.notifiers._options import check_url, endpoint, prepare_http
from slawatch.notifiers._scrub import answer_line
from slawatch.notifiers._sending import Sending

KEEPS_STATE: Final = True
_SUMMARY: Final = 1024
_SOURCE: Final = 1024
_KEY: Final = 255
_EVENT: Final = 512_000
_DETAIL: Final = 4_000
_LINKS: Final = 20

_ACTIONS: Final = {Kind.ACK: "acknowledge", Kind.RESOLVE: "resolve"}
_SEVERITIES: Final = {
    "critical": "critical", "high": "error", "error": "error", "medium": "warning", "warning": "warning",
    "degraded": "warning", "low": "info", "info": "info",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Triggers, acknowledges and resolves alerts at PagerDuty.

    All messages about an incident have one deduplication key, `slawatch:<instance>:<incident>:<reopen>`:
    PagerDuty makes one alert of them, and a new one when the incident is opened again after it was resolved.

    Attributes:
        integration_key: the key of an Events API v2 integration of the service.
        url: where events go; PagerDuty in Europe listens at `https://events.eu.pagerduty.com/v2/enqueue`.
        client_url: a link back to this installation, shown with the alert.
        templates: a folder of templates that replace ours: `title.txt`.
        ca_file: a PEM file of the authorities to trust instead of the system's.
        proxy: `http://`, `https://` or `socks5://` host and port, with credentials if need be.
    """

    integration_key: Secret
    url: str = "https://events.pagerduty.com/v2/enqueue"
    client_url: str = ""
    templates: FilePath = ""
    ca_file: FilePath | None = None
    proxy: str | Secret | None = None

    def __post_init__(self) -> None:
        check_url("url", self.url)
        check_url("client_url", self.client_url or None)
        check_url("proxy", self.proxy)
        key = self.integration_key.value
        if not key:
            raise ValueError("integration_key is empty")
        if ".pagerduty.com" in self.url and not re.fullmatch(r"[0-9A-Za-z]{32}", key, re.ASCII):
            raise ValueError("integration_key: an integration key of PagerDuty has 32 letters and digits")


def prepare(options: Options) -> None:
    """Make the TLS context and compile the templates."""
    prepare_http(options.ca_file, options.templates)


async def send(options: Options, notification: Notification, sending: Sending) -> Delivery:
    """Send one event."""
    build = partial(_request, options, sending.instance)
    return await exchange(notification, sending, build, partial(_judge, options, sending))


def severity_of(severity: str) -> str:
    """Return PagerDuty's word for a severity or state: what is unknown is an error."""
    return _SEVERITIES.get(severity, "error")


def dedup_key(instance: str, notification: Notification) -> str:
    """Return the key that is the same for the whole life of an incident, and new when it is opened again."""
    about = notification.incident
    about = f"{about}:{notification.reopen}" if about else f"message:{notification.idempotency_key}"
    key = f"slawatch:{instance}:{about}"
    if len(key) <= _KEY:
        return key
    return f"slawatch:{hashlib.sha256(key.encode()).hexdigest()}"


def event(
    options: Options, instance: str, notification: Notification
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the event of a message, within PagerDuty's limits, and what was noticed on the way."""
    action = _ACTIONS.get(notification.kind, "trigger")
    found: dict[str, Any] = {
        "routing_key": options.integration_key.value,
        "event_action": action,
        "dedup_key": dedup_key(instance, notification),
    }
    if action != "trigger":
        return found, ()
    title = _texts.title(notification, options.templates)
    found |= {
        "client": "slawatch",
        "payload": {
            "summary": cut(title.text, _SUMMARY),
            "source": cut(
                notification.service or notification.organization or instance or "slawatch", _SOURCE
            ),
            "severity": severity_of(str(notification.severity)),
            "timestamp": rfc3339(notification.at),
            "component": notification.service,
            "group": notification.organization,
            "class": str(notification.kind),
            "custom_details": _details(notification),
        },
        "links": [
            {"href": link.href, "text": link.text}
            for link in notification.links[:_LINKS]
            if link.href.startswith(("https://", "http://"))
        ],
    }
    if options.client_url:
        found["client_url"] = options.client_url
    return found, title.warnings


def _details(notification: Notification) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "summary": notification.summary,
        "reason": notification.reason,
        "incident": notification.incident,
        "since": "" if notification.since is None else rfc3339(notification.since),
        **notification.details,
    }
    found: dict[str, Any] = {name: cut(str(value), _DETAIL) for name, value in facts.items() if value}
    if notification.entries:
        found["entries"] = list(notification.entries)
    return found


def body(found: dict[str, Any]) -> bytes:
    """Return an event as JSON within the limit of its size: its details are what is cut."""
    encoded = json.dumps(found, ensure_ascii=False).encode()
    if len(encoded) <= _EVENT or "payload" not in found:
        return encoded
    payload = {**found["payload"]}
    details = json.dumps(payload["custom_details"], ensure_ascii=False)
    payload["custom_details"] = {"shortened": cut_bytes(details, _DETAIL)}
    return json.dumps({**found, "payload": payload, "links": found["links"][:1]}, ensure_ascii=False).encode()


def _request(options: Options, instance: str, notification: Notification) -> Request:
    found, warnings = event(options, instance, notification)
    return Request(
        endpoint=endpoint(options.url, options.ca_file, options.proxy, options.integration_key),
        headers={"Content-Type": "application/json"},
        body=body(found),
        warnings=warnings,
    )


def _judge(options: Options, sending: Sending, answer: Answer) -> Delivery:
    delivery = by_api_table(answer, sending.now)
    try:
        found = json.loads(answer.body)
    except ValueError:
        return delivery
    if not isinstance(found, dict):
        return delivery
    if delivery.ok:
        return replace(delivery, provider_id=str(found.get("dedup_key") or ""))
    errors = found.get("errors")
    if isinstance(errors, list) and errors:
        said = "; ".join(str(error) for error in errors)
        secrets = endpoint(options.url, None, options.proxy, options.integration_key).secrets
        return replace(
            delivery, answer=answer_line(f"{answer.status} {found.get('message', '')}: {said}", secrets)
        )
    return delivery
