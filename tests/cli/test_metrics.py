"""`metrics list`, `show` and `query`, without a daemon and with one."""

import json
from pathlib import Path

import pytest

from slawatch.cli.main import main
from slawatch.store.database import Database

from .sockets import answering, http

TOML = """
[slawatch]
data_dir = "data"
[checks.home]
service = "shop"
type = "tcp"
address = "h:1"
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "slawatch.toml").write_text(TOML)
    return tmp_path


def test_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["metrics", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 100
    assert lines[1].startswith("latency_avg")
    assert main(["metrics", "list", "heartbeat", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["metrics"]
    assert {one["metric"] for one in found} == {"overdue_heartbeats", "heartbeat_age"}
    assert main(["metrics", "list", "xyzzy"]) == 0
    assert capsys.readouterr().out == "no metric has 'xyzzy' in its name or meaning\n"


def test_show(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["metrics", "show", "availability"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("availability: share of the known time that was up or degraded\n")
    assert 'critical = "< 99.9%"' in out
    assert main(["metrics", "show", "latency_p42", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["method"] == "percentile"
    assert main(["metrics", "show", "availabilty"]) == 2
    assert "did you mean" in capsys.readouterr().err


def test_query_from_the_store(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Database.open(home / "data").close()
    assert main(["metrics", "query", "probes", "--service", "shop", "--window", "1h"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "probes over 1h: probes that began"
    assert lines[2].split() == ["shop", "0"]
    assert main(["metrics", "query", "store_lag", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["values"][0]["shown"] == "no data"
    assert main(["metrics", "query", "burn_rate"]) == 0
    assert capsys.readouterr().out == "nothing is configured that this could be asked of\n"


def test_query_from_the_daemon(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "data").mkdir()
    given = {
        "metric": "latency_p95", "text": "t\x1b[2J", "unit": "seconds", "window": 300.0, "window_text": "5m",
        "at": "2026-11-01T12:00:00Z",
        "values": [{"service": "shop", "check": None, "agreement": None, "value": 0.02, "shown": "20ms"}],
    }  # fmt: skip
    with answering(home / "data" / "slawatch.sock", http(json.dumps(given).encode())) as requests:
        assert main(["metrics", "query", "latency_p95", "-s", "shop"]) == 0
    assert requests[0].startswith(b"GET /api/v1/metrics/latency_p95?service=shop&by=service&window=5m ")
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert out.splitlines()[2].split() == ["shop", "20ms"]


@pytest.mark.parametrize(
    "arguments",
    [["latency_p95", "--service", "shpo"], ["latensy"], ["probes", "--window", "x"], ["probes", "--by", "y"]],
)
def test_what_cannot_be_asked(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["metrics", "query", *arguments]) == 2
    assert capsys.readouterr().out == ""


def test_no_database_yet(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["metrics", "query", "probes"]) == 74
    assert "there is no database" in capsys.readouterr().err
