"""The endpoint of replays: the store, read for the command that plays it."""

import json
from typing import Any

import pytest

from slawatch.answers import replay
from slawatch.config.world import scene_of
from slawatch.core.gauging import COARSE, FINE, Gauge
from slawatch.core.instant import DAY, HOUR, MINUTE, SECOND
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


@pytest.mark.parametrize(
    ("days", "gauges", "said"),
    [
        (330, [["latency_p95", ["shop"], 30 * DAY, SECOND, [[">", 1, 0]], True]], "a window is read"),
        (
            330,
            [["latency_p95", ["shop"], 30 * SECOND, SECOND, [[">", 1, 0]], True]],
            "would be read 28512001",
        ),
        (1, [["latency_p95", ["shop"], HOUR, HOUR, [[">", n, 0]], True] for n in range(900_000)], "times"),
        (1, [["latency_p95", ["shop"], HOUR, 0, [], True]], "a window lasts"),
        (1, [["latency_p95", list(map(str, range(200_001))), HOUR, HOUR, [], True]], "name 200000 checks"),
    ],
)
def test_a_wish_that_would_take_the_memory_of_the_daemon_is_refused(
    days: int, gauges: Any, said: str
) -> None:
    body = {"start": NOW - days * DAY, "end": NOW, "checks": {}, "neighbours": {}, "gauges": gauges}
    with pytest.raises(ValueError, match=said):
        replay.read_wish(body)


def test_a_month_of_a_hundred_checks_with_usual_rules_is_not() -> None:
    gauges = [
        Gauge("latency_p95", (f"check-{number}",), window, max(MINUTE, window // COARSE), ((">", 1.0, 0.0),))
        for number in range(100) for window in (5 * MINUTE, 10 * MINUTE, 30 * MINUTE, DAY)
    ]  # fmt: skip
    gauges += [one._replace(every=max(MINUTE, one.window // FINE)) for one in gauges if one.window == DAY]
    wish = replay.Wish(start=NOW - 30 * DAY, end=NOW, checks={}, gauges=tuple(gauges))
    assert replay.read_wish(json.loads(json.dumps(replay.write_wish(wish)))) == wish


def test_a_name_that_is_repeated_counts_once() -> None:
    gauge = ["latency_p95", ["shop"] * 100_000, HOUR, HOUR, [], True]
    wish = replay.read_wish({"start": 0, "end": 1, "checks": {}, "neighbours": {}, "gauges": [gauge]})
    assert wish.gauges[0].checks == ("shop",)
