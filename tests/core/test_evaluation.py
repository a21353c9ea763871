"""What an agreement comes to for a period."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from tests.core.agreements import JUNE, OVER, down, evaluated, promise, seen, window

from slawatch.core.adjustment import Added, Approved, fold
from slawatch.core.agreement import Clause, Group, Objective
from slawatch.core.calendar import Calendar, parse_hours
from slawatch.core.instant import DAY, HOUR, MINUTE, SECOND
from slawatch.core.ledger import TimeClass
from slawatch.core.objective import Verdict
from slawatch.core.period import days, from_to
from slawatch.core.ratio import Counts
from slawatch.core.sample import Outcome

MONTH = 30 * 24 * 60
"""Minutes of June."""


def test_a_month_with_an_outage():
    found = evaluated(promise("shop"), {"shop": down((100, 160))})
    assert found.combined.share == 1 - Fraction(60, MONTH)
    assert (found.combined.decided_by, found.running) == ("shop", None)
    (objective,) = found.objectives
    assert (objective.verdict, objective.verdict_measured) == (Verdict.MISSED, Verdict.MISSED)
    assert objective.budget.allowed == Fraction(MONTH * MINUTE, 1000)
    assert objective.budget.spent == 60 * MINUTE
    assert (found.credit.percent, found.credit.amount) == ("10", Decimal("100.00"))
    assert found.credit_unknown == {
        "exclude": Fraction(1, 10),
        "down": Fraction(1, 10),
        "up": Fraction(1, 10),
    }
    assert found.credit_measured is found.credit
    assert found.remarks == ()


def test_the_worst_service_decides():
    found = evaluated(promise("shop", "mail"), {"shop": down((0, 10)), "mail": down((0, 400))})
    assert (found.combined.share, found.combined.decided_by) == (1 - Fraction(400, MONTH), "mail")
    verdicts = {one.subject: one.verdict for one in found.objectives[0].subjects}
    assert verdicts == {"shop": Verdict.MET, "mail": Verdict.MISSED}
    assert found.credit.percent == "10"


def test_all_are_up_together_or_the_agreement_is_down():
    checks = {"shop": down((0, 100)), "mail": down((50, 200))}
    found = evaluated(promise("shop", "mail", combine="all"), checks)
    assert found.combined.share == 1 - Fraction(200, MONTH)
    assert found.together.adjusted.ledger[TimeClass.DOWN] == 200 * MINUTE
    assert [subject.name for subject in found.subjects] == ["shop", "mail"]


def test_the_mean_and_the_weighted_mean():
    checks = {"shop": down((0, 100)), "mail": down((50, 450))}
    mean = evaluated(promise("shop", "mail", combine="mean"), checks)
    assert mean.combined.share == 1 - Fraction(250, MONTH)
    assert mean.combined.loss.share == Fraction(250, MONTH)
    weighted = promise("shop", "mail", combine="weighted", weights={"shop": Decimal(3), "mail": Decimal(1)})
    assert evaluated(weighted, checks).combined.share == 1 - Fraction(175, MONTH)


def test_a_service_without_data_is_no_data_and_not_perfect():
    found = evaluated(promise("shop", "mail"), {"shop": down((0, 1))})
    assert found.combined.share == 1 - Fraction(1, MONTH)
    assert found.objectives[0].verdict is Verdict.NO_DATA
    nothing = evaluated(promise("mail"), {})
    assert (nothing.combined.share, nothing.credit.percent) == (None, None)


def test_a_group_is_up_while_one_of_it_is():
    checks = {"a": down((0, 100)), "b": down((50, 200)), "c": down((0, 5))}
    group = Group(services=("a", "b"), join="any")
    found = evaluated(promise("a", "b", "c", groups={"region": group}), checks)
    assert [subject.name for subject in found.subjects] == ["region", "c"]
    assert found.combined.share == 1 - Fraction(50, MONTH)
    region = found.subjects[0]
    assert (region.group, region.members) == (True, ("a", "b"))
    assert [outage.counted for outage in region.adjusted.outages] == [50 * MINUTE]


def test_a_member_in_maintenance_has_no_say_and_all_in_maintenance_do_not_count():
    checks = {"a": down((0, 100)), "b": down((80, 120))}
    group = {"region": Group(services=("a", "b"), join="all")}
    windows = [window("a", 0, 100), window("b", 90, 200)]
    found = evaluated(promise("a", "b", groups=group), checks, maintenance=windows).subjects[0].adjusted
    # Down: b alone until its own window begins, at 80 to 90.
    assert found.ledger[TimeClass.DOWN] == 10 * MINUTE
    assert found.ledger[TimeClass.MAINTENANCE] == 10 * MINUTE
    assert found.availability.maintenance_ignored == 1 - Fraction(120, MONTH)
    assert found.availability.as_measured == 1 - Fraction(120, MONTH)


def test_late_and_over_quota_work_is_remarked_on():
    clause = Clause(notice=DAY, quota=HOUR)
    windows = [window("shop", 0, 90), window("shop", 200, 210, told=HOUR)]
    found = evaluated(promise("shop", maintenance=clause), {"shop": down((0, 90))}, maintenance=windows)
    assert found.combined.share == 1 - Fraction(30, MONTH - 60)
    assert found.remarks == (
        "shop: 30m of announced work went beyond the quota and counts.",
        "shop: 10m of announced work was announced too late and counts.",
    )


def test_service_hours_are_all_that_counts():
    calendar = Calendar(name="office", hours=dict.fromkeys(range(5), (parse_hours("09:00-17:00"),)))
    found = evaluated(
        promise("shop", calendar="office"), {"shop": down((0, 10 * 60))}, calendars={"office": calendar}
    )
    assert found.combined.planned == 22 * 8 * HOUR
    assert found.combined.share == 1 - Fraction(1, 22 * 8)
    with pytest.raises(ValueError, match="there is no calendar 'office'"):
        evaluated(promise("shop", calendar="office"), {"shop": down()})


def excuse(kind="excused", approved=True, **more):
    entries = [Added("1", 5, "ann", "shop", kind, "their router", **more)]
    return fold([*entries, Approved("1", 6, "bob")] if approved else entries)


def test_as_measured_and_as_adjusted_stand_side_by_side():
    adjustments = excuse(start=JUNE.start, end=JUNE.start + 50 * MINUTE)
    found = evaluated(promise("shop"), {"shop": down((0, 60))}, adjustments=adjustments)
    assert found.measured.share == 1 - Fraction(60, MONTH)
    assert found.combined.share == 1 - Fraction(10, MONTH - 50)
    (objective,) = found.objectives
    assert (objective.verdict_measured, objective.verdict) == (Verdict.MISSED, Verdict.MET)
    assert (found.credit_measured.percent, found.credit.percent) == ("10", "0")
    assert found.remarks == (
        "Adjustments change the verdict on availability: missed as measured, met as adjusted.",
    )
    assert found.subjects[0].adjusted.ledger[TimeClass.EXCUSED] == 50 * MINUTE


def test_an_adjustment_of_an_outage_follows_it_over_the_edge_of_the_month():
    checks = {"shop": down((-60, 60))}
    (outage,) = evaluated(promise("shop"), checks).subjects[0].measured.outages
    found = evaluated(promise("shop"), checks, adjustments=excuse(outage=outage.id))
    assert found.combined.share == 1
    assert found.subjects[0].adjusted.ledger[TimeClass.EXCUSED] == 60 * MINUTE


@pytest.mark.parametrize(
    ("start", "remarks"),
    [
        (JUNE.start, ("Adjustments of outages that are not in this period change nothing: 1.",)),
        (JUNE.end, ()),
    ],
)
def test_an_adjustment_of_an_outage_that_is_no_more_changes_nothing(start, remarks):
    gone = excuse(outage="shop-20200101T000000Z", start=start, end=start + 60 * MINUTE)
    found = evaluated(promise("shop"), {"shop": down((-60, 60))}, adjustments=gone)
    assert found.combined.share == 1 - Fraction(60, MONTH)
    assert found.remarks == remarks


def test_what_counts_by_adjustment_counts_even_in_maintenance():
    adjustments = excuse("counted", start=JUNE.start, end=JUNE.start + 90 * MINUTE)
    found = evaluated(
        promise("shop"), {"shop": down()}, adjustments=adjustments, maintenance=[window("shop", 0, 60)]
    )
    assert (found.measured.share, found.combined.share) == (1, 1 - Fraction(90, MONTH))


def test_an_adjustment_without_approval_waits_where_the_agreement_asks_for_it():
    adjustments = excuse(approved=False, start=JUNE.start, end=JUNE.start + HOUR)
    checks = {"shop": down((0, 60))}
    waiting = evaluated(promise("shop", approval="another"), checks, adjustments=adjustments)
    assert waiting.combined.share == waiting.measured.share
    assert waiting.remarks == ("Adjustments that nobody has approved yet change nothing: 1.",)
    assert evaluated(promise("shop"), checks, adjustments=adjustments).combined.share == 1


def test_an_adjustment_of_a_member_bears_on_its_group():
    group = {"region": Group(services=("shop", "mail"), join="all")}
    adjustments = excuse(start=JUNE.start, end=JUNE.start + HOUR)
    checks = {"shop": down((0, 60)), "mail": down((30, 40))}
    found = evaluated(promise("shop", "mail", groups=group), checks, adjustments=adjustments)
    assert found.measured.share == 1 - Fraction(60, MONTH)
    assert found.combined.share == 1 - Fraction(10, MONTH)


def test_unknown_time_may_decide():
    checks = {"shop": seen((0, Outcome.DOWN), (40, Outcome.UNKNOWN), (60, Outcome.UP))}
    found = evaluated(promise("shop"), checks)
    (objective,) = found.objectives
    assert objective.sensitivity.changes
    assert objective.sensitivity.verdicts["down"] is Verdict.MISSED
    assert found.credit_unknown == {"exclude": 0, "down": Fraction(1, 10), "up": 0}
    assert found.remarks[0].startswith("The verdict on availability depends on how unknown time counts: met")


def test_bounds_that_straddle_the_target_leave_the_verdict_open():
    found = evaluated(promise("shop"), {"shop": down((10, 53), blur=MINUTE)})
    (objective,) = found.objectives
    assert objective.verdict is Verdict.UNDECIDED
    assert objective.low < Fraction(999, 1000) <= objective.figure
    assert found.remarks == (
        (
            "The verdict on availability is undecided: the target lies between the bounds that the time "
            "between two probes leaves open."
        ),
        "The credit of 0 % would be 10 % at the other end of what the time between two probes leaves open.",
    )


def two_versions(**more):
    first = promise("shop", unknown="down")
    later = replace(promise("shop", target="99"), effective_from="2026-06-16", **more)
    return replace(first, versions=(later,))


def test_two_versions_are_pooled_and_judged_by_the_newer_one():
    changes = (
        (0, Outcome.UNKNOWN),
        (60, Outcome.UP),
        (20 * 1440, Outcome.UNKNOWN),
        (20 * 1440 + 60, Outcome.UP),
    )
    found = evaluated(two_versions(), {"shop": seen(*changes)})
    assert [part.terms.unknown for part in found.parts] == ["down", "exclude"]
    assert found.combined.share == 1 - Fraction(60, MONTH - 60)
    assert found.objectives[0].verdict is Verdict.MET
    assert found.credit.percent == "10"
    assert found.remarks == (
        "The terms changed within this period (2026-06-16): the newest version judges all of it.",
    )


def test_two_versions_may_earn_their_credits_each():
    bands = promise("shop").credits
    halved = tuple(replace(band, credit=band.credit / 2) for band in bands)
    agreement = two_versions(on_change="prorated", credits=halved)
    found = evaluated(agreement, {"shop": down((0, 100), (20 * 1440, 20 * 1440 + 100))})
    # Half a month of 10 %, half a month of 5 %, each of its share of 1000.
    assert found.credit.amount == Decimal("75.00")
    assert found.credit.share == Fraction(75, 1000)
    assert found.credit.working[-1] == "Together: 50.00 + 25.00 = 75.00 EUR."


def test_each_policy_for_unknown_time_earns_the_credits_of_both_versions():
    unseen = (20 * 1440, Outcome.UNKNOWN), (20 * 1440 + 100, Outcome.UP)
    halves = {"shop": seen((0, Outcome.DOWN), (100, Outcome.UP), *unseen)}
    found = evaluated(two_versions(on_change="prorated"), halves)
    # The first half is missed by what was seen, the second only where unknown time counts as down.
    assert found.credit.share == Fraction(50, 1000)
    assert found.credit_unknown == {
        "exclude": Fraction(50, 1000),
        "down": Fraction(100, 1000),
        "up": Fraction(50, 1000),
    }


def test_a_service_that_a_version_adds_counts_from_then_on():
    later = replace(promise("shop", "mail"), effective_from="2026-06-16")
    found = evaluated(replace(promise("shop"), versions=(later,)), {"shop": down(), "mail": down((0, 30000))})
    assert {s.name: s.adjusted.ledger.total for s in found.subjects} == {"shop": 30 * DAY, "mail": 15 * DAY}
    assert found.combined.share == 1 - Fraction(30000 - 15 * 1440, 15 * 1440)


def test_an_agreement_that_begins_within_the_period():
    found = evaluated(promise("shop", effective_from="2026-06-16"), {"shop": down((0, 30))})
    assert (found.combined.share, found.combined.planned) == (1, 15 * DAY)


def test_samples_and_counters():
    objectives = (
        Objective(id="errors", metric="error_rate", target="< 1%"),
        Objective(id="works", metric="success_rate", target="99.5"),
        Objective(id="orders", metric="ratio", target="99", good="good", total="all"),
        Objective(id="speed", metric="latency_p95", target="< 500ms"),
    )
    found = evaluated(
        promise("shop", "mail", objectives=objectives),
        {"shop": down(), "mail": down()},
        outcomes={"shop": {Outcome.UP: 99, Outcome.DOWN: 1}, "mail": {Outcome.UP: 995, Outcome.DOWN: 5}},
        counters={"orders": Counts(Fraction(98), Fraction(100))},
    )
    judged = {one.objective.id: (one.verdict, one.figure, one.decided_by) for one in found.objectives}
    assert judged["errors"] == (Verdict.MISSED, Fraction(1, 100), "shop")
    assert judged["works"] == (Verdict.MISSED, Fraction(99, 100), "shop")
    assert judged["orders"] == (Verdict.MISSED, Fraction(98, 100), "")
    assert judged["speed"] == (Verdict.NO_DATA, None, "mail")


def test_more_good_events_than_events_prove_nothing():
    objectives = (Objective(id="orders", metric="ratio", target="99", good="good", total="all"),)
    for counted, verdict in ((101, Verdict.NO_DATA), (100, Verdict.MET)):
        found = evaluated(
            promise("shop", objectives=objectives),
            {"shop": down()},
            counters={"orders": Counts(Fraction(counted), Fraction(100))},
        )
        assert found.objectives[0].verdict is verdict
        told = any("more good events than events" in remark for remark in found.remarks)
        assert told is (verdict is Verdict.NO_DATA)


def test_a_running_month():
    now = JUNE.start + 10 * DAY
    found = evaluated(
        promise("shop"), {"shop": down((0, 20), (10 * 1440 - 3, 10 * 1440), until=now + HOUR)}, now=now
    )
    running = found.running
    assert running.burn == Fraction(23 * 1000, 10 * 1440)
    assert running.standing.locked == 0
    first = running.standing.stakes[0]
    assert (first.left, first.amount) == (int(20.2 * MINUTE), Decimal("100.00"))
    hour, *_ = running.rules
    assert (hour.long, hour.short) == (Fraction(3000, 60), Fraction(3000, 5))
    assert hour.fires
    assert running.exhaustion.at > now
    assert running.forecast.days == 10
    assert running.forecast.low < running.forecast.expected < running.forecast.best
    before = evaluated(promise("shop"), {"shop": down()}, now=JUNE.start - 1)
    assert (before.running, before.combined.share) == (None, None)


def test_burn_looks_back_over_the_beginning_of_the_month():
    now = JUNE.start + 10 * MINUTE
    found = evaluated(promise("shop"), {"shop": down((-30, -20), until=now + HOUR)}, now=now)
    assert found.running.rules[0].long == Fraction(1000, 6)
    assert found.running.burn == 0


CHECKS = {
    "shop": down((-10, 33), (700, 1500.5), (25000, 25001)),
    "mail": seen((5, Outcome.UNKNOWN), (90, Outcome.DEGRADED), (3000, Outcome.UP)),
}
WINDOWS = [window("shop", 600, 800), window("shop", 750, 900), window("mail", 0, 60, told=-5)]
TERMS = {"maintenance": Clause(quota=4 * HOUR), "degraded": Decimal("0.5"), "unknown": "down"}


def test_days_add_up_to_the_month():
    whole = evaluated(promise("shop", "mail", **TERMS), CHECKS, maintenance=WINDOWS)
    by_day = [
        evaluated(promise("shop", "mail", **TERMS), CHECKS, maintenance=WINDOWS, period=day)
        for day in days(JUNE)
    ]
    for index in range(2):
        total = sum(
            (d.subjects[index].adjusted.ledger for d in by_day[1:]), by_day[0].subjects[index].adjusted.ledger
        )
        assert total.cells == whole.subjects[index].adjusted.ledger.cells


@pytest.mark.parametrize("cut", [1, 15 * DAY, 701 * MINUTE + 3, 30 * DAY - 1])
def test_cutting_the_period_anywhere_changes_nothing(cut):
    agreement = promise("shop", "mail", **TERMS)
    whole = evaluated(agreement, CHECKS, maintenance=WINDOWS)
    parts = [
        evaluated(agreement, CHECKS, maintenance=WINDOWS, period=from_to(low, high, "UTC"))
        for low, high in ((JUNE.start, JUNE.start + cut), (JUNE.start + cut, JUNE.end))
    ]
    for one, other, both in zip(parts[0].subjects, parts[1].subjects, whole.subjects, strict=True):
        assert (one.adjusted.ledger + other.adjusted.ledger).cells == both.adjusted.ledger.cells


def test_the_order_of_services_and_windows_is_irrelevant():
    one = evaluated(promise("shop", "mail", **TERMS), CHECKS, maintenance=WINDOWS)
    other = evaluated(
        promise("mail", "shop", **TERMS), dict(reversed(CHECKS.items())), maintenance=reversed(WINDOWS)
    )
    assert (one.combined, one.credit) == (other.combined, other.credit)


def test_an_equal_zone_of_another_name_changes_nothing():
    one = evaluated(promise("shop", timezone="Europe/Berlin"), CHECKS)
    other = evaluated(promise("shop", timezone="Europe/Vaduz"), CHECKS)
    assert one.combined == other.combined


def test_a_quantised_month():
    found = evaluated(promise("shop", quantise="minute"), {"shop": down((0.5, 3.25), (10, 10.9))})
    assert found.combined.share == 1 - Fraction(2, MONTH)
    short = promise("shop", min_outage=55 * SECOND)
    assert evaluated(short, {"shop": down((0.5, 3.25), (10, 10.9))}).combined.share == 1 - Fraction(
        11, 4 * MONTH
    )
    assert JUNE.end < OVER
