"""Slack, against a stand-in that knows tokens, messages and the limits of Block Kit."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from tests.notifiers.servers import Provider, Reply, Seen

from slawatch.core.instant import SECOND
from slawatch.core.notification import Kind, Link, Notification, Verdict
from slawatch.core.text import Secret
from slawatch.notifiers import Sending
from slawatch.notifiers.slack import Options, cut_mrkdwn, payload, send

DATA = Path(__file__).parents[1] / "data"
TOKEN = "xoxb-1-secret"
ANSWERS = [
    case for case in json.loads((DATA / "alerting_retry_classification.json").read_text())["cases"]
    if case.get("channel") in ("slack", "slack webhook") and "body" in case
]  # fmt: skip


def block_errors(blocks: list[dict[str, Any]]) -> list[str]:
    """Return what is wrong with blocks; the limits are those of Slack's Block Kit reference."""
    errors = []
    if len(blocks) > 50:
        errors.append("too many blocks")
    texts = 0
    for block in blocks:
        elements = [block["text"]] if "text" in block else []
        elements += block.get("fields", []) + block.get("elements", [])
        limit = {"header": 150, "section": 3000, "context": 3000}.get(block["type"])
        if limit is None:
            errors.append(f"no such block {block['type']}")
            continue
        if len(block.get("fields", [])) > 10 or len(block.get("elements", [])) > 10:
            errors.append("too many fields or elements")
        for element in elements:
            length = len(element["text"])
            texts += length
            room = 2000 if element in block.get("fields", []) else limit
            if not 1 <= length <= room:
                errors.append(f"a text of {length} in {block['type']}")
            if block["type"] == "header" and element["type"] != "plain_text":
                errors.append("a header is plain text")
            if element["type"] == "mrkdwn" and ("<!" in element["text"] or "<@" in element["text"]):
                errors.append("a mention nobody meant")
    return errors if texts <= 13_200 else [*errors, "msg_blocks_too_long"]


class Workspace:
    """A workspace: its messages by channel and time stamp."""

    def __init__(self) -> None:
        self.messages: dict[str, dict[str, Any]] = {}
        self.replies: list[dict[str, Any]] = []
        self.edits = 0

    def reply(self, seen: Seen) -> Reply:
        found = seen.json()
        assert seen.headers["content-type"].startswith("application/json")
        assert found["text"]
        assert len(found["text"]) <= 4000
        errors = block_errors(found["blocks"])
        if "msg_blocks_too_long" in errors:
            return Reply(200, {"ok": False, "error": "msg_blocks_too_long"})
        if errors:
            return Reply(200, {"ok": False, "error": "invalid_blocks", "errors": errors})
        if seen.headers.get("authorization") != f"Bearer {TOKEN}":
            return Reply(200, {"ok": False, "error": "invalid_auth"})
        if found["channel"] not in ("C01", "#ops", "U42"):
            return Reply(200, {"ok": False, "error": "channel_not_found"})
        where = "C01" if found["channel"] == "#ops" else found["channel"]
        if seen.target == "/api/chat.update":
            if f"{where}/{found['ts']}" not in self.messages:
                return Reply(200, {"ok": False, "error": "message_not_found"})
            self.edits += 1
            self.messages[f"{where}/{found['ts']}"] = found
            return Reply(200, {"ok": True, "channel": where, "ts": found["ts"]})
        assert seen.target == "/api/chat.postMessage"
        if "thread_ts" in found:
            assert f"{where}/{found['thread_ts']}" in self.messages
            self.replies.append(found)
            return Reply(200, {"ok": True, "channel": where, "ts": f"9.{len(self.replies)}"})
        stamp = f"1.{len(self.messages)}"
        self.messages[f"{where}/{stamp}"] = found
        return Reply(200, {"ok": True, "channel": where, "ts": stamp})


@pytest.fixture
def workspace(provider: Provider) -> Workspace:
    found = Workspace()
    provider.replies = found.reply
    return found


@pytest.fixture
def bot(provider: Provider) -> Options:
    return Options(token=Secret(TOKEN), channel="#ops", url=f"{provider.url}/api")


def titles(workspace: Workspace) -> list[str]:
    return [message["blocks"][0]["text"]["text"] for message in workspace.messages.values()]


async def test_a_webhook_posts_each_message(
    provider: Provider, notification: Notification, sending: Sending
) -> None:
    provider.answers(Reply(200, "ok"))
    options = Options(webhook_url=Secret(f"{provider.url}/services/T0/B0/x"))
    for kind in Kind:
        found = await send(options, dataclasses.replace(notification, kind=kind), sending)
        assert (found.ok, found.provider_id) == (True, "")
    assert {request.target for request in provider.requests} == {"/services/T0/B0/x"}
    first = provider.requests[0].json()
    assert block_errors(first["blocks"]) == []
    assert first["text"] == "[CRITICAL] shop is down"
    assert "<https://wiki.example/shop|Runbook>" in first["blocks"][1]["text"]["text"]
    assert "channel" not in first


async def test_a_bot_changes_its_message_as_the_incident_goes_on(
    workspace: Workspace, bot: Options, notification: Notification, sending: Sending
) -> None:
    first = await send(bot, notification, sending)
    assert first.provider_id == "C01/1.0"
    later = dataclasses.replace(sending, earlier=first.provider_id)
    for kind, title in (
        (Kind.UPDATE, "[Update] shop is down"), (Kind.ACK, "[Acknowledged] shop is down"),
        (Kind.RESOLVE, "[Resolved] shop is down"),
    ):  # fmt: skip
        found = await send(bot, dataclasses.replace(notification, kind=kind), later)
        assert found.ok
        assert found.provider_id == first.provider_id
        assert titles(workspace) == [title]
    assert workspace.replies == []


@pytest.mark.parametrize("kind", [Kind.TRIGGER, Kind.REMINDER])
async def test_what_pages_again_follows_in_the_thread_for_an_edit_rings_nowhere(
    workspace: Workspace, bot: Options, notification: Notification, sending: Sending, kind: Kind
) -> None:
    first = await send(bot, notification, sending)
    later = dataclasses.replace(sending, earlier=first.provider_id)
    await send(bot, dataclasses.replace(notification, kind=Kind.ACK), later)
    found = await send(bot, dataclasses.replace(notification, kind=kind, generation=1), later)
    assert found.provider_id == first.provider_id
    (reply,) = workspace.replies
    assert reply["reply_broadcast"] is True
    assert titles(workspace) == [reply["blocks"][0]["text"]["text"]]


async def test_a_message_that_is_gone_is_posted_anew(
    workspace: Workspace, bot: Options, notification: Notification, sending: Sending
) -> None:
    resolve = dataclasses.replace(notification, kind=Kind.RESOLVE)
    found = await send(bot, resolve, dataclasses.replace(sending, earlier="C01/5.5"))
    assert found.ok
    assert found.provider_id == "C01/1.0"


async def test_a_person_is_told_by_their_member_id(
    workspace: Workspace, bot: Options, notification: Notification, sending: Sending
) -> None:
    found = await send(bot, dataclasses.replace(notification, address="U42"), sending)
    assert found.provider_id == "U42/1.0"


async def test_a_wrong_member_id_is_one_persons_fault_and_a_wrong_channel_is_the_channels(
    workspace: Workspace, provider: Provider, bot: Options, notification: Notification, sending: Sending
) -> None:
    found = await send(bot, dataclasses.replace(notification, address="U99"), sending)
    assert found.verdict is Verdict.PERMANENT
    assert "channel_not_found" in found.answer
    wrong = Options(token=Secret(TOKEN), channel="#nowhere", url=f"{provider.url}/api")
    assert (await send(wrong, notification, sending)).verdict is Verdict.MISCONFIGURED
    stranger = Options(token=Secret("xoxb-other"), channel="#ops", url=f"{provider.url}/api")
    assert (await send(stranger, notification, sending)).verdict is Verdict.MISCONFIGURED
    nobody = Options(token=Secret(TOKEN), url=f"{provider.url}/api")
    assert (await send(nobody, notification, sending)).verdict is Verdict.PERMANENT


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "x" * 3000},
        {"title": "a <!channel> & <@U1> b", "summary": "<!here> <@U42> <https://evil.example|bank>"},
        {"summary": "&" * 5000},
        {"details": {f"name {n}" * 50: "<v>" * 3000 for n in range(30)}},
        {"entries": tuple("line " * 50 for _ in range(100))},
        {"links": tuple(Link("te|xt", f"https://x.example/{n}?a=1|2") for n in range(60))},
        {"links": (Link("bad", "javascript:alert(1)"),), "summary": "", "reason": ""},
        {
            "summary": "",
            "reason": "",
            "links": (),
            "details": {},
            "service": "",
            "organization": "",
            "incident": "",
        },
        {"details": {"": "", "empty": ""}},
    ],
)
async def test_whatever_the_message_is_the_blocks_are_valid(
    workspace: Workspace, bot: Options, notification: Notification, sending: Sending, changes: dict[str, Any]
) -> None:
    found = await send(bot, dataclasses.replace(notification, **changes), sending)
    assert found.ok, found
    (shown,) = workspace.messages.values()
    assert "<!" not in shown["text"]
    assert "javascript" not in json.dumps(shown)


@pytest.mark.parametrize("case", ANSWERS, ids=[case["id"].partition("/")[2] for case in ANSWERS])
async def test_what_an_answer_means(
    provider: Provider, notification: Notification, sending: Sending, case: dict[str, Any]
) -> None:
    text = case["body"] or ""
    headers = {}
    if text.startswith("Retry-After"):
        text, headers = "", {"Retry-After": "7"}
    provider.answers(Reply(case["status"] or 200, text, headers))
    options = Options(webhook_url=Secret(f"{provider.url}/services/T0/B0/x"))
    found = await send(options, notification, sending)
    if "expect_retry" in case:
        assert found.ok == case["success"]
        assert (found.verdict in (Verdict.RETRY, Verdict.THROTTLE)) == case["expect_retry"]
        return
    expected = case["expect_class"].split(",")[0].split()[0]
    if case["status"] in (403, 404) and expected == "permanent":
        expected = "misconfigured"  # for good too, and for every message: only another config helps
    assert found.verdict == expected
    if expected == "throttle":
        assert found.retry_after == 7 * SECOND
    if "shortened" in case["expect_class"]:
        assert len(provider.requests) == 2


async def test_half_an_answer_is_none(
    provider: Provider, notification: Notification, sending: Sending
) -> None:
    provider.answers(Reply(200, act="half"))
    options = Options(token=Secret(TOKEN), channel="C01", url=provider.url)
    brief = dataclasses.replace(sending, timeout=SECOND)
    found = await send(options, notification, brief)
    assert (found.verdict, found.possible_duplicate, found.counts) == (Verdict.RETRY, True, True)


def test_facts_are_fields() -> None:
    found, warnings = payload(
        Notification(kind=Kind.TRIGGER, idempotency_key="k", at=0, title="t", details={"a": "1", "b": "<2>"})
    )
    assert warnings == ()
    assert [field["text"] for field in found["blocks"][2]["fields"]] == ["*A*\n1", "*B*\n&lt;2&gt;"]


@pytest.mark.parametrize("limit", range(1, 40))
def test_nothing_is_torn(limit: int) -> None:
    found = cut_mrkdwn("a &amp; b <https://x.example|there> &lt;c&gt;", limit)
    assert len(found) <= limit
    assert found.count("<") == found.count(">")
    assert "&" not in found.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "")


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({}, "one of"),
        ({"webhook_url": Secret("https://h/x"), "token": Secret("t")}, "one of"),
        ({"webhook_url": Secret("https://h/x"), "channel": "#ops"}, "channel"),
        ({"webhook_url": Secret("hooks")}, "webhook_url: "),
        ({"token": Secret("a\nb")}, "token: "),
        ({"token": Secret("t"), "url": "ftp://x"}, "url: "),
    ],
)
def test_what_cannot_be_is_refused(keys: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Options(**keys)
