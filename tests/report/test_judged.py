"""What an evaluation becomes in a report: verdicts, credit, adjustments, versions, groups."""

from dataclasses import replace
from decimal import Decimal

import pytest
from tests.report import cases

from slawatch.core.agreement import Agreement, Band, Clause, Fee, Group, Objective
from slawatch.core.check import Maintenance, Service
from slawatch.core.instant import DAY, HOUR, MINUTE, SECOND
from slawatch.report.build import build
from slawatch.report.contract import Contract
from slawatch.report.report import CLASSES, Report


def contract_of(report: Report) -> Contract:
    assert report.contract is not None
    return report.contract


def test_both_figures_and_both_verdicts_stand_side_by_side() -> None:
    report = cases.contract()
    found = contract_of(report)
    availability = report.objectives[0]
    assert (availability.verdict_before, availability.verdict) == ("missed", "met")
    assert found.measured is not None
    assert found.measured.share is not None
    assert found.combined.share is not None
    assert found.measured.share < found.combined.share
    assert found.credit is not None
    assert (found.credit.amount_before, found.credit.amount) == ("120.00", "0.00")
    shop = report.services[0]
    assert shop.measured is not None
    assert shop.classes["excused"] == 11 * MINUTE + 47 * SECOND + 600_000
    held, waiting = found.adjustments
    assert (held.holds, held.author, held.approvers) == (True, "alice", ("bob",))
    assert (waiting.holds, waiting.state) == (False, "proposed")


def test_without_an_adjustment_there_is_one_figure() -> None:
    report = cases.october()
    assert contract_of(report).measured is None
    assert report.services[0].measured is None
    assert contract_of(report).credit is None
    assert cases.october(None).contract is None


def test_the_credit_is_worked_out_line_by_line_and_can_be_claimed_until() -> None:
    terms = replace(
        cases.GOLD,
        fee=Fee(amount=Decimal("1200.00"), currency="EUR"),
        credits=(Band(below=Decimal("99.95"), credit=Decimal(10), clause="Gold, 4.2"),),
        claim_window=30 * DAY,
    )
    credit = contract_of(cases.october(terms)).credit
    assert credit is not None
    assert (credit.percent, credit.amount, credit.currency) == ("10", "120.00", "EUR")
    assert "Gold, 4.2" in " ".join(credit.working)
    assert credit.claim_until == cases.OCTOBER.end + 30 * DAY
    assert credit.under == {"exclude": "10", "down": "10", "up": "10"}


def test_versions_split_the_period() -> None:
    first, second = contract_of(cases.contract()).parts
    assert first.end == second.start == cases.at("2026-10-20T00:00:00")
    assert cases.contract().terms == ("2026-01-01", "2026-10-20")
    assert dict(second.wording) == {"In force since": "2026-10-20", "Unknown time": "counts as down"}
    assert dict(first.wording)["Service hours"] == "office: Mon to Sun 06:00-23:00 (Europe/Berlin)"
    assert cases.contract().unknown_policy == "down"


def test_the_quota_and_the_notice_are_those_of_the_clause() -> None:
    report = cases.contract()
    upgrade, urgent = report.services[0].maintenance
    assert (upgrade.granted, upgrade.over_quota, upgrade.outside_hours) == (HOUR, 0, HOUR)
    assert urgent.refused == (("announced too late", 30 * MINUTE),)
    assert [(q.allowed, q.used) for q in contract_of(report).quotas] == [(HOUR, HOUR)]


def test_what_a_later_quota_grants_depends_on_the_windows_before_the_report() -> None:
    terms = replace(cases.GOLD, maintenance=Clause(quota=HOUR, per="quarter"))
    early = Maintenance(
        services=("shop",), start=cases.OCTOBER.end, end=cases.OCTOBER.end + HOUR, announced=0
    )
    late = replace(early, start=early.start + 40 * DAY, end=early.end + 40 * DAY)
    december = replace(
        cases.OCTOBER,
        label="2026-12",
        start=cases.at("2026-12-01T00:00:00"),
        end=cases.at("2027-01-01T00:00:00"),
    )
    for windows, granted in (((late,), HOUR), ((early, late), 0)):
        report = build(terms, [cases.SHOP], {}, windows, (), december, december.end)
        (line,) = report.services[0].maintenance
        assert (line.granted, line.over_quota) == (granted, HOUR - granted)


def test_while_it_runs_the_money_and_the_time_left_are_told() -> None:
    found = contract_of(cases.contract(now=cases.at("2026-10-26T12:00:00"))).running
    assert found is not None
    assert found.burn is not None
    assert 0 < found.burn < 1
    first, second = found.standing.stakes
    assert 0 < first.left < second.left
    assert (str(first.amount), str(second.amount)) == ("120.00", "300.00")
    assert found.forecast.expected is not None
    assert contract_of(cases.contract()).running is None


@pytest.mark.parametrize("combine", ["worst", "all", "mean"])
def test_a_group_is_reported_as_one_and_its_members_on_their_own(combine: str) -> None:
    terms = Agreement(
        key="cluster",
        organization="acme",
        services=("shop", "spare"),
        groups={"pair": Group(services=("shop", "spare"), join="any")},
        combine=combine,
        timezone=cases.BERLIN,
        objectives=(Objective(id="availability", metric="availability", target="99.9"),),
    )
    start, end = cases.OCTOBER.start, cases.OCTOBER.end
    spare = replace(
        cases.shop_in_october(), service="spare", checks=(cases.check_evidence("spare", start, end, []),)
    )
    report = build(
        terms, [cases.SHOP, Service(name="spare")], {"shop": cases.shop_in_october(), "spare": spare},
        (), (), cases.OCTOBER, end + DAY,
    )  # fmt: skip
    assert [service.service for service in report.services] == ["shop", "spare"]
    pair = report.groups[0]
    assert (pair.service, pair.members) == ("pair", ("shop", "spare"))
    assert pair.classes["down"] == 0 < report.services[0].classes["down"]
    assert report.objectives[0].verdict == "met"
    for service in (*report.services, *report.groups):
        assert sum(service.classes.values()) == cases.OCTOBER.length
        for name in CLASSES:
            assert sum(day.classes[name] for day in service.days) == service.classes[name]


def test_an_unknown_calendar_is_refused() -> None:
    with pytest.raises(ValueError, match="no calendar 'night'"):
        cases.october(replace(cases.GOLD, calendar="night"))


def test_a_service_that_only_older_terms_name_is_reported_for_their_time() -> None:
    later = replace(cases.GOLD, services=("shop",), effective_from="2026-10-20")
    first = replace(cases.GOLD, services=("shop", "search"), versions=(later,))
    report = build(
        first, [cases.SHOP], {"shop": cases.shop_in_october()}, (), (), cases.OCTOBER, cases.OCTOBER.end
    )
    shop, search = report.services
    assert sum(shop.classes.values()) == cases.OCTOBER.length
    assert sum(search.classes.values()) == cases.at("2026-10-20T00:00:00") - cases.OCTOBER.start
    assert len(search.days) == 19
