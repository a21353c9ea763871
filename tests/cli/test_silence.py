"""`silence` as it is typed, without a daemon and with one."""

import json
from pathlib import Path

import pytest
from tests.alerts import NOW

from slawatch.core.instant import MINUTE

from .played import left_by, run, run_json
from .sockets import answering, http


@pytest.fixture(autouse=True)
def socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return left_by(tmp_path, monkeypatch, lambda play: play.fire("shop-home"), NOW + MINUTE)


def add(capsys: pytest.CaptureFixture[str], *more: str) -> str:
    argv = ["silence", "add", "service=shop", "--for", "2h", "-m", "disk", "--by", "alice", *more]
    return str(run_json(capsys, *argv)["id"])


def test_a_silence_is_made_listed_changed_and_ended(capsys: pytest.CaptureFixture[str]) -> None:
    wish = ["service=shop", "severity=~high|critical", "--for", "1h", "-m", "x", "--by", "alice"]
    said = run(capsys, "silence", "add", *wish)
    assert said.endswith(
        ': active, service="shop", severity=~"high|critical" until 2026-11-02 14:01 (Europe/Berlin)\n'
    )
    name = add(capsys)
    head, first, second = run(capsys, "silence", "list").splitlines()
    assert head.split() == ["ID", "STATE", "ENDS", "LEFT", "ALERTS", "AUTHOR", "MATCH"]
    assert "active  14:01    1h" in first
    assert second.split() == [name, "active", "15:01", "2h", "1", "alice", 'service="shop"', "disk"]
    changed = run_json(capsys, "silence", "change", name, "--for", "4h", "--comment", "longer")
    assert (changed["id"], changed["comment"]) == (name, "longer")
    other = run_json(capsys, "silence", "change", name, "--match", "service=api", "--match", "check=api-a")
    assert other["match"] == 'service="api", check="api-a"'
    assert run(capsys, "silence", "expire", other["id"]).startswith(f"{other['id']}: expired, ")
    assert [one["id"] for one in run_json(capsys, "silence", "list")["silences"]] != [other["id"]]
    assert len(run_json(capsys, "silence", "list", "--expired")["silences"]) == 3


def test_dry_run_prints_what_it_hits_and_makes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    text = run(capsys, "silence", "add", "service=shop", "--dry-run")
    assert text.splitlines()[0] == 'service="shop": one alert that fires now'
    assert "shop-home  critical" in text
    assert run(capsys, "silence", "add", "service=api", "--dry-run") == (
        'service="api": no alert that fires now\n'
    )
    assert run_json(capsys, "silence", "add", "service=shop", "--dry-run")["hits"] == ["shop-home"]
    assert run(capsys, "silence", "list") == ("nothing is silenced: `slawatch silence add` silences alerts\n")


@pytest.mark.parametrize(
    ("argv", "code", "said"),
    [
        (["add", "service=shop"], 2, "comment is missing"),
        (["add", "service=shop", "-m", "x"], 2, "end is missing"),
        (["add", "service", "-m", "x", "--for", "1h"], 2, "is no matcher"),
        (["add", "service=shop", "-m", "x", "--for", "40d"], 1, "needs --force"),
        (["add", "service!=shop", "-m", "x", "--for", "1h"], 1, "match everything"),
        (["expire", "s-9"], 2, "there is no silence 's-9'"),
        (["add"], 2, "MATCHER"),
    ],
)
def test_mistakes(capsys: pytest.CaptureFixture[str], argv: list[str], code: int, said: str) -> None:
    assert said in run(capsys, "silence", *argv, code=code)


def test_force_and_everything(capsys: pytest.CaptureFixture[str]) -> None:
    add(capsys, "--force")
    argv = ["silence", "add", "service!=shop", "-m", "x", "--for", "40d", "--force", "--everything"]
    assert run_json(capsys, *argv)["state"] == "active"


def test_the_daemon_makes_it_where_one_runs(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = {
        "id": "s-1", "state": "active", "match": 'service="shop"', "start": "2026-11-02T12:01:00Z",
        "end": "2026-11-02T14:01:00Z", "hits": ["shop-home"],
    }  # fmt: skip
    with answering(socket, http(json.dumps(made).encode())) as requests:
        text = run(capsys, "silence", "add", "service=shop", "--for", "2h", "-m", "disk", "--by", "alice")
    assert text.splitlines() == [
        's-1: active, service="shop" until 2026-11-02 15:01 (Europe/Berlin)',
        "it silences shop-home",
    ]
    head, _, body = requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /api/v1/silences HTTP/1.1")
    wish = json.loads(body.split(b"\r\n")[1])
    assert (wish["match"], wish["for"], wish["comment"], wish["person"]) == (
        "service=shop", "2h", "disk", "alice",
    )  # fmt: skip
    socket.unlink()
    tried = {"match": "x", "hits": [], "alerts": []}
    with answering(socket, http(json.dumps(tried).encode())) as requests:
        run(capsys, "silence", "add", "service=shop", "--dry-run")
    assert requests[0].startswith(b"POST /api/v1/silences/try HTTP/1.1")


def test_a_list_that_is_long_says_how_to_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(3):
        run(capsys, "silence", "add", f"service=s{number}", "--for", "1h", "-m", "why")
    page = run_json(capsys, "silence", "list", "--limit", "2")
    assert f"add --cursor {page['next']}" in run(capsys, "silence", "list", "-n", "2")
    rest = run_json(capsys, "silence", "list", "--limit", "2", "--cursor", page["next"])
    assert (len(page["silences"]), len(rest["silences"]), rest["next"]) == (2, 1, None)


def test_another_beginning(capsys: pytest.CaptureFixture[str]) -> None:
    made = run_json(
        capsys, "silence", "add", "service=x", "--start", "2099-01-01", "--for", "1h", "-m", "why"
    )
    moved = run_json(
        capsys,
        "silence",
        "change",
        made["id"],
        "--start",
        "2098-12-31T23:30:00Z",
        "--end",
        "2099-01-01T01:00:00Z",
    )
    assert moved["start"] == "2098-12-31T23:30:00Z"
