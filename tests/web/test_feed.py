"""The feed: versions of what changed."""

from dataclasses import replace

import pytest
import trio

from slawatch.core.instant import SECOND
from slawatch.core.sample import Outcome
from slawatch.web import feed as module
from slawatch.web.current import Current
from slawatch.web.feed import Feed

from .conftest import NOW, View


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
