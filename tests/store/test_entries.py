"""What people entered comes back as it was entered, once, in order, and is only ever added to."""

from pathlib import Path

import duckdb
import pytest

from slawatch.core.adjustment import Added, AdjustmentRefused, Approved, Withdrawn
from slawatch.core.instant import HOUR
from slawatch.core.maintenance import Cancelled, Changed, Planned, WindowRefused
from slawatch.store import entries
from slawatch.store.database import Database, StoreDamaged, StoreError

PLANNED = Planned("m-1", 5, "alice", ("shop", "api"), 10 * HOUR, 12 * HOUR, 3, "upgrade; 'quoted'")
ADDED = Added("a-1", 50, "alice", "shop", "excused", "their line", "", 10, 40, "https://tickets.example/1")


def count(database: Database, table: str) -> int:
    with database.reading() as cursor:
        ((found,),) = cursor.execute(f"SELECT count(*) FROM {table}").fetchall()
    return int(found)


def test_windows_come_back(tmp_path: Path) -> None:
    with Database.open(tmp_path) as database:
        with database.reading() as cursor:
            assert entries.windows(cursor) == entries.maintenance(cursor) == entries.adjustments(cursor) == ()
        entries.enter_maintenance(database, PLANNED, "alice@ops1")
        entries.enter_maintenance(database, Planned("m-2", 6, "bob", ("db",), 1, 9, 6), "bob@ops1")
        entries.enter_maintenance(database, Cancelled("m-2", 1, "bob", "no"), "bob@ops1")
        changed = Changed("m-1", 7, "bob", 10 * HOUR, 13 * HOUR, "longer")
        told = entries.enter_maintenance(database, changed, "bob@ops1")
    with Database.open(tmp_path) as database, database.reading() as cursor:
        first, second = entries.windows(cursor)
        assert first == told
        assert first.planned == PLANNED
        assert (first.end, first.announced, first.earlier[0].announced) == (13 * HOUR, 7, 3)
        assert second.cancelled == Cancelled("m-2", 1, "bob", "no")
        (work,) = entries.maintenance(cursor)
        assert work.services == ("shop", "api")
        assert entries.sources(cursor) == {"m-1": "alice@ops1", "m-2": "bob@ops1"}


def test_adjustments_come_back(tmp_path: Path) -> None:
    with Database.open(tmp_path) as database:
        entries.enter_adjustment(database, ADDED, "alice@ops1")
        entries.enter_adjustment(
            database, ADDED._replace(id="a-2", outage="shop-1", evidence=""), "alice@ops1"
        )
        entries.enter_adjustment(database, Approved("a-1", 60, "bob", "seen"), "bob@ops1")
        entries.enter_adjustment(database, Withdrawn("a-2", 70, "bob", "wrong"), "bob@ops1")
    with Database.open(tmp_path) as database, database.reading() as cursor:
        first, second = entries.adjustments(cursor)
        assert (first.added, first.state, first.approvers) == (ADDED, "approved", ("bob",))
        assert (first.decided_at, first.note) == (60, "seen")
        assert (second.state, second.withdrawn_by, second.note) == ("withdrawn", "bob", "wrong")


def test_the_same_entry_twice_is_stored_once(tmp_path: Path) -> None:
    with Database.open(tmp_path) as database:
        for at in (5, 6):
            assert entries.enter_maintenance(database, PLANNED._replace(at=at), "x").planned.at == 5
            assert entries.enter_adjustment(database, ADDED._replace(at=50 + at), "x").added.at == 55
        for at in (60, 61):
            entries.enter_adjustment(database, Approved("a-1", at, "bob"), "x")
            entries.enter_maintenance(database, Cancelled("m-1", at, "bob"), "x")
        for at in (70, 71):
            entries.enter_adjustment(database, Withdrawn("a-1", at, "bob", "why"), "x")
        assert count(database, "maintenance_entry") == 2
        assert count(database, "adjustment_entry") == 3
        with pytest.raises(WindowRefused, match="already"):
            entries.enter_maintenance(database, PLANNED._replace(end=11 * HOUR), "x")
        with pytest.raises(AdjustmentRefused, match="withdrawn by bob"):
            entries.enter_adjustment(database, Withdrawn("a-1", 72, "carol", "why"), "x")


def test_what_is_refused_is_not_stored(tmp_path: Path) -> None:
    with Database.open(tmp_path) as database:
        entries.enter_adjustment(database, ADDED, "x")
        with pytest.raises(AdjustmentRefused, match="another person has to approve it"):
            entries.enter_adjustment(database, Approved("a-1", 60, "alice"), "x")
        with pytest.raises(WindowRefused):
            entries.enter_maintenance(database, Cancelled("m-9", 60, "alice"), "x")
        assert (count(database, "maintenance_entry"), count(database, "adjustment_entry")) == (0, 1)
        entries.enter_adjustment(database, Approved("a-1", 60, "bob"), "x")


def test_entries_that_contradict_one_another_are_told(tmp_path: Path) -> None:
    with Database.open(tmp_path) as database:
        entries.enter_maintenance(database, PLANNED, "x")
        with database.reading() as cursor:
            cursor.execute("INSERT INTO maintenance_entry SELECT * FROM maintenance_entry")
            with pytest.raises(
                StoreDamaged, match="contradict one another: there is a maintenance window m-1"
            ):
                entries.windows(cursor)


def test_an_error_of_the_database_is_the_stores(tmp_path: Path) -> None:
    with Database.open(tmp_path) as database:
        with database.reading() as cursor:
            cursor.execute("DROP TABLE maintenance_entry")
        with pytest.raises(StoreError, match="cannot store a maintenance window") as caught:
            entries.enter_maintenance(database, PLANNED, "x")
        assert isinstance(caught.value.__cause__, duckdb.Error)
