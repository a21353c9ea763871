"""The endpoint of replays: the store, read for the command that plays it."""

from slawatch.answers import replay
from slawatch.config.world import scene_of
from slawatch.core.instant import HOUR
from slawatch.core.replayed import Replayed

from .conftest import NOW, Served


async def test_what_a_replay_needs(served: Served) -> None:
    config = served.view.config
    wish = replay.wish([config], NOW - 2 * HOUR, NOW)
    answer = await served.control.post("/api/v1/replay", json=replay.write_wish(wish), timeout=30)
    assert answer.status_code == 200
    found = replay.read_material(answer.json())
    assert found.digest == config.digest
    assert {one.check for one in found.samples} <= set(scene_of(config).checks)
    made: Replayed = replay.played(config, found, NOW - 2 * HOUR, NOW)
    assert [alert.alert for alert in made.alerts] == ["api-a", "shop-db"]


async def test_what_is_no_wish_is_refused(served: Served) -> None:
    for body in (
        {},
        {"start": 5, "end": 4, "checks": {}, "neighbours": {}},
        {"start": 0, "end": 10**30, "checks": {}, "neighbours": {}},
        {"start": 0, "end": 1, "checks": {"a": [1, 100000, 1, True]}, "neighbours": {}},
        {"start": 0, "end": 1, "checks": {"a": [0, 1, 1, True]}, "neighbours": {}},
    ):
        answer = await served.control.post("/api/v1/replay", json=body)
        assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert (await served.control.get("/api/v1/replay")).status_code == 405


async def test_a_time_without_anything_is_an_empty_answer(served: Served) -> None:
    body = {"start": 1, "end": 2, "checks": {"no such": [1, 1, 1, False]}, "neighbours": {}}
    answer = (await served.control.post("/api/v1/replay", json=body)).json()
    assert (answer["samples"], answer["unknown"]) == ([], ["no such"])
