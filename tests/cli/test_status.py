"""`status` where no daemon runs, and `--watch`."""

import json
import os
import pty
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from slawatch import clock
from slawatch.cli.main import main
from slawatch.core.instant import SECOND, rfc3339

from .sockets import answering, http
from .test_status_table import answer, service


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SLAWATCH_CONFIG", raising=False)
    (tmp_path / "slawatch.toml").write_text(
        '[slawatch]\ndata_dir = "data"\n[organizations.acme]\nname = "Acme"\n'
        '[services.shop]\norganization = "acme"\n'
        '[checks.shop]\nservice = "shop"\ntype = "tcp"\naddress = "a.example:1"\nstale_after = "1h"\n'
    )
    return tmp_path


def store(home: Path, outcome: str, ago: int) -> None:
    at = rfc3339(clock.now() - ago * SECOND)
    (home / "rows.csv").write_text(f"check,time,outcome,latency,reason\nshop,{at},{outcome},0.1,because\n")
    assert main(["import", "samples", "rows.csv", "--json"]) == 0


def test_states_are_as_of_the_last_samples(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store(home, "down", 60)
    capsys.readouterr()
    assert main(["status"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("✖ 1 of 1 down: shop")
    assert "The daemon is not running" in said
    assert "because" in said
    assert main(["status", "--exit-code"]) == 1
    assert main(["status", "--nagios"]) == 2


def test_states_go_stale(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store(home, "up", 2 * 3600)
    capsys.readouterr()
    assert main(["status", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["daemon"]["running"] is False
    assert found["services"][0]["state"] == "unknown"
    assert main(["status", "--exit-code"]) == 69
    assert main(["status", "--nagios"]) == 3


def test_without_any_data_everything_is_unknown(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--org", "acme", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["services"][0]["state"] == "unknown"
    assert not (home / "data").exists()


def test_an_organization_that_does_not_exist(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--org", "acne"]) == 2
    assert "there is no organization 'acne' (known: acme)" in capsys.readouterr().err
    assert main(["status", "--org", "acne", "--nagios"]) == 3


def watch(home: Path, **streams: int) -> "subprocess.Popen[bytes]":
    env = {
        **os.environ,
        "TERM": "xterm",
        "COLUMNS": "100",
        "LINES": "30",
        "HOME": str(home),
        "PYTHONUTF8": "1",
    }
    return subprocess.Popen(
        [sys.executable, "-m", "slawatch", "status", "--watch"], cwd=home, env=env, **streams
    )


def test_watch_draws_again_and_ends_at_ctrl_c(home: Path) -> None:
    (home / "data").mkdir()
    primary, secondary = pty.openpty()
    given = http(json.dumps(answer(service("shop"))).encode())
    with answering(home / "data" / "slawatch.sock", given) as requests:
        running = watch(home, stdout=secondary, stderr=secondary, stdin=secondary)
        os.close(secondary)
        shown = read(primary, until=b"has run for")
        while len(requests) < 3 and running.poll() is None:
            select.select([], [], [], 0.05)
        running.send_signal(signal.SIGINT)
        shown += read(primary)
        assert running.wait(10) == 0
    os.close(primary)
    assert b"Traceback" not in shown
    assert b"\x1b[?1049h" in shown, "it draws on a screen of its own"
    left = shown.rindex(b"\x1b[?1049l")
    assert b"The service is up" in shown[left:], "the last table stays"


def read(terminal: int, until: bytes | None = None) -> bytes:
    found = b""
    while until is None or until not in found:
        if not select.select([terminal], [], [], 20)[0]:
            break
        try:
            piece = os.read(terminal, 65536)
        except OSError:
            break
        if not piece:
            break
        found += piece
    return found


def test_watch_into_a_pipe_prints_one_table_after_the_other(home: Path) -> None:
    (home / "data").mkdir()
    given = http(json.dumps(answer(service("shop"))).encode())
    with answering(home / "data" / "slawatch.sock", given) as requests:
        running = watch(home, stdout=subprocess.PIPE)
        while len(requests) < 2 and running.poll() is None:
            select.select([], [], [], 0.05)
        running.send_signal(signal.SIGINT)
        out, _ = running.communicate(timeout=10)
    assert running.returncode == 0
    assert out.count(b"The service is up") >= 1
    assert b"\x1b" not in out
