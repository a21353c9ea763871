"""From results to alerts: the inputs that a course of results gives."""

from typing import Any

import pytest
from tests.core.stage import check

from slawatch.core.alarm import Terms, observe
from slawatch.core.alert import Course
from slawatch.core.check import Service
from slawatch.core.dispatch import Ended, Fired, FlappingEnded, FlappingStarted, SeverityChanged
from slawatch.core.sample import Outcome
from slawatch.core.state import Seen

CHECK = check("shop", "store", failures=2)
SERVICE = Service(name="store", organization="acme", escalation="night")
PLAIN = Terms()


def follow(outcomes: str, terms: Terms = PLAIN, **more: Any) -> tuple[Course, list[Any], list[bool]]:
    course = Course()
    inputs: list[Any] = []
    repeated: list[bool] = []
    for at, letter in enumerate(outcomes):
        outcome = {"u": Outcome.UP, "d": Outcome.DOWN, "s": Outcome.DEGRADED, "?": Outcome.UNKNOWN}[letter]
        seen = Seen(at, outcome, 70, reason=f"r{at}" if letter in "ds" else "")
        found = observe(course, CHECK, more.get("service", SERVICE), seen, terms)
        course = found.course
        inputs += found.inputs
        repeated.append(found.repeated)
    return course, inputs, repeated


def test_an_alert_says_whose_it_is_and_what_was_wrong() -> None:
    _, inputs, repeated = follow("udd")
    (given,) = inputs
    assert isinstance(given, Fired)
    alert = given.alert
    assert (alert.fingerprint, alert.severity, alert.title) == ("shop", "critical", "shop is down")
    assert (alert.since, alert.fired_at, alert.actual) == (1, 2, "r2")
    assert (alert.service, alert.organization, alert.policy) == ("store", "acme", "night")
    assert repeated == [False, False, False]


def test_without_its_service_an_alert_has_no_owner() -> None:
    _, inputs, _ = follow("dd", service=None)
    assert (inputs[0].alert.organization, inputs[0].alert.policy) == ("", "")


@pytest.mark.parametrize(
    ("outcomes", "terms", "kinds"),
    [
        ("d", Terms(), []),
        ("d?d", Terms(), [Fired]),
        ("ddu", Terms(), [Fired, Ended]),
        ("dduu", Terms(recover_after=2), [Fired, Ended]),
        ("ddudu", Terms(recover_after=2), [Fired]),
        ("ss", Terms(), []),
        ("ss", Terms(degraded="low"), [Fired]),
        ("ssd", Terms(degraded="low"), [Fired, SeverityChanged]),
        ("dds", Terms(degraded="low"), [Fired, SeverityChanged]),
        ("dds", Terms(), [Fired, Ended]),
        ("???", Terms(), []),
    ],
)
def test_what_results_come_to(outcomes: str, terms: Terms, kinds: list[type]) -> None:
    assert [type(one) for one in follow(outcomes, terms)[1]] == kinds


def test_what_is_bad_again_without_a_change_is_only_counted() -> None:
    assert follow("ddd?d")[2] == [False, False, True, False, True]


def test_flapping_is_told_as_that() -> None:
    _, inputs, _ = follow("dduddu" * 6 + "u" * 25)
    kinds = [type(one) for one in inputs]
    assert FlappingStarted in kinds
    assert kinds.index(FlappingEnded) > kinds.index(FlappingStarted)
    without = [type(one) for one in follow("dduddu" * 6, Terms(flapping=False))[1]]
    assert FlappingStarted not in without
