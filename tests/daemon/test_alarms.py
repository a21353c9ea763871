from typing import Any

from tests.fakes import EPOCH, check

from slawatch.config.alerting import Alerting
from slawatch.core.alert import Alert
from slawatch.core.check import Check, Service
from slawatch.core.dispatch import Ended, Fired, FlappingEnded, FlappingStarted, Reported, SeverityChanged
from slawatch.core.instant import HOUR, MINUTE, SECOND
from slawatch.core.sample import Outcome
from slawatch.core.state import Seen
from slawatch.core.turn import State
from slawatch.daemon.alarms import Alarms

UP, DOWN, DEGRADED, UNKNOWN = Outcome.UP, Outcome.DOWN, Outcome.DEGRADED, Outcome.UNKNOWN


class Course:
    def __init__(self, *checks: Check, guarded: bool = False, **alerting: Any) -> None:
        self.given: list[Any] = []
        self.checks = checks or (check("a", failures=2),)
        self.alarms = Alarms(self.given.append, lambda _name: guarded)
        self.alerting = Alerting(**alerting)
        self.assign(*self.checks)
        self.at = EPOCH

    def assign(self, *checks: Check) -> None:
        services = {"c": Service(name="c", organization="acme", escalation="night")}
        numbers = {one.name: number for number, one in enumerate(self.checks, 1)}
        self.alarms.assign(self.alerting, services, checks, numbers)

    def see(self, *outcomes: Outcome, reason: str = "", every: int = MINUTE) -> list[Any]:
        self.given.clear()
        for outcome in outcomes:
            self.at += every
            self.alarms.observe(1, self.checks[0], Seen(self.at, outcome, HOUR, reason=reason))
        return list(self.given)


def test_a_failure_fires_once_confirmed_and_ends_with_the_first_good_result() -> None:
    course = Course()
    assert course.see(DOWN) == []
    (fired,) = course.see(DOWN, reason="connection refused")
    assert isinstance(fired, Fired)
    alert = fired.alert
    assert (alert.fingerprint, alert.severity, alert.title) == ("a", "critical", "a is down")
    assert (alert.since, alert.fired_at, alert.actual) == (
        EPOCH + MINUTE, EPOCH + 2 * MINUTE, "connection refused",
    )  # fmt: skip
    assert course.see(DOWN, DOWN) == []
    assert course.see(UP) == [Ended("a")]


def test_a_check_at_rest_is_not_watched_closely() -> None:
    course = Course(flapping=False)
    assert course.alarms.uneasy == set()
    course.see(DOWN)
    assert course.alarms.uneasy == {1}
    course.see(UP)
    assert course.alarms.uneasy == set()


def test_who_was_given_the_uneasy_checks_knows_them_after_a_reload_too() -> None:
    course = Course(flapping=False)
    given = course.alarms.uneasy
    course.assign(*course.checks)
    course.see(DOWN)
    assert given == {1}
    course.assign()
    assert given == set()


def test_a_result_that_says_nothing_changes_nothing() -> None:
    course = Course()
    course.see(DOWN)
    assert course.see(UNKNOWN, UNKNOWN) == []
    assert len(course.see(DOWN)) == 1
    assert course.see(UNKNOWN) == []


def test_degraded_is_an_alert_where_the_config_says_so() -> None:
    assert Course().see(DEGRADED, DEGRADED) == []
    course = Course(degraded="medium")
    (fired,) = course.see(DEGRADED, DEGRADED)
    assert (fired.alert.severity, fired.alert.title) == ("medium", "a is degraded")
    assert course.see(DOWN, reason="gone") == [SeverityChanged("a", "critical", "gone")]


def test_a_flapping_check_is_told_once() -> None:
    course = Course(check("a", failures=1))
    kinds = [type(one) for one in course.see(*(DOWN, UP) * 4)]
    assert kinds.count(FlappingStarted) == 1
    assert kinds.count(Fired) <= 3
    after = [type(one) for one in course.see(*(UP,) * 20)]
    assert after == [FlappingEnded, Ended]
    assert course.alarms.uneasy == set()


def test_a_steady_failure_is_counted_by_the_hour_and_each_result_under_a_guard() -> None:
    course = Course()
    course.see(DOWN, DOWN)
    assert course.see(*(DOWN,) * 59) == []
    assert course.see(DOWN) == [Reported("a")]
    guarded = Course(guarded=True)
    guarded.see(DOWN, DOWN)
    assert guarded.see(DOWN, DOWN) == [Reported("a"), Reported("a")]


def test_the_alert_of_a_check_that_is_watched_no_more_ends_quietly() -> None:
    course = Course()
    course.see(DOWN, DOWN)
    course.given.clear()
    course.assign()
    assert course.given == [Ended("a", "no longer watched", removed=True)]


def test_after_a_restart_a_firing_alert_goes_on() -> None:
    course = Course()
    fired = Alert(fingerprint="a", check="a", severity="critical", title="a is down", since=1, fired_at=2)
    gone = Alert(fingerprint="z", check="z", severity="critical", title="z is down", since=1, fired_at=2)
    course.alarms.resume(State(alerts={"a": fired, "z": gone}))
    assert course.given == [Ended("z", "no longer watched", removed=True)]
    assert course.alarms.uneasy == {1}
    assert course.see(DOWN, every=SECOND) == []
    assert course.see(UP, every=SECOND) == [Ended("a")]
