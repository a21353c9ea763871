"""`slawatch reports` as a user runs it while no daemon does, from the first freeze to a forged file."""

import json
from pathlib import Path
from typing import Any

import pytest

from slawatch.cli import exits
from slawatch.cli.main import main
from slawatch.core.instant import HOUR, parse_rfc3339, rfc3339
from slawatch.store import audit
from slawatch.store.database import Database

Capture = pytest.CaptureFixture[str]

CONFIG = """
[slawatch]
data_dir = "state"
timezone = "Europe/Berlin"
[organizations.acme]
name = "Acme"
[organizations.other]
[services.shop]
organization = "acme"
[services.api]
organization = "other"
[checks.shop]
type = "tcp"
address = "shop.example:443"
service = "shop"
interval = "60s"
stale_after = "2h"
[checks.api]
type = "tcp"
address = "api.example:443"
service = "api"
interval = "60s"
stale_after = "2h"
[agreements.gold]
organization = "acme"
services = ["shop"]
[[agreements.gold.objectives]]
id = "availability"
metric = "availability"
target = "99.99"
[agreements.silver]
organization = "other"
services = ["api"]
[[agreements.silver.objectives]]
id = "availability"
metric = "availability"
target = "99.9"
"""


@pytest.fixture(autouse=True)
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> Path:
    """A folder with January's samples: all of it known of each check, the shop down for six minutes."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in (
        "SLAWATCH_CONFIG",
        "XDG_CONFIG_HOME",
        "XDG_STATE_HOME",
        "STATE_DIRECTORY",
        "SLAWATCH_PERSON",
    ):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "slawatch.toml").write_text(CONFIG)
    january = parse_rfc3339("2025-12-31T23:00:00Z")
    rows = [
        f"{check},{rfc3339(january + hour * HOUR)},up,,"
        for hour in range(31 * 24)
        for check in ("shop", "api")
    ]
    rows += [
        f"{check},2026-01-10T12:{minute:02}:00Z,{'down' if check == 'shop' and 20 <= minute < 26 else 'up'},,"
        for minute in range(1, 60)
        for check in ("shop", "api")
    ]
    (tmp_path / "january.csv").write_text("check,time,outcome,latency,reason\n" + "\n".join(rows) + "\n")
    assert main(["import", "samples", "january.csv"]) == exits.OK
    capsys.readouterr()
    return tmp_path


def run(capsys: Capture, *arguments: str, code: int = exits.OK) -> str:
    """Return what a command prints, errors after it."""
    assert main(["reports", *arguments]) == code, capsys.readouterr()
    shown = capsys.readouterr()
    return shown.out + shown.err


def run_json(capsys: Capture, *arguments: str, code: int = exits.OK) -> Any:
    assert main(["reports", *arguments, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_from_overdue_to_frozen(capsys: Capture, watched: Path) -> None:
    assert "gold       acme          2026-01  2026-02-01 00:00" in run(capsys, "overdue")
    assert "slawatch reports freeze --period 2026-01 --agreement gold\n" in run(
        capsys, "overdue", "--exit-code", code=exits.NO
    )
    text = run(capsys, "freeze", "--month", "2026-01", "--by", "alice", "--reason", "as agreed")
    first, second = text.splitlines()
    assert first.startswith("report 1: gold 2026-01, missed, frozen ")
    assert first.endswith(" by alice")
    assert second.startswith("report 2: silver 2026-01, met, ")
    rows = [line.split() for line in run(capsys, "list").splitlines()]
    assert rows[0][:5] == ["NUMBER", "ORGANIZATION", "AGREEMENT", "PERIOD", "VERDICT"]
    assert [row[:5] for row in rows[1:3]] == [
        ["2", "other", "silver", "2026-01", "met"], ["1", "acme", "gold", "2026-01", "missed"],
    ]  # fmt: skip
    assert [one["number"] for one in run_json(capsys, "list", "--org", "acme")["reports"]] == [1]
    assert "there is more: add --cursor 2" in run(capsys, "list", "-n", "1")
    late = [one["period"]["label"] for one in run_json(capsys, "overdue", "--org", "acme")["overdue"]]
    assert late[0] == "2026-02", "a month in which nothing was seen is owed as well"
    with Database.open(watched / "state") as database, database.reading() as cursor:
        noted = [(one.line.action, one.line.subject) for one in audit.listed(cursor)]
        assert noted == [("report.freeze", "report:2"), ("report.freeze", "report:1")]


def test_a_report_is_shown_written_verified_and_known_when_changed(capsys: Capture, watched: Path) -> None:
    run(capsys, "freeze", "--month", "2026-01", "--agreement", "gold", "--by", "alice")
    text = run(capsys, "show", "1")
    assert "report 1: gold 2026-01\n" in text
    assert "  verdict: missed\n" in text
    assert "availability: missed: " in text
    assert "period: 2026-01-01 00:00 to 2026-02-01 00:00 (Europe/Berlin)" in text
    assert run(capsys, "show", "1", "--output", "for/acme") == "for/acme/report-1-gold-2026-01.zip\n"
    file = watched / "for/acme/report-1-gold-2026-01.zip"
    assert main(["verify", str(file)]) == exits.OK
    assert [path.name for path in file.parent.iterdir()] == [file.name]
    assert "report 1: match." in run(capsys, "verify")
    assert run_json(capsys, "verify", "1")["reports"][0]["ok"] is True
    with Database.open(watched / "state") as database, database.reading() as cursor:
        cursor.execute("UPDATE frozen_report SET frozen_at = 5")
    assert "report 1: differs." in run(capsys, "verify", "1", code=exits.NO)


def test_restating_tells_what_differs(capsys: Capture) -> None:
    run(capsys, "freeze", "--month", "2026-01", "--agreement", "gold")
    for arguments in (
        ["add", "--service", "shop", "--start", "2026-01-10T12:20:00Z", "--end", "2026-01-10T12:26:00Z",
         "--class", "excused", "--reason", "theirs", "--by", "alice"],
    ):  # fmt: skip
        assert main(["adjust", *arguments]) == exits.OK
    name = capsys.readouterr().out.partition(":")[0]
    assert main(["adjust", "approve", name, "--by", "bob"]) == exits.OK
    capsys.readouterr()
    text = run(capsys, "restate", "1", "--reason", "the outage was theirs", "--by", "alice")
    assert text.startswith("report 2: gold 2026-01, met, frozen ")
    assert "it takes the place of report 1\n" in text
    assert "  objective availability, verdict: missed → met\n" in text
    assert "restated by report 2: restate that one" in run(
        capsys, "restate", "1", "--reason", "x", code=exits.NO
    )
    one = run_json(capsys, "show", "1")
    assert (one["restated_by"], one["verdict"]) == (2, "missed")
    assert "match" in run(capsys, "verify")


def test_refusals_say_why_and_when(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    from slawatch import clock

    run(capsys, "freeze", "--month", "2026-01", "--agreement", "gold")
    week = run(capsys, "freeze", "--period", "2026-W02", "--agreement", "gold", code=exits.NO)
    assert "is no period of agreement gold, which is judged and credited for each month" in week
    assert "freeze 2026-01, it by itself" in week
    again = run(capsys, "freeze", "--month", "2026-01", "--agreement", "gold", code=exits.NO)
    assert again.startswith("slawatch: gold 2026-01 is frozen as report 1 already")
    some = run(capsys, "freeze", "--month", "2026-01", code=exits.NO)
    assert "report 2: silver 2026-01" in some
    assert "slawatch: gold 2026-01 is frozen as report 1 already" in some
    running = parse_rfc3339("2026-03-31T21:59:59Z")
    monkeypatch.setattr(clock, "now", lambda: running)
    early = run(capsys, "freeze", "--month", "2026-03", "--agreement", "gold", code=exits.NO)
    assert "gold 2026-03 runs until 2026-04-01 00:00:00 (Europe/Berlin)" in early
    monkeypatch.setattr(clock, "now", lambda: running + 2_000_000)
    soon = run(capsys, "freeze", "--month", "2026-03", "--agreement", "gold", code=exits.TRY_AGAIN)
    assert "try again at 2026-04-01 00:00:15 (Europe/Berlin)" in soon
    assert "no frozen report 9" in run(capsys, "show", "9", code=exits.USAGE)
    assert "no agreement 'golt': did you mean" in run(
        capsys, "freeze", "--month", "2026-01", "--agreement", "golt", code=exits.USAGE
    )
    assert "no organization" in run(capsys, "list", "--org", "x", code=exits.USAGE)


def test_the_key_is_what_minisign_takes(capsys: Capture, watched: Path) -> None:
    comment, word = run(capsys, "key").splitlines()
    assert comment.startswith("untrusted comment: ")
    assert run_json(capsys, "key")["public_key"] == word
    assert (watched / "state/report.key").stat().st_mode & 0o777 == 0o600
    run(capsys, "freeze", "--month", "2026-01", "--agreement", "gold")
    run(capsys, "show", "1", "--output", ".")
    file = "report-1-gold-2026-01.zip"
    assert main(["verify", file, "--key", word]) == exits.OK
    assert main(["verify", file, "--key", "0" * 64]) == exits.NO


def test_before_anything_was_stored(capsys: Capture, watched: Path) -> None:
    (watched / "slawatch.toml").write_text(CONFIG.replace('"state"', '"elsewhere"'))
    assert "no report is frozen" in run(capsys, "list")
    assert run(capsys, "overdue") == "no report is overdue\n"
    assert run(capsys, "verify") == "no report is frozen\n"
    assert "there is no database" in run(capsys, "freeze", "--month", "2026-01", code=exits.IO)
    said = run(capsys, "key", code=exits.IO)
    assert "made when the first report is frozen" in said
    assert "there is no database" in said
    assert not (watched / "elsewhere").exists(), "a question makes nothing"
