import threading
from pathlib import Path

import pytest
from tests.store.samples import batch, sample

from slawatch.core.instant import DAY, SECOND
from slawatch.core.life import LifeEvent
from slawatch.core.sample import Transition
from slawatch.store.batch import Batch
from slawatch.store.database import Database
from slawatch.store.evidence import life, pings
from slawatch.store.writer import Writer

START = 20_000 * DAY


def count(database: Database, table: str) -> int:
    with database.reading() as cursor:
        return int(cursor.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0])


def test_a_batch_is_stored_whole(tmp_path: Path) -> None:
    with Database.open(tmp_path) as database:
        Writer(database).write(
            Batch(
                1,
                [
                    sample(1, START, measures=(("days_left", 30.5, "d"),)),
                    sample(1, START + 1, 2, reason="refused", transcript="connecting\nrefused"),
                ],
                [(1, Transition(START, 0, None)), (1, Transition(START + 1, 2, START))],
                [LifeEvent(START, "start", '{"pid": 7}')],
                [(2, START + 5)],
            )
        )
        with database.reading() as cursor:
            assert cursor.execute("SELECT * FROM failure").fetchall() == [
                (1, START + 1, "refused", "connecting\nrefused")
            ]
            assert cursor.execute("SELECT * FROM measure").fetchall() == [(1, START, "days_left", 30.5, "d")]
            assert cursor.execute("SELECT * FROM transition ORDER BY changed_at").fetchall() == [
                (1, START, 0, None, None),
                (1, START + 1, 2, START, "refused"),
            ]
            assert cursor.execute("SELECT * FROM sample ORDER BY started_at").fetchall()[0] == (
                1, START, START, 0, 0, 1000, 1, 2, 3, 4, None, 70 * SECOND, 0,
            )  # fmt: skip
            assert life(cursor, START, START + 1) == [LifeEvent(START, "start", '{"pid": 7}')]
            assert pings(cursor) == {2: START + 5}


def test_the_same_batch_again_changes_nothing(tmp_path: Path) -> None:
    with Database.open(tmp_path) as database:
        writer = Writer(database)
        for sequence in (1, 2, 3):
            writer.write(batch(sequence, [sample(1, START + sequence)]))
        for sequence in (3, 1, 2):
            writer.write(batch(sequence, [sample(1, START + sequence)]))
        assert count(database, "sample") == 3
        assert writer.last_sequence == 3
    with Database.open(tmp_path) as database:
        writer = Writer(database)
        assert writer.last_sequence == 3
        writer.write(batch(2, [sample(1, START + 2)]))
        assert count(database, "sample") == 3


def test_a_batch_that_was_passed_over_is_stored_later(tmp_path: Path) -> None:
    with Database.open(tmp_path) as database:
        writer = Writer(database)
        writer.write(batch(5, [sample(1, START + 5)]))
        writer.write(batch(3, [sample(1, START + 3)]))
        assert count(database, "sample") == 2
        assert writer.last_sequence == 5


def test_a_value_that_cannot_be_stored_holds_nothing_up(tmp_path: Path) -> None:
    with Database.open(tmp_path) as database:
        writer = Writer(database)
        writer.write(
            batch(1, [sample(1, START, 2, reason="bad \udcff byte", latency=2**70), sample(2, START)])
        )
        with database.reading() as cursor:
            assert cursor.execute("SELECT reason FROM failure").fetchall() == [("bad ? byte",)]
        assert count(database, "sample") == 2


def test_readers_see_whole_batches_while_the_writer_writes(tmp_path: Path) -> None:
    with Database.open(tmp_path) as database:
        writer = Writer(database)
        over = threading.Event()
        torn: list[tuple[int, int]] = []
        errors: list[BaseException] = []

        def read() -> None:
            try:
                while not over.is_set():
                    with database.reading() as cursor:
                        for found in cursor.execute(
                            "SELECT (SELECT count(*) FROM sample), "
                            "(SELECT coalesce(sum(samples), 0)::BIGINT FROM flush_log)"
                        ).fetchall():
                            if found[0] != found[1]:
                                torn.append(found)
            except BaseException as error:
                errors.append(error)

        readers = [threading.Thread(target=read) for _ in range(3)]
        for reader in readers:
            reader.start()
        for sequence in range(1, 61):
            writer.write(batch(sequence, [sample(n, START + sequence * SECOND) for n in range(50)]))
        writer.checkpoint()
        over.set()
        for reader in readers:
            reader.join()
        assert not errors
        assert not torn
        assert count(database, "sample") == 3000


def test_restarting_the_database_keeps_the_writer_going(tmp_path: Path) -> None:
    with Database.open(tmp_path) as database:
        writer = Writer(database)
        writer.write(batch(1, [sample(1, START)]))
        database.restart()
        writer.write(batch(2, [sample(1, START + 1)]))
        assert count(database, "sample") == 2


@pytest.mark.parametrize("distance", [1, 2 * 3600 * SECOND])
def test_late_samples_close_together_or_far_apart_are_folded(tmp_path: Path, distance: int) -> None:
    with Database.open(tmp_path) as database:
        writer = Writer(database)
        first, second = START + 10 * SECOND, START + 10 * SECOND + distance
        samples = [sample(1, START), sample(1, START + 4 * 3600 * SECOND)]
        late = [sample(1, second, 2, reason="b"), sample(2, first, 2, reason="a")]
        writer.write(batch(1, samples))
        writer.write(Batch(2, late, late=[(one.check, one.started_at) for one in late]))
        with database.reading() as cursor:
            found = cursor.execute(
                "SELECT check_number, changed_at, outcome, reason FROM transition "
                "WHERE outcome = 2 ORDER BY 1"
            ).fetchall()
        assert found == [(1, second, 2, "b"), (2, first, 2, "a")]
