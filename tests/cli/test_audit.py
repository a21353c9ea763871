"""`audit list` as it is typed, without a daemon and with one."""

import json
from pathlib import Path

import pytest

from slawatch.cli.main import main

from .sockets import answering, http
from .test_token import CONFIG


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "slawatch.toml").write_text(CONFIG)
    return tmp_path


def test_what_commands_did_without_a_daemon_is_in_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "list"]) == 0
    assert capsys.readouterr().out == "the audit log has no such line\n"
    assert main(["token", "create", "ci"]) == 0
    assert main(["token", "revoke", "ci"]) == 0
    span = ["--start", "2999-12-01T22:00", "--end", "2999-12-02T00:00"]
    assert main(["maintenance", "add", "--service", "shop", *span, "--by", "alice"]) == 0
    capsys.readouterr()
    assert main(["audit", "list", "--json"]) == 0
    lines = json.loads(capsys.readouterr().out)["audit"]
    assert [line["action"] for line in lines] == ["maintenance.add", "token.revoke", "token.create"]
    assert {line["outcome"] for line in lines} == {"allowed"}
    assert all(line["source"].startswith("cli:") for line in lines)
    assert lines[0]["detail"] == {"signed": "alice"}
    assert main(["audit", "list", "--action", "token.", "--limit", "1"]) == 0
    head, line, foot = capsys.readouterr().out.splitlines()
    assert head.split() == ["N", "TIME", "WHO", "FROM", "ACTION", "ABOUT", "OUTCOME", "MORE"]
    assert "token.revoke" in line
    assert foot == "times in Europe/Berlin; older lines: --before 2"
    assert main(["audit", "list", "--before", "2", "--person", lines[0]["person"]]) == 0
    assert "token.create" in capsys.readouterr().out
    assert main(["audit", "list", "--since", "2999-01-01"]) == 0
    assert "no such line" in capsys.readouterr().out


@pytest.mark.parametrize("more", [["--since", "soon"], ["--limit", "0"], ["--before", "0"]])
def test_what_cannot_be_asked(more: list[str]) -> None:
    assert main(["token", "create", "ci"]) == 0
    assert main(["audit", "list", *more]) == 2


def test_a_running_daemon_is_asked(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "data").mkdir()
    body = json.dumps({"audit": [], "next": None}).encode()
    with answering(home / "data" / "slawatch.sock", http(body)) as requests:
        assert main(["audit", "list", "--person", "a b", "--outcome", "refused"]) == 0
    assert requests[0].startswith(b"GET /api/v1/audit?person=a+b&outcome=refused&limit=100 HTTP/1.1")
    assert "no such line" in capsys.readouterr().out
