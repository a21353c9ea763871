"""What a rehearsal is made of: the scene, what happens in it, and what came of it."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from slawatch.core.alarm import Terms
from slawatch.core.chain import length_text
from slawatch.core.check import Check, Service
from slawatch.core.dependency import Graph
from slawatch.core.escalation import turn_text
from slawatch.core.event import Event
from slawatch.core.incident import Incident
from slawatch.core.inhibition import Inhibition
from slawatch.core.instant import HOUR, MINUTE, Instant, Micros
from slawatch.core.matcher import Matchers
from slawatch.core.notification import Kind
from slawatch.core.outbox import Row
from slawatch.core.rota import Schedule
from slawatch.core.silence import Silence
from slawatch.core.state import Seen
from slawatch.core.suppress import Window, never
from slawatch.core.text import Duration
from slawatch.core.turn import State, World

NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "down": ("check",),
    "up": ("check",),
    "channel_down": ("channel",),
    "channel_up": ("channel",),
}
"""The keys without which something cannot happen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One thing that happens in a scenario.

    Attributes:
        t: how long after the beginning.
        do: `down` and `up`: a check's target; `ack` and `resolve`: somebody's command; `silence`: nobody is
            told of a check for a while; `restart`: slawatch itself; `channel_down` and `channel_up`: a
            provider.
        check: the one that goes down or up, or whose incident or alerts are meant; by default the latest
            incident.
        by: who does it; by default whoever was told last.
        channel: the one that goes down or up.
        match: what a silence is about, if not one check.
        for_: written `for`: how long a silence lasts (an hour by default), or slawatch is stopped by a
            restart (not at all by default).
        note: what somebody writes who resolves or silences.

    Raises:
        ValueError: what it needs is missing.
    """

    t: Duration
    do: Literal["down", "up", "ack", "resolve", "silence", "restart", "channel_down", "channel_up"]
    check: str = ""
    by: str = ""
    channel: str = ""
    match: Matchers = ()
    for_: Duration | None = None
    note: str = ""

    def __post_init__(self) -> None:
        for key in NEEDS.get(self.do, ()):
            if not getattr(self, key):
                raise ValueError(f"{self.do} needs `{key}`: write {key} = ...")
        if self.do == "silence" and not self.check and not self.match:
            raise ValueError("a silence needs `check`, or match = 'service=\"shop\"'")

    @property
    def length(self) -> Micros:
        """How long it lasts."""
        return (HOUR if self.do == "silence" else 0) if self.for_ is None else self.for_

    @property
    def text(self) -> str:
        """What happens, for people."""
        by = f" by {self.by}" if self.by else ""
        about = f" of {self.check}" if self.check else ""
        return {
            "down": f"{self.check} goes down",
            "up": f"{self.check} works again",
            "ack": f"acknowledged{by}",
            "resolve": f"resolved{by}",
            "silence": f"silence{about or ' of ' + ', '.join(map(str, self.match))}{by}",
            "restart": "slawatch restarts",
            "channel_down": f"channel {self.channel} goes down",
            "channel_up": f"channel {self.channel} works again",
        }[self.do]


def outage(check: str, length: Micros) -> tuple[Happening, ...]:
    """Return the scenario of one check that is down for a while from the beginning.

    >>> [(one.t // MINUTE, one.do) for one in outage("shop", 40 * MINUTE)]
    [(0, 'down'), (40, 'up')]
    """
    return Happening(t=0, do="down", check=check), Happening(t=length, do="up", check=check)


def horizon(script: tuple[Happening, ...]) -> Micros:
    """Return how long a play of this lasts that nobody gave a length: an hour after the last event."""
    return max((one.t + one.length for one in script), default=0) + HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Where a scenario is played: the config, as far as alerting knows it.

    Attributes:
        world: policies, recipients, contacts and routes; what withholds is worked out in the play.
        checks, services: by name.
        schedules: by key.
        graph: what depends on what.
        windows: maintenance and quiet hours.
        opens: when the next of these opens after an instant, if ever.
        inhibitions: label rules.
        silences: that somebody made already.
        terms: how results make alerts.
        start_grace: so long overdue levels wait after a start for first results.
    """

    world: World
    checks: Mapping[str, Check]
    services: Mapping[str, Service] = field(default_factory=dict)
    schedules: Mapping[str, Schedule] = field(default_factory=dict)
    graph: Graph = field(default_factory=lambda: Graph(()))
    windows: tuple[Window, ...] = ()
    opens: Callable[[Instant], Instant | None] = never
    inhibitions: tuple[Inhibition, ...] = ()
    silences: tuple[Silence, ...] = ()
    terms: Terms = field(default_factory=Terms)
    start_grace: Micros = MINUTE


class Message(NamedTuple):
    """One message that somebody gets.

    Attributes:
        at: when.
        kind: trigger, update, ack, resolve or reminder.
        to: `person:bob`, `channel:pagerduty`.
        channel: through what.
        level, cycle: of the escalation; -1 where it belongs to no level.
        reason: why, in a sentence.
        incident: which one it is about.
    """

    at: Instant
    kind: str
    to: str
    channel: str
    level: int
    cycle: int
    reason: str
    incident: int


class Played(NamedTuple):
    """What a play came to.

    Attributes:
        start, end: of the play, half-open.
        messages: in the order in which they went out.
        happenings: what was scripted, each with its instant.
        events: what the dispatcher decided.
        refused: what could not happen as scripted, and why.
        state: at the end.
        probes: the results that checks were given, in order, with the names of the checks.
    """

    start: Instant
    end: Instant
    messages: tuple[Message, ...]
    happenings: tuple[tuple[Instant, Happening], ...]
    events: tuple[Event, ...]
    refused: tuple[str, ...]
    state: State
    probes: tuple[tuple[str, Seen], ...] = ()


WORKFLOW_KINDS: Final = ("workflow.began", "step.done", "step.failed", "step.unknown")
"""Events that say what workflows did."""


def workflow_lines(played: Played) -> tuple[tuple[Instant, str], ...]:
    """Return what workflows did, in lines with their instants."""
    return tuple((event.at, event.text) for event in played.events if event.kind in WORKFLOW_KINDS)


def why(row: Row, incident: Incident, world: World, broken: Collection[str] = ()) -> str:
    """Return why a message is sent, in a sentence: the level, who that means, and what came before.

    Args:
        row: the message.
        incident: what it is about.
        world: who is meant by whom.
        broken: channels through which nothing goes.
    """
    if row.reason == "workflow":
        return f"workflow {row.detail}"
    cause = row.detail or row.reason
    policy = incident.policy
    if row.kind != Kind.TRIGGER:
        return cause
    if not policy.name:
        return "by a route" + (f": {cause}" if cause else "")
    if not 0 <= row.level < len(policy.levels):
        return f"fallback: {cause}"
    level = policy.levels[row.level]
    text = f"level {row.level} of {policy.name}" + (f", {turn_text(row.cycle)}" if row.cycle else "")
    named = [target for target in level.to if row.recipient in world.recipients(target, row.created_at)]
    if not named:
        text += ", in addition" if cause else ", by a route"
    elif named[0] != row.recipient:
        text += f", {named[0]}"
    contacts = world.contacts(row.recipient)
    if row.contact and row.contact < len(contacts):
        dead = next((c.channel for c in contacts[: row.contact] if c.channel in broken), "")
        waited = f"after {length_text(contacts[row.contact].after)}"
        text += f", contact {row.contact + 1} " + (f"since {dead} is down" if dead else waited)
    elif not cause and (row.level or row.cycle):
        cause = f"nobody acknowledged within {length_text(policy.levels[row.level - 1].wait)}"
    return text + (f": {cause}" if cause else "")
