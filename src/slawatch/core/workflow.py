"""Workflows: what is done by itself when something happens to an incident or an agreement.

A workflow never delays an escalation. Its steps run one after another, each within its own timeout.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal, NamedTuple, TypeAlias

from slawatch.core.instant import DAY, HOUR, SECOND, Instant, Micros
from slawatch.core.matcher import Matchers
from slawatch.core.route import concerns
from slawatch.core.text import Duration, Secret, format_duration

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
        return concerns(self, labels)


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

    @property
    def text(self) -> str:
        """What it does, for people; of a URL no more than its server.

        >>> Step(webhook="https://hooks.example/T0/secret").text, Step(wait=90 * SECOND).text
        ('webhook https://hooks.example/', 'wait 1m30s')
        """
        if self.wait is not None:
            return f"wait {format_duration(self.wait)}"
        if self.webhook is not None:
            url = self.webhook.value if isinstance(self.webhook, Secret) else self.webhook
            scheme, _, rest = url.partition("://")
            return f"webhook {scheme}://{rest.partition('/')[0].rpartition('@')[2]}/"
        return f"{self.verb} {' '.join(self.run) or self.notify or self.assign}"


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


def named(workflows: Iterable[Workflow]) -> dict[str, Workflow]:
    """Return workflows by the names under which they run: a name that comes again has a number.

    >>> one = Workflow(on="incident.opened", steps=(Step(notify="mail"),))
    >>> list(named([one, one]))
    ['incident.opened', 'incident.opened#2']
    """
    found: dict[str, Workflow] = {}
    times: dict[str, int] = {}
    for workflow in workflows:
        name = workflow.name or workflow.on
        times[name] = times.get(name, 0) + 1
        found[name if times[name] == 1 else f"{name}#{times[name]}"] = workflow
    return found


class Progress(StrEnum):
    """Where a workflow or one of its steps is.

    UNKNOWN: slawatch ended, or nobody answered, while it ran: it may have been done or not.
    """

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Did(NamedTuple):
    """One step as far as it came.

    Attributes:
        verb: what it does.
        state: a `Progress`.
        at: when that state began.
        until: of a running one: the end of the wait, or when an answer is overdue.
        text: what came of it, in a line.
        tries: how often it was begun.
        epoch: of the daemon that runs it.
    """

    verb: str
    state: Progress
    at: Instant
    until: Instant = 0
    text: str = ""
    tries: int = 1
    epoch: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A workflow at work, or one that was.

    Attributes:
        key: the incident, its generation, the workflow, and what tells two such occasions apart.
        workflow: the name under which it runs.
        on: what happened.
        incident, generation: of what; 0 for none.
        labels: of the incident or agreement, sorted by name.
        title: of it.
        text: what happened, in a line.
        began_at: when it happened.
        ended_at: when it was over.
        state: all of it.
        withheld: it waits for the end of a suppression.
        verbs: what its steps do, as they were when it began.
        steps: those that were begun.
    """

    key: str
    workflow: str
    on: str
    incident: int = 0
    generation: int = 0
    labels: tuple[tuple[str, str], ...] = ()
    title: str = ""
    text: str = ""
    began_at: Instant = 0
    ended_at: Instant | None = None
    state: Progress = Progress.PENDING
    withheld: bool = False
    verbs: tuple[str, ...] = ()
    steps: tuple[Did, ...] = ()

    @property
    def over(self) -> bool:
        """Whether nothing follows."""
        return self.ended_at is not None

    @property
    def place(self) -> int:
        """The number of the step that is at work, or is next."""
        ended = self.steps and self.steps[-1].state in (Progress.DONE, Progress.FAILED, Progress.UNKNOWN)
        return len(self.steps) if ended or not self.steps else len(self.steps) - 1

    def step_key(self, place: int) -> str:
        """Return the idempotency key of a step: the same each time it is begun."""
        return f"{self.key}:{place}"
