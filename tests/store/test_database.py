import os
import shutil
from pathlib import Path

import duckdb
import pytest
from tests.store.children import outcome

from slawatch.core.instant import DAY
from slawatch.store import schema
from slawatch.store.database import (
    Database,
    StoreDamaged,
    StoreError,
    StoreMissing,
    StoreNewer,
    StoreUnwritable,
)
from slawatch.store.writer import Writer

START = 20_000 * DAY

# Ends without closing, as a killed process does, with so many batches in the write-ahead log.
LEAVE = """
import os, sys
from pathlib import Path
from slawatch.store.database import Database
from slawatch.store.writer import Writer
from tests.store.samples import batch, sample
database = Database.open(Path(sys.argv[1]))
writer = Writer(database)
for sequence in range(writer.last_sequence + 1, writer.last_sequence + 1 + int(sys.argv[2])):
    writer.write(batch(sequence, [sample(1, sequence * 1000 + n) for n in range(20)]))
os._exit(0)
"""


def sequences(path: Path, *, repair: bool = False) -> list[int]:
    with Database.open(path, repair=repair) as database, database.reading() as cursor:
        return [n for (n,) in cursor.execute("SELECT sequence FROM flush_log ORDER BY 1").fetchall()]


def test_opening_makes_a_private_directory(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "state"
    with Database.open(path) as database:
        assert database.notes == []
        assert database.lost is None
    assert path.stat().st_mode & 0o777 == 0o700
    assert (path / "slawatch.duckdb").exists()


def test_nothing_is_made_where_nothing_is_wanted(tmp_path: Path) -> None:
    path = tmp_path / "state"
    with pytest.raises(StoreMissing, match="slawatch run"):
        Database.open(path, create=False)
    assert not path.exists()


def test_check_numbers_are_lasting_and_small(tmp_path: Path) -> None:
    with Database.open(tmp_path) as database:
        assert database.check_numbers(["b", "a", "b"]) == {"b": 1, "a": 2}
    with Database.open(tmp_path) as database:
        assert database.check_numbers(["c", "a"]) == {"c": 3, "a": 2}
        assert database.check_numbers([]) == {}


def test_a_directory_that_may_not_be_written(tmp_path: Path) -> None:
    path = tmp_path / "state"
    path.mkdir()
    tmp_path.chmod(0o755)
    code = """
import os, sys
from pathlib import Path
from slawatch.store.database import Database, StoreUnwritable
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
try:
    Database.open(Path(sys.argv[1]))
except StoreUnwritable as error:
    print(error)
"""
    path.chmod(0o555)
    reachable = Path("/tmp") / f"slawatch-unwritable-{os.getpid()}"
    try:
        shutil.copytree(path, reachable)
        reachable.chmod(0o555)
        said = outcome(code, reachable)
        assert f"{reachable} may not be written" in said
        assert "\n" not in said
        said = outcome(code, reachable / "below")
        assert "may not be written" in said
    finally:
        reachable.chmod(0o755)
        shutil.rmtree(reachable)


def test_a_file_in_place_of_the_directory(tmp_path: Path) -> None:
    path = tmp_path / "state"
    path.write_text("")
    with pytest.raises(StoreUnwritable, match="is not a directory"):
        Database.open(path)


def test_a_newer_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    Database.open(tmp_path).close()
    with duckdb.connect(str(tmp_path / "slawatch.duckdb")) as connection:
        connection.execute("INSERT INTO schema_version VALUES (?, 0)", [schema.VERSION + 1])
    before = (tmp_path / "slawatch.duckdb").read_bytes()
    with pytest.raises(StoreNewer, match="upgrade slawatch"):
        Database.open(tmp_path)
    assert (tmp_path / "slawatch.duckdb").read_bytes() == before


def test_a_killed_process_leaves_everything_it_acknowledged(tmp_path: Path) -> None:
    outcome(LEAVE, tmp_path, 5)
    assert sequences(tmp_path) == [1, 2, 3, 4, 5]


def test_a_torn_log_loses_the_torn_batch_and_tells(tmp_path: Path) -> None:
    outcome(LEAVE, tmp_path, 5)
    log = tmp_path / "slawatch.duckdb.wal"
    content = log.read_bytes()
    log.write_bytes(content[:-10])
    with Database.open(tmp_path) as database:
        assert database.lost == (5, 5)
        assert "batches 5 to 5" in database.notes[0]
        assert Writer(database).last_sequence == 4
    assert (
        next((tmp_path / "damaged").iterdir()).joinpath("slawatch.duckdb.wal").read_bytes() == content[:-10]
    )
    with Database.open(tmp_path) as database:
        assert database.lost is None
        assert database.notes == []


def test_a_log_that_is_damaged_in_its_middle_is_refused_with_copies(tmp_path: Path) -> None:
    outcome(LEAVE, tmp_path, 9)
    log = tmp_path / "slawatch.duckdb.wal"
    content = bytearray(log.read_bytes())
    middle = len(content) * 3 // 4
    content[middle] ^= 0xFF
    log.write_bytes(content)
    for _ in range(2):
        with pytest.raises(StoreDamaged) as caught:
            Database.open(tmp_path)
        assert caught.value.cut_at is not None
        assert "\n" not in str(caught.value)
    kept = list((tmp_path / "damaged").iterdir())
    assert len(kept) == 1
    assert (kept[0] / "slawatch.duckdb.wal").read_bytes() == content
    assert log.read_bytes() == content

    with Database.open(tmp_path, repair=True) as database:
        assert len(database.notes) == 2
        assert str(kept[0]) in database.notes[0]
        assert database.lost is not None
        first, last = database.lost
        assert 1 < first <= last == 9
    assert sequences(tmp_path) == list(range(1, first))
    outcome(LEAVE, tmp_path, 2)
    assert sequences(tmp_path) == list(range(1, first + 2))


def test_a_log_with_a_damaged_head_is_not_lost_unnoticed(tmp_path: Path) -> None:
    outcome(LEAVE, tmp_path, 3)
    with Database.open(tmp_path):
        pass
    outcome(LEAVE, tmp_path, 3)
    log = tmp_path / "slawatch.duckdb.wal"
    garbage = b"\xa5" * len(log.read_bytes())
    log.write_bytes(garbage)
    try:
        with Database.open(tmp_path) as database:
            assert database.lost == (4, 6)
            assert len(database.notes) == 1
    except StoreDamaged:
        pass
    kept = next((tmp_path / "damaged").iterdir())
    assert (kept / "slawatch.duckdb.wal").read_bytes() == garbage


@pytest.mark.parametrize("content", [b"", b"\xa5" * 9000, b"short"])
def test_a_database_that_is_none_is_refused_with_a_copy(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "slawatch.duckdb").write_bytes(content)
    with pytest.raises(StoreDamaged) as caught:
        Database.open(tmp_path, repair=True)
    assert "slawatch.duckdb is damaged" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert (tmp_path / "slawatch.duckdb").read_bytes() == content
    kept = next((tmp_path / "damaged").iterdir())
    assert (kept / "slawatch.duckdb").read_bytes() == content


def test_spilled_files_of_a_killed_process_are_wiped(tmp_path: Path) -> None:
    Database.open(tmp_path).close()
    spill = tmp_path / "spill" / "import-x"
    spill.mkdir(parents=True)
    (spill / "part").write_text("left over")
    (tmp_path / "sealed" / "sample-2024-10-04-000000000000.parquet").write_text("nobody knows it")
    (tmp_path / "sealed" / ".sample-2024-10-04.unfinished").write_text("half")
    (tmp_path / "sealed" / "README").write_text("not ours")
    with Database.open(tmp_path):
        assert not spill.exists()
        assert [path.name for path in (tmp_path / "sealed").iterdir()] == ["README"]


def test_a_closed_database_gives_no_cursor(tmp_path: Path) -> None:
    database = Database.open(tmp_path)
    database.close()
    database.close()
    with pytest.raises(StoreError, match="closed"):
        database.cursor()


def test_errors_while_reading_come_out_as_the_stores_own(tmp_path: Path) -> None:
    with Database.open(tmp_path) as database, pytest.raises(StoreError), database.reading() as cursor:
        cursor.execute("SELECT * FROM nowhere")
