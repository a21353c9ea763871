"""Messages in the words of people, in a terminal of any width."""

from typing import Any

import pytest

from slawatch.cli.message_table import render_message, render_messages
from slawatch.cli.terminal import PIPED, Terminal, columns
from slawatch.core.instant import parse_rfc3339
from slawatch.core.people import Person

NOW = parse_rfc3339("2026-11-02T12:00:20Z")
PLAIN = Terminal(PIPED, colour=False, unicode=True)
PEOPLE = {"bob": Person(key="bob", name="Bob Ray")}


def message(**more: Any) -> dict[str, Any]:
    found = {
        "id": "7:1:trigger:0:0:person:bob:hook", "state": "sent", "kind": "trigger", "to": "person:bob",
        "channel": "hook", "incident": 7, "service": "shop", "severity": "high", "level": 0, "cycle": 0,
        "reason": None, "detail": None, "created_at": "2026-11-02T12:00:00Z", "not_before": None,
        "expires_at": None, "tries": 1, "answer": "204", "why": None, "provider_id": None,
        "superseded_by": None, "possible_duplicate": False, "attempts": [],
    }  # fmt: skip
    return found | more


def attempt(**more: Any) -> dict[str, Any]:
    return {
        "number": 1, "started_at": "2026-11-02T12:00:00Z", "seconds": 0.2, "verdict": "ok", "status": 204,
        "answer": "204 no content", "provider_id": None, "possible_duplicate": False, **more,
    }  # fmt: skip


def shown(**more: Any) -> list[str]:
    return render_message(message(**more), PEOPLE, "UTC", NOW, PLAIN).splitlines()


def test_one_that_was_sent() -> None:
    lines = shown(attempts=[attempt()])
    assert lines[:2] == ["Page to Bob Ray through hook", "Sent"]
    assert "Because   level 0 is told" in lines
    assert any("taken" in line for line in lines)
    assert not any("retry" in line for line in lines)


def test_one_that_is_tried_again_says_when() -> None:
    lines = shown(
        state="retry_wait", not_before="2026-11-02T12:00:50Z", expires_at="2026-11-05T12:00:00Z",
        reason="late", detail="late by 3 min", attempts=[
            attempt(verdict="throttle", status=429, answer="slow down"),
            attempt(number=2, verdict="retry", status=None, answer="no answer in 15s"),
        ],
    )  # fmt: skip
    assert lines[1] == "Could not be sent so far, and is tried again"
    assert "Next try  12:00:50, in 30s" in lines
    assert "Because   late by 3 min" in lines
    text = "\n".join(lines)
    for part in ("asked to wait", "429: slow down", "failed", "no answer in 15s"):
        assert part in text
    for code in ("retry_wait", "throttle", " retry "):
        assert code not in text


@pytest.mark.parametrize(
    ("state", "why", "said"),
    [
        ("dead", "permanent", "Given up: refused"),
        ("dead", "no attempt left", "Given up: every attempt failed"),
        ("dead", "misconfigured", "Given up: the channel is misconfigured"),
        ("cancelled", "generation", "Not sent: the incident went on without it"),
        ("cancelled", "superseded", "Not sent: a later message says it"),
        ("cancelled", "something new", "Not sent: something new"),
    ],
)
def test_why_one_was_not_sent(state: str, why: str, said: str) -> None:
    lines = shown(state=state, why=why)
    assert lines[1] == said
    again = "slawatch notifications retry 7:1:trigger:0:0:person:bob:hook sends it again"
    assert (again in lines) == (state == "dead")


def test_one_to_a_channel_and_one_that_nobody_tried() -> None:
    lines = shown(
        to="channel:hook", kind="resolve", state="queued", level=None, reason="resolved", detail="recovered"
    )
    assert lines[:2] == ["All-clear to channel:hook", "Waits to be sent"]
    assert "Because   recovered" in lines
    assert lines[-1] == "nobody was asked to deliver it yet"


def test_what_may_have_got_through_is_said() -> None:
    assert any("may have got through" in line for line in shown(state="retry_wait", possible_duplicate=True))


def test_a_provider_cannot_steer_the_terminal() -> None:
    text = "\n".join(shown(attempts=[attempt(answer="\x1b[2Jgone", verdict="retry")]))
    assert "\x1b" not in text


def test_the_list_says_why_in_words() -> None:
    rows = [message(state="dead", why="permanent", answer="550 no such user")]
    lines = render_messages(rows, "UTC", NOW, PLAIN).splitlines()
    assert "refused: 550 no such user" in "\n".join(lines)
    assert render_messages([], "UTC", NOW, PLAIN) == "no message, or none of that kind\n"


@pytest.mark.parametrize("width", [50, 80, 200])
def test_it_fits(width: int) -> None:
    found = message(attempts=[attempt(answer="word " * 60)], detail="because " * 40)
    for line in render_message(found, PEOPLE, "UTC", NOW, Terminal(width, colour=False)).splitlines():
        assert columns(line) <= width or "notifications retry" in line or line.startswith("Id")
