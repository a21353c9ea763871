"""What a provider's answer means for a message, and when the next attempt follows. Pure tables.

Providers' APIs and plain webhooks differ: an API that says 400 will say so again; the Standard Webhooks
specification has everything but 2xx and 410 tried again, on a long schedule.
"""

import re
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final, NamedTuple

from slawatch.core.instant import MINUTE, SECOND, Instant, Micros, from_datetime
from slawatch.core.notification import Delivery, Verdict
from slawatch.core.outbox import backoff, webhook_delay

LONGEST_WAIT: Final[Micros] = 15 * MINUTE
"""A provider may ask for more; it is asked again after this."""


class Meaning(NamedTuple):
    """What an answer means.

    Attributes:
        verdict: what follows.
        counts: it speaks against the channel's health.
        possible_duplicate: the message may have got through.
        shorten: the same message, shortened, is worth one more attempt.
    """

    verdict: Verdict
    counts: bool = False
    possible_duplicate: bool = False
    shorten: bool = False


_API: Final[dict[int, Verdict]] = {
    401: Verdict.MISCONFIGURED, 403: Verdict.MISCONFIGURED, 404: Verdict.MISCONFIGURED,
    407: Verdict.MISCONFIGURED, 408: Verdict.RETRY, 410: Verdict.DISABLE, 425: Verdict.RETRY,
    429: Verdict.THROTTLE, 501: Verdict.PERMANENT,
}  # fmt: skip
_GATEWAY: Final = frozenset((502, 504))
"""The gateway had no proper answer: what is behind it may have the message all the same."""
_WEBHOOK: Final[dict[int, Verdict]] = {
    410: Verdict.DISABLE, 429: Verdict.THROTTLE, 502: Verdict.THROTTLE, 504: Verdict.THROTTLE,
}  # fmt: skip
_SLACK: Final[dict[str, Verdict]] = {
    "no_service": Verdict.DISABLE, "no_service_id": Verdict.DISABLE, "no_team": Verdict.DISABLE,
    "team_disabled": Verdict.DISABLE, "channel_is_archived": Verdict.DISABLE, "rollup_error": Verdict.RETRY,
    "invalid_payload": Verdict.PERMANENT, "user_not_found": Verdict.PERMANENT,
    "action_prohibited": Verdict.PERMANENT, "invalid_token": Verdict.MISCONFIGURED,
    "channel_not_found": Verdict.PERMANENT, "no_channel": Verdict.PERMANENT, "no_text": Verdict.PERMANENT,
    "too_many_attachments": Verdict.PERMANENT, "ratelimited": Verdict.THROTTLE,
    "rate_limited": Verdict.THROTTLE,
    "invalid_auth": Verdict.MISCONFIGURED, "not_authed": Verdict.MISCONFIGURED,
    "token_revoked": Verdict.MISCONFIGURED, "account_inactive": Verdict.MISCONFIGURED,
    "internal_error": Verdict.RETRY, "fatal_error": Verdict.RETRY, "request_timeout": Verdict.RETRY,
    "service_unavailable": Verdict.RETRY, "is_archived": Verdict.DISABLE, "team_not_found": Verdict.DISABLE,
}  # fmt: skip
_TWILIO: Final[dict[int, Verdict]] = {
    20429: Verdict.THROTTLE, 14107: Verdict.THROTTLE, 20003: Verdict.MISCONFIGURED, 30001: Verdict.RETRY,
    20005: Verdict.MISCONFIGURED, 20404: Verdict.MISCONFIGURED, 21212: Verdict.MISCONFIGURED,
    21603: Verdict.MISCONFIGURED, 21606: Verdict.MISCONFIGURED, 21659: Verdict.MISCONFIGURED,
    21660: Verdict.MISCONFIGURED, 21701: Verdict.MISCONFIGURED, 21703: Verdict.MISCONFIGURED,
}  # fmt: skip
_FAULTS: Final[dict[str, Meaning]] = {
    "dns": Meaning(Verdict.RETRY, counts=True),
    "connect": Meaning(Verdict.RETRY, counts=True),
    "reset": Meaning(Verdict.RETRY, counts=True),
    "tls_expired": Meaning(Verdict.RETRY, counts=True),
    "tls": Meaning(Verdict.MISCONFIGURED),
    "timeout": Meaning(Verdict.RETRY, counts=True, possible_duplicate=True),
    "cancelled": Meaning(Verdict.RETRY),
}


def by_api(status: int) -> Meaning:
    """Return what the status of a provider's API means.

    >>> by_api(202).verdict, by_api(404).verdict, by_api(503)[:2]
    (<Verdict.OK: 'ok'>, <Verdict.MISCONFIGURED: 'misconfigured'>, (<Verdict.RETRY: 'retry'>, True))
    """
    if 200 <= status < 300:
        return Meaning(Verdict.OK)
    usual = Verdict.RETRY if 500 <= status < 600 else Verdict.PERMANENT
    verdict = _API.get(status, usual)
    return Meaning(
        verdict, counts=verdict is Verdict.RETRY, possible_duplicate=status in _GATEWAY, shorten=status == 413
    )


def by_webhook(status: int, *, asks_to_wait: bool = False) -> Meaning:
    """Return what the status of a plain webhook means; redirects are not followed but tried again."""
    if 200 <= status < 300:
        return Meaning(Verdict.OK)
    verdict = _WEBHOOK.get(status, Verdict.RETRY)
    if status == 503 and asks_to_wait:
        verdict = Verdict.THROTTLE
    return Meaning(verdict, counts=500 <= status < 600, possible_duplicate=status in _GATEWAY)


def by_slack(status: int, error: str) -> Meaning:
    """Return what Slack's answer means: its error word before its status, for it says `200` to errors too."""
    if status == 429 or not error:
        return by_api(status)
    verdict = _SLACK.get(error)
    if verdict is None:
        by_status = by_api(status)
        return by_status if by_status.verdict is not Verdict.OK else Meaning(Verdict.PERMANENT)
    return Meaning(verdict, counts=verdict is Verdict.RETRY, shorten=error == "too_many_attachments")


def by_twilio(code: int, attempt: int = 1) -> Meaning:
    """Return what an error of Twilio means; what the carrier could not deliver goes to the next channel."""
    if code == 30008:
        return Meaning(Verdict.RETRY if attempt <= 1 else Verdict.PERMANENT)
    return Meaning(_TWILIO.get(code, Verdict.PERMANENT), shorten=code == 21617)


def by_smtp(code: int) -> Meaning:
    """Return what an SMTP reply means for one recipient: 4yz later, 5yz never; 53x is our credentials."""
    if 200 <= code < 400:
        return Meaning(Verdict.OK)
    if 400 <= code < 500:
        return Meaning(Verdict.RETRY, counts=code == 421)
    return Meaning(Verdict.MISCONFIGURED if code in (530, 534, 535, 538) else Verdict.PERMANENT)


def by_fault(fault: str) -> Meaning:
    """Return what it means that no answer came: dns, connect, reset, tls_expired, tls, timeout, cancelled."""
    return _FAULTS[fault]


def retry_after(header: str | None, now: Instant) -> Micros | None:
    """Return how long a Retry-After header asks to wait, at most `LONGEST_WAIT`; None: it does not say.

    >>> retry_after("120", 0), retry_after("Thu, 01 Jan 1970 00:01:00 GMT", 0), retry_after("1.5", 0)
    (120000000, 60000000, None)
    """
    text = (header or "").strip()
    if re.fullmatch(r"[0-9]{1,18}", text, re.ASCII):
        return min(int(text) * SECOND, LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, IndexError, TypeError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max(from_datetime(moment) - now, 0), LONGEST_WAIT)


def wait_after(
    delivery: Delivery, attempt: int, fraction: float, channel_type: str, kind: str = ""
) -> Micros | None:
    """Return the wait until the next attempt, as `Answered` takes it; None where none is left.

    Args:
        delivery: what came of this attempt.
        attempt: its number, 1 for the first.
        fraction: a random number in [0, 1).
        channel_type: plain webhooks have a schedule of their own.
        kind: what the message says: pages are tried again sooner.
    """
    if delivery.verdict not in (Verdict.RETRY, Verdict.THROTTLE):
        return None
    plain = channel_type == "webhook"
    own = webhook_delay(attempt, fraction, kind) if plain else backoff(attempt, fraction)
    if delivery.retry_after is None or (own is None and delivery.verdict is Verdict.RETRY):
        return own
    asked = min(delivery.retry_after, LONGEST_WAIT)
    return asked if delivery.verdict is Verdict.THROTTLE else max(asked, own or 0)
