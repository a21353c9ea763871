"""A scenario played in virtual time through the same rules that alert in earnest.

Probes answer what the scenario says, at each full interval from the beginning of the play (`retry_interval`
while a failure is not confirmed); providers take every message at once, except through a channel that is
down. Probes that could change nothing are left out, so that a day takes no longer than what happens in it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from slawatch.core.alert import Alert, Course, Reason, Settings, fingerprint
from slawatch.core.alert import step as alert_step
from slawatch.core.chain import length_text
from slawatch.core.check import Check, Quorum
from slawatch.core.command import Ack, Resolve
from slawatch.core.dependency import Standing
from slawatch.core.dispatch import (
    Answered,
    ChannelDown,
    ChannelUp,
    Claimed,
    Ended,
    Fired,
    FlappingEnded,
    FlappingStarted,
    Input,
    Reported,
    Started,
    Tick,
    due,
    steps,
)
from slawatch.core.event import Event
from slawatch.core.incident import Incident
from slawatch.core.instant import MILLISECOND, Instant, Micros
from slawatch.core.matcher import Matcher
from slawatch.core.notification import Delivery, Verdict
from slawatch.core.outbox import Row, Stage, ready
from slawatch.core.sample import Outcome
from slawatch.core.scenario import Happening, Message, Played, Scene, why
from slawatch.core.silence import Silence
from slawatch.core.state import CheckState, Recovered, Seen
from slawatch.core.state import step as state_step
from slawatch.core.suppress import Suppression
from slawatch.core.turn import State

_OK: Final = Delivery(verdict=Verdict.OK)
_ENDS: Final[dict[str, Callable[[str], Input]]] = {
    "resolved": Ended,
    "flapping_started": FlappingStarted,
    "flapping_ended": FlappingEnded,
}
_ROUNDS: Final = 1000
_FRESH: Final = 2
"""So many more probes after anything changed: whoever waits for a new result gets one."""


@dataclass(slots=True)
class _Watched:
    """A check in the play.

    Attributes:
        check: the one.
        depth: how much it depends on; parents are probed first.
        down: whether its target is, as the scenario says.
        following: its next probe; None while none could change anything.
    """

    check: Check
    depth: int
    down: bool = False
    state: CheckState | None = None
    course: Course = field(default_factory=Course)
    following: Instant | None = None
    fresh: int = _FRESH
    recovered_at: Instant | None = None


def play(scene: Scene, script: Iterable[Happening], start: Instant, length: Micros) -> Played:
    """Play a scenario and return who was told what, when and why.

    Args:
        scene: the config.
        script: what happens; check names are those of the scene.
        start: when it begins, by the wall clock.
        length: how long is watched what follows.
    """
    found = _Play(scene, script, start, start + length)
    found.run()
    return Played(
        start, found.end, tuple(found.messages), tuple(found.happened), tuple(found.events),
        tuple(dict.fromkeys(found.refused)), found.state,
    )  # fmt: skip


class _Play:
    def __init__(self, scene: Scene, script: Iterable[Happening], start: Instant, end: Instant) -> None:
        self.scene = scene
        self.script = sorted(script, key=lambda one: one.t)
        self.start = self.now = start
        self.end = end
        self.world = replace(scene.world, withheld=self._withheld, waits=self._waits)
        self.state = State()
        self.silences: list[Silence] = []
        self.broken: set[str] = set()
        self.stopped_until: Instant | None = None
        self.started_at = start
        self.messages: list[Message] = []
        self.happened: list[tuple[Instant, Happening]] = []
        self.events: list[Event] = []
        self.refused: list[str] = []
        self.watched = self._cast()

    def _cast(self) -> dict[str, _Watched]:
        """Return the checks that have a part: those of the scenario, and what they depend on."""
        graph, checks = self.scene.graph, self.scene.checks
        named = [one.check for one in self.script if one.do in ("down", "up")]
        wanted = dict.fromkeys(name for name in named if name in checks)
        for name in list(wanted):
            above = {**graph.ancestors(name), **graph.ancestors(checks[name].service)}
            members = (c.name for c in checks.values() if c.name in above or c.service in above)
            wanted.update(dict.fromkeys(members))
        return {
            name: _Watched(checks[name], self._depth(checks[name]), following=self.start) for name in wanted
        }

    def _depth(self, check: Check) -> int:
        graph = self.scene.graph
        return len({**graph.ancestors(check.name), **graph.ancestors(check.service)})

    def run(self) -> None:
        self._give(Started())
        while (at := self._following()) is not None and at < self.end:
            self.now = at
            if self.stopped_until is not None and self.stopped_until <= at:
                self._come_up()
            while self.script and self.start + self.script[0].t <= at:
                self._happen(self.script.pop(0))
            if self.stopped_until is not None:
                if self.stopped_until > at:
                    continue
                self._come_up()
            self._probe_due()
            self._settle()

    def _following(self) -> Instant | None:
        """Return when something happens next."""
        found = [self.start + self.script[0].t] if self.script else []
        if self.stopped_until is not None:
            return min(*found, self.stopped_until) if found else self.stopped_until
        found += [w.following for w in self.watched.values() if w.following is not None]
        timer = due(self.state, self.world)
        if timer is not None and timer > self.now:
            found.append(timer)
        if any(alert.firing for alert in self.state.alerts.values()):
            opening = self.scene.opens(self.now)
            found += [opening] if opening is not None else []
        return min(found, default=None)

    def _settle(self) -> None:
        """Do what is due now and send what is owed, until nothing is left."""
        for _ in range(_ROUNDS):
            before = self.state
            self._give(Tick())
            rows = [
                row for row in ready(self.state.rows.values(), self.now) if row.channel not in self.broken
            ]
            if rows:
                self._give(Claimed(tuple(row.key for row in rows)))
            for row in rows:
                if self.state.rows[row.key].stage is Stage.SENDING:
                    self._note(row)
                    self._give(Answered(row.key, _OK, self.state.epoch))
            if self.state is before:
                return

    def _give(self, *inputs: Input) -> None:
        if inputs:
            self.state, events = steps(self.state, inputs, self.now, self.world)
            self.events += events

    def _withheld(self, alert: Alert, at: Instant) -> tuple[Reason, ...]:
        suppression = Suppression(
            silences=tuple(self.silences), windows=self.scene.windows, inhibitions=self.scene.inhibitions,
            graph=self.scene.graph, standings=self._standings(), checked_at=self._checked_at,
            firing=tuple(other for other in self.state.alerts.values() if other.firing),
        )  # fmt: skip
        return suppression.reasons(alert, at)

    def _waits(self, alert: Alert) -> Instant | None:
        seen = self._checked_at(alert.check)
        if seen is not None and seen >= self.started_at:
            return None
        return self.started_at + self.scene.start_grace

    def _checked_at(self, name: str) -> Instant | None:
        one = self.watched.get(name)
        if one is None or one.state is None:
            return None
        if one.following is not None or self.stopped_until is not None:
            return one.state.sampled_at
        past = (self.now - self.start) % one.check.interval
        return max(one.state.sampled_at, self.now - past)

    def _standings(self) -> dict[str, Standing]:
        found: dict[str, Standing] = {}
        for name, one in self.watched.items():
            if one.state is not None:
                found[name] = Standing(
                    down=one.state.outcome == Outcome.DOWN, hard=one.state.failing,
                    checked_at=self._checked_at(name), recovered_at=one.recovered_at,
                    interval=one.check.interval,
                )  # fmt: skip
        for service in dict.fromkeys(one.check.service for one in self.watched.values()):
            if service not in found:
                members = [
                    found[n] for n, w in self.watched.items() if w.check.service == service and n in found
                ]
                if members:
                    found[service] = self._service(service, members)
        return found

    def _service(self, name: str, members: list[Standing]) -> Standing:
        """Return how a service stands; its checks that have no part in the play are up."""
        service = self.scene.services.get(name)
        join = service.join if service is not None else "all"
        total = sum(check.service == name for check in self.scene.checks.values())
        needed = join.needed if isinstance(join, Quorum) else total if join == "all" else 1

        def lacks(bad: int) -> bool:
            return total - bad < needed

        down = lacks(sum(one.down for one in members))
        recovered = [one.recovered_at for one in members if one.recovered_at is not None]
        return Standing(
            down=down, hard=lacks(sum(one.down and one.hard for one in members)),
            checked_at=max((one.checked_at for one in members if one.checked_at is not None), default=None),
            recovered_at=None if down else max(recovered, default=None),
            interval=max(one.interval for one in members),
        )  # fmt: skip

    def _probe_due(self) -> None:
        """Probe what is due, parents first; what a child fails by is looked at before it."""
        while due_now := [
            w for w in self.watched.values() if w.following is not None and w.following <= self.now
        ]:
            for one in list(due_now):
                if one.down and not one.course.bad and not one.course.hard:
                    due_now += [w for w in self._above(one.check) if w not in due_now]
            for one in sorted(due_now, key=lambda w: (w.depth, w.check.name)):
                self._probe(one)

    def _above(self, check: Check) -> list[_Watched]:
        names = {**self.scene.graph.ancestors(check.name), **self.scene.graph.ancestors(check.service)}
        return [w for w in self.watched.values() if w.check.name in names or w.check.service in names]

    def _probe(self, one: _Watched) -> None:
        check = one.check
        outcome = Outcome.DOWN if one.down else Outcome.UP
        one.state, confirmed = state_step(
            one.state, Seen(self.now, outcome, check.stale_after), check.failures
        )
        if any(isinstance(event, Recovered) for event in confirmed):
            one.recovered_at = self.now
        settings = Settings(check.failures, self.scene.recover_after, 0, self.scene.flapping)
        severity = self.scene.severity if one.down else ""
        before = one.course
        one.course, changes = alert_step(one.course, severity, self.now, settings)
        one.fresh = max(0, one.fresh - 1)
        inputs: list[Input] = []
        for change in changes:
            if change.kind == "fired":
                inputs.append(Fired(self._alert(one)))
            elif change.kind in _ENDS:
                inputs.append(_ENDS[change.kind](check.name))
        if one.down and before.told and one.course.told and not inputs:
            inputs.append(Reported(check.name))
        self._give(*inputs)
        if confirmed or (inputs and not isinstance(inputs[0], Reported)):
            self._stir()
        one.following = self._after(one)

    def _stir(self) -> None:
        """Have every check looked at again: something changed that others may wait for."""
        for other in self.watched.values():
            other.fresh = _FRESH
            if other.following is None:
                self._wake(other)

    def _wake(self, one: _Watched) -> None:
        """Go on with the probes of a check; those left out found what it was known by."""
        at = self._checked_at(one.check.name)
        if one.state is not None and at is not None:
            one.state = one.state._replace(sampled_at=at)
        one.following = self._grid(one.check, now=True)

    def _after(self, one: _Watched) -> Instant | None:
        if one.course.bad and not one.course.hard:
            return self.now + max(MILLISECOND, min(one.check.retry_interval, one.check.interval))
        alert = self.state.alerts.get(one.check.name)
        guarded = alert is not None and alert.firing and alert.guard_until is not None
        steady = (one.course.hard != "") == one.down and one.course.told == one.course.hard
        if steady and not one.course.flaps.bits and not one.fresh and not guarded:
            return None
        return self._grid(one.check)

    def _grid(self, check: Check, *, now: bool = False) -> Instant:
        """Return the next full interval: after the present, or at it where that counts."""
        past = (self.now - self.start) % check.interval
        return self.now if now and not past else self.now + check.interval - past

    def _alert(self, one: _Watched) -> Alert:
        check = one.check
        service = self.scene.services.get(check.service)
        return Alert(
            fingerprint=fingerprint(check.name), check=check.name, severity=self.scene.severity,
            title=f"{check.name} is down", since=one.course.since, fired_at=self.now, service=check.service,
            organization=(service.organization or "") if service else "",
            policy=service.escalation if service else "",
        )  # fmt: skip

    def _happen(self, one: Happening) -> None:
        self.happened.append((self.now, one))
        if one.do in ("down", "up"):
            found = self.watched[one.check]
            found.down = one.do == "down"
            found.fresh = _FRESH
            if self.stopped_until is None and found.following is None:
                self._wake(found)
        elif one.do == "channel_down":
            self.broken.add(one.channel)
            self._give(ChannelDown(one.channel))
        elif one.do == "channel_up":
            self.broken.discard(one.channel)
            self._give(ChannelUp(one.channel))
        elif self.stopped_until is not None:
            self._refuse(one, "slawatch is stopped then")
        elif one.do == "restart":
            self.stopped_until = self.now + one.length
        elif one.do == "silence":
            self._silence(one)
        else:
            self._command(one)

    def _come_up(self) -> None:
        self.stopped_until = None
        self.started_at = self.now
        self._give(Started(self.now), *(ChannelDown(channel) for channel in sorted(self.broken)))
        for one in self.watched.values():
            one.following, one.fresh = self.now, _FRESH

    def _silence(self, one: Happening) -> None:
        number = len(self.silences) + 1
        match = one.match or (Matcher("check", "=", one.check),)
        comment = one.note or "rehearsed"
        self.silences.append(
            Silence(id=f"s{number}", match=match, author=one.by or "somebody", comment=comment,
                    start=self.now, end=self.now + one.length)
        )  # fmt: skip

    def _command(self, one: Happening) -> None:
        incident = self._meant(one.check)
        if incident is None:
            about = f" of {one.check}" if one.check else ""
            self._refuse(one, f"there is no open incident{about} then")
            return
        told = [m.to for m in self.messages if m.incident == incident.id and m.to.startswith("person:")]
        by = f"person:{one.by.removeprefix('person:')}" if one.by else (told[-1] if told else "")
        if not by:
            self._refuse(one, "nobody knows of it yet")
        elif one.do == "ack":
            self._give(Ack(by=by, incident=incident.id))
        else:
            self._give(Resolve(by=by, incident=incident.id, note=one.note))
            for watched in self.watched.values():
                if watched.following is None:
                    self._wake(watched)

    def _meant(self, check: str) -> Incident | None:
        found = [i for i in self.state.incidents.values() if i.open and (not check or check in i.alerts)]
        return max(found, key=lambda incident: incident.id, default=None)

    def _refuse(self, one: Happening, why: str) -> None:
        self.refused.append(f"after {length_text(one.t)}: {one.text}: {why}")

    def _note(self, row: Row) -> None:
        reason = why(row, self.state.incidents[row.incident], self.scene.world, self.broken)
        self.messages.append(
            Message(
                self.now, row.kind, row.recipient, row.channel, row.level, row.cycle, reason, row.incident
            )
        )
