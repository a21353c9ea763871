"""Latency charts: windows, steps, and what the store says."""

import pytest
from tests.web.conftest import NOW, Served, View

from slawatch.answers.latency import LENGTHS, WINDOWS, answer, latencies, window
from slawatch.core.instant import DAY, HOUR, MINUTE, SECOND


@pytest.mark.parametrize("name", WINDOWS)
def test_a_window_ends_now_and_starts_at_a_whole_step(view: View, name: str) -> None:
    found = window(view.config, "shop", name, NOW + 1)
    assert found.end == NOW
    assert found.start % found.step == 0
    assert (found.end - found.start) / found.step <= 192
    if name in LENGTHS:
        assert LENGTHS[name][0] <= found.end - found.start < LENGTHS[name][0] + found.step


def test_the_period_is_that_of_the_agreement_else_the_month(view: View) -> None:
    assert window(view.config, "shop", "period", NOW).start == NOW - 12 * HOUR
    assert window(view.config, "jobs", "period", NOW).start == NOW - 12 * HOUR
    later = window(view.config, "jobs", "period", NOW + 28 * DAY)
    assert later.step == 4 * HOUR
    with pytest.raises(KeyError):
        window(view.config, "shop", "2h", NOW)
    with pytest.raises(KeyError):
        window(view.config, "nope", "period", NOW)


def test_steps_without_answers_are_gaps(view: View) -> None:
    with view.database.reading() as cursor:
        found = latencies(cursor, view.config, "shop", window(view.config, "shop", "24h", NOW))
        told = answer(found)
        nothing = answer(latencies(cursor, view.config, "jobs", window(view.config, "jobs", "1h", NOW)))
    points = told["points"]
    assert len({len(column) for column in points.values()}) == 1
    first = next(i for i, value in enumerate(points["p50"]) if value is not None)
    assert points["time"][first] == (NOW - 600 * MINUTE) / SECOND
    assert points["count"][:first] == [0] * first
    assert points["p95"][first] == points["max"][first] == 0.02
    # Two checks, two samples a minute each, ten minutes; those that were down have no latency that counts.
    assert points["count"][first] == 40
    assert told["overall"] == {"p50": 0.02, "p95": 0.02, "p99": 0.02, "max": 0.02, "count": 2396}
    assert nothing["points"]["time"] == []
    assert nothing["overall"] == {"p50": None, "p95": None, "p99": None, "max": None, "count": 0}


async def test_the_api_answers_for_every_window(served: Served) -> None:
    for name in WINDOWS:
        answered = await served.public.get("/api/v1/services/shop/latency", params={"window": name})
        assert answered.json()["window"] == name
    assert (await served.public.get("/api/v1/services/nope/latency")).status_code == 404
    refused = await served.public.get("/api/v1/services/shop/latency?window=2h")
    assert (refused.status_code, "24h" in refused.json()["detail"]) == (400, True)
