"""`adjust` as it is typed: from an outage that missed the promise to a figure that two people stand by."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from slawatch.cli.main import main

from .sockets import answering, http

CONFIG = """
[slawatch]
data_dir = "data"
[organizations.acme]
name = "Acme"
[services.shop]
organization = "acme"
[checks.shop]
service = "shop"
type = "tcp"
address = "shop.example:443"
interval = "5m"
[agreements.gold]
organization = "acme"
services = ["shop"]
effective_from = 2025-01-01
approval = "another"
maintenance = { notice = "72h" }
allow_unprovable = true
[[agreements.gold.objectives]]
id = "availability"
metric = "availability"
target = "99.9"
"""
OUTAGE = "shop-20251012T101500Z"
SPAN = ["--service", "shop", "--start", "2025-10-01T00:00:00Z", "--end", "2025-10-01T01:00:00Z"]
WHY = ["--reason", "their line", "--author", "alice"]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "slawatch.toml").write_text(CONFIG)
    return tmp_path


@pytest.fixture
def october(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A month of samples, down from 10:15 to 11:45 on the twelfth."""
    rows = ["check,time,outcome,latency,reason"]
    start = datetime(2025, 10, 1, tzinfo=UTC)
    for number in range(31 * 24 * 12):
        at = start + timedelta(minutes=5 * number)
        down = datetime(2025, 10, 12, 10, 15, tzinfo=UTC) <= at < datetime(2025, 10, 12, 11, 45, tzinfo=UTC)
        rows.append(f"shop,{at.isoformat()},{'down' if down else 'up'},,{'refused' if down else ''}")
    (home / "october.csv").write_text("\n".join(rows) + "\n")
    assert main(["import", "samples", "october.csv"]) == 0
    capsys.readouterr()


def report(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert main(["report", "--month", "2025-10", "--format", "json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def verdicts(found: dict[str, Any]) -> tuple[str, str]:
    (objective,) = found["objectives"]
    return objective["verdict"], objective["without_adjustments"]["verdict"]


@pytest.mark.usefixtures("october")
def test_an_outage_is_excused_by_two_people_and_both_figures_stay(capsys: pytest.CaptureFixture[str]) -> None:
    found = report(capsys)
    assert verdicts(found) == ("missed", "missed")
    measured = found["services"][0]["availability"]["percent"]
    assert [outage["id"] for outage in found["services"][0]["outages"]] == [OUTAGE]

    evidence = ["--evidence", "https://tickets.example/4711"]
    assert main(["adjust", "add", "--outage", OUTAGE, "--class", "excused", *WHY, *evidence, "--json"]) == 0
    added = json.loads(capsys.readouterr().out)
    assert (added["state"], added["holds"], added["start"], added["end"]) == (
        "proposed",
        {"gold": False},
        "2025-10-12T10:15:00Z",
        "2025-10-12T11:45:00Z",
    )
    assert verdicts(report(capsys)) == ("missed", "missed")

    assert main(["adjust", "approve", added["id"], "--approver", "alice"]) == 1
    assert "another person has to approve it" in capsys.readouterr().err
    assert main(["adjust", "approve", added["id"], "--approver", "bob", "--note", "seen"]) == 0
    told = capsys.readouterr().out
    assert told.splitlines() == [
        f"{added['id']}: approved, excused, outage {OUTAGE} from 2025-10-12 10:15 to 2025-10-12 11:45 (UTC)",
        "it changes the figure of gold",
    ]
    found = report(capsys)
    assert verdicts(found) == ("met", "missed")
    service = found["services"][0]
    assert service["availability"]["percent"] == 100.0
    assert service["without_adjustments"]["percent"] == measured < 99.9
    assert service["ledger"]["excused"] == 5400.0
    assert found["adjustments"][0]["approvers"] == ["bob"]

    assert main(["adjust", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == [
        "ID", "STATE", "CLASS", "SERVICE", "START", "END", "AUTHOR", "APPROVED", "BY", "REASON",
    ]  # fmt: skip
    assert lines[1].split()[:4] == [added["id"], "approved", "excused", "shop"]
    assert main(["adjust", "withdraw", added["id"], "--reason", "ours after all", "--by", "carol"]) == 0
    assert ": withdrawn" in capsys.readouterr().out
    assert verdicts(report(capsys)) == ("missed", "missed")
    assert main(["adjust", "list", "--json"]) == 0
    (line,) = json.loads(capsys.readouterr().out)["adjustments"]
    assert (line["state"], line["withdrawn_by"], line["note"]) == ("withdrawn", "carol", "ours after all")


@pytest.mark.usefixtures("october")
def test_a_late_window_is_listed_and_not_granted(capsys: pytest.CaptureFixture[str]) -> None:
    window = ["--start", "2025-10-12T10:00:00Z", "--end", "2025-10-12T12:00:00Z", "--service", "shop"]
    assert main(["maintenance", "add", *window, "--reason", "upgrade", "--by", "alice"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert "over, shop from 2025-10-12 10:00 to 2025-10-12 12:00 (UTC), announced " in said[0]
    assert said[1].startswith("gold: asks for an announcement ")
    found = report(capsys)
    assert verdicts(found) == ("missed", "missed")
    (listed,) = found["services"][0]["maintenance"]
    assert (listed["granted"], listed["late"]) == (0.0, 7200.0)

    earlier = [*window, "--announced", "2025-10-01T09:00:00Z", "--by", "alice", "--json"]
    assert main(["maintenance", "add", *earlier]) == 0
    added = json.loads(capsys.readouterr().out)
    assert (added["announced"], added["entered"]["late"]) == ("2025-10-01T09:00:00Z", True)
    found = report(capsys)
    assert verdicts(found) == ("met", "met")
    assert found["services"][0]["ledger"]["maintenance"] == 7200.0


def test_a_span_waits_for_another_person(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["adjust", "add", *SPAN, "--class", "counted", *WHY]) == 0
    said = capsys.readouterr().out.splitlines()
    name = said[0].split(":")[0]
    assert said == [
        f"{name}: proposed, counted, shop from 2025-10-01 00:00 to 2025-10-01 01:00 (UTC)",
        f"gold: another person has to approve it: slawatch adjust approve {name} --by NAME",
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--outage", OUTAGE], f"there is no outage '{OUTAGE}': `slawatch export outages` lists them"),
        (["--service", "shpo", *SPAN[2:]], "there is no service 'shpo': did you mean \"shop\"?"),
        ([*SPAN[:4], "--end", "2025-09-01"], "it must end after it starts"),
        ([*SPAN[:4], "--end", "2999-01-01"], "2999-01-01T00:00:00Z is still to come"),
        ([], "say which time it is"),
    ],
)
def test_what_is_wrong_is_told_on_one_line(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["adjust", "add", *arguments, "--class", "excused", *WHY]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("slawatch: ")
    assert said in line


def test_nothing_yet(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["adjust", "list"]) == 0
    assert "nothing was adjusted" in capsys.readouterr().out
    assert main(["adjust", "approve", "a-1"]) == 2
    assert "there is no adjustment 'a-1'" in capsys.readouterr().err


def test_the_daemon_is_asked_where_one_runs(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "data").mkdir()
    refusal = http(json.dumps({"detail": "another person has to"}).encode(), "422 Unprocessable Content")
    with answering(home / "data" / "slawatch.sock", refusal) as requests:
        assert main(["adjust", "approve", "a-1/x", "--approver", "bob"]) == 1
    assert capsys.readouterr().err == "slawatch: another person has to\n"
    head, _, body = requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /api/v1/adjustments/a-1%2Fx/approve ")
    assert b'"person": "bob"' in body
