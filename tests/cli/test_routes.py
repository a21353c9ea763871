"""Each command has a way in the API, or a plain reason why it is done where it is typed.

What a command asks the daemon is not taken from a table alone: it is run beside a socket that writes down
what it is asked.
"""

import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import typer
from typer.main import get_command

from slawatch.cli.main import build, main
from slawatch.web.openapi import document

from .sockets import answering, http


class Way(NamedTuple):
    """The way of a command.

    Attributes:
        routes: of the API that do what it does.
        typed: words after the command, for trying.
        asks: what it asks the daemon first, where that is none of `routes`; empty: nothing.
    """

    routes: tuple[str, ...]
    typed: str = ""
    asks: str | None = None


def of(*routes: str, typed: str = "", asks: str | None = None) -> Way:
    """Return the way of a command."""
    return Way(routes, typed, asks)


INCIDENT = "POST /api/v1/incidents/{number}/"
ROUTES = {
    "check-config": of("GET /api/v1/config/check", "POST /api/v1/config/check", typed="--daemon"),
    "config schema": of("GET /api/v1/config/schema", asks=""),
    "reload": of("POST /api/v1/reload"),
    "probe": of("POST /api/v1/checks/{check}/probe", "POST /api/v1/probe", typed="home"),
    "status": of("GET /api/v1/status", "GET /api/v1/events"),
    "report": of("GET /api/v1/report", typed="--month 2026-10 --json"),
    "rehearse": of("POST /api/v1/rehearse", typed="--check home"),
    "replay": of("POST /api/v1/replay", typed="--from 2026-11-01 --to 2026-11-02"),
    "export": of("GET /api/v1/export", typed="samples"),
    "maintenance add": of(
        "POST /api/v1/maintenance", typed="-s shop --start 2099-01-01 --end 2099-01-02"
    ),
    "maintenance list": of("GET /api/v1/maintenance"),
    "maintenance change": of("POST /api/v1/maintenance/{id}/change", typed="m-1 --end 2099-01-03"),
    "maintenance cancel": of("POST /api/v1/maintenance/{id}/cancel", typed="m-1"),
    "adjust add": of("POST /api/v1/adjustments", typed="--class excused --reason x --outage y"),
    "adjust approve": of("POST /api/v1/adjustments/{id}/approve", typed="a-1"),
    "adjust list": of("GET /api/v1/adjustments"),
    "adjust withdraw": of("POST /api/v1/adjustments/{id}/withdraw", typed="a-1 --reason x"),
    "alerts list": of("GET /api/v1/alerts"),
    "alerts show": of("GET /api/v1/alerts/{id}", typed="home"),
    "alerts explain": of("GET /api/v1/alerts/{id}/explain", typed="home"),
    "incidents list": of("GET /api/v1/incidents"),
    "incidents show": of("GET /api/v1/incidents/{number}", typed="7"),
    "incidents open": of("POST /api/v1/incidents", typed="it is slow"),
    **{
        f"incidents {verb}": of(f"{INCIDENT}{verb}", typed=f"7 {words}")
        for verb, words in {
            "ack": "", "unack": "", "snooze": "--for 1h", "assign": "alice", "note": "x", "publish": "x",
            "escalate": "", "resolve": "", "merge": "--into 8", "reassign": "--policy default",
        }.items()
    },
    "incidents postmortem": of(
        "GET /api/v1/incidents/{number}/postmortem", typed="7", asks="GET /api/v1/incidents/{number}"
    ),
    "silence add": of(
        "POST /api/v1/silences", "POST /api/v1/silences/try", typed="service=shop --for 1h -m x"
    ),
    "silence list": of("GET /api/v1/silences"),
    "silence change": of("POST /api/v1/silences/{id}/change", typed="s-1 --for 1h"),
    "silence expire": of("POST /api/v1/silences/{id}/expire", typed="s-1"),
    "notifications list": of("GET /api/v1/notifications"),
    "notifications show": of("GET /api/v1/notifications/{id}", typed="k"),
    "notifications retry": of("POST /api/v1/notifications/{id}/retry", typed="k"),
    "oncall show": of("GET /api/v1/oncall", "GET /api/v1/oncall/record", asks="GET /api/v1/overrides"),
    "oncall gaps": of("GET /api/v1/oncall/gaps"),
    "oncall ical": of("GET /api/v1/oncall.ics", asks="GET /api/v1/overrides"),
    "oncall override": of(
        "POST /api/v1/overrides", "POST /api/v1/overrides/{id}/cancel", "GET /api/v1/overrides",
        typed="--person alice --for 1h",
    ),
    "oncall swap": of(
        "POST /api/v1/swaps", "POST /api/v1/swaps/{id}/take", "POST /api/v1/swaps/{id}/cancel",
        "GET /api/v1/overrides", typed="--person alice --for 1h",
    ),
    "metrics list": of("GET /api/v1/metrics", asks=""),
    "metrics show": of("GET /api/v1/metrics", typed="latency_p95", asks=""),
    "metrics query": of("GET /api/v1/metrics/{metric}", typed="latency_p95"),
    "channel test": of("POST /api/v1/channels/{channel}/test", typed="hook"),
    "import samples": of("POST /api/v1/import", typed="samples.csv"),
    "token create": of("POST /api/v1/tokens", typed="prometheus"),
    "token list": of("GET /api/v1/tokens"),
    "token revoke": of("POST /api/v1/tokens/{id}/revoke", typed="prometheus"),
    "audit list": of("GET /api/v1/audit"),
    "person erase": of("POST /api/v1/people/erase", typed="zoe --yes"),
    "db info": of("GET /api/v1/db"),
    "reports freeze": of("POST /api/v1/reports", typed="--month 2026-10"),
    "reports list": of("GET /api/v1/reports"),
    "reports show": of("GET /api/v1/reports/{number}", "GET /api/v1/reports/{number}/pack", typed="1"),
    "reports restate": of("POST /api/v1/reports/{number}/restate", typed="1 --reason x"),
    "reports overdue": of("GET /api/v1/reports/overdue"),
    "reports verify": of("GET /api/v1/reports/{number}/verify", typed="1"),
    "reports key": of("GET /api/v1/reports/key"),
}  # fmt: skip
"""Each command that the API knows, too."""

LOCAL = {
    "init": "writes a file where it is typed, before there is a daemon",
    "run": "is the daemon",
    "completion": "is about the shell of who types it",
    "systemd unit": "is about the machine that it is typed on, before there is a daemon",
    "password": "hashes what is typed, which nobody else shall see",
    "verify": "is for who has a pack and does not trust the daemon that made it",
}
"""Each command that has no way in the API, and why."""

CONFIG = """
[slawatch]
data_dir = "state"
[people.alice]
email = "alice@example.com"
contact = [{ channel = "hook" }]
[channels.hook]
type = "webhook"
url = "https://hooks.example/a"
[schedules.primary]
[[schedules.primary.layers]]
people = ["alice"]
start = 2026-01-05T09:00:00
[escalations.default]
[[escalations.default.levels]]
to = ["schedule:primary"]
wait = "5m"
[checks.home]
service = "shop"
type = "tcp"
address = "127.0.0.1:1"
"""


def commands() -> list[str]:
    """Return every command as it is typed."""
    found: list[str] = []

    def walk(command: Any, path: str) -> None:
        for name, inner in getattr(command, "commands", {}).items():
            walk(inner, f"{path} {name}")
        if not hasattr(command, "commands"):
            found.append(path.strip())

    app: typer.Typer = build()
    walk(get_command(app), "")
    return found


def test_each_command_has_a_way_in_the_api_or_a_reason_why_not() -> None:
    assert not set(ROUTES) & set(LOCAL)
    assert sorted(commands()) == sorted({*ROUTES, *LOCAL})


def test_each_way_is_in_the_api() -> None:
    there = {
        f"{method.upper()} {path}"
        for path, entry in document()["paths"].items()
        for method in entry
        if method != "parameters"
    }
    assert [way for one in ROUTES.values() for way in one.routes if way not in there] == []


def test_each_route_of_the_api_is_some_commands() -> None:
    """What can only be had by the API would be missing on the command line."""
    known = {way for one in ROUTES.values() for way in one.routes}
    without = {
        "GET /api/v1/me": "who types a command knows who they are",
        "GET /api/v1/openapi.json": "is about the API",
        "GET /api/v1/services/{service}/latency": "draws a chart; `metrics query` tells the figures",
        "GET /api/v1/reports/{number}/html": "is in the pack that `reports show --output` writes",
    }
    there = {
        f"{method.upper()} {path}"
        for path, entry in document()["paths"].items()
        for method in entry
        if method != "parameters" and path.startswith("/api/")
    }
    assert sorted(there - known) == sorted(without)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("SLAWATCH_CONFIG", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "STATE_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "slawatch.toml").write_text(CONFIG)
    (tmp_path / "samples.csv").write_text("check,time,outcome,latency,reason\n")
    (tmp_path / "state").mkdir()
    return tmp_path


@pytest.fixture
def heard(home: Path) -> Iterator[list[bytes]]:
    """Yield what the daemon was asked; it knows nothing of it."""
    said = http(b'{"title": "Not Found", "detail": "there is nothing"}', "404 Not Found")
    with answering(home / "state" / "slawatch.sock", said) as requests:
        yield requests


@pytest.mark.parametrize("command", ROUTES)
def test_a_command_asks_the_daemon_that_runs(
    command: str, heard: list[bytes], home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    way = ROUTES[command]
    typed = way.typed.split()
    main([*command.split(" "), *typed])
    assert threading.active_count() < 50
    wanted = [way.asks] if way.asks is not None else list(way.routes)
    asked = heard[0].split(b" HTTP/")[0].decode() if heard else ""
    patterns = [re.sub(r"\\\{\w+\\\}", "[^/?]+", re.escape(one)) for one in wanted]
    assert any(re.fullmatch(f"{pattern}(\\?.*)?" if pattern else "", asked) for pattern in patterns), (
        asked, capsys.readouterr().err,
    )  # fmt: skip
