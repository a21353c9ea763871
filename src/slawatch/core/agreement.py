"""The contract as data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Final, Literal, TypeAlias

from slawatch.core.check import Join
from slawatch.core.text import Day, Duration, FromText, FromValue, TimeZone

UnknownPolicy = Literal["exclude", "down", "up"]
PeriodKind = Literal["day", "week", "month", "quarter", "year"]
Combine = Literal["worst", "all", "mean", "weighted"]
Quantise = Literal[
    "none", "minute", "five_minutes", "elapsed_minutes", "started_minutes", "hours_over_six_minutes"
]
Rounding = Literal["half_up", "half_even", "down", "up"]
Approval = Literal["none", "another"]
Transition = Literal["pooled", "prorated"]

_DIGITS: Final = 30
_LARGEST: Final = Decimal(10) ** 15


def read_number(found: object) -> Decimal:
    """Return the decimal that a text or a bare number names.

    Raises:
        ValueError: neither of them, negative, or too large to be meant.
    """
    try:
        number = isinstance(found, int | str | Decimal) and not isinstance(found, bool)
        value = Decimal(str(found)) if number else Decimal(-1)
        fits = 0 <= value < _LARGEST and abs(value.normalize().adjusted()) < _DIGITS
        large = value.is_finite() and value >= _LARGEST
    except ArithmeticError:
        fits = large = False
    if large:
        raise ValueError(f"it is too large to be meant: write a number below {_LARGEST:,}")
    if not fits:
        raise ValueError('write a number of zero or more as text, such as "99.9"')
    return value


def read_percent(found: object) -> Decimal:
    """Return a percentage from 0 to 100.

    Raises:
        ValueError: no number, or none in that range.
    """
    value = read_number(found)
    if value > 100:
        raise ValueError("a percentage lies between 0 and 100")
    return value


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


def parse_currency(text: str) -> str:
    """Return a currency's code of three capital letters (ISO 4217).

    Raises:
        ValueError: not such a code.
    """
    if len(text) != 3 or not (text.isascii() and text.isalpha() and text.isupper()):
        raise ValueError(f"{text!r} is not a currency's code such as EUR, USD or JPY")
    return text


_NUMBER_SCHEMA: Final = {"type": ["string", "number"], "examples": ["99.9"]}

Weight: TypeAlias = Annotated[
    Decimal, FromValue(read_weight, "a weight from 0 to 1", {"type": "number", "minimum": 0, "maximum": 1})
]

Number: TypeAlias = Annotated[
    Decimal, FromValue(read_number, 'a number of zero or more such as "1200.00"', _NUMBER_SCHEMA)
]

Percent: TypeAlias = Annotated[
    Decimal, FromValue(read_percent, 'a percentage from 0 to 100 such as "99.9"', _NUMBER_SCHEMA)
]

Currency: TypeAlias = Annotated[
    str, FromText(parse_currency, 'a currency\'s code such as "EUR"', example="EUR")
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
        metric: `availability`; `latency_p95` (any whole percentile, or `latency_p99.9`); `error_rate` and
            `success_rate` of probes; `ratio` of two counters.
        target: as written: `99.9` for an availability, a success rate or a ratio, `< 500ms` for a latency,
            `< 0.1%` for an error rate.
        check: for a `ratio`: the check of type `scrape` that reads its counters.
        good: for a `ratio`: the counter of good events, by its name in that check.
        total: for a `ratio`: the counter of all events.
    """

    id: str
    metric: str
    target: Target
    check: str = ""
    good: str = ""
    total: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """Which announced work a contract takes out of the count.

    Attributes:
        notice: how long before it begins the customer must be told.
        quota: how much of it may be taken out in each `per`; absent, there is no limit.
        per: what the quota is for; the agreement's own period by default.
    """

    notice: Duration = 0
    quota: Duration | None = None
    per: PeriodKind | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fee:
    """What the customer pays for one period of the agreement.

    Attributes:
        amount: a decimal, as text.
        currency: its ISO 4217 code.
    """

    amount: Number
    currency: Currency


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """One tier of the credits: what is due where the availability lies between two percentages.

    Without a lower edge it reaches down to the next lower band, or to zero.

    Attributes:
        at_least: the availability is at least this.
        above: the availability is above this; in place of `at_least`.
        below: the availability is below this.
        at_most: the availability is at most this; in place of `below`.
        credit: percent of the fee.
        multiple: in place of `credit`: so many times the fee of the time that was lost.
        clause: where the contract says so, to be cited.
    """

    at_least: Percent | None = None
    above: Percent | None = None
    below: Percent | None = None
    at_most: Percent | None = None
    credit: Percent | None = None
    multiple: Number | None = None
    clause: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Several services that an agreement sees as one.

    Attributes:
        services: its members, which the agreement names too.
        join: how their states make the group's: `all`, `any` (up while one of them is), or a quorum.
    """

    services: tuple[str, ...]
    join: Join = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What was promised to an organisation about some services.

    Attributes:
        key: unique; the key of its TOML table.
        organization: who was promised it.
        services: what it is about.
        groups: services that count as one, by the group's name.
        combine: how several services or groups make one figure: the worst of them, `all` (up while all are),
            their mean, or a mean with `weights`.
        weights: for `weighted`: how much each service or group counts, by name.
        period: what a report is about by default.
        timezone: whose midnights the periods start at (IANA name); the organisation's by default.
        calendar: the service hours; absent, around the clock.
        preset: a provider's published terms, which stand for every key of them that is not written here.
        unknown: how time counts in which nobody knows the state.
        degraded: how degraded time counts: as up, as down, or a weight from 0 (down) to 1 (up).
        min_outage: an outage shorter than this does not count.
        quantise: how downtime is counted: `none` to the microsecond; `minute` and `five_minutes` by whole
            clock minutes, or five of them, that were down throughout; `elapsed_minutes` by the whole minutes
            of each outage; `started_minutes` by every clock minute with downtime in it;
            `hours_over_six_minutes` by whole clock hours of which more than six minutes were down.
        maintenance: which announced work does not count: absent, all that was announced before it began;
            `ignore`, none.
        fee: what is paid for a period; credits are a share of it.
        claim_window: how long after a period credits can be claimed, and its evidence is kept.
        claim_periods: in place of `claim_window`: until the end of so many whole periods after it.
        credits: what is due below which availability.
        cap: the most that credits may come to, percent of the fee.
        pay_above: a credit that is not more than this amount is not paid.
        rounding: how an amount is rounded to the currency's smallest coin.
        approval: whose approval an adjustment needs: nobody's, or that of another person than its author.
        on_change: a period that two versions share is judged whole by the newer version (`pooled`), or each
            part earns its credit by its own version and share of the period (`prorated`).
        allow_unprovable: a target that the interval of the probes cannot prove is a warning, not a mistake.
        effective_from: ISO date (in `timezone`) of these terms; empty for always.
        objectives: what was promised.
        versions: later terms, whole; in TOML only what changes is written.
    """

    key: str
    organization: str
    services: tuple[str, ...]
    groups: Mapping[str, Group] = field(default_factory=dict)
    combine: Combine = "worst"
    weights: Mapping[str, Number] = field(default_factory=dict)
    period: PeriodKind = "month"
    timezone: TimeZone = "UTC"
    calendar: str = ""
    preset: str = ""
    unknown: UnknownPolicy = "exclude"
    degraded: Literal["up", "down"] | Weight = "up"
    min_outage: Duration = 0
    quantise: Quantise = "none"
    maintenance: Literal["ignore"] | Clause | None = None
    fee: Fee | None = None
    claim_window: Duration = 0
    claim_periods: int = 0
    credits: tuple[Band, ...] = ()
    cap: Percent | None = None
    pay_above: Number | None = None
    rounding: Rounding = "half_up"
    approval: Approval = "none"
    on_change: Transition = "pooled"
    allow_unprovable: bool = False
    effective_from: Day = ""
    objectives: tuple[Objective, ...] = ()
    versions: "tuple[Agreement, ...]" = ()

    @property
    def subjects(self) -> tuple[str, ...]:
        """What is judged on its own: the groups, and the services that are in none."""
        grouped = {name for group in self.groups.values() for name in group.services}
        return (*self.groups, *(name for name in self.services if name not in grouped))
