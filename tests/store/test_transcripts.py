"""The last failure of each check, fresh or sealed."""

from pathlib import Path

from slawatch.core.instant import DAY, SECOND
from slawatch.core.sample import Cause, Outcome, Sample
from slawatch.store.batch import Batch
from slawatch.store.database import Database
from slawatch.store.transcripts import Failure, last_failures
from slawatch.store.writer import Writer

START = 20_000 * DAY


def sample(number: int, at: int, reason: str | None, transcript: str | None = None) -> Sample:
    outcome, cause = (Outcome.UP, Cause.NONE) if reason is None else (Outcome.DOWN, Cause.CONNECT)
    return Sample(
        number, at, at, outcome, cause, None, None, None, None, None, None, 60 * SECOND,
        reason=reason, transcript=transcript,
    )  # fmt: skip


def test_the_last_one_in_the_window_counts_whether_sealed_or_not(tmp_path: Path) -> None:
    with Database.open(tmp_path) as database:
        numbers = database.check_numbers(["a", "b", "c"])
        writer = Writer(database)
        found = [
            sample(numbers["a"], START, "first", "one"),
            sample(numbers["a"], START + SECOND, "second", "two\nlines"),
            sample(numbers["a"], START + 2 * SECOND, None),
            sample(numbers["b"], START + DAY, "other"),
            sample(numbers["c"], START, None),
        ]
        writer.write(Batch(1, samples=found))
        for sealed in (False, True):
            if sealed:
                writer.seal(START // DAY)
            with database.reading() as cursor:
                last = last_failures(cursor, ["a", "b", "c", "never"], START, START + 2 * DAY)
                assert last == {
                    "a": Failure(START + SECOND, "second", "two\nlines"),
                    "b": Failure(START + DAY, "other", ""),
                }
                assert last_failures(cursor, ["a"], START, START + SECOND)["a"].reason == "first"
                assert last_failures(cursor, ["a"], START, START) == {}
                assert last_failures(cursor, [], START, START + DAY) == {}
