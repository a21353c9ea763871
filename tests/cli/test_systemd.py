"""The unit and the completion scripts."""

import shutil
import subprocess
from pathlib import Path

import pytest

from slawatch.cli.main import main


def unit(capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, str]:
    assert main(["systemd", "unit", *options]) == 0
    lines = [
        line for line in capsys.readouterr().out.splitlines() if "=" in line and not line.startswith("#")
    ]
    return dict(line.split("=", 1) for line in lines)


def test_the_unit_runs_the_daemon_as_it_wants_to_be_run(capsys: pytest.CaptureFixture[str]) -> None:
    found = unit(capsys)
    assert found["Type"] == "notify"
    assert found["ExecStart"].endswith("run --config /etc/slawatch/slawatch.toml")
    assert found["ExecStart"].startswith("/")
    assert found["ExecReload"] == "/bin/kill -HUP $MAINPID"
    assert found["RestartPreventExitStatus"] == "78"
    assert found["StateDirectory"] == "slawatch"
    assert found["DynamicUser"] == "yes"
    assert int(found["WatchdogSec"]) > 0
    assert int(found["TimeoutStopSec"]) > 10


def test_user_and_config_are_the_callers(capsys: pytest.CaptureFixture[str]) -> None:
    found = unit(capsys, "--user", "monitor", "--config", "/srv/my config/50%.toml")
    assert found["User"] == "monitor"
    assert "DynamicUser" not in found
    assert found["ExecStart"].endswith('--config "/srv/my config/50%%.toml"')
    assert main(["systemd", "unit", "--user", "a\nExecStartPre=x"]) == 2


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
def test_systemd_finds_it_hardened(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["systemd", "unit"])
    path = tmp_path / "slawatch.service"
    path.write_text(capsys.readouterr().out)
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=12", str(path)],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_script_asks_the_program(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert f"_SLAWATCH_COMPLETE=complete_{shell}" in script
    if shutil.which(shell):
        assert subprocess.run([shell, "-n"], input=script, text=True, timeout=60).returncode == 0


def test_another_shell_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "csh"]) == 2
    assert "bash, zsh, fish" in capsys.readouterr().err
