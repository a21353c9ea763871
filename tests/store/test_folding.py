"""SQL and core agree: the transitions made from stored samples are those of `core.timeline.fold`."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slawatch.core.instant import DAY
from slawatch.core.sample import Sample, Transition
from slawatch.core.timeline import Held, fold
from slawatch.store.batch import Batch
from slawatch.store.database import Database, transaction
from slawatch.store.writer import Writer

START = 20_000 * DAY


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, Writer]]:
    with Database.open(tmp_path_factory.mktemp("store")) as database:
        yield database, Writer(database)


def empty(database: Database) -> None:
    with database.reading() as cursor, transaction(cursor):
        for table in ("sample", "failure", "measure", "transition", "sealed_day", "sealed_check"):
            cursor.execute(f"DELETE FROM {table}")


def stored(database: Database) -> dict[int, list[Transition]]:
    with database.reading() as cursor:
        found: dict[int, list[Transition]] = {}
        for check, at, outcome, after in cursor.execute(
            "SELECT check_number, changed_at, outcome, after FROM transition ORDER BY 1, 2, outcome <> 3"
        ).fetchall():
            found.setdefault(check, []).append(Transition(at, outcome, after))
        return found


def sample(check: int, at: int, outcome: int, holds: int, reason: str | None = None) -> Sample:
    return Sample(check, at, at, outcome, 0, 100, None, None, None, None, None, holds, reason=reason)


# Coarse steps, so that equal instants, holds that end exactly at the next sample, and gaps all come up.
offsets = st.one_of(
    st.integers(0, 40).map(lambda n: n * 10), st.integers(0, 40).map(lambda n: n * 10 + DAY - 200)
)
samples = st.lists(
    st.tuples(st.integers(1, 3), offsets, st.integers(0, 3), st.sampled_from([5, 10, 20, 70])), max_size=40
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=samples, window=st.tuples(offsets, offsets), sealed=st.sampled_from(["no", "first", "both"]))
def test_recomputed_transitions_are_those_of_fold(
    store: tuple[Database, Writer],
    rows: list[tuple[int, int, int, int]],
    window: tuple[int, int],
    sealed: str,
) -> None:
    database, writer = store
    empty(database)
    low, high = START + min(window), START + max(window) + 1
    made = [sample(check, START + offset, outcome, holds) for check, offset, outcome, holds in rows]
    on_time = [one for one in made if not low <= one.started_at < high]
    late = [one for one in made if low <= one.started_at < high]

    def folded(some: list[Sample]) -> dict[int, list[Transition]]:
        checks = {one.check for one in some}
        by_check = {
            check: fold(Held(s.started_at, s.holds, s.outcome) for s in some if s.check == check)[0]
            for check in checks
        }
        return {check: list(found) for check, found in by_check.items() if found}

    transitions = [(check, transition) for check, found in folded(on_time).items() for transition in found]
    writer.write(Batch(writer.last_sequence + 1, on_time, transitions))
    if sealed != "no":
        writer.seal(START // DAY)
    assert stored(database) == folded(on_time)
    writer.write(Batch(writer.last_sequence + 1, late))
    if sealed == "both":
        writer.seal(START // DAY)
        writer.seal(START // DAY + 1)
    writer.recompute({1, 2, 3}, low, high)
    assert stored(database) == folded(made)


def test_late_samples_are_folded_with_their_batch(tmp_path: Path) -> None:
    with Database.open(tmp_path) as database:
        writer = Writer(database)
        writer.write(
            Batch(
                1,
                [sample(1, START, 0, 70), sample(1, START + 100, 0, 70)],
                [
                    (1, Transition(START, 0, None)),
                    (1, Transition(START + 70, 3, START)),
                    (1, Transition(START + 100, 0, START)),
                ],
            )
        )
        writer.write(Batch(2, [sample(1, START + 50, 2, 70, "refused")], late=[(1, START + 50)]))
        assert stored(database) == {
            1: [
                Transition(START, 0, None),
                Transition(START + 50, 2, START),
                Transition(START + 100, 0, START + 50),
            ]
        }
        with database.reading() as cursor:
            said = cursor.execute(
                "SELECT changed_at, reason FROM transition WHERE reason IS NOT NULL"
            ).fetchall()
        assert said == [(START + 50, "refused")]


def test_recomputing_nothing_changes_nothing(tmp_path: Path) -> None:
    with Database.open(tmp_path) as database:
        writer = Writer(database)
        writer.recompute((), 0, 10)
        writer.recompute({1}, 10, 10)
        writer.recompute({1}, 0, 10)
        assert stored(database) == {}
