"""Lists of messages, and one with every attempt."""

from functools import partial
from typing import Any

import pytest
from tests.alerts import NOW, Play
from tests.web.playing import ask

from slawatch.answers import asking
from slawatch.answers.wish import EntryRefused
from slawatch.core.command import Ack
from slawatch.core.dispatch import Retried
from slawatch.core.instant import HOUR, MINUTE, rfc3339


def listed(query: dict[str, str], cursor: Any, seen: asking.Seen) -> Any:
    return asking.notifications(cursor, seen, query)


def keys(play: Play, **query: str) -> list[str]:
    return [line["id"] for line in ask(play, partial(listed, query))["notifications"]]


@pytest.fixture
def played(play: Play) -> Play:
    """An incident whose first channel is dead, acknowledged after a minute."""
    play.broken = {"chat"}
    play.fire()
    play.give(Ack(by="person:alice", incident=1), after=MINUTE)
    return play


def test_messages_are_listed_the_latest_first(played: Play) -> None:
    found = ask(played, partial(listed, {}))["notifications"]
    assert [(line["state"], line["kind"], line["to"], line["channel"]) for line in found] == [
        ("sent", "ack", "person:bob", "text"),
        ("sent", "trigger", "person:bob", "text"),
        ("dead", "trigger", "person:bob", "chat"),
    ]
    dead = found[-1]
    assert (dead["why"], dead["answer"], dead["tries"]) == ("permanent", "550 no such user", 1)
    assert (dead["created_at"], dead["incident"], dead["level"]) == (rfc3339(NOW), 1, 0)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"state": "dead"}, 1),
        ({"state": "sent"}, 2),
        ({"state": "queued"}, 0),
        ({"channel": "chat"}, 1),
        ({"to": "bob"}, 3),
        ({"to": "person:bob"}, 3),
        ({"to": "alice"}, 0),
        ({"incident": "1"}, 3),
        ({"incident": "2"}, 0),
    ],
)
def test_lists_are_filtered(played: Play, query: dict[str, str], expected: int) -> None:
    assert len(keys(played, **query)) == expected


def test_lists_come_in_pages(played: Play) -> None:
    every = keys(played)
    first = ask(played, partial(listed, {"limit": "2"}))
    assert [line["id"] for line in first["notifications"]] == every[:2]
    rest = ask(played, partial(listed, {"limit": "2", "cursor": first["next"]}))
    assert ([line["id"] for line in rest["notifications"]], rest["next"]) == (every[2:], None)


def test_one_is_shown_with_what_the_provider_answered(played: Play) -> None:
    (key,) = keys(played, state="dead")
    found = ask(played, lambda c, s: asking.notification(c, s, key))
    assert found["attempts"] == [
        {
            "number": 1, "started_at": rfc3339(NOW), "seconds": 0.2, "verdict": "permanent", "status": 550,
            "answer": "550 no such user", "provider_id": None, "possible_duplicate": False,
        }
    ]  # fmt: skip


def test_one_that_was_sent_again_is_dead_no_more(play: Play) -> None:
    play.broken = {"chat"}
    play.fire()
    (key,) = keys(play, state="dead")
    play.broken = set()
    play.give(Retried(key, HOUR), after=MINUTE)
    assert keys(play, state="dead") == []
    assert key in keys(play, state="sent")
    found = ask(play, lambda c, s: asking.notification(c, s, key))
    assert [one["verdict"] for one in found["attempts"]] == ["permanent", "ok"]


def test_what_never_was_is_not_shown(play: Play) -> None:
    with pytest.raises(EntryRefused, match="there is no notification 'x'"):
        ask(play, lambda c, s: asking.notification(c, s, "x"))
