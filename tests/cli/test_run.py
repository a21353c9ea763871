import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.daemon.conftest import Port, Running


@pytest.fixture
def running(tmp_path: Path) -> Running:
    return Running(tmp_path)


def slawatch(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "slawatch", *arguments], capture_output=True, text=True, timeout=30
    )


def test_reload_tells_what_changed(running: Running) -> None:
    port = Port()
    check = f'[checks.{{}}]\nservice = "s"\ntype = "tcp"\naddress = "{port}"\n'
    running.write(check.format("a"))
    running.start()
    try:
        running.write(check.format("b"))
        told = slawatch("reload", "--config", str(running.config))
        assert told.returncode == 0, told.stderr
        assert "added: b" in told.stdout
        assert "removed: a" in told.stdout
        as_json = slawatch("reload", "--json", "--config", str(running.config))
        assert '"added": []' in as_json.stdout
        running.signal(signal.SIGTERM)
        assert running.running.wait(10) == 0
    finally:
        running.running.kill()
        port.close()


def test_reload_without_a_daemon(running: Running) -> None:
    running.write('[checks.a]\nservice = "s"\ntype = "tcp"\naddress = "127.0.0.1:1"\n')
    told = slawatch("reload", "--config", str(running.config))
    assert told.returncode == 69
    assert "start it with `slawatch run`" in told.stderr


@pytest.mark.parametrize("command", ["run", "reload"])
def test_a_wrong_config_is_told_before_anything_starts(running: Running, command: str) -> None:
    running.write("[checks.a]\ntype = 'nothing'\n")
    told = slawatch(command, "--config", str(running.config))
    assert told.returncode == 78
    assert "checks.a.type" in told.stderr
    assert not running.data.exists()


@pytest.mark.parametrize("command", ["run", "reload"])
def test_help_has_an_example(command: str) -> None:
    told = slawatch(command, "--help")
    assert told.returncode == 0
    assert f"Example: slawatch {command}" in told.stdout
