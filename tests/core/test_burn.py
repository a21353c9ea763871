"""Burn rates: the SRE workbook, Sloth and Datadog; simulated outages; exhaustion and forecast."""

from decimal import Decimal
from fractions import Fraction

import pytest
from tests.core.published import cases

from slawatch.core.burn import (
    RULES,
    BurnRule,
    Loss,
    burning,
    check_factor,
    consumed,
    detection,
    exhaustion,
    factor,
    forecast,
    highest,
    lasts,
    lost,
    rate,
    usable,
    window_text,
)
from slawatch.core.counting import Terms
from slawatch.core.instant import DAY, HOUR, MINUTE, SECOND
from slawatch.core.ledger import NOTHING_EXCLUDED, Exclusions, Piece, TimeClass
from slawatch.core.sample import Outcome

MONTH = 30 * DAY


def exactly(number):
    return Fraction(str(number))


@cases("burn", "burn_rate")
def test_published_burn_rates(case):
    asked, expected = case["params"], case["expected"]
    hours = {key: exactly(asked[key]) * HOUR for key in ("long_h", "period_h") if key in asked}
    match asked["fn"]:
        case "factor":
            found = factor(exactly(asked["budget_percent"]) / 100, hours["long_h"], hours["period_h"])
            assert found == pytest.approx(expected["factor"], rel=1e-12)
        case "consumed":
            found = consumed(exactly(asked["burn"]), hours["long_h"], hours["period_h"])
            assert found == exactly(expected["budget_fraction"])
        case "exhaust":
            assert lasts(exactly(asked["burn"]), hours["period_h"]) == expected["hours"] * HOUR
        case "detect":
            window = asked["window_s"] * SECOND
            found = detection(
                exactly(asked["slo"]), exactly(asked["error_ratio"]), window, exactly(asked["burn"])
            )
            assert found == exactly(expected["seconds"]) * SECOND
        case "compare":
            found = rate(Loss(Fraction(asked["bad"]), asked["total"]), exactly(asked["slo"]))
            assert found == exactly(expected["burn"])
            assert (found > exactly(asked["factor"])) is expected["fires_strict_gt"]
        case "max_burn":
            assert highest(exactly(asked["slo"])) == expected["max_burn"]


@cases("burn", "burn_simulation")
def test_simulated_outages(case):
    """The pulse is degraded time of a weight, after a long time without errors: its edges are then exact."""
    asked, expected = case["params"], case["expected"]
    target, ratio = exactly(asked["slo"]), exactly(asked["error_ratio"])
    pulse = asked["pulse_s"] * SECOND
    long, short = asked["long_s"] * SECOND, asked["short_s"] * SECOND
    pieces = (
        Piece(-10 * DAY, 0, TimeClass.UP, Outcome.UP),
        Piece(0, pulse, TimeClass.DEGRADED, Outcome.DEGRADED),
        Piece(pulse, 10 * DAY, TimeClass.UP, Outcome.UP),
    )
    terms = Terms(degraded=Decimal(1) - Decimal(str(asked["error_ratio"])))
    rule = BurnRule(exactly(asked["factor"]) * long / MONTH, long, short, "page")
    assert rule.factor(MONTH) == exactly(asked["factor"])

    def fires(at):
        found = [rate(lost(pieces, at - w, at, terms), target) for w in (rule.long, rule.short)]
        return rule.fires(*found, MONTH)

    if not expected["fires"]:
        assert not any(fires(at) for at in range(0, pulse + long, max(long // 200, 1)))
        return
    begins, ends = (round(expected[key] * SECOND) for key in ("alert_from_s", "alert_until_s"))
    assert [fires(at) for at in (begins, begins + 1, ends - 1, ends)] == [False, True, True, False]
    assert detection(target, ratio, long, exactly(asked["factor"])) == pytest.approx(
        expected["long_true_s"] * SECOND, abs=1
    )
    assert detection(target, ratio, short, exactly(asked["factor"])) == pytest.approx(
        expected["short_true_s"] * SECOND, abs=1
    )


def test_the_rules_of_the_workbook():
    assert [rule.factor(MONTH) for rule in RULES] == [Fraction(72, 5), 6, 3, 1]
    assert [window_text(rule) for rule in RULES] == ["1h and 5m", "6h and 30m", "1d and 2h", "3d and 6h"]
    assert RULES[0].factor(7 * DAY) == Fraction(84, 25)


def test_factors_that_no_outage_exceeds_are_refused():
    with pytest.raises(ValueError, match="would never fire"):
        check_factor(Fraction(95, 100), Fraction(20))
    check_factor(Fraction(95, 100), Fraction(1999, 100))
    check_factor(Fraction(1), Fraction(10**6))
    assert [rule.long for rule in usable(Fraction(90, 100), MONTH)] == [6 * HOUR, DAY, 3 * DAY]
    assert usable(Fraction(1), MONTH) == ()
    assert [rule.long for rule in usable(Fraction(999, 1000), DAY)] == [HOUR, 6 * HOUR, DAY]


def test_both_windows_have_to_burn():
    rule = RULES[0]
    over, just = Fraction(15), Fraction(72, 5)
    assert rule.fires(over, over, MONTH)
    assert not rule.fires(over, just, MONTH)
    assert not rule.fires(just, over, MONTH)
    assert not rule.fires(None, over, MONTH)


def test_rules_as_they_stand():
    def loss(start, end):
        return Loss(Fraction(end - start, 50), end - start)

    found = burning(loss, 0, Fraction(999, 1000), MONTH)
    assert [(one.long, one.short, one.fires) for one in found] == [(20, 20, True)] * 4


def test_what_is_lost_by_policy():
    pieces = (
        Piece(0, 10, TimeClass.UP, Outcome.UP),
        Piece(10, 20, TimeClass.DOWN, Outcome.DOWN),
        Piece(20, 30, TimeClass.UNKNOWN, Outcome.UNKNOWN),
        Piece(30, 40, TimeClass.MAINTENANCE, Outcome.DOWN),
    )
    assert lost(pieces, 0, 40) == (10, 20)
    assert lost(pieces, 5, 25, Terms(unknown="down")) == (15, 20)
    assert lost(pieces, 35, 40) == (0, 0)
    assert lost(pieces, 35, 40).share is None
    assert rate(Loss(Fraction(0), 0), Fraction(99, 100)) is None


def test_when_the_budget_is_used_up():
    recent = Loss(Fraction(MINUTE), HOUR)
    found = exhaustion(Fraction(2 * MINUTE), recent, 0, DAY, NOTHING_EXCLUDED)
    assert found == (2 * HOUR, 2 * HOUR)
    closed = Exclusions(outside_hours=[(HOUR, 5 * HOUR)])
    assert exhaustion(Fraction(2 * MINUTE), recent, 0, DAY, closed) == (2 * HOUR, 6 * HOUR)
    assert exhaustion(Fraction(2 * MINUTE), recent, 0, HOUR, NOTHING_EXCLUDED) == (2 * HOUR, None)
    assert exhaustion(Fraction(-1), recent, 7, DAY, NOTHING_EXCLUDED) == (0, 7)
    assert exhaustion(Fraction(1), Loss(Fraction(0), HOUR), 0, DAY, NOTHING_EXCLUDED) == (None, None)


def test_a_forecast_goes_on_as_it_was():
    days = [Loss(Fraction(DAY, 100), DAY)] * 10
    found = forecast(Loss(Fraction(DAY, 10), 10 * DAY), days, 20 * DAY)
    assert (found.expected, found.days) == (Fraction(99, 100), 10)
    assert found.best == 1 - Fraction(1, 300)
    # Days that are all alike leave nothing open.
    assert found.low == pytest.approx(0.99, abs=1e-9)
    assert found.high == pytest.approx(0.99, abs=1e-9)


def test_a_forecast_is_the_surer_the_more_has_gone_by():
    def after(count):
        days = [Loss(Fraction(DAY * (number % 2), 50), DAY) for number in range(count)]
        done = Loss(sum((day.bad for day in days), Fraction(0)), count * DAY)
        return forecast(done, days, (30 - count) * DAY)

    early, late = after(4), after(26)
    assert early.low < early.expected < early.high <= early.best
    assert late.high - late.low < early.high - early.low
    over = after(30)
    assert (over.low, over.high) == (over.expected, over.expected)


def test_a_forecast_needs_data_and_two_days():
    assert forecast(Loss(Fraction(0), 0), [], DAY).expected is None
    one = forecast(Loss(Fraction(1), 10), [Loss(Fraction(1), 10)], 10)
    assert (one.expected, one.low, one.high) == (Fraction(9, 10), None, None)
