"""What a replay gets of the store: what counts, wherever it is kept."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.store.samples import START, batch, sample

from slawatch.core.instant import DAY, HOUR, MINUTE, SECOND
from slawatch.core.replay import LEAD
from slawatch.core.sample import Outcome, Sample, Transition
from slawatch.core.sifting import Need, Sampled, Stretches, sift
from slawatch.core.timeline import Held, fold
from slawatch.store.database import Database
from slawatch.store.replaying import REACH, Stored, material
from slawatch.store.writer import Writer

NAMES = ("a", "b", "c")
NEEDS = {name: Need(3, 5) for name in NAMES}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[tuple[Database, Writer]]:
    with Database.open(tmp_path) as database:
        database.check_numbers(NAMES)
        yield database, Writer(database)


def ask(database: Database, start: int, end: int, **near: tuple[str, ...]) -> Stored:
    with database.reading() as cursor:
        return material(cursor, NEEDS, near, start, end)


def run(check: int, start: int, outcomes: str, every: int = 30 * SECOND) -> list[Sample]:
    letters = {"u": 0, "s": 1, "d": 2, "?": 3}
    return [
        sample(check, start + n * every, letters[letter], reason="refused" if letter == "d" else None)
        for n, letter in enumerate(outcomes)
    ]


def test_samples_around_changes_are_kept_with_their_reasons(store: tuple[Database, Writer]) -> None:
    database, writer = store
    writer.write(batch(1, run(1, START, "u" * 500 + "d" * 10 + "u" * 500)))
    found = ask(database, START, START + DAY)
    assert found.begin == START - LEAD
    assert found.total == 1010
    down = [one for one in found.samples if one.outcome == Outcome.DOWN]
    assert len(down) == 10
    assert {one.reason for one in down} == {"refused"}
    assert len(found.samples) < 200
    assert [one.started_at for one in found.samples] == sorted(one.started_at for one in found.samples)
    assert found.unknown == ()
    assert found.gone_until == found.begin


def test_a_failure_that_reaches_into_the_time_is_there_from_its_beginning(
    store: tuple[Database, Writer],
) -> None:
    database, writer = store
    writer.write(batch(1, run(1, START, "u" * 10 + "d" * 1000)))
    found = ask(database, START + 4 * HOUR, START + 5 * HOUR)
    assert found.begin == START + 5 * MINUTE - LEAD
    assert any(one.started_at == START + 5 * MINUTE for one in found.samples)
    far = ask(database, START + 30 * DAY, START + 31 * DAY)
    assert far.begin == START + 30 * DAY - REACH


def test_a_check_that_the_store_never_saw_is_named(store: tuple[Database, Writer]) -> None:
    database, _ = store
    with database.reading() as cursor:
        found = material(cursor, {"a": Need(3, 3), "new": Need(3, 3)}, {}, START, START + DAY)
    assert found.unknown == ("new",)
    assert (found.samples, found.total, found.changes) == ((), 0, {})
    with database.reading() as cursor, pytest.raises(ValueError, match="start before its end"):
        material(cursor, NEEDS, {}, START, START)


def test_where_samples_are_gone_the_record_is_left(store: tuple[Database, Writer]) -> None:
    database, writer = store
    for number in range(4):
        day = START + number * DAY
        made = run(1, day, "u" * 20 + "d" * 20 + "u" * 20)
        transitions, _ = fold(Held(s.started_at, s.holds, s.outcome) for s in made)
        writer.write(batch(number + 1, made))
        writer.seal(day // DAY)
        assert transitions
    writer.retain(START + 2 * DAY)
    found = ask(database, START, START + 4 * DAY)
    assert found.gone_until == START + 2 * DAY
    assert min(one.started_at for one in found.samples) >= START + 2 * DAY
    assert [change.outcome for change in found.changes["a"][:3]] == [
        Outcome.UP, Outcome.DOWN, Outcome.UP,
    ]  # fmt: skip
    gone = ask(database, START, START + DAY)
    assert gone.gone_until == START + DAY
    assert gone.samples == ()
    assert gone.total == 60


def test_before_the_first_sample_nothing_is_gone(store: tuple[Database, Writer]) -> None:
    database, writer = store
    writer.write(batch(1, run(1, START + 5 * DAY, "u" * 10 + "d" * 10)))
    found = ask(database, START, START + 6 * DAY)
    assert found.gone_until == found.begin == START - LEAD
    assert len(found.samples) == 20
    nothing = ask(database, START, START + DAY)
    assert nothing.gone_until == START - LEAD


def expected(made: list[Sample], near: dict[str, tuple[str, ...]], start: int, end: int) -> list[Sampled]:
    """The same without a database."""
    mine = [s for s in made if start <= s.started_at < end]
    all_of = sorted(
        (Sampled(NAMES[s.check - 1], s.started_at, s.outcome, s.holds, s.reason or "") for s in mine),
        key=lambda one: (one.started_at, one.check),
    )

    def fetch(parts: Stretches) -> list[Sampled]:
        return [
            one for one in all_of
            if any(part.start <= one.started_at < part.end for part in parts.get(one.check, ()))
        ]  # fmt: skip

    record: dict[str, list[Transition]] = {}
    for number, name in enumerate(NAMES, 1):
        changes, _ = fold(Held(s.started_at, s.holds, s.outcome) for s in made if s.check == number)
        record[name] = [change for change in changes if change.at < end]
    holds = {name: max((s.holds for s in mine if s.check == n), default=0) for n, name in enumerate(NAMES, 1)}
    return list(sift(fetch, NEEDS, holds, near, record, start, end))


@pytest.mark.parametrize("seed", range(6))
def test_sealed_or_fresh_what_counts_is_what_the_rule_says(store: tuple[Database, Writer], seed: int) -> None:
    database, writer = store
    dice = random.Random(seed)
    near: dict[str, tuple[str, ...]] = {"a": ("b",), "b": ("a",)} if seed % 2 else {}
    made: list[Sample] = []
    for number in (1, 2, 3):
        text = "".join(
            dice.choice("uuuus?d") * dice.choice((1, 2, 3, 4, 90)) for _ in range(60)
        )  # fmt: skip
        made += run(number, START + number * SECOND, text[: 2 * DAY // (30 * SECOND)])
    writer.write(batch(1, made))
    writer.seal(START // DAY)
    end = START + DAY + 12 * HOUR
    found = ask(database, START + 2 * HOUR, end, **near)
    wanted = expected(made, near, max(found.begin, found.gone_until), end)
    assert list(found.samples) == wanted
    assert 0 < len(wanted) < len(made)
