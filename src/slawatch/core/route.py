"""Routes: further channels that hear of an alert, by its labels.

Routes are tried in order, depth first: the first that matches wins among its siblings, unless it says
`continue`; a child inherits what it does not say itself. Source: Alertmanager, `dispatch/route.go`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

from slawatch.core.incident import rank
from slawatch.core.instant import Micros
from slawatch.core.matcher import Matchers, matches
from slawatch.core.text import Duration


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Which channels hear of certain alerts.

    Attributes:
        severity: at least this.
        organizations, services, checks: whose alerts; empty for all.
        match: conditions on labels.
        channels: names of channels; empty: those of the route around it.
        continue_: written `continue`: the routes after it are tried too.
        group_by: labels that make alerts one group; None: as the route around it.
        group_wait, group_interval, repeat: as the route around it where they are not said.
        routes: more precise routes, tried before this one counts.
    """

    severity: Literal["info", "low", "medium", "high", "critical"] | None = None
    organizations: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    match: Matchers = ()
    channels: tuple[str, ...] = ()
    continue_: bool = False
    group_by: tuple[str, ...] | None = None
    group_wait: Duration | None = None
    group_interval: Duration | None = None
    repeat: Duration | None = None
    routes: tuple["Route", ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Say whether it is about an alert with these labels, its children aside."""
        return concerns(self, labels)


class Subject(Protocol):
    """What says whose alerts it is about, and how bad they are at least."""

    @property
    def severity(self) -> str | None:
        """At least this; None for any."""
        ...

    @property
    def organizations(self) -> tuple[str, ...]:
        """Whose alerts; empty for all."""
        ...

    @property
    def services(self) -> tuple[str, ...]:
        """Of which services; empty for all."""
        ...

    @property
    def checks(self) -> tuple[str, ...]:
        """Of which checks; empty for all."""
        ...

    @property
    def match(self) -> Matchers:
        """Conditions on labels."""
        ...


def concerns(subject: Subject, labels: Mapping[str, str]) -> bool:
    """Say whether a route, or what a workflow waits for, is about something with these labels."""
    named = (
        (subject.organizations, labels.get("organization", "")),
        (subject.services, labels.get("service", "")),
        (subject.checks, labels.get("check", "")),
    )
    if any(names and found not in names for names, found in named):
        return False
    if subject.severity is not None and rank(labels.get("severity", "")) < rank(subject.severity):
        return False
    return matches(subject.match, labels)


class Routed(NamedTuple):
    """Where an alert goes.

    Attributes:
        channels: names.
        group_by, group_wait, group_interval, repeat: of the route and those around it; None for none.
    """

    channels: tuple[str, ...] = ()
    group_by: tuple[str, ...] | None = None
    group_wait: Micros | None = None
    group_interval: Micros | None = None
    repeat: Micros | None = None


def routed(
    routes: tuple[Route, ...], labels: Mapping[str, str], around: Routed | None = None
) -> tuple[Routed, ...]:
    """Return where an alert goes: one for each route that wins, in order; nothing where none matches."""
    found: list[Routed] = []
    outer = around or Routed()
    for route in routes:
        if not route.matches(labels):
            continue
        here = Routed(
            route.channels or outer.channels,
            outer.group_by if route.group_by is None else route.group_by,
            outer.group_wait if route.group_wait is None else route.group_wait,
            outer.group_interval if route.group_interval is None else route.group_interval,
            outer.repeat if route.repeat is None else route.repeat,
        )
        found += routed(route.routes, labels, here) or (here,)
        if not route.continue_:
            break
    return tuple(found)


def recipients(routes: tuple[Route, ...], labels: Mapping[str, str]) -> tuple[str, ...]:
    """Return the recipients that the routes add for an alert: `channel:` and a name, each once.

    >>> recipients((Route(severity="high", channels=("mail",)),), {"severity": "critical"})
    ('channel:mail',)
    """
    channels = (channel for where in routed(routes, labels) for channel in where.channels)
    return tuple(dict.fromkeys(f"channel:{channel}" for channel in channels))
