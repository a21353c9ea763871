"""`db info`, without a daemon and with one."""

import json
from pathlib import Path

import pytest

from slawatch.cli.main import main
from slawatch.store.database import Database

from .sockets import answering, http


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "slawatch.toml").write_text('[slawatch]\ndata_dir = "data"\n')
    return tmp_path


def test_from_the_store(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Database.open(home / "data").close()
    assert main(["db", "info"]) == 0
    lines = dict(line.split("  ", 1) for line in capsys.readouterr().out.splitlines())
    assert lines["samples"].strip() == "0"
    assert lines["database bytes"].strip().endswith("iB")
    assert main(["db", "info", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["samples"] == 0


def test_from_the_daemon(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "data").mkdir()
    given = {
        "samples": 1234567,
        "database_bytes": 20_971_520,
        "ratio": 1.5,
        "fine": True,
        "last_sample": None,
    }
    with answering(home / "data" / "slawatch.sock", http(json.dumps(given).encode())) as requests:
        assert main(["db", "info"]) == 0
    assert requests[0].startswith(b"GET /api/v1/db ")
    assert capsys.readouterr().out.splitlines() == [
        "samples         1,234,567",
        "database bytes  20.0 MiB",
        "ratio           1.50",
        "fine            yes",
        "last sample     -",
    ]


def test_no_database_yet(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["db", "info"]) == 74
    assert "there is no database" in capsys.readouterr().err
