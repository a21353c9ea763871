"""What a reader has to know: nothing where there is nothing."""

from tests.core.agreements import OVER, down, evaluated, promise, window

from slawatch.core.instant import DAY, HOUR


def test_a_plain_month_needs_no_remark():
    found = evaluated(promise("shop"), {"shop": down((0, 3))}, maintenance=[window("shop", 0, 3)])
    assert found.remarks == ()


def test_maintenance_that_the_agreement_ignores():
    agreement = promise("shop", maintenance="ignore")
    found = evaluated(agreement, {"shop": down()}, maintenance=[window("shop", 0, 60)])
    assert found.remarks == ("shop: 1h of announced work is not excluded by this agreement and counts.",)


def test_bounds_of_a_credit_are_told_once_the_period_is_over():
    checks = {"shop": down((10, 53), blur=HOUR, until=OVER)}
    during = evaluated(promise("shop"), checks, now=OVER - 45 * DAY)
    assert not [remark for remark in during.remarks if remark.startswith("The credit")]
    after = evaluated(promise("shop"), checks)
    assert [remark for remark in after.remarks if remark.startswith("The credit of 0 %")]
