"""What a report on an agreement says besides its services: versions, credit, adjustments, money, trend."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from slawatch.core.combine import Combined
from slawatch.core.instant import Instant, Micros
from slawatch.core.running import Running
from slawatch.core.trend import Trend

Wording: TypeAlias = tuple[tuple[str, str], ...]
"""Terms as label and text, for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartLine:
    """A stretch of the period under one version of the terms.

    Attributes:
        start, end: half-open.
        effective_from: ISO date of the version; empty for always.
        wording: its terms; of a later version, those that it changed.
    """

    start: Instant
    end: Instant
    effective_from: str
    wording: Wording


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditLine:
    """What is due for a period, as text; None where there is no data, and no amount without a fee.

    Attributes:
        percent: of the fee, after the cap.
        amount: what is due.
        currency: of the amount; empty without a fee.
        tier: where the availability lies, for people; empty in none.
        working: how it was worked out, line by line.
        claim_until: until when it can be claimed; None where the terms set no limit.
        percent_before, amount_before: without any adjustment.
        under: the percentage under each policy for unknown time.
    """

    percent: str | None
    amount: str | None
    currency: str
    tier: str
    working: tuple[str, ...]
    claim_until: Instant | None
    percent_before: str | None
    amount_before: str | None
    under: Mapping[str, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class TierLine:
    """One tier of the credits, as written in the terms that judge.

    Attributes:
        tier: the availabilities in it, for people.
        credit: what it credits, for people.
        clause: where the contract says so; may be empty.
        applies: whether the period's availability lies in it.
    """

    tier: str
    credit: str
    clause: str
    applies: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaLine:
    """How much of a service's maintenance quota was used."""

    service: str
    label: str
    allowed: Micros
    used: Micros


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustmentLine:
    """A decision about time that was measured otherwise.

    Attributes:
        kind: `excused` or `counted`.
        outage: the outage it is about; empty for a span.
        start, end: the span, or that of the outage; None where the outage is not in this period.
        state: proposed, approved or withdrawn.
        holds: whether it changes the figures.
        stands: both of them, for people.
        evidence: a link to what proves it; may be empty.
    """

    id: str
    service: str
    kind: str
    outage: str
    start: Instant | None
    end: Instant | None
    reason: str
    evidence: str
    author: str
    added: Instant
    approvers: tuple[str, ...]
    state: str
    holds: bool
    stands: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """What an agreement comes to for the period, all of its services together.

    Attributes:
        combine: how several services or groups make one figure.
        decimals: with which availabilities are shown.
        combined: the figure of the agreement, adjustments considered.
        measured: the same without any adjustment; None where none holds.
        parts: the stretches of the period under each version.
        tiers: of the terms that judge, best availability first.
        credit: what is due; None for an agreement without credits, and for a span that is no period of it.
        quotas: how far the maintenance quotas are used.
        adjustments: those of its services that touch the period, whether they hold or not.
        running: what can still be told, and changed, while the period runs.
        trend: the last periods, by the promise on availability; None for a period that no other follows,
            such as a span of days.
    """

    combine: str
    decimals: int
    combined: Combined
    measured: Combined | None
    parts: tuple[PartLine, ...]
    tiers: tuple[TierLine, ...]
    credit: CreditLine | None
    quotas: tuple[QuotaLine, ...]
    adjustments: tuple[AdjustmentLine, ...]
    running: Running | None
    trend: Trend | None = None
