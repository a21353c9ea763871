"""Why nobody is told of an alert: all reasons, asked when a message is decided and again when it is sent.

Suppression withholds and never forgets: the alert fires and is shown; what came due meanwhile is told when
the last reason ends, if it still is so.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from slawatch.core.alert import Alert, Reason
from slawatch.core.dependency import Graph, Standing
from slawatch.core.dependency import reason as dependency_reason
from slawatch.core.inhibition import Inhibition, inhibitor
from slawatch.core.instant import Instant
from slawatch.core.matcher import Matchers, matches
from slawatch.core.silence import Silence


def never(_at: Instant) -> Instant | None:
    """The span of a window that is never open."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A recurring or single span in which certain alerts are not told: maintenance, quiet hours.

    Attributes:
        name: which one, for people.
        kind: maintenance or quiet_hours.
        services, checks: whose alerts; with both empty, and no matchers, all.
        match: conditions on labels.
        severity: only alerts up to this severity (quiet hours do not keep a critical one).
        open_until: for an instant inside, when that span ends; None outside.
        reason: why, for people.
    """

    name: str
    kind: str = "maintenance"
    services: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    match: Matchers = ()
    severity: str = "critical"
    open_until: Callable[[Instant], Instant | None] = never
    reason: str = ""

    def covers(self, alert: Alert, labels: Mapping[str, str]) -> bool:
        """Say whether it is about an alert."""
        named = not self.services and not self.checks
        if not named and alert.service not in self.services and alert.check not in self.checks:
            return False
        if _RANK.get(alert.severity, 4) > _RANK.get(self.severity, 4):
            return False
        return matches(self.match, labels)


_RANK = {"info": 0, "low": 1, "medium": 2, "high": 3, "critical": 4}


def labels_of(alert: Alert) -> dict[str, str]:
    """Return all labels by which an alert is matched: its own, and what every alert has."""
    always = {
        "check": alert.check, "service": alert.service, "organization": alert.organization,
        "severity": alert.severity, "alert": alert.fingerprint,
    }  # fmt: skip
    return {name: value for name, value in always.items() if value} | dict(alert.labels)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """All that may withhold, as it is now; made anew for each turn.

    Attributes:
        silences: all of them.
        windows: maintenance and quiet hours.
        inhibitions: label rules.
        graph, standings: dependencies, and how their things stand.
        firing: alerts that fire now, for inhibition.
        checked_at: the start of the last result of a check.
        grace_until: until when a start waits for first results of an alert's check and its parents.
    """

    silences: tuple[Silence, ...] = ()
    windows: tuple[Window, ...] = ()
    inhibitions: tuple[Inhibition, ...] = ()
    graph: Graph = field(default_factory=lambda: Graph(()))
    standings: Mapping[str, Standing] = field(default_factory=dict)
    firing: tuple[Alert, ...] = ()
    checked_at: Callable[[str], Instant | None] = lambda _check: None
    grace_until: Callable[[Alert], Instant | None] = lambda _alert: None

    def reasons(self, alert: Alert, at: Instant) -> tuple[Reason, ...]:
        """Return why nobody is told of an alert at an instant; nothing for one that is told."""
        labels = labels_of(alert)
        found = [
            Reason("silence", silence.id, f"silenced by {silence.author}: {silence.comment}", silence.end)
            for silence in self.silences
            if silence.mutes(labels, at)
        ]
        for window in self.windows:
            until = window.open_until(at)
            if until is not None and window.covers(alert, labels):
                found.append(Reason(window.kind, window.name, window.reason or window.name, until))
        why = dependency_reason(self.graph, self.standings, alert, at, self.checked_at(alert.check))
        if why is not None:
            found.append(why)
        if self.inhibitions:
            others = (
                (o.fingerprint, labels_of(o)) for o in self.firing if o.fingerprint != alert.fingerprint
            )
            source = inhibitor(self.inhibitions, others, labels)
            if source is not None:
                found.append(Reason("inhibited", source, f"explained by {source}"))
        grace = self.grace_until(alert)
        if grace is not None and at < grace:
            found.append(Reason("start_grace", "", "waiting for first results after the start", grace))
        return tuple(found)


def explain(alert: Alert, reasons: tuple[Reason, ...]) -> list[dict[str, Any]]:
    """Return why nobody was told of an alert, as `alerts explain` shows it."""
    return [
        {"alert": alert.fingerprint, "kind": why.kind, "by": why.by, "text": why.text, "until": why.until}
        for why in reasons
    ]


def owed(told: str, hard: str) -> str | None:
    """Return what is owed at the end of all suppression: `problem`, `recovery` or nothing.

    Args:
        told: the severity that was told last; empty for ok.
        hard: the first confirmed one after the end; empty for ok.

    >>> owed("", "critical"), owed("critical", ""), owed("critical", "critical")
    ('problem', 'recovery', None)
    """
    if told == hard:
        return None
    return "problem" if hard else "recovery"
