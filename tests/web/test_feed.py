"""The feed: versions of what changed."""

from dataclasses import replace

import pytest
import trio

from slawatch.core.command import Ack
from slawatch.core.dispatch import Reported
from slawatch.core.instant import SECOND
from slawatch.core.sample import Outcome
from slawatch.core.silence import Silence
from slawatch.web import feed as module
from slawatch.web.current import Current
from slawatch.web.feed import Feed

from .conftest import NOW, View
from .duty import Duty


async def test_nothing_new_has_no_new_version(view: View, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PERIOD", 0.0)
    feed = Feed(Current(view))
    await feed.look()
    version = feed.version
    assert [e.name for e in feed.since(0)] == ["daemon", "service", "service", "service"]
    view.clock.at = NOW + SECOND
    await feed.look()
    assert (feed.version, feed.since(version)) == (version, [])
    assert '"at":"2026-11-01T12:00:01Z"' in feed.beat


async def test_a_check_that_goes_stale_is_a_change(view: View, monkeypatch: pytest.MonkeyPatch) -> None:
    """The daemon's snapshot says so: its checks are asked at the time of the look."""
    monkeypatch.setattr(module, "PERIOD", 0.0)
    feed = Feed(Current(view))
    await feed.look()
    version = feed.version
    stale = replace(
        view.state.checks["api-b"], outcome=Outcome.UNKNOWN, since=NOW, reason="no sample in time"
    )
    view.state = replace(view.state, checks={**view.state.checks, "api-b": stale})
    await feed.look()
    assert [(e.name, e.subject) for e in feed.since(version)] == [("service", "api")]


async def test_a_look_is_shared_by_those_who_look_at_once(view: View) -> None:
    feed = Feed(Current(view))
    async with trio.open_nursery() as nursery:
        for _ in range(20):
            nursery.start_soon(feed.look)
    assert view.cursors == 1


async def test_the_store_may_be_unreadable(view: View) -> None:
    view.database.close()
    feed = Feed(Current(view))
    await feed.look()
    states = {e.subject: e.data for e in feed.since(0) if e.name == "service"}
    assert '"state":"down"' in states["shop"]
    assert '"24h":"no data"' in states["shop"]


async def test_what_happens_to_an_incident_is_told_and_a_duplicate_report_is_not(
    view: View, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PERIOD", 0.0)
    feed = Feed(Current(view))
    await feed.look()

    async def news() -> list[str]:
        version = feed.version
        await feed.look()
        return [event.data for event in feed.since(version) if event.name == "alerting"]

    duty = Duty(view.config, NOW - 60 * SECOND)
    duty.fire()
    view.alert_state = duty.state
    assert await news() == ['{"open":1,"news":"incident 1, shop-db is down, is triggered"}']
    assert await news() == []
    duty.give(Reported("shop-db"))
    assert duty.state is not view.alert_state
    view.alert_state = duty.state
    assert await news() == [], "each bad probe is a report: pages must not load for each"
    duty.give(Ack(by="person:alice", incident=1))
    view.alert_state = duty.state
    assert await news() == ['{"open":1,"news":"incident 1, shop-db is down, is acked"}']
    view.quiet = (Silence(id="s", match=(), author="a", comment="c", start=NOW, end=NOW + SECOND),)
    assert len(await news()) == 1
    view.clock.at = NOW + SECOND
    assert len(await news()) == 1, "it has expired"
