"""`alerts` as it is typed."""

from pathlib import Path

import pytest
from tests.alerts import NOW, Play

from slawatch.core.dispatch import SeverityChanged
from slawatch.core.instant import HOUR, MINUTE
from slawatch.core.matcher import parse
from slawatch.core.silence import Silence

from .played import left_by, run, run_json
from .sockets import answering, http


@pytest.fixture(autouse=True)
def socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    def play(play: Play) -> None:
        play.fire("api-a")
        play.end("api-a", after=MINUTE)
        play.silences = (
            Silence(
                id="s", match=parse("check=shop-db"), author="bob", comment="disk", start=0, end=NOW + HOUR
            ),
        )
        play.fire("shop-home", threshold="> 3 failures")
        play.fire("shop-db", severity="high")
        play.give(SeverityChanged("shop-db", "medium", "8 of 9"))

    return left_by(tmp_path, monkeypatch, play, NOW + 5 * MINUTE)


def test_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    lines = run(capsys, "alerts", "list").splitlines()
    assert lines[0].split() == ["ALERT", "SEVERITY", "SERVICE", "SINCE", "INCIDENT", "MEASURED"]
    assert lines[1] == (
        "shop-home  critical  shop     4m 2s  2 triggered  connection refused (limit > 3 failures)"
    )
    assert lines[2] == "shop-db    medium    shop     4m 2s  2 triggered  8 of 9"
    assert lines[3] == "      silenced by bob: disk"
    assert len(lines) == 4


def test_the_list_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    found = run_json(capsys, "alerts", "list", "--severity", "high")
    assert ([line["id"] for line in found["alerts"]], found["next"]) == (["shop-home"], None)
    found = run_json(capsys, "alerts", "list", "--limit", "1")
    following = run_json(capsys, "alerts", "list", "--cursor", found["next"])
    assert [line["id"] for line in following["alerts"]] == ["shop-db"]


def test_a_list_that_goes_on_says_how(capsys: pytest.CaptureFixture[str]) -> None:
    assert "there is more: add --cursor " in run(capsys, "alerts", "list", "-n", "1")


def test_what_is_over(capsys: pytest.CaptureFixture[str]) -> None:
    head, line = run(capsys, "alerts", "list", "--state", "resolved").splitlines()
    assert head.split()[3:5] == ["FROM", "LASTED"]
    assert line.split() == [
        "api-a", "critical", "api", "12:59", "1m", "2s", "connection", "refused", "recovered",
    ]  # fmt: skip


def test_empty_lists_say_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "alerts", "list", "--check", "x") == "no alert fires\n"
    assert "nobody is told of" in run(capsys, "alerts", "list", "--state", "suppressed", "--check", "x")


def test_one_alert(capsys: pytest.CaptureFixture[str]) -> None:
    text = run(capsys, "alerts", "show", "shop-home")
    assert "shop-home: shop-home is down\ncritical, firing\n" in text
    assert "Since     13:00, 4m 2s" in text
    assert "Measured  connection refused (limit > 3 failures)" in text
    assert "Timeline\n  13:01:00  alert shop-home, critical: connection refused\n" in text
    assert run_json(capsys, "alerts", "show", "api-a")["violations"][0]["seconds"] == 62.0


def test_why(capsys: pytest.CaptureFixture[str]) -> None:
    text = run(capsys, "alerts", "explain", "shop-db")
    assert "Why\n  • shop-db is down: bad since 2026-11-02 13:00:58" in text
    assert "Why nobody else\n  • silenced by bob: disk, until 2026-11-02 14:00:00\n" in text
    assert run_json(capsys, "alerts", "explain", "shop-db")["not_told"][0]["kind"] == "silence"


def test_what_never_was(capsys: pytest.CaptureFixture[str]) -> None:
    assert "there is no alert 'x'" in run(capsys, "alerts", "show", "x", code=2)
    assert 'did you mean "api-a"' in run(capsys, "alerts", "explain", "api-b", code=2)
    assert 'did you mean "firing"' in run(capsys, "alerts", "list", "--state", "firin", code=2)


def test_the_daemon_is_asked_where_one_runs(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with answering(socket, http(b'{"alerts": [], "next": null}')) as requests:
        assert run(capsys, "alerts", "list", "--service", "a b") == "no alert fires\n"
    assert requests[0].startswith(b"GET /api/v1/alerts?state=firing&service=a+b&limit=50 HTTP/1.1\r\n")
    socket.unlink()
    with answering(socket, http(b"{}", "404 Not Found")) as requests:
        run(capsys, "alerts", "show", 'disk{mount="/"}', code=2)
    assert requests[0].startswith(b"GET /api/v1/alerts/disk%7Bmount%3D%22%2F%22%7D HTTP/1.1\r\n")


def test_before_anything_was_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "slawatch.toml").write_text(
        (tmp_path / "slawatch.toml").read_text().replace('"data"', '"new"')
    )
    assert run(capsys, "alerts", "list") == "no alert fires\n"
    assert "there is no sample of it yet" in run(capsys, "alerts", "explain", "shop-home")
    assert not (tmp_path / "new").exists()


def test_those_of_one_incident(capsys: pytest.CaptureFixture[str]) -> None:
    found = run_json(capsys, "alerts", "list")["alerts"]
    number = next(one["incident"] for one in found if one["incident"])
    mine = run_json(capsys, "alerts", "list", "--incident", str(number))["alerts"]
    assert mine == [one for one in found if one["incident"] == number]
    assert run(capsys, "alerts", "list", "--incident", "999") == "no alert fires\n"
