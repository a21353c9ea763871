"""Refusals are read in the words of the command line."""

import json
from pathlib import Path

import pytest

from slawatch.answers.wish import EntryRefused, in_keys
from slawatch.cli.client import DaemonError
from slawatch.cli.main import main
from slawatch.cli.wording import in_words, said_in

from .sockets import answering, http

CONFIG = """
[slawatch]
data_dir = "state"
[people.alice]
[schedules.primary]
[[schedules.primary.layers]]
people = ["alice"]
start = 2026-01-05T09:00:00
[checks.home]
service = "shop"
type = "tcp"
address = "127.0.0.1:1"
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("SLAWATCH_CONFIG", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "STATE_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "slawatch.toml").write_text(CONFIG)
    (tmp_path / "state").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("for is missing: such as 2h; or `until`", "--for is missing: such as 2h; or --until"),
        ("person must be a text", "--by must be a text"),
        ("taken_by: there is no 'x'", "--taken-by: there is no 'x'"),
        ("`slawatch silence list` shows them", "`slawatch silence list` shows them"),
        ("shop: grants no maintenance", "shop: grants no maintenance"),
        ("there is no service 'for'", "there is no service 'for'"),
        ("id is missing: which one", "ID is missing: which one"),
        ("", ""),
    ],
)
def test_keys_become_options(said: str, read: str) -> None:
    assert in_words(said, {}) == read


def test_the_words_of_a_command_go_before() -> None:
    assert in_words("to: no; `role` too", {"to": "WHO"}) == "WHO: no; --role too"


def test_options_become_keys_for_the_api_and_options_again() -> None:
    said = "--from and --month both name a period: leave one out"
    assert in_words(in_keys(said), {}) == said
    assert in_keys("a--b and -- and --x-y") == "a--b and -- and `x_y`"


def test_both_kinds_of_refusal_are_said_in_other_words() -> None:
    with pytest.raises(DaemonError) as told, said_in({"who": "--person"}):
        raise DaemonError(2, ["who is missing: x", "`end` too"], 400)
    assert (told.value.lines, told.value.code) == (["--person is missing: x", "--end too"], 2)
    with pytest.raises(EntryRefused, match="--person is missing") as refused, said_in({"who": "--person"}):
        raise EntryRefused("who is missing: x")
    assert refused.value.status == 400


@pytest.mark.parametrize(
    ("typed", "said", "read"),
    [
        ("incidents snooze 7", "for is missing: how long", "--for is missing: how long"),
        ("incidents assign 7 x", "to: there is no 'x'", "WHO: there is no 'x'"),
        ("silence add x --for 1h", "comment is missing: why", "--comment is missing: why"),
        ("silence add x --for 1h -m y", "match: 'x' is no condition", "MATCHER: 'x' is no condition"),
        ("oncall override --person alice", "`end`; or `for`", "--to; or --for"),
        ("oncall swap --person alice --with bo --for 1h", "taken_by: no", "--with: no"),
        ("adjust approve a-1", "reason may have 1000", "--note may have 1000"),
        ("audit list --since x", "since: no", "--since: no"),
        ("token create x --org y", "organizations: no", "--org: no"),
        ("notifications list --state x", "state: there is no 'x'", "--state: there is no 'x'"),
        ("report --month 2026-10 --json", "`to` needs `from`", "--to needs --from"),
    ],
)
def test_what_the_daemon_refuses_is_read_in_words_of_the_command(
    typed: str,
    said: str,
    read: str,
    home: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    body = json.dumps({"title": "Bad Request", "detail": said}).encode()
    with answering(home / "state" / "slawatch.sock", http(body, "400 Bad Request")):
        assert main(typed.split()) == 2
    assert capsys.readouterr().err == f"slawatch: {read}\n"


def test_without_a_daemon_it_reads_the_same(
    home: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["silence", "add", "service=shop", "--for", "1h"]) == 2
    assert capsys.readouterr().err == "slawatch: --comment is missing: why, and until what\n"
    assert (
        main(["oncall", "override", "--person", "alice", "--from", "2099-01-01", "--to", "2098-01-01"]) == 2
    )
    assert "not from 2099-01-01" in capsys.readouterr().err
