"""What a trend keeps of a period: how it stands, and whether enough of it is known."""

from dataclasses import replace
from fractions import Fraction

import pytest
from tests.core.agreements import JUNE, down, evaluated, promise, seen

from slawatch.core.evaluation import trend_point
from slawatch.core.instant import DAY, MINUTE
from slawatch.core.objective import Verdict
from slawatch.core.period import parse_period
from slawatch.core.sample import Outcome, Transition
from slawatch.core.trend import trend


def test_a_trend_of_months():
    points = []
    for label in ("2026-05", "2026-06"):
        period = parse_period(label, "UTC")
        checks = {"shop": down((0, 100), start=JUNE.start)}
        points.append(trend_point(evaluated(promise("shop"), checks, period=period)))
    found = trend(points)
    assert [point.verdict for point in points] == [Verdict.MET, Verdict.MISSED]
    # Of May one hour was watched: its verdict says nothing.
    assert [point.standing for point in points] == ["hardly known", "missed"]
    assert points[0].coverage == Fraction(1, 31 * 24)
    assert (found.failures, found.repair, found.compliance) == (1, 100 * MINUTE, 0)


def since(watched, *spans):
    """What was seen of a service that was first watched so far into the month."""
    first = JUNE.start + watched
    changes = tuple(change for change in down(*spans).transitions if change.at > first)
    return replace(
        down(*spans), first_sample=first, transitions=(Transition(first, Outcome.UP, None), *changes)
    )


@pytest.mark.parametrize(
    ("spans", "watched", "unknown", "standing"),
    [
        # Five minutes at the end of the month, and nothing before them.
        ((), JUNE.length - 5 * MINUTE, "exclude", "hardly known"),
        # Nothing that could have been in the first half brings an outage of a day back.
        (((22 * 24 * 60, 23 * 24 * 60),), 20 * DAY, "exclude", "missed"),
        # An outage that all the time before could outweigh.
        (((29 * 24 * 60, 29 * 24 * 60 + 30),), 28 * DAY, "exclude", "hardly known"),
        # More than half is known.
        ((), 14 * DAY, "exclude", "met"),
    ],
)
def test_a_month_of_which_little_is_known(spans, watched, unknown, standing):
    check = since(watched, *spans)
    found = trend_point(evaluated(promise("shop", unknown=unknown), {"shop": check}))
    assert found.standing == standing


@pytest.mark.parametrize(
    ("unknown", "standing"), [("exclude", "hardly known"), ("down", "missed"), ("up", "met")]
)
def test_terms_that_say_how_unknown_time_counts_decide(unknown, standing):
    check = seen((0, Outcome.UNKNOWN), (25 * 24 * 60, Outcome.UP))
    found = trend_point(evaluated(promise("shop", unknown=unknown), {"shop": check}))
    assert found.standing == standing


@pytest.mark.parametrize(("lost", "standing"), [(0, "running"), (30, "running"), (50, "missed")])
def test_a_period_that_runs_is_judged_once_nothing_can_save_it(lost, standing):
    now = JUNE.start + DAY
    spans = ((0, lost),) if lost else ()
    found = trend_point(evaluated(promise("shop"), {"shop": down(*spans, until=now)}, now=now))
    assert found.standing == standing


@pytest.mark.parametrize(
    ("how", "coverage", "standing"),
    [("worst", Fraction(1, 3), "hardly known"), ("mean", Fraction(2, 3), "met")],
)
def test_of_several_services_the_least_known_one_counts_unless_they_make_a_mean(how, coverage, standing):
    checks = {"shop": down(), "mail": since(20 * DAY)}
    found = trend_point(evaluated(promise("shop", "mail", combine=how), checks))
    assert (found.coverage, found.standing) == (coverage, standing)


def test_an_outage_counts_in_each_month_that_it_counts_in():
    lost = down((29 * 24 * 60, 31 * 24 * 60))
    months = [trend_point(evaluated(promise("shop"), {"shop": lost}, period=parse_period(label, "UTC")))
              for label in ("2026-05", "2026-06", "2026-07")]  # fmt: skip
    assert [len(month.failures) for month in months] == [0, 1, 1]
    assert trend(months).failures == 1
    assert trend(months).downtime == 2 * DAY
