"""`slawatch probe` as it is typed, against real servers."""

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from slawatch.cli.main import main


class Handler(BaseHTTPRequestHandler):
    """Answers /missing with 404, everything else with 200."""

    def do_GET(self) -> None:
        self.send_response(404 if self.path == "/missing" else 200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("SLAWATCH_CONFIG", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_a_url_needs_no_config(url: str, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["probe", url]) == 0
    said = capsys.readouterr().out
    assert said.splitlines()[0].startswith(f"● up {url} (http) in ")
    assert "connect" in said
    assert "first byte" in said
    assert "HTTP/1." in said
    assert not list(home.iterdir())


def test_secrets_in_a_url_are_not_shown(url: str, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    secret = url.replace("://", "://probe:hush1@") + "/page?key=hush2"
    assert main(["probe", secret]) == 0
    assert main(["probe", secret, "--json"]) == 0
    said = "".join(capsys.readouterr())
    assert f"{url}/page?..." in said
    assert "hush" not in said


def test_json_has_everything(url: str, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["probe", f"{url}/missing", "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert (said["state"], said["cause"], said["type"]) == ("down", "status", "http")
    assert "404" in said["reason"]
    assert set(said["phases"]) == {"dns", "connect", "tls", "first_byte", "transfer"}
    assert said["phases"]["connect"] > 0
    assert said["phases"]["tls"] is None
    assert said["transcript"][0]["after"] >= 0


@pytest.mark.parametrize("prefix", ["", "tcp://"])
def test_an_address_is_connected_to(
    url: str, home: Path, prefix: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["probe", prefix + url.removeprefix("http://")]) == 0
    assert "(tcp)" in capsys.readouterr().out


def test_what_refuses_is_down(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    assert main(["probe", f"127.0.0.1:{port}"]) == 1
    assert "refused" in capsys.readouterr().out


def test_what_hangs_is_cut_off(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        assert main(["probe", f"http://127.0.0.1:{silent.getsockname()[1]}/", "--timeout", "200ms"]) == 1
    assert "no answer within 200ms while" in capsys.readouterr().out


CONFIG = """
[checks.home]
service = "shop"
type = "http"
url = "{url}"
expect = {{ body_contains = "goodbye" }}
[checks.backup]
service = "shop"
type = "heartbeat"
every = "1h"
token = "abcdefghijklmnopqrstuvwxyz"
"""


def test_a_check_of_the_config_by_its_name(url: str, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "slawatch.toml").write_text(CONFIG.format(url=url))
    assert main(["probe", "home"]) == 1
    said = capsys.readouterr().out
    assert said.splitlines()[0].startswith("✖ down home (http) in ")
    assert "goodbye" in said
    assert not (home / ".local").exists()


def test_a_heartbeat_is_explained_without_its_token(
    url: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "slawatch.toml").write_text(CONFIG.format(url=url))
    assert main(["probe", "backup"]) == 2
    found = capsys.readouterr()
    assert "it is not probed" in found.err
    assert "abcdefgh" not in found.err + found.out


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("hame", 'did you mean "home"?'),
        ("ftp://a.example/", "ftp:// cannot be probed"),
        ("a.example:99999", "ports go from 1 to 65535"),
        ("http://", "http://"),
        (":80", "there is no check"),
    ],
)
def test_a_target_that_cannot_be_probed(
    url: str, home: Path, target: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "slawatch.toml").write_text(CONFIG.format(url=url))
    assert main(["probe", target]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("timeout", ["0s", "soon", "-1s"])
def test_a_timeout_that_is_none(
    url: str, home: Path, timeout: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["probe", url, f"--timeout={timeout}"]) == 2
    assert "--timeout" in capsys.readouterr().err
