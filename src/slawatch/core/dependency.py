"""Dependencies: a thing that cannot be reached through its parents is not the trouble.

All parents must be available, of a redundancy group one; a parent is available when it is up (a soft failure
counts as up) and reachable itself; one that was never checked counts as up. A child that fails while a parent
is unknown, or was looked at before the child failed, is held for at most two intervals of the parent,
which is re-checked now. When a parent is good again, the child is told of on a fresh bad result only.
Source of the graph's rule: Icinga 2, `lib/icinga/dependency.cpp`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from slawatch.core.alert import Alert, Reason
from slawatch.core.instant import SECOND, Instant, Micros


class Dependency(NamedTuple):
    """One thing needs another.

    Attributes:
        child, parent: names of checks or services.
        group: parents of one group stand in for each other; empty for one that must be there.
        ignore_soft: a failure that is not confirmed counts as up.
    """

    child: str
    parent: str
    group: str = ""
    ignore_soft: bool = True


class Standing(NamedTuple):
    """How a check or service stands.

    Attributes:
        down: the last result was bad.
        hard: and that is confirmed.
        checked_at: the start of the last result; None for none.
        recovered_at: when its last confirmed failure ended.
        interval: between its results.
        maintenance: it is in maintenance.
    """

    down: bool = False
    hard: bool = True
    checked_at: Instant | None = None
    recovered_at: Instant | None = None
    interval: Micros = 60 * SECOND
    maintenance: bool = False


class Graph:
    """The dependencies of a config, by child."""

    def __init__(self, dependencies: Iterable[Dependency]) -> None:
        self.parents: dict[str, list[Dependency]] = {}
        for dependency in dependencies:
            self.parents.setdefault(dependency.child, []).append(dependency)

    def blocking(self, child: str, standings: Mapping[str, Standing]) -> str | None:
        """Return the bad thing, that keeps a child from being reached; None: it is reachable."""
        causes: dict[str, str | None] = {}
        waiting = {child: iter(self.parents.get(child, ()))}
        while waiting:
            name = next(reversed(waiting))
            edge = next(waiting[name], None)
            if edge is None:
                del waiting[name]
                causes[name] = self._cause(name, causes, standings)
            elif edge.parent not in waiting and edge.parent not in causes:
                waiting[edge.parent] = iter(self.parents.get(edge.parent, ()))
        return causes[child]

    def _cause(
        self, child: str, causes: Mapping[str, str | None], standings: Mapping[str, Standing]
    ) -> str | None:
        """Return the same by what is known of its parents; one that is not lies on a circle."""
        groups: dict[str, list[str | None]] = {}
        for edge in self.parents.get(child, ()):
            if edge.parent not in causes:
                continue
            cause = causes[edge.parent]
            if cause is None and _bad(edge, standings.get(edge.parent)):
                cause = edge.parent
            if edge.group:
                groups.setdefault(edge.group, []).append(cause)
            elif cause is not None:
                return cause
        for found in groups.values():
            if all(cause is not None for cause in found):
                return found[0]
        return None

    def ancestors(self, child: str) -> dict[str, None]:
        """Return all that a thing depends on, the nearest first."""
        found: dict[str, None] = {}
        todo = [child]
        while todo:
            for edge in self.parents.get(todo.pop(0), ()):
                if edge.parent not in found and edge.parent != child:
                    found[edge.parent] = None
                    todo.append(edge.parent)
        return found

    def cycle(self) -> tuple[str, ...] | None:
        """Return a circle of dependencies, if there is one; a config with one is refused.

        >>> Graph([Dependency("a", "b"), Dependency("b", "a")]).cycle()
        ('a', 'b', 'a')
        """
        done: set[str] = set()
        for start in self.parents:
            path: dict[str, None] = {}
            waiting = [iter((start,))]
            while waiting:
                name = next(waiting[-1], None)
                if name is None:
                    waiting.pop()
                    if path:
                        done.add(path.popitem()[0])
                elif name in path:
                    names = list(path)
                    return (*names[names.index(name) :], name)
                elif name not in done:
                    path[name] = None
                    waiting.append(iter([edge.parent for edge in self.parents.get(name, ())]))
        return None


def _bad(edge: Dependency, standing: Standing | None) -> bool:
    return standing is not None and standing.down and (standing.hard or not edge.ignore_soft)


def nodes_of(alert: Alert) -> tuple[str, ...]:
    """Return the names under which an alert stands in the graph: its check, and its service."""
    return tuple(dict.fromkeys(name for name in (alert.check, alert.service) if name))


def reason(
    graph: Graph,
    standings: Mapping[str, Standing],
    alert: Alert,
    now: Instant,
    checked_at: Instant | None = None,
) -> Reason | None:
    """Return why a dependency keeps an alert from being told, if one does.

    Args:
        graph: the dependencies.
        standings: how everything stands.
        alert: the one.
        now: the present.
        checked_at: the start of the last result of the alert's own check.
    """
    for name in nodes_of(alert):
        cause = graph.blocking(name, standings)
        if cause is not None:
            kept = standings[cause].maintenance
            text = f"{cause} is {'in maintenance and ' if kept else ''}down"
            return Reason("dependency", cause, text)
        for parent in graph.ancestors(name):
            standing = standings.get(parent)
            if standing is None or standing.checked_at is None:
                continue
            until = alert.fired_at + 2 * standing.interval
            if standing.checked_at < alert.since and now < until:
                return Reason("dependency", parent, f"{parent} is being checked", until, waits=True)
            fresh = standing.recovered_at
            own = checked_at if checked_at is not None else alert.since
            if (
                fresh is not None
                and alert.fired_at <= fresh
                and own < fresh
                and now < fresh + 2 * standing.interval
            ):
                text = f"{parent} is good again: waiting for a new result"
                return Reason("dependency", parent, text, fresh + 2 * standing.interval)
    return None


def rechecks(
    graph: Graph, standings: Mapping[str, Standing], alerts: Sequence[Alert], now: Instant
) -> tuple[str, ...]:
    """Return what is to be checked now: parents that were last looked at before a child failed."""
    found: dict[str, None] = {}
    for alert in alerts:
        for name in nodes_of(alert):
            for parent in graph.ancestors(name):
                standing = standings.get(parent)
                if standing is None:
                    continue
                seen = standing.checked_at
                if (seen is None or seen < alert.since) and now < alert.fired_at + 2 * standing.interval:
                    found[parent] = None
    return tuple(found)
