"""`status` of a running daemon: quick, because it imports nothing heavy."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from slawatch.cli.status_now import Wish, parse, verdict

from .sockets import answering, http
from .test_status_table import STOPPED, answer, service

HEAVY = {
    "typer",
    "rich",
    "trio",
    "duckdb",
    "pydantic",
    "httpx",
    "starlette",
    "hypercorn",
    "jinja2",
    "asyncio",
}
LOOK = f"""
import sys
from slawatch.cli.main import main
code = main(sys.argv[1:])
sys.stderr.write(" ".join(sorted({HEAVY!r} & set(sys.modules))))
sys.exit(code)
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "slawatch.toml").write_text('[slawatch]\ndata_dir = "."\n')
    return tmp_path


def run(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": "/usr/bin:/bin", "HOME": str(home), "PYTHONPATH": ":".join(sys.path), "PYTHONUTF8": "1"}
    return subprocess.run(
        [sys.executable, "-c", LOOK, *arguments],
        cwd=home,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize(
    "options",
    [[], ["--json"], ["--checks"], ["--nagios"], ["--exit-code", "--org", "acme"], ["-c", "slawatch.toml"]],
)
def test_nothing_heavy_is_imported_while_the_daemon_runs(home: Path, options: list[str]) -> None:
    given = answer(service("shop"))
    with answering(home / "slawatch.sock", http(json.dumps(given).encode())) as requests:
        done = run(home, "status", *options)
    assert done.stderr == ""
    assert done.returncode == 0
    assert "shop" in done.stdout
    assert requests[0].split(b" ")[1] == (
        b"/api/v1/status?org=acme" if "--org" in options else b"/api/v1/status"
    )


def test_json_is_what_the_daemon_said(home: Path) -> None:
    given = answer(service("größe"))
    with answering(home / "slawatch.sock", http(json.dumps(given).encode())):
        assert json.loads(run(home, "status", "--json").stdout) == given


def test_exit_codes_of_a_daemon_that_says_down(home: Path) -> None:
    given = json.dumps(answer(service("shop", "down"))).encode()
    with answering(home / "slawatch.sock", http(given)):
        assert run(home, "status").returncode == 0
        assert run(home, "status", "--exit-code").returncode == 1
        assert run(home, "status", "--nagios").returncode == 2


def test_a_daemon_in_trouble_is_one_line_and_a_code(home: Path) -> None:
    problem = http(b'{"title": "x", "detail": "the store is closed | now"}', "503 Service Unavailable")
    with answering(home / "slawatch.sock", problem):
        done = run(home, "status")
        assert (done.returncode, done.stderr) == (75, "slawatch: the store is closed | now\n")
        done = run(home, "status", "--nagios")
    assert (done.returncode, done.stdout) == (3, "SLAWATCH UNKNOWN - the store is closed / now\n")


def test_an_organization_that_does_not_exist_is_a_usage_error(home: Path) -> None:
    with answering(
        home / "slawatch.sock", http(b'{"title": "x", "detail": "no such"}', "404 Not Found")
    ) as requests:
        assert run(home, "status", "--org", "a b/ü&").returncode == 2
        assert run(home, "status", "--nagios", "--org=x").returncode == 3
    assert requests[0].split(b" ")[1] == b"/api/v1/status?org=a%20b%2F%C3%BC%26"


@pytest.mark.parametrize(
    ("arguments", "wish"),
    [
        ([], Wish()),
        (["--json"], Wish(json=True)),
        (["--org", "acme", "--exit-code"], Wish(org="acme", exit_code=True)),
        (["--org=acme", "--config=x.toml"], Wish(org="acme", config="x.toml")),
        (["-c", "x.toml", "--nagios", "--checks"], Wish(config="x.toml", nagios=True, checks=True)),
        (["--watch"], None),
        (["--help"], None),
        (["--org"], None),
        (["--org", "--json"], None),
        (["--json=1"], None),
        (["extra"], None),
        (["--nagios", "--json"], None),
    ],
)
def test_plain_options_are_understood_and_all_else_is_left_to_typer(
    arguments: list[str], wish: Wish | None
) -> None:
    assert parse(arguments) == wish


def test_the_verdict() -> None:
    assert verdict(answer(service("a"))) == 0
    assert verdict(answer(service("a"), service("b", "down"))) == 1
    assert verdict(answer(service("a", "unknown"))) == 0
    assert verdict(answer(service("a", "unknown"), **STOPPED)) == 69
    assert verdict(answer(service("a", "down"), **STOPPED)) == 1
