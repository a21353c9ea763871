"""The terms spelled out, and the notices before the figures."""

from dataclasses import replace
from decimal import Decimal

from tests.report import cases

from slawatch.core.evidence import ServiceEvidence
from slawatch.core.instant import DAY
from slawatch.core.sample import Outcome
from slawatch.report.build import build


def test_every_term_is_spelled_out() -> None:
    said = dict(cases.two_services().wording)
    assert said["Agreement"] == "acme-silver"
    assert said["Organisation"] == "Acme Corp"
    assert said["Services"] == "shop, search"
    assert said["Objective errors"] == "error_rate < 0.2%"
    assert said["Unknown time"] == "counts as down"
    assert said["Degraded time"] == "counts as good with a weight of 0.5"
    assert dict(cases.october().wording)["In force since"] == "2026-01-01"
    weighed = cases.october(replace(cases.GOLD, degraded=Decimal(0)))
    assert "weight of 0" in dict(weighed.wording)["Degraded time"]


def test_a_late_start_is_told() -> None:
    assert (
        "search was first watched 4 d 10 h into the period; the time before is not counted."
        in cases.two_services().notices
    )


def test_many_services_share_a_notice() -> None:
    services = [replace(cases.SHOP, name=f"s{i}") for i in range(9)]
    report = build(None, services, {}, (), (), cases.OCTOBER, cases.OCTOBER.end + DAY)
    assert report.notices == (
        "There is no sample up to the end of this period of s0, s1, s2, s3, s4 and 4 more.",
    )


def test_a_period_that_has_not_begun_is_said_to_be_so() -> None:
    report = cases.october(now=cases.OCTOBER.start)
    assert report.notices == ("This period has not begun: there is nothing to report yet.",)


def test_without_services_there_is_nothing_to_report_on() -> None:
    report = build(None, [], {}, (), (), cases.OCTOBER, cases.OCTOBER.end)
    assert report.notices == ("There are no services to report on.",)


def test_a_state_that_was_hardly_known_is_told() -> None:
    dark = cases.check_evidence(
        "shop-home",
        cases.OCTOBER.start,
        cases.OCTOBER.end,
        [(cases.OCTOBER.start + DAY, cases.OCTOBER.end - DAY, Outcome.UNKNOWN)],
    )
    evidence = {"shop": ServiceEvidence(service="shop", checks=(dark,))}
    report = build(None, [cases.SHOP], evidence, (), (), cases.OCTOBER, cases.OCTOBER.end)
    said = "The state was known for only part of the time that counts: shop (6.4\u202f%)."
    assert report.notices == (said,)
    assert not any("known for only part" in notice for notice in cases.october().notices)
