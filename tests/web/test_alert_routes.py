"""The endpoints about alerting: what is read, what is done, what is refused, what is not done twice."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio
from icalendar import Calendar
from tests.alerts import NOW, Play

from slawatch.answers.view import Live, Refused
from slawatch.core.dispatch import steps
from slawatch.core.event import Event
from slawatch.core.instant import DAY, HOUR, MINUTE, rfc3339
from slawatch.core.silence import Silence
from slawatch.core.turn import State
from slawatch.store import duty
from slawatch.web import serve
from slawatch.web.app import build
from slawatch.web.serve import Server, bind_unix

from .conftest import Clock, View
from .playing import channel


class Playing(View):
    """The daemon of a play: what is done is stepped and stored."""

    def __init__(self, play: Play) -> None:
        super().__init__(play.config, Clock(play.now), play.database, Live(since=play.now))
        self.play = play
        self.standings = {"chat": channel()}

    def alerting(self) -> State:
        return self.play.state

    def silences(self) -> tuple[Silence, ...]:
        with self.play.database.reading() as cursor:
            return duty.silences(cursor)

    async def act(self, command: Any) -> tuple[Event, ...]:
        if self.refuse:
            raise self.refuse
        _, events = steps(self.play.state, (command,), self.play.now, self.play.world)
        self.play.give(command)
        refused = next((event.text for event in events if event.kind == "command.refused"), None)
        if refused is not None:
            raise Refused(refused)
        return events


@pytest.fixture
async def api(
    play: Play, nursery: trio.Nursery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[httpx.AsyncClient]:
    monkeypatch.setattr(serve, "AFTERWARDS", 0.1)
    path = tmp_path / "slawatch.sock"
    view = Playing(play)
    server = Server(build(view), [bind_unix(path)], grace=0.2)
    await nursery.start(server.run)
    transport = httpx.AsyncHTTPTransport(uds=str(path))
    async with httpx.AsyncClient(
        base_url="http://localhost/api/v1/", transport=transport, trust_env=False
    ) as client:
        client.view = view  # type: ignore[attr-defined]
        yield client
    server.stop()


async def post(api: httpx.AsyncClient, path: str, key: str = "", **wish: Any) -> httpx.Response:
    headers = {"Idempotency-Key": key} if key else {}
    return await api.post(path, json={"person": "alice", **wish}, headers=headers)


async def test_lists_and_single_ones(play: Play, api: httpx.AsyncClient) -> None:
    play.broken = {"chat"}
    play.fire("shop-home")
    for path, name in (
        ("alerts", "alerts"), ("incidents", "incidents"), ("notifications?state=dead", "notifications"),
    ):  # fmt: skip
        answer = await api.get(path)
        assert (answer.status_code, len(answer.json()[name])) == (200, 1), answer.text
    (dead,) = (await api.get("notifications", params={"state": "dead"})).json()["notifications"]
    assert (await api.get(f"notifications/{dead['id']}")).json()["attempts"][0]["status"] == 550
    assert (await api.get("alerts/shop-home")).json()["violations"][0]["end"] is None
    assert (await api.get("alerts/shop-home/explain")).json()["not_told"][0]["kind"] == "dead"
    assert (await api.get("incidents/1")).json()["title"] == "shop-home is down"
    text = await api.get("incidents/1/postmortem")
    assert text.headers["content-type"] == "text/markdown; charset=utf-8"
    assert text.text.startswith("# Incident 1: shop-home is down\n")


async def test_an_alert_with_labels_has_an_address(play: Play, api: httpx.AsyncClient) -> None:
    play.fire("disk", fingerprint='disk{mount="/var"}')
    path = "alerts/disk%7Bmount%3D%22%2Fvar%22%7D"
    assert (await api.get(path)).json()["id"] == 'disk{mount="/var"}'
    assert (await api.get(f"{path}/explain")).json()["alert"]["id"] == 'disk{mount="/var"}'


async def test_an_incident_from_its_opening_to_its_end(play: Play, api: httpx.AsyncClient) -> None:
    opened = (await post(api, "incidents", title="slow logins", severity="critical", service="shop")).json()
    assert (opened["incident"]["id"], opened["incident"]["manual"]) == (1, True)
    assert opened["events"][0]["text"] == "opened: opened by person:alice: slow logins"
    for action, wish, state in (
        ("ack", {}, "acked"),
        ("note", {"text": "vendor called"}, "acked"),
        ("assign", {"to": "carol", "role": "commander"}, "acked"),
        ("publish", {"text": "We look into it."}, "acked"),
        ("snooze", {"for": "1h"}, "snoozed"),
        ("unack", {}, "triggered"),
        ("escalate", {}, "triggered"),
        ("reassign", {"policy": "database"}, "triggered"),
        ("resolve", {"note": "restarted"}, "resolved"),
    ):
        answer = await post(api, f"incidents/1/{action}", **wish)
        assert answer.status_code == 200, answer.text
        assert answer.json()["incident"]["state"] == state, action
    found = (await api.get("incidents/1")).json()
    assert (found["resolved_by"], found["resolution"]) == ("person:alice", "restarted")
    assert {one["origin"] for one in found["timeline"] if one["by"]} == {"cli"}
    again = await post(api, "incidents/1/ack")
    assert (again.status_code, again.headers["content-type"]) == (422, "application/problem+json")
    assert again.json()["detail"] == "incident 1 was resolved at 2026-11-02T13:00:00+01:00 by person:alice"


async def test_merging(play: Play, api: httpx.AsyncClient) -> None:
    play.fire("shop-home")
    play.fire("api-a")
    done = await post(api, "incidents/2/merge", into=1)
    assert (done.json()["incident"]["state"], done.json()["incident"]["merged_into"]) == ("merged", 1)
    assert (await post(api, "incidents/1/merge", into=9)).status_code == 422


async def test_what_is_long_over_can_only_be_read(play: Play, api: httpx.AsyncClient) -> None:
    play.fire()
    play.end(after=MINUTE)
    play.give(after=2 * DAY)
    answer = await post(api, "incidents/1/note", text="too late")
    assert answer.status_code == 422
    assert "was resolved at 2026-11-02T13:01:00+01:00: it can only be read" in answer.json()["detail"]
    assert (await post(api, "incidents/9/ack")).status_code == 404
    assert (await api.get("incidents/9")).status_code == 404


async def test_the_same_key_answers_the_same(play: Play, api: httpx.AsyncClient) -> None:
    play.fire()
    first = await post(api, "incidents/1/note", key="k-1", text="once")
    again = await post(api, "incidents/1/note", key="k-1", text="once")
    assert again.json() == first.json()
    assert len(play.state.incidents[1].notes) == 1
    other = await post(api, "incidents/1/note", key="k-1", text="twice")
    assert other.status_code == 422
    refused = await post(api, "incidents/9/ack", key="k-2")
    assert (refused.status_code, (await post(api, "incidents/9/ack", key="k-2")).status_code) == (404, 404)


async def test_a_key_outlives_the_daemon(
    play: Play, api: httpx.AsyncClient, nursery: trio.Nursery, tmp_path: Path
) -> None:
    first = await post(api, "incidents", key="k-1", title="slow logins")
    noted = await post(api, "incidents/1/note", key="k-2", text="once")
    path = tmp_path / "again.sock"
    server = Server(build(Playing(play)), [bind_unix(path)], grace=0.2)
    await nursery.start(server.run)
    transport = httpx.AsyncHTTPTransport(uds=str(path))
    async with httpx.AsyncClient(
        base_url="http://localhost/api/v1/", transport=transport, trust_env=False
    ) as again:
        assert (await post(again, "incidents", key="k-1", title="slow logins")).json() == first.json()
        assert (await post(again, "incidents/1/note", key="k-2", text="once")).json() == noted.json()
        assert (await post(again, "incidents/1/note", key="k-2", text="twice")).status_code == 422
        entries: tuple[tuple[str, dict[str, Any]], ...] = (
            ("silences", {"match": "a=b", "comment": "c", "for": "1h"}),
            ("swaps", {"schedule": "primary", "who": "bob", "taken_by": "alice", "for": "1h"}),
            ("overrides", {"schedule": "primary", "who": "carol", "for": "1h"}),
        )
        for what, wish in entries:
            made = await post(api, what, key=what, **wish)
            api.view.clock.at += MINUTE  # type: ignore[attr-defined]
            assert (await post(again, what, key=what, **wish)).json()["id"] == made.json()["id"], made.text
        assert len((await again.get("overrides")).json()["overrides"]) == 2
    server.stop()
    assert (list(play.state.incidents), len(play.state.incidents[1].notes)) == ([1], 1)
    assert "k-1" not in (await api.get("incidents/1")).text


async def test_a_dead_message_is_sent_again(play: Play, api: httpx.AsyncClient) -> None:
    play.broken = {"chat"}
    play.fire()
    (key,) = [key for key, row in play.state.rows.items() if row.stage == "dead"]
    play.broken = set()
    done = await post(api, f"notifications/{key}/retry")
    assert (done.status_code, done.json()["state"], len(done.json()["attempts"])) == (200, "sent", 2)
    again = await post(api, f"notifications/{key}/retry")
    assert (again.status_code, again.json()["detail"]) == (422, "only a dead message can be sent again")
    assert (await post(api, "notifications/x/retry")).status_code == 404


async def test_silences(play: Play, api: httpx.AsyncClient) -> None:
    play.fire("shop-home")
    wish = {"match": "service=shop", "comment": "disk", "for": "2h"}
    tried = (await post(api, "silences/try", **wish)).json()
    assert (tried["hits"], (await api.get("silences")).json()) == (
        ["shop-home"],
        {"silences": [], "next": None},
    )
    made = (await post(api, "silences", key="k", **wish)).json()
    assert (await post(api, "silences", key="k", **wish)).json() == made
    assert (made["state"], made["hits"], made["author"]) == ("active", ["shop-home"], "alice")
    longer = await post(api, f"silences/{made['id']}/change", **{"for": "4h"})
    assert longer.json()["end"] == rfc3339(NOW + 4 * HOUR)
    gone = await post(api, f"silences/{made['id']}/expire")
    assert gone.json()["state"] == "expired"
    assert (await api.get("silences")).json() == {"silences": [], "next": None}
    assert len((await api.get("silences", params={"expired": "true"})).json()["silences"]) == 1
    assert (await post(api, "silences", match="x", comment="c", **{"for": "1h"})).status_code == 400


async def test_overrides_and_swaps(play: Play, api: httpx.AsyncClient) -> None:
    made = await post(api, "overrides", schedule="primary", who="carol", **{"for": "1h"})
    assert made.json()["state"] == "active"
    off = await post(api, f"overrides/{made.json()['id']}/cancel", reason="not needed")
    assert off.json()["cancelled"]["reason"] == "not needed"
    offer = await post(api, "swaps", schedule="primary", who="bob", **{"for": "1h"})
    taken = await post(api, f"swaps/{offer.json()['id']}/take", who="carol")
    assert taken.json()["taken_by"] == "carol"
    (now,) = (await api.get("oncall")).json()
    assert (now["schedule"], now["people"], now["override"]) == ("primary", ["carol"], True)
    span = {"from": "2026-11-02T13:00", "to": "2026-11-02T15:00", "schedule": "primary"}
    shifts = (await api.get("oncall", params=span)).json()
    assert [one["people"] for one in shifts] == [["carol"], ["bob"]]
    for odd in ("schedule=x", "at=2026&from=2026", "from=2026-11-03&to=2026-11-02", "att=now"):
        assert (await api.get(f"oncall?{odd}")).status_code in (400, 404)
    feed = await api.get("oncall.ics", params={"schedule": "primary", "person": "carol"})
    assert feed.headers["content-type"] == "text/calendar; charset=utf-8"
    (event,) = Calendar.from_ical(feed.text).walk("VEVENT")
    assert str(event["summary"]).startswith("On call: ")
    assert (event.end - event.start).total_seconds() == 3600
    for odd in ("schedule=x", "person=nobody", "at=now"):
        assert (await api.get(f"oncall.ics?{odd}")).status_code in (400, 404)
    (line,) = (await api.get("overrides")).json()["overrides"]
    assert (line["what"], line["taken_by"]) == ("swap", "carol")
    assert (await post(api, "swaps/x-9/cancel")).status_code == 404


@pytest.mark.parametrize(
    "path",
    ["alerts?stat=x", "incidents?state=x", "notifications?limit=0", "silences?expired=1", "overrides?over=1"],
)
async def test_an_odd_question_is_a_problem(api: httpx.AsyncClient, path: str) -> None:
    answer = await api.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")


async def test_a_store_that_takes_nothing_now_is_tried_later(play: Play, api: httpx.AsyncClient) -> None:
    play.fire()
    api.view.refuse = Refused("the store takes nothing now", busy=True)  # type: ignore[attr-defined]
    for path, wish in (
        ("incidents/1/ack", {}),
        ("silences", {"match": "a=b", "comment": "c", "for": "1h"}),
    ):
        answer = await post(api, path, **wish)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


async def test_status_has_alerts_incidents_and_channels(play: Play, api: httpx.AsyncClient) -> None:
    play.fire()
    found = (await api.get("status")).json()
    assert [one["id"] for one in found["alerts"]] == ["shop-home"]
    assert [one["state"] for one in found["incidents"]] == ["triggered"]
    assert [(one["channel"], one["state"]) for one in found["channels"]] == [
        ("chat", "ok"), ("text", "unknown"), ("hook", "unknown"),
    ]  # fmt: skip
