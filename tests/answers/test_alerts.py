"""Lists of alerts, and one alert whole."""

from functools import partial
from typing import Any

import pytest
from tests.alerts import NOW, Play, alert
from tests.web.playing import ask

from slawatch.answers import asking
from slawatch.answers.alerts import find, summary
from slawatch.core.dispatch import Fired
from slawatch.core.instant import MINUTE, SECOND, rfc3339
from slawatch.core.matcher import parse
from slawatch.core.silence import Silence


def listed(query: dict[str, str], cursor: Any, seen: asking.Seen) -> Any:
    return asking.alerts(cursor, seen, query)


def names(found: dict[str, list[dict[str, str]]]) -> list[str]:
    return [line["id"] for line in found["alerts"]]


def test_what_fires_is_listed_the_most_severe_first(play: Play) -> None:
    play.fire("shop-db", severity="low")
    play.fire("shop-home", after=MINUTE)
    play.fire("api-a", after=MINUTE, severity="high")
    play.fire("shop-old", severity="high")
    play.end("shop-old")
    found = ask(play, lambda c, s: asking.alerts(c, s, {}))
    assert names(found) == ["shop-home", "api-a", "shop-db"]
    first = found["alerts"][0]
    assert (first["state"], first["severity"], first["incident"]) == ("firing", "critical", 1)
    assert (first["actual"], first["threshold"], first["resolved_at"]) == ("connection refused", None, None)
    assert first["since"] == rfc3339(NOW + MINUTE - 2 * SECOND)
    assert first["seconds"] == 62.0
    assert first["incident_state"] == "triggered"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"severity": "high"}, ["shop-home", "api-a"]),
        ({"service": "api"}, ["api-a"]),
        ({"org": "acme"}, ["shop-home", "shop-db"]),
        ({"check": "shop-db"}, ["shop-db"]),
        ({"incident": "1"}, ["shop-home", "shop-db"]),
        ({"state": "suppressed"}, ["shop-db"]),
        ({"state": "resolved"}, []),
    ],
)
def test_lists_are_filtered(play: Play, query: dict[str, str], expected: list[str]) -> None:
    silenced(play)
    play.fire("shop-db", severity="low")
    play.fire("shop-home")
    play.fire("api-a", severity="high")
    assert names(ask(play, lambda c, s: asking.alerts(c, s, query))) == expected


def silenced(play: Play, match: str = "check=shop-db") -> None:
    play.silences = (
        Silence(id="s-1", match=parse(match), author="alice", comment="disk", start=NOW, end=NOW + MINUTE),
    )


def test_lists_come_in_pages(play: Play) -> None:
    for number in range(5):
        play.fire(f"shop-{number}", after=SECOND)
    query = {"limit": "2"}
    found: list[str] = []
    while True:
        page = ask(play, partial(listed, query))
        found += names(page)
        if page["next"] is None:
            break
        query = {"limit": "2", "cursor": page["next"]}
    assert found == [f"shop-{number}" for number in range(5)]


def test_what_is_over_comes_from_the_store_in_pages(play: Play) -> None:
    for number in range(5):
        play.fire("shop-home" if number % 2 else "api-a", after=MINUTE)
        play.end("shop-home" if number % 2 else "api-a", after=MINUTE)
    first = ask(play, lambda c, s: asking.alerts(c, s, {"state": "resolved", "limit": "2"}))
    assert names(first) == ["api-a", "shop-home"]
    query = {"state": "resolved", "limit": "2", "service": "api", "cursor": first["next"]}
    second = ask(play, lambda c, s: asking.alerts(c, s, query))
    assert names(second) == ["api-a", "api-a"]
    rest = ask(play, lambda c, s: asking.alerts(c, s, query | {"cursor": second["next"] or "1"}))
    assert rest == {"alerts": [], "next": None}
    (line, *_) = first["alerts"]
    assert (line["state"], line["resolution"], line["seconds"]) == ("resolved", "recovered", 62.0)


def test_one_alert_has_every_time_that_it_fired(play: Play) -> None:
    play.give(Fired(alert(threshold="> 1s", severity="high")))
    play.end(after=MINUTE)
    play.fire(after=10 * MINUTE)
    found = ask(play, lambda c, s: asking.alert(c, s, "shop-home"))
    now, before = found["violations"]
    assert (now["end"], now["severity"], now["incident"]) == (None, "critical", 2)
    assert before == {
        "start": rfc3339(NOW - 2 * SECOND), "confirmed": rfc3339(NOW), "end": rfc3339(NOW + MINUTE),
        "seconds": 62.0, "severity": "high", "actual": "connection refused", "threshold": "> 1s",
        "resolution": "recovered", "incident": 1,
    }  # fmt: skip
    assert [one["text"] for one in found["timeline"]] == [
        "alert shop-home, high: connection refused", "part of incident 1",
        "over: shop-home is down: recovered", "alert shop-home, critical: connection refused",
        "part of incident 2",
    ]  # fmt: skip


def test_one_that_the_state_has_forgotten_is_still_shown(play: Play) -> None:
    play.fire()
    play.end(after=MINUTE)
    play.give(after=2 * 24 * 60 * MINUTE)
    assert play.state.alerts == {}
    found = ask(play, lambda c, s: asking.alert(c, s, "shop-home"))
    assert (found["state"], len(found["violations"])) == ("resolved", 1)


def test_an_alert_is_found_by_its_check_where_that_has_one_only(play: Play) -> None:
    play.give(Fired(alert("disk", fingerprint='disk{mount="/"}')))
    assert find(play.state, "disk") is play.state.alerts['disk{mount="/"}']
    play.give(Fired(alert("disk", fingerprint='disk{mount="/var"}')))
    assert find(play.state, "disk") is None


def test_the_summary_of_status(play: Play) -> None:
    play.fire("shop-db", severity="low")
    play.fire("shop-home")
    play.end("shop-db")
    (line,) = summary(play.state.alerts.values(), play.state.incidents, play.now)
    assert (line["id"], line["state"], line["incident_state"]) == ("shop-home", "firing", "triggered")
