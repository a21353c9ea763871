"""Which terms hold when."""

from dataclasses import replace

import pytest

from slawatch.core.agreement import Agreement
from slawatch.core.instant import HOUR, rfc3339
from slawatch.core.period import Period, parse_period
from slawatch.core.version import begins, in_force, is_own, judging, parts, uncredited, versions

FIRST = Agreement(key="a", organization="o", services=("s",), timezone="Europe/Berlin")
LATER = replace(FIRST, effective_from="2026-03-29", unknown="down")
LAST = replace(FIRST, effective_from="2026-04-15", unknown="up")
BOTH = replace(FIRST, versions=(LAST, LATER))


def found(agreement, label):
    period = parse_period(label, "Europe/Berlin")
    return [(rfc3339(part.start), part.terms.unknown) for part in parts(agreement, period.start, period.end)]


def test_a_period_is_split_where_a_version_begins_at_local_midnight():
    assert found(BOTH, "2026-02") == [("2026-01-31T23:00:00Z", "exclude")]
    assert found(BOTH, "2026-03") == [("2026-02-28T23:00:00Z", "exclude"), ("2026-03-28T23:00:00Z", "down")]
    assert found(BOTH, "2026-04") == [("2026-03-31T22:00:00Z", "down"), ("2026-04-14T22:00:00Z", "up")]
    assert [terms.effective_from for terms in versions(BOTH)] == ["", "2026-03-29", "2026-04-15"]


def test_a_version_that_begins_with_the_period_is_its_only_part():
    whole = replace(BOTH, versions=(replace(LATER, effective_from="2026-03-01"),))
    assert found(whole, "2026-03") == [("2026-02-28T23:00:00Z", "down")]


def test_the_parts_of_a_month_add_up_to_it():
    march = parse_period("2026-03", "Europe/Berlin")
    split = parts(BOTH, march.start, march.end)
    assert sum(part.length for part in split) == march.length == 743 * HOUR
    assert split[0].end == split[1].start


def test_nothing_holds_before_the_first_version():
    began = replace(FIRST, effective_from="2026-03-10")
    march = parse_period("2026-03", "Europe/Berlin")
    assert judging(began, march)[0].start == begins(began)
    assert in_force(began, march.start) is None
    assert in_force(began, march.end) == began
    with pytest.raises(
        ValueError, match="takes effect on 2026-03-10: there is nothing to report for 2026-02"
    ):
        judging(began, parse_period("2026-02", "Europe/Berlin"))


def test_only_a_whole_period_of_the_agreement_is_credited():
    march = parse_period("2026-03", "Europe/Berlin")
    assert is_own(FIRST, march)
    assert uncredited(FIRST, march) == ""
    minute = Period("m", march.start, march.start + HOUR // 60, "Europe/Berlin", "custom")
    assert uncredited(FIRST, minute) == "credits are worked out for each month: see 2026-03"
    quarter = parse_period("2026-Q1", "Europe/Berlin")
    assert uncredited(FIRST, quarter) == "credits are worked out for each month: see 2026-01 to 2026-03"
    assert is_own(replace(FIRST, period="quarter"), quarter)
    assert not is_own(FIRST, parse_period("2026-03-02", "Europe/Berlin"))


def test_the_first_period_begins_with_the_agreement():
    march = parse_period("2026-03", "Europe/Berlin")
    assert is_own(LATER, march)
    cut = replace(march, start=begins(LATER))
    assert is_own(LATER, cut)
    assert not is_own(FIRST, cut)
