"""Rules on metrics."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slawatch.core.instant import MINUTE, SECOND
from slawatch.core.rule import Condition, Rule, Watch, parse_condition, step


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("> 500ms", (">", 500_000, "s")),
        (">=1s", (">=", 1_000_000, "s")),
        ("< 99.9%", ("<", 99.9, "%")),
        ("== 0", ("==", 0, "")),
        ("> -1.5", (">", -1.5, "")),
    ],
)
def test_conditions(text, expected):
    assert parse_condition(text)[:3] == expected


@pytest.mark.parametrize("text", ["500ms", "> ", "> fast", "=> 5", "> 5 apples"])
def test_no_condition(text):
    with pytest.raises(ValueError, match=r"condition|neither"):
        parse_condition(text)


def rule(**more):
    return Rule(metric="m", warning=parse_condition("> 100"), critical=parse_condition("> 200"), **more)


def play(rule, values, every=MINUTE):
    watch, found = Watch(), []
    for i, value in enumerate(values):
        watch = step(watch, rule, value, i * every)
        found.append(watch.severity)
    return found


def test_the_worst_condition_counts():
    assert play(rule(), [50, 150, 250, 150, 50]) == ["", "medium", "critical", "medium", ""]


def test_it_must_hold_without_a_break():
    assert play(rule(for_=2 * MINUTE), [150, 150, 50, 150, 150, 150, 250]) == [
        "",
        "",
        "",
        "",
        "",
        "medium",
        "medium",
    ]
    assert play(rule(for_=MINUTE), [250, 250, 150, 50]) == ["", "critical", "medium", ""]


def test_hysteresis_holds_it_near_the_threshold():
    assert play(rule(hysteresis=10.0), [101, 95, 91, 90, 95]) == ["medium", "medium", "medium", "", ""]
    assert play(rule(hysteresis=10.0), [201, 185, 179]) == ["critical", "critical", "medium"]


@pytest.mark.parametrize(
    ("missing", "expected"),
    [("keep", "critical"), ("ok", ""), ("warning", "medium"), ("critical", "critical")],
)
def test_missing_data(missing, expected):
    assert play(rule(missing=missing), [250, None])[-1] == expected


def test_what_was_measured_is_kept():
    found = step(Watch(), rule(), 250, 0)
    assert (found.actual, found.threshold) == (250, "> 200")


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({}, "warning"),
        ({"warning": parse_condition("> 5"), "critical": parse_condition("> 1")}, "beyond"),
        ({"warning": parse_condition("> 5"), "critical": parse_condition("< 9")}, "beyond"),
        ({"warning": parse_condition("> 5"), "critical": parse_condition("> 9s")}, "beyond"),
        ({"warning": parse_condition("> 5"), "hysteresis": 100.0}, "hysteresis"),
    ],
)
def test_wrong_rules(wrong, match):
    with pytest.raises(ValueError, match=match):
        Rule(metric="m", **wrong)


@given(st.lists(st.integers(0, 300), max_size=60), st.integers(0, 3), st.integers(0, 50))
def test_in_force_only_with_reason(values, minutes, hysteresis):
    watch, tested = Watch(), rule(for_=minutes * MINUTE, hysteresis=float(hysteresis))
    for i, value in enumerate(values):
        before, watch = watch, step(watch, tested, value, i * MINUTE)
        if watch.severity and not before.severity:
            recent = values[max(0, i - minutes) : i + 1]
            assert all(v > 100 for v in recent)
            assert len(recent) == minutes + 1
        if value > 200 and minutes == 0:
            assert watch.severity == "critical"
        if not watch.severity and before.severity:
            assert value <= 200


def test_microseconds():
    assert Condition(">", 1 * SECOND, "s").holds(1_000_001)
