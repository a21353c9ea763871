"""`slawatch replay`, as a user runs it: yesterday under today's rules, and under tomorrow's."""

import json
from pathlib import Path
from typing import Any

import pytest

from slawatch.answers import replay
from slawatch.cli import exits
from slawatch.cli.main import main
from slawatch.core.instant import DAY, MINUTE, SECOND, parse_rfc3339
from slawatch.core.sample import Sample, Transition
from slawatch.core.timeline import Held, fold
from slawatch.store.batch import Batch
from slawatch.store.database import Database
from slawatch.store.writer import Writer

from .sockets import answering, http

Capture = pytest.CaptureFixture[str]
START = parse_rfc3339("2026-01-05T00:00:00Z")
TIME = ("--from", "2026-01-05", "--to", "2026-01-06")
TEXT = """
[slawatch]
data_dir = "data"
[checks.home]
service = "shop"
type = "tcp"
address = "127.0.0.1:80"
interval = "30s"
[checks.new]
service = "shop"
type = "tcp"
address = "127.0.0.1:81"
[channels.mail]
type = "email"
host = "127.0.0.1"
from = "slawatch@example.com"
[people.alice]
name = "Alice Example"
email = "alice@example.com"
contact = [{ channel = "mail" }]
[people.bob]
email = "bob@example.com"
contact = [{ channel = "mail" }]
[[escalations.default.levels]]
to = ["person:alice"]
[[escalations.default.levels]]
to = ["person:bob"]
"""
RULE = """
[[rules]]
metric = "availability"
critical = "< 50%"
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("SLAWATCH_CONFIG", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "STATE_DIRECTORY", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "slawatch.toml").write_text(TEXT + RULE)
    (tmp_path / "new.toml").write_text(TEXT + "[defaults.check]\nfailures = 25\n")
    (tmp_path / "bob.toml").write_text(TEXT.replace('to = ["person:alice"]', 'to = ["person:bob"]'))
    return tmp_path


@pytest.fixture
def store(home: Path) -> None:
    """A day of one check, down for ten minutes at noon and for one at night."""
    with Database.open(home / "data") as database:
        number = database.check_numbers(["home"])["home"]
        rows = []
        for n in range(2880):
            at = START + n * 30 * SECOND
            down = 12 * 60 <= n // 2 < 12 * 60 + 10 or n // 2 in (22 * 60, 22 * 60 + 1)
            rows.append(
                Sample(
                    number, at, at, 2 if down else 0, 2 if down else 0, None, None, None, None, None, None,
                    70 * SECOND, 0, "connection refused" if down else None, None, (),
                )
            )  # fmt: skip
        changes, _ = fold(Held(s.started_at, s.holds, s.outcome) for s in rows)
        made: list[tuple[int, Transition]] = [(number, change) for change in changes]
        Writer(database).write(Batch(1, rows, made))


def answer(capsys: Capture, *words: str) -> Any:
    assert main(["replay", *TIME, *words, "--json"]) == exits.OK
    return json.loads(capsys.readouterr().out)


def said(capsys: Capture, *words: str) -> tuple[int, str]:
    code = main(["replay", *words])
    done = capsys.readouterr()
    return code, done.out + done.err


@pytest.mark.usefixtures("store")
def test_what_would_have_fired(capsys: Capture) -> None:
    found = answer(capsys)
    assert [alert["since"] for alert in found["old"]["alerts"]] == [
        "2026-01-05T12:00:00Z", "2026-01-05T22:00:00Z",
    ]  # fmt: skip
    assert found["old"]["alerts"][0]["reason"] == "connection refused"
    assert [(m["to"], m["kind"], m["at"][11:19]) for m in found["old"]["messages"][:2]] == [
        ("person:alice", "trigger", "12:01:00"), ("person:bob", "trigger", "12:06:00"),
    ]  # fmt: skip
    assert (found["new"], found["difference"]) == (None, None)
    assert found["left_out"][0].startswith("the rule availability (")
    assert found["warnings"] == ["nothing was ever stored of new"]


@pytest.mark.usefixtures("store")
def test_under_another_config_side_by_side(capsys: Capture) -> None:
    found = answer(capsys, "--config", "new.toml")
    assert (len(found["old"]["alerts"]), len(found["new"]["alerts"])) == (2, 0)
    assert len(found["difference"]["only_old"]) == 2
    changed = answer(capsys, "--config", "bob.toml")["difference"]["changed"]
    assert len(changed) == 2
    assert "person:alice is not told any more through mail" in changed[0]["differences"]


@pytest.mark.usefixtures("store")
def test_the_exit_code_says_whether_they_differ(capsys: Capture) -> None:
    assert said(capsys, *TIME, "--config", "new.toml", "--exit-code")[0] == exits.NO
    assert said(capsys, *TIME, "--exit-code")[0] == exits.OK


@pytest.mark.usefixtures("store")
def test_somebody_acknowledges_where_that_is_asked_for(capsys: Capture) -> None:
    found = answer(capsys, "--ack-after", "2m")
    assert {m["to"] for m in found["old"]["messages"]} == {"person:alice"}
    assert found["ack_after"] == 120.0
    assert found["old"]["incidents"][0]["acked_at"] == "2026-01-05T12:03:00Z"


@pytest.mark.usefixtures("store")
def test_people_read_a_table(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    code, text = said(capsys, *TIME)
    assert code == exits.OK
    lines = text.splitlines()
    assert lines[0].startswith("2026-01-05 00:00:00 to 2026-01-06 00:00:00, times in UTC; 2,880 samples")
    assert any("Alice Example by mail; bob by mail" in line for line in lines)
    assert "Nobody acknowledges in a replay unless --ack-after says so." in lines
    assert max(map(len, lines)) <= 100
    _, text = said(capsys, *TIME, "--config", "new.toml")
    assert "only under slawatch.toml: 2 alerts" in text
    assert "The same under both: 0 alerts." in text


@pytest.mark.usefixtures("store")
def test_without_another_config_there_is_nothing_to_compare(capsys: Capture, home: Path) -> None:
    assert "nothing to compare it with" in said(capsys, *TIME, "--config", "slawatch.toml")[1]
    (home / "slawatch.toml").unlink()
    code, text = said(capsys, *TIME, "--config", "new.toml")
    assert code == exits.OK
    assert "name it by --current" in text
    code, text = said(capsys, *TIME, "--config", "new.toml", "--current", "bob.toml")
    assert "only under bob.toml" in text


def test_no_store_is_said(capsys: Capture) -> None:
    code, text = said(capsys, *TIME)
    assert code == exits.IO
    assert "data" in text


@pytest.mark.usefixtures("store")
def test_nothing_was_measured(capsys: Capture) -> None:
    code, text = said(capsys, "--from", "2025-01-05", "--to", "2025-01-06")
    assert code == exits.OK
    assert "Nothing would have fired." in text
    assert "nothing was measured in this time" in text


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--from", "yesterday"], "--from"),
        (["--from", "2026-01-05", "--to", "2026-01-05"], "--to"),
        (["--from", "2024-01-05", "--to", "2026-01-05"], "400 days at most"),
        ([*TIME, "--ack-after", "soon"], "--ack-after"),
        ([], "--from"),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(capsys: Capture, words: list[str], why: str) -> None:
    code, text = said(capsys, *words)
    assert code == exits.USAGE
    assert why in text


def test_a_running_daemon_reads_the_store(capsys: Capture, home: Path) -> None:
    material = {
        "begin": START, "total": 7, "gone_until": START, "digest": "another", "names": ["home"],
        "unknown": [], "samples": [[0, START + n * SECOND, 2, 70 * SECOND, "refused"] for n in range(5)],
        "changes": {}, "silences": [], "maintenance": [], "duty": [], "readings": [],
    }  # fmt: skip
    (home / "data").mkdir()
    with answering(home / "data/slawatch.sock", http(json.dumps(material).encode())) as requests:
        found = answer(capsys)
    assert [alert["alert"] for alert in found["old"]["alerts"]] == ["home"]
    assert "slawatch reload" in found["warnings"][0]
    head, _, body = requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /api/v1/replay ")
    wish = replay.read_wish(json.loads(body.split(b"\r\n")[1]))
    assert (wish.start, wish.end) == (START, START + DAY)


@pytest.mark.usefixtures("store")
def test_time_without_samples_is_replayed_from_the_record(capsys: Capture, home: Path) -> None:
    with Database.open(home / "data") as database:
        writer = Writer(database)
        writer.seal(START // DAY)
        writer.retain(START + DAY)
    found = answer(capsys)
    assert len(found["old"]["alerts"]) == 2
    assert found["samples"]["gone_until"] == "2026-01-06T00:00:00Z"
    assert "are gone" in found["warnings"][0]
    fired = parse_rfc3339(found["old"]["alerts"][0]["fired_at"])
    assert fired - START - 12 * 60 * MINUTE == 2 * SECOND
