"""Silences, overrides and swaps in the store: appended, folded, the same entry stored once."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slawatch.core import recorded
from slawatch.core.duty import Added, Cancelled, DutyRefused, Entry, Taken
from slawatch.core.event import Event, Numbered
from slawatch.core.instant import HOUR, MINUTE
from slawatch.core.life import LifeEvent
from slawatch.core.matcher import parse
from slawatch.core.override import Override, Swap
from slawatch.core.silence import Silence, SilenceError, expire, put
from slawatch.store import duty
from slawatch.store.batch import Batch
from slawatch.store.database import Database
from slawatch.store.errors import StoreDamaged
from slawatch.store.writer import Writer

NOW = 1_800_000_000_000_000
CAROL = Override(person="carol", start=NOW, end=NOW + HOUR, kind="replace", reason="fair")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database.open(tmp_path) as found:
        yield found


def silence(match: str = "service=shop", end: int = NOW + HOUR) -> Silence:
    return Silence(match=parse(match), author="alice", comment="disk", start=NOW, end=end)


def make(database: Database, made: Silence, name: str, at: int = NOW) -> Silence:
    return duty.enter_silence(database, lambda known: put(known, made, at, name), "alice", "alice@ops1", at)


def test_who_was_on_call_is_read_as_it_was_recorded(database: Database) -> None:
    texts = [
        ("primary", recorded.BEGAN, "ann at 2026-01-05T09:00:00Z"),
        ("other", recorded.BEGAN, "eve at 2026-01-05T09:00:00Z"),
        ("primary", "schedule.followed", "ann"),
        ("primary", recorded.ENDED, "ann at 2026-01-12T09:00:00Z"),
    ]
    events = [
        Numbered(n, Event(NOW, kind, f"schedule:{of}", text), 0)
        for n, (of, kind, text) in enumerate(texts, 1)
    ]
    Writer(database).write(Batch(1, events=events, life=[LifeEvent(NOW, "beat", "{}")]))
    with database.reading() as cursor:
        found = duty.records(cursor, ["primary", "new"])
        assert [(one.person, one.came) for one in found["primary"].changes] == [("ann", True), ("ann", False)]
        assert (found["primary"].until, found["new"]) == (NOW, recorded.Record((), NOW))
        cursor.execute("UPDATE alert_event SET text = 'ann' WHERE number = 1")
        with pytest.raises(StoreDamaged, match="schedule:primary"):
            duty.records(cursor, ["primary"])


def stored(database: Database) -> tuple[Silence, ...]:
    with database.reading() as cursor:
        return duty.silences(cursor)


def test_a_silence_is_read_back_as_it_was_made(database: Database) -> None:
    made = make(database, silence(r'host=~"db\d+", note!="say \"no\""'), "s-1")
    assert stored(database) == (made,)
    assert made.id == "s-1"
    assert made.updated == NOW
    with database.reading() as cursor:
        assert duty.sources(cursor) == {"s-1": "alice@ops1"}


def test_an_edit_that_begins_a_new_one_ends_the_old_one(database: Database) -> None:
    first = make(database, silence(), "s-1")
    later = NOW + MINUTE
    second = make(database, replace(first, match=parse("service=api")), "s-2", later)
    assert second.id == "s-2"
    old, new = stored(database)
    assert (old.id, old.state(later), new) == ("s-1", "expired", second)


def test_what_changes_nothing_is_not_stored(database: Database) -> None:
    made = make(database, silence(), "s-1")

    def same(known: Mapping[str, Silence]) -> tuple[Mapping[str, Silence], str]:
        return {**known, "s-1": expire(known["s-1"], NOW + MINUTE)}, "s-1"

    for _ in range(3):
        ended = duty.enter_silence(database, same, "bob", "bob@ops1", NOW + MINUTE)
    with database.reading() as cursor:
        rows = cursor.execute("SELECT kind, person FROM silence_entry ORDER BY number").fetchall()
    assert rows == [("made", "alice"), ("changed", "bob")]
    assert ended.end == NOW + MINUTE
    assert made.end == NOW + HOUR


def test_a_refused_silence_leaves_nothing(database: Database) -> None:
    with pytest.raises(SilenceError, match="end is before the start"):
        make(database, silence(end=NOW - 1), "s-1")
    assert stored(database) == ()


def test_matchers_that_cannot_be_read_are_damage(database: Database) -> None:
    make(database, silence(), "s-1")
    with database.reading() as cursor:
        cursor.execute("UPDATE silence_entry SET matchers = '{'")
        with pytest.raises(StoreDamaged, match="matchers of silence s-1"):
            duty.silences(cursor)


def test_overrides_and_swaps_are_folded(database: Database) -> None:
    swap = Swap(person="alice", start=NOW, end=NOW + HOUR, reason="wedding")
    duty.enter_duty(database, Added("o-1", NOW, "carol", "primary", CAROL), "carol@ops1")
    duty.enter_duty(database, Added("x-1", NOW, "alice", "primary", swap), "alice@ops1")
    taken = duty.enter_duty(database, Taken("x-1", NOW, "bob"), "bob@ops2")
    off = duty.enter_duty(database, Cancelled("o-1", NOW + MINUTE, "bob", "not needed"), "bob@ops2")
    with database.reading() as cursor:
        assert duty.overrides(cursor) == (off, taken)
        assert duty.sources(cursor) == {"o-1": "carol@ops1", "x-1": "alice@ops1"}
    assert off.added.change == CAROL
    assert off.until == NOW + MINUTE
    assert isinstance(taken.change, Swap)
    assert taken.change.taken_by == "bob"


def test_the_same_entry_twice_is_stored_once(database: Database) -> None:
    entries: list[Entry] = [
        Added("x-1", NOW, "alice", "primary", Swap(person="alice", start=NOW, end=NOW + HOUR)),
        Taken("x-1", NOW, "bob"),
        Cancelled("x-1", NOW, "alice", "found another way"),
    ]
    for entry in entries:
        first = duty.enter_duty(database, entry, "s")
        assert duty.enter_duty(database, entry._replace(at=NOW + 1), "s") == first
    with database.reading() as cursor:
        assert cursor.execute("SELECT count(*) FROM override_entry").fetchall() == [(3,)]
    with pytest.raises(DutyRefused, match="already"):
        duty.enter_duty(database, Added("x-1", NOW, "eve", "primary", CAROL), "s")


@given(
    value=st.text(st.characters(codec="utf-8"), max_size=20),
    operator=st.sampled_from(["=", "!="]),
)
def test_any_value_of_a_matcher_survives(value: str, operator: str) -> None:
    from slawatch.core.matcher import Matcher

    matcher = Matcher("label", operator, value)
    assert parse(str(matcher)) == (matcher,)
