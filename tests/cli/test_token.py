"""`token` and `password` as they are typed, without a daemon and with one."""

import io
import json
from pathlib import Path

import pytest

from slawatch.cli.main import main
from slawatch.config.users import password_fault

from .sockets import answering, http

CONFIG = """
[slawatch]
data_dir = "data"
timezone = "Europe/Berlin"
[organizations.acme]
[checks.shop]
service = "shop"
type = "tcp"
address = "shop.example:443"
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "slawatch.toml").write_text(CONFIG)
    return tmp_path


def test_a_token_is_printed_once_and_listed_without_its_secret(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["token", "create", "ci", "--role", "operator", "--org", "acme", "--expires", "1d"]) == 0
    out, err = capsys.readouterr()
    secret = out.strip()
    assert secret.startswith("slw_")
    assert out.count("\n") == 1
    assert "role operator, acme, until" in err
    assert secret not in err
    assert main(["token", "list"]) == 0
    head, line, zone = capsys.readouterr().out.splitlines()
    assert head.split()[:5] == ["ID", "NAME", "STATE", "ROLE", "ORGANISATIONS"]
    assert line.split()[1:5] == ["ci", "valid", "operator", "acme"]
    assert secret not in line
    assert zone == "times in Europe/Berlin"
    assert main(["token", "create", "ci"]) == 2
    assert "there is a token 'ci' already" in capsys.readouterr().err


def test_a_token_is_revoked_by_name_or_id(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["token", "create", "ci", "--expires", "never", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert (made["expires_at"], made["organizations"]) == (None, "all")
    assert main(["token", "revoke", "ci"]) == 0
    assert capsys.readouterr().out == f"{made['id']} (ci): revoked\n"
    assert main(["token", "revoke", made["id"], "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["state"] == "revoked"
    assert main(["token", "revoke", "nope"]) == 2
    assert main(["token", "list", "--json"]) == 0
    assert [one["state"] for one in json.loads(capsys.readouterr().out)["tokens"]] == ["revoked"]


def test_before_there_is_a_database_there_is_no_token(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["token", "list"]) == 0
    assert "there is no token" in capsys.readouterr().out
    assert not (home / "data" / "slawatch.duckdb").exists()


@pytest.mark.parametrize(
    "more", [["--role", "root"], ["--org", "acne"], ["--expires", "soon"], ["--expires", "2020-01-01"]]
)
def test_what_cannot_be_is_refused(more: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["token", "create", "ci", *more]) == 2
    assert capsys.readouterr().out == ""


def test_a_running_daemon_makes_it(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = {
        "id": "t-1", "name": "ci", "role": "viewer", "organizations": "all", "state": "valid",
        "expires_at": None, "created_at": "2026-11-01T12:00:00Z", "created_by": "alice", "used_at": None,
        "revoked_at": None, "secret": "slw_x",
    }  # fmt: skip
    (home / "data").mkdir()
    with answering(home / "data" / "slawatch.sock", http(json.dumps(made).encode())) as requests:
        assert main(["token", "create", "ci"]) == 0
        assert capsys.readouterr().out == "slw_x\n"
    assert requests[0].startswith(b"POST /api/v1/tokens HTTP/1.1")
    assert b'"expires": "90d"' in requests[0]


def test_a_password_becomes_a_hash(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("correct horse battery\n"))
    assert main(["password"]) == 0
    out, err = capsys.readouterr()
    assert password_fault(out.strip()) == ""
    assert "horse" not in out + err
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    assert main(["password"]) == 2


def test_a_password_is_typed_twice(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    typed = iter(
        ["correct horse battery", "correct horse batter", "correct horse battery", "correct horse battery"]
    )
    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("getpass.getpass", lambda _: next(typed))
    assert main(["password"]) == 2
    assert "not the same" in capsys.readouterr().err
    assert main(["password"]) == 0
