from collections.abc import Iterator
from pathlib import Path

import pytest

from slawatch.core.instant import DAY
from slawatch.store.database import Database, transaction
from slawatch.store.importing import ImportRefused, import_samples
from slawatch.store.staging import Rows, Staged, format_of, staged_days

CHECKS = {"a": (1, 70_000_000)}
NOW = 20_001 * DAY


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database.open(tmp_path / "state") as opened:
        yield opened


def write(path: Path, text: str) -> Path:
    path.write_bytes(text.encode())
    return path


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("x.csv", "csv"),
        ("x.CSV", "csv"),
        ("x.jsonl", "jsonl"),
        ("x.ndjson", "jsonl"),
        ("x.parquet", "parquet"),
    ],
)
def test_the_suffix_tells_the_format(name: str, expected: str) -> None:
    assert format_of(Path(name)) == expected


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("x.txt", "", "must end in .csv, .jsonl or .parquet"),
        ("x.csv", "", "no column check, time, outcome"),
        ("x.csv", "check,when,outcome\n", "no column time"),
        ("x.csv", "check,time,outcome,colour\n", "unknown column colour"),
        ("x.csv", "check,time,outcome,time\n", "the column time is there twice"),
        ("x.parquet", "PAR1", "is no Parquet file"),
    ],
)
def test_a_file_that_cannot_be_read(
    database: Database, tmp_path: Path, name: str, text: str, message: str
) -> None:
    with pytest.raises(ImportRefused, match=message):
        import_samples(database, write(tmp_path / name, text), CHECKS)


def test_a_missing_file(database: Database, tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match="cannot be read: No such file"):
        import_samples(database, tmp_path / "x.csv", CHECKS)


def test_rows_are_staged_by_their_day(database: Database, tmp_path: Path) -> None:
    path = write(tmp_path / "x.csv", "outcome,time,check\nup,86400,a\ndown,86399.999999,a\nup,1728000000,a\n")
    with database.reading() as cursor, transaction(cursor):
        cursor.execute("CREATE TEMP TABLE known AS SELECT 'a' AS name, 1 AS number, 70000000 AS holds")
        staged = Rows(cursor, path, "csv", NOW).stage(tmp_path / "staged")
        assert staged == Staged(3, (1,), 86_399_999_999, 1_728_000_000_000_000, (0, 1, 20_000))
        one = staged_days(tmp_path / "staged", 0)
        assert cursor.execute(f"SELECT line, started_at, outcome, latency FROM {one}").fetchall() == [
            (2, 86_399_999_999, 2, None)
        ]


def test_the_line_of_a_row_counts_what_is_between(database: Database, tmp_path: Path) -> None:
    text = 'check,time,outcome,reason\n\na,1,down,"one\ntwo\nthree"\na,2,up,\n\n\na,3,up,\n'
    with database.reading() as cursor:
        rows = Rows(cursor, write(tmp_path / "x.csv", text), "csv", NOW)
        assert [rows.where(n)[1] for n in (1, 2, 3)] == [3, 6, 9]
        lines = Rows(cursor, write(tmp_path / "x.jsonl", '{"a": 1}\n\n  \n{"a": 2}\n'), "jsonl", NOW)
        assert [lines.where(n)[1] for n in (1, 2)] == [1, 4]
        assert lines.where(2)[0] == f"{tmp_path / 'x.jsonl'}:4"
