"""The contract as data."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Literal, TypeAlias

from slawatch.core.text import Day, FromValue, TimeZone

UnknownPolicy = Literal["exclude", "down", "up"]
PeriodKind = Literal["day", "week", "month", "quarter", "year"]


def read_weight(found: object) -> Decimal:
    """Return the weight of degraded time, from 0 (as if down) to 1 (as if up).

    Raises:
        ValueError: no number, or none in that range.
    """
    try:
        number = isinstance(found, int | str | Decimal) and not isinstance(found, bool)
        weight = Decimal(str(found)) if number else Decimal(-1)
        fits = 0 <= weight <= 1
    except ArithmeticError:
        fits = False
    if not fits:
        raise ValueError('write "up", "down" or a weight from 0 to 1')
    return weight


def read_target(found: object) -> str:
    """Return a target as it was written, whether as text or as a bare number.

    Raises:
        ValueError: neither a text nor a finite number.
    """
    if isinstance(found, str):
        return found
    if isinstance(found, int | Decimal) and not isinstance(found, bool) and Decimal(found).is_finite():
        return format(Decimal(found), "f") if abs(Decimal(found).adjusted()) < _DIGITS else str(found)
    raise ValueError('write the target as text, such as "99.9" or "< 500ms"')


_DIGITS = 30

Weight: TypeAlias = Annotated[
    Decimal, FromValue(read_weight, "a weight from 0 to 1", {"type": "number", "minimum": 0, "maximum": 1})
]

Target: TypeAlias = Annotated[
    str,
    FromValue(
        read_target,
        'a target such as "99.9" or "< 500ms"',
        {"type": ["string", "number"], "examples": ["99.9", "< 500ms", "< 0.1%"]},
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """One promise of an agreement.

    Attributes:
        id: unique in its agreement.
        metric: `availability`, `latency_p95` (any whole percentile, or `latency_p99.9`), or `error_rate`.
        target: as written: `99.9` for an availability, `< 500ms` for a latency, `< 0.1%` for a rate.
    """

    id: str
    metric: str
    target: Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What was promised to an organisation about some services.

    Attributes:
        key: unique; the key of its TOML table.
        organization: who was promised it.
        services: what it is about.
        period: what a report is about by default.
        timezone: whose midnights the periods start at (IANA name); the organisation's by default.
        unknown: how time counts in which nobody knows the state.
        degraded: how degraded time counts: as up, as down, or a weight from 0 (down) to 1 (up).
        effective_from: ISO date (in `timezone`) of these terms; empty for always.
        objectives: what was promised.
    """

    key: str
    organization: str
    services: tuple[str, ...]
    period: PeriodKind = "month"
    timezone: TimeZone = "UTC"
    unknown: UnknownPolicy = "exclude"
    degraded: Literal["up", "down"] | Weight = "up"
    effective_from: Day = ""
    objectives: tuple[Objective, ...] = ()
