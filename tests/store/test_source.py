from pathlib import Path

import pytest
from tests.store.samples import FIRST, START, batch, filled, sample

from slawatch.core.instant import DAY, SECOND
from slawatch.store.batch import Batch
from slawatch.store.database import Database
from slawatch.store.source import first_from, last_before, rows, sampled_days
from slawatch.store.writer import Writer


@pytest.mark.parametrize("sealed", [(), (FIRST,), (FIRST, FIRST + 1)])
def test_the_samples_next_to_an_instant(tmp_path: Path, sealed: tuple[int, ...]) -> None:
    database, writer, made = filled(tmp_path)
    # Of two samples at one instant the known one counts, then the worse, then the one that holds longer.
    twins = [
        sample(1, START + 50, outcome, holds=holds) for outcome, holds in ((3, 90), (0, 80), (1, 5), (1, 6))
    ]
    writer.write(Batch(2, twins))
    with database:
        for day in sealed:
            writer.seal(day)
        with database.reading() as cursor:
            for instant in (
                START,
                START + 50,
                START + 51,
                START + DAY,
                START + DAY + 2,
                START + 2 * DAY,
                2**62,
                0,
            ):
                earlier = {
                    s.check: s for s in sorted(made, key=lambda s: s.started_at) if s.started_at < instant
                }
                expected = {c: (s.started_at, s.outcome, s.holds) for c, s in earlier.items()}
                if START + 50 < instant <= START + 6 * 3600 * SECOND + 1:
                    expected[1] = (START + 50, 1, 6)
                assert last_before(cursor, instant) == expected
                later = {
                    s.check: s
                    for s in sorted(made, key=lambda s: s.started_at, reverse=True)
                    if s.started_at >= instant
                }
                expected = {c: (s.started_at, s.outcome, s.holds) for c, s in later.items()}
                if START + 1 < instant <= START + 50:
                    expected[1] = (START + 50, 1, 6)
                assert first_from(cursor, instant) == expected
            assert last_before(cursor, START + DAY, [2]) == {2: last_before(cursor, START + DAY)[2]}
            assert last_before(cursor, START + DAY, []) == {}


def test_rows_are_those_of_the_window_wherever_they_are(tmp_path: Path) -> None:
    database, writer, made = filled(tmp_path)
    with database:
        writer.seal(FIRST)
        start, end = START + 6 * 3600 * SECOND + 2, START + DAY + 2
        with database.reading() as cursor:
            source = rows(
                cursor, "sample", start, end, ("check_number", "started_at"), where="check_number <> 3"
            )
            found = cursor.execute(f"SELECT * FROM {source} ORDER BY ALL").fetchall()
            sealed = rows(cursor, "sample", start, end, ("check_number",), fresh=False)
            assert len(cursor.execute(f"SELECT * FROM {sealed}").fetchall()) == 8
            nothing = rows(cursor, "measure", start + 9 * DAY, end + 9 * DAY, fresh=False)
            assert cursor.execute(f"SELECT * FROM {nothing}").fetchall() == []
            assert sampled_days(cursor, START, START + 2 * DAY) == [FIRST, FIRST + 1]
            assert sampled_days(cursor, START + DAY, START + 2 * DAY) == [FIRST + 1]
    assert found == sorted(
        (s.check, s.started_at) for s in made if start <= s.started_at < end and s.check != 3
    )


def test_a_path_that_looks_like_a_pattern_is_a_path(tmp_path: Path) -> None:
    path = tmp_path / "it's [1]*"
    with Database.open(path) as database:
        writer = Writer(database)
        writer.write(batch(1, [sample(1, START)]))
        assert writer.seal(FIRST)
        with database.reading() as cursor:
            source = rows(cursor, "sample", START, START + 1)
            assert len(cursor.execute(f"SELECT * FROM {source}").fetchall()) == 1
