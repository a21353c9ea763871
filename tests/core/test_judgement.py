"""Promises and whether they were kept."""

import pytest
from tests.core.agreements import down, evaluated, promise

from slawatch.core.agreement import Objective
from slawatch.core.judgement import overall, strictest, worst_verdict
from slawatch.core.objective import Verdict
from slawatch.core.sample import Outcome


@pytest.mark.parametrize(
    ("found", "worst"),
    [
        ([Verdict.MET, Verdict.MISSED, Verdict.UNDECIDED], Verdict.MISSED),
        ([Verdict.MET, Verdict.UNDECIDED, Verdict.NO_DATA], Verdict.UNDECIDED),
        ([Verdict.MET, Verdict.NO_DATA], Verdict.NO_DATA),
        ([Verdict.MET], Verdict.MET),
        ([], Verdict.NO_DATA),
    ],
)
def test_one_missed_promise_is_a_missed_promise(found, worst):
    assert worst_verdict(found) is worst


def objectives(*found):
    return tuple(
        Objective(id=f"o{n}", metric=metric, target=target) for n, (metric, target) in enumerate(found)
    )


def test_all_promises_together():
    promised = objectives(("availability", "99"), ("availability", "99.99"), ("error_rate", "< 1%"))
    found = evaluated(
        promise("shop", objectives=promised), {"shop": down((0, 60))}, outcomes={"shop": {Outcome.UP: 1}}
    ).objectives
    assert [one.verdict for one in found] == [Verdict.MET, Verdict.MISSED, Verdict.MET]
    assert overall(found) is Verdict.MISSED
    assert strictest(found).objective.id == "o1"
    assert strictest(found[2:]) is None


def test_a_target_for_each_service_of_which_the_worst_decides():
    promised = objectives(("success_rate", "99"))
    outcomes = {"shop": {Outcome.UP: 9, Outcome.DEGRADED: 1}, "mail": {Outcome.UP: 99, Outcome.DOWN: 1}}
    checks = {"shop": down(), "mail": down()}
    (whole,) = evaluated(promise("shop", "mail", objectives=promised), checks, outcomes=outcomes).objectives
    assert (whole.verdict, whole.decided_by) == (Verdict.MET, "mail")
    (strict,) = evaluated(
        promise("shop", "mail", objectives=promised, degraded="down"), checks, outcomes=outcomes
    ).objectives
    assert (strict.verdict, strict.decided_by) == (Verdict.MISSED, "shop")
