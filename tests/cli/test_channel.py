"""`slawatch channel test`, as a user runs it, against servers of our own."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.notifiers.smtp_servers import Inbox, running

from slawatch.cli import exits
from slawatch.cli.main import main

Capture = pytest.CaptureFixture[str]

CONFIG = """
[slawatch]
data_dir = "state"
[alerting]
instance = "prod"
[people.alice]
email = "alice@example.com"
contact = [{{ channel = "mail", address = "night@example.com" }}]
[people.bob]
email = "bob@example.com"
[people.carol]
[channels.mail]
type = "email"
host = "127.0.0.1"
port = {smtp}
from = "slawatch@example.com"
[channels.pager]
type = "pagerduty"
integration_key = {{ env = "PD_KEY" }}
url = "http://127.0.0.1:{http}/v2/enqueue"
[channels.hook]
type = "webhook"
url = {{ env = "HOOK_URL" }}
secret = {{ env = "HOOK_SECRET" }}
"""
SECRETS = {"PD_KEY": "hunter2-pager", "HOOK_SECRET": "whsec_aHVudGVyMmh1bnRlcjJodW50ZXIyaHVudGVyMg=="}


class Sink:
    """An HTTP server that remembers what it was sent, and answers as it is told."""

    def __init__(self) -> None:
        self.status = 202
        self.answer = '{"status": "success", "dedup_key": "k"}'
        self.seen: list[tuple[str, dict[str, str], Any]] = []
        sink = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                sink.seen.append((self.path, headers, json.loads(body)))
                said = sink.answer.encode()
                self.send_response(sink.status)
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, *args: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]


@pytest.fixture
def sink() -> Iterator[Sink]:
    sink = Sink()
    thread = threading.Thread(target=sink.server.serve_forever, args=(0.01,))
    thread.start()
    yield sink
    sink.server.shutdown()
    thread.join()
    sink.server.server_close()


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with running(Inbox()) as inbox:
        yield inbox


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sink: Sink, inbox: Inbox) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("SLAWATCH_CONFIG", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "STATE_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HOOK_URL", f"http://127.0.0.1:{sink.port}/hunter2/in")
    path = tmp_path / "slawatch.toml"
    path.write_text(CONFIG.format(smtp=inbox.port, http=sink.port))
    return path


def test_a_mail_to_an_address(capsys: Capture, inbox: Inbox) -> None:
    assert main(["channel", "test", "mail", "--address", "ops@example.com"]) == exits.OK
    out = capsys.readouterr().out
    assert out.startswith("mail (email): message delivered in ")
    assert "4FbXyz1" in out
    (mail,) = inbox.mails
    assert inbox.envelopes == [("slawatch@example.com", ["ops@example.com"])]
    assert "Test message from slawatch" in str(mail["subject"])


@pytest.mark.parametrize(("person", "address"), [("alice", "night@example.com"), ("bob", "bob@example.com")])
def test_a_mail_to_a_person_goes_where_an_incident_would(inbox: Inbox, person: str, address: str) -> None:
    assert main(["channel", "test", "mail", "--person", person]) == exits.OK
    assert inbox.envelopes == [("slawatch@example.com", [address])]


def test_an_alert_that_is_opened_at_a_provider_is_closed_again(sink: Sink) -> None:
    assert main(["channel", "test", "pager"]) == exits.OK
    bodies = [body for _, _, body in sink.seen]
    assert [body["event_action"] for body in bodies] == ["trigger", "resolve"]
    assert bodies[0]["dedup_key"] == bodies[1]["dedup_key"]
    assert bodies[0]["payload"]["severity"] == "info"


def test_a_webhook_is_signed(capsys: Capture, sink: Sink) -> None:
    assert main(["channel", "test", "hook", "--json"]) == exits.OK
    ((path, headers, _),) = sink.seen
    assert path == "/hunter2/in"
    assert headers["webhook-signature"].startswith("v1,")
    answer = json.loads(capsys.readouterr().out)
    assert (answer["channel"], answer["type"], answer["ok"]) == ("hook", "webhook", True)
    (message,) = answer["messages"]
    assert (message["verdict"], message["status"]) == ("ok", 202)


@pytest.mark.parametrize(
    ("name", "status", "verdict"),
    [
        ("pager", 403, "misconfigured"),
        ("pager", 400, "permanent"),
        ("pager", 500, "retry"),
        ("hook", 410, "disable"),
        ("hook", 429, "throttle"),
    ],
)
def test_what_is_not_taken_is_told_with_the_answer_and_without_secrets(
    capsys: Capture, sink: Sink, name: str, status: int, verdict: str
) -> None:
    secret = {"pager": "hunter2-pager", "hook": "/hunter2/in"}[name]
    sink.status, sink.answer = status, json.dumps({"message": f"no to {secret}"})
    assert main(["channel", "test", name]) == exits.NO
    out, err = capsys.readouterr()
    assert f"message {verdict} in " in out
    assert f"({status})" in out
    assert "next" in out
    assert "hunter2" not in out + err
    assert len(sink.seen) == 1


def test_a_provider_that_is_not_there(capsys: Capture, config: Path) -> None:
    config.write_text(CONFIG.format(smtp=1, http=1))
    assert main(["channel", "test", "mail", "--person", "bob"]) == exits.NO
    assert "connection refused" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["maik"], "there is no channel 'maik': did you mean \"mail\"?"),
        (["zz"], "there are mail, pager, hook"),
        (["mail"], "mail has no recipients of its own: say --person NAME or --address ADDRESS"),
        (["mail", "--person", "carol"], "mail has no address of carol"),
        (["mail", "--person", "bbo"], "there is nobody called 'bbo': did you mean \"bob\"?"),
        (["mail", "--person", "bob", "--address", "a@b.example"], "it does not go with --person"),
    ],
)
def test_usage(capsys: Capture, inbox: Inbox, words: list[str], said: str) -> None:
    assert main(["channel", "test", *words]) == exits.USAGE
    assert said in capsys.readouterr().err
    assert inbox.mails == []
