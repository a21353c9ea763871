"""The program: commands, help, exit codes."""

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from slawatch import __version__
from slawatch.cli import main as program
from slawatch.cli.main import COMMANDS, COMPLETION, build, main


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("SLAWATCH_CONFIG", "XDG_CONFIG_HOME", "STATE_DIRECTORY", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert main(["-V"]) == 0
    assert capsys.readouterr().out == f"slawatch {__version__}\n" * 2
    assert __version__ == version("slawatch")


def test_the_list_of_commands_is_what_the_modules_register() -> None:
    app = build()
    names = [command.name for command in app.registered_commands] + [
        group.name for group in app.registered_groups
    ]
    assert sorted(str(name) for name in names) == sorted(COMMANDS)


def leaves() -> list[list[str]]:
    """Return every command as it is typed."""
    app = build()
    found = [[str(command.name)] for command in app.registered_commands]
    for group in app.registered_groups:
        assert group.typer_instance is not None
        found += [
            [str(group.name), str(command.name)] for command in group.typer_instance.registered_commands
        ]
    return found


@pytest.mark.parametrize("command", leaves(), ids=" ".join)
def test_every_command_has_help_with_an_example(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, "--help"]) == 0
    said = capsys.readouterr().out
    assert "Example" in said
    assert f"slawatch {' '.join(command)}" in said


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    said = capsys.readouterr().out
    assert all(f"  {name} " in said for name in COMMANDS)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["statsu"], "No such command 'statsu'"),
        (["status", "--nope"], "No such option: --nope"),
        (["probe"], "Missing argument"),
        (["import", "samples"], "Missing argument"),
        (["status", "--watch", "--json"], "do not go together"),
    ],
)
def test_usage_errors(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    found = capsys.readouterr()
    assert said in found.err
    assert "--help" in found.err
    assert found.out == ""


def test_no_command_is_a_usage_error_that_shows_them_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "Commands:" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--nope"], ["--org"], ["--json"], ["--watch"], ["extra"]])
def test_usage_errors_are_unknown_to_nagios(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--nagios", *arguments]) == 3
    found = capsys.readouterr()
    assert found.out.startswith("SLAWATCH UNKNOWN - ")
    assert found.out.count("\n") == 1
    assert found.err == ""


def test_without_a_config_it_says_where_it_looked(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["db", "info"]) == 78
    assert "there is no configuration" in capsys.readouterr().err
    assert main(["status", "--nagios"]) == 3
    assert capsys.readouterr().out.startswith("SLAWATCH UNKNOWN - ")


def test_a_wrong_config_shows_each_mistake(elsewhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (elsewhere / "slawatch.toml").write_text("[slawatch]\nprobers = 0\nnope = 1\n")
    assert main(["db", "info"]) == 78
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert all(line.startswith("slawatch: slawatch.toml:") for line in lines)


def test_a_store_in_use_says_who_and_to_try_again(
    elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (elsewhere / "slawatch.toml").write_text(
        '[slawatch]\ndata_dir = "data"\n[checks.a]\nservice = "a"\ntype = "tcp"\naddress = "a:1"\n'
    )
    hold = (
        "import sys; from pathlib import Path; from slawatch.store.database import Database\n"
        "with Database.open(Path('data')): print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdin is not None
        assert holder.stdout.readline() == "held\n"
        code = main(["db", "info"])
        holder.stdin.close()
    assert code == 75
    assert f"process {holder.pid}" in capsys.readouterr().err


def test_a_file_that_is_not_there(elsewhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (elsewhere / "slawatch.toml").write_text("")
    assert main(["import", "samples", "nope.csv"]) == 74
    assert capsys.readouterr().err == "slawatch: nope.csv: No such file or directory\n"


def test_a_fault_of_ours_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: list[str]) -> int:
        raise LookupError("a bug")

    monkeypatch.setattr(program, "_run", fail)
    with pytest.raises(LookupError, match="a bug"):
        main(["status"])


def test_ctrl_c_ends_quietly(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupt(_: list[str]) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(program, "_run", interrupt)
    assert main(["run"]) == 130
    assert capsys.readouterr().err == ""


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = f"{sys.executable} -m slawatch config schema | head -c 10 >/dev/null"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60)
    assert done.stderr == ""


def test_a_shell_asks_for_completions() -> None:
    env = {**os.environ, COMPLETION: "complete_bash", "COMP_WORDS": "slawatch st", "COMP_CWORD": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "slawatch"], env=env, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.split() == ["status"]
    assert done.stderr == ""
