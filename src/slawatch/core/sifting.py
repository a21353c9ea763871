"""Which stored samples can change anything for alerting: few of a month, found without looking at the rest.

Those after a change of outcome count, until a failure is confirmed or over; more of them after one that was,
for flap detection; and those of neighbours in the graph of dependencies just after it. It takes two rounds,
since only the samples of the first tell which failures were confirmed. A test holds that the rest makes no
difference.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from heapq import merge
from typing import Final, NamedTuple, TypeAlias

from slawatch.core.check import Check
from slawatch.core.dependency import Graph
from slawatch.core.flapping import SIZE
from slawatch.core.instant import Instant, Micros
from slawatch.core.ledger import Interval, subtract, union
from slawatch.core.sample import Outcome, Transition
from slawatch.core.scenario import Scene

NEAR: Final = 3
"""So many results of whatever depends on one another are looked at after a change."""


class Sampled(NamedTuple):
    """A stored sample, as far as alerting cares.

    Attributes:
        check: the name of its check.
        started_at, outcome, holds, reason: as of any sample.
    """

    check: str
    started_at: Instant
    outcome: int
    holds: Micros
    reason: str = ""


Stretches: TypeAlias = Mapping[str, Sequence[Interval]]
"""For each check, the stretches of time whose samples are wanted."""


class Need(NamedTuple):
    """How the results of a check count.

    Attributes:
        fewest, most: so many bad results in a row confirm a failure; the least and the most of several
            configs.
        recover: so many good ones end it, at most.
        degraded: whether a degraded result is a bad one anywhere.
    """

    fewest: int
    most: int
    recover: int = 1
    degraded: bool = False

    @property
    def results(self) -> int:
        """After so many equal results a further one changes nothing but what flap detection remembers."""
        return self.most + self.recover + 2

    def kind(self, outcome: int) -> int:
        """Return what an outcome counts as: UP and DEGRADED are one where only DOWN is an alert."""
        return int(Outcome.UP) if outcome == Outcome.DEGRADED and not self.degraded else int(outcome)


def needs(scenes: Iterable[Scene]) -> dict[str, Need]:
    """Return how the results of each check count under any of several configs."""
    found: dict[str, Need] = {}
    for scene in scenes:
        for name, check in scene.checks.items():
            terms = scene.terms
            known = found.get(name) or Need(check.failures, check.failures)
            found[name] = Need(
                min(known.fewest, check.failures), max(known.most, check.failures),
                max(known.recover, terms.recover_after), known.degraded or bool(terms.degraded),
            )  # fmt: skip
    return found


def changes_that_count(changes: Iterable[Transition], need: Need, *, unknown: bool = False) -> list[Instant]:
    """Return when the results of a check became others, as far as alerting cares.

    Args:
        changes: the record.
        need: how results count.
        unknown: whether unknown ones do: a parent that nothing is known of keeps nobody from being told.
    """
    found: list[Instant] = []
    last = -1
    for change in changes:
        kind = need.kind(change.outcome)
        if kind != last and (unknown or kind != Outcome.UNKNOWN):
            found.append(change.at)
            last = kind
    return found


def hard_changes(
    samples: Iterable[tuple[Instant, int]], need: Need, start: Instant, reach: Micros
) -> list[Instant]:
    """Return which results of a check may have confirmed or ended a failure, or flap detection remembers.

    Args:
        samples: `(start, outcome)` of what was kept so far, in order.
        need: how they count.
        start: of the play: what was before it may have been anything.
        reach: so long after such a change further changes count too.
    """
    found = [start]
    bad, began, hard = 0, start, False
    last = -1
    for at, outcome in samples:
        kind = need.kind(outcome)
        if kind == Outcome.UNKNOWN:
            continue
        if kind != last:
            if at < found[-1] + reach or (hard and kind == Outcome.UP):
                found.append(at)
            last = kind
        if kind == Outcome.UP:
            bad, hard = 0, False
            continue
        began = began if bad else at
        bad += 1
        if bad == need.fewest:
            hard = True
            found.append(began)
            if at != began:
                found.append(at)
    return sorted(set(found))


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
    lengths: Mapping[str, Micros],
    near: Mapping[str, Micros],
    neighbours: Mapping[str, Sequence[str]],
    start: Instant,
    end: Instant,
) -> dict[str, tuple[Interval, ...]]:
    """Return which samples can change anything: for each check, stretches of time in `[start, end)`.

    Args:
        changes: of each check; the start of the play counts as one.
        lengths: how long after its own changes samples of a check count.
        near: how long after those of its neighbours.
        neighbours: of each check.
        start: of the play.
        end: of the play.
    """
    found: dict[str, list[tuple[Instant, Instant]]] = {name: [] for name in lengths}
    for name, length in lengths.items():
        for at in (start, *changes.get(name, ())):
            found[name].append((at, at + length))
            for other in neighbours.get(name, ()):
                if other in lengths and near.get(other):
                    found[other].append((at, at + near[other]))
    return {
        name: tuple(
            Interval(max(low, start), min(high, end))
            for low, high in union(parts)
            if high > start and low < end
        )
        for name, parts in found.items()
    }


def sift(
    fetch: Callable[[Stretches], Sequence[Sampled]],
    wanted: Mapping[str, Need],
    holds: Mapping[str, Micros],
    neighbours: Mapping[str, Sequence[str]],
    record: Mapping[str, Sequence[Transition]],
    start: Instant,
    end: Instant,
) -> tuple[Sampled, ...]:
    """Return the samples of `[start, end)` that can change anything, in the order of time.

    Args:
        fetch: returns all samples in some stretches, in the order of time.
        wanted: how the results of each check count.
        holds: at most so long it is from one sample of a check to the next, without a gap.
        neighbours: of each check, by dependencies.
        record: the changes of each check's outcome, from the last one before the start.
        start: of the play.
        end: of the play.
    """
    if start >= end:
        return ()
    lengths = {name: wanted[name].results * length for name, length in holds.items()}
    near = {name: NEAR * length for name, length in holds.items()}
    changes = {
        name: changes_that_count(record.get(name, ()), wanted[name], unknown=name in neighbours)
        for name in holds
    }
    first = stretches(changes, lengths, near, neighbours, start, end)
    found = fetch(first)
    by_check: dict[str, list[tuple[Instant, int]]] = {name: [] for name in holds}
    for one in found:
        by_check[one.check].append((one.started_at, one.outcome))
    longer = {name: (wanted[name].results + SIZE) * length for name, length in holds.items()}
    hard = {name: hard_changes(by_check[name], wanted[name], start, longer[name]) for name in holds}
    every = stretches(hard, longer, {}, {}, start, end)
    rest = fetch({name: subtract(parts, first[name]) for name, parts in every.items()})
    return tuple(merge(found, rest, key=lambda one: one.started_at))
