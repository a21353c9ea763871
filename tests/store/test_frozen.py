"""Frozen reports in the store: numbered without gaps, chained per organisation, all or nothing."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest

from slawatch.core.sample import Outcome, Transition
from slawatch.store import frozen
from slawatch.store.batch import Batch
from slawatch.store.database import Database
from slawatch.store.frozen import Frozen, FrozenAlready, Head, HeadMoved
from slawatch.store.writer import Writer


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database.open(tmp_path) as found:
        yield found


def report(
    head: Head, label: str = "2026-10", organization: str | None = "acme", restates: int | None = None
) -> Frozen:
    start = int(label[-2:]) * 100
    own = sha256(f"{head}{label}{organization}".encode()).hexdigest()
    return Frozen(
        number=head.number, organization=organization, place=head.place, previous=head.previous,
        manifest_sha256=own, report="gold", agreement="gold", label=label, start=start, end=start + 100,
        timezone="UTC", frozen_at=5, person="alice", source="cli", reason="", restates=restates,
        verdict="met", version="1", evidence_sha256="e", public_key="k", bytes=3,
    )  # fmt: skip


def head_of(database: Database, organization: str | None = "acme") -> Head:
    with database.reading() as cursor:
        return frozen.head(cursor, organization)


def freeze(
    database: Database, label: str, organization: str | None = "acme", restates: int | None = None
) -> Frozen:
    made = report(head_of(database, organization), label, organization, restates)
    frozen.append(database, made, b"pack of " + label.encode())
    return made


def test_numbers_are_everybodys_and_places_each_organisations(database: Database) -> None:
    made = [freeze(database, "2026-10", "acme"), freeze(database, "2026-10", "other"),
            freeze(database, "2026-11", "acme"), freeze(database, "2026-10", None)]  # fmt: skip
    assert [one.number for one in made] == [1, 2, 3, 4]
    assert [one.place for one in made] == [1, 1, 2, 1]
    assert [one.previous for one in made] == ["", "", made[0].manifest_sha256, ""]
    with database.reading() as cursor:
        assert [link.number for link in frozen.chain(cursor, 3)] == [1, 3]
        assert [link.number for link in frozen.chain(cursor, 4)] == [4]
        assert frozen.find(cursor, 2) == made[1]
        assert frozen.find(cursor, 5) is None
        assert frozen.pack(cursor, 3) == b"pack of 2026-11"
        assert frozen.pack(cursor, 5) is None


def test_a_place_that_another_took_is_refused_and_nothing_is_stored(database: Database) -> None:
    late = report(head_of(database), "2026-11")
    freeze(database, "2026-10")
    with pytest.raises(HeadMoved):
        frozen.append(database, late, b"x")
    # Another organisation's report takes the number, though not the place.
    late = report(head_of(database), "2026-11")
    freeze(database, "2026-10", "other")
    with pytest.raises(HeadMoved):
        frozen.append(database, late, b"x")
    with database.reading() as cursor:
        assert [one.number for one in frozen.listed(cursor)] == [2, 1]


@pytest.mark.parametrize("label", ["2026-10", "2099-10"])
def test_the_same_period_is_frozen_once_by_label_or_by_bounds(database: Database, label: str) -> None:
    first = freeze(database, "2026-10")
    with pytest.raises(FrozenAlready) as caught:
        freeze(database, label)
    assert caught.value.by == first
    assert freeze(database, "2026-10", "other").number == 2
    assert freeze(database, "2026-11").number == 3


def test_a_restatement_names_the_last_one_and_both_stay(database: Database) -> None:
    freeze(database, "2026-10")
    second = freeze(database, "2026-10", restates=1)
    with pytest.raises(FrozenAlready) as caught:
        freeze(database, "2026-10", restates=1)
    assert caught.value.by == second
    third = freeze(database, "2026-10", restates=2)
    with database.reading() as cursor:
        found = {one.number: one for one in frozen.listed(cursor)}
        assert {n: (one.restates, one.restated_by) for n, one in found.items()} == {
            1: (None, 2), 2: (1, 3), 3: (2, None),
        }  # fmt: skip
        assert frozen.same(cursor, "acme", "gold", "2026-10", 0, 0) == third
        assert frozen.same(cursor, None, "gold", "2026-10", 0, 0) is None
        assert frozen.pack(cursor, 1) is not None


def test_a_list_can_be_narrowed_and_read_on(database: Database) -> None:
    for label in ("2026-08", "2026-09", "2026-10"):
        freeze(database, label, "acme")
    freeze(database, "2026-10", "other")
    with database.reading() as cursor:
        assert [one.number for one in frozen.listed(cursor, organization="acme", limit=2)] == [3, 2]
        assert [one.number for one in frozen.listed(cursor, organization="acme", before=2)] == [1]
        assert [one.number for one in frozen.listed(cursor, label="2026-10")] == [4, 3]
        assert frozen.listed(cursor, agreement="silver") == []
        assert len(frozen.listed(cursor, limit=None)) == 4


def test_who_freezes_at_once_gets_different_numbers(database: Database) -> None:
    def work(index: int) -> int:
        while True:
            try:
                return freeze(database, f"2026-{index:02}").number
            except HeadMoved:
                continue

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(work, range(10, 22)))
    assert sorted(found) == list(range(1, 13))
    with database.reading() as cursor:
        before = ""
        for place, link in enumerate(frozen.chain(cursor, 1), 1):
            assert (link.place, link.previous) == (place, before)
            before = link.manifest_sha256


def test_a_large_pack_comes_back_as_it_was_after_opening_anew(tmp_path: Path) -> None:
    large = bytes(range(256)) * 40_000
    with Database.open(tmp_path) as database:
        frozen.append(database, report(Head(1, 1, "")), large)
    with Database.open(tmp_path) as database, database.reading() as cursor:
        assert frozen.pack(cursor, 1) == large


def test_first_samples_and_imports_under_way(database: Database) -> None:
    numbers = database.check_numbers(["a", "b"])
    Writer(database).write(
        Batch(1, transitions=[(numbers["a"], Transition(70, Outcome.UP, None)),
                              (numbers["a"], Transition(90, Outcome.DOWN, 80))])
    )  # fmt: skip
    with database.reading() as cursor:
        assert frozen.first_samples(cursor, ["a", "b", "gone"]) == {"a": 70}
        assert not frozen.unsettled(cursor, ["a"], 100)
        cursor.execute("INSERT INTO unsettled VALUES (1, ?, 50, 60)", [numbers["a"]])
        assert frozen.unsettled(cursor, ["a"], 100)
        assert not frozen.unsettled(cursor, ["b"], 100)
        assert not frozen.unsettled(cursor, ["a"], 50)
