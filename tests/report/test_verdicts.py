"""Promises and whether they were kept."""

from dataclasses import replace
from fractions import Fraction

import pytest
from tests.report import cases

from slawatch.core.agreement import Objective
from slawatch.core.instant import MINUTE
from slawatch.core.ratio import Counts
from slawatch.report import csv, html, json
from slawatch.report.build import build
from slawatch.report.report import Events
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
    classes = cases.october().services[0].classes
    assert budget.allowed == (cases.OCTOBER.length - 120 * MINUTE - classes["unknown"]) // 1000
    assert budget.spent == classes["down"]
    assert budget.remaining == budget.allowed - budget.spent


def test_the_worst_service_decides() -> None:
    assert worst(["met", "no data"]) == "no data"
    assert worst(["undecided", "no data"]) == "undecided"
    assert worst(["undecided", "missed", "met"]) == "missed"


def test_no_agreement_promises_nothing() -> None:
    assert targets(None) == ()


def test_a_rate_has_a_budget_of_events_in_every_form() -> None:
    promises = (
        Objective(id="works", metric="success_rate", target="99.9"),
        Objective(id="errors", metric="error_rate", target="< 0.2%"),
        Objective(id="orders", metric="ratio", target="99", check="shop-db", good="good", total="all"),
    )
    terms = replace(cases.GOLD, objectives=promises)
    report = build(
        terms, [cases.SHOP], {"shop": cases.shop_in_october()}, (), (), cases.OCTOBER, cases.OCTOBER.end,
        counters={"orders": Counts(Fraction(9_850), Fraction(10_000))},
    )  # fmt: skip
    works, errors, orders = report.objectives
    assert works.events is not None
    assert errors.events is not None
    assert works.events.bad == errors.events.bad
    assert works.events.allowed == works.events.total / 1000
    assert errors.events.allowed == errors.events.total / 500
    assert orders.events == Events(
        good=Fraction(9_850), total=Fraction(10_000), allowed=Fraction(100), bad=Fraction(150)
    )
    found = json.value(report)["objectives"][2]
    assert found["events"] == {
        "good": 9850.0, "total": 10000.0, "bad": 150.0, "allowed": 100.0, "remaining": -50.0,
    }  # fmt: skip
    assert found["budget"] is None
    assert "150 bad of 10,000; 100 may be" in html.render(report)
    row = csv.render(report)["objectives"].splitlines()[-1]
    assert row == "acme-gold,,2026-10,,orders,ratio,99,98.5,missed,,,,10000,150,100,false"
