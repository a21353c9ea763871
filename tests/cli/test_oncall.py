"""`slawatch oncall`, as a user runs it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar

from slawatch.cli import exits
from slawatch.cli.main import main
from slawatch.core import recorded
from slawatch.core.event import Event, Numbered
from slawatch.core.instant import parse_rfc3339
from slawatch.core.life import LifeEvent
from slawatch.store.batch import Batch
from slawatch.store.database import Database
from slawatch.store.writer import Writer

Capture = pytest.CaptureFixture[str]

BASE = """
[slawatch]
data_dir = "state"
timezone = "Europe/Berlin"
[people.alice]
name = "Alice Example"
[people.bob]
[people.carol]
[schedules.primary]
[[schedules.primary.layers]]
people = ["alice", "bob"]
start = 2026-01-05T09:00:00
[[schedules.primary.overrides]]
person = "carol"
start = 2026-12-24T00:00:00+01:00
end = 2026-12-27T00:00:00+01:00
"""
OFFICE = """
[schedules.office]
timezone = "UTC"
[[schedules.office.layers]]
people = ["bob"]
start = 2026-01-05T00:00:00
shift = "daily"
restrict = [{ start = "09:00", end = "17:00" }]
"""


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("SLAWATCH_CONFIG", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "STATE_DIRECTORY", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "slawatch.toml").write_text(BASE)
    return tmp_path


def answer(capsys: Capture, *words: str) -> Any:
    assert main(["oncall", *words, "--json"]) == exits.OK
    return json.loads(capsys.readouterr().out)


def test_show_has_the_shape_that_is_promised(capsys: Capture) -> None:
    assert answer(capsys, "show", "--at", "2026-12-24T12:00:00") == {
        "schedule": "primary",
        "at": "2026-12-24T11:00:00Z",
        "people": ["carol"],
        "shift": {"start": "2026-12-23T23:00:00Z", "end": "2026-12-26T23:00:00Z"},
        "layer": None,
        "override": True,
        "recorded": False,
    }
    assert answer(capsys, "show", "--schedule", "primary", "--at", "2026-01-05T09:00:00+01:00") == {
        "schedule": "primary",
        "at": "2026-01-05T08:00:00Z",
        "people": ["alice"],
        "shift": {"start": "2026-01-05T08:00:00Z", "end": "2026-01-12T08:00:00Z"},
        "layer": 0,
        "override": False,
        "recorded": False,
    }


def test_a_time_without_an_offset_is_on_the_clock_of_the_one_schedule(capsys: Capture, alone: Path) -> None:
    (alone / "slawatch.toml").write_text(BASE + OFFICE)
    found = answer(capsys, "show", "--schedule", "office", "--at", "2026-06-01T12:00:00")
    assert found["at"] == "2026-06-01T12:00:00Z"
    both = answer(capsys, "show", "--at", "2026-06-01T12:00:00")
    assert [one["at"] for one in both] == ["2026-06-01T10:00:00Z"] * 2
    assert [one["schedule"] for one in both] == ["primary", "office"]


def test_show_from_to_is_a_list_of_shifts(capsys: Capture) -> None:
    assert answer(capsys, "show", "--from", "2026-12-23", "--to", "2026-12-25") == [
        {
            "schedule": "primary",
            "people": ["alice"],
            "shift": {"start": "2026-12-22T23:00:00Z", "end": "2026-12-23T23:00:00Z"},
            "layer": 0,
            "override": False,
            "recorded": False,
        },
        {
            "schedule": "primary",
            "people": ["carol"],
            "shift": {"start": "2026-12-23T23:00:00Z", "end": "2026-12-24T23:00:00Z"},
            "layer": None,
            "override": True,
            "recorded": False,
        },
    ]


def test_show_for_people(capsys: Capture) -> None:
    assert main(["oncall", "show", "--at", "2026-01-06T09:00:00"]) == exits.OK
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split("  ")[:2] == ["primary", " Alice Example ?"]
    assert lines[-1].startswith("? not on record: as the schedule says today")
    assert main(["oncall", "show", "--from", "2026-01-05", "--to", "2026-01-20"]) == exits.OK
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "primary  times in Europe/Berlin"
    assert [line.split()[-2:] for line in lines[2:-1]] == [
        ["nobody", "?"], ["Example", "?"], ["bob", "?"], ["Example", "?"],
    ]  # fmt: skip
    assert lines[-1].strip().startswith("? not on record")


def test_what_is_past_is_told_as_it_was_recorded(capsys: Capture, alone: Path) -> None:
    """Bob was on call in a week in which the configuration of today has alice."""
    began, ended = (parse_rfc3339(text) for text in ("2026-02-02T08:00:00Z", "2026-02-09T08:00:00Z"))
    with Database.open(alone / "state") as database:
        told = ((recorded.BEGAN, began), (recorded.ENDED, ended))
        Writer(database).write(
            Batch(
                1, life=[LifeEvent(ended + 1, "beat", "{}")],
                events=[
                    Numbered(n, Event(at, kind, "schedule:primary", recorded.write("bob", at)), 0)
                    for n, (kind, at) in enumerate(told, 1)
                ],
            )
        )  # fmt: skip
    now = answer(capsys, "show", "--at", "2026-02-03")
    assert (now["people"], now["recorded"], now["layer"], now["override"]) == (["bob"], True, None, None)
    found = answer(capsys, "show", "--from", "2026-02-02T09:00:00", "--to", "2026-02-10")
    assert [(one["people"], one["recorded"]) for one in found] == [(["bob"], True), (["bob"], False)]
    assert main(["oncall", "show", "--at", "2026-02-03"]) == exits.OK
    text = capsys.readouterr().out
    assert "what is past is told as it was recorded" in text
    assert "?" not in text


def test_gaps(capsys: Capture, alone: Path) -> None:
    (alone / "slawatch.toml").write_text(BASE + OFFICE)
    primary, office = answer(capsys, "gaps", "--days", "7")
    assert (primary["gaps"], primary["seconds"]) == ([], 0.0)
    assert office["seconds"] == 7 * 16 * 3600.0
    assert main(["oncall", "gaps"]) == exits.OK
    text = capsys.readouterr().out
    assert "primary: somebody is on call all of the next 30 days" in text
    assert "gaps, 20d without anybody  times in UTC" in text
    assert main(["oncall", "gaps", "--exit-code"]) == exits.NO
    assert main(["oncall", "gaps", "--exit-code", "--schedule", "primary"]) == exits.OK


def test_ical(capsys: Capture, alone: Path) -> None:
    words = ["oncall", "ical", "--person", "carol", "--from", "2026-12-01", "--to", "2027-01-01"]
    assert main(words) == exits.OK
    (event,) = Calendar.from_ical(capsys.readouterr().out).walk("VEVENT")
    assert str(event["summary"]) == "On call: carol (primary)"
    assert main([*words, "--output", "carol.ics"]) == exits.OK
    assert capsys.readouterr().out == "carol.ics: 1 shift\n"
    assert Calendar.from_ical((alone / "carol.ics").read_bytes()).walk("VEVENT")[0]["uid"] == event["uid"]
    assert {path.name for path in alone.iterdir()} == {"slawatch.toml", "carol.ics"}


def test_ical_where_it_cannot_be_written(capsys: Capture) -> None:
    assert main(["oncall", "ical", "--output", "no/such/folder.ics"]) == exits.IO
    assert "No such file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["show", "--schedule", "primry"], "there is no schedule 'primry': did you mean \"primary\"?"),
        (["show", "--schedule", "x"], "there are primary"),
        (["show", "--at", "noon"], "'noon' is not a time"),
        (["show", "--at", "9999-12-31T23:59:59-14:00"], "schedules are known from 1970 to 2200"),
        (["show", "--from", "0001-01-01"], "schedules are known from 1970 to 2200"),
        (["show", "--at", "2026-01-01", "--from", "2026-01-01"], "it does not go with --from and --to"),
        (["show", "--from", "2026-01-02", "--to", "2026-01-01"], "it is not after --from"),
        (["show", "--from", "2026-01-02", "--to", "2126-01-01"], "ten years at most"),
        (["gaps", "--days", "0"], "0 is not in the range"),
        (["ical", "--person", "dave"], "there is no person 'dave'"),
        (["ical", "--person", "bob", "--schedule", "primary"], "it does not go with --schedule"),
    ],
)
def test_usage(capsys: Capture, words: list[str], said: str) -> None:
    assert main(["oncall", *words]) == exits.USAGE
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("command", ["show", "gaps"])
def test_no_schedule_at_all(capsys: Capture, alone: Path, command: str) -> None:
    (alone / "slawatch.toml").write_text('[slawatch]\ndata_dir = "d"\n')
    assert main(["oncall", command]) == exits.OK
    assert capsys.readouterr().out.startswith("no schedules are configured")
    assert answer(capsys, command) == []


def test_asking_imports_nothing_heavy() -> None:
    code = (
        "import sys; from slawatch.cli.main import main; main(['oncall', 'show']); main(['oncall', 'gaps']); "
        "print([name for name in ('icalendar', 'duckdb', 'jinja2', 'rich', 'httpx', 'starlette', 'apprise') "
        "if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
