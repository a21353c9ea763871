"""What answers mean, against the published tables of providers and the recommended ones."""

import pytest
from tests.core.alert_play import cases

from slawatch.core.instant import MINUTE, SECOND, parse_rfc3339
from slawatch.core.notification import Delivery, Verdict
from slawatch.core.outbox import PAGE_DELAYS, WEBHOOK_DELAYS, webhook_delay
from slawatch.core.retry import (
    by_api,
    by_fault,
    by_slack,
    by_smtp,
    by_twilio,
    by_webhook,
    retry_after,
    wait_after,
)  # fmt: skip

TRIED = (Verdict.RETRY, Verdict.THROTTLE)
CASES = cases("retry_classification")


def pick(wanted):
    found = [case for case in CASES if wanted(case)]
    assert found
    return pytest.mark.parametrize("case", found, ids=lambda c: c["id"].split("/")[1])


DIFFERENT = {
    429: "a 429 always waits: receivers that do not lose messages",
    408: "the request took too long: another may not", 425: "too early: later is right",
    403: "only PagerDuty's old v1 meant a rate limit by it; ours speaks v2",
    501: "not implemented stays so",
}  # fmt: skip


@pick(lambda c: isinstance(c.get("expect_retry"), dict))
def test_receivers_of_alertmanager(case):
    for status, retried in case["expect_retry"].items():
        code = int(status)
        found = by_api(code).verdict in TRIED
        assert found == retried or code in DIFFERENT, (status, DIFFERENT.get(code))


@pick(lambda c: "extra_retry_codes" in c)
def test_retrier(case):
    found = by_api(case["status"])
    assert (found.verdict in TRIED) == case["expect_retry"]
    assert (found.verdict is Verdict.OK) == (case["expect_error"] is None)


@pick(lambda c: "status" in c and "expect_reason" in c and "success" not in c)
def test_failure_reasons(case):
    verdicts = {
        "auth": Verdict.MISCONFIGURED, "rate limited": Verdict.THROTTLE, "server": Verdict.RETRY,
        "client": (Verdict.PERMANENT, Verdict.MISCONFIGURED), "other": (Verdict.OK, Verdict.PERMANENT),
    }  # fmt: skip
    expected = verdicts[case["expect_reason"]]
    assert by_api(case["status"]).verdict in (expected if isinstance(expected, tuple) else (expected,))


@pick(lambda c: c.get("channel") == "slack" and "success" in c)
def test_slack_answers(case):
    body = case["body"] or ""
    error = "error_message" if "error_message" in body else "" if body in ("", "ok", '{"ok":true}') else body
    if "not valid json" in body:
        assert by_fault("timeout").verdict in TRIED, (
            "an answer that is none: nothing is known, as after a timeout"
        )
        return
    found = by_slack(case["status"], error)
    assert (found.verdict in TRIED) == case["expect_retry"]
    assert (found.verdict is Verdict.OK) == case["success"]


def meaning(case):
    result, channel = str(case.get("result", "")), case.get("channel", "")
    if channel == "email":
        faults = {"connect refused": "connect", "timeout": "timeout", "TLS handshake": "tls_expired"}
        return by_fault(faults[result]) if result in faults else by_smtp(int(result))
    words = {
        "network error": "connect", "no answer in 5 s": "timeout", "connection refused": "connect",
        "dns": "dns",
        "certificate expired": "tls_expired", "other TLS error": "tls", "timeout 15-30 s": "timeout",
        "connection reset": "reset", "connect": "connect", "tls expired": "tls_expired", "tls other": "tls",
        "read timeout": "timeout", "cancelled": "cancelled",
    }  # fmt: skip
    if result in words:
        return by_fault(words[result])
    asks = "Retry-After" in result
    status = int(result.split(" ")[0].replace("xx", "00"))
    return by_webhook(status, asks_to_wait=asks) if channel == "webhook" else by_api(status)


def classed(found, expected):
    head = expected.split(",")[0].split(" (")[0].split(" +")[0].split(" for ")[0].strip()
    if "channel down" in expected and head == "permanent":
        return found.verdict is Verdict.MISCONFIGURED
    return found.verdict.value == head


OURS = {
    "051-pagerduty-outbound-webhook-429": "theirs has no throttle class; ours waits as asked",
    "054-pagerduty-outbound-webhook-other-tls-error": "ours says misconfigured: not retried either",
    "056-pagerduty-outbound-webhook-4xx": "theirs, not Standard Webhooks': permanent in ours for APIs",
    "057-pagerduty-outbound-webhook-301": "not 2xx: failed; ours permanent for APIs",
    "112-smtp-tls-handshake": "retried; the breaker then takes the channel down",
}


@pick(lambda c: "expect_class" in c and "result" in c)
def test_classes(case):
    found, expected = meaning(case), case["expect_class"]
    name = case["id"].split("/")[1]
    if name in OURS:
        ok = {"051": Verdict.THROTTLE, "054": Verdict.MISCONFIGURED, "056": Verdict.PERMANENT,
              "057": Verdict.PERMANENT, "112": Verdict.RETRY}[name[:3]]  # fmt: skip
        assert found.verdict is ok, OURS[name]
    elif expected == "not counted":
        assert not found.counts
    else:
        assert classed(found, expected)
    assert found.possible_duplicate or "duplicate" not in expected
    assert found.shorten == ("shortened" in expected)
    if "breaker_counts" in case:
        assert found.counts == case["breaker_counts"]


@pick(lambda c: c.get("channel") == "slack webhook")
def test_slack_errors(case):
    throttled = case["body"].startswith("Retry-After")
    found = by_slack(case["status"] or 400, "" if throttled else case["body"])
    name = case["id"].split("/")[1]
    if name.startswith("077"):
        assert found.verdict is Verdict.MISCONFIGURED, "a wrong token is the config's"
    else:
        assert found.verdict.value == case["expect_class"].split(" ")[0].rstrip(",")
    assert found.shorten == ("shortened" in case["expect_class"])


@pick(lambda c: c.get("channel") == "sms" and "error" in c)
def test_twilio_errors(case):
    found, expected = by_twilio(case["error"]), case["expect_class"]
    if expected.startswith("undelivered"):
        assert found.verdict is Verdict.PERMANENT
    elif expected.startswith("retry once"):
        assert found.verdict is Verdict.RETRY
        assert by_twilio(case["error"], attempt=2).verdict is Verdict.PERMANENT
    elif "channel down" in expected:
        assert found.verdict is Verdict.MISCONFIGURED
    else:
        assert found.verdict.value == expected.split(",")[0]
    assert found.shorten == ("shorten" in expected)


@pick(lambda c: "server" in c)
def test_recipients_of_one_mail(case):
    expected = {"sent": Verdict.OK, "permanent": Verdict.PERMANENT, "retry": Verdict.RETRY}
    for recipient in case["recipients"]:
        if "DATA" in case["server"] or recipient in case["server"]:
            found = by_smtp(case["server"].get("DATA", case["server"].get(recipient)))
            assert found.verdict is expected[case["expect"][recipient]]
        else:
            lost = by_fault("timeout")
            assert (lost.verdict, lost.possible_duplicate) == (Verdict.RETRY, True)


@pick(lambda c: "expect_wait_s" in c)
def test_retry_after(case):
    found = retry_after(case["header"], parse_rfc3339(case["now"]))
    expected = case["expect_wait_s"]
    if isinstance(expected, int):
        assert found == expected * SECOND
    elif expected.startswith("cap"):
        assert found == 15 * MINUTE
    else:
        assert found is None


@pick(lambda c: "delays_s" in c)
def test_the_long_schedule(case):
    assert [delay // SECOND for delay in WEBHOOK_DELAYS] == case["delays_s"]
    # Its note: pages are tried again sooner; after that the schedule is the same.
    assert [delay // SECOND for delay in PAGE_DELAYS] == [0, 5, 15, 30, 60, *case["delays_s"][2:]]
    total = [0]
    while (wait := webhook_delay(len(total), 0.0)) is not None:
        total.append(total[-1] + wait // SECOND)
    assert total == case["since_start_s"]


def test_every_case_is_run():
    seen = (
        "expect_retry",
        "extra_retry_codes",
        "expect_reason",
        "expect_class",
        "expect_wait_s",
        "server",
        "delays_s",
    )
    left = [case["id"].split("/")[1][:3] for case in CASES if not any(name in case for name in seen)]
    assert left == ["048", "086", "100"], "limits and words of providers: the notifiers' affair"


def test_waits():
    throttled = Delivery(verdict=Verdict.THROTTLE, retry_after=30 * SECOND)
    assert wait_after(throttled, 1, 0.5, "slack") == 30 * SECOND
    assert wait_after(Delivery(verdict=Verdict.RETRY), 2, 0.5, "sms") == 7_500_000
    assert wait_after(Delivery(verdict=Verdict.RETRY, retry_after=MINUTE), 1, 0.0, "slack") == MINUTE
    failed = Delivery(verdict=Verdict.RETRY)
    assert wait_after(failed, 10, 0.0, "webhook") is None
    waits = {
        kind: [wait_after(failed, n, 0.0, "webhook", kind) for n in (1, 2, 3)]
        for kind in ("trigger", "update", "meta", "resolve", "ack", "reminder")
    }
    assert waits["trigger"] == waits["update"] == waits["meta"] == [5 * SECOND, 15 * SECOND, 30 * SECOND]
    assert waits["resolve"] == waits["ack"] == waits["reminder"] == [5 * SECOND, 300 * SECOND, 1800 * SECOND]
    assert wait_after(Delivery(verdict=Verdict.PERMANENT), 1, 0.0, "slack") is None
