"""A scenario played in virtual time through the same rules that alert in earnest.

Probes answer what the scenario says, at each full interval from the beginning of the play (`retry_interval`
while a failure is not confirmed). Probes that could change nothing are left out, so that a day takes no
longer than what happens in it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from slawatch.core.chain import length_text
from slawatch.core.check import Check
from slawatch.core.command import Ack, Resolve
from slawatch.core.dispatch import ChannelDown, ChannelUp, Started
from slawatch.core.incident import Incident
from slawatch.core.instant import MILLISECOND, Instant, Micros
from slawatch.core.matcher import Matcher
from slawatch.core.sample import Outcome
from slawatch.core.scenario import Happening, Played, Scene
from slawatch.core.silence import Silence
from slawatch.core.simulation import Simulation, Watched
from slawatch.core.state import Seen

_FRESH: Final = 2
"""So many more probes after anything changed: whoever waits for a new result gets one."""


@dataclass(slots=True)
class _Probed(Watched):
    """A check in the play.

    Attributes:
        down: whether its target is, as the scenario says.
        following: its next probe; None while none could change anything.
        fresh: so many probes follow although nothing seems to come of them.
    """

    down: bool = False
    following: Instant | None = None
    fresh: int = _FRESH


class TooLong(ValueError):  # noqa: N818 (an answer to a wish)
    """More happens than may be played."""


def play(
    scene: Scene, script: Iterable[Happening], start: Instant, length: Micros, most: int | None = None
) -> Played:
    """Play a scenario and return who was told what, when and why.

    Args:
        scene: the config.
        script: what happens; check names are those of the scene.
        start: when it begins, by the wall clock.
        length: how long is watched what follows.
        most: turns that it may take; None for any number.

    Raises:
        TooLong: it takes more.
    """
    found = _Play(scene, script, start, start + length)
    found.run(most)
    return Played(
        start, found.end, tuple(found.stage.messages), tuple(found.happened), tuple(found.stage.events),
        tuple(dict.fromkeys(found.refused)), found.stage.state, tuple(found.probes),
    )  # fmt: skip


class _Play:
    def __init__(self, scene: Scene, script: Iterable[Happening], start: Instant, end: Instant) -> None:
        self.scene = scene
        self.script = sorted(script, key=lambda one: one.t)
        self.start = start
        self.end = end
        self.stage = Simulation(scene, start, self._checked_at)
        self.stopped_until: Instant | None = None
        self.happened: list[tuple[Instant, Happening]] = []
        self.refused: list[str] = []
        self.probes: list[tuple[str, Seen]] = []
        self.watched = self._cast()
        self.stage.watched.update(self.watched)

    def _cast(self) -> dict[str, _Probed]:
        """Return the checks that have a part: those of the scenario, and what they depend on."""
        graph, checks = self.scene.graph, self.scene.checks
        named = [one.check for one in self.script if one.do in ("down", "up")]
        wanted = dict.fromkeys(name for name in named if name in checks)
        for name in list(wanted):
            above = {**graph.ancestors(name), **graph.ancestors(checks[name].service)}
            members = (c.name for c in checks.values() if c.name in above or c.service in above)
            wanted.update(dict.fromkeys(members))
        return {
            name: _Probed(checks[name], self.stage.depth(checks[name]), following=self.start)
            for name in wanted
        }

    def run(self, most: int | None = None) -> None:
        self.stage.give(Started())
        turns = 0
        while (at := self._following()) is not None and at < self.end:
            turns += 1
            if most is not None and turns > most:
                raise TooLong(f"more happens in it than {most} turns: play a shorter time")
            self.stage.now = at
            if self.stopped_until is not None and self.stopped_until <= at:
                self._come_up()
            while self.script and self.start + self.script[0].t <= at:
                self._happen(self.script.pop(0))
            if self.stopped_until is not None:
                if self.stopped_until > at:
                    continue
                self._come_up()
            self._probe_due()
            self.stage.settle()

    def _following(self) -> Instant | None:
        """Return when something happens next."""
        found = [self.start + self.script[0].t] if self.script else []
        if self.stopped_until is not None:
            return min(*found, self.stopped_until) if found else self.stopped_until
        found += [w.following for w in self.watched.values() if w.following is not None]
        timer = self.stage.timer()
        found += [timer] if timer is not None else []
        return min(found, default=None)

    def _checked_at(self, name: str) -> Instant | None:
        one = self.watched.get(name)
        if one is None or one.state is None:
            return None
        if one.following is not None or self.stopped_until is not None:
            return one.state.sampled_at
        past = (self.stage.now - self.start) % one.check.interval
        return max(one.state.sampled_at, self.stage.now - past)

    def _probe_due(self) -> None:
        """Probe what is due, parents first; what a child fails by is looked at before it."""
        while due_now := [
            w for w in self.watched.values() if w.following is not None and w.following <= self.stage.now
        ]:
            for one in list(due_now):
                if one.down and not one.course.bad and not one.course.hard:
                    due_now += [w for w in self._above(one.check) if w not in due_now]
            for one in sorted(due_now, key=lambda w: (w.depth, w.check.name)):
                self._probe(one)

    def _above(self, check: Check) -> list[_Probed]:
        names = {**self.scene.graph.ancestors(check.name), **self.scene.graph.ancestors(check.service)}
        return [w for w in self.watched.values() if w.check.name in names or w.check.service in names]

    def _probe(self, one: _Probed) -> None:
        seen = Seen(self.stage.now, Outcome.DOWN if one.down else Outcome.UP, one.check.stale_after)
        self.probes.append((one.check.name, seen))
        one.fresh = max(0, one.fresh - 1)
        if self.stage.take(one, seen):
            self._stir()
        one.following = self._after(one)

    def _stir(self) -> None:
        """Have every check looked at again: something changed that others may wait for."""
        for other in self.watched.values():
            other.fresh = _FRESH
            if other.following is None:
                self._wake(other)

    def _wake(self, one: _Probed) -> None:
        """Go on with the probes of a check; those left out found what it was known by."""
        at = self._checked_at(one.check.name)
        if one.state is not None and at is not None:
            one.state = one.state._replace(sampled_at=at)
        one.following = self._grid(one.check, now=True)

    def _after(self, one: _Probed) -> Instant | None:
        if one.course.bad and not one.course.hard:
            return self.stage.now + max(MILLISECOND, min(one.check.retry_interval, one.check.interval))
        alert = self.stage.state.alerts.get(one.check.name)
        guarded = alert is not None and alert.firing and alert.guard_until is not None
        steady = (one.course.hard != "") == one.down and one.course.told == one.course.hard
        if steady and not one.course.flaps.bits and not one.fresh and not guarded:
            return None
        return self._grid(one.check)

    def _grid(self, check: Check, *, now: bool = False) -> Instant:
        """Return the next full interval: after the present, or at it where that counts."""
        past = (self.stage.now - self.start) % check.interval
        return self.stage.now if now and not past else self.stage.now + check.interval - past

    def _happen(self, one: Happening) -> None:
        stage = self.stage
        self.happened.append((stage.now, one))
        if one.do in ("down", "up"):
            found = self.watched[one.check]
            found.down = one.do == "down"
            found.fresh = _FRESH
            if self.stopped_until is None and found.following is None:
                self._wake(found)
        elif one.do == "channel_down":
            stage.broken.add(one.channel)
            stage.give(ChannelDown(one.channel))
        elif one.do == "channel_up":
            stage.broken.discard(one.channel)
            stage.give(ChannelUp(one.channel))
        elif self.stopped_until is not None:
            self._refuse(one, "slawatch is stopped then")
        elif one.do == "restart":
            self.stopped_until = stage.now + one.length
        elif one.do == "silence":
            self._silence(one)
        else:
            self._command(one)

    def _come_up(self) -> None:
        stage = self.stage
        self.stopped_until = None
        stage.started_at = stage.now
        stage.give(Started(stage.now), *(ChannelDown(channel) for channel in sorted(stage.broken)))
        for one in self.watched.values():
            one.following, one.fresh = stage.now, _FRESH

    def _silence(self, one: Happening) -> None:
        number = len(self.stage.silences) - len(self.scene.silences) + 1
        match = one.match or (Matcher("check", "=", one.check),)
        comment = one.note or "rehearsed"
        self.stage.silences.append(
            Silence(id=f"s{number}", match=match, author=one.by or "somebody", comment=comment,
                    start=self.stage.now, end=self.stage.now + one.length)
        )  # fmt: skip

    def _command(self, one: Happening) -> None:
        incident = self._meant(one.check)
        if incident is None:
            about = f" of {one.check}" if one.check else ""
            self._refuse(one, f"there is no open incident{about} then")
            return
        messages = self.stage.messages
        told = [m.to for m in messages if m.incident == incident.id and m.to.startswith("person:")]
        by = f"person:{one.by.removeprefix('person:')}" if one.by else (told[-1] if told else "")
        if not by:
            self._refuse(one, "nobody knows of it yet")
        elif one.do == "ack":
            self.stage.give(Ack(by=by, incident=incident.id))
        else:
            self.stage.give(Resolve(by=by, incident=incident.id, note=one.note))
            for watched in self.watched.values():
                if watched.following is None:
                    self._wake(watched)

    def _meant(self, check: str) -> Incident | None:
        incidents = self.stage.state.incidents.values()
        found = [i for i in incidents if i.open and (not check or check in i.alerts)]
        return max(found, key=lambda incident: incident.id, default=None)

    def _refuse(self, one: Happening, why: str) -> None:
        self.refused.append(f"after {length_text(one.t)}: {one.text}: {why}")
