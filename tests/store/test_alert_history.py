"""What was, of alerts, incidents and messages: also what the state has forgotten."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.alerts import NOW, Play, alert, configured

from slawatch.core.command import Ack, Resolve
from slawatch.core.dispatch import Fired, SeverityChanged
from slawatch.core.incident import Phase
from slawatch.core.instant import DAY, MINUTE, SECOND
from slawatch.store import alert_history
from slawatch.store.database import Database


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Play]:
    config = configured(tmp_path)
    with Database.open(config.data_dir) as database:
        yield Play(config, database)


def test_each_time_that_an_alert_fired_has_start_end_severity_and_figures(play: Play) -> None:
    play.give(Fired(alert(severity="high", threshold="> 1s")))
    play.give(SeverityChanged("shop-home", "critical", "9 s"), after=MINUTE)
    play.give(SeverityChanged("shop-home", "low"), after=MINUTE)
    play.end(after=MINUTE)
    play.fire(after=HOUR_LATER)
    play.end(after=5 * SECOND)
    with play.database.reading() as cursor:
        later, first = alert_history.violations(cursor)
        assert alert_history.violations(cursor, alert="shop-home", limit=1) == [later]
        assert alert_history.violations(cursor, before=later.number) == [first]
        assert alert_history.violations(cursor, alert="shop-db") == []
    assert (first.alert.since, first.alert.resolved_at) == (NOW - 2 * SECOND, NOW + 3 * MINUTE)
    assert (first.severity, first.alert.severity, first.alert.actual, first.alert.threshold) == (
        "critical", "low", "9 s", "> 1s",
    )  # fmt: skip
    assert first.alert.resolution == "recovered"
    assert (later.severity, later.alert.incident) == ("critical", 2)


HOUR_LATER = 60 * MINUTE


def test_what_was_written_at_the_end_is_kept(play: Play) -> None:
    play.fire()
    play.give(Resolve(by="bob", incident=1, note="disk replaced"), after=MINUTE)
    play.end(after=MINUTE)
    with play.database.reading() as cursor:
        (found,) = alert_history.violations(cursor)
    assert found.alert.resolution == "disk replaced (recovered)"
    assert (found.incident, found.alert.incident) == (1, None)


def test_one_that_fires_is_no_past_violation(play: Play) -> None:
    play.fire()
    with play.database.reading() as cursor:
        assert alert_history.violations(cursor) == []
        assert alert_history.alerts(cursor, ["shop-home", "nobody"])["shop-home"].firing


def test_incidents_are_listed_by_their_numbers_forgotten_ones_too(play: Play) -> None:
    for _ in range(3):
        play.fire(after=HOUR_LATER)
        play.end(after=MINUTE)
    play.give(after=2 * DAY)
    assert not play.state.incidents
    assert not play.state.alerts
    assert not play.state.rows
    play.fire(after=MINUTE)
    with play.database.reading() as cursor:
        found = alert_history.incidents(cursor, limit=2)
        assert [one.id for one in found] == [4, 3]
        assert [one.id for one in alert_history.incidents(cursor, before=3)] == [2, 1]
        old = alert_history.incident(cursor, 1)
        assert alert_history.incident(cursor, 9) is None
    assert found[0] == play.state.incidents[4]
    assert old is not None
    assert old.state is Phase.RESOLVED
    assert len(old.told) == 1


def test_messages_are_found_by_what_became_of_them(play: Play) -> None:
    play.broken = {"chat"}
    play.fire()
    play.give(Ack(by="person:alice", incident=1), after=MINUTE)
    with play.database.reading() as cursor:
        ((_, dead),) = alert_history.messages(cursor, kind="row.dead")
        (number, first), *_ = every = alert_history.messages(cursor)
        assert alert_history.messages(cursor, before=every[-1][0]) == []
        assert alert_history.messages(cursor, before=number, limit=1) == every[1:2]
        assert alert_history.message(cursor, dead.key) == dead
        assert alert_history.message(cursor, "7:1:trigger:0:0:person:x:y") is None
    assert dead == play.state.rows[dead.key]
    assert (dead.stage, dead.channel, dead.answer) == ("dead", "chat", "550 no such user")
    assert {row.key for _, row in every} == set(play.state.rows)
    assert first.created_at >= dead.created_at


def test_a_message_stays_known_when_its_incident_is_forgotten(play: Play) -> None:
    play.fire()
    (key,) = play.state.rows
    play.give(Resolve(by="bob", incident=1, note="done"), after=MINUTE)
    play.end(after=SECOND)
    play.give(after=2 * DAY)
    assert key not in play.state.rows
    with play.database.reading() as cursor:
        row = alert_history.message(cursor, key)
        known = alert_history.incident(cursor, 1)
    assert row is not None
    assert row.stage == "sent"
    assert known is not None
    assert (known.resolved_by, known.resolution) == ("bob", "done")


def test_what_came_of_a_key_is_found_by_it(play: Play) -> None:
    play.fire()
    events = play.give(Ack(by="person:alice", incident=1, key="k1 asked"))
    play.give(Resolve(by="person:alice", incident=1, key="k2 asked"), after=MINUTE)
    with play.database.reading() as cursor:
        found = alert_history.keyed(cursor, "k1")
        assert alert_history.keyed(cursor, "k") is None
    assert found is not None
    assert (found.incident, found.asked) == (1, "asked")
    mine = events[: [event.kind for event in events].index("command.keyed")]
    assert found.events == mine
    assert "incident.acked" in {event.kind for event in mine}
