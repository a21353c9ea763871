"""`alerts explain`: why an alert fired, and why nobody was told of it."""

from typing import Any

import pytest
from tests.alerts import NOW, Play, alert, configured
from tests.web.playing import ask, channel

from slawatch.answers import asking
from slawatch.answers.view import LiveCheck
from slawatch.answers.wish import EntryRefused
from slawatch.core.channel import Standing
from slawatch.core.command import Ack, Merge, Resolve, Snooze
from slawatch.core.dispatch import Fired, FlappingStarted, Reported, Stale
from slawatch.core.instant import HOUR, MINUTE, SECOND
from slawatch.core.matcher import parse
from slawatch.core.sample import Outcome
from slawatch.core.silence import Silence
from slawatch.store.database import Database


def explained(play: Play, name: str = "shop-home", **channels: Standing) -> Any:
    return ask(play, lambda c, s: asking.explained(c, s, name), channels)


def texts(lines: list[dict[str, str]]) -> str:
    return "\n".join(line["text"] for line in lines)


def test_who_was_told_and_why_it_fired(play: Play) -> None:
    play.give(Fired(alert(threshold="> 1s")))
    play.give(Reported("shop-home"), Stale("shop-home"), FlappingStarted("shop-home"), after=MINUTE)
    found = explained(play)
    assert texts(found["why"]).splitlines() == [
        "shop-home is down: bad since 2026-11-02T11:59:58Z (measured connection refused, the limit is > 1s)",
        "confirmed at 2026-11-02T12:00:00Z, 2 s after its first bad result",
        "reported 2 times since; it counts as one",
        "no results come any more: it is held to fire until one does",
        "it changes too often: single changes are not told",
    ]
    assert [(one["to"], one["channel"]) for one in found["told"]] == [("person:bob", "chat")]
    assert found["not_told"] == []
    assert found["next"][0]["kind"] == "contact"


def test_a_silence_says_who_made_it_and_until_when(play: Play) -> None:
    play.silences = (
        Silence(
            id="s-1", match=parse("service=shop"), author="alice", comment="disk", start=NOW, end=NOW + HOUR
        ),
    )
    play.fire()
    play.give(after=MINUTE)
    found = explained(play)
    assert found["told"] == []
    first = found["not_told"][0]
    assert (first["kind"], first["by"], first["until"]) == ("silence", "s-1", "2026-11-02T13:00:00Z")
    assert first["text"] == "silenced by alice: disk, until 2026-11-02T13:00:00Z"
    assert found["not_told"][1]["kind"] == "level.withheld"


def test_what_people_did_is_the_reason(play: Play) -> None:
    play.fire()
    play.give(Ack(by="person:alice", incident=1), after=MINUTE)
    assert texts(explained(play)["not_told"]) == (
        "alice acknowledged incident 1 at 2026-11-02T12:01:00Z: escalation stopped"
    )
    play.give(Snooze(by="eve", incident=1, length=HOUR))
    assert texts(explained(play)["not_told"]) == "incident 1 is snoozed until 2026-11-02T13:01:00Z"
    play.give(Resolve(by="eve", incident=1), after=SECOND)
    assert "its incident was resolved by hand: a new one opens at 2026-11-02T12:06:01Z" in texts(
        explained(play)["not_told"]
    )


def test_a_channel_that_fails_is_the_reason(play: Play) -> None:
    play.broken = {"chat", "text"}
    play.fire()
    found = explained(play, chat=channel("misconfigured", "invalid token"))
    said = texts(found["not_told"])
    given_up = "the trigger to bob through chat was given up after one attempt (permanent): 550 no such user"
    assert given_up in said
    assert "channel chat: its provider refuses what slawatch sends: change its config" in said
    assert said.endswith("invalid token")
    assert found["told"][0]["to"] == "channel:hook"


def test_a_group_that_waits_is_the_reason(play: Play) -> None:
    play.fire(severity="high")
    assert texts(explained(play)["not_told"]) == (
        "incident 1 waits for more alerts of its group: level 0 is told at 2026-11-02T12:00:10Z"
    )


def test_levels_without_anybody_are_the_reason(play: Play) -> None:
    play.config.people.clear()
    play.fire()
    assert "level 0 has nobody: skipped" in texts(explained(play)["not_told"])


def test_no_policy_is_the_reason(tmp_path: Any) -> None:
    config = configured(tmp_path)
    config.escalations.clear()
    with Database.open(config.data_dir) as database:
        play = Play(config, database)
        play.fire()
        assert "no escalation policy and no route names anybody" in texts(explained(play)["not_told"])


def test_a_part_of_another_incident_says_so(play: Play) -> None:
    play.fire("shop-home")
    play.fire("api-a")
    play.give(Merge(by="eve", incident=2, into=1))
    assert explained(play, "api-a")["alert"]["incident"] == 1


def test_what_is_over_says_how_it_ended(play: Play) -> None:
    play.fire()
    play.end(after=MINUTE)
    assert texts(explained(play)["why"]).endswith("over since 2026-11-02T12:01:00Z: recovered")


@pytest.mark.parametrize(
    ("live", "said"),
    [
        (None, "there is no sample of it yet"),
        (LiveCheck(outcome=None), "there is no sample of it yet"),
        (LiveCheck(outcome=Outcome.UP, since=NOW), "it is up since 2026-11-02T12:00:00Z"),
        (
            LiveCheck(outcome=Outcome.DOWN, since=NOW, reason="refused"),
            "it is down (refused), and not enough probes in a row have confirmed that",
        ),
    ],
)
def test_a_check_without_an_alert_says_how_it_is(play: Play, live: LiveCheck | None, said: str) -> None:
    checks = {} if live is None else {"shop-db": live}
    found = ask(play, lambda c, s: asking.explained(c, s._replace(checks=checks), "shop-db"))
    assert found["alert"] is None
    assert texts(found["why"]).startswith("shop-db has no alert")
    assert said in texts(found["why"])


def test_what_never_was_is_not_explained(play: Play) -> None:
    with pytest.raises(EntryRefused, match='"shop-home"') as caught:
        explained(play, "shop-hom")
    assert caught.value.status == 404
