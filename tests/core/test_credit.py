"""Credits: the published tiers and formulas of providers, money, and the working."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.published import cases

from slawatch.core.agreement import Agreement, Band, Fee
from slawatch.core.credit import (
    credit,
    credited,
    faults,
    percent_text,
    plain,
    round_money,
    tier_of,
    tiers,
    together,
)

EUR = Fee(amount=Decimal("1200.00"), currency="EUR")


def band(ge=None, lt=None, gt=None, le=None, credit=10, multiple=None, clause=""):
    def number(value):
        return None if value is None else Decimal(str(value))

    return Band(
        at_least=number(ge), below=number(lt), above=number(gt), at_most=number(le),
        credit=None if multiple is not None else number(credit), multiple=number(multiple), clause=clause,
    )  # fmt: skip


def terms(*bands, fee=EUR, **more):
    return Agreement(key="gold", organization="acme", services=("shop",), credits=bands, fee=fee, **more)


def written(found):
    return tuple(band(t.get("ge"), t["lt"], credit=t["credit"]) for t in found)


TWO = (band(99, 99.9, credit=10), band(None, 99, credit=25))


@cases("contract", "credit_tier")
def test_the_tier_of_an_availability(case):
    asked = case["params"]
    share = 1 - Fraction(str(asked["down_min"])) / Fraction(str(asked["total_min"]))
    assert share * 100 == Fraction(case["expected"]["uptime_percent_exact"])
    bands = written(asked["tiers"])
    assert list(faults(bands)) == []
    found = credit(terms(*bands), share)
    assert found.share * 100 == case["expected"]["credit_percent"]
    assert found.amount == 12 * case["expected"]["credit_percent"]
    assert credit(terms(*reversed(bands)), share).share == found.share


@cases("contract", "credit_table")
def test_a_published_table_has_neither_holes_nor_overlaps(case):
    bands = written(case["expected"]["tiers"])
    assert list(faults(bands)) == []
    commitment = Fraction(str(case["expected"]["commitment_percent"])) / 100
    assert tier_of(commitment, tiers(bands)) is None
    just_below = commitment - Fraction(1, 10**15)
    assert credited(tier_of(just_below, tiers(bands)).band, just_below) == Fraction(1, 10)


@cases("contract", "credit_formula")
def test_credits_by_the_time_that_was_lost(case):
    asked, expected = case["params"], case["expected"]
    if "outage_min" in asked:
        lost = Fraction(str(asked["affected_ratio"])) * asked["outage_min"] / asked["scheduled_min"]
        found = credit(terms(band(lt=100, multiple=1)), 1 - lost).share
        # The page prints six decimals.
        assert found == pytest.approx(
            expected["credit_fraction"], rel=max(case["tolerance"], 1e-12), abs=5e-7
        )
        assert found == lost
        return
    rule = band(lt=asked["threshold"], multiple=asked["multiple"])
    share = 1 - Fraction(asked["down_min"], asked["total_min"])
    found = credit(terms(rule), share).share
    assert found == pytest.approx(expected["credit_fraction_of_period_fee"], rel=1e-12)


@cases("contract", "credit_rule", pick=lambda case: "pay" in case["expected"])
def test_a_credit_of_a_dollar_or_less_is_not_paid(case):
    for amount, paid in case["expected"]["pay"].items():
        fee = Fee(amount=Decimal(amount), currency="USD")
        found = credit(terms(band(lt=95, credit=100), fee=fee, pay_above=Decimal(1)), Fraction(1, 2))
        assert found.amount == (Decimal(amount) if paid else 0)
        assert ("none is due" in found.working[-1]) is not paid


@cases("contract", "threshold")
def test_levels_are_strict(case):
    asked = case["params"]
    bands = (band(asked["crit"], asked["warn"], credit=1), band(None, asked["crit"], credit=2))
    found = tier_of(Fraction(str(asked["percent"])) / 100, tiers(bands))
    assert {1: "WARN", 2: "CRIT"}[int(found.band.credit)] == case["expected"]["level"]


def test_the_working_says_every_step_and_cites_the_clause():
    rule = band(99, 99.9, credit=10, clause="section 7.2")
    found = credit(terms(rule, band(None, 99, credit=25), effective_from="2026-01-01"), Fraction(9985, 10000))
    assert found.working == (
        "The availability is 99.85 % (exactly 1997/2000).",
        "That is at least 99 %, below 99.9 % (section 7.2 as of 2026-01-01): 10 % of the fee.",
        "10 % of 1200.00 EUR are 120.00 EUR.",
    )
    assert (found.percent, found.amount, found.currency) == ("10", Decimal("120.00"), "EUR")


def test_the_working_of_a_formula_a_cap_and_a_rounding():
    found = credit(
        terms(band(lt=99.99, multiple=100), fee=Fee(amount=Decimal("99.99"), currency="EUR"), cap=Decimal(5)),
        Fraction(999, 1000),
    )
    assert found.working == (
        "The availability is 99.9 % (exactly 999/1000).",
        (
            "That is below 99.99 % (gold, credits, tier 1): 100 times the 0.1 % of the time that was lost, "
            "10 % of the fee."
        ),
        "Credits come to 5 % of the fee at most: 5 %.",
        "5 % of 99.99 EUR are 4.9995, rounded half up to 5.00 EUR.",
    )
    assert found.amount == Decimal("5.00")


def test_no_data_is_no_credit_and_says_so():
    found = credit(terms(*TWO), None)
    assert (found.share, found.amount, found.percent) == (None, None, None)
    assert found.working == ("There is no data: no availability can be worked out, so no credit is.",)


def test_without_a_fee_there_is_a_percentage_only():
    found = credit(terms(*TWO, fee=None), Fraction(1, 2))
    assert (found.percent, found.amount, found.currency) == ("25", None, "")


def test_an_availability_that_is_kept_earns_nothing():
    found = credit(terms(*TWO), Fraction(999, 1000))
    assert (found.tier, found.share, found.amount) == (None, 0, Decimal("0.00"))
    assert "none of the tiers" in found.working[1]


def test_operators_of_each_tier():
    bands = (band(gt=99, le=99.9, credit=10), band(le=99, credit=25))
    assert list(faults(bands)) == []
    found = {str(s): tier_of(Fraction(s), tiers(bands)) for s in ("0.999", "0.9990001", "0.99", "0.9900001")}
    assert [None if tier is None else int(tier.band.credit) for tier in found.values()] == [10, None, 25, 10]
    assert str(found["0.999"]) == "above 99 %, at most 99.9 %"


@pytest.mark.parametrize(
    ("bands", "fault"),
    [
        ((band(99, 99.9), band(lt=98)), (0, "at_least", "leaves a hole")),
        ((band(gt=99, lt=99.9), band(lt=99)), (0, "above", "leaves a hole")),
        ((band(99, 99.9), band(le=99)), (0, "at_least", "overlaps")),
        ((band(98, 99.9), band(lt=99)), (0, "at_least", "overlaps")),
        ((band(90, 99.9),), (0, "at_least", "less than 90 %")),
        ((band(99, 99),), (0, "at_least", "no availability")),
        ((Band(below=Decimal(9)),), (0, "credit", "says what is due")),
        ((Band(credit=Decimal(9)),), (0, "below", "below which")),
    ],
)
def test_what_is_wrong_with_tiers(bands, fault):
    (found,) = faults(bands)
    assert (found.number, found.key) == fault[:2]
    assert fault[2] in found.text


@pytest.mark.parametrize(
    ("amount", "currency", "mode", "expected"),
    [
        ("1/8", "EUR", "half_up", "0.13"), ("1/8", "EUR", "half_even", "0.12"),
        ("1/8", "EUR", "down", "0.12"),
        ("1/8", "EUR", "up", "0.13"), ("3/8", "EUR", "half_even", "0.38"), ("1/3", "JPY", "up", "1"),
        ("1/3", "JPY", "half_up", "0"), ("1/3", "KWD", "half_up", "0.333"), ("0", "EUR", "up", "0.00"),
        ("12345678901234/100", "USD", "half_up", "123456789012.34"),
        ("124999999999999999999999/1000000000000000000000000", "EUR", "half_up", "0.12"),
    ],
)  # fmt: skip
def test_money_is_rounded_once_and_exactly(amount, currency, mode, expected):
    assert str(round_money(Fraction(amount), currency, mode)) == expected


def test_parts_earn_their_share_of_the_fee():
    first = credit(terms(*TWO), Fraction(98, 100), of_period=Fraction(1, 4))
    second = credit(terms(*TWO), Fraction(1), of_period=Fraction(3, 4))
    found = together([("2026-01-01", Fraction(1, 4), first), ("2026-02-01", Fraction(3, 4), second)])
    assert (first.amount, second.amount, found.amount) == (
        Decimal("75.00"),
        Decimal("0.00"),
        Decimal("75.00"),
    )
    assert found.share == Fraction(1, 16)
    assert found.working[-1] == "Together: 75.00 + 0.00 = 75.00 EUR."
    assert found.working[0].startswith("2026-01-01: The availability is 98 %")


@given(st.fractions(0, 1), st.fractions(0, 1))
def test_a_worse_availability_never_earns_less(one, other):
    bands = (band(99, 99.9, credit=10), band(95, 99, credit=25), band(lt=95, credit=100))
    worse, better = sorted([one, other])
    assert credit(terms(*bands), worse).share >= credit(terms(*bands), better).share


@given(st.fractions(0, 1))
def test_every_availability_lies_in_one_tier_at_most(share):
    bands = (band(99, 99.9, credit=10), band(95, 99, credit=25), band(lt=95, credit=100))
    found = [tier for tier in tiers(bands) if tier.holds(share)]
    assert len(found) == (share < Fraction(999, 1000))


@pytest.mark.parametrize(("share", "text"), [("1", "100"), ("9995/10000", "99.95"), ("1/3", "33.333333")])
def test_percentages_for_people(share, text):
    assert percent_text(Fraction(share)) == text
    assert plain(Decimal("10.0")) == "10"
    assert percent_text(Fraction(99999999999, 100000000000), floor=True) == "99.999999"
