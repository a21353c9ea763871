"""The maintenance clause, window by window."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slawatch.core.agreement import Agreement, Clause
from slawatch.core.check import Announcement, Maintenance
from slawatch.core.clause import grant, in_time, stretches
from slawatch.core.instant import DAY, HOUR, parse_rfc3339
from slawatch.core.ledger import Interval

JUNE = (parse_rfc3339("2026-06-01T00:00:00Z"), parse_rfc3339("2026-07-01T00:00:00Z"))
START = JUNE[0] + 10 * DAY


def window(start=START, hours=2, told=5 * DAY, earlier=()):
    announced = None if told is None else start - told
    return Maintenance(
        services=("shop",), start=start, end=start + hours * HOUR, announced=announced, earlier=earlier
    )


def terms(maintenance=None, **more):
    return Agreement(key="a", organization="o", services=("shop",), maintenance=maintenance, **more)


def granted(clause, *windows, period=JUNE, **more):
    return grant(terms(clause, **more), windows, *period)


def test_without_a_clause_what_was_announced_before_it_began_is_granted():
    assert granted(None, window(told=1)).length() == 2 * HOUR
    assert granted(None, window(told=None)).length() == 2 * HOUR
    late = granted(None, window(told=0))
    assert (late.length(), late.length("late"), late.listed[0].late) == (0, 2 * HOUR, 2 * HOUR)


def test_nothing_is_granted_where_the_clause_is_to_ignore_it():
    found = granted("ignore", window())
    assert (found.length(), found.length("ignored"), found.listed[0].counted) == (0, 2 * HOUR, 2 * HOUR)


@pytest.mark.parametrize(("told", "kept"), [(72 * HOUR, 2), (72 * HOUR - 1, 0), (73 * HOUR, 2)])
def test_notice_is_kept_to_the_microsecond(told, kept):
    assert granted(Clause(notice=72 * HOUR), window(told=told)).length() == kept * HOUR


def test_a_window_made_longer_too_late_keeps_its_announced_part():
    first = Announcement(start=START, end=START + HOUR, announced=START - 5 * DAY)
    changed = replace(window(hours=3, earlier=(first,)), announced=START - HOUR)
    assert [(s.start - START, s.end - START, s.edited) for s in stretches(changed)] == [
        (0, HOUR, False), (HOUR, 3 * HOUR, True),
    ]  # fmt: skip
    found = granted(Clause(notice=3 * DAY), changed)
    assert found.granted == (Interval(START, START + HOUR),)
    assert (found.length("edited"), found.listed[0].edited) == (2 * HOUR, 2 * HOUR)


def test_a_window_that_was_called_off_and_announced_again_is_new():
    first = Announcement(start=START, end=START + 2 * HOUR, announced=START - 9 * DAY)
    off = Announcement(start=START, end=START, announced=START - 8 * DAY)
    again = replace(window(earlier=(first, off)), announced=START - HOUR)
    assert [(s.announced, s.edited) for s in stretches(again)] == [(START - HOUR, True)]
    assert granted(Clause(notice=DAY), again).length("edited") == 2 * HOUR


def test_a_quota_is_used_up_in_order_of_time_whatever_the_order_of_the_windows():
    windows = [window(START + day * DAY, hours=3) for day in (2, 0, 1)]
    found = granted(Clause(quota=5 * HOUR), *windows)
    assert found.granted == (
        Interval(START, START + 3 * HOUR),
        Interval(START + DAY, START + DAY + 2 * HOUR),
    )
    assert [listed.over_quota for listed in found.listed] == [0, HOUR, 3 * HOUR]
    assert found.quota == (("2026-06", 5 * HOUR, 5 * HOUR),)


def test_windows_that_overlap_use_the_quota_once():
    found = granted(Clause(quota=3 * HOUR), window(), window(START + HOUR), window())
    assert found.length() == 3 * HOUR
    assert found.length("over quota") == 0


def test_work_announced_late_is_granted_where_another_window_covers_it():
    found = granted(None, window(told=0, hours=4), window())
    assert (found.length(), found.length("late")) == (2 * HOUR, 2 * HOUR)


def test_a_quota_for_a_year_is_followed_from_its_beginning():
    earlier = [window(START - month * 30 * DAY, hours=4) for month in (1, 2)]
    found = granted(Clause(quota=10 * HOUR, per="year"), window(hours=4), *earlier)
    assert (found.length(), found.length("over quota")) == (2 * HOUR, 2 * HOUR)
    assert [listed.window.start for listed in found.listed] == [START]
    assert found.quota == (("2026", 10 * HOUR, 10 * HOUR),)


def test_each_month_of_a_quarter_has_its_quota():
    quarter = (parse_rfc3339("2026-04-01T00:00:00Z"), JUNE[1])
    windows = [window(START - 30 * DAY, hours=4), window(hours=4)]
    found = granted(Clause(quota=3 * HOUR, per="month"), *windows, period=quarter)
    assert found.length() == 6 * HOUR
    assert [used.label for used in found.quota] == ["2026-04", "2026-05", "2026-06"]


def test_a_version_goes_on_from_what_was_used():
    later = replace(terms(Clause(quota=6 * HOUR)), effective_from="2026-06-11")
    both = replace(terms(Clause(quota=4 * HOUR)), versions=(later,))
    windows = [window(START - DAY, hours=5), window(START + DAY, hours=5)]
    found = grant(both, windows, *JUNE)
    assert [(listed.granted, listed.over_quota) for listed in found.listed] == [
        (4 * HOUR, HOUR), (2 * HOUR, 3 * HOUR),
    ]  # fmt: skip


def test_work_outside_of_the_service_hours_uses_no_quota():
    def outside(terms, start, end):
        return (Interval(START, START + 2 * HOUR),)

    clause = terms(Clause(quota=2 * HOUR))
    found = grant(clause, [window(), window(START + DAY)], *JUNE, outside)
    assert found.granted == (Interval(START + DAY, START + DAY + 2 * HOUR),)
    assert [listed.outside_hours for listed in found.listed] == [2 * HOUR, 0]


def test_nothing_before_the_first_version():
    assert grant(replace(terms(), effective_from="2026-06-20"), [window()], *JUNE).length() == 0


def test_in_time_needs_the_announcement_before_the_beginning():
    (stretch,) = stretches(window(told=0))
    assert not in_time(stretch, 0)


windows_strategy = st.lists(
    st.builds(
        window,
        start=st.integers(0, 40).map(lambda n: START + n * HOUR),
        hours=st.integers(1, 6),
        told=st.none() | st.integers(-5, 100).map(lambda n: n * HOUR),
    ),
    max_size=6,
)


@given(windows_strategy, st.permutations(range(6)), st.none() | st.integers(0, 12))
def test_the_order_of_windows_is_irrelevant(windows, order, quota):
    clause = Clause(notice=12 * HOUR, quota=None if quota is None else quota * HOUR)
    shuffled = [windows[i] for i in order if i < len(windows)]
    one, other = granted(clause, *windows), granted(clause, *shuffled)
    assert (one.granted, one.refused, one.quota) == (other.granted, other.refused, other.quota)
    assert quota is None or one.length() <= quota * HOUR
