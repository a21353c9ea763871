"""From the results of a check to its alert: the one rule that the daemon, `rehearse` and `replay` share."""

from typing import Final, NamedTuple

from slawatch.core.alert import Alert, Change, Course, Settings, fingerprint, step
from slawatch.core.check import Check, Service
from slawatch.core.dispatch import Ended, Fired, FlappingEnded, FlappingStarted, Input, SeverityChanged, Stale
from slawatch.core.instant import Instant
from slawatch.core.sample import Outcome
from slawatch.core.state import Seen

_BAD: Final = {Outcome.DOWN: "down", Outcome.DEGRADED: "degraded"}


class Terms(NamedTuple):
    """How bad results are, and when an alert ends; as in `[alerting]`.

    Attributes:
        down: the severity of a check that is down.
        degraded: of one that is degraded; empty: that is no alert.
        recover_after: so many good results in a row end an alert.
        flapping: whether changes are counted.
    """

    down: str = "critical"
    degraded: str = ""
    recover_after: int = 1
    flapping: bool = True

    def severity(self, outcome: int) -> str:
        """Return how bad an outcome is; empty for what is no alert."""
        if outcome == Outcome.DOWN:
            return self.down
        return self.degraded if outcome == Outcome.DEGRADED else ""


class Observed(NamedTuple):
    """What a result came to.

    Attributes:
        course: after it.
        inputs: for the dispatcher.
        repeated: it fired before, and was bad again without any change.
    """

    course: Course
    inputs: tuple[Input, ...]
    repeated: bool


def observe(course: Course, check: Check, service: Service | None, seen: Seen, terms: Terms) -> Observed:
    """Take one result of a check; one that says nothing (unknown) changes nothing.

    Args:
        course: what was known.
        check: whose result.
        service: that the check speaks for, if the config has it.
        seen: the result.
        terms: how bad it is.
    """
    if seen.outcome == Outcome.UNKNOWN:
        return Observed(course, (), False)
    severity = terms.severity(seen.outcome)
    settings = Settings(check.failures, terms.recover_after, 0, terms.flapping)
    after, changes = step(course, severity, seen.started_at, settings)
    found = (_input(change, check, service, seen) for change in changes)
    inputs = tuple(one for one in found if one is not None)
    repeated = bool(severity and course.told and after.told and not changes)
    return Observed(after, inputs, repeated)


def _input(change: Change, check: Check, service: Service | None, seen: Seen) -> Input | None:
    name = fingerprint(check.name)
    match change.kind:
        case "fired":
            return Fired(_alert(change, check, service, seen))
        case "resolved":
            return Ended(name)
        case "severity_up" | "severity_down":
            return SeverityChanged(name, change.severity, seen.reason)
        case "flapping_started":
            return FlappingStarted(name)
        case "flapping_ended":
            return FlappingEnded(name)
        case "fresh":
            return Stale(name, stale=False)
        case _:
            return None


def _alert(change: Change, check: Check, service: Service | None, seen: Seen) -> Alert:
    at: Instant = seen.started_at
    return Alert(
        fingerprint=fingerprint(check.name), check=check.name, severity=change.severity,
        title=f"{check.name} is {_BAD.get(Outcome(seen.outcome), 'bad')}", since=change.since, fired_at=at,
        service=check.service, organization=(service.organization or "") if service else "",
        policy=service.escalation if service else "", actual=seen.reason,
    )  # fmt: skip
