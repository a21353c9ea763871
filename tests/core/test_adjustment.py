"""Adjustments: append-only, with who and why."""

import pytest

from slawatch.core.adjustment import (
    Added,
    AdjustmentRefused,
    Approved,
    Withdrawn,
    fold,
    holding,
    spans,
    worded,
)
from slawatch.core.ledger import Interval


def added(name="1", kind="excused", start=10, end=20, **more):
    return Added(name, 5, "ann", "shop", kind, "their router", start=start, end=end, **more)


def test_an_adjustment_waits_for_another_person_where_the_agreement_asks():
    (proposed,) = fold([added()])
    assert (proposed.state, proposed.holds("none"), proposed.holds("another")) == ("proposed", True, False)
    (approved,) = fold([added(), Approved("1", 7, "bob", "seen the log")])
    assert approved.holds("another")
    assert (approved.state, approved.approvers, approved.decided_at, approved.note) == (
        "approved", ("bob",), 7, "seen the log",
    )  # fmt: skip


def test_what_was_withdrawn_stays_on_record_and_does_not_hold():
    (found,) = fold([added(), Approved("1", 7, "bob"), Withdrawn("1", 9, "ann", "wrong day")])
    assert (found.state, found.withdrawn_by, found.decided_at, found.note) == (
        "withdrawn", "ann", 9, "wrong day",
    )  # fmt: skip
    assert not found.holds("none")
    assert found.added == added()
    assert found.approvers == ("bob",)


def test_a_second_approval_is_added_and_a_repeated_one_changes_nothing():
    (found,) = fold([added(), Approved("1", 7, "bob"), Approved("1", 8, "bob"), Approved("1", 9, "eve")])
    assert (found.approvers, found.decided_at) == (("bob", "eve"), 7)


@pytest.mark.parametrize(
    ("entries", "why"),
    [
        ([added(), added()], "there is an adjustment 1 already"),
        ([Approved("2", 1, "bob")], "there is no adjustment 2"),
        ([added(), Approved("1", 1, "ann")], "another person has to approve"),
        ([added(), Approved("1", 1, "ANN")], "another person has to approve"),
        ([added(), Approved("1", 1, " ")], "another person has to approve"),
        ([added(), Withdrawn("1", 1, "ann"), Approved("1", 2, "bob")], "was withdrawn by ann"),
        ([added(start=5, end=5)], "ends after it starts"),
        ([added()._replace(reason=" ")], "needs its reason"),
        ([added()._replace(author="")], "needs its author"),
        ([added(kind="forgiven")], "no class of an adjustment"),
    ],
)
def test_entries_that_make_no_sense_are_refused(entries, why):
    with pytest.raises(AdjustmentRefused, match=why):
        fold(entries)


def test_the_time_of_adjustments():
    found = fold(
        [
            added("1", start=10, end=30),
            added("2", start=20, end=40),
            added("3", kind="counted", start=35, end=50),
            added("4", outage="shop-a", start=0, end=0),
            added("5", outage="shop-b", start=0, end=0),
        ]
    )
    made = spans(found, {"shop-a": (60, 70)})
    assert made.excused == (Interval(10, 35), Interval(60, 70))
    assert made.counted == (Interval(35, 50),)


def test_an_adjustment_is_of_one_service():
    found = fold([added(), added("2")._replace(service="mail")])
    assert [a.added.id for a in holding(found, "mail", "none")] == ["2"]


def test_what_nobody_approved_is_not_called_approved():
    (proposed,) = fold([added()])
    assert worded(proposed.state, holds=proposed.holds("none")) == "holds without approval"
    assert worded(proposed.state, holds=proposed.holds("another")) == "proposed"


def test_an_adjustment_touches_the_time_that_it_is_about():
    (found,) = fold([added()])
    assert found.touches(19, 30)
    assert found.touches(0, 11)
    assert not found.touches(20, 30)
    assert not found.touches(0, 10)
