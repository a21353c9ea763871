"""What may be asked of alerting: odd questions are refused with what to write instead."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.alerts import Play
from tests.web.playing import ask

from slawatch.answers import asking
from slawatch.answers.wish import EntryRefused


@pytest.mark.parametrize(
    ("question", "query", "said"),
    [
        (asking.alerts, {"stat": "x"}, "there is no parameter 'stat' here: did you mean \"state\""),
        (asking.alerts, {"state": "fireing"}, 'did you mean "firing"'),
        (asking.alerts, {"severity": "bad"}, "severity: there is no 'bad'"),
        (asking.alerts, {"incident": "x"}, "incident is a number"),
        (asking.alerts, {"limit": "0"}, "limit is a number"),
        (asking.alerts, {"cursor": "!"}, "cursor is what"),
        (asking.alerts, {"state": "resolved", "cursor": "x"}, "cursor is what"),
        (asking.incidents, {"state": "opened"}, 'did you mean "open"'),
        (asking.incidents, {"state": "all", "cursor": "x"}, "cursor is what"),
        (asking.incidents, {"cursor": "!"}, "cursor is what"),
        (asking.notifications, {"state": "ded"}, 'did you mean "dead"'),
        (asking.notifications, {"cursor": "x"}, "cursor is what"),
        (asking.silences, {"expired": "yes"}, "expired is true or false"),
        (asking.overrides, {"over": ""}, "over is true or false"),
        (asking.overrides, {"x": ""}, "there is no parameter 'x'"),
        (asking.overrides, {"limit": "0"}, "limit is a number"),
        (asking.silences, {"cursor": "!"}, "cursor is what"),
    ],
)
def test_a_query_that_makes_no_sense_is_refused(
    play: Play, question: Callable[..., Any], query: dict[str, str], said: str
) -> None:
    with pytest.raises(EntryRefused) as caught:
        ask(play, lambda c, s: question(c, s, query))
    assert said in str(caught.value)
    assert caught.value.status == 400


@pytest.mark.parametrize(
    ("question", "said"),
    [
        (lambda c, s: asking.alert(c, s, "shop-hom"), 'did you mean "shop-home"'),
        (
            lambda c, s: asking.alert(c, s, "shop-home"),
            "has never fired: `slawatch alerts explain",
        ),
        (lambda c, s: asking.incident(c, s, 7), "there is no incident 7"),
        (lambda c, s: asking.draft(c, s, 7), "there is no incident 7"),
        (lambda c, s: asking.notification(c, s, "7"), "there is no notification '7'"),
    ],
)
def test_what_there_is_not_is_missing(play: Play, question: Callable[..., Any], said: str) -> None:
    with pytest.raises(EntryRefused) as caught:
        ask(play, question)
    assert said in str(caught.value)
    assert caught.value.status == 404


def tried(play: Play, **wish: Any) -> Any:
    return ask(play, lambda _c, s: asking.tried(s, wish))


def test_a_silence_is_tried_without_being_made(play: Play) -> None:
    play.fire("shop-home")
    play.fire("api-a", severity="low")
    assert tried(play, match="service=shop")["hits"] == ["shop-home"]
    assert tried(play, match="severity=~.*", everything=True)["hits"] == ["shop-home", "api-a"]
    found = tried(play, match='alert="api-a"', end="2026-11-03")
    assert (found["match"], found["alerts"][0]["id"]) == ('alert="api-a"', "api-a")
    assert tried(play, match="organization=acme, service=api")["hits"] == []
    assert ask(play, lambda c, s: asking.silences(c, s, {})) == {"silences": [], "next": None}


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({}, "match is missing"),
        ({"match": "shop"}, "match: 'shop' is no matcher"),
        ({"match": "a=~("}, "is no pattern"),
        ({"match": "a!=b"}, "match everything"),
        ({"match": "a=b", "for": "31d"}, "needs --force"),
        ({"match": "a=b", "end": "2026-11-01"}, "the end is before the start"),
    ],
)
def test_a_silence_that_could_not_be_made_is_refused(play: Play, wish: dict[str, Any], said: str) -> None:
    with pytest.raises(EntryRefused) as caught:
        tried(play, **wish)
    assert said in str(caught.value)


def test_the_zone_is_that_of_the_organization(play: Play) -> None:
    assert asking.zone_of(play.config, "") == "Europe/Berlin"
    assert asking.zone_of(play.config, "acme") == play.config.organizations["acme"].timezone
