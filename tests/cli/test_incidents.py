"""`incidents` as it is typed."""

import json
from pathlib import Path

import pytest
from tests.alerts import NOW, Play

from slawatch.core.command import Ack, Assign, Write
from slawatch.core.instant import MINUTE

from .played import left_by, run, run_json
from .sockets import answering, http

DONE = {
    "incident": {
        "id": 1, "state": "acked", "exhausted": False, "title": "shop-home is down", "acker": "person:alice",
        "assignee": None,
    },
    "events": [
        {"at": "x", "kind": "incident.acked", "text": "acknowledged by person:alice", "by": "person:alice"},
        {"at": "x", "kind": "row.sent", "text": "x", "by": None},
    ],
}  # fmt: skip


@pytest.fixture(autouse=True)
def socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    def play(play: Play) -> None:
        play.broken = {"hook"}
        play.fire("shop-home")
        play.fire("shop-db", severity="low")
        play.fire("api-a", after=MINUTE)
        play.give(Ack(by="person:alice", incident=2), after=MINUTE)
        play.give(Assign(by="eve", incident=2, to="person:carol", role="commander"))
        play.give(Write(by="person:alice", incident=2, text="vendor called"))

    return left_by(tmp_path, monkeypatch, play, NOW + 3 * MINUTE)


def test_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "incidents", "list").splitlines() == [
        "#  STATE      SEVERITY  INCIDENT           SERVICE  OPEN  WHO    NEXT",
        "1  triggered  critical  shop-home is down  shop       3m         told in 2m",
        "2  acked      critical  api-a is down      api        2m  alice  reminder in 24m",
    ]
    found = run_json(capsys, "incidents", "list", "--assignee", "alice")
    assert [one["id"] for one in found["incidents"]] == [2]


def test_lists_without_any(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "incidents", "list", "--org", "nobody") == "no incident is open\n"
    assert run(capsys, "incidents", "list", "--state", "resolved") == "no such incident\n"


def test_one_incident(capsys: pytest.CaptureFixture[str]) -> None:
    text = run(capsys, "incidents", "show", "2")
    assert text.startswith("Incident 2: api-a is down\ncritical, acked\n")
    for part in (
        "Acknowledged  13:02 by alice\n",
        "Commander     carol\n",
        "Policy        default, level 0\n",
        "\nAlerts\n  api-a is down  critical  firing  2m 2s  connection refused\n",
        "\nNext\n  in 24m  reminder: the acknowledgement by alice expires in 5 min: alice through chat\n",
        "\nTold\n  bob    chat     ack  ",
        "\nNotes\n  13:02 alice: vendor called\n",
        "  13:02:00  acknowledged by alice\n",
        "times in Europe/Berlin\n",
    ):
        assert part in text, part
    assert run_json(capsys, "incidents", "show", "2")["commander"] == "person:carol"
    assert "there is no incident 9" in run(capsys, "incidents", "show", "9", code=2)


def test_acting_needs_the_daemon(capsys: pytest.CaptureFixture[str]) -> None:
    said = run(capsys, "incidents", "ack", "1", code=69)
    assert said.startswith("slawatch: the daemon does not run, and only it can ack an incident: start it")


@pytest.mark.parametrize(
    ("argv", "path", "wish"),
    [
        (["ack", "1"], "1/ack", {}),
        (["unack", "1"], "1/unack", {}),
        (["snooze", "1", "--for", "2h"], "1/snooze", {"for": "2h"}),
        (["snooze", "1", "--until", "2026-11-03"], "1/snooze", {"until": "2026-11-03"}),
        (["assign", "1", "carol"], "1/assign", {"to": "carol", "role": "assignee"}),
        (["assign", "1", "bob", "--role", "commander"], "1/assign", {"to": "bob", "role": "commander"}),
        (["note", "1", "vendor", "called"], "1/note", {"text": "vendor called"}),
        (["publish", "1", "We", "look."], "1/publish", {"text": "We look."}),
        (["publish", "1"], "1/publish", {"text": ""}),
        (["escalate", "1"], "1/escalate", {}),
        (["resolve", "1", "-m", "done"], "1/resolve", {"note": "done"}),
        (["merge", "1", "--into", "2"], "1/merge", {"into": 2}),
        (["reassign", "1", "--policy", "database"], "1/reassign", {"policy": "database"}),
        (["open", "slow", "logins", "-s", "shop"], "", {
            "title": "slow logins", "severity": "high", "service": "shop",
        }),
    ],
)  # fmt: skip
def test_what_is_done_is_asked_of_the_daemon(
    socket: Path, capsys: pytest.CaptureFixture[str], argv: list[str], path: str, wish: dict[str, object]
) -> None:
    with answering(socket, http(json.dumps(DONE).encode())) as requests:
        text = run(capsys, "incidents", *argv, "--by", "alice")
    assert text == "incident 1: acked by alice, shop-home is down\n  acknowledged by alice\n"
    (request,) = requests
    head, _, body = request.partition(b"\r\n\r\n")
    assert head.startswith(f"POST /api/v1/incidents{'/' + path if path else ''} HTTP/1.1\r\n".encode())
    assert b"\r\nIdempotency-Key: " in head
    assert json.loads(body.split(b"\r\n")[1]) == {**wish, "person": "alice"}


def test_the_one_that_is_meant_need_not_be_named(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "more than one incident is open" in run(capsys, "incidents", "show", code=2)
    only = {"incidents": [{"id": 7}], "next": None}

    def say(request: bytes) -> bytes:
        return http(json.dumps(DONE if request.startswith(b"POST") else only).encode())

    with answering(socket, say) as requests:
        run(capsys, "incidents", "ack", "--by", "alice")
    assert requests[0].startswith(b"GET /api/v1/incidents?state=triggered&limit=2 HTTP/1.1")
    assert requests[1].startswith(b"POST /api/v1/incidents/7/ack HTTP/1.1")
    socket.unlink()
    with answering(socket, http(b'{"incidents": [], "next": null}')):
        assert "no incident is triggered" in run(capsys, "incidents", "ack", code=2)


def test_who_does_it(
    socket: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLAWATCH_PERSON", "bob")
    with answering(socket, http(json.dumps(DONE).encode())) as requests:
        assert run_json(capsys, "incidents", "ack", "1") == DONE
    assert b'"person": "bob"' in requests[0]


def test_a_refusal_is_said_and_is_no(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body = b'{"title": "x", "detail": "incident 1 was resolved"}'
    with answering(socket, http(body, "422 Unprocessable Content")):
        assert run(capsys, "incidents", "ack", "1", code=1) == "slawatch: incident 1 was resolved\n"


def test_a_postmortem_is_drafted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = run(capsys, "incidents", "postmortem", "2")
    assert text.startswith("# Incident 2: api-a is down\n")
    assert run_json(capsys, "incidents", "postmortem", "2") == {"incident": 2, "markdown": text}
    said = run(capsys, "incidents", "postmortem", "2", "--output", "two.md")
    assert said.startswith("two.md: drafted from ")
    assert (tmp_path / "two.md").read_text() == text
    again = run(capsys, "incidents", "postmortem", "2", "-o", "two.md", code=2)
    assert "two.md exists already, and somebody may have written into it" in again


def test_each_command_has_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("list", "show", "open", "ack", "unack", "snooze", "assign", "note", "publish", "escalate",
                 "resolve", "merge", "reassign", "postmortem"):  # fmt: skip
        assert f"Example: slawatch incidents {name}" in run(capsys, "incidents", name, "--help")
