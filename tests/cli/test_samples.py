"""`import samples` and `export` as they are typed, without a daemon and with one."""

import json
from pathlib import Path

import pytest

from slawatch.cli.main import main

from .sockets import answering, http

ROWS = """check,time,outcome,latency,reason
shop,2026-10-01T00:00:00Z,up,0.25,
shop,2026-10-01T00:00:30Z,down,,connection refused
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "slawatch.toml").write_text(
        '[slawatch]\ndata_dir = "data"\n'
        '[checks.shop]\nservice = "shop"\ntype = "tcp"\naddress = "a.example:1"\n'
    )
    (tmp_path / "october.csv").write_text(ROWS)
    return tmp_path


def test_what_goes_in_comes_out(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", "samples", "october.csv"]) == 0
    said = capsys.readouterr().out
    assert said == (
        "2 samples of 1 check, 2026-10-01T00:00:00Z to 2026-10-01T00:00:30Z: 2 stored, 0 were there already\n"
    )
    assert main(["import", "samples", "october.csv", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "rows": 2, "added": 0, "checks": 1, "start": "2026-10-01T00:00:00Z", "end": "2026-10-01T00:00:30Z",
    }  # fmt: skip
    assert main(["export", "samples"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert lines[2].startswith("shop,2026-10-01T00:00:30")
    assert "connection refused" in lines[2]


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_an_export_can_be_imported_again(home: Path, form: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["import", "samples", "october.csv"])
    assert main(["export", "samples", "--output", f"again.{form}"]) == 0
    capsys.readouterr()
    assert main(["import", "samples", f"again.{form}", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["added"] == 0
    assert {path.name for path in home.iterdir()} == {"slawatch.toml", "october.csv", f"again.{form}", "data"}


def test_a_bad_row_names_its_line_and_stores_nothing(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "october.csv").write_text(ROWS + "shop,2026-10-01T00:01:00Z,sideways,,\n")
    assert main(["import", "samples", "october.csv"]) == 1
    found = capsys.readouterr()
    assert "line 4" in found.err or ":4:" in found.err
    assert "sideways" in found.err
    main(["export", "samples"])
    assert len(capsys.readouterr().out.splitlines()) == 1


@pytest.mark.parametrize("what", ["outages", "ledger"])
def test_what_follows_from_the_samples(home: Path, what: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["import", "samples", "october.csv"])
    capsys.readouterr()
    assert main(["export", what, "--from", "2026-10-01", "--to", "2026-10-02", "--format", "jsonl"]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert any(row.get("reason") == "connection refused" or row.get("class") == "down" for row in found)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["export", "secrets"], "'secrets' cannot be exported"),
        (["export", "samples", "--format", "xml"], "'xml' is no format"),
        (["export", "samples", "--from", "soon"], "'soon' is not a time"),
        (["import", "samples", "slawatch.toml"], "must end in .csv, .jsonl or .parquet"),
    ],
)
def test_usage_errors(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert said in capsys.readouterr().err


def test_no_database_yet(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "samples", "--output", "x.csv"]) == 74
    assert "there is no database" in capsys.readouterr().err
    assert not (home / "x.csv").exists()
    assert main(["export", "samples", "--output", "no/folder/x.csv"]) == 74
    assert capsys.readouterr().err == "slawatch: no/folder/x.csv: No such file or directory\n"


def test_while_the_daemon_runs_it_gets_the_file(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "data").mkdir()
    done = json.dumps({"rows": 2, "added": 2, "checks": 1, "start": "a", "end": "b"}).encode()
    with answering(home / "data" / "slawatch.sock", http(done)) as requests:
        assert main(["import", "samples", "october.csv"]) == 0
    assert requests[0].startswith(b"POST /api/v1/import?format=csv&name=october.csv ")
    assert ROWS.encode() in requests[0]
    assert capsys.readouterr().out.startswith("2 samples of 1 check, a to b")
    assert not list((home / "data").glob("*.duckdb"))


def test_a_row_that_the_daemon_refuses(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "data").mkdir()
    problem = http(b'{"title": "x", "detail": "line 4: no such outcome"}', "422 Unprocessable")
    with answering(home / "data" / "slawatch.sock", problem):
        assert main(["import", "samples", "october.csv"]) == 1
    assert capsys.readouterr().err == "slawatch: line 4: no such outcome\n"


def test_an_export_that_breaks_off_leaves_no_file(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "data").mkdir()
    (home / "x.csv").write_text("as before")
    broken = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\ncheck\r\n"
    with answering(home / "data" / "slawatch.sock", broken):
        assert main(["export", "samples", "-o", "x.csv"]) == 69
    assert (home / "x.csv").read_text() == "as before"
    assert not list(home.glob(".x.csv*"))
