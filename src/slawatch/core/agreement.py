"""The contract as data."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

UnknownPolicy = Literal["exclude", "down", "up"]
PeriodKind = Literal["day", "week", "month", "quarter", "year"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """One promise of an agreement.

    Attributes:
        id: unique in its agreement.
        metric: `availability`, `latency_p50`, `latency_p95`, `latency_p99` (any whole percentile), `error_rate`.
        target: as written: `99.9` for an availability, `< 500ms` for a latency, `< 0.1%` for a rate.
    """

    id: str
    metric: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What was promised to an organisation about some services.

    Attributes:
        key: unique; the key of its TOML table.
        organization, services: who was promised what.
        period: what a report is about by default.
        timezone: whose midnights the periods start at (IANA name).
        unknown: how time counts in which nobody knows the state.
        degraded: how degraded time counts: as up, as down, or a weight from 0 (down) to 1 (up).
        effective_from: ISO date (in `timezone`) of these terms; empty for always.
        objectives: what was promised.
    """

    key: str
    organization: str
    services: tuple[str, ...]
    period: PeriodKind = "month"
    timezone: str = "UTC"
    unknown: UnknownPolicy = "exclude"
    degraded: Literal["up", "down"] | Decimal = "up"
    effective_from: str = ""
    objectives: tuple[Objective, ...] = ()
