import pytest

from slawatch.core.instant import SECOND, parse_rfc3339
from slawatch.core.ledger import Exclusions, TimeClass, classify
from slawatch.core.outage import Run, failing, outage_id, outages, runs, without_short
from slawatch.core.sample import Outcome
from slawatch.core.timeline import Span

UP, DEGRADED, DOWN, UNKNOWN = Outcome


def spans(*states):
    return [Span(at * 10, at * 10 + 10, state) for at, state in enumerate(states)]


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([UP, UP], []),
        ([UP, DOWN, UP], [(10, 20, False)]),
        ([UP, DOWN, DOWN, UP], [(10, 30, False)]),
        ([DOWN, UP, DOWN], [(0, 10, False), (20, 30, True)]),
        ([UP, DOWN, UNKNOWN, DOWN, UP], [(10, 40, False)]),
        ([UP, DOWN, UNKNOWN, UP], [(10, 20, False)]),
        ([UP, DOWN, UNKNOWN, UNKNOWN], [(10, 20, True)]),
        ([UNKNOWN, DOWN, DEGRADED, DOWN], [(10, 20, False), (30, 40, True)]),
        ([DOWN, None, DOWN, UP], [(0, 10, False), (20, 30, False)]),
        ([UNKNOWN, UNKNOWN], []),
        ([], []),
    ],
)
def test_runs_of_bad_time(states, expected):
    assert list(runs(spans(*states))) == [Run(*run) for run in expected]


def test_degraded_time_may_count_as_bad():
    assert runs(spans(UP, DEGRADED, DOWN, UP), {DOWN, DEGRADED}) == (Run(10, 30, ongoing=False),)


def test_short_outages_count_as_up_outside_of_what_is_excluded():
    line = spans(UP, DOWN, UP, DOWN, DOWN)
    pieces = classify(line, Exclusions(maintenance=[(10, 14)]), 100)
    found = without_short(pieces, runs(line), 11)
    assert [(p.start, p.end, p.kind, p.observed) for p in found] == [
        (0, 10, TimeClass.UP, UP),
        (10, 14, TimeClass.MAINTENANCE, DOWN),
        (14, 20, TimeClass.UP, DOWN),
        (20, 30, TimeClass.UP, UP),
        (30, 40, TimeClass.DOWN, DOWN),
        (40, 50, TimeClass.DOWN, DOWN),
    ]
    assert without_short(pieces, runs(line), 10) == pieces


def test_outages_are_clipped_to_the_period_and_keep_their_whole_extent():
    line = spans(DOWN, DOWN, UP, DOWN, UP, DOWN)
    found = runs(line)
    pieces = classify(
        [Span(10, 20, DOWN), Span(20, 30, UP), Span(30, 35, DOWN)], Exclusions(excused=[(12, 14)]), 99
    )
    listed = outages("shop", pieces, found, worst=found, best=found)
    assert [(o.start, o.end, tuple(o.clipped), o.counted) for o in listed] == [
        (0, 20, (10, 20), 8),
        (30, 40, (30, 35), 5),
    ]
    assert listed[0].lengths == {TimeClass.DOWN: 8, TimeClass.EXCUSED: 2}
    assert listed[0].length == 20
    assert outages("shop", (), found, worst=found, best=found) == ()


def test_the_bounds_of_an_outage_do_not_reach_into_the_one_before():
    line = [Span(0, 30, UP), Span(30, 60, DOWN), Span(60, 90, UP), Span(90, 120, DOWN), Span(120, 130, UP)]
    # One sample each: the good one at 60 lies between two bad ones, so at worst there was one long outage.
    worst = [Run(0, 120, ongoing=False)]
    listed = outages("shop", classify(line, Exclusions(), 999), runs(line), worst=worst, best=[])
    assert [(o.after_start, o.start, o.after_end, o.end) for o in listed] == [
        (0, 30, 30, 60),
        (60, 90, 90, 120),
    ]


def test_identity_is_the_service_and_the_start():
    at = parse_rfc3339("2026-10-03T10:15:30Z")
    assert outage_id("shop", at) == "shop-20261003T101530Z"
    assert outage_id("shop", at + SECOND // 4) == "shop-20261003T101530.25Z"
    assert outage_id("shop", at + 1) == "shop-20261003T101530.000001Z"


def test_the_checks_that_failed_are_named_first_failure_first():
    members = {
        "a": spans(UP, UP, DOWN),
        "b": spans(UP, DOWN, DOWN),
        "c": spans(UP, DEGRADED, UP),
        "d": spans(DOWN, UP, UP),
    }
    assert failing(members, 10, 30) == ("b", "a")
    assert failing(members, 0, 10) == ("d",)
    assert failing(members, 10, 10) == ()
