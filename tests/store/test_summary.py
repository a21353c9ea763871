from pathlib import Path

import pytest
from tests.store.samples import FIRST, START, filled

from slawatch.core.instant import DAY
from slawatch.store import schema
from slawatch.store.database import Database, StoreError
from slawatch.store.evidence import gather
from slawatch.store.summary import summary


def test_a_missing_or_shortened_file_is_told(tmp_path: Path) -> None:
    database, writer, _ = filled(tmp_path)
    with database:
        entries = writer.seal(FIRST)
        with database.reading() as cursor:
            assert summary(cursor, tmp_path)["problems"] is None
        (database.sealed / entries[0].file).unlink()
        (database.sealed / entries[1].file).write_bytes(b"PAR1")
        with database.reading() as cursor:
            found = summary(cursor, tmp_path)
        assert f"{entries[0].file} is missing" in found["problems"]
        assert f"{entries[1].file} has 4 bytes instead of {entries[1].bytes}" in found["problems"]
        assert found["sealed_days"] == 1
        assert found["samples"] == 24
        with pytest.raises(StoreError) as caught, database.reading() as cursor:
            gather(cursor, {"s": ["a"]}, START, START + DAY)
        assert entries[0].file in str(caught.value)
        assert "\n" not in str(caught.value)


def test_an_empty_store(tmp_path: Path) -> None:
    with Database.open(tmp_path) as database, database.reading() as cursor:
        found = summary(cursor, tmp_path)
    assert found["schema_version"] == schema.VERSION
    assert found["samples"] == found["sealed_days"] == found["last_batch"] == found["journal_bytes"] == 0
    assert found["first_sample"] is found["bytes_per_sealed_sample"] is found["problems"] is None
    assert found["database_bytes"] > 0


def test_the_figures(tmp_path: Path) -> None:
    database, writer, _ = filled(tmp_path)
    with database:
        writer.seal(FIRST)
        with database.reading() as cursor:
            found = summary(cursor, tmp_path)
        sizes = sum(path.stat().st_size for path in database.sealed.iterdir())
    assert found["samples"] == 24
    assert found["samples_not_sealed"] == 12
    assert found["sealed_bytes"] == sizes
    assert found["first_sample"] == "2024-10-04T00:00:00.000001Z"
    assert found["last_sample"] == "2024-10-05T18:00:00.000003Z"
    assert found["checks"] == 3
    assert found["last_batch"] == 1
