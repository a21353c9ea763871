"""Text messages through Twilio's Messages API, or a relay that speaks it."""

import json
import re
from base64 import b64encode
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode

import trio

from slawatch.core.instant import HOUR, SECOND
from slawatch.core.notification import Delivery, Notification, Verdict
from slawatch.core.retry import by_twilio
from slawatch.core.text import Duration, FilePath, Secret
from slawatch.notifiers import _sms_text, _texts
from slawatch.notifiers._classify import by_api_table
from slawatch.notifiers._exchange import Request, combined, exchange, is_too_large
from slawatch.notifiers._http_client import Answer
from slawatch.notifiers._options import check_header, check_url, endpoint, prepare_http
from slawatch.notifiers._scrub import answer_line
from slawatch.notifiers._sending import Sending


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Sends text messages through Twilio.

    A message goes to the phone of the person who is told, or to the numbers in `to`. Typographic characters
    are made plain where that spares the expensive encoding, and what does not fit is cut.

    Attributes:
        account_sid: the account, `AC...`.
        auth_token: the account's token, or the secret of `api_key`.
        api_key: an API key, `SK...`, to sign in with instead of the account itself.
        from_: the number or sender's name to send from; `from` in TOML.
        messaging_service_sid: a messaging service, `MG...`, that chooses the number, in place of `from`.
        to: the numbers that get what goes to this channel and not to a person, as in `+4915112345678`.
        max_segments: as how many messages one text may be billed; what does not fit is cut.
        validity: how long the carrier may try: a page that is hours late wakes somebody for nothing.
        url: where the API is.
        templates: a folder of templates that replace ours: `sms.txt`.
        ca_file: a PEM file of the authorities to trust instead of the system's.
        proxy: `http://`, `https://` or `socks5://` host and port, with credentials if need be.
    """

    account_sid: str
    auth_token: Secret
    api_key: str = ""
    from_: str = ""
    messaging_service_sid: str = ""
    to: tuple[str, ...] = ()
    max_segments: int = 2
    validity: Duration = HOUR
    url: str = "https://api.twilio.com"
    templates: FilePath = ""
    ca_file: FilePath | None = None
    proxy: str | Secret | None = None

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[0-9A-Za-z_-]+", self.account_sid, re.ASCII):
            raise ValueError(
                "account_sid: an account such as ACxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx belongs here"
            )
        if bool(self.from_) == bool(self.messaging_service_sid):
            raise ValueError("one of `from` and messaging_service_sid belongs here")
        if ":" in self.api_key:
            raise ValueError("api_key cannot contain a colon")
        check_header("auth_token", self.auth_token.value)
        if not 1 <= self.max_segments <= 10:
            raise ValueError("max_segments: 1 to 10")
        if not SECOND <= self.validity <= 10 * HOUR:
            raise ValueError("validity: from 1s to 10h")
        check_url("url", self.url)
        check_url("proxy", self.proxy)
        # The last: no value that stands in for one that cannot be read passes it, to show what comes after.
        for number in self.to:
            if not is_number(number):
                raise ValueError(f"to: {number!r} is not a number such as +4915112345678")


def is_number(text: str) -> bool:
    """Say whether a text is a phone number in E.164 form."""
    return re.fullmatch(r"\+[1-9][0-9]{5,14}", text, re.ASCII) is not None


def prepare(options: Options) -> None:
    """Make the TLS context and compile the templates."""
    prepare_http(options.ca_file, options.templates)


async def send(options: Options, notification: Notification, sending: Sending) -> Delivery:
    """Send one text to each number that does not have it yet."""
    numbers = (notification.address,) if notification.address else options.to
    deadline = trio.current_time() + sending.timeout / SECOND
    results: dict[str, Delivery] = {}
    for number in numbers:
        if number in sending.reached:
            continue
        bare = re.sub(r"[ ()./-]", "", number)
        if not is_number(bare):
            said = f"{number!r} is not a phone number such as +4915112345678"
            results[number] = Delivery(verdict=Verdict.PERMANENT, answer=said)
            continue
        results[number] = await exchange(
            notification,
            sending,
            partial(_request, options, bare),
            partial(_judge, options, sending),
            _is_too_large,
            deadline,
        )
        if results[number].verdict in (Verdict.MISCONFIGURED, Verdict.THROTTLE):
            break
    return combined(results, sending.reached)


def _request(options: Options, number: str, notification: Notification) -> Request:
    text = _texts.render("sms.txt", notification, options.templates)
    form = {
        "To": number,
        "Body": _sms_text.fit(text.text, options.max_segments),
        "ValidityPeriod": str(max(options.validity // SECOND, 1)),
        **(
            {"From": options.from_}
            if options.from_
            else {"MessagingServiceSid": options.messaging_service_sid}
        ),
    }
    user = options.api_key or options.account_sid
    credentials = b64encode(f"{user}:{options.auth_token.value}".encode()).decode()
    path = f"/2010-04-01/Accounts/{quote(options.account_sid, safe='')}/Messages.json"
    where = endpoint(options.url.rstrip("/") + path, options.ca_file, options.proxy, *_secret(options))
    return Request(
        endpoint=where,
        headers={
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
            "Authorization": f"Basic {credentials}",
        },
        body=urlencode(form).encode(),
        warnings=text.warnings,
    )


def _secret(options: Options) -> tuple[Secret, Secret]:
    user = options.api_key or options.account_sid
    return options.auth_token, Secret(f"{user}:{options.auth_token.value}")


def _found(answer: Answer) -> dict[str, Any]:
    try:
        found = json.loads(answer.body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _code(answer: Answer) -> int | None:
    """Return Twilio's error code: that of a refusal, or of a message that failed at once."""
    found = _found(answer)
    code = found.get("code") if answer.status >= 300 else found.get("error_code")
    return code if isinstance(code, int) else None


def _is_too_large(answer: Answer) -> bool:
    return is_too_large(answer) or by_twilio(_code(answer) or 0).shorten


def _judge(options: Options, sending: Sending, answer: Answer) -> Delivery:
    delivery = by_api_table(answer, sending.now)
    found = _found(answer)
    code = _code(answer)
    state = str(found.get("status") or "") if delivery.ok else ""
    if delivery.ok and state not in ("failed", "undelivered", "canceled"):
        sid = str(found.get("sid") or "")
        return replace(delivery, provider_id=sid, answer=f"{answer.status} {state}".strip())
    if code is None and not delivery.ok:
        return delivery
    words = found.get("message") or found.get("error_message") or state
    secrets = endpoint(options.url, None, options.proxy, *_secret(options)).secrets
    said = answer_line(f"{answer.status} Twilio error {code}: {words}", secrets)
    meaning = by_twilio(code or 0, sending.attempt)
    if meaning.verdict is Verdict.PERMANENT and not delivery.ok:
        # What the code does not tell, the status does.
        return replace(delivery, answer=said)
    counts = delivery.counts and meaning.verdict is Verdict.RETRY
    return replace(delivery, verdict=meaning.verdict, answer=said, counts=counts)
