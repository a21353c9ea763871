"""`maintenance` as it is typed, without a daemon and with one."""

import json
from pathlib import Path

import pytest

from slawatch.cli.main import main

from .sockets import answering, http

CONFIG = """
[slawatch]
data_dir = "data"
timezone = "Europe/Berlin"
[checks.shop]
service = "shop"
type = "tcp"
address = "shop.example:443"
[[maintenance]]
services = ["shop"]
start = 2025-06-01T22:00:00+02:00
end = 2025-06-02T00:00:00+02:00
announced = 2025-05-20T09:00:00+02:00
reason = "cabling"
"""
SPAN = ["--service", "shop", "--start", "2999-12-01T22:00", "--end", "2999-12-02T00:00"]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "slawatch.toml").write_text(CONFIG)
    return tmp_path


def add(capsys: pytest.CaptureFixture[str], *more: str) -> str:
    assert main(["maintenance", "add", *SPAN, "--by", "alice", "--json", *more]) == 0
    return str(json.loads(capsys.readouterr().out)["id"])


def test_what_was_written_and_what_was_entered_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    name = add(capsys, "--reason", "upgrade")
    assert main(["maintenance", "list"]) == 0
    head, first, second, zone = capsys.readouterr().out.splitlines()
    assert head.split() == ["ID", "STATE", "START", "END", "ANNOUNCED", "SERVICES", "FROM", "REASON"]
    assert first.split() == [
        "-", "over", "2025-06-01", "22:00", "2025-06-02", "00:00", "2025-05-20", "09:00", "shop",
        "configuration", "cabling",
    ]  # fmt: skip
    assert second.split()[:6] == [name, "planned", "2999-12-01", "22:00", "2999-12-02", "00:00"]
    assert second.split()[-3:] == ["shop", "alice", "upgrade"]
    assert zone == "times in Europe/Berlin"
    assert main(["maintenance", "list", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["maintenance"]
    assert [line["source"] for line in found] == ["configuration", "entered"]


def test_before_there_is_a_database_the_written_ones_are_listed(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["maintenance", "list", "--json"]) == 0
    (line,) = json.loads(capsys.readouterr().out)["maintenance"]
    assert (line["id"], line["state"]) == (None, "over")
    assert not (home / "data").exists()
    text = CONFIG.partition("[[maintenance]]")[0]
    (home / "slawatch.toml").write_text(text)
    assert main(["maintenance", "list"]) == 0
    assert "no maintenance is announced" in capsys.readouterr().out


def test_one_is_changed_and_cancelled(capsys: pytest.CaptureFixture[str]) -> None:
    name = add(capsys)
    assert main(["maintenance", "change", name, "--end", "2999-12-02T01:00", "--by", "bob"]) == 0
    said = capsys.readouterr().out
    assert "planned, shop from 2999-12-01 22:00 to 2999-12-02 01:00" in said
    assert said.endswith("(changed)\n")
    for _ in range(2):
        assert main(["maintenance", "cancel", name, "--reason", "not needed", "--by", "bob", "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert found["state"] == "cancelled"
        assert (found["cancelled"]["person"], found["cancelled"]["reason"]) == ("bob", "not needed")
    assert main(["maintenance", "cancel", name, "--by", "carol"]) == 1
    assert "was cancelled by bob" in capsys.readouterr().err


def test_a_running_one_ends_when_it_is_cancelled(capsys: pytest.CaptureFixture[str]) -> None:
    name = add(capsys, "--start", "now", "--announced", "2025-01-01")
    assert main(["maintenance", "list", "--json"]) == 0
    (running,) = [line for line in json.loads(capsys.readouterr().out)["maintenance"] if line["id"] == name]
    assert (running["state"], running["entered"]["late"]) == ("running", True)
    assert main(["maintenance", "list"]) == 0
    assert "2025-01-01 00:00 (entered late)" in capsys.readouterr().out
    assert main(["maintenance", "cancel", name, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["state"], found["end"]) == ("cancelled", found["cancelled"]["at"])
    assert found["end"] > found["start"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["add", *SPAN, "--end", "2999-11-01"], "it must end after it starts"),
        (["add", *SPAN, "--service", "shpo"], "there is no service 'shpo': did you mean \"shop\"?"),
        (["add", *SPAN, "--announced", "2999-01-01"], "is still to come"),
        (["add", *SPAN, "--start", "soon"], "start: 'soon' is not a time such as"),
        (["cancel", "m-1"], "there is no maintenance window 'm-1' that was entered at run time"),
    ],
)
def test_what_is_wrong_is_told_on_one_line(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["maintenance", *arguments]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line


def test_the_daemon_is_asked_where_one_runs(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "data").mkdir()
    listed = http(json.dumps({"maintenance": []}).encode())
    with answering(home / "data" / "slawatch.sock", listed) as requests:
        assert main(["maintenance", "list", "--json"]) == 0
    assert requests[0].startswith(b"GET /api/v1/maintenance?limit=500 ")
    assert json.loads(capsys.readouterr().out) == {"maintenance": []}
