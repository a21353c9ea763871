"""The figures of an agreement's running period as metrics."""

from decimal import Decimal

import pytest
from tests.core.agreements import JUNE, down, evaluated, promise

from slawatch.core.agreement import Objective
from slawatch.core.instant import DAY, HOUR, MINUTE
from slawatch.core.metric import CATALOGUE
from slawatch.core.pledge import loss_of, pledge_value

NOW = JUNE.start + 10 * DAY
BUDGET = 43.2
"""Minutes of June that 99.9 % allow."""


def found(*spans, now=NOW, **more):
    return evaluated(promise("shop", **more), {"shop": down(*spans, until=now + HOUR)}, now=now)


def value(name, made, window=HOUR):
    return pledge_value(name, made, window)


def test_every_metric_of_agreements_has_a_value():
    made = found((0, 10))
    for metric in CATALOGUE.values():
        if metric.source == "agreement":
            assert value(metric.name, made) is not None or metric.name == "budget_lasts"


def test_a_budget():
    made = found((0, 10))
    assert value("budget_spent", made) == 10 * MINUTE
    assert value("budget_left", made) == pytest.approx((BUDGET - 10) * MINUTE)
    assert value("budget_remaining", made) == pytest.approx(100 * (BUDGET - 10) / BUDGET)
    assert value("period_availability", made) == pytest.approx(100 - 100 * 10 / (10 * 24 * 60))
    assert value("best_availability", made) == pytest.approx(100 - 100 * 10 / (30 * 24 * 60))
    assert value("tier_left", made) == pytest.approx((BUDGET - 10) * MINUTE)
    assert (value("credit_due", made), value("objectives_missed", made)) == (0, 0)
    over = found((0, 60))
    assert value("budget_left", over) < 0
    assert (value("credit_due", over), value("objectives_missed", over)) == (10, 1)


def test_a_burn_rate_looks_back_over_its_window():
    minutes = (NOW - JUNE.start) // MINUTE
    made = found((minutes - 6, minutes))
    assert value("burn_rate", made, HOUR) == pytest.approx(100)
    assert value("burn_rate", made, 6 * MINUTE) == pytest.approx(1000)
    assert value("burn_rate", made, DAY) == pytest.approx(6 / (24 * 60) * 1000)
    assert value("period_burn_rate", made) == pytest.approx(6 / minutes * 1000)
    # What is left of the budget, at the loss of the last six hours.
    assert value("budget_lasts", made) == pytest.approx((BUDGET - 6) * MINUTE * 60, rel=1e-6)
    loss = loss_of(made)(NOW - HOUR, NOW)
    assert (loss.bad, loss.counted) == (6 * MINUTE, HOUR)


def test_without_a_promise_on_availability_there_is_no_budget():
    made = found((0, 10), objectives=(Objective(id="speed", metric="latency_p95", target="< 500ms"),))
    for name in ("budget_remaining", "budget_left", "budget_spent", "burn_rate", "budget_lasts"):
        assert value(name, made) is None
    assert value("period_availability", made) is not None


def test_the_worst_service_makes_the_rate():
    checks = {"shop": down(until=NOW + HOUR), "mail": down((14394, 14400), until=NOW + HOUR)}
    made = evaluated(promise("shop", "mail"), checks, now=NOW)
    assert value("burn_rate", made) == pytest.approx(100)
    mean = evaluated(promise("shop", "mail", combine="mean"), checks, now=NOW)
    assert value("burn_rate", mean) == pytest.approx(50)
    weighted = promise("shop", "mail", combine="weighted", weights={"shop": Decimal(3), "mail": Decimal(1)})
    assert value("burn_rate", evaluated(weighted, checks, now=NOW)) == pytest.approx(25)
