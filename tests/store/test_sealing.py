import hashlib
from pathlib import Path

import duckdb
import pytest
from tests.store.samples import filled, sample

from slawatch import clock
from slawatch.core.instant import DAY, MINUTE
from slawatch.store import sealing
from slawatch.store.batch import Batch
from slawatch.store.database import Database, StoreError
from slawatch.store.evidence import gather
from slawatch.store.source import rows
from slawatch.store.writer import Writer

FIRST = 20_000
START = FIRST * DAY


def stored(database: Database) -> list[tuple[int, int]]:
    with database.reading() as cursor:
        source = rows(cursor, "sample", 0, 2**60, ("check_number", "started_at"))
        return cursor.execute(f"SELECT * FROM {source} ORDER BY ALL").fetchall()


def test_sealing_moves_a_day_and_changes_no_answer(tmp_path: Path) -> None:
    database, writer, made = filled(tmp_path)
    everything = sorted((one.check, one.started_at) for one in made)
    with database:
        with database.reading() as cursor:
            before = gather(cursor, {"s": ["a", "b", "c"]}, START + 5, START + 2 * DAY, series_buckets=3)
        assert writer.unsealed_days(START + 2 * DAY + 5) == [FIRST, FIRST + 1]
        entries = writer.seal(FIRST)
        assert {entry.kind for entry in entries} == {"sample", "failure", "measure"}
        assert writer.unsealed_days(START + 2 * DAY) == [FIRST + 1]
        assert stored(database) == everything
        for entry in entries:
            content = (database.sealed / entry.file).read_bytes()
            assert entry.bytes == len(content)
            assert entry.sha256 == hashlib.sha256(content).hexdigest()
        with database.reading() as cursor:
            assert cursor.execute("SELECT count(*) FROM sample").fetchall() == [(12,)]
            assert cursor.execute("SELECT count(*) FROM failure").fetchall() == [(9,)]
            assert (
                gather(cursor, {"s": ["a", "b", "c"]}, START + 5, START + 2 * DAY, series_buckets=3) == before
            )
        assert writer.seal(FIRST) == ()
        writer.seal(FIRST + 1)
        with database.reading() as cursor:
            assert (
                gather(cursor, {"s": ["a", "b", "c"]}, START + 5, START + 2 * DAY, series_buckets=3) == before
            )
    with Database.open(tmp_path) as again:
        assert stored(again) == everything


def test_a_sealed_day_is_sorted_by_check_and_time(tmp_path: Path) -> None:
    database, writer, _ = filled(tmp_path)
    with database:
        (entry,) = [entry for entry in writer.seal(FIRST) if entry.kind == "sample"]
        found = duckdb.execute(
            f"SELECT check_number, started_at FROM read_parquet('{database.sealed / entry.file}')"
        ).fetchall()
        assert found == sorted(found)
        assert "2024-10-04" in entry.file


def test_what_comes_late_is_sealed_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database, writer, made = filled(tmp_path)
    with database:
        (first,) = [entry for entry in writer.seal(FIRST) if entry.kind == "sample"]
        late = sample(2, START + 77, 1)
        writer.write(Batch(2, [late], late=[(2, START + 77)]))
        assert writer.unsealed_days(START + DAY) == [FIRST]
        (second,) = writer.seal(FIRST)
        assert second.rows == first.rows + 1
        assert stored(database) == sorted((one.check, one.started_at) for one in [*made, late])
        # A reader may still be in the old file; later housekeeping removes it.
        writer.seal(FIRST + 1)
        assert (database.sealed / first.file).exists()
        later = clock.elapsed() + 6 * MINUTE
        monkeypatch.setattr("slawatch.clock.elapsed", lambda: later)
        writer.retain(0)
        assert not (database.sealed / first.file).exists()


def test_a_crash_before_the_manifest_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database, writer, made = filled(tmp_path)

    def fail(*_: object) -> list[Path]:
        raise duckdb.IOException("IO Error: Could not write file: No space left on device")

    with database:
        with monkeypatch.context() as patched:
            patched.setattr(sealing, "enter", fail)
            with pytest.raises(StoreError, match="2024-10-04"):
                writer.seal(FIRST)
        assert len(list(database.sealed.iterdir())) == 3
        assert stored(database) == sorted((one.check, one.started_at) for one in made)
    with Database.open(tmp_path) as again:
        assert list(again.sealed.iterdir()) == []
        assert Writer(again).seal(FIRST)
        assert stored(again) == sorted((one.check, one.started_at) for one in made)


def test_old_samples_are_forgotten_and_the_record_stays(tmp_path: Path) -> None:
    database, writer, made = filled(tmp_path)
    with database:
        writer.seal(FIRST)
        with database.reading() as cursor:
            before = gather(cursor, {"s": ["a"]}, START, START + DAY, quantiles=())["s"]
        assert writer.retain(START + DAY + 5) == 1
        assert stored(database) == sorted(
            (s.check, s.started_at) for s in made if s.started_at >= START + DAY
        )
        with database.reading() as cursor:
            after = gather(cursor, {"s": ["a"]}, START, START + DAY, quantiles=())["s"]
            assert after.checks == before.checks
            assert after.reasons == before.reasons
            assert after.outcomes == before.outcomes
    assert not list(database.sealed.glob("*2024-10-04*"))
