from pathlib import Path

import duckdb

from slawatch.store.sweeping import sweep

OURS = ("sample-20000.parquet", "failure-20000.parquet", ".sample-20001.unfinished")
FOREIGN = ("notes.txt", ".hidden", "sample.parquet.bak")


def folder(where: Path) -> Path:
    for name in (*OURS, *FOREIGN):
        (where / name).write_bytes(b"x")
    return where


def manifest(*names: str) -> duckdb.DuckDBPyConnection:
    cursor = duckdb.connect()
    cursor.execute("CREATE TABLE sealed_day (file VARCHAR)")
    for name in names:
        cursor.execute("INSERT INTO sealed_day VALUES (?)", [name])
    return cursor


def left(where: Path) -> set[str]:
    return {path.name for path in where.iterdir()}


def test_what_the_manifest_does_not_name_goes(tmp_path: Path) -> None:
    removed = sweep(manifest(OURS[0]), folder(tmp_path))
    assert {path.name for path in removed} == set(OURS[1:])
    assert left(tmp_path) == {OURS[0], *FOREIGN}


def test_what_is_spared_stays(tmp_path: Path) -> None:
    sweep(manifest(), folder(tmp_path), [tmp_path / OURS[2]])
    assert left(tmp_path) == {OURS[2], *FOREIGN}


def test_a_file_that_is_not_ours_to_remove_is_left(tmp_path: Path) -> None:
    (tmp_path / "folder.parquet").mkdir()
    assert sweep(manifest(), tmp_path) == []
    assert left(tmp_path) == {"folder.parquet"}
