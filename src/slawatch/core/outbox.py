"""The outbox: messages that are owed, from the commit of the decision to the provider's answer.

queued -> sending (a lease of 30 s) -> sent; sending -> retry_wait -> sending; sending -> dead (a class);
queued or retry_wait -> cancelled (superseded, generation, ttl, suppressed, channel removed, person removed).

Rows are made and superseded in `slawatch.core.telling` and settled in `slawatch.core.delivery`; here is what
a row is, when it may go, and what goes first.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from slawatch.core.instant import DAY, HOUR, MINUTE, SECOND, Instant, Micros
from slawatch.core.notification import Kind

LEASE: Final[Micros] = 30 * SECOND
"""A row that is being sent belongs to its sender for so long."""

TTL: Final[Mapping[str, Micros]] = {
    "pagerduty": HOUR, "sms": HOUR, "exec": HOUR, "slack": 4 * HOUR, "apprise": 4 * HOUR,
    "email": DAY, "webhook": 3 * DAY,
}  # fmt: skip
"""How long a message is worth sending, by the type of its channel."""

BASE: Final[Micros] = 5 * SECOND
FACTOR: Final = 3
CAP: Final[Micros] = 5 * MINUTE

WEBHOOK_DELAYS: Final[tuple[Micros, ...]] = tuple(
    seconds * SECOND for seconds in (0, 5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
)
"""The schedule of the Standard Webhooks specification: before the first attempt, the second, and so on."""
PAGE_DELAYS: Final[tuple[Micros, ...]] = (
    *WEBHOOK_DELAYS[:2], 15 * SECOND, 30 * SECOND, MINUTE, *WEBHOOK_DELAYS[2:],
)  # fmt: skip
"""The same for what somebody waits for: denser at first, so that a dead channel is known in minutes."""
PAGES: Final = (Kind.TRIGGER, Kind.UPDATE, Kind.META)

PRIORITY: Final[Mapping[str, int]] = {
    Kind.TRIGGER: 0, Kind.META: 0, Kind.UPDATE: 1, Kind.ACK: 1, Kind.DIGEST: 1, Kind.RESOLVE: 2,
    Kind.REMINDER: 3,
}  # fmt: skip


class Stage(StrEnum):
    """Where a row is on its way."""

    QUEUED = "queued"
    SENDING = "sending"
    RETRY_WAIT = "retry_wait"
    SENT = "sent"
    DEAD = "dead"
    CANCELLED = "cancelled"


UNSENT: Final = (Stage.QUEUED, Stage.RETRY_WAIT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One message to one recipient through one channel.

    Attributes:
        key: the idempotency key; names the message for ever.
        incident: the incident's number; 0 for none (meta).
        generation: of the incident when it was decided.
        kind: what it says.
        recipient, channel: to whom, through what.
        level, cycle: of the escalation; -1 where it belongs to no level.
        contact: which of the recipient's contact rules.
        stage: where it is on its way.
        attempt: attempts that were made; a throttled one is none.
        created_at: when it was decided.
        not_before: the next attempt.
        expires_at: from then on the present state is told instead.
        lease_until, lease_epoch: who is sending it.
        possible_duplicate: an attempt may have got through although it failed.
        reason: why it is told: `late`, `reopened`, `silence ended`.
        detail: the same in a sentence.
        late: how long after its time it was decided.
        why: of a dead or cancelled one.
        answer: the provider's last answer, without secrets.
        provider_id: what the provider calls it.
        superseded_by: the key of the row that replaced it.
        reopened: which opening of the incident it is about; part of a provider's key for it.
        service, severity: of the incident, for order and fairness.
        keeps_state: the provider keeps an alert of its own.
        quiet: tells nobody who could wake up.
        renewed: how often its time was over and it was decided anew.
    """

    key: str
    incident: int
    generation: int
    kind: str
    recipient: str
    channel: str
    created_at: Instant
    not_before: Instant
    expires_at: Instant
    level: int = -1
    cycle: int = 0
    contact: int = 0
    stage: Stage = Stage.QUEUED
    attempt: int = 0
    lease_until: Instant = 0
    lease_epoch: int = 0
    possible_duplicate: bool = False
    reason: str = ""
    detail: str = ""
    late: Micros = 0
    why: str = ""
    answer: str = ""
    provider_id: str = ""
    superseded_by: str = ""
    reopened: int = 0
    service: str = ""
    severity: str = ""
    keeps_state: bool = False
    quiet: bool = False
    renewed: int = 0

    @property
    def unsent(self) -> bool:
        """Whether it waits for an attempt."""
        return self.stage in UNSENT

    @property
    def lane(self) -> tuple[int, str, str]:
        """The incident, channel and recipient: of one lane, one message is in flight at a time."""
        return self.incident, self.channel, self.recipient


def key_of(
    incident: int, generation: int, kind: str, level: int, cycle: str, recipient: str, channel: str
) -> str:
    """Return the idempotency key of a message.

    >>> key_of(7, 1, "trigger", 0, "0", "person:bob", "sms")
    '7:1:trigger:0:0:person:bob:sms'
    """
    return f"{incident}:{generation}:{kind}:{level}:{cycle}:{recipient}:{channel}"


def dedup_key(instance: str, incident: int, reopened: int) -> str:
    """Return the key by which a provider knows an incident: a new one after each resolve.

    >>> dedup_key("prod", 7, 0)
    'slawatch:prod:7:0'
    """
    return f"slawatch:{instance}:{incident}:{reopened}"


def backoff(attempt: int, fraction: float) -> Micros:
    """Return the wait after the attempt with this number: full jitter under 5 s, 15 s, 45 s ... 5 min.

    Args:
        attempt: 1 for the first.
        fraction: a random number in [0, 1).

    >>> backoff(1, 1.0) // SECOND, backoff(3, 1.0) // SECOND, backoff(9, 1.0) // SECOND, backoff(9, 0.0)
    (5, 45, 300, 0)
    """
    return int(min(CAP, BASE * FACTOR ** min(attempt - 1, 20)) * fraction)


def webhook_delay(attempt: int, fraction: float, kind: str = "") -> Micros | None:
    """Return the wait after an attempt by the Standard Webhooks schedule, a tenth longer at most, or None.

    >>> webhook_delay(1, 0.0) // SECOND, webhook_delay(2, 0.5) // SECOND, webhook_delay(10, 0.0)
    (5, 315, None)
    >>> [webhook_delay(n, 0.0, Kind.TRIGGER) // SECOND for n in (1, 2, 3, 4, 5)]
    [5, 15, 30, 60, 300]
    """
    delays = PAGE_DELAYS if kind in PAGES else WEBHOOK_DELAYS
    if attempt >= len(delays):
        return None
    return int(delays[attempt] * (1 + fraction / 10))


def ready(rows: Iterable[Row], now: Instant) -> list[Row]:
    """Return the rows that may be sent now, the first to go first.

    One message of a lane is in flight at a time, and none overtakes another that was decided before it. The
    first message of each service goes before the second of any, after the order of kinds.
    """
    rows = list(rows)
    busy = {row.lane for row in rows if row.stage is Stage.SENDING}
    waiting = sorted(
        (row for row in rows if row.unsent),
        key=lambda row: (row.created_at, PRIORITY.get(row.kind, 3)),
    )
    first: dict[tuple[int, str, str], Row] = {}
    for row in waiting:
        first.setdefault(row.lane, row)
    free = [row for lane, row in first.items() if lane not in busy and row.not_before <= now]
    return ordered(free)


def ordered(rows: Iterable[Row], sent: Mapping[str, int] | None = None) -> list[Row]:
    """Return messages in the order in which they are sent: kinds by priority, services by turns.

    Args:
        rows: what waits.
        sent: how many messages of each service went out lately.
    """
    turns: dict[str, int] = dict(sent or {})
    found: list[tuple[tuple[int, int, Instant], Row]] = []
    for row in sorted(rows, key=lambda row: (PRIORITY.get(row.kind, 3), row.created_at)):
        turn = turns.get(row.service, 0)
        turns[row.service] = turn + 1
        found.append(((PRIORITY.get(row.kind, 3), turn, row.created_at), row))
    return [row for _, row in sorted(found, key=lambda entry: entry[0])]


class Bundle(NamedTuple):
    """What goes out in one message: a row by itself, or several as a digest.

    Attributes:
        channel, recipient: where to.
        rows: the first of them gives the digest its kind of urgency.
    """

    channel: str
    recipient: str
    rows: tuple[Row, ...]


def bundles(
    rows: Iterable[Row], allowance: Callable[[str, str], int], digest_of: Collection[str] | None = None
) -> list[Bundle]:
    """Return what goes out now, in order: as many single messages as are allowed, what is left as one digest.

    The last message that a bucket allows carries all that is left for its recipient. Messages of channels
    whose provider keeps an alert of its own are never put into a digest: each has a key to close.

    Args:
        rows: what is ready, in order.
        allowance: how many messages the bucket of a channel and recipient allows now.
        digest_of: only channels of these names make digests; None for all.
    """
    queues: dict[tuple[str, str], list[Row]] = {}
    order: dict[str, int] = {}
    for position, row in enumerate(rows):
        order[row.key] = position
        queues.setdefault((row.channel, row.recipient), []).append(row)
    found: list[Bundle] = []
    for (channel, recipient), queue in queues.items():
        allowed = allowance(channel, recipient)
        if allowed <= 0:
            continue
        single = any(row.keeps_state for row in queue) or (digest_of is not None and channel not in digest_of)
        if len(queue) <= allowed or single:
            found += [Bundle(channel, recipient, (row,)) for row in queue[:allowed]]
        else:
            found += [Bundle(channel, recipient, (row,)) for row in queue[: allowed - 1]]
            found.append(Bundle(channel, recipient, tuple(queue[allowed - 1 :])))
    return sorted(found, key=lambda bundle: order[bundle.rows[0].key])
