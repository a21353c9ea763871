"""Whether somebody still waits: loops end when nobody does."""

from pathlib import Path

import pytest

from slawatch.store.database import Database
from slawatch.store.errors import StoreError, TooMuch
from slawatch.store.patience import fetched, go_on, patient, waited_for


def test_nobody_who_could_stop_waiting_is_waited_for() -> None:
    go_on()
    assert list(patient(range(3))) == [0, 1, 2]


def test_a_loop_ends_when_nobody_waits() -> None:
    seen = 0

    def endless() -> None:
        nonlocal seen
        for _ in patient(iter(int, 1)):
            seen += 1

    with waited_for(lambda: seen >= 10_000), pytest.raises(StoreError, match="nobody waits"):
        endless()
    assert 10_000 <= seen < 20_000
    go_on()


def test_no_more_rows_are_fetched_than_may_be(tmp_path: Path) -> None:
    with Database.open(tmp_path) as database, database.reading() as cursor:
        cursor.execute("SELECT * FROM range(10000)")
        assert len(fetched(cursor, 10_000, "rows")) == 10_000
        cursor.execute("SELECT * FROM range(100000000000)")
        with pytest.raises(TooMuch, match="more than 10000 rows: ask for a shorter time"):
            fetched(cursor, 10_000, "rows")
