import csv
import io
import json
from pathlib import Path

import duckdb
import pytest
from tests.store.samples import batch, sample

from slawatch.core.instant import DAY, SECOND
from slawatch.store.database import Database
from slawatch.store.exporting import Format, What, export, write_parquet
from slawatch.store.importing import import_samples
from slawatch.store.source import rows
from slawatch.store.writer import Writer

START = 20_000 * DAY
REASON = '=HYPERLINK("http://x"), or\nworse'


@pytest.fixture
def database(tmp_path: Path) -> Database:
    opened = Database.open(tmp_path / "state")
    opened.check_numbers(["home", "+db"])
    writer = Writer(opened)
    writer.write(
        batch(
            1,
            [
                sample(1, START + DAY + 5, latency=52_001),
                sample(2, START + 1, 2, latency=None, reason=REASON),
                sample(1, START, latency=0),
                sample(1, START + 2, 1, reason="slow: 2 s"),
            ],
        )
    )
    writer.seal(20_000)
    return opened


def exported(database: Database, what: What, file_format: Format, start: int = 0, end: int = 2**60) -> bytes:
    out = io.BytesIO()
    with database.reading() as cursor:
        export(cursor, what, start, end, file_format, out)
    assert list(database.spill.iterdir()) == []
    return out.getvalue()


def test_csv_is_rfc_4180_and_no_formula(database: Database) -> None:
    content = exported(database, "samples", "csv").decode()
    lines = content.split("\r\n")
    assert lines[0] == "check,time,outcome,latency,reason,cause,due,dns,connect,tls,first_byte,transfer"
    assert lines[-1] == ""
    assert "\n" not in content.replace("\r\n", "")
    table = list(csv.DictReader(io.StringIO(content, newline="")))
    assert [row["time"] for row in table] == [
        "2024-10-04T00:00:00.000000Z",
        "2024-10-04T00:00:00.000001Z",
        "2024-10-04T00:00:00.000002Z",
        "2024-10-05T00:00:00.000005Z",
    ]
    assert table[1]["check"] == "'+db"
    assert table[1]["reason"] == '\'=HYPERLINK("http://x"), or worse'
    assert table[1]["latency"] == ""
    assert table[1]["cause"] == "connect"
    assert table[3]["latency"] == "0.052001"
    assert table[3]["tls"] == "0.000003"
    assert table[3]["transfer"] == ""


def test_json_lines(database: Database) -> None:
    table = [json.loads(line) for line in exported(database, "samples", "jsonl").splitlines()]
    assert [row["outcome"] for row in table] == ["up", "down", "degraded", "up"]
    assert table[1]["reason"] == REASON
    assert table[1]["latency"] is None
    assert table[3]["latency"] == 0.052001


def test_parquet(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    path.write_bytes(exported(database, "samples", "parquet"))
    found = duckdb.execute(f'SELECT "check", epoch_us("time"), latency FROM \'{path}\'').fetchall()
    assert found == [
        ("home", START, 0.0),
        ("+db", START + 1, None),
        ("home", START + 2, 0.001),
        ("home", START + DAY + 5, 0.052001),
    ]


def test_only_the_window_is_written(database: Database) -> None:
    assert len(exported(database, "samples", "jsonl", START + 1, START + 2).splitlines()) == 1
    assert exported(database, "samples", "jsonl", START + 2 * DAY) == b""
    assert exported(database, "samples", "csv", START + 2 * DAY).count(b"\r\n") == 1
    assert exported(database, "samples", "parquet", START + 2 * DAY).startswith(b"PAR1")


def test_transitions(database: Database) -> None:
    table = list(csv.DictReader(io.StringIO(exported(database, "transitions", "csv").decode(), newline="")))
    assert [(row["check"], row["outcome"], row["after"][-8:]) for row in table] == [
        ("home", "up", ""),
        ("'+db", "down", ""),
        ("home", "degraded", ".000000Z"),
        ("home", "unknown", ".000002Z"),
        ("home", "up", ".000002Z"),
    ]


@pytest.mark.parametrize("file_format", ["csv", "jsonl", "parquet"])
def test_what_is_exported_can_be_imported(database: Database, tmp_path: Path, file_format: Format) -> None:
    path = tmp_path / f"x.{file_format}"
    path.write_bytes(exported(database, "samples", file_format))
    known = {"home": (1, 70 * SECOND), "+db": (2, 70 * SECOND)}
    if file_format != "csv":
        assert import_samples(database, path, known).added == 0
    with Database.open(tmp_path / "other") as other:
        other.check_numbers(known)
        assert import_samples(other, path, known).added == 4
        assert import_samples(other, path, known).added == 0
        tables = []
        for one in (database, other):
            with one.reading() as cursor:
                tables.append(
                    cursor.execute(
                        f"SELECT * FROM {rows(cursor, 'sample', 0, 2**60)} ORDER BY ALL"
                    ).fetchall()
                )
        assert tables[0] == tables[1]


def test_rows_that_were_worked_out_elsewhere(database: Database, tmp_path: Path) -> None:
    out = io.BytesIO()
    table = [{"service": "shop", "seconds": 1.5, "ongoing": True}, {"service": None, "seconds": None}]
    with database.reading() as cursor:
        write_parquet(cursor, ["service", "seconds", "ongoing", "nothing"], table, out)
        write_parquet(cursor, ["service"], [], io.BytesIO())
    path = tmp_path / "x.parquet"
    path.write_bytes(out.getvalue())
    assert duckdb.execute(f"FROM '{path}'").fetchall() == [
        ("shop", 1.5, True, None),
        (None, None, None, None),
    ]


@pytest.mark.parametrize("lead", ["=", "+", "-", "@", "\t", "'", "\uff1d", "\uff0b", "\uff0d", "\uff20"])
def test_no_reason_is_a_formula_and_each_comes_back_as_it_was(tmp_path: Path, lead: str) -> None:
    tables = []
    path = tmp_path / "samples.csv"
    for name in ("one", "other"):
        database = Database.open(tmp_path / name)
        if name == "one":
            database.check_numbers(["home"])
            writer = Writer(database)
            writer.write(batch(1, [sample(1, START, 2, latency=None, reason=f"{lead}1+1")]))
            writer.seal(20_000)
        else:
            database.check_numbers(["home"])
            assert import_samples(database, path, {"home": (1, 70 * SECOND)}).added == 1
        path.write_bytes(exported(database, "samples", "csv"))
        (row,) = csv.DictReader(io.StringIO(path.read_bytes().decode(), newline=""))
        tables.append(row["reason"])
        assert json.loads(exported(database, "samples", "jsonl"))["reason"] == f"{lead}1+1"
    assert tables == [f"'{lead}1+1"] * 2
