"""Stored samples through the rules of alerting in virtual time: what would have fired, whom it would tell.

Of a month of samples only a few can change anything: those after a change of outcome, until everything that
counts results has seen enough of them, and those of neighbours in the graph of dependencies just after it.
`stretches` says which; a test holds that the rest makes no difference. Where samples are gone and only the
record of changes is left, `imagined` puts results in their place, at the check's own intervals.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from slawatch.core.check import Check
from slawatch.core.command import Ack
from slawatch.core.dependency import Graph
from slawatch.core.dispatch import Started
from slawatch.core.flapping import SIZE
from slawatch.core.incident import Phase
from slawatch.core.instant import HOUR, MILLISECOND, Instant, Micros
from slawatch.core.ledger import Interval, union
from slawatch.core.sample import Outcome, Transition
from slawatch.core.scenario import Played, Scene
from slawatch.core.silence import Silence
from slawatch.core.simulation import Simulation, Watched
from slawatch.core.state import Seen

LEAD: Final[Micros] = HOUR
"""So long before the time that is asked for the play begins, for rows of failures that reach into it."""

_NEIGHBOURS: Final = 3
"""So many results of whatever depends on one another are looked at after a change."""

SOMEBODY: Final = "somebody"
"""Who acknowledges where only a channel was told."""


class Span(NamedTuple):
    """How the results of a check follow one another.

    Attributes:
        results: so many after a change are wanted.
        holds: at most so long from one to the next.
    """

    results: int
    holds: Micros


def results_that_count(check: Check, recover_after: int) -> int:
    """Return after how many equal results in a row the next one changes nothing any more."""
    return check.failures + recover_after + SIZE + 2


def neighbours(graph: Graph, checks: Iterable[Check]) -> dict[str, tuple[str, ...]]:
    """Return for each check those whose results matter to it, or to which its own do, by dependencies."""
    checks = list(checks)
    members: dict[str, list[str]] = {}
    for check in checks:
        members.setdefault(check.service, []).append(check.name)
        members.setdefault(check.name, []).append(check.name)
    found: dict[str, set[str]] = {}
    for check in checks:
        above = {**graph.ancestors(check.name), **graph.ancestors(check.service)}
        for name in {member for parent in above for member in members.get(parent, ())} - {check.name}:
            found.setdefault(check.name, set()).add(name)
            found.setdefault(name, set()).add(check.name)
    return {name: tuple(sorted(others)) for name, others in found.items()}


def stretches(
    changes: Mapping[str, Iterable[Instant]],
    spans: Mapping[str, Span],
    near: Mapping[str, Sequence[str]],
    start: Instant,
    end: Instant,
) -> dict[str, tuple[Interval, ...]]:
    """Return which samples can change anything: for each check, stretches of time in `[start, end)`.

    Args:
        changes: when the outcome of each check changed, gaps included.
        spans: how results of each check follow one another.
        near: the neighbours of each check.
        start: of the play; what was known before it is not, so that counts as a change.
        end: of the play.
    """
    found: dict[str, list[tuple[Instant, Instant]]] = {name: [] for name in spans}
    for name, span in spans.items():
        for at in (start, *changes.get(name, ())):
            found[name].append((at, at + span.results * span.holds))
            for other in near.get(name, ()):
                if other in spans:
                    found[other].append((at, at + _NEIGHBOURS * spans[other].holds))
    return {
        name: tuple(
            Interval(max(low, start), min(high, end))
            for low, high in union(spans_of)
            if high > start and low < end
        )
        for name, spans_of in found.items()
    }


def imagined(
    check: Check, changes: Sequence[Transition], start: Instant, end: Instant, results: int
) -> list[Seen]:
    """Return results that lead to a record of changes in `[start, end)`, where the true ones are gone.

    Args:
        check: whose; its intervals are those of the present.
        changes: the record, from the last change at or before the start.
        start: of the time without samples.
        end: of it.
        results: so many are made of each run of one outcome.
    """
    found: list[Seen] = []
    for number, change in enumerate(changes):
        until = min(changes[number + 1].at if number + 1 < len(changes) else end, end)
        at, made = change.at, 0
        if at < start:
            at += -((at - start) // check.interval) * check.interval
        bad = change.outcome == Outcome.DOWN
        while at < until and made < results:
            found.append(Seen(at, int(change.outcome), check.stale_after))
            made += 1
            soft = bad and made < check.failures
            pause = min(check.retry_interval, check.interval) if soft else check.interval
            at += max(MILLISECOND, pause)
    return found


def replay(
    scene: Scene,
    samples: Iterable[tuple[str, Seen]],
    start: Instant,
    end: Instant,
    *,
    ack_after: Micros | None = None,
    silences: Iterable[Silence] = (),
) -> Played:
    """Return what alerting would have made of samples.

    Args:
        scene: the config; samples of checks that it does not have are passed over.
        samples: `(name of the check, result)` in the order of time.
        start: when the play begins.
        end: when it ends; what is still open then stays open.
        ack_after: somebody acknowledges each incident so long after it told anybody; None for nobody ever.
        silences: those that were in force then.
    """
    found = _Replay(scene, samples, start, end, ack_after, silences)
    found.run()
    stage = found.stage
    return Played(start, end, tuple(stage.messages), (), tuple(stage.events), (), stage.state)


class _Replay:
    def __init__(
        self,
        scene: Scene,
        samples: Iterable[tuple[str, Seen]],
        start: Instant,
        end: Instant,
        ack_after: Micros | None,
        silences: Iterable[Silence],
    ) -> None:
        self.end = end
        self.ack_after = ack_after
        self.stage = Simulation(scene, start, grace=False)
        self.stage.silences += silences
        self.stage.watched.update(
            (name, Watched(check, self.stage.depth(check))) for name, check in scene.checks.items()
        )
        self.depends = bool(scene.graph.parents)
        self.samples = iter(samples)
        self.acks: dict[tuple[int, int], Instant] = {}
        self.heard = 0

    def run(self) -> None:
        stage = self.stage
        stage.give(Started())
        waiting = self._next()
        timer = stage.timer()
        while True:
            moments = [timer] if timer is not None else []
            moments += [waiting[1].started_at] if waiting is not None else []
            moments += self.acks.values()
            if not moments or (at := min(moments)) >= self.end:
                return
            stage.now = at
            looked: list[tuple[Watched, Seen]] = []
            while waiting is not None and waiting[1].started_at <= at:
                looked.append((stage.watched[waiting[0]], waiting[1]))
                waiting = self._next()
            before = stage.state
            stirred = False
            for one, seen in sorted(looked, key=lambda pair: (pair[0].depth, pair[0].check.name)):
                stirred |= stage.take(one, seen)
            self._acknowledge(at)
            due = timer is not None and timer <= at
            if stirred or due or stage.state is not before or (looked and self.depends and self._firing()):
                stage.settle()
                self._listen()
            if due or stage.state is not before:
                timer = stage.timer()

    def _next(self) -> tuple[str, Seen] | None:
        return next((one for one in self.samples if one[0] in self.stage.watched), None)

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
