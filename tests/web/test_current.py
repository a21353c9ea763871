"""What everyone shares: asked of the store once, and as it was where the store cannot be read."""

from dataclasses import replace

import pytest
import trio

from slawatch.web import current as module
from slawatch.web.current import Current, snapshot
from slawatch.web.keeping import Kept

from .conftest import NOW, View


async def test_each_answer_is_asked_for_once(view: View) -> None:
    current = Current(view)
    async with trio.open_nursery() as nursery:
        for _ in range(5):
            nursery.start_soon(current.days)
            nursery.start_soon(current.promises)
            nursery.start_soon(current.figures)
            nursery.start_soon(current.detail, "shop")
            nursery.start_soon(current.latencies, "shop", "1h")
    assert view.cursors == 5


async def test_another_config_is_another_question(view: View) -> None:
    current = Current(view)
    first = await current.promises()
    assert first is not None
    assert list(first) == ["gold"]
    view.config = replace(view.config, digest="another", agreements={})
    assert await current.promises() == {}


async def test_without_the_store_what_was_known_stands(view: View, monkeypatch: pytest.MonkeyPatch) -> None:
    current = Current(view)
    before = await current.days(), await current.promises(), await current.figures()
    for name in ("_days", "_promises", "_figures"):
        monkeypatch.setattr(current, name, Kept(0.0, share=0.0))
    view.database.close()
    assert (await current.days(), await current.promises(), await current.figures()) == before
    fresh = Current(view)
    assert (await fresh.days()).services == {}
    assert await fresh.promises() is None
    assert (await fresh.figures()).services == {}


async def test_rendering_is_done_in_a_thread(view: View) -> None:
    import threading

    found = await Current(view).render(threading.current_thread)
    assert found is not threading.main_thread()
    assert module.FRESH == 5.0
    assert snapshot(view)[2] == NOW
