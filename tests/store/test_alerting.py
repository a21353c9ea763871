from collections.abc import Iterator
from pathlib import Path

import pytest

from slawatch.core.alert import Alert
from slawatch.core.attempt import Attempt
from slawatch.core.command import Ack
from slawatch.core.dispatch import Answered, Claimed, Ended, Fired, Input, Started, Tick, steps
from slawatch.core.escalation import Level, Policy
from slawatch.core.event import Event, Numbered
from slawatch.core.instant import MINUTE, SECOND
from slawatch.core.notification import Delivery, Verdict
from slawatch.core.turn import State, World
from slawatch.store import alerting
from slawatch.store.batch import Batch
from slawatch.store.database import Database
from slawatch.store.errors import StoreDamaged
from slawatch.store.journal import Journal
from slawatch.store.writer import Writer

WORLD = World(
    policies={"default": Policy(name="default", levels=(Level(to=("channel:ops",), wait=MINUTE),))},
    recipients=lambda target, _at: (target,),
)
ALERT = Alert(
    fingerprint='disk{mount="/"}', check="disk", severity="critical", title="disk ü is full", since=1,
    fired_at=2, service="shop", labels=(("mount", "/"),),
)  # fmt: skip


def history() -> tuple[list[Numbered], State]:
    """Return the events of an incident from the first alert to the last message, and where they lead."""
    state, found, number = State(), [], 0

    def give(at: int, *inputs: Input) -> None:
        nonlocal state, number
        state, events = steps(state, inputs, at, WORLD)
        for event in events:
            number += 1
            found.append(Numbered(number, event, alerting.incident_of(event, state)))

    give(10, Started(None))
    give(20, Fired(ALERT), Tick())
    (key,) = state.rows
    give(21, Claimed((key,)))
    give(22, Answered(key, Delivery(verdict=Verdict.OK, answer="250 ok", provider_id="x1"), state.epoch))
    give(30 * SECOND, Ack(by="person:bob", incident=1))
    give(50 * SECOND, Ended(ALERT.fingerprint), Tick())
    return found, state


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database.open(tmp_path / "data") as found:
        yield found


def stored(database: Database, events: list[Numbered], attempts: tuple[Attempt, ...] = ()) -> None:
    writer = Writer(database)
    for at in range(0, len(events), 4):
        writer.write(Batch(writer.last_sequence + 1, events=events[at : at + 4]))
    if attempts:
        writer.write(Batch(writer.last_sequence + 1, attempts=attempts))


def test_the_fold_of_what_is_stored_is_the_state(database: Database) -> None:
    events, state = history()
    stored(database, events)
    with database.reading() as cursor:
        found = alerting.load(cursor)
    assert found == (state, len(events), len(events))
    assert found.state.incidents[1].told[0].provider_id == "x1"


def test_an_empty_store_has_an_empty_state(database: Database) -> None:
    with database.reading() as cursor:
        assert alerting.load(cursor) == (State(), 0, 0)


@pytest.mark.parametrize("cut", [0, 1, 5, 12])
def test_a_snapshot_stands_for_all_before_it(database: Database, cut: int) -> None:
    events, state = history()
    stored(database, events[:cut])
    with database.reading() as cursor:
        before = alerting.load(cursor)
        alerting.snapshot(cursor, before.number, 99, before.state)
        assert alerting.load(cursor) == (before.state, cut, 0)
    stored(database, events[cut:])
    with database.reading() as cursor:
        assert alerting.load(cursor) == (state, len(events), len(events) - cut)


def test_what_waits_in_the_journal_counts_once(database: Database, tmp_path: Path) -> None:
    events, state = history()
    stored(database, events[:6])
    journal = Journal(tmp_path / "journal")
    journal.append(Batch(7, events=events[3:9]))
    journal.append(Batch(8, events=events[9:], attempts=[Attempt("k", 1, 1, "ack", "r", "c", 1, 2, "ok")]))
    journal.close()
    batches = Journal(tmp_path / "journal").replay()
    assert batches[1].attempts == (Attempt("k", 1, 1, "ack", "r", "c", 1, 2, "ok"),)
    waiting = [numbered for batch in batches for numbered in batch.events]
    assert waiting == events[3:]
    with database.reading() as cursor:
        assert alerting.load(cursor, waiting).state == state


def test_events_are_found_by_what_they_are_about(database: Database) -> None:
    events, state = history()
    stored(database, events)
    (row,) = [key for key in state.rows if ":trigger:" in key]
    with database.reading() as cursor:
        of_incident = alerting.events(cursor, incident=1)
        assert {numbered.incident for numbered in of_incident} == {1}
        assert [n.number for n in of_incident] == sorted((n.number for n in of_incident), reverse=True)
        assert {n.event.subject for n in alerting.events(cursor, alert=ALERT.fingerprint)} == {
            f"alert:{ALERT.fingerprint}"
        }
        kinds = [n.event.kind for n in alerting.events(cursor, key=row)]
        assert kinds == ["row.sent", "row.sending", "row.queued"]
        (acked,) = alerting.events(cursor, kinds=["incident.acked"])
        assert (acked.event.by, acked.event.origin, acked.incident) == ("person:bob", "cli", 1)
        first = alerting.events(cursor, limit=5)
        rest = alerting.events(cursor, before=first[-1].number, limit=1000)
        assert [*reversed(rest), *reversed(first)] == events
        assert all(n.event.at >= 22 for n in alerting.events(cursor, since=22))
        assert all(n.event.at < 22 for n in alerting.events(cursor, until=22))


def test_attempts_are_found_the_latest_first(database: Database) -> None:
    made = tuple(
        Attempt(
            f"k{number % 2}",
            number,
            number % 3,
            "trigger",
            "person:bob",
            f"c{number}",
            number,
            number + 1,
            "retry",
            503,
            "busy",
            "",
            number > 2,
        )
        for number in range(1, 6)
    )
    stored(database, [], made)
    with database.reading() as cursor:
        assert alerting.attempts(cursor) == list(reversed(made))
        assert [a.place for a in alerting.attempts(cursor, key="k1")] == [5, 3, 1]
        assert [a.place for a in alerting.attempts(cursor, incident=2)] == [5, 2]
        assert [a.place for a in alerting.attempts(cursor, channel="c4")] == [4]
        assert [a.place for a in alerting.attempts(cursor, before=3, limit=1)] == [2]


def test_an_old_history_is_written_down_short_and_what_became_of_messages_goes(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    events, state = history()
    stored(database, events, (Attempt("k", 1, 1, "ack", "r", "c", 1, 2, "ok"),))
    assert alerting.condense(database, len(events), state, alerting.HISTORY) == 0
    monkeypatch.setattr(alerting, "SNAPSHOT_EVERY", 5)
    assert alerting.condense(database, len(events), state, alerting.HISTORY) == 0
    gone = alerting.condense(database, len(events), state, alerting.HISTORY + MINUTE)
    with database.reading() as cursor:
        assert alerting.load(cursor) == (state, len(events), 0)
        left = alerting.events(cursor)
        assert alerting.attempts(cursor) == []
    assert gone + len(left) == len(events)
    assert {n.event.kind for n in left} == {
        "alert.fired", "incident.opened", "level.fired", "incident.acked", "alert.resolved",
        "incident.resolved",
    }  # fmt: skip


def test_an_event_that_cannot_be_read_is_said_to_be_damage(database: Database) -> None:
    stored(database, [Numbered(1, Event(1, "incident.opened", "incident:1", changes=(("id", 1),)), 1)])
    with database.reading() as cursor, pytest.raises(StoreDamaged, match="restore a backup"):
        alerting.load(cursor)
