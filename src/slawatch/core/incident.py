"""An incident: a group of alerts that somebody has to deal with, and its one escalation.

States: triggered, acked, snoozed, resolved, merged. Leaving `triggered`, and every return to it, raises the
generation: timers and unsent messages of an older one are dead by comparison, not by deletion.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from slawatch.core.escalation import Policy
from slawatch.core.instant import Instant, Micros

SEVERITIES: Final = ("info", "low", "medium", "high", "critical")
"""From the least to the most severe."""


def rank(severity: str) -> int:
    """Return the place of a severity in their order; unknown words rank lowest.

    >>> rank("critical") > rank("high") > rank("info")
    True
    """
    return SEVERITIES.index(severity) if severity in SEVERITIES else -1


class Phase(StrEnum):
    """The state of an incident."""

    TRIGGERED = "triggered"
    ACKED = "acked"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"
    MERGED = "merged"


OPEN: Final = (Phase.TRIGGERED, Phase.ACKED, Phase.SNOOZED)


class Timer(NamedTuple):
    """Something that comes due.

    Attributes:
        kind: level, contact, flush, ack_reminder, ack_timeout, snooze_end, reminder (once exhausted).
        generation: dead once the incident's is another.
        armed_at: when it was set.
        due_at: when it comes due; moves with the wall clock when that is set.
        length: from arming to due; the rest is never more than this.
        reason: of the message that it will cause.
        level, cycle: of the level that a contact rule belongs to.
        recipient, contact: whose rule it is, and which one of the list.
        extra: recipients beside those of the level: who let an acknowledgement expire.
    """

    kind: str
    generation: int
    armed_at: Instant
    due_at: Instant
    length: Micros
    reason: str = ""
    level: int = -1
    cycle: int = 0
    recipient: str = ""
    contact: int = 0
    extra: tuple[str, ...] = ()


class Told(NamedTuple):
    """What one recipient was last told through one channel.

    Attributes:
        recipient, channel: who, and through what.
        kind: of the last message that went out, or may have.
        at: when.
        open: whether the recipient believes that the incident is open.
        provider_id: what the provider calls the first message.
        keeps_state: the provider keeps an alert of its own open until it is told.
    """

    recipient: str
    channel: str
    kind: str
    at: Instant
    open: bool
    provider_id: str = ""
    keeps_state: bool = False


class Note(NamedTuple):
    """What somebody wrote down."""

    at: Instant
    by: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One incident.

    Attributes:
        id: its number; never used again.
        title: one line.
        service: whose it is; empty for an incident of no service.
        organization: whose service it is; may be empty.
        group: what makes alerts belong together: the policy and the `group_by` labels.
        policy: as it was when the incident opened; a reload does not change it.
        severity: the highest that it had since it was opened.
        state: an incident's phase.
        generation: grows with each change from or to `triggered`.
        reopened: how often it was opened again after it had been resolved.
        opened_at: when it was opened first.
        changed_at: when the state last changed.
        alerts: fingerprints of all its alerts, the resolved ones too.
        children: fingerprints of alerts that its alerts explain; nobody is told of them.
        merged: incidents that became part of it; merged_into: the one that it became part of.
        level, cycle: the level that fired last; -1 for none yet.
        reached: somebody was found on a level of this cycle, or the fallback was told.
        exhausted: all levels of all cycles have fired.
        round: counts messages of other kinds than triggers, and retold the repeated firings of a level in a
            generation, so that no two messages have one key.
        timers: what comes due.
        told: the ledger of who knows what.
        withheld: something came due while suppressed.
        suppressed: why nobody is told now: kinds of reasons.
        dirty: how the members changed since those told were told; flushed_at: when they were.
        seen, seen_over: the firing and the ended members that those told know of.
        acker, acked_at: who acknowledged, and when.
        assignee: person or team; commander, communications: people in these roles.
        snoozed_until, resolved_at, resolved_by, resolution: as they say.
        reopen_until: an alert that fires before this opens it again.
        duplicates: reports of what was known.
        notes: what people wrote down.
        published: what people published about it, for the status page of its organisation; the oldest first.
        manual: opened by hand: no alert resolves it.
    """

    id: int
    title: str
    group: tuple[str, ...]
    policy: Policy
    severity: str
    opened_at: Instant
    changed_at: Instant
    service: str = ""
    organization: str = ""
    state: Phase = Phase.TRIGGERED
    generation: int = 1
    reopened: int = 0
    alerts: tuple[str, ...] = ()
    children: tuple[str, ...] = ()
    merged: tuple[int, ...] = ()
    merged_into: int | None = None
    level: int = -1
    cycle: int = 0
    reached: bool = False
    exhausted: bool = False
    round: int = 0
    retold: int = 0
    timers: tuple[Timer, ...] = ()
    told: tuple[Told, ...] = ()
    withheld: bool = False
    suppressed: tuple[str, ...] = ()
    dirty: str = ""
    flushed_at: Instant | None = None
    seen: tuple[str, ...] = ()
    seen_over: tuple[str, ...] = ()
    acker: str = ""
    acked_at: Instant | None = None
    assignee: str = ""
    commander: str = ""
    communications: str = ""
    snoozed_until: Instant | None = None
    resolved_at: Instant | None = None
    resolved_by: str = ""
    resolution: str = ""
    reopen_until: Instant | None = None
    duplicates: int = 0
    notes: tuple[Note, ...] = ()
    published: tuple[Note, ...] = ()
    manual: bool = False

    @property
    def open(self) -> bool:
        """Whether it still needs somebody."""
        return self.state in OPEN

    @property
    def shown(self) -> str:
        """The state as people read it: `triggered (exhausted)`."""
        return (
            f"{self.state} (exhausted)"
            if self.exhausted and self.state is Phase.TRIGGERED
            else str(self.state)
        )

    def live(self) -> tuple[Timer, ...]:
        """Return the timers of the present generation."""
        return tuple(timer for timer in self.timers if timer.generation == self.generation)

    def knows(self) -> dict[str, list[Told]]:
        """Return what those who believe that it is open were told, by recipient, in the order of telling."""
        found: dict[str, list[Told]] = {}
        for told in self.told:
            if told.open:
                found.setdefault(told.recipient, []).append(told)
        return found
