"""Published cases of shortening, on the texts and on the payloads that are sent."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slawatch.core.notification import Notification
from slawatch.core.text import Secret
from slawatch.notifiers import pagerduty, slack
from slawatch.notifiers._cut import cut, cut_bytes, one_line

CASES = json.loads((Path(__file__).parents[1] / "data/alerting_truncation.json").read_text())["cases"]


@pytest.mark.parametrize("case", [case for case in CASES if "runes" in case], ids=lambda case: case["id"])
def test_characters(case: dict[str, Any]) -> None:
    text, shortened = case["runes"]
    assert cut(case["in"], case["n"]) == text
    assert shortened == (text != case["in"])


@pytest.mark.parametrize("case", [case for case in CASES if "bytes" in case], ids=lambda case: case["id"])
def test_bytes(case: dict[str, Any]) -> None:
    text, shortened = case["bytes"]
    assert cut_bytes(case["in"], case["n"]) == text
    assert shortened == (text != case["in"])


def _limits(word: str) -> dict[str, Any]:
    (case,) = [case for case in CASES if word in case["id"]]
    return dict(case)


def test_the_summary_of_a_pagerduty_event(notification: Notification, folder: Path) -> None:
    case = _limits("pagerduty-summary")
    (folder / "title.txt").write_text("{{ title }}")
    options = pagerduty.Options(integration_key=Secret("k" * 32), templates=str(folder))
    found, warnings = pagerduty.event(options, "prod", dataclasses.replace(notification, title=case["in"]))
    assert warnings == ()
    assert found["payload"]["summary"] == case["runes"][0]
    assert len(found["payload"]["summary"]) <= case["limits"]["summary_runes"]
    large = dataclasses.replace(notification, details={str(n): case["in"] for n in range(1000)})
    found, _ = pagerduty.event(options, "prod", large)
    assert len(pagerduty.body(found)) <= case["limits"]["event_bytes"]


def test_the_section_of_a_slack_message(notification: Notification) -> None:
    limit = int(_limits("slack-section")["limit"])
    found, _ = slack.payload(dataclasses.replace(notification, summary="x" * 9000))
    section = found["blocks"][1]["text"]["text"]
    assert len(section) <= limit
    assert section.endswith("…")


def test_every_case_of_the_group_is_run() -> None:
    """What is left are limits of Opsgenie, which has no channel of its own."""
    known = [case for case in CASES if "runes" in case or "slack" in case["id"]]
    assert {case["channel"].split()[0] for case in CASES if case not in known} <= {"opsgenie"}


@given(st.text(), st.integers(0, 50))
def test_what_is_cut_fits(text: str, limit: int) -> None:
    assert len(cut(text, limit)) <= limit
    assert len(cut_bytes(text, limit).encode()) <= limit
    assert (cut(text, limit) == text) == (len(text) <= limit)


@given(st.text())
def test_one_line_is_one(text: str) -> None:
    found = one_line(text)
    assert found.isprintable()
    assert found == found.strip()
