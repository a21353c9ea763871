"""The record of checks, asked for again and again."""

from dataclasses import replace
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.store.samples import START, batch, sample

from slawatch.core.evidence import CheckEvidence
from slawatch.core.instant import DAY, MINUTE, SECOND
from slawatch.core.sample import Outcome, Sample, Transition
from slawatch.core.timeline import Held, step
from slawatch.store.database import Database, transaction
from slawatch.store.evidence import gather, held
from slawatch.store.record import Record, changes
from slawatch.store.windows import Latest
from slawatch.store.writer import Writer

NAMES = ("a", "b", "c")
SERVICES = {"one": ("a", "b"), "two": ("c",)}


def asked(database: Database, record: Record, start: int, now: int) -> dict[str, CheckEvidence]:
    with database.reading() as cursor, transaction(cursor, read_only=True):
        return record.ask(cursor, SERVICES, start, now, Latest().ask(cursor, [1, 2, 3], now), DAY)


def anew(database: Database, start: int, now: int) -> dict[str, CheckEvidence]:
    with database.reading() as cursor:
        latest = held(cursor)
        with transaction(cursor, read_only=True):
            return changes(cursor, SERVICES, start, now, latest)


def test_it_is_what_evidence_is_without_its_samples(tmp_path: Path) -> None:
    with Database.open(tmp_path) as database:
        database.check_numbers(NAMES)
        outcomes = [Outcome.UP, Outcome.DOWN, Outcome.DOWN, Outcome.UP]
        Writer(database).write(
            batch(1, [sample(n, START + m * MINUTE, o) for m, o in enumerate(outcomes) for n in (1, 2)])
        )
        now = START + 5 * MINUTE
        found = anew(database, START + 2 * MINUTE, now)
        with database.reading() as cursor:
            whole = gather(cursor, SERVICES, START + 2 * MINUTE, now, quantiles=())
        for service in whole.values():
            for entry in service.checks:
                mine = found[entry.check]
                assert (mine.transitions, mine.first_sample, mine.held_until) == (
                    entry.transitions, entry.first_sample, entry.held_until,
                )  # fmt: skip


def test_only_what_changed_is_read_anew(tmp_path: Path) -> None:
    with Database.open(tmp_path) as database:
        database.check_numbers(NAMES)
        writer = Writer(database)
        writer.write(batch(1, [sample(n, START) for n in (1, 2, 3)]))
        record = Record()
        first = asked(database, record, START - DAY, START + 30 * SECOND)
        down = sample(3, START + 60 * SECOND, Outcome.DOWN)
        change = Transition(down.started_at, Outcome.DOWN, START)
        writer.write(replace(batch(2, [down]), transitions=[(3, change)]))
        second = asked(database, record, START - DAY + MINUTE, START + 2 * MINUTE)
        assert second["a"] is first["a"]
        assert [change.outcome for change in second["c"].transitions] == [Outcome.UP, Outcome.DOWN]
        assert second["c"].held_until == START + MINUTE + 70 * SECOND


STEPS = st.lists(
    st.tuples(
        st.sampled_from([1, 2, 3]), st.integers(0, 40), st.sampled_from([Outcome.UP, Outcome.DOWN]),
        st.sampled_from([1, 3]),
    ),
    min_size=1, max_size=12,
)  # fmt: skip


# Late samples that change no state but how long ago the one before the next changes was.
@example(steps=[(1, 4, Outcome.DOWN, 3), (1, 8, Outcome.UP, 1), (1, 6, Outcome.DOWN, 1)])
@example(steps=[(1, 0, Outcome.DOWN, 3), (1, 2, Outcome.UP, 1), (1, 1, Outcome.DOWN, 1)])
@settings(max_examples=15, deadline=None)
@given(steps=STEPS)
def test_asked_often_or_anew_it_is_the_same(tmp_path_factory, steps: list[tuple[int, int, int, int]]) -> None:
    """Late samples, gaps and several checks: the record is never behind."""
    with Database.open(tmp_path_factory.mktemp("store")) as database:
        database.check_numbers(NAMES)
        writer = Writer(database)
        record, seen = Record(), {}
        for sequence, (check, at, outcome, holds) in enumerate(steps, 1):
            one: Sample = sample(check, START + at * MINUTE, outcome, holds=holds * MINUTE)
            known = seen.setdefault(check, {})
            late = at in known or any(other > at for other in known)
            known[at] = Held(one.started_at, one.holds, one.outcome)
            made = batch(sequence, [one])
            if late:
                made = replace(made, transitions=[], late=[(check, one.started_at)])
            elif len(known) > 1:
                last = known[sorted(known)[-2]]
                _, changed = step(last, one.started_at, one.outcome, one.holds)
                made = replace(made, transitions=[(check, change) for change in changed])
            writer.write(made)
            now = START + 60 * MINUTE
            start = START + sequence * MINUTE
            found, expected = asked(database, record, start, now), anew(database, start, now)
            for name in NAMES:
                assert found[name].held_until == expected[name].held_until
                assert found[name].first_sample == expected[name].first_sample
                # What lies before the window may be there as well.
                tail = found[name].transitions[-len(expected[name].transitions) :]
                assert tail == expected[name].transitions
