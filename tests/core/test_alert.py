"""The course of one alert, against Icinga's and Nagios' sequences and the rules of Alertmanager."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.alert_play import cases

from slawatch.core.alert import Course, Occurrence, Settings, fingerprint, merge, overdue, step
from slawatch.core.suppress import owed

RANK = {"warning": 1, "unknown": 2, "critical": 3, "down": 3}


def severity(result, kind="service"):
    if result in ("ok", "up"):
        return ""
    if kind == "host":
        return "" if result == "warning" else "down"
    return result


def notice(changes):
    kinds = [change.kind for change in changes]
    if "resolved" in kinds:
        return "recovery"
    return "problem" if {"fired", "severity_up", "severity_down"} & set(kinds) else None


def sequences():
    return [case for case in cases("check_states") if "results" in case]


@pytest.mark.parametrize("case", sequences(), ids=lambda c: c["id"].split("/")[1])
def test_published_states(case):
    course = Course()
    settings = Settings(attempts=case["max_attempts"], flapping=False)
    for at, (result, expected) in enumerate(zip(case["results"], case["expect"], strict=True)):
        course, changes = step(course, severity(result, case["kind"]), at, settings, RANK)
        assert ("soft" if course.kind == "soft" else "hard") == expected["type"], at
        assert notice(changes) == expected["notify"], at


DIFFERENT = {
    "247-nagios-host-down-first-bad-result-is-hard-at-once-no-notification": "a dependency withholds, it does"
    " not confirm: the child stays soft until its own attempts say so",
    "248-nagios-host-down-soft-critical-to-warning-is-hard": "the same",
    "255-nagios-critical-again": "repeats are the escalation's affair, not the state machine's",
    "260-nagios-volatile-each-bad-result-is-an-event-and-a-notification": "a duplicate report only counts",
}


@pytest.mark.parametrize(
    "case", [c for c in cases("check_states") if "given" in c], ids=lambda c: c["id"].split("/")[1]
)
def test_nagios_states(case):
    name = case["id"].split("/")[1]
    settings = Settings(attempts=4, flapping=False)
    course = Course()
    if name.startswith("249"):
        course, changes = step(course, "warning", 0, settings, RANK)
        assert (course.kind, course.bad, notice(changes)) == ("soft", 1, None)
    elif name.startswith("257"):
        course, changes = step(course, "", 0, settings, RANK)
        course, changes = step(course, "", 1, settings, RANK)
        assert (course.kind, notice(changes)) == ("ok", None)
    elif name.startswith(("247", "248")):
        for at, bad in enumerate(["critical", "warning"]):
            course, changes = step(course, bad, at, settings, RANK)
            assert (course.kind, notice(changes)) == ("soft", None), DIFFERENT[name]
    else:
        for at in range(4):
            course, changes = step(course, "critical", at, settings, RANK)
        assert notice(changes) == "problem"
        course, changes = step(course, "critical", 5, settings, RANK)
        assert (course.kind, changes) == ("firing", ()), DIFFERENT[name]


@pytest.mark.parametrize(
    "case", [c for c in cases("suppression_end") if "during" in c], ids=lambda c: c["id"].split("/")[1]
)
def test_what_is_owed_when_suppression_ends(case):
    settings = Settings(attempts=1 if case["volatile"] else case["max_attempts"], flapping=False)
    course = Course()
    for at in range(4):
        course, _ = step(course, severity(case["before"]), at, settings, RANK)
    told = course.hard
    for at, result in enumerate(case["during"], 4):
        course, _ = step(course, severity(result), at, settings, RANK)
    assert case["during_notifications"] == []
    for at in range(8, 12):
        if course.kind != "soft":
            break
        course, _ = step(course, severity(case["during"][-1]), at, settings, RANK)
    found = owed(told, course.hard)
    assert ([{"type": found, "state": course.hard or "ok"}] if found else []) == case["expect"]


@pytest.mark.parametrize(
    "case", [c for c in cases("suppression_end") if "steps" in c], ids=lambda c: c["id"].split("/")[1]
)
def test_periods(case):
    """Icinga's notification periods. Reminders while nothing changes are the escalation's: see its tests."""
    course, told, muted, at = Course(), "", False, 0
    settings = Settings(
        attempts=2 if "x2" in str(case["steps"]) and "x3" not in str(case["steps"]) else 3, flapping=False
    )
    for one in case["steps"]:
        event, _, times = one["event"].partition(" x")
        event = event.split(" (")[0]
        if event.startswith("period"):
            muted = event == "period ends"
        elif "interval" not in event:
            count = int((times or "1").split(" ")[0])
            for _ in range(count):
                course, _ = step(course, severity(event), at, settings, RANK)
                at += 1
        said = None
        if not muted and course.kind != "soft":
            said = owed(told, course.hard)
            told = course.hard
        expected = None if "reminder" in (one["notify"] or "") else one["notify"]
        assert said == expected, one


@pytest.mark.parametrize("case", cases("alert_merge"), ids=lambda c: c["id"].split("/")[1])
def test_published_merges(case):
    def occurrence(found):
        return Occurrence(
            found["starts_min"], found["ends_min"], found["updated_min"], found["end_is_assumed"]
        )

    a, b, expected = (occurrence(case[name]) for name in ("A", "B", "expect"))
    assert merge(a, b, 0) == expected
    assert merge(b, a, 0) == expected


def test_recovery_takes_as_many_good_results_as_asked():
    settings = Settings(attempts=1, recover_after=3, flapping=False)
    course, _ = step(Course(), "critical", 0, settings)
    kinds = []
    for at in range(1, 4):
        course, changes = step(course, "", at, settings)
        kinds += [change.kind for change in changes]
    assert kinds == ["resolved"]


def test_flapping_holds_the_end_and_tells_the_difference():
    settings = Settings(attempts=1)
    course, kinds = Course(), []
    for at in range(60):
        course, changes = step(course, "critical" if at % 2 == 0 and at < 20 else "", at, settings)
        kinds += [change.kind for change in changes]
    started = kinds.index("flapping_started")
    assert kinds.count("flapping_started") == kinds.count("flapping_ended") == 1
    assert "resolved" not in kinds[started : kinds.index("flapping_ended")]
    assert kinds[-1] == "resolved"
    assert course.kind == "ok"


def test_no_results_are_told_once_and_end_nothing():
    settings = Settings(attempts=1, stale_after=100)
    course, _ = step(Course(), "critical", 0, settings)
    assert overdue(course, 99, settings)[1] == ()
    course, changes = overdue(course, 100, settings)
    assert [change.kind for change in changes] == ["stale"]
    assert overdue(course, 200, settings)[1] == ()
    course, changes = step(course, "critical", 201, settings)
    assert [change.kind for change in changes] == ["fresh"]
    assert course.kind == "firing"


def test_the_severity_is_no_part_of_the_fingerprint():
    assert fingerprint("a", (("x", "1"), ("b", "2"))) == fingerprint("a", (("b", "2"), ("x", "1")))


@given(st.lists(st.sampled_from(["", "high", "critical"]), max_size=80), st.integers(1, 4), st.integers(1, 3))
def test_what_was_told_is_what_is_or_flapping_holds_it(results, attempts, recover_after):
    settings = Settings(attempts=attempts, recover_after=recover_after)
    course, told = Course(), ""
    for at, result in enumerate(results):
        course, changes = step(course, result, at, settings)
        for change in changes:
            if change.kind == "fired":
                assert not told
            if change.kind in ("fired", "severity_up", "severity_down", "resolved"):
                assert change.severity != told
                told = change.severity
        assert course.told == told
        assert course.flaps.flapping or told == course.hard
        assert course.kind != "soft" or course.bad < attempts
    assert replace(course) == course
