"""From samples to alerts: what each check's results say, given to the dispatcher as they come."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from slawatch.config.alerting import Alerting
from slawatch.config.world import terms_of
from slawatch.core.alarm import observe
from slawatch.core.alert import Course, fingerprint
from slawatch.core.check import Check, Service
from slawatch.core.dispatch import Ended, Fired, FlappingEnded, Input, Reported
from slawatch.core.flapping import Flaps
from slawatch.core.instant import HOUR, Instant, Micros
from slawatch.core.sample import Outcome
from slawatch.core.state import Seen
from slawatch.core.turn import State

REPORT_EVERY: Final[Micros] = HOUR
"""A firing alert that stays bad is counted again after so long; each result would be an event to store."""


class Alarms:
    """One course for each check whose results are not all good; a check at rest costs nothing.

    Attributes:
        uneasy: numbers of the checks whose good results matter too.
    """

    def __init__(self, give: Callable[[Input], None], guarded: Callable[[str], bool]) -> None:
        """Prepare.

        Args:
            give: takes what happened to an alert.
            guarded: whether each bad result of an alert counts: somebody resolved it by hand.
        """
        self.uneasy: set[int] = set()
        self._give = give
        self._guarded = guarded
        self._courses: dict[str, Course] = {}
        self._reported: dict[str, Instant] = {}
        self._numbers: Mapping[str, int] = {}
        self._services: Mapping[str, Service] = {}
        self._settings = Alerting()

    def assign(
        self, alerting: Alerting, services: Mapping[str, Service], checks: Iterable[Check],
        numbers: Mapping[str, int],
    ) -> None:  # fmt: skip
        """Take over what is watched from now on; alerts of what is watched no more end quietly."""
        self._settings, self._services = alerting, services
        self._numbers = {check.name: numbers[check.name] for check in checks}
        for name in [name for name in self._courses if name not in self._numbers]:
            course = self._courses.pop(name)
            if course.told:
                self._give(Ended(fingerprint(name), "no longer watched", removed=True))
        self.uneasy.clear()  # the same set: the evaluator looks into it
        self.uneasy.update(self._numbers[name] for name in self._courses)

    def resume(self, state: State) -> None:
        """Go on with the alerts that fired when slawatch stopped; those of nobody watched end quietly."""
        for alert in state.alerts.values():
            if not alert.firing or alert.fingerprint != fingerprint(alert.check) or alert.labels:
                continue
            if alert.check in self._numbers:
                self._courses[alert.check] = Course(
                    severity=alert.severity, hard=alert.severity, since=alert.since, last=alert.fired_at,
                    flaps=Flaps(last=alert.severity), told=alert.severity,
                )  # fmt: skip
                if alert.flapping:
                    self._give(FlappingEnded(alert.fingerprint))
                self.uneasy.add(self._numbers[alert.check])
            else:
                self._give(Ended(alert.fingerprint, "no longer watched", removed=True))

    def observe(self, number: int, check: Check, seen: Seen) -> None:
        """Take one result; one that says nothing changes nothing."""
        if seen.outcome == Outcome.UNKNOWN:
            return
        terms = terms_of(self._settings)
        severity = terms.severity(seen.outcome)
        course = self._courses.get(check.name)
        if course is None:
            if not severity:
                return
            course = Course()
        name = fingerprint(check.name)
        after, inputs, repeated = observe(course, check, self._services.get(check.service), seen, terms)
        for given in inputs:
            if isinstance(given, Fired):
                self._reported[name] = seen.started_at
            self._give(given)
        if repeated:
            self._count(name, seen.started_at)
        if not severity and not after.hard and not after.told and not after.flaps.bits:
            self._courses.pop(check.name, None)
            self.uneasy.discard(number)
            self._reported.pop(name, None)
        else:
            self._courses[check.name] = after
            self.uneasy.add(number)

    def _count(self, name: str, at: Instant) -> None:
        if self._guarded(name) or at - self._reported.get(name, at) >= REPORT_EVERY:
            self._reported[name] = at
            self._give(Reported(name))
        else:
            self._reported.setdefault(name, at)
