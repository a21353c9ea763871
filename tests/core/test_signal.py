"""From what was found wrong to what alerting is told."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slawatch.core.alert import Alert
from slawatch.core.check import Service
from slawatch.core.dispatch import Ended, Fired, Reported, SeverityChanged, Stale, steps
from slawatch.core.instant import HOUR, MINUTE, SECOND
from slawatch.core.metric import find
from slawatch.core.rule import Rule, parse_condition
from slawatch.core.series import KIND, series
from slawatch.core.signal import NOTICE, Finding, Look, Watched, judge, length, reconcile, resumed, shown
from slawatch.core.turn import State, World

NOW = 1_800_000_000 * SECOND


def finding(name="a", severity="high", **more):
    return Finding(
        fingerprint=name,
        severity=severity,
        title=name,
        since=NOW,
        check=name,
        labels=((KIND, "rule"),),
        **more,
    )  # fmt: skip


def alert(name="a", severity="high", **more):
    return Alert(
        **{
            "fingerprint": name, "check": name, "severity": severity, "title": name, "since": NOW,
            "fired_at": NOW, "labels": ((KIND, "rule"),), **more,
        }
    )  # fmt: skip


def told(look, *alerts, now=NOW, **more):
    return reconcile(look, {one.fingerprint: one for one in alerts}, now, **more)


def test_what_is_wrong_fires_once():
    look = Look(wrong=[finding()])
    (given_,) = told(look)
    assert isinstance(given_, Fired)
    assert (given_.alert.fired_at, given_.alert.firing) == (NOW, True)
    assert told(look, alert()) == ()
    assert isinstance(told(look, alert(firing=False))[0], Fired)


def test_another_severity_is_told_with_its_value():
    look = Look(wrong=[finding(severity="critical", actual="3s", threshold="> 2s")])
    assert told(look, alert()) == (SeverityChanged("a", "critical", "3s", "> 2s"),)


def test_what_is_fine_ends():
    assert told(Look(fine={"a": "is 1s"}), alert()) == (Ended("a", "is 1s"),)
    assert told(Look(fine={"a": "is 1s"})) == ()
    assert told(Look(fine={"a": "is 1s"}), alert(firing=False)) == ()


def test_without_a_value_it_is_stale_until_there_is_one():
    assert told(Look(silent=["a"]), alert()) == (Stale("a"),)
    assert told(Look(silent=["a"]), alert(stale=True)) == ()
    assert told(Look(wrong=[finding()]), alert(stale=True)) == (Stale("a", stale=False),)
    assert told(Look(fresh=["a"]), alert(stale=True)) == (Stale("a", stale=False),)


def test_each_result_counts_only_after_somebody_resolved_it_by_hand():
    assert told(Look(wrong=[finding()]), alert(guard_until=NOW + MINUTE)) == (Reported("a"),)


def test_what_is_gone_ends_quietly():
    others = (alert("b", labels=()), alert("c", labels=((KIND, "other"),)))
    assert told(Look(), alert(), *others, exists=lambda one: False) == (
        Ended("a", "no longer watched", removed=True),
    )


def test_what_cannot_be_mended_is_told_once():
    look = Look(wrong=[finding(once=True)])
    assert isinstance(told(look)[0], Fired)
    assert told(look, alert(), now=NOW + NOTICE - 1) == ()
    (ended,) = told(look, alert(), now=NOW + NOTICE)
    assert isinstance(ended, Ended)
    assert isinstance(told(look, alert(guard_until=NOW + MINUTE))[0], Ended)
    assert told(look, alert(firing=False)) == ()
    assert told(look, told={"a"}) == ()


RULE = Rule(
    metric="latency_p95", warning=parse_condition("> 500ms"), critical=parse_condition("> 1s"),
    services=("shop",), for_=MINUTE, hysteresis=10.0,
)  # fmt: skip
(ONE,) = series(RULE, {"shop": Service(name="shop")}, {}, {})
NAME = 'latency_p95 of shop{service="shop"}'


def look_at(known, value, now, one=ONE):
    look = Look()
    return judge(one, known, value, "", now, look), look


def test_a_rule_from_its_first_breach_to_its_end():
    known, look = look_at(Watched(), 600_000, NOW)
    assert look.fine == {NAME: "latency_p95 is 600 ms (the rule says > 500ms and > 1s)"}
    known, look = look_at(known, 700_000, NOW + MINUTE)
    (found,) = look.wrong
    assert (found.severity, found.since, found.actual, found.threshold) == (
        "medium",
        NOW,
        "700 ms",
        "> 500ms",
    )
    assert found.title == "latency_p95 of shop is 700 ms (> 500ms)"
    known, look = look_at(known, 2_500_000, NOW + 2 * MINUTE)
    assert look.wrong[0].severity == "medium"
    known, look = look_at(known, 2_000_000, NOW + 3 * MINUTE)
    assert (look.wrong[0].severity, look.wrong[0].threshold) == ("critical", "> 1s")
    known, look = look_at(known, 460_000, NOW + 4 * MINUTE)
    assert look.wrong[0].severity == "medium"
    known, look = look_at(known, 440_000, NOW + 5 * MINUTE)
    assert look.fine[NAME] == (
        "latency_p95 is 440 ms; at worst it was 2.5 s (the rule says > 500ms and > 1s)"
    )


@pytest.mark.parametrize(
    ("missing", "severity", "silent"),
    [("keep", "", [NAME]), ("ok", "", []), ("warning", "medium", []), ("critical", "critical", [])],
)
def test_no_value_while_it_fires(missing, severity, silent):
    one = ONE._replace(rule=replace(RULE, missing=missing))
    known = resumed(alert(NAME, severity="medium", threshold="> 500ms"))
    known, look = look_at(known, None, NOW, one)
    assert look.silent == silent
    assert [found.severity for found in look.wrong] == ([severity] if severity else [])
    if severity:
        assert look.wrong[0].title == "latency_p95 of shop has no data"
        assert (look.wrong[0].actual, look.wrong[0].threshold) == ("no data", "no data")


def test_what_fired_before_a_restart_goes_on_without_a_new_wait():
    known = resumed(alert(NAME, severity="medium", since=NOW - HOUR, threshold="> 500ms"))
    known, look = look_at(known, 600_000, NOW)
    assert (look.wrong[0].severity, look.wrong[0].since) == ("medium", NOW - HOUR)


def test_a_clock_set_back_does_not_hold_a_rule_up():
    known, _ = look_at(Watched(), 600_000, NOW)
    known, _ = look_at(known, 600_000, NOW - HOUR)
    known, look = look_at(known, 600_000, NOW - HOUR + MINUTE)
    assert look.wrong


@pytest.mark.parametrize(
    ("name", "value", "unit", "text"),
    [
        ("availability", 99.99999, "", "99.9999%"),
        ("error_rate", 0.0, "", "0%"),
        ("latency_p95", 812, "", "812 µs"),
        ("latency_p95", 1_053_000, "", "1.053 s"),
        ("latency_p95", 304_000, "", "304 ms"),
        ("downtime", 3_725_400_000, "", "1 h 2 min"),
        ("budget_left", -90_500_000, "", "\u22121 min 30 s"),
        ("measure_last:x", 93.25, "%", "93.25%"),
        ("measure_last:x", 7.0, "c", "7"),
        ("burn_rate", 14.44444, "", "14.4444"),
    ],
)
def test_values_for_people(name, value, unit, text):
    assert shown(value, find(name), unit) == text
    assert length(0) == "0 s"


@given(
    st.lists(st.one_of(st.none(), st.integers(0, 3).map(lambda n: n * 400_000.0)), max_size=30),
    st.sampled_from(["keep", "ok", "warning", "critical"]),
    st.sampled_from([0, MINUTE, 2 * MINUTE]),
    st.sets(st.integers(0, 29)),
)
def test_alerting_has_what_the_rule_says_however_often_it_restarts(values, missing, wait, restarts):
    """After each look the alert fires with the severity of the rule; a restart fires and ends nothing."""
    one = ONE._replace(rule=replace(RULE, missing=missing, for_=wait))
    state, known = State(), Watched()
    for number, value in enumerate(values):
        now = NOW + number * MINUTE
        before = state.alerts.get(NAME)
        if number in restarts:
            known = resumed(before) if before is not None and before.firing else Watched()
            if before is not None and before.firing:
                assert known.watch.severity == before.severity
        look = Look()
        known = judge(one, known, value, "", now, look)
        inputs = reconcile(look, state.alerts, now)
        state, _ = steps(state, inputs, now, World())
        after = state.alerts.get(NAME)
        assert (after.severity if after is not None and after.firing else "") == known.watch.severity
        if after is not None and after.firing:
            assert after.stale == (value is None and missing == "keep")


def test_what_begins_anew_does_not_begin_before_the_last_time_ended():
    over = alert(firing=False, resolved_at=NOW - SECOND)
    (given,) = told(Look(wrong=[replace(finding(), since=NOW - MINUTE)]), over)
    assert given.alert.since == NOW - SECOND
