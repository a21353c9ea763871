"""`slawatch rehearse`, as a user runs it."""

import json
from pathlib import Path
from typing import Any

import pytest

from slawatch.cli import exits
from slawatch.cli.main import main
from slawatch.core.duty import Added
from slawatch.core.instant import DAY, parse_rfc3339
from slawatch.core.override import Override
from slawatch.store import duty
from slawatch.store.database import Database

Capture = pytest.CaptureFixture[str]

BASE = """
[slawatch]
data_dir = "state"
[checks.shop-home]
service = "shop"
type = "tcp"
address = "127.0.0.1:80"
[people.alice]
name = "Alice Example"
email = "alice@example.com"
contact = [{ channel = "mail" }]
[people.bob]
email = "bob@example.com"
contact = [{ channel = "mail" }, { channel = "hook", after = "2m" }]
[people.carol]
email = "carol@example.com"
contact = [{ channel = "mail" }]
[schedules.primary]
timezone = "Europe/Berlin"
[[schedules.primary.layers]]
people = ["alice", "bob"]
start = 2026-01-05T09:00:00
[[schedules.primary.overrides]]
person = "carol"
start = 2026-12-24T00:00:00+01:00
end = 2026-12-27T00:00:00+01:00
[channels.mail]
type = "email"
host = "127.0.0.1"
from = "slawatch@example.com"
[channels.hook]
type = "webhook"
url = "https://hooks.example/slawatch"
"""
POLICY = """
[escalations.default]
repeat = 0
[[escalations.default.levels]]
to = ["schedule:primary"]
wait = "5m"
[[escalations.default.levels]]
to = ["person:bob"]
wait = "10m"
"""
AT = ("--at", "2026-01-05T12:00:00Z")


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("SLAWATCH_CONFIG", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "STATE_DIRECTORY", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "slawatch.toml").write_text(BASE + POLICY)
    return tmp_path


def answer(capsys: Capture, *words: str) -> Any:
    assert main(["rehearse", *words, "--json"]) == exits.OK
    return json.loads(capsys.readouterr().out)


def said(capsys: Capture, *words: str) -> tuple[int, str]:
    code = main(["rehearse", *words])
    done = capsys.readouterr()
    return code, done.out + done.err


def test_the_shape_that_is_promised(capsys: Capture) -> None:
    assert answer(capsys, "--check", "shop-home", "--down-for", "6m", *AT) == {
        "events": [
            {
                "t": 2.0, "at": "2026-01-05T12:00:02Z", "kind": "trigger", "to": "person:alice",
                "channel": "mail", "level": 0, "cycle": 0, "reason": "level 0 of default, schedule:primary",
            },
            {
                "t": 302.0, "at": "2026-01-05T12:05:02Z", "kind": "trigger", "to": "person:bob",
                "channel": "mail", "level": 1, "cycle": 0,
                "reason": "level 1 of default: nobody acknowledged within 5 min",
            },
            {
                "t": 360.0, "at": "2026-01-05T12:06:00Z", "kind": "resolve", "to": "person:alice",
                "channel": "mail", "level": -1, "cycle": 0, "reason": "all alerts are over: recovered",
            },
            {
                "t": 360.0, "at": "2026-01-05T12:06:00Z", "kind": "resolve", "to": "person:bob",
                "channel": "mail", "level": -1, "cycle": 0, "reason": "all alerts are over: recovered",
            },
        ],
        "warnings": ["everything goes through mail: while that is down, nobody hears anything"],
    }  # fmt: skip


def test_the_timeline_for_people_has_the_clock_of_the_schedule(capsys: Capture) -> None:
    code, text = said(capsys, "--check", "shop-home", "--down-for", "6m", *AT)
    assert code == exits.OK
    assert "from Mon 2026-01-05 13:00:00, times in Europe/Berlin" in text
    assert "+0:00:02  Mon 13:00:02  Alice Example  mail  page       level 0 of default" in text
    assert "+0:06:00  Mon 13:06:00  -- shop-home works again" in text
    assert "! everything goes through mail" in text


def test_an_override_is_heeded(capsys: Capture) -> None:
    found = answer(capsys, "--check", "shop-home", "--at", "2026-12-24T02:00:00", "--down-for", "1m")
    assert {event["to"] for event in found["events"]} == {"person:carol"}


def test_it_begins_now_by_default(capsys: Capture) -> None:
    assert answer(capsys, "--check", "shop-home")["events"][0]["t"] == 2.0


def test_a_scenario_file(capsys: Capture, alone: Path) -> None:
    script = [
        ("0s", 'do = "down"\ncheck = "shop-home"'),
        ("1m", 'do = "channel_down"\nchannel = "mail"'),
        ("8m", 'do = "ack"\nby = "bob"'),
        ("9m", 'do = "channel_up"\nchannel = "mail"'),
    ]
    (alone / "outage.toml").write_text("".join(f'[[events]]\nt = "{t}"\n{rest}\n' for t, rest in script))
    found = answer(capsys, "outage.toml", *AT, "--for", "20m")
    assert [(e["t"], e["kind"], e["to"], e["channel"]) for e in found["events"]] == [
        (2.0, "trigger", "person:alice", "mail"),
        (302.0, "trigger", "person:bob", "hook"),
        (480.0, "ack", "person:bob", "hook"),
        (540.0, "ack", "person:alice", "mail"),
    ]
    code, text = said(capsys, "outage.toml", "--until", "2026-01-05T12:20:00Z", *AT)
    assert code == exits.OK
    assert "contact 2 since mail is down" in text
    assert "-- acknowledged by bob" in text


def test_mistakes_of_a_scenario_file_are_told_by_line(capsys: Capture, alone: Path) -> None:
    (alone / "bad.toml").write_text('[[events]]\nt = "0s"\ndo = "down"\ncheck = "shop-hom"\n')
    code, text = said(capsys, "bad.toml")
    assert code == exits.CONFIG
    assert 'bad.toml:4: events[0].check: there is no check "shop-hom": did you mean "shop-home"?' in text


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ((), "say what happens: a scenario file, or --check NAME"),
        (("--check", "shop-hom"), 'did you mean "shop-home"?'),
        (("--check", "shop-home", "--down-for", "x"), "not a duration"),
        (("--check", "shop-home", "--down-for", "0s"), "more than nothing"),
        (("--check", "shop-home", "--at", "noon"), "not a time"),
        (("--check", "shop-home", "--at", "1960-01-01"), "from 1970 to 2200"),
        (("--check", "shop-home", "--for", "1h", "--until", "2026-02-01"), "does not go with --for"),
        (("--check", "shop-home", *AT, "--until", "2026-01-01"), "a time after the beginning"),
        (("nowhere.toml",), "does not exist"),
        (("slawatch.toml", "--check", "shop-home"), "the scenario file says what happens"),
    ],
)
def test_wrong_use_is_told(capsys: Capture, words: tuple[str, ...], text: str) -> None:
    code, found = said(capsys, *words)
    assert code == exits.USAGE
    assert text in found


def test_without_escalations_it_says_what_to_write(capsys: Capture, alone: Path) -> None:
    (alone / "slawatch.toml").write_text(BASE)
    code, text = said(capsys, "--check", "shop-home")
    assert code == exits.OK
    assert "[[escalations.default.levels]]" in text
    found = answer(capsys, "--check", "shop-home")
    assert found["events"] == []
    assert found["warnings"] == [text.partition(", for example")[0]]
    assert main(["rehearse", "--check", "shop-home", "--exit-code"]) == exits.NO


def test_what_it_says_to_write_can_be_used(capsys: Capture, alone: Path) -> None:
    check = '[checks.shop-home]\nservice = "shop"\ntype = "tcp"\naddress = "127.0.0.1:80"\n'
    (alone / "slawatch.toml").write_text(check)
    assert main(["rehearse", "--check", "shop-home"]) == exits.OK
    advice = capsys.readouterr().out.partition("\n\n")[2]
    (alone / "slawatch.toml").write_text(check + advice)
    assert answer(capsys, "--check", "shop-home")["events"][0]["to"] == "person:alice"


def test_a_hole_can_be_an_exit_code(capsys: Capture) -> None:
    assert main(["rehearse", "--check", "shop-home", *AT, "--exit-code"]) == exits.NO


def test_the_same_question_has_the_same_answer(capsys: Capture) -> None:
    first = answer(capsys, "--check", "shop-home", "--down-for", "3h", *AT)
    assert first == answer(capsys, "--check", "shop-home", "--down-for", "3h", *AT)


FLOW = """
[[workflows]]
name = "bridge"
on = "incident.opened"
steps = [{ run = ["/usr/local/bin/bridge"] }, { notify = "hook" }]
"""


def test_workflows_and_routes_are_shown_too(capsys: Capture, alone: Path) -> None:
    route = '[[routes]]\nseverity = "high"\nchannels = ["hook"]\n'
    (alone / "slawatch.toml").write_text(BASE + POLICY + FLOW + route)
    found = answer(capsys, "--check", "shop-home", "--down-for", "3m", *AT)
    assert ("channel:hook", "trigger") in [(event["to"], event["kind"]) for event in found["events"]]
    assert [line["text"] for line in found["workflows"]] == [
        "bridge: shop-home is down",
        "bridge, step 1 (run): as imagined",
        "bridge, step 2 (notify): hook is told",
    ]
    _, text = said(capsys, "--check", "shop-home", "--down-for", "3m", *AT)
    assert "-- workflow bridge, step 1 (run): as imagined" in text
    assert "hook" in text


def test_what_people_entered_counts(capsys: Capture, alone: Path) -> None:
    start = parse_rfc3339("2026-01-05T00:00:00Z")
    change = Override(person="bob", start=start, end=start + DAY)
    with Database.open(alone / "state") as database:
        duty.enter_duty(database, Added("o", start, "alice", "primary", change), "test")
    found = answer(capsys, "--check", "shop-home", *AT)
    assert found["events"][0]["to"] == "person:bob"


def test_a_store_that_cannot_be_read_is_a_warning(capsys: Capture, alone: Path) -> None:
    (alone / "state").mkdir()
    (alone / "state/slawatch.duckdb").write_bytes(b"not a database" * 1000)
    found = answer(capsys, "--check", "shop-home", *AT)
    assert found["events"][0]["to"] == "person:alice"
    assert found["warnings"][0].startswith("overrides, silences and maintenance that people entered are not")
