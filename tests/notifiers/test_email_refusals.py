"""Mail that is refused, or breaks off: what each reply means, and whether a mail may have got through."""

import dataclasses
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import trio
from tests.notifiers.servers import until
from tests.notifiers.smtp_servers import Script, scripted

from slawatch.core.instant import SECOND
from slawatch.core.notification import Notification, Verdict
from slawatch.notifiers import Sending
from slawatch.notifiers.email import Options, send

CASES = [
    case for case in json.loads(
        (Path(__file__).parents[1] / "data/alerting_retry_classification.json").read_text()
    )["cases"] if "smtp" in case["id"]
]  # fmt: skip


def options_for(port: int, **keys: Any) -> Options:
    usual = {"host": "localhost", "from_": "Ops <slawatch@example.com>", "to": ("ops@example.com",)}
    return Options(port=port, **{**usual, **keys})


@pytest.fixture
async def script() -> AsyncIterator[Script]:
    async with scripted() as found:
        yield found


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", "."])
@pytest.mark.parametrize(
    "case",
    [case for case in CASES if isinstance(case.get("result"), int)],
    ids=lambda case: str(case["result"]),
)
async def test_what_a_reply_means(
    script: Script, notification: Notification, sending: Sending, case: dict[str, Any], step: str
) -> None:
    script.codes = {step: case["result"]}
    found = await send(options_for(script.port), notification, sending)
    expected = case["expect_class"]
    if "channel down" in expected:
        assert found.verdict is Verdict.MISCONFIGURED
    else:
        assert found.verdict == expected.split()[0].rstrip(",")
    assert found.status == case["result"]
    assert found.counts == (case["result"] == 421)
    assert not found.possible_duplicate
    assert script.mails == []


@pytest.mark.parametrize(
    "case", [case for case in CASES if "recipients" in case], ids=lambda case: case["id"].partition("/")[2]
)
async def test_each_recipient_is_judged_alone(
    script: Script, notification: Notification, sending: Sending, case: dict[str, Any]
) -> None:
    addresses = tuple(f"{name}@example.com" for name in case["recipients"])
    for key, code in case["server"].items():
        if key in case["recipients"]:
            script.codes[f"RCPT TO:<{key}@"] = code
        elif key == "DATA":
            script.codes["DATA"] = code
        else:
            script.lost = "."
    found = await send(options_for(script.port, to=addresses), notification, sending)
    expected = case["expect"]
    reached = tuple(f"{name}@example.com" for name, what in expected.items() if what == "sent")
    assert found.reached == reached
    assert tuple(recipient for recipient, _ in script.mails) == reached
    rest = {what for what in expected.values() if what != "sent"}
    if rest == {"permanent"}:
        assert found.verdict is (Verdict.OK if reached else Verdict.PERMANENT)
    else:
        assert found.verdict is Verdict.RETRY
        assert found.possible_duplicate == any("possible duplicate" in what for what in rest)
    if reached:
        assert any(addresses[1] in warning for warning in found.warnings)
        script.codes = {}
        again = dataclasses.replace(sending, reached=frozenset(found.reached))
        await send(options_for(script.port, to=addresses), notification, again)
        assert [recipient for recipient, _ in script.mails] == list(addresses)


@pytest.mark.parametrize(
    ("lost", "duplicate"), [("EHLO", False), ("MAIL", False), ("RCPT", False), ("DATA", False), (".", True)]
)
@pytest.mark.parametrize("hangs", [False, True])
async def test_where_it_breaks_off_decides_whether_it_may_have_got_through(
    script: Script, notification: Notification, sending: Sending, lost: str, duplicate: bool, hangs: bool
) -> None:
    if hangs:
        script.hangs = lost
        sending = dataclasses.replace(sending, timeout=SECOND)
    else:
        script.lost = lost
    with trio.fail_after(5):
        found = await send(options_for(script.port), notification, sending)
        assert (found.verdict, found.counts, found.possible_duplicate) == (Verdict.RETRY, True, duplicate)
        await until(lambda: not script.open)


async def test_cancelled_its_connection_is_gone(
    script: Script, notification: Notification, sending: Sending
) -> None:
    script.hangs = "DATA"
    with trio.fail_after(5):
        with trio.move_on_after(0.3) as scope:
            await send(options_for(script.port), notification, sending)
        assert scope.cancelled_caught
        await until(lambda: not script.open)


@pytest.mark.parametrize(
    ("code", "verdict"), [(421, Verdict.RETRY), (554, Verdict.MISCONFIGURED), (220, Verdict.OK)]
)
async def test_what_a_greeting_means(
    script: Script, notification: Notification, sending: Sending, code: int, verdict: Verdict
) -> None:
    script.codes = {"BANNER": code}
    found = await send(options_for(script.port), notification, sending)
    assert found.verdict is verdict


async def test_a_channel_that_hangs_delays_no_other(
    script: Script, nursery: trio.Nursery, notification: Notification, sending: Sending
) -> None:
    script.hangs = "DATA"
    dead = dataclasses.replace(sending, channel="dead")
    for _ in range(20):
        nursery.start_soon(send, options_for(script.port), notification, dead)
    await until(lambda: script.open >= 20)
    async with scripted() as other:
        with trio.fail_after(2):
            found = await send(options_for(other.port), notification, sending)
    assert found.ok
    nursery.cancel_scope.cancel()
