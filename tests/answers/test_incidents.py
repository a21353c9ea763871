"""Lists of incidents, and one incident whole."""

from functools import partial
from typing import Any

import pytest
from tests.alerts import NOW, Play
from tests.web.playing import ask

from slawatch.answers import asking
from slawatch.answers.incidents import summary
from slawatch.core.command import Ack, Assign, Merge, Publish, Resolve, Snooze, Write
from slawatch.core.instant import HOUR, MINUTE, SECOND, rfc3339


def listed(query: dict[str, str], cursor: Any, seen: asking.Seen) -> Any:
    return asking.incidents(cursor, seen, query)


def numbers(found: dict[str, Any]) -> list[int]:
    return [line["id"] for line in found["incidents"]]


def test_those_that_nobody_has_come_first(play: Play) -> None:
    play.fire("shop-home", severity="high")
    play.fire("api-a", after=MINUTE)
    play.give(Ack(by="person:alice", incident=2), after=MINUTE)
    found = ask(play, lambda c, s: asking.incidents(c, s, {}))
    assert numbers(found) == [1, 2]
    triggered, acked = found["incidents"]
    assert (triggered["state"], triggered["acker"], triggered["next_kind"]) == ("triggered", None, "contact")
    assert (acked["state"], acked["acker"]) == ("acked", "person:alice")
    assert acked["acked_at"] == rfc3339(play.now)
    assert triggered["seconds"] == 120.0
    assert [line["id"] for line in summary(play.state.incidents.values(), play.now)] == [1, 2]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, [3, 2]),
        ({"state": "all"}, [3, 2, 1]),
        ({"state": "resolved"}, [1]),
        ({"state": "acked"}, [2]),
        ({"state": "snoozed"}, []),
        ({"service": "api"}, [2]),
        ({"org": "acme"}, [3]),
        ({"severity": "critical"}, [2]),
        ({"assignee": "alice"}, [2]),
        ({"assignee": "team:database"}, [3]),
        ({"state": "all", "limit": "2"}, [3, 2]),
        ({"state": "all", "cursor": "2"}, [1]),
    ],
)
def test_lists_are_filtered(play: Play, query: dict[str, str], expected: list[int]) -> None:
    play.fire("shop-home")
    play.end("shop-home", after=MINUTE)
    play.fire("api-a", after=HOUR)
    play.fire("shop-db", severity="high")
    play.give(Ack(by="person:alice", incident=2), Assign(by="eve", incident=3, to="team:database"))
    assert numbers(ask(play, lambda c, s: asking.incidents(c, s, query))) == expected


def test_pages_of_all_are_all(play: Play) -> None:
    for _ in range(5):
        play.fire(after=HOUR)
        play.end(after=MINUTE)
    found, query = [], {"state": "all", "limit": "2"}
    for _ in range(3):
        page = ask(play, partial(listed, query))
        found += numbers(page)
        query = {**query, "cursor": page["next"] or ""}
    assert (found, page["next"]) == ([5, 4, 3, 2, 1], None)


def test_an_incident_is_shown_whole(play: Play) -> None:
    play.broken = {"hook"}
    play.fire()
    play.give(after=6 * MINUTE)
    play.give(Ack(by="person:alice", incident=1), after=MINUTE)
    play.give(
        Write(by="person:alice", incident=1, text="vendor called"),
        Assign(by="person:alice", incident=1, to="person:carol", role="commander"),
        Publish(by="person:alice", incident=1, text="We are looking into it."),
        after=MINUTE,
    )
    found = ask(play, lambda c, s: asking.incident(c, s, 1))
    assert (found["state"], found["policy"], found["level"], found["cycle"]) == ("acked", "default", 1, 0)
    assert (found["commander"], found["assignee"]) == ("person:carol", None)
    assert found["notes"] == [{"at": rfc3339(play.now), "by": "person:alice", "text": "vendor called"}]
    assert [note["text"] for note in found["published"]] == ["We are looking into it."]
    assert {(one["to"], one["channel"]) for one in found["told"]} == {
        ("person:bob", "chat"), ("person:bob", "text"), ("person:carol", "text"),
    }  # fmt: skip
    assert [one["id"] for one in found["alerts"]] == ["shop-home"]
    assert [one["kind"] for one in found["next"]][:2] == ["ack_reminder", "ack_timeout"]
    texts = [one["text"] for one in found["timeline"]]
    assert texts[:3] == [
        "alert shop-home, critical: connection refused", "opened: shop-home is down",
        "level 0 is told: person:bob",
    ]  # fmt: skip
    assert "channel:hook: trigger given up: permanent" in texts
    assert "acknowledged by person:alice" in texts
    assert "note: vendor called" in texts
    assert [one["number"] for one in found["timeline"]] == sorted(one["number"] for one in found["timeline"])


def test_one_that_is_long_over_is_shown_from_the_store(play: Play) -> None:
    play.fire()
    play.give(Resolve(by="person:bob", incident=1, note="disk replaced"), after=MINUTE)
    play.end(after=SECOND)
    play.give(after=48 * HOUR)
    assert 1 not in play.state.incidents
    found = ask(play, lambda c, s: asking.incident(c, s, 1))
    assert (found["state"], found["resolved_by"], found["resolution"]) == (
        "resolved", "person:bob", "disk replaced",
    )  # fmt: skip
    assert found["seconds"] == 60.0
    assert (found["next"], len(found["alerts"])) == ([], 1)
    assert found["timeline"][-1]["at"] < rfc3339(NOW + HOUR)


def test_an_old_incident_shows_its_alerts_as_they_were_then(play: Play) -> None:
    play.fire(severity="high")
    play.end(after=MINUTE)
    play.fire(after=HOUR)
    (then,) = ask(play, lambda c, s: asking.incident(c, s, 1))["alerts"]
    assert (then["state"], then["severity"], then["seconds"]) == ("resolved", "high", 62.0)
    (now,) = ask(play, lambda c, s: asking.incident(c, s, 2))["alerts"]
    assert (now["state"], now["severity"]) == ("firing", "critical")


def test_merged_ones_say_where_they_went(play: Play) -> None:
    play.fire("shop-home")
    play.fire("api-a")
    play.give(Merge(by="eve", incident=2, into=1), after=MINUTE)
    assert ask(play, lambda c, s: asking.incident(c, s, 2))["merged_into"] == 1
    assert ask(play, lambda c, s: asking.incident(c, s, 1))["merged"] == [2]
    assert numbers(ask(play, lambda c, s: asking.incidents(c, s, {}))) == [1]


def test_what_is_owed_is_on_its_way(play: Play) -> None:
    play.fire()
    play.give(Snooze(by="eve", incident=1, length=HOUR))
    found = ask(play, lambda c, s: asking.incident(c, s, 1))
    assert (found["owed"], found["state"]) == ([], "snoozed")
    assert found["snoozed_until"] == rfc3339(NOW + HOUR)
