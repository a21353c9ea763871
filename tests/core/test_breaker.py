"""Circuit breakers, against the tests of three libraries and the recommended cases."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.alert_play import cases

from slawatch.core.breaker import Breaker, Position
from slawatch.core.instant import MINUTE, SECOND
from slawatch.core.retry import by_api, by_fault

OUTCOME = {"ok": "ok", "fail": "failed", "excluded": "ok", "cancelled": "cancelled"}


@pytest.mark.parametrize(
    "case", [c for c in cases("circuit_breaker") if "calls" in c], ids=lambda c: c["id"].split("/")[1]
)
def test_published(case):
    config = case["config"]
    breaker = Breaker(
        threshold=config["fail_max"],
        rest=round(config["reset_s"] * SECOND),
        needed=config["success_threshold"],
    )
    for (t, outcome), (_, ran, position) in zip(case["calls"], case["expect"], strict=True):
        now = round(t * SECOND)
        breaker, admitted = breaker.admit(now)
        assert admitted == (ran == "run"), t
        if admitted:
            breaker = breaker.answered(OUTCOME[outcome], now)
        assert breaker.position == position, t


def opened(threshold=3):
    breaker = Breaker(threshold=threshold)
    for _ in range(threshold):
        breaker, _ = breaker.admit(0)
        breaker = breaker.answered("failed", 0)
    return breaker


RECOMMENDED = [c for c in cases("circuit_breaker") if "given" in c]


@pytest.mark.parametrize("case", RECOMMENDED, ids=lambda c: c["id"].split("/")[1])
def test_recommended(case):
    name = case["id"].split("/")[1][:3]
    breaker = opened()
    if name == "013":
        admitted = []
        for _ in range(10):
            breaker, ran = breaker.admit(30 * SECOND)
            admitted.append(ran)
        assert admitted == [True] + [False] * 9
        assert breaker.failures == 3
    elif name == "014":
        breaker, _ = breaker.admit(30 * SECOND)
        breaker = breaker.answered("cancelled", 31 * SECOND)
        assert breaker.position is Position.HALF_OPEN
        assert breaker.admit(31 * SECOND)[1]
    elif name == "015":
        breaker = Breaker()
        for _ in range(5):
            breaker = breaker.answered("cancelled", 0)
        assert (breaker.position, breaker.failures) == (Position.CLOSED, 0)
    elif name in ("016", "017", "018"):
        assert not any(by_api(status).counts for status in (400, 401, 403, 404, 429))
    elif name == "019":
        assert by_fault("timeout").counts
        assert breaker.position is Position.OPEN
        assert Breaker().threshold == 5, "ours opens at the fifth; the case has its own threshold"
    elif name == "020":
        assert breaker.admit(30 * SECOND)[0].position is Position.HALF_OPEN
    elif name == "021":
        assert breaker.reset().position is Position.CLOSED
    elif name == "022":
        assert breaker.opened_at == 0, "from which the shell sees that it has been open for five minutes"
    else:
        assert name in ("023", "024"), "what follows for the rows: see the tests of delivery"


def test_the_rest_doubles_up_to_five_minutes():
    breaker, now, lengths = opened(), 0, []
    for _ in range(6):
        now = breaker.open_until
        lengths.append(breaker.length // SECOND)
        breaker, _ = breaker.admit(now)
        breaker = breaker.answered("failed", now)
    assert lengths == [30, 60, 120, 240, 300, 300]
    assert breaker.longest == 5 * MINUTE


@given(st.lists(st.tuples(st.integers(0, 100), st.sampled_from(["ok", "failed", "cancelled"])), max_size=60))
def test_one_probe_at_a_time_and_never_shut_for_good(steps):
    breaker, now = Breaker(), 0
    for wait, outcome in steps:
        now += wait * SECOND
        breaker, admitted = breaker.admit(now)
        if breaker.position is not Position.CLOSED and admitted:
            assert not breaker.admit(now)[1]
        if admitted:
            breaker = breaker.answered(outcome, now)
    assert breaker.admit(now + breaker.longest)[1]
