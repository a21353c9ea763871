"""Samples for the tests of the store."""

from collections.abc import Iterable
from pathlib import Path

from slawatch.core.instant import DAY, SECOND
from slawatch.core.sample import Sample, Transition
from slawatch.core.timeline import Held, fold
from slawatch.store.batch import Batch
from slawatch.store.database import Database
from slawatch.store.writer import Writer

FIRST = 20_000
START = FIRST * DAY


def sample(
    check: int,
    at: int,
    outcome: int = 0,
    *,
    latency: int | None = 1_000,
    holds: int = 70 * SECOND,
    reason: str | None = None,
    transcript: str | None = None,
    measures: tuple[tuple[str, float, str], ...] = (),
) -> Sample:
    cause = 2 if outcome == 2 else 0
    return Sample(
        check, at, at, outcome, cause, latency, 1, 2, 3, 4, None, holds, 0, reason, transcript, measures
    )


def batch(sequence: int, samples: Iterable[Sample]) -> Batch:
    """A batch with the transitions that follow from its samples alone."""
    made = list(samples)
    transitions: list[tuple[int, Transition]] = []
    for check in {one.check for one in made}:
        found, _ = fold(Held(s.started_at, s.holds, s.outcome) for s in made if s.check == check)
        transitions.extend((check, transition) for transition in found)
    return Batch(sequence, made, transitions, [], [], [])


def filled(path: Path) -> tuple[Database, Writer, list[Sample]]:
    """An open store with two days of three checks, none of them sealed."""
    database = Database.open(path)
    writer = Writer(database)
    database.check_numbers(["a", "b", "c"])
    made = [
        sample(check, START + n * 6 * 3600 * SECOND + check, n % 3, reason=f"r{n}", measures=(("m", n, "s"),))
        for n in range(8)
        for check in (3, 1, 2)
    ]
    writer.write(batch(1, made))
    return database, writer, made
