"""A service on its way into a report, where versions of the terms split its days."""

from dataclasses import replace
from fractions import Fraction

from tests.report import cases

from slawatch.core.sample import Outcome
from slawatch.report.build import build


def test_a_day_that_two_versions_share_counts_each_part_by_its_own_terms() -> None:
    start, end = cases.OCTOBER.start, cases.OCTOBER.end
    noon = cases.at("2026-10-10T12:00:00")
    dark = [(cases.at("2026-10-10T06:00:00"), noon, Outcome.UNKNOWN)]
    evidence = replace(cases.shop_in_october(), checks=(cases.check_evidence("shop-home", start, end, dark),))
    # In Tokyo the new day begins at 17:00 of the old one in Berlin.
    later = replace(cases.GOLD, effective_from="2026-10-10", timezone="Asia/Tokyo", unknown="down")
    report = build(
        replace(cases.GOLD, versions=(later,)), [cases.SHOP], {"shop": evidence}, (), (), cases.OCTOBER, end
    )
    day = next(day for day in report.services[0].days if day.date == "2026-10-10")
    assert day.percent == 100 * Fraction(18, 24)
    same = build(cases.GOLD, [cases.SHOP], {"shop": evidence}, (), (), cases.OCTOBER, end)
    assert next(day for day in same.services[0].days if day.date == "2026-10-10").percent == 100
