"""PagerDuty, against a stand-in that refuses what Events API v2 refuses, and keeps alerts as it does."""

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.notifiers.conftest import NOW
from tests.notifiers.servers import Provider, Reply, Seen, shape_errors

from slawatch.core.notification import Kind, Link, Notification, Verdict
from slawatch.core.text import Secret
from slawatch.notifiers import Sending
from slawatch.notifiers.pagerduty import Options, body, dedup_key, event, send, severity_of

KEY = "R" + "0" * 31
GROUPS = re.compile(r"pagerduty_payloads/\d+-(shape|one-dedup-key|dedup|severity-map|.*-example|.*-answer)")
CASES = json.loads((Path(__file__).parents[1] / "data/alerting_pagerduty_payloads.json").read_text())["cases"]


def cases(*words: str) -> Any:
    found = [case for case in CASES if (match := GROUPS.match(case["id"])) and match[1].endswith(words)]
    assert found
    return pytest.mark.parametrize("case", found, ids=[case["id"].partition("/")[2] for case in found])


class Alerts:
    """What PagerDuty makes of events.

    Attributes:
        states: of the alerts of each integration and key, the last one counts.
        dropped: events without an open alert.
    """

    def __init__(self, *keys: str) -> None:
        self.keys = keys or (KEY,)
        self.states: dict[tuple[str, str], list[str]] = {}
        self.dropped = 0
        self.notified = 0
        self.log = 0
        self.unnamed = 0

    def take(self, found: dict[str, Any]) -> None:
        self.log += 1
        key = found.get("dedup_key")
        if not key:
            self.unnamed += 1
            key = f"made-{self.unnamed}"
        states = self.states.setdefault((found["routing_key"], key), [])
        open_ = states and states[-1] != "resolved"
        if found["event_action"] == "trigger":
            if not open_:
                states.append("triggered")
                self.notified += 1
        elif not open_:
            self.dropped += 1
        else:
            states[-1] = {"acknowledge": "acknowledged", "resolve": "resolved"}[found["event_action"]]

    def reply(self, seen: Seen) -> Reply:
        found = seen.json()
        errors = shape_errors(found)
        if len(seen.body) > 512_000:
            return Reply(413)
        if found.get("routing_key") not in self.keys:
            errors.append("'routing_key' is not known")
        if errors:
            return Reply(
                400, {"status": "invalid event", "message": "Event object is invalid", "errors": errors}
            )
        self.take(found)
        return Reply(
            202, {"status": "success", "message": "Event processed", "dedup_key": found["dedup_key"]}
        )

    def alerts(self) -> list[str]:
        return [state for states in self.states.values() for state in states]


@pytest.fixture
def alerts(provider: Provider) -> Alerts:
    found = Alerts()
    provider.replies = found.reply
    return found


@pytest.fixture
def options(provider: Provider) -> Options:
    return Options(integration_key=Secret(KEY), url=f"{provider.url}/v2/enqueue")


async def test_an_alert_is_triggered_acknowledged_and_resolved(
    provider: Provider, alerts: Alerts, options: Options, notification: Notification, sending: Sending
) -> None:
    for kind, state in (
        (Kind.TRIGGER, "triggered"), (Kind.UPDATE, "triggered"), (Kind.ACK, "acknowledged"),
        (Kind.REMINDER, "acknowledged"), (Kind.TRIGGER, "acknowledged"), (Kind.RESOLVE, "resolved"),
    ):  # fmt: skip
        found = await send(options, dataclasses.replace(notification, kind=kind), sending)
        assert found.ok
        assert found.status == 202
        assert found.provider_id == "slawatch:prod:7:0"
        assert alerts.alerts() == [state]
    assert alerts.notified == 1
    assert {request.target for request in provider.requests} == {"/v2/enqueue"}
    again = dataclasses.replace(notification, reopen=1)
    assert (await send(options, again, sending)).provider_id == "slawatch:prod:7:1"
    assert alerts.alerts() == ["resolved", "triggered"]


async def test_an_event_says_what_is_wrong(
    provider: Provider, alerts: Alerts, notification: Notification, sending: Sending
) -> None:
    options = Options(
        integration_key=Secret(KEY), url=provider.url, client_url="https://slawatch.example/"
    )  # fmt: skip
    assert (await send(options, notification, sending)).ok
    found = provider.requests[0].json()
    assert found == {
        "routing_key": KEY,
        "event_action": "trigger",
        "dedup_key": "slawatch:prod:7:0",
        "client": "slawatch",
        "client_url": "https://slawatch.example/",
        "payload": {
            "summary": "[CRITICAL] shop is down",
            "source": "shop",
            "severity": "critical",
            "timestamp": "2026-01-01T00:00:00Z",
            "component": "shop",
            "group": "acme",
            "class": "trigger",
            "custom_details": {
                "summary": "shop-home: connection refused",
                "reason": "level 0 of default",
                "incident": "7",
                "since": "2025-12-31T23:58:55Z",
                "check": "shop-home",
                "latency": "1.2s",
            },
        },
        "links": [
            {"href": "https://slawatch.example/incidents/7", "text": "Open"},
            {"href": "https://wiki.example/shop", "text": "Runbook"},
        ],
    }


async def test_a_wrong_event_is_refused_for_good_and_says_why(
    alerts: Alerts, provider: Provider, notification: Notification, sending: Sending
) -> None:
    options = Options(integration_key=Secret("wrong-key-of-an-on-premise-relay"), url=provider.url)
    found = await send(options, notification, sending)
    assert found.verdict is Verdict.PERMANENT
    assert "'routing_key' is not known" in found.answer
    assert "wrong-key" not in found.answer


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "x" * 5000},
        {"title": "⌘" * 1024},
        {"service": "", "organization": "", "title": "only a title"},
        {"service": "s" * 3000},
        {"incident": "i" * 400},
        {"summary": "y" * 600_000},
        {"details": {f"k{n}": "ü" * 1000 for n in range(1000)}},
        {"entries": tuple("z" * 1000 for _ in range(1000))},
        {"links": tuple(Link("a" * 10, "https://x.example/" + "b" * 100) for _ in range(100))},
        {"links": (Link("bad", "javascript:alert(1)"),)},
        {"severity": "whatever"},
        {"kind": Kind.META, "incident": ""},
        {"kind": Kind.DIGEST, "incident": "", "entries": ("a", "b")},
    ],
)
async def test_whatever_the_message_is_the_event_is_accepted(
    alerts: Alerts, options: Options, notification: Notification, sending: Sending, changes: dict[str, Any]
) -> None:
    found = await send(options, dataclasses.replace(notification, **changes), sending)
    assert found.ok, found
    assert len(alerts.alerts()) == 1


@cases("example", "shape")
def test_the_stand_in_knows_a_good_event_from_a_bad_one(case: dict[str, Any]) -> None:
    if "shape_ok" not in case:
        pytest.skip("change events are not sent by slawatch")
    found = case["payload"] or {
        "routing_key": KEY, "event_action": "trigger", "dedup_key": "d",
        "payload": {
            "summary": "s" * int(case["payload_recipe"].split()[1]), "source": "h", "severity": "critical",
        },
    }  # fmt: skip
    assert (not shape_errors(found)) == case["shape_ok"]


@cases("answer")
async def test_what_an_answer_means(
    provider: Provider, options: Options, notification: Notification, sending: Sending, case: dict[str, Any]
) -> None:
    provider.answers(Reply(case["status"], case["body"]))
    found = await send(options, notification, sending)
    verdict, _, _ = case["expect"].partition(";")
    assert found.verdict == verdict
    if found.ok:
        assert found.provider_id == case["body"]["dedup_key"]
    else:
        assert case["body"]["errors"][0] in found.answer


@cases("dedup")
def test_the_stand_in_keeps_alerts_as_pagerduty_does(case: dict[str, Any]) -> None:
    alerts = Alerts("A", "B")
    for text in case["events"]:
        action, key, _, via = (*text.split(), "", "", "")[:4]
        alerts.take({"routing_key": via or "A", "event_action": action, "dedup_key": key})
    expected = case["expect"]
    assert len(alerts.alerts()) == expected["alerts"]
    assert alerts.dropped == expected.get("dropped", 0) if "recommended" not in case else alerts.dropped == 1
    assert alerts.log == expected.get("log_entries", alerts.log)
    if "notifications_after_ack" in expected:
        assert alerts.notified == 1 + expected["notifications_after_ack"]
    if "state" in expected:
        assert alerts.alerts()[0] == expected["state"].split()[0]


@cases("severity-map")
def test_severities(case: dict[str, Any]) -> None:
    assert severity_of(case["slawatch"]) == case["pagerduty"]


@pytest.mark.parametrize(
    ("severity", "theirs"),
    [("critical", "critical"), ("high", "error"), ("medium", "warning"), ("low", "info"), ("info", "info")],
)
def test_our_severities(severity: str, theirs: str) -> None:
    assert severity_of(severity) == theirs


@cases("one-dedup-key")
def test_one_key_for_the_life_of_an_incident(case: dict[str, Any], notification: Notification) -> None:
    wanted = case["dedup_key"].replace("<instance>", "prod").replace("<incident-id>", "7")
    keys = {
        dedup_key("prod", dataclasses.replace(notification, kind=kind, generation=n))
        for n, kind in enumerate(Kind)
    }
    assert keys == {wanted.replace("<reopen-number>", "0")}
    again = dataclasses.replace(notification, reopen=1)
    assert dedup_key("prod", again) == wanted.replace("<reopen-number>", "1")


def test_every_case_of_the_group_is_run() -> None:
    assert [case["id"] for case in CASES if not GROUPS.match(case["id"])] == []


def test_a_key_too_long_is_still_one_key(notification: Notification) -> None:
    long = dataclasses.replace(notification, incident="i" * 300)
    assert len(dedup_key("prod", long)) <= 255
    assert dedup_key("prod", long) == dedup_key("prod", dataclasses.replace(long, generation=3))
    assert dedup_key("prod", long) != dedup_key("prod", dataclasses.replace(long, reopen=1))


def test_a_large_event_keeps_its_summary(notification: Notification) -> None:
    large = dataclasses.replace(notification, details={str(n): "ü" * 3000 for n in range(300)})
    found, _ = event(Options(integration_key=Secret(KEY)), "prod", large)
    encoded = body(found)
    assert len(encoded) <= 512_000
    assert json.loads(encoded)["payload"]["summary"] == "[CRITICAL] shop is down"


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"integration_key": Secret("short")}, "32 letters"),
        ({"integration_key": Secret("")}, "empty"),
        ({"integration_key": Secret(KEY), "url": "ftp://x"}, "url: "),
        ({"integration_key": Secret(KEY), "client_url": "x"}, "client_url: "),
        ({"integration_key": Secret(KEY), "proxy": "x"}, "proxy: "),
    ],
)
def test_what_cannot_be_is_refused(keys: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Options(**keys)


def test_a_time_before_now_is_the_time_of_the_decision(notification: Notification) -> None:
    found, _ = event(
        Options(integration_key=Secret(KEY)), "prod", dataclasses.replace(notification, at=NOW - 1)
    )
    assert found["payload"]["timestamp"] == "2025-12-31T23:59:59.999999Z"
