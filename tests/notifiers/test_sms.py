"""Text messages, against a stand-in that checks what Twilio's Messages API checks."""

import dataclasses
import json
import re
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from tests.notifiers.servers import Provider, Reply, Seen

from slawatch.core.instant import HOUR, SECOND
from slawatch.core.notification import Kind, Notification, Verdict
from slawatch.core.text import Secret
from slawatch.notifiers import Sending
from slawatch.notifiers._sms_text import encoding
from slawatch.notifiers.sms import Options, send

DATA = Path(__file__).parents[1] / "data"
CODES = [
    case for case in json.loads((DATA / "alerting_retry_classification.json").read_text())["cases"]
    if case.get("channel") == "sms" and "error" in case
]  # fmt: skip
NUMBER = "+4915112345678"
STATUS = {20003: 401, 20429: 429}


class Twilio:
    """The Messages API.

    Attributes:
        sent: the forms of messages that were taken.
        fails: what is wrong with some numbers: status and error code.
    """

    def __init__(self, user: str = "AC1", token: str = "tok-secret") -> None:
        self.sent: list[dict[str, str]] = []
        self.fails: dict[str, tuple[int, int]] = {}
        self._authorization = "Basic " + b64encode(f"{user}:{token}".encode()).decode()

    def reply(self, seen: Seen) -> Reply:
        assert seen.method == "POST"
        assert seen.headers["content-type"] == "application/x-www-form-urlencoded"
        if seen.headers.get("authorization") != self._authorization:
            return self._refuse(401, 20003, "Authenticate")
        if seen.target != "/2010-04-01/Accounts/AC1/Messages.json":
            return self._refuse(404, 20404, "The requested resource was not found")
        form = seen.form()
        assert set(form) <= {"To", "From", "MessagingServiceSid", "Body", "ValidityPeriod"}
        if ("From" in form) == ("MessagingServiceSid" in form):
            return self._refuse(400, 21603, "A 'From' phone number is required")
        if not re.fullmatch(r"\+[1-9]\d{6,14}", form["To"]):
            return self._refuse(400, 21211, f"Invalid 'To' Phone Number: {form['To']}")
        if not 1 <= len(form["Body"]) <= 1600:
            return self._refuse(400, 21617, "The concatenated message body exceeds the 1600 character limit")
        assert 1 <= int(form["ValidityPeriod"]) <= 36_000
        if form["To"] in self.fails:
            return self._refuse(*self.fails[form["To"]], "no")
        self.sent.append(form)
        return Reply(
            201, {"sid": f"SM{len(self.sent)}", "status": "queued", "error_code": None, "to": form["To"]}
        )

    def _refuse(self, status: int, code: int, message: str) -> Reply:
        return Reply(status, {"code": code, "message": message, "more_info": "https://x", "status": status})


@pytest.fixture
def twilio(provider: Provider) -> Twilio:
    found = Twilio()
    provider.replies = found.reply
    return found


def options_for(provider: Provider | None, **keys: Any) -> Options:
    usual = {
        "account_sid": "AC1", "auth_token": Secret("tok-secret"), "from_": "+15005550006", "to": (NUMBER,),
        "url": "https://api.twilio.com" if provider is None else provider.url,
    }  # fmt: skip
    return Options(**{**usual, **keys})


async def test_a_text_is_sent(
    provider: Provider, twilio: Twilio, notification: Notification, sending: Sending
) -> None:
    found = await send(options_for(provider), notification, sending)
    assert found.ok
    assert found.provider_id == "SM1"
    assert found.reached == (NUMBER,)
    assert twilio.sent == [
        {
            "To": NUMBER, "From": "+15005550006", "ValidityPeriod": "3600",
            "Body": "[CRITICAL] shop is down - shop-home: connection refused #7",
        }
    ]  # fmt: skip


async def test_the_persons_own_number_goes_first_and_is_written_as_people_do(
    provider: Provider, twilio: Twilio, notification: Notification, sending: Sending
) -> None:
    found = await send(
        options_for(provider), dataclasses.replace(notification, address="+49 (171) 123-456"), sending
    )
    assert found.ok
    assert [form["To"] for form in twilio.sent] == ["+49171123456"]


async def test_a_service_may_choose_the_number_and_a_key_sign_in(
    provider: Provider, notification: Notification, sending: Sending
) -> None:
    twilio = Twilio("SK9", "s3cret")
    provider.replies = twilio.reply
    options = options_for(
        provider,
        api_key="SK9",
        auth_token=Secret("s3cret"),
        from_="",
        messaging_service_sid="MG1",
        validity=2 * HOUR,
    )
    assert (await send(options, notification, sending)).ok
    assert twilio.sent[0]["MessagingServiceSid"] == "MG1"
    assert twilio.sent[0]["ValidityPeriod"] == "7200"


async def test_one_bad_number_costs_the_others_nothing(
    provider: Provider, twilio: Twilio, notification: Notification, sending: Sending
) -> None:
    twilio.fails = {"+491512": (400, 21610), "+4915133333333": (503, 0)}
    options = options_for(provider, to=("+4915111111111", "+4915122222222", "+4915133333333"))
    twilio.fails = {"+4915122222222": (400, 21610), "+4915133333333": (503, 0)}
    found = await send(options, notification, sending)
    assert found.verdict is Verdict.RETRY
    assert found.reached == ("+4915111111111",)
    assert any("21610" in warning for warning in found.warnings)
    del twilio.fails["+4915133333333"]
    again = dataclasses.replace(sending, attempt=2, reached=frozenset(found.reached))
    found = await send(options, notification, again)
    assert found.ok
    assert found.reached == ("+4915111111111", "+4915133333333")
    assert [form["To"] for form in twilio.sent] == ["+4915111111111", "+4915133333333"]


@pytest.mark.parametrize("case", CODES, ids=[str(case["error"]) for case in CODES])
@pytest.mark.parametrize("failed_later", [False, True])
async def test_what_an_error_code_means(
    provider: Provider, notification: Notification, sending: Sending, case: dict[str, Any], failed_later: bool
) -> None:
    code = case["error"]
    if failed_later:
        body = {"sid": "SM1", "status": "failed", "error_code": code, "error_message": "no"}
        provider.answers(Reply(201, body))
    else:
        provider.answers(Reply(STATUS.get(code, 400), {"code": code, "message": "no", "status": 400}))
    found = await send(options_for(provider), notification, sending)
    expected = case["expect_class"]
    if "channel down" in expected:
        assert found.verdict is Verdict.MISCONFIGURED
    elif expected.startswith("undelivered"):
        assert found.verdict is Verdict.PERMANENT
    else:
        assert found.verdict == expected.split(",")[0].split()[0]
    assert str(code) in found.answer
    if expected.startswith("retry once"):
        again = await send(options_for(provider), notification, dataclasses.replace(sending, attempt=2))
        assert again.verdict is Verdict.PERMANENT


@pytest.mark.parametrize(
    ("title", "segments", "name"),
    [
        ("x" * 3000, 2, "GSM-7"),
        ("Störung € " * 100, 2, "GSM-7"),
        ("✅" * 500, 2, "UCS-2"),
        ("😀" * 500, 1, "UCS-2"),
        ("“quoted” – dashed…", 1, "GSM-7"),
        ("y" * 5000, 10, "GSM-7"),
    ],
)
async def test_a_long_text_is_cut_to_what_is_paid_for(
    provider: Provider, twilio: Twilio, notification: Notification, sending: Sending, title: str,
    segments: int, name: str,
) -> None:  # fmt: skip
    long = dataclasses.replace(notification, title=title, kind=Kind.UPDATE)
    assert (await send(options_for(provider, max_segments=segments), long, sending)).ok
    found = encoding(twilio.sent[0]["Body"])
    assert found.name == name
    assert found.segments <= segments


async def test_a_wrong_token_turns_the_channel_off_after_one_request(
    provider: Provider, twilio: Twilio, notification: Notification, sending: Sending
) -> None:
    options = options_for(provider, auth_token=Secret("wrong-token"), to=(NUMBER, "+4915111111111"))
    found = await send(options, notification, sending)
    assert found.verdict is Verdict.MISCONFIGURED
    assert "20003" in found.answer
    assert len(provider.requests) == 1


async def test_without_a_number_nobody_can_be_told(
    provider: Provider, twilio: Twilio, notification: Notification, sending: Sending
) -> None:
    found = await send(options_for(provider, to=()), notification, sending)
    assert found.verdict is Verdict.PERMANENT
    assert "no address" in found.answer
    odd = dataclasses.replace(notification, address="bob")
    found = await send(options_for(provider), odd, sending)
    assert found.verdict is Verdict.PERMANENT
    assert "'bob'" in found.answer
    assert provider.requests == []


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"account_sid": "A/C"}, "account_sid"),
        ({"from_": ""}, "one of"),
        ({"messaging_service_sid": "MG1"}, "one of"),
        ({"to": ("0151",)}, "to: "),
        ({"max_segments": 0}, "max_segments"),
        ({"validity": 11 * HOUR}, "validity"),
        ({"validity": SECOND // 2}, "validity"),
        ({"auth_token": Secret("a\nb")}, "auth_token"),
        ({"api_key": "a:b"}, "api_key"),
        ({"url": "x"}, "url: "),
    ],
)
def test_what_cannot_be_is_refused(keys: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        options_for(None, **keys)
