"""Trends over periods."""

from dataclasses import replace
from fractions import Fraction

import pytest

from slawatch.core.instant import Instant
from slawatch.core.ledger import Interval
from slawatch.core.objective import Verdict
from slawatch.core.outage import Outage
from slawatch.core.period import from_to, parse_period
from slawatch.core.trend import (
    MOST_SERVICES,
    Failure,
    Reaction,
    TrendPoint,
    failures,
    looking_back,
    trend,
    untold,
)


def point(label, verdict, *found, downtime=0, uptime=100, reactions=()):
    return TrendPoint(
        label=label, share=Fraction(1), verdict=verdict, downtime=Fraction(downtime),
        uptime=Fraction(uptime), failures=found, reactions=reactions,
    )  # fmt: skip


def test_several_periods_together():
    found = trend(
        [
            point("2026-01", Verdict.MET, Failure(0, 10), downtime=10, reactions=(Reaction("a", 1, 5),)),
            point(
                "2026-02",
                Verdict.MISSED,
                Failure(20, 50),
                Failure(60, 65),
                downtime=35,
                reactions=(Reaction("a", 21, 27), Reaction("a", 61)),
            ),
            point("2026-03", Verdict.NO_DATA, uptime=0),
            point("2026-04", Verdict.UNDECIDED, Failure(90, 99, ongoing=True), downtime=9),
        ]
    )
    assert (found.met, found.judged, found.compliance) == (1, 2, Fraction(1, 2))
    assert (found.downtime, found.failures) == (54, 4)
    assert found.repair == 15
    assert found.between == 75
    assert (found.incidents, found.acknowledged, found.acknowledge) == (3, 2, 5)


def test_nothing_to_tell_from():
    found = trend([])
    assert (found.compliance, found.repair, found.between, found.acknowledge) == (None, None, None, None)
    assert trend([point("2026-01", Verdict.MET)]).between is None


def test_twelve_months_back_whatever_the_year():
    labels = [period.label for period in looking_back(parse_period("2026-03", "Europe/Berlin"))]
    assert (len(labels), labels[0], labels[-2:]) == (12, "2025-04", ["2026-02", "2026-03"])
    quarters = looking_back(parse_period("2026-Q1", "UTC"), 3)
    assert [period.label for period in quarters] == ["2025-Q3", "2025-Q4", "2026-Q1"]
    with pytest.raises(ValueError, match="no calendar period"):
        looking_back(from_to(0, 10, "UTC"))


@pytest.mark.parametrize(
    ("more", "standing"),
    [
        ({}, "met"),
        ({"verdict": Verdict.MISSED}, "missed"),
        ({"verdict": Verdict.UNDECIDED}, "undecided"),
        ({"verdict": Verdict.NO_DATA, "coverage": Fraction(0), "firm": False}, "no data"),
        ({"coverage": Fraction(1, 8000), "firm": False}, "hardly known"),
        ({"coverage": Fraction(1, 8000), "firm": False, "verdict": Verdict.MISSED}, "hardly known"),
        ({"coverage": Fraction(1, 2), "firm": False}, "met"),
        ({"coverage": Fraction(1, 8000), "firm": True, "verdict": Verdict.MISSED}, "missed"),
        ({"running": True}, "running"),
        ({"running": True, "verdict": Verdict.MISSED}, "running"),
        ({"running": True, "verdict": Verdict.UNDECIDED}, "undecided"),
    ],
)
def test_how_a_period_stands(more, standing):
    one = replace(point("2026-01", Verdict.MET), **more)
    assert one.standing == standing
    found = trend([one])
    assert (found.judged, found.met) == (standing in ("met", "missed"), standing == "met")
    assert found.hardly_known == (standing == "hardly known")


def test_an_outage_across_the_edge_of_a_period_is_one_outage():
    """Each month tells of it, the later one of its end; another service's at the same time is another."""
    first = point(
        "2026-01", Verdict.MET, Failure(90, 100, ongoing=True, service="a"), Failure(90, 95, service="b")
    )
    second = point("2026-02", Verdict.MET, Failure(90, 130, service="a"))
    found = trend([first, second])
    assert (found.failures, found.repair) == (2, Fraction(45, 2))
    assert [len(one.failures) for one in found.points] == [2, 1]


def outage(start: Instant, end: Instant, *, counted=1):
    return Outage(
        id=f"shop-{start}", service="shop", start=start, end=end, ongoing=False, after_start=start,
        after_end=end, clipped=Interval(start, end), lengths={}, counted=counted, long_enough=True,
    )  # fmt: skip


def test_an_outage_is_one_where_something_of_it_counts():
    found = failures([outage(5, 15), outage(15, 40), outage(18, 19, counted=0)])
    assert found == (Failure(5, 15, service="shop"), Failure(15, 40, service="shop"))


def test_what_has_no_trend_says_why():
    month = parse_period("2026-03", "UTC")
    assert untold(month, MOST_SERVICES) == ""
    assert untold(month, MOST_SERVICES + 1) == (
        "The earlier periods are left out: they are told of up to 2,000 services."
    )
    assert untold(from_to(0, 10, "UTC"), MOST_SERVICES + 1) == ""
