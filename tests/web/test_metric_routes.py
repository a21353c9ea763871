"""The endpoints of the metrics."""

from slawatch.core.metric import CATALOGUE

from .conftest import Served


async def test_the_catalogue(served: Served) -> None:
    for door in (served.public, served.control):
        answer = await door.get("/api/v1/metrics")
        assert [one["metric"] for one in answer.json()["metrics"]] == list(CATALOGUE)


async def test_a_value(served: Served) -> None:
    answer = await served.control.get(
        "/api/v1/metrics/latency_p97.5", params={"service": "shop", "window": "10m"}
    )
    (one,) = answer.json()["values"]
    assert (answer.status_code, one["value"]) == (200, 0.02)
    measure = await served.control.get("/api/v1/metrics/measure_max:/var", params={"by": "check"})
    assert (measure.status_code, measure.json()["metric"]) == (200, "measure_max:/var")
    own = await served.control.get("/api/v1/metrics/daemon_age")
    assert own.json()["values"][0]["value"] == 3600.0


async def test_what_cannot_be_answered(served: Served) -> None:
    answer = await served.control.get("/api/v1/metrics/latensy_p95")
    assert (answer.status_code, answer.json()["detail"]) == (
        404, "there is no metric 'latensy_p95': did you mean \"latency_p95\"?",
    )  # fmt: skip
    answer = await served.control.get("/api/v1/metrics/probes", params={"service": "shpo"})
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
