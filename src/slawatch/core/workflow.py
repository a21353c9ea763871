"""Workflows: what is done by itself when something happens to an incident or an agreement.

A workflow never delays an escalation. Its steps run one after another, each within its own timeout.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from slawatch.core.incident import rank
from slawatch.core.instant import DAY, HOUR, SECOND, Micros
from slawatch.core.matcher import Matchers, matches
from slawatch.core.text import Duration, Secret

Occasion: TypeAlias = Literal[
    "incident.opened", "incident.acked", "incident.unacked", "incident.escalated", "incident.severity_up",
    "incident.snoozed", "incident.assigned", "incident.resolved", "incident.reopened", "alert.fired",
    "alert.resolved", "agreement.at_risk", "agreement.tier", "agreement.breached",
]  # fmt: skip
"""What a workflow waits for: the kinds of events."""

VERBS: Final = ("notify", "run", "assign", "webhook", "wait")
"""What a step does: it has exactly one of these."""

_LONGEST: Final[Micros] = HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """What an incident must be like.

    Attributes:
        severity: at least this.
        organizations, services, checks: whose; empty for all.
        match: conditions on labels.
    """

    severity: Literal["info", "low", "medium", "high", "critical"] | None = None
    organizations: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    match: Matchers = ()

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Say whether something with these labels is like that.

        >>> When(severity="high").holds({"severity": "critical"})
        True
        """
        named = (
            (self.organizations, labels.get("organization", "")),
            (self.services, labels.get("service", "")),
            (self.checks, labels.get("check", "")),
        )
        if any(names and found not in names for names, found in named):
            return False
        if self.severity is not None and rank(labels.get("severity", "")) < rank(self.severity):
            return False
        return matches(self.match, labels)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that is done.

    Attributes:
        notify: a channel that hears of it.
        run: a program and its arguments, with the event as JSON on its standard input.
        assign: `person:` or `team:` and a name, to whom the incident is given.
        webhook: a URL that the event is posted to.
        wait: how long until the next step.
        timeout: how long it may take; longer is a failure.
        idempotent: it may be done again where a crash leaves open whether it was done.

    Raises:
        ValueError: nothing to do, or several things.
    """

    notify: str = ""
    run: tuple[str, ...] = ()
    assign: str = ""
    webhook: str | Secret | None = None
    wait: Duration | None = None
    timeout: Duration = 30 * SECOND
    idempotent: bool = False

    def __post_init__(self) -> None:
        found = [verb for verb in VERBS if getattr(self, verb) not in ("", (), None)]
        if len(found) != 1:
            said = f"this one has {' and '.join(found)}" if found else "this one has none"
            raise ValueError(f"a step is one of {', '.join(VERBS)}: {said}")
        if not SECOND <= self.timeout <= _LONGEST:
            raise ValueError("timeout: from 1s to 1h")
        if self.wait is not None and not 0 < self.wait <= DAY:
            raise ValueError("wait: a day at most")
        url = self.webhook.value if isinstance(self.webhook, Secret) else self.webhook
        if url is not None and not url.startswith(("https://", "http://")):
            raise ValueError("webhook: begins with https:// or http://")

    @property
    def verb(self) -> str:
        """What it does: one of `VERBS`."""
        return next(verb for verb in VERBS if getattr(self, verb) not in ("", (), None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflow:
    """What is done when something happens.

    Attributes:
        name: for the timeline; what it waits for by default.
        on: what it waits for, such as `incident.opened` or `agreement.breached`.
        when: what the incident must be like; any by default.
        steps: one after another; after one that fails, the rest are left.

    Raises:
        ValueError: no step.
    """

    name: str = ""
    on: Occasion
    when: When = field(default_factory=When)
    steps: tuple[Step, ...]

    def __post_init__(self) -> None:
        if not self.steps:
            raise ValueError("steps is empty: nothing would be done")
