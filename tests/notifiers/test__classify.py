"""What answers mean, by the published tables; where slawatch differs on purpose, with the reason."""

import json
from pathlib import Path
from typing import Any

import pytest

from slawatch.core.instant import SECOND, parse_rfc3339
from slawatch.core.notification import Verdict
from slawatch.core.retry import retry_after
from slawatch.notifiers._classify import by_api_table, by_webhook_table
from slawatch.notifiers._http_client import Answer

CASES = json.loads((Path(__file__).parents[1] / "data/alerting_retry_classification.json").read_text())[
    "cases"
]
TABLES = [case for case in CASES if isinstance(case.get("expect_retry"), dict)]
OURS = [case for case in CASES if case["source"].startswith("recommended (union")]

DIFFERENT = {
    408: "the provider gave up waiting for the request: it is sent again",
    425: "too early: it is sent again",
    429: "waits, wherever the provider gave no more room; elsewhere such messages are lost",
    501: "a method that the provider will never know: for good",
    403: "the first Events API of PagerDuty said 403 for too many; the second, which is used, does not",
}


def answer(status: int, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, named, b"", True, str(status))


@pytest.mark.parametrize("case", TABLES, ids=[case["channel"] for case in TABLES])
def test_the_tables_of_alertmanager(case: dict[str, Any]) -> None:
    for text, expected in case["expect_retry"].items():
        status = int(text)
        verdict = by_api_table(answer(status), 0).verdict
        if (verdict in (Verdict.RETRY, Verdict.THROTTLE)) != expected:
            assert status in DIFFERENT


@pytest.mark.parametrize("case", OURS, ids=[case["result"] for case in OURS])
def test_our_own_table(case: dict[str, Any]) -> None:
    result, expected = case["result"], case["expect_class"]
    if not result[0].isdigit():
        pytest.skip("no answer at all: see test_contract.py")
    for status in (
        (int(result),) if result.isdigit() else range(int(result[0]) * 100, int(result[0]) * 100 + 100)
    ):
        if status == 501 and result == "5xx":
            continue
        found = by_api_table(answer(status), 0)
        wanted = "misconfigured" if "channel down" in expected else expected.split(",")[0].split()[0]
        assert found.verdict == wanted, status
        assert found.counts == case["breaker_counts"], status


@pytest.mark.parametrize("status", range(100, 700))
def test_every_status_has_a_meaning(status: int) -> None:
    for table in (by_api_table, by_webhook_table):
        found = table(answer(status, retry_after="5"), 0)
        assert found.ok == (200 <= status < 300)
        waits = found.verdict in (Verdict.RETRY, Verdict.THROTTLE)
        assert found.retry_after == (5 * SECOND if waits else None)
    assert (by_webhook_table(answer(status), 0).verdict is Verdict.DISABLE) == (status == 410)


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if "header" in case],
    ids=[case["header"] for case in CASES if "header" in case],
)
def test_how_long_a_provider_asks_to_wait(case: dict[str, Any]) -> None:
    found = retry_after(case["header"], parse_rfc3339(case["now"]))
    expected = case["expect_wait_s"]
    if isinstance(expected, int):
        assert found == expected * SECOND
    elif expected.startswith("cap at"):
        assert found == int(expected.split()[2].rstrip(",")) * SECOND
    else:
        assert found is None


@pytest.mark.parametrize(
    "odd", [None, "", " ", "1e3", "٣", "Thu, 99 Foo 2026", "9" * 30, "Thu, 01 Jan 2026 00:01:00"]
)
def test_an_odd_header_says_nothing_or_something_bounded(odd: str | None) -> None:
    found = retry_after(odd, 0)
    assert found is None or 0 <= found <= 900 * SECOND
