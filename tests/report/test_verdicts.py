"""Promises and whether they were kept."""

from dataclasses import replace

import pytest
from tests.report import cases

from slawatch.core.agreement import Objective
from slawatch.core.instant import MINUTE
from slawatch.report.verdicts import targets, worst


def verdict(metric: str, target: str, **terms) -> tuple[str, str]:
    agreement = replace(cases.GOLD, objectives=(Objective(id="x", metric=metric, target=target),), **terms)
    found = cases.october(agreement).objectives[0]
    return found.measured, found.verdict


@pytest.mark.parametrize(
    ("metric", "target", "expected"),
    [
        ("availability", "99.9", ("99.93", "met")),
        ("availability", "99.99", ("99.939", "missed")),
        ("availability", "99.94", ("99.939", "undecided")),
        ("latency_p95", "< 500ms", ("231.4ms", "met")),
        ("latency_p95", "< 231.4ms", ("231.4ms", "missed")),
        ("latency_p95", "<= 231.4ms", ("231.4ms", "met")),
        ("latency_p90", "< 1s", ("no data", "no data")),
        ("error_rate", "< 0.2%", ("0.16%", "met")),
        ("error_rate", "<= 0.1%", ("0.16%", "missed")),
    ],
)
def test_a_promise_is_compared_exactly(metric: str, target: str, expected: tuple[str, str]) -> None:
    assert verdict(metric, target) == expected


def test_the_policy_for_unknown_time_decides() -> None:
    assert verdict("availability", "99.9", unknown="down") == ("99.68", "missed")
    assert verdict("availability", "99.9", unknown="up") == ("99.93", "met")


def test_the_budget_is_that_of_the_time_that_counts() -> None:
    budget = cases.october().objectives[0].budget
    assert budget is not None
    assert budget.allowed == (cases.OCTOBER.length - 120 * MINUTE) // 1000
    assert budget.spent == cases.october().services[0].classes["down"]
    assert budget.remaining == budget.allowed - budget.spent


def test_the_worst_service_decides() -> None:
    assert worst(["met", "no data"]) == "no data"
    assert worst(["undecided", "no data"]) == "undecided"
    assert worst(["undecided", "missed", "met"]) == "missed"


def test_no_agreement_promises_nothing() -> None:
    assert targets(None) == ()
