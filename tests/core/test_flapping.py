"""Flap detection, against Icinga's and Nagios' numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.alert_play import cases

from slawatch.core.flapping import SIZE, Flaps, nagios_percent, push


@pytest.mark.parametrize("case", cases("flapping"), ids=lambda c: c["id"].split("/")[1])
def test_published_percentages(case):
    low, high = int(case["low"]), int(case["high"])
    if case["algorithm"] == "icinga2":
        flaps = Flaps(last=case["state_before"], low=low, high=high)
        for result, (percent, flapping) in zip(case["results"], case["expect"], strict=True):
            flaps = push(flaps, result)
            assert round(float(flaps.percent), 1) == percent
            assert flaps.flapping == flapping
        return
    states, flapping = [case["state_before"]] * (SIZE + 1), False
    for result, (percent, expected) in zip(case["results"], case["expect"], strict=True):
        states.append(result)
        found = nagios_percent(states)
        flapping = True if found >= high else False if found <= low else flapping
        assert float(found) == pytest.approx(percent, abs=1e-3)
        assert flapping == expected


@given(st.lists(st.sampled_from(["a", "b"]), max_size=100))
def test_only_the_last_twenty_changes_matter(states):
    flaps = Flaps()
    for state in states:
        flaps = push(flaps, state)
        assert 0 <= flaps.percent <= 100
        assert flaps.bits < 1 << SIZE
    for _ in range(SIZE):
        flaps = push(flaps, "a")
    assert flaps.percent <= 5
    assert not flaps.flapping
