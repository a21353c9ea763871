"""Trends over periods."""

from fractions import Fraction

import pytest

from slawatch.core.instant import Instant
from slawatch.core.ledger import Interval
from slawatch.core.objective import Verdict
from slawatch.core.outage import Outage
from slawatch.core.period import from_to, parse_period
from slawatch.core.trend import Failure, Reaction, TrendPoint, failures, looking_back, trend


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


def outage(start: Instant, end: Instant, *, counted=1):
    return Outage(
        id=f"shop-{start}", service="shop", start=start, end=end, ongoing=False, after_start=start,
        after_end=end, clipped=Interval(start, end), lengths={}, counted=counted, long_enough=True,
    )  # fmt: skip


def test_an_outage_belongs_to_the_period_it_began_in():
    found = failures(
        [outage(5, 15), outage(15, 40), outage(18, 19, counted=0)],
        from_to(10, 30, "UTC"),
    )
    assert found == (Failure(15, 40),)
