"""Databases of every earlier version come to the present one with all that is in them."""

from pathlib import Path

import duckdb
import pytest

from slawatch.core.sample import Transition
from slawatch.store import alerting, frozen, schema
from slawatch.store.database import Database
from slawatch.store.duty import silences
from slawatch.store.entries import adjustments, maintenance, windows
from slawatch.store.errors import StoreNewer
from slawatch.store.evidence import gather, last_samples, life
from slawatch.store.writer import Writer

DATA = Path(__file__).resolve().parents[1] / "data" / "store"
START = 1_790_812_800_000_000


def tables(cursor: duckdb.DuckDBPyConnection) -> list[tuple[str, ...]]:
    return cursor.execute(
        "SELECT table_name, column_name, data_type, is_nullable FROM duckdb_columns() "
        "WHERE NOT internal ORDER BY ALL"
    ).fetchall()


def test_every_version_is_kept() -> None:
    assert sorted(path.name for path in DATA.glob("version-*.sql")) == [
        f"version-{number}.sql" for number in range(1, schema.VERSION + 1)
    ]


@pytest.mark.parametrize("number", range(1, schema.VERSION + 1))
def test_an_earlier_database_is_migrated_with_its_rows(tmp_path: Path, number: int) -> None:
    with duckdb.connect(str(tmp_path / "slawatch.duckdb")) as connection:
        connection.execute((DATA / f"version-{number}.sql").read_text())
    with Database.open(tmp_path) as database, Database.open(tmp_path / "fresh") as fresh:
        with database.reading() as migrated, fresh.reading() as made:
            assert tables(migrated) == tables(made)
            assert schema.version(migrated) == schema.VERSION
        with database.reading() as cursor:
            found = gather(cursor, {"shop": ["shop-home", "shop-db"]}, START, START + 60_000_000)["shop"]
            assert found.checks[0].transitions == (
                Transition(START + 1_200, 0, None),
                Transition(START + 30_001_000, 2, START + 1_200),
            )
            assert found.samples == 4
            assert [reason.text for reason in found.reasons] == ["connection refused"]
            assert last_samples(cursor, ["shop-db"])["shop-db"].latency == 1_400
            assert [event.kind for event in life(cursor, START, START + 1)] == ["start"]
        assert Writer(database).last_sequence == 2


@pytest.mark.parametrize("number", range(2, schema.VERSION + 1))
def test_what_people_entered_is_migrated(tmp_path: Path, number: int) -> None:
    with duckdb.connect(str(tmp_path / "slawatch.duckdb")) as connection:
        connection.execute((DATA / f"version-{number}.sql").read_text())
    with Database.open(tmp_path) as database, database.reading() as cursor:
        assert [(w.planned.id, len(w.earlier)) for w in windows(cursor)] == [("m-0001", 1), ("m-0002", 0)]
        assert [work.end for work in maintenance(cursor)] == [1_790_813_100_000_000]
        assert [(a.added.id, a.state) for a in adjustments(cursor)] == [
            ("a-0001", "approved"),
            ("a-0002", "withdrawn"),
        ]


@pytest.mark.parametrize("number", range(4, schema.VERSION + 1))
def test_what_was_decided_about_alerts_is_migrated(tmp_path: Path, number: int) -> None:
    with duckdb.connect(str(tmp_path / "slawatch.duckdb")) as connection:
        connection.execute((DATA / f"version-{number}.sql").read_text())
    with Database.open(tmp_path) as database, database.reading() as cursor:
        (incident,) = alerting.state(cursor).incidents.values()
        assert (incident.state, incident.acker) == ("resolved", "person:bob")
        assert [(a.channel, a.verdict) for a in alerting.attempts(cursor)] == [("ops", "ok")]
        assert [(s.id, s.author, str(s.match[0])) for s in silences(cursor)] == [
            ("s-0001", "alice", 'check="disk"')
        ]


@pytest.mark.parametrize("number", range(5, schema.VERSION + 1))
def test_frozen_reports_are_migrated_byte_by_byte(tmp_path: Path, number: int) -> None:
    with duckdb.connect(str(tmp_path / "slawatch.duckdb")) as connection:
        connection.execute((DATA / f"version-{number}.sql").read_text())
    with Database.open(tmp_path) as database, database.reading() as cursor:
        second, first = frozen.listed(cursor)
        assert (first.number, first.restated_by, second.restates, second.reason) == (1, 2, 1, "late samples")
        assert second.previous == first.manifest_sha256
        assert frozen.pack(cursor, 1) == b"PK\x05\x06"
        assert frozen.head(cursor, None) == (3, 3, second.manifest_sha256)


def test_steps_run_in_order_and_once() -> None:
    with duckdb.connect() as connection:
        steps: list[schema.Migration] = ["CREATE TABLE a (x INTEGER)", "INSERT INTO a VALUES (1)"]
        assert schema.migrate(connection, 5, steps) == (0, 2)
        assert schema.migrate(connection, 6, steps) == (2, 2)

        def third(cursor: duckdb.DuckDBPyConnection) -> None:
            cursor.execute("UPDATE a SET x = x + 1")

        steps.append(third)
        assert schema.migrate(connection, 7, steps) == (2, 3)
        assert connection.execute("SELECT x FROM a").fetchall() == [(2,)]
        assert connection.execute("SELECT * FROM schema_version ORDER BY 1").fetchall() == [
            (1, 5),
            (2, 5),
            (3, 7),
        ]


def test_a_step_that_fails_leaves_the_version_before_it() -> None:
    with duckdb.connect() as connection:
        steps = ["CREATE TABLE a (x INTEGER)", "INSERT INTO a VALUES (1); INSERT INTO nowhere VALUES (1)"]
        with pytest.raises(duckdb.Error):
            schema.migrate(connection, 5, steps)
        assert schema.version(connection) == 1
        assert connection.execute("SELECT * FROM a").fetchall() == []
        assert schema.migrate(connection, 6, [steps[0], "INSERT INTO a VALUES (2)"]) == (1, 2)


def test_a_newer_version_is_refused() -> None:
    with duckdb.connect() as connection:
        schema.migrate(connection, 5, ["SELECT 1", "SELECT 1"])
        with pytest.raises(StoreNewer, match="version 2, this slawatch knows versions up to 1"):
            schema.migrate(connection, 5, ["SELECT 1"])
