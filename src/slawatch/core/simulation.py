"""Alerting in virtual time: what a rehearsal and a replay share.

Checks are given results, the real rules decide, and providers take every message at once, except through a
channel that is down. Who gives the results, and when, is the affair of `rehearsal` and `replay`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from slawatch.core.alarm import observe
from slawatch.core.alert import Alert, Course, Reason
from slawatch.core.check import Check
from slawatch.core.dependency import Standing
from slawatch.core.dispatch import Answered, Claimed, Input, Reported, StepEnded, Tick, due, steps
from slawatch.core.event import Event
from slawatch.core.instant import Instant
from slawatch.core.notification import Delivery, Verdict
from slawatch.core.outbox import Row, Stage, ready
from slawatch.core.scenario import Message, Scene, why
from slawatch.core.silence import Silence
from slawatch.core.standing import of_check, of_service
from slawatch.core.state import CheckState, Recovered, Seen
from slawatch.core.state import step as state_step
from slawatch.core.suppress import Suppression
from slawatch.core.turn import State
from slawatch.core.workflow_turn import at_work

_OK: Final = Delivery(verdict=Verdict.OK)
_ROUNDS: Final = 1000


@dataclass(slots=True)
class Watched:
    """A check in the play.

    Attributes:
        check: the one.
        depth: on how much it depends; parents are looked at first.
        state, course: what its results say.
        recovered_at: when its last confirmed failure ended.
    """

    check: Check
    depth: int = 0
    state: CheckState | None = None
    course: Course = field(default_factory=Course)
    recovered_at: Instant | None = None


class Simulation:
    """The dispatcher, with a clock that is set by hand.

    Attributes:
        scene: the config.
        now: the virtual time.
        started_at: when the daemon of the play started last.
        state: of alerting.
        silences: that somebody made.
        broken: channels through which nothing goes.
        watched: the checks in the play, by name.
        messages, events: what came of it so far.
    """

    def __init__(
        self,
        scene: Scene,
        start: Instant,
        checked_at: Callable[[str], Instant | None] | None = None,
        grace: bool = True,
    ) -> None:
        """Set the stage.

        Args:
            scene: the config.
            start: the first instant.
            checked_at: says when a check was looked at last, where it knows better than the last result.
            grace: whether overdue levels wait after a start for first results.
        """
        self.scene = scene
        self.now = self.started_at = start
        self.state = State()
        self.silences: list[Silence] = list(scene.silences)
        self.broken: set[str] = set()
        self.watched: dict[str, Watched] = {}
        self.messages: list[Message] = []
        self.events: list[Event] = []
        self._checked_at = checked_at or self._sampled_at
        self._grace = grace
        self._totals: dict[str, int] = {}
        for check in scene.checks.values():
            self._totals[check.service] = self._totals.get(check.service, 0) + 1
        self.world = replace(scene.world, withheld=self._withheld, waits=self._waits)

    def depth(self, check: Check) -> int:
        """Return on how many things a check depends."""
        graph = self.scene.graph
        return len({**graph.ancestors(check.name), **graph.ancestors(check.service)})

    def give(self, *inputs: Input) -> bool:
        """Step the rules; say whether anything changed."""
        before = self.state
        if inputs:
            self.state, events = steps(self.state, inputs, self.now, self.world)
            self.events += events
        return self.state is not before

    def settle(self) -> None:
        """Do what is due now and send what is owed, until nothing is left."""
        for _ in range(_ROUNDS):
            before = self.state
            self.give(Tick())
            self._send(row for row in self.state.rows.values() if row.channel not in self.broken)
            for run in at_work(self.state):
                self.give(StepEnded(run.key, run.place, True, "as imagined", run.steps[-1].epoch))
            if self.state is before:
                return

    def _send(self, rows: Iterable[Row]) -> None:
        found = ready(rows, self.now)
        if found:
            self.give(Claimed(tuple(row.key for row in found)))
        for row in found:
            if self.state.rows[row.key].stage is Stage.SENDING:
                self._note(row)
                self.give(Answered(row.key, _OK, self.state.epoch))

    def take(self, one: Watched, seen: Seen) -> bool:
        """Give a check a result; say whether it changed more than a count."""
        before = one.state
        one.state, confirmed = state_step(before, seen, one.check.failures)
        if any(isinstance(event, Recovered) for event in confirmed):
            one.recovered_at = self.now
        service = self.scene.services.get(one.check.service)
        one.course, inputs, repeated = observe(one.course, one.check, service, seen, self.scene.terms)
        if repeated:
            alert = self.state.alerts.get(one.check.name)
            if alert is not None and alert.guard_until is not None:
                self.give(Reported(one.check.name))
        self.give(*inputs)
        return bool(confirmed or inputs)

    def timer(self) -> Instant | None:
        """Return when something comes due after the present, or a window or silence begins that matters."""
        found = due(self.state, self.world)
        waits = [found] if found is not None and found > self.now else []
        if any(alert.firing for alert in self.state.alerts.values()):
            opening = self.scene.opens(self.now)
            waits += [opening] if opening is not None else []
            waits += [silence.start for silence in self.silences if silence.start > self.now]
        return min(waits, default=None)

    def _withheld(self, alert: Alert, at: Instant) -> tuple[Reason, ...]:
        suppression = Suppression(
            silences=tuple(self.silences), windows=self.scene.windows, inhibitions=self.scene.inhibitions,
            graph=self.scene.graph, standings=self._standings(), checked_at=self._checked_at,
            firing=tuple(other for other in self.state.alerts.values() if other.firing),
        )  # fmt: skip
        return suppression.reasons(alert, at)

    def _waits(self, alert: Alert) -> Instant | None:
        if not self._grace:
            return None
        seen = self._checked_at(alert.check)
        if seen is not None and seen >= self.started_at:
            return None
        return self.started_at + self.scene.start_grace

    def _sampled_at(self, name: str) -> Instant | None:
        one = self.watched.get(name)
        return None if one is None or one.state is None else one.state.sampled_at

    def _standings(self) -> dict[str, Standing]:
        """Return how everything stands; checks that have no part in the play are up."""
        found: dict[str, Standing] = {}
        if not self.scene.graph.parents:
            return found
        services: dict[str, list[Standing]] = {}
        for name, one in self.watched.items():
            if one.state is not None:
                standing = of_check(one.state, one.check.interval, one.recovered_at)
                found[name] = standing._replace(checked_at=self._checked_at(name))
                services.setdefault(one.check.service, []).append(found[name])
        for service, members in services.items():
            if service not in found:
                known = self.scene.services.get(service)
                join = known.join if known is not None else "all"
                found[service] = of_service(join, self._totals.get(service, 0), members)
        return found

    def _note(self, row: Row) -> None:
        incident = self.state.incidents.get(row.incident)
        reason = why(row, incident, self.scene.world, self.broken) if incident is not None else row.reason
        self.messages.append(
            Message(
                self.now, row.kind, row.recipient, row.channel, row.level, row.cycle, reason, row.incident
            )
        )
