"""Tallies against counting by hand, over fresh and sealed days."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from slawatch.core.instant import DAY, SECOND
from slawatch.core.sample import Cause, Outcome, Sample
from slawatch.store.batch import Batch
from slawatch.store.database import Database
from slawatch.store.tally import Tally, nothing, tally
from slawatch.store.writer import Writer

START = 20_000 * DAY
BOUNDS = (1_000, 50_000, 2_000_000)


def sample(number: int, at: int, outcome: Outcome, latency: int | None) -> Sample:
    return Sample(
        number, at, at, outcome, Cause.NONE, latency, None, None, None, None, None, 60 * SECOND
    )  # fmt: skip


def test_samples_are_counted_by_outcome_and_latency(tmp_path: Path) -> None:
    with Database.open(tmp_path) as database:
        numbers = database.check_numbers(["a", "b"])
        a, b = numbers["a"], numbers["b"]
        found = [
            sample(a, START, Outcome.UP, 1_000),
            sample(a, START + 1, Outcome.DEGRADED, 50_001),
            sample(a, START + 2, Outcome.DOWN, 9_000_000),
            sample(a, START + 3, Outcome.UP, None),
            sample(a, START + DAY, Outcome.UNKNOWN, None),
            sample(b, START + DAY, Outcome.UP, 3),
        ]
        writer = Writer(database)
        writer.write(Batch(1, samples=found))
        for sealed in (False, True):
            if sealed:
                writer.seal(START // DAY)
            with database.reading() as cursor:
                assert tally(cursor, START, START + 2 * DAY, BOUNDS) == {
                    "a": Tally((2, 1, 1, 1), (1, 1, 2), 2, 51_001),
                    "b": Tally((1, 0, 0, 0), (1, 1, 1), 1, 3),
                }
                assert tally(cursor, START, START + 1, ()) == {"a": Tally((1, 0, 0, 0), (), 1, 1_000)}
                assert tally(cursor, START, START, BOUNDS) == {}


@given(st.lists(st.integers(1, 10_000_000)), st.lists(st.integers(1, 10_000_000)))
@settings(max_examples=50)
def test_tallies_add_up(one: list[int], other: list[int]) -> None:
    def of(latencies: list[int]) -> Tally:
        within = tuple(sum(1 for value in latencies if value <= bound) for bound in BOUNDS)
        return Tally((len(latencies), 0, 0, 0), within, len(latencies), sum(latencies))

    assert of(one) + of(other) == of(one + other)
    assert nothing(BOUNDS) + of(one) == of(one)
