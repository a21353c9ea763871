"""The metrics as an answer."""

import pytest
from tests.web.conftest import NOW, View

from slawatch.answers import metrics
from slawatch.answers.metrics import BadQuery
from slawatch.core.metric import CATALOGUE, misfit
from slawatch.core.rule import parse_condition


def asked(view: View, name: str, **parameters: str):
    question = metrics.query(view.config, name, parameters)
    with view.database.reading() as cursor:
        return metrics.answer(cursor, view.config, question, NOW, view.live())


def test_the_catalogue() -> None:
    listed = metrics.catalogue()["metrics"]
    assert [one["metric"] for one in listed] == list(CATALOGUE)
    assert listed[0] == {
        "metric": "latency_avg", "text": "mean latency of the probes that were up or degraded",
        "unit": "seconds", "method": "avg", "about": "service", "over": "window",
    }  # fmt: skip


def test_the_example_of_each_metric_is_a_threshold_of_it() -> None:
    for metric in CATALOGUE.values():
        assert misfit(metric, parse_condition(metrics.example(metric))) == ""


def test_a_value_for_each_service(view: View) -> None:
    found = asked(view, "error_rate", window="10m")
    assert (found["window"], found["window_text"], found["unit"]) == (600.0, "10m", "percent")
    assert [(one["service"], one["value"], one["shown"]) for one in found["values"]] == [
        ("shop", 10.0, "10%"), ("api", 50.0, "50%"), ("jobs", None, "no data"),
    ]  # fmt: skip


def test_lengths_are_seconds(view: View) -> None:
    (one,) = asked(view, "latency_p95", service="shop")["values"]
    assert (one["value"], one["unit"], one["shown"]) == (0.02, "seconds", "20 ms")


def test_by_check_and_by_agreement(view: View) -> None:
    found = asked(view, "availability", service="api", by="check", window="1h")
    assert [(one["check"], one["value"]) for one in found["values"]] == [("api-a", 0.0), ("api-b", 100.0)]
    (one,) = asked(view, "availability", check="api-a", window="1h")["values"]
    assert one["check"] == "api-a"
    found = asked(view, "budget_remaining", agreement="gold")
    assert (found["window"], found["values"][0]["agreement"], found["values"][0]["service"]) == (
        None, "gold", "shop",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("latency_p95x", {}, "there is no metric 'latency_p95x': did you mean \"latency_p95\"?"),
        ("xyzzy", {}, "`slawatch metrics list` shows them all"),
        ("measure_avg:NAME", {}, "wants the name of a measure: measure_avg:load1 or the like"),
        ("probes", {"service": "shpo"}, "there is no service 'shpo': did you mean \"shop\"?"),
        ("probes", {"check": "zzzz"}, "there are api-a, api-b, backup, "),
        ("probes", {"agreement": "gold"}, "probes is no metric of agreements"),
        ("burn_rate", {"check": "api-a"}, "burn_rate is no metric of checks"),
        ("probes", {"window": "soon"}, "window: 'soon' is not a duration"),
        ("probes", {"window": "1ms"}, "window: from 1s to 366d"),
        ("probes", {"by": "host"}, "by must be service or check"),
        ("probes", {"sevice": "shop"}, "there is no parameter 'sevice'"),
    ],
)
def test_what_cannot_be_asked(view: View, name: str, parameters: dict[str, str], message: str) -> None:
    with pytest.raises(BadQuery) as refused:
        metrics.query(view.config, name, parameters)
    assert message in str(refused.value)
