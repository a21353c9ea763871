"""The catalogue of metrics."""

import pytest

from slawatch.core.metric import CATALOGUE, UnknownMetric, find, misfit
from slawatch.core.rule import parse_condition
from slawatch.core.stretch import Stretch, time_value


def test_there_are_more_than_fifty_of_every_method():
    assert len(CATALOGUE) >= 50
    assert {metric.method for metric in CATALOGUE.values()} == {
        "avg", "min", "max", "sum", "last", "stddev", "count", "ratio", "percentile", "rate",
    }  # fmt: skip
    assert all(metric.text and metric.text == metric.text.strip(". ") for metric in CATALOGUE.values())


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_each_is_found_by_its_name(name):
    if name.endswith(":NAME"):
        with pytest.raises(UnknownMetric):
            find(name)
        assert find(name.replace("NAME", "load 1/min")).measure == "load 1/min"
    else:
        assert find(name) is CATALOGUE[name]


def test_each_metric_of_time_has_a_value():
    for metric in CATALOGUE.values():
        if metric.source == "time":
            time_value(metric.name, Stretch(0, 0, 0, 0, 0, (), 0))


@pytest.mark.parametrize(
    ("name", "share"), [("latency_p97.5", 0.975), ("tls_p1", 0.01), ("probe_lag_p99.99", 0.9999)]
)
def test_any_percentile(name, share):
    assert float(find(name).quantile) == share
    assert find(name).unit == "s"


@pytest.mark.parametrize(
    "name",
    ["", "latency", "latency_p0", "latency_p101", "latency_p", "p95", "measure_avg:", "measure_x:a",
     "measure_avg", "availability_p95", "latency_p95 "],
)  # fmt: skip
def test_no_metric(name):
    with pytest.raises(UnknownMetric, match="there is no metric"):
        find(name)


@pytest.mark.parametrize(
    ("name", "text", "fits"),
    [
        ("latency_p95", "> 500ms", True),
        ("latency_p95", "> 500", False),
        ("latency_p95", "> 5%", False),
        ("downtime", "> 0", True),
        ("availability", "< 99.9%", True),
        ("availability", "< 99.9", False),
        ("error_rate", "> 0", True),
        ("timeouts", "> 3", True),
        ("timeouts", "> 3s", False),
        ("timeouts", "> 3%", False),
        ("measure_last:x", "> 3", True),
        ("measure_last:x", "> 90%", True),
        ("measure_last:x", "> 3s", True),
        ("measure_count:x", "> 3s", False),
        ("certificate_left", "< 14d", True),
        ("burn_rate", "> 14.4", True),
        ("budget_remaining", "< 25%", True),
    ],
)
def test_the_unit_of_a_threshold(name, text, fits):
    assert (misfit(find(name), parse_condition(text)) == "") is fits
