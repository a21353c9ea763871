"""init, check-config and config schema, as a user runs them."""

import json
from pathlib import Path

import pytest

from slawatch.cli import exits
from slawatch.cli.main import main

from .sockets import answering, http

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("SLAWATCH_CONFIG", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "STATE_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_init_writes_a_file_that_works(capsys: Capture, tmp_path: Path) -> None:
    assert main(["init"]) == exits.OK
    assert "slawatch run" in capsys.readouterr().out
    assert main(["check-config"]) == exits.OK
    assert capsys.readouterr().out == "slawatch.toml: fine (2 checks, 1 service, 1 agreement)\n"
    assert (tmp_path / "slawatch.toml").stat().st_mode & 0o777 == 0o640


def test_init_makes_the_folder_and_says_how_to_go_on(capsys: Capture, tmp_path: Path) -> None:
    assert main(["init", "new/one"]) == exits.OK
    assert "slawatch run --config new/one/slawatch.toml" in capsys.readouterr().out
    assert main(["check-config", "--config", "new/one/slawatch.toml"]) == exits.OK


def test_init_leaves_what_is_there(capsys: Capture, tmp_path: Path) -> None:
    (tmp_path / "slawatch.toml").write_text("mine")
    assert main(["init"]) == exits.IO
    assert "exists already" in capsys.readouterr().err
    assert (tmp_path / "slawatch.toml").read_text() == "mine"


def test_init_where_no_file_can_be(capsys: Capture, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert main(["init", "file"]) == exits.IO
    assert main(["init", "file/below"]) == exits.IO
    assert "Traceback" not in capsys.readouterr().err


BAD = "[slawatch]\nprobes = 2\n[web]\nlisten = 8470\n"


def test_check_config_shows_every_mistake(capsys: Capture, tmp_path: Path) -> None:
    (tmp_path / "slawatch.toml").write_text(BAD)
    assert main(["check-config"]) == exits.CONFIG
    assert capsys.readouterr().out == (
        "slawatch.toml:2: error: slawatch.probes\n"
        '    unknown key "probes": did you mean "probers"?\n'
        "slawatch.toml:4: error: web.listen\n"
        "    a number cannot stand here\n"
        '    expected  an address such as "127.0.0.1:8470"\n'
        "    found     8470\n"
        "slawatch.toml: 2 mistakes: not usable\n"
    )


def test_check_config_for_programs(capsys: Capture, tmp_path: Path) -> None:
    (tmp_path / "slawatch.toml").write_text(BAD)
    assert main(["check-config", "--json"]) == exits.CONFIG
    shown = json.loads(capsys.readouterr().out)
    assert shown["ok"] is False
    assert shown["problems"][1] == {
        "file": "slawatch.toml", "line": 4, "path": "web.listen", "found": "8470",
        "expected": 'an address such as "127.0.0.1:8470"', "message": "a number cannot stand here",
    }  # fmt: skip
    (tmp_path / "slawatch.toml").write_text("[services.s]\n")
    assert main(["check-config", "--json"]) == exits.OK
    shown = json.loads(capsys.readouterr().out)
    assert (shown["ok"], shown["files"], len(shown["digest"])) == (True, ["slawatch.toml"], 64)
    assert [warning["path"] for warning in shown["warnings"]] == ["", "services.s"]


def test_warnings_are_shown_and_are_no_failure(capsys: Capture, tmp_path: Path) -> None:
    (tmp_path / "slawatch.toml").write_text("[services.s]\n")
    assert main(["check-config"]) == exits.OK
    out = capsys.readouterr().out
    assert "slawatch.toml:1: warning: services.s\n" in out
    assert out.endswith("slawatch.toml: fine (0 checks, 1 service, 0 agreements, 2 warnings)\n")


def test_no_file_at_all(capsys: Capture) -> None:
    if Path("/etc/slawatch/slawatch.toml").exists():
        pytest.skip("this machine has a configuration of its own")
    assert main(["check-config"]) == exits.CONFIG
    assert "slawatch init" in capsys.readouterr().out


def test_the_environment_names_the_file(
    capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "x.toml").write_text("")
    monkeypatch.setenv("SLAWATCH_CONFIG", "x.toml")
    assert main(["check-config"]) == exits.OK
    assert "x.toml: fine" in capsys.readouterr().out


def test_the_schema_is_json(capsys: Capture) -> None:
    assert main(["config", "schema"]) == exits.OK
    assert json.loads(capsys.readouterr().out)["title"] == "slawatch configuration"


@pytest.mark.parametrize("command", [["init"], ["check-config"], ["config", "schema"]])
def test_help_has_an_example(capsys: Capture, command: list[str]) -> None:
    assert main([*command, "--help"]) == exits.OK
    assert f"Example: slawatch {' '.join(command)}" in capsys.readouterr().out


def test_the_daemon_is_asked_what_a_reload_would_say(alone: Path, capsys: Capture) -> None:
    (alone / "slawatch.toml").write_text('[slawatch]\ndata_dir = "."\n[checks.a]\ntype = "htpp"\n')
    fault = {
        "file": "slawatch.toml", "line": 4, "path": "checks.a.type", "expected": "", "found": "",
        "message": "there is no such check type",
    }  # fmt: skip
    said = {
        "ok": False, "files": [], "digest": None, "problems": [fault], "warnings": [], "counts": {},
        "secrets_read": True, "in_force": "abc",
    }  # fmt: skip
    with answering(alone / "slawatch.sock", http(json.dumps(said).encode())) as requests:
        assert main(["check-config", "--daemon"]) == 78
        assert main(["check-config", "--daemon", "--json"]) == 78
    assert [request.split(b" HTTP")[0] for request in requests] == [b"GET /api/v1/config/check"] * 2
    out = capsys.readouterr().out
    assert "slawatch.toml:4: error: checks.a.type\n    there is no such check type\n" in out
    assert json.loads(out[out.index("{") :]).keys() == {"ok", "files", "digest", "problems", "warnings"}


def test_without_a_daemon_it_cannot_be_asked(alone: Path, capsys: Capture) -> None:
    (alone / "slawatch.toml").write_text('[slawatch]\ndata_dir = "."\n')
    assert main(["check-config", "--daemon"]) == 69
    assert "leave --daemon out" in capsys.readouterr().err
