"""Slack: an incoming webhook, or a bot that changes its message as the incident goes on."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

import trio

from slawatch.core.instant import SECOND
from slawatch.core.notification import Delivery, Kind, Notification, Verdict
from slawatch.core.retry import Meaning, by_api, by_slack
from slawatch.core.text import FilePath, Secret
from slawatch.notifiers import _texts
from slawatch.notifiers._classify import delivery_of
from slawatch.notifiers._cut import ELLIPSIS, cut, one_line
from slawatch.notifiers._exchange import NOBODY, Request, exchange, is_too_large
from slawatch.notifiers._http_client import Answer
from slawatch.notifiers._options import check_header, check_url, endpoint, prepare_http
from slawatch.notifiers._scrub import answer_line
from slawatch.notifiers._sending import Sending

_HEADER: Final = 150
_SECTION: Final = 3000
_FIELD: Final = 2000
_FIELDS: Final = 10
_FALLBACK: Final = 3000

_OURS: Final = frozenset(
    (
        "access_denied", "account_inactive", "action_prohibited", "channel_not_found", "deprecated_endpoint",
        "ekm_access_denied", "enterprise_is_restricted", "invalid_auth", "invalid_token", "missing_scope",
        "no_active_hooks", "no_permission", "not_allowed_token_type", "not_authed", "not_in_channel",
        "org_login_required", "posting_to_general_channel_denied", "restricted_action",
        "team_access_not_granted", "token_expired", "token_revoked", "two_factor_setup_required",
    )
)  # fmt: skip
_TOO_LONG: Final = frozenset(
    (
        "attachment_payload_limit_exceeded", "msg_blocks_too_long", "msg_too_long", "too_many_attachments",
    )
)  # fmt: skip
_NOBODY: Final = frozenset(("channel_not_found", "is_archived", "not_in_channel", "user_not_found"))
_LOST: Final = frozenset(("cant_update_message", "edit_window_closed", "message_not_found"))
_MARKS: Final = {
    Kind.ACK: ":eyes:",
    Kind.RESOLVE: ":white_check_mark:",
    Kind.REMINDER: ":bell:",
    Kind.DIGEST: ":card_index_dividers:",
    Kind.META: ":gear:",
}
_SEVERITY_MARKS: Final = {
    "critical": ":red_circle:",
    "high": ":large_orange_circle:",
    "medium": ":large_yellow_circle:",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Posts to Slack.

    With `webhook_url` each message is a new one in the channel that the webhook belongs to. With `token` a
    bot (scope `chat:write`) posts to `channel`, and to people by their member id; it changes its first
    message about an incident as that is acknowledged and resolved; what pages again follows in its thread.

    Attributes:
        webhook_url: the URL of an incoming webhook.
        token: the token of a bot, `xoxb-...`, in place of `webhook_url`.
        channel: where the bot posts: a channel's id such as `C0123456789`, or its name such as `#ops`.
        url: where the bot's API is.
        templates: a folder of templates that replace ours: `title.txt`, `slack.txt`.
        ca_file: a PEM file of the authorities to trust instead of the system's.
        proxy: `http://`, `https://` or `socks5://` host and port, with credentials if need be.
    """

    webhook_url: Secret | None = None
    token: Secret | None = None
    channel: str = ""
    url: str = "https://slack.com/api"
    templates: FilePath = ""
    ca_file: FilePath | None = None
    proxy: str | Secret | None = None

    def __post_init__(self) -> None:
        if (self.webhook_url is None) == (self.token is None):
            raise ValueError("one of webhook_url and token belongs here")
        if self.webhook_url is not None and self.channel:
            raise ValueError("`channel` goes with a token: a webhook posts to the channel it was made for")
        check_url("webhook_url", self.webhook_url)
        check_url("url", self.url)
        check_url("proxy", self.proxy)
        if self.token is not None:
            check_header("token", self.token.value)


def prepare(options: Options) -> None:
    """Make the TLS context and compile the templates."""
    prepare_http(options.ca_file, options.templates)


async def send(options: Options, notification: Notification, sending: Sending) -> Delivery:
    """Post, or change, one message."""
    if options.webhook_url is not None:
        build = partial(_webhook_request, options)
        judge = partial(_judge, options, sending, False)
        return await exchange(notification, sending, build, judge, _is_too_large)
    return await _by_bot(options, notification, sending)


async def _by_bot(options: Options, notification: Notification, sending: Sending) -> Delivery:
    """Post the first message of an incident, change it by what is no news, and let what pages follow it."""
    where, _, first = sending.earlier.partition("/")
    target = notification.address or options.channel
    if not (where and first) and not target:
        return NOBODY
    deadline = trio.current_time() + sending.timeout / SECOND

    async def call(method: str, **beside: Any) -> Delivery:
        build = partial(_api_request, options, method, beside)
        judge = partial(_judge, options, sending, bool(notification.address))
        return await exchange(notification, sending, build, judge, _is_too_large, deadline)

    if not (where and first):
        return await call("chat.postMessage", channel=target)
    if notification.kind in (Kind.TRIGGER, Kind.REMINDER):
        reply = await call("chat.postMessage", channel=where, thread_ts=first, reply_broadcast=True)
        if not reply.ok:
            return reply
        shown = await call("chat.update", channel=where, ts=first)
        stale = () if shown.ok else (f"the first message was not changed: {shown.answer}",)
        return replace(reply, provider_id=sending.earlier, warnings=(*reply.warnings, *stale))
    changed = await call("chat.update", channel=where, ts=first)
    if changed.verdict is Verdict.PERMANENT and any(lost in changed.answer for lost in _LOST):
        return await call("chat.postMessage", channel=where)
    return replace(changed, provider_id=sending.earlier) if changed.ok else changed


def _webhook_request(options: Options, notification: Notification) -> Request:
    assert options.webhook_url is not None
    content, warnings = payload(notification, options.templates)
    return Request(
        endpoint=endpoint(
            options.webhook_url.value, options.ca_file, options.proxy, options.webhook_url
        ),
        headers={"Content-Type": "application/json"},
        body=json.dumps(content).encode(),
        warnings=warnings,
    )  # fmt: skip


def _api_request(
    options: Options, method: str, beside: Mapping[str, Any], notification: Notification
) -> Request:
    assert options.token is not None
    content, warnings = payload(notification, options.templates)
    content |= beside
    content["metadata"] = {
        "event_type": "slawatch_notification",
        "event_payload": {"id": notification.idempotency_key, "incident": notification.incident},
    }
    return Request(
        endpoint=endpoint(
            f"{options.url.rstrip('/')}/{method}", options.ca_file, options.proxy, options.token
        ),
        headers={
            "Content-Type": "application/json; charset=utf-8",
            "Authorization": f"Bearer {options.token.value}",
        },
        body=json.dumps(content).encode(),
        warnings=warnings,
    )  # fmt: skip


def payload(notification: Notification, folder: str = "") -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return a message as Block Kit has it, within its limits, and what was noticed on the way."""
    title = _texts.title(notification, folder)
    text = _texts.render("slack.txt", notification, folder)
    mark = _MARKS.get(notification.kind) or _SEVERITY_MARKS.get(str(notification.severity), ":blue_circle:")
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": cut(title.text, _HEADER), "emoji": False}},
        {"type": "section", "text": {"type": "mrkdwn", "text": cut_mrkdwn(f"{mark} {text.text}", _SECTION)}},
    ]
    facts = list(notification.details.items())[:_FIELDS]
    if facts:
        fields = [{"type": "mrkdwn", "text": _field(name, value)} for name, value in facts]
        blocks.append({"type": "section", "fields": fields})
    incident = f"incident {notification.incident}" if notification.incident else ""
    about = [notification.service, notification.organization, incident]
    words = " · ".join(_texts.mrkdwn(one_line(word)) for word in about if word)
    if words:
        blocks.append(
            {"type": "context", "elements": [{"type": "mrkdwn", "text": cut_mrkdwn(words, _FIELD)}]}
        )
    content = {
        "text": cut_mrkdwn(_texts.mrkdwn(title.text), _FALLBACK),
        "blocks": blocks,
        "unfurl_links": False,
        "unfurl_media": False,
    }
    return content, (*title.warnings, *text.warnings)


def _field(name: str, value: str) -> str:
    head = f"*{_texts.mrkdwn(_texts.sentence(cut(one_line(name), 100)))}*\n"
    return cut_mrkdwn(head + _texts.mrkdwn(value), _FIELD)


def cut_mrkdwn(text: str, limit: int) -> str:
    """Return a text of at most so many characters, no entity and no link torn.

    >>> cut_mrkdwn("a &amp; b", 6), cut_mrkdwn("see <https://x|there>", 12)
    ('a …', 'see …')
    """
    if len(text) <= limit:
        return text
    kept = re.sub(r"&[a-z]{0,3}\Z", "", text[: limit - 1])
    torn = kept.rfind("<")
    if torn > kept.rfind(">"):
        kept = kept[:torn]
    return kept + ELLIPSIS


def _error(answer: Answer) -> str | None:
    """Return Slack's word for what is wrong; empty for nothing; None for an answer that is not Slack's."""
    text = answer.text().strip()
    if not text.startswith("{"):
        return "" if text in ("ok", "") else text.split()[0].rstrip(",.:")
    try:
        found = json.loads(text)
    except ValueError:
        return None
    if not isinstance(found, dict):
        return None
    return "" if found.get("ok") is True else str(found.get("error") or "unknown")


def _is_too_large(answer: Answer) -> bool:
    return is_too_large(answer) or _error(answer) in _TOO_LONG


def _judge(options: Options, sending: Sending, personal: bool, answer: Answer) -> Delivery:
    """Return what Slack's answer means: what is wrong stands in the body, even under 200.

    Args:
        options: of the channel.
        sending: the attempt.
        personal: the message was for a person, whose address may be wrong while the channel is right.
        answer: what Slack said.
    """
    error = _error(answer)
    taken = by_api(answer.status).verdict is Verdict.OK
    if taken and (error is None or not answer.complete):
        meaning = Meaning(Verdict.RETRY, counts=True, possible_duplicate=True)
        return delivery_of(answer, meaning, sending.now, "Slack's answer cannot be read")
    if taken and error == "":
        found = delivery_of(answer, Meaning(Verdict.OK), sending.now, str(answer.status))
        return replace(found, provider_id=_message(answer))
    meaning = by_slack(answer.status, error or "")
    refused = meaning.verdict in (Verdict.PERMANENT, Verdict.MISCONFIGURED, Verdict.DISABLE)
    if personal and refused and error in _NOBODY:
        meaning = Meaning(Verdict.PERMANENT)
    elif meaning.verdict is Verdict.PERMANENT and (
        error in _OURS or by_api(answer.status).verdict is Verdict.MISCONFIGURED
    ):
        meaning = Meaning(Verdict.MISCONFIGURED)
    return delivery_of(answer, meaning, sending.now, _words(options, answer, error))


def _words(options: Options, answer: Answer, error: str | None) -> str:
    if not error:
        return ""
    secrets = endpoint("https://slack.com", None, options.proxy, options.token, options.webhook_url).secrets
    return answer_line(f"{answer.status} {error}", secrets)


def _message(answer: Answer) -> str:
    """Return `channel/ts` of the message that a bot posted."""
    try:
        found = json.loads(answer.body)
        return f"{found['channel']}/{found['ts']}"
    except (ValueError, TypeError, KeyError):
        return ""
