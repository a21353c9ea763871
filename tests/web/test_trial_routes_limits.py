"""What people try beside those who are paged: how much of it there may be."""

from dataclasses import replace

import pytest
import trio

from slawatch.core.check import Check
from slawatch.core.instant import MINUTE
from slawatch.web import trial_routes

from .conftest import Served, View
from .test_openapi_alerting import fits
from .test_trial_routes import post


class Held:
    """Probes that take as long as their clients wait."""

    def __init__(self) -> None:
        self.count = 0

    async def probe(self, check: Check) -> None:
        self.count += 1
        try:
            await trio.sleep_forever()
        finally:
            self.count -= 1

    async def reach(self, count: int) -> None:
        with trio.fail_after(10):
            while self.count != count:  # noqa: ASYNC110
                await trio.sleep(0.01)


@pytest.fixture
def held(view: View, monkeypatch: pytest.MonkeyPatch) -> Held:
    found = Held()
    monkeypatch.setattr(view, "probe", found.probe)
    return found


async def test_one_has_two_places_and_leaves_them_by_going(served: Served, held: Held) -> None:
    body = b'{"target": "a.example:80", "timeout": "5m"}'
    head = b"POST /api/v1/probe HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(body)
    first, second = [await trio.open_unix_socket(served.path) for _ in range(2)]
    for stream in (first, second):
        await stream.send_all(head + body)
    await held.reach(2)
    answer = await post(served, "probe", {"target": "a.example:80"})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "5")
    assert "2 probes of yours are under way" in answer.text
    await first.aclose()
    await held.reach(1)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(post, served, "probe", {"target": "a.example:80"})
        await held.reach(2)
        nursery.cancel_scope.cancel()
    await second.aclose()
    await held.reach(0)


async def test_no_check_is_probed_for_longer_than_people_wait(view: View, served: Served) -> None:
    home = view.config.checks["shop-home"]
    slow = replace(home, timeout=60 * MINUTE, interval=120 * MINUTE)
    view.config = replace(view.config, checks={**view.config.checks, "shop-home": slow})
    assert (await post(served, "checks/shop-home/probe", {})).status_code == 200
    assert view.probed[-1].timeout == 5 * MINUTE


async def test_a_look_that_takes_too_long_is_refused(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial_routes, "LOOKING", 0.3)
    text = "\n".join(f"[checks.c{number}]\nservce = 1" for number in range(20_000))
    with trio.fail_after(40):
        answer = await served.control.post("/api/v1/config/check", content=text)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


async def test_not_every_mistake_of_very_many_is_told(served: Served) -> None:
    text = "\n".join(f"x{number} = 1" for number in range(1_500))
    answer = await served.control.post("/api/v1/config/check", content=text)
    fits("/api/v1/config/check", "post", answer)
    found = answer.json()
    assert (len(found["problems"]), found["more"]) == (1_000, 500)
