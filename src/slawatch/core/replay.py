"""Stored samples through the rules of alerting in virtual time: what would have fired, whom it would tell.

Of a month of samples only those are needed that `sifting` lets through. Where samples are gone and only the
record of changes is left, `imagined` puts results in their place, at the check's own intervals.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from slawatch.core.check import Check
from slawatch.core.command import Ack
from slawatch.core.dispatch import Started
from slawatch.core.gauging import Judged
from slawatch.core.incident import Phase
from slawatch.core.instant import HOUR, MILLISECOND, Instant, Micros
from slawatch.core.sample import Outcome, Transition
from slawatch.core.scenario import Played, Scene
from slawatch.core.sifting import Sampled
from slawatch.core.simulation import Simulation, Watched
from slawatch.core.state import Seen

LEAD: Final[Micros] = HOUR
"""So long before the time that is asked for the play begins, for rows of failures that reach into it."""


class Read(NamedTuple):
    """What the gauge of a rule showed.

    Attributes:
        at: when.
        series: the fingerprint of its alert.
        value: None for none.
    """

    at: Instant
    series: str
    value: float | None


SOMEBODY: Final = "somebody"
"""Who acknowledges where only a channel was told."""


def imagined(
    check: Check, changes: Sequence[Transition], start: Instant, end: Instant, results: int
) -> list[Sampled]:
    """Return results that lead to a record of changes in `[start, end)`, where the true ones are gone.

    Args:
        check: whose; its intervals are those of the present.
        changes: the record, from the last change at or before the start.
        start: of the time without samples.
        end: of it.
        results: so many are made of each run of one outcome.
    """
    found: list[Sampled] = []
    for number, change in enumerate(changes):
        until = min(changes[number + 1].at if number + 1 < len(changes) else end, end)
        at, made = change.at, 0
        if at < start:
            at += -((at - start) // check.interval) * check.interval
        bad = change.outcome == Outcome.DOWN
        while at < until and made < results:
            found.append(Sampled(check.name, at, int(change.outcome), check.stale_after))
            made += 1
            soft = bad and made < check.failures
            pause = min(check.retry_interval, check.interval) if soft else check.interval
            at += max(MILLISECOND, pause)
    return found


def replay(
    scene: Scene,
    samples: Iterable[Sampled],
    start: Instant,
    end: Instant,
    *,
    ack_after: Micros | None = None,
    judged: Judged | None = None,
    readings: Iterable[Read] = (),
) -> Played:
    """Return what alerting would have made of samples.

    Args:
        scene: the config; samples of checks that it does not have are passed over.
        samples: in the order of time.
        start: when the play begins.
        end: when it ends; what is still open then stays open.
        ack_after: somebody acknowledges each incident so long after it told anybody; None for nobody ever.
        judged: the rules on metrics.
        readings: what their gauges showed, in the order of time.
    """
    found = _Replay(scene, samples, start, end, ack_after)
    if judged is not None:
        found.judge(judged, readings)
    found.run()
    stage = found.stage
    return Played(start, end, tuple(stage.messages), (), tuple(stage.events), (), stage.state)


class _Replay:
    def __init__(
        self,
        scene: Scene,
        samples: Iterable[Sampled],
        start: Instant,
        end: Instant,
        ack_after: Micros | None,
    ) -> None:
        self.end = end
        self.ack_after = ack_after
        self.stage = Simulation(scene, start, grace=False)
        self.stage.watched.update(
            (name, Watched(check, self.stage.depth(check))) for name, check in scene.checks.items()
        )
        self.depends = bool(scene.graph.parents)
        self.samples = iter(samples)
        self.acks: dict[tuple[int, int], Instant] = {}
        self.heard = 0
        self.judged: Judged | None = None
        self.readings: deque[Read] = deque()

    def judge(self, judged: Judged, readings: Iterable[Read]) -> None:
        """Have rules on metrics take part."""
        self.judged = judged
        self.readings.extend(readings)

    def run(self) -> None:
        stage = self.stage
        stage.give(Started())
        waiting = self._next()
        timer = stage.timer()
        while True:
            moments = [timer] if timer is not None else []
            moments += [waiting.started_at] if waiting is not None else []
            moments += [self.readings[0].at] if self.readings else []
            moments += self.acks.values()
            if not moments or (at := min(moments)) >= self.end:
                return
            stage.now = at
            looked: list[tuple[Watched, Seen]] = []
            while waiting is not None and waiting.started_at <= at:
                seen = Seen(waiting.started_at, waiting.outcome, waiting.holds, reason=waiting.reason)
                looked.append((stage.watched[waiting.check], seen))
                waiting = self._next()
            before = stage.state
            stirred = False
            for one, seen in sorted(looked, key=lambda pair: (pair[0].depth, pair[0].check.name)):
                stirred |= stage.take(one, seen)
            self._read(at)
            self._acknowledge(at)
            due = timer is not None and timer <= at
            if stirred or due or stage.state is not before or (looked and self.depends and self._firing()):
                stage.settle()
                self._listen()
            if due or stage.state is not before:
                timer = stage.timer()

    def _read(self, at: Instant) -> None:
        shown: list[tuple[str, float | None]] = []
        while self.readings and self.readings[0].at <= at:
            _, name, value = self.readings.popleft()
            shown.append((name, value))
        if self.judged is not None and shown:
            self.stage.give(*self.judged.take(shown, self.stage.state.alerts, at))

    def _next(self) -> Sampled | None:
        return next((one for one in self.samples if one.check in self.stage.watched), None)

    def _firing(self) -> bool:
        return any(alert.firing for alert in self.stage.state.alerts.values())

    def _listen(self) -> None:
        """Have somebody acknowledge each incident that told somebody, a while after that."""
        if self.ack_after is None:
            return
        for message in self.stage.messages[self.heard :]:
            incident = self.stage.state.incidents.get(message.incident)
            if incident is not None and incident.state is Phase.TRIGGERED:
                self.acks.setdefault((incident.id, incident.generation), message.at + self.ack_after)
        self.heard = len(self.stage.messages)

    def _acknowledge(self, at: Instant) -> None:
        for key in [key for key, due in self.acks.items() if due <= at]:
            del self.acks[key]
            number, generation = key
            incident = self.stage.state.incidents.get(number)
            triggered = incident is not None and incident.state is Phase.TRIGGERED
            if triggered and incident is not None and incident.generation == generation:
                people = [told.recipient for told in incident.told if told.recipient.startswith("person:")]
                self.stage.give(Ack(by=people[-1] if people else SOMEBODY, incident=number))
