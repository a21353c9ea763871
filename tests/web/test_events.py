"""The event stream over real sockets: only what changed, soon, to clients of every kind."""

import socket
from dataclasses import replace
from typing import Any

import pytest
import trio

from slawatch.core.instant import SECOND
from slawatch.core.sample import Outcome
from slawatch.web import events, feed, serve

from .conftest import NOW, Served
from .listening import Listening, listen


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "TURN", 0.02)
    monkeypatch.setattr(feed, "PERIOD", 0.01)


def change(served: Served, name: str, **what: Any) -> None:
    checks = dict(served.view.state.checks)
    checks[name] = replace(checks[name], **what)
    served.view.state = replace(served.view.state, checks=checks)


async def test_a_new_client_is_told_everything_and_then_only_what_changes(served: Served) -> None:
    async with listen(served.port) as client:
        assert client.status == 200
        assert client.headers["content-type"].startswith("text/event-stream")
        assert client.headers["cache-control"] == "no-store"
        first = await client.until_now()
        assert client.text.startswith("retry: 2000\n\n")
        assert [e.name for e in first] == ["daemon", "service", "service", "service", "now"]
        shop = next(e.data for e in first if e.name == "service" and e.data["service"] == "shop")
        assert (shop["state"], shop["organization"]) == ("down", "acme")
        assert shop["shown"]["24h"].endswith("%")
        assert shop["checks"][1]["reason"] == "connection refused"
        served.view.clock.at = NOW + SECOND
        change(served, "shop-db", outcome=Outcome.UP, since=NOW, last_sample=NOW, reason="")
        second = await client.until_now()
        assert [(e.name, e.data.get("service"), e.data.get("state")) for e in second] == [
            ("service", "shop", "up"), ("now", None, None),
        ]  # fmt: skip
        assert second[-1].data == {"at": "2026-11-01T12:00:01Z", "lag": 0.0, "queued": 0}


async def test_a_new_sample_alone_is_told_only_to_those_who_watch_that_service(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "BEAT", 0.2)
    async with (
        listen(served.port) as everything,
        listen(served.port, service="shop") as shop,
        listen(served.port, service="api") as other,
    ):
        first = [await client.until_now() for client in (everything, shop, other)]
        assert [e.data["service"] for e in first[2] if e.name == "service"] == ["api"]
        change(served, "shop-home", last_sample=NOW - SECOND, latency=30_000)
        assert await services_of(shop) == [("shop", "down")]
        assert '"latency":0.03' in shop.text
        for client in (everything, other):
            assert [e.name for _ in range(3) for e in await client.until_now()] == ["now"] * 3


async def test_a_client_that_comes_back_is_told_what_it_missed(served: Served) -> None:
    async with listen(served.port, org="acme") as client:
        first = await client.until_now()
        assert {e.data["service"] for e in first if e.name == "service"} == {"shop"}
    last = first[-1].id
    change(served, "shop-db", outcome=Outcome.UP, since=NOW - 1, last_sample=NOW - 1, reason="")
    async with listen(served.port, {"Last-Event-ID": last}) as client:
        assert await services_of(client) == [("shop", "up")]
    async with listen(served.port, since=last) as client:
        assert await services_of(client) == [("shop", "up")]
    run = last.split("-")[0]
    for odd in ("another-3", "x", f"{run}-٣", f"{run}-{'9' * 30}", "-"):
        async with listen(served.port, since=odd) as client:
            assert len(await client.until_now()) == 5


async def services_of(client: Listening) -> list[tuple[str, str]]:
    """Return the first services that a client is told of; the feed looks a moment after a change."""
    while True:
        found = [
            (e.data["service"], e.data["state"]) for e in await client.until_now() if e.name == "service"
        ]
        if found:
            return found


async def test_trouble_and_another_config_are_told(served: Served) -> None:
    async with listen(served.port) as client:
        await client.until_now()
        served.view.state = replace(served.view.state, ready=False, trouble=("the disk is full",))
        told = await client.until_now()
        assert told[0].data == {"ready": False, "trouble": ["the disk is full"], "unheard": ""}
        services = {k: v for k, v in served.view.config.services.items() if k != "jobs"}
        checks = {k: c for k, c in served.view.config.checks.items() if c.service in services}
        served.view.config = replace(served.view.config, digest="another", services=services, checks=checks)
        assert "config" in [e.name for e in await client.until_now()]


async def test_silence_is_filled_with_comments_and_a_beat(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "QUIET", 0.05)
    monkeypatch.setattr(events, "BEAT", 0.4)
    async with listen(served.port) as client:
        await client.until_now()
        assert [e.name for e in await client.until_now()] == ["now"]
        assert ": nothing new\n\n" in client.text


@pytest.mark.parametrize(
    ("query", "status"), [({"service": "nope"}, 404), ({"org": "nope"}, 404), ({"service": "shop"}, 200)]
)
async def test_what_is_not_there_cannot_be_watched(
    served: Served, query: dict[str, str], status: int
) -> None:
    async with listen(served.port, **query) as client:
        assert client.status == status


async def test_a_head_request_ends(served: Served) -> None:
    with trio.fail_after(5):
        answer = await served.public.head("/api/v1/events")
    assert answer.headers["content-type"].startswith("text/event-stream")


async def test_there_is_an_end_to_how_many_listen(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slawatch.web.app.STREAMS", 1)
    async with listen(served.port) as client:
        await client.until_now()
        refused = await served.public.get("/api/v1/events")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")


async def test_a_stop_ends_the_streams_in_order(served: Served) -> None:
    async with listen(served.port) as client:
        await client.until_now()
        served.server.stop()
        with trio.fail_after(5):
            assert await client.next() is None


async def test_a_client_that_goes_away_is_forgotten(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slawatch.web.metrics._FRESH", 0.0)
    async with listen(served.port) as client:
        await client.until_now()
        assert served.server.connections == 1
    with trio.fail_after(5):
        while served.server.connections:  # noqa: ASYNC110 (a test looks from outside)
            await trio.sleep(0.02)
    assert b"slawatch_event_streams 0" in (await served.control.get("/metrics")).content


async def test_a_client_that_does_not_read_is_dropped_and_holds_up_nobody(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve, "PATIENCE", 0.3)
    monkeypatch.setattr(events, "BEAT", 0.0)
    long = "x" * 400_000
    slow = socket.socket()
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    slow.connect(("127.0.0.1", served.port))
    slow.sendall(b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
    with trio.fail_after(30):
        async with listen(served.port, org="other") as quick:
            await quick.until_now()
            while served.server.connections < 2:  # noqa: ASYNC110 (a test looks from outside)
                await trio.sleep(0.01)
            number = 0
            while served.server.connections == 2:
                number += 1
                change(served, "shop-db", reason=f"{number} {long}", since=NOW - number)
                assert await quick.until_now()
    slow.close()
