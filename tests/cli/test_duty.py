"""`oncall override` and `swap` as they are typed, and what `oncall show` makes of them."""

import json
from pathlib import Path

import pytest
from tests.alerts import NOW

from slawatch.core.instant import HOUR

from .played import left_by, run, run_json
from .sockets import answering, http


@pytest.fixture(autouse=True)
def socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return left_by(tmp_path, monkeypatch, lambda _play: None)


def on_call(capsys: pytest.CaptureFixture[str], at: int = NOW) -> list[str]:
    from slawatch.core.instant import rfc3339

    people: list[str] = run_json(capsys, "oncall", "show", "--at", rfc3339(at))["people"]
    return people


def test_an_override_is_entered_shown_and_cancelled(capsys: pytest.CaptureFixture[str]) -> None:
    said = run(
        capsys, "oncall", "override", "--person", "carol", "--for", "4h", "--reason", "fair", "--by", "eve"
    )
    name, _, rest = said.partition(": ")
    assert rest == (
        "active, carol instead of everybody in primary from 2026-11-02 13:00 to 2026-11-02 17:00 "
        "(Europe/Berlin)\n"
    )
    found = run_json(capsys, "oncall", "show")
    assert (found["people"], found["override"], found["layer"]) == (["carol"], True, None)
    assert found["shift"] == {"start": "2026-11-02T12:00:00Z", "end": "2026-11-02T16:00:00Z"}
    assert on_call(capsys, NOW + 4 * HOUR) == ["bob"]
    assert "carol *" in run(capsys, "oncall", "show", "--from", "2026-11-02", "--to", "2026-11-03")
    assert run(capsys, "oncall", "override", "--list").splitlines()[1].split()[:3] == [
        name, "active", "primary",
    ]  # fmt: skip
    gone = run_json(capsys, "oncall", "override", "--cancel", name, "--reason", "rain")
    assert (gone["state"], gone["cancelled"]["reason"]) == ("cancelled", "rain")
    assert on_call(capsys) == ["bob"]
    assert run(capsys, "oncall", "swap", "--list") == (
        "no override and no swap was entered that holds, or will\n"
    )


def test_somebody_stands_in_for_one_or_comes_or_goes(capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "oncall", "override", "-p", "carol", "--replaces", "alice", "--for", "1h")
    assert on_call(capsys) == ["bob"]
    run(capsys, "oncall", "override", "-p", "alice", "--kind", "add", "--for", "1h")
    assert on_call(capsys) == ["bob", "alice"]
    text = run(capsys, "oncall", "override", "-p", "bob", "--kind", "remove", "--for", "2h")
    assert "not bob in primary" in text
    assert "nobody is on call in primary from 2026-11-02T14:00:00+01:00 to 2026-11-02T15:00:00+01:00" in text
    assert "from 2026-11-02 14:00 to 2026-11-02 15:00" not in text
    assert run(capsys, "oncall", "gaps", "--days", "1", "--exit-code", code=1)


def test_a_shift_is_offered_and_taken(capsys: pytest.CaptureFixture[str]) -> None:
    offer = run_json(
        capsys, "oncall", "swap", "-p", "bob", "--from", "2026-11-03T09:00", "--to", "2026-11-04T09:00"
    )
    assert offer["state"] == "offered"
    assert on_call(capsys, NOW + 24 * HOUR) == ["bob"]
    said = run(capsys, "oncall", "swap", "--take", offer["id"], "--by", "carol")
    assert "planned, carol instead of bob in primary" in said
    assert on_call(capsys, NOW + 24 * HOUR) == ["carol"]
    run(capsys, "oncall", "swap", "--cancel", offer["id"])
    assert on_call(capsys, NOW + 24 * HOUR) == ["bob"]


def test_both_agreed(capsys: pytest.CaptureFixture[str]) -> None:
    found = run_json(capsys, "oncall", "swap", "-p", "bob", "--with", "alice", "--for", "1h")
    assert (found["state"], found["taken_by"]) == ("active", "alice")
    assert on_call(capsys) == ["alice"]


@pytest.mark.parametrize(
    ("argv", "code", "said"),
    [
        (["override"], 2, "say who it is about"),
        (["swap"], 2, "say whose shift it is"),
        (["override", "-p", "carol"], 2, "--to is missing"),
        (["override", "-p", "carl", "--for", "1h"], 2, 'did you mean "carol"'),
        (
            ["override", "-p", "carol", "--for", "1h", "--schedule", "second"],
            2,
            "there is no schedule 'second'",
        ),
        (["override", "--cancel", "o-9"], 2, "there is no override or swap 'o-9'"),
        (["swap", "-p", "carol", "--for", "1h"], 1, "carol is not on call in primary"),
        (["swap", "--take", "x-9", "--by", "carol"], 2, "there is no override or swap 'x-9'"),
    ],
)
def test_mistakes(capsys: pytest.CaptureFixture[str], argv: list[str], code: int, said: str) -> None:
    assert said in run(capsys, "oncall", *argv, code=code)


def test_one_of_several_schedules_must_be_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "slawatch.toml"
    layer = (
        '[schedules.second]\n[[schedules.second.layers]]\npeople = ["carol"]\nstart = 2026-01-05T09:00:00\n'
    )
    file.write_text(f'{file.read_text()}\n{layer}shift = "weekly"\n')
    said = run(capsys, "oncall", "override", "-p", "carol", "--for", "1h", code=2)
    assert "say which schedule: there are primary, second" in said
    run(capsys, "oncall", "override", "-p", "bob", "--for", "1h", "--schedule", "second")
    found = run_json(capsys, "oncall", "show")
    assert [(one["schedule"], one["people"]) for one in found] == [("primary", ["bob"]), ("second", ["bob"])]


def test_the_daemon_is_asked_where_one_runs(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    held = {
        "person": "carol",
        "start": NOW,
        "end": NOW + HOUR,
        "kind": "replace",
        "replaces": "",
        "priority": 0,
    }
    lines = {
        "overrides": [{"what": "override", "schedule": "primary", "holds": {**held, "reason": ""}}],
        "next": None,
    }
    with answering(socket, http(json.dumps(lines).encode())) as requests:
        assert on_call(capsys) == ["carol"]
    assert requests[0].startswith(b"GET /api/v1/overrides?limit=500&over=true HTTP/1.1")


def test_of_two_overrides_the_higher_holds(capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "oncall", "override", "-p", "carol", "--for", "4h", "--priority", "2")
    run(capsys, "oncall", "override", "-p", "bob", "--for", "4h")
    assert run_json(capsys, "oncall", "show")["people"] == ["carol"]
