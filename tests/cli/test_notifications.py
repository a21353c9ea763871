"""`notifications` as it is typed."""

import json
from pathlib import Path

import pytest
from tests.alerts import NOW, Play

from slawatch.core.instant import MINUTE

from .played import left_by, run, run_json
from .sockets import answering, http

DEAD = "1:1:trigger:0:0:person:bob:chat"


@pytest.fixture(autouse=True)
def socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    def play(play: Play) -> None:
        play.broken = {"chat"}
        play.fire("shop-home")

    return left_by(tmp_path, monkeypatch, play, NOW + MINUTE)


def test_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    lines = run(capsys, "notifications", "list").splitlines()
    assert lines[0].split() == ["WHEN", "STATE", "TO", "CHANNEL", "KIND", "INCIDENT", "TRIES", "ID"]
    assert lines[1].split()[:7] == ["13:00", "sent", "bob", "text", "trigger", "1", "1"]
    assert lines[2].split()[:8] == ["13:00", "dead", "bob", "chat", "trigger", "1", "1", DEAD]
    assert lines[3].strip() == "refused: 550 no such user"
    found = run_json(capsys, "notifications", "list", "--state", "dead", "--to", "bob")
    assert [one["id"] for one in found["notifications"]] == [DEAD]
    assert run(capsys, "notifications", "list", "--channel", "x") == "no message, or none of that kind\n"
    assert "there is more: add --cursor" in run(capsys, "notifications", "list", "-n", "1")


def test_one_message(capsys: pytest.CaptureFixture[str]) -> None:
    text = run(capsys, "notifications", "show", DEAD)
    assert text.splitlines()[1] == "Given up: refused"
    assert "  1  13:00:00  200 ms  refused  550 no such user\n" in text
    assert text.endswith(f"slawatch notifications retry {DEAD} sends it again\n")
    assert run_json(capsys, "notifications", "show", DEAD)["attempts"][0]["verdict"] == "permanent"
    assert "there is no notification 'x'" in run(capsys, "notifications", "show", "x", code=2)


def test_sending_again(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "only it can send a message again" in run(capsys, "notifications", "retry", DEAD, code=69)
    with answering(socket, http(json.dumps({"id": DEAD, "state": "queued"}).encode())) as requests:
        assert run(capsys, "notifications", "retry", DEAD, "--by", "bob") == f"{DEAD}: waits to be sent\n"
    path = b"1%3A1%3Atrigger%3A0%3A0%3Aperson%3Abob%3Achat"
    assert requests[0].startswith(b"POST /api/v1/notifications/" + path + b"/retry HTTP/1.1\r\n")
