"""Objectives: what was promised, read from its text, and whether it was kept.

Verdicts compare exact numbers; targets are decimals, never floats. Budgets are microseconds.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from operator import ge, gt, le, lt
from typing import Final, Literal

from slawatch.core.agreement import UnknownPolicy
from slawatch.core.availability import Availability
from slawatch.core.instant import Micros
from slawatch.core.percentile import share_of
from slawatch.core.ratio import Counts
from slawatch.core.text import format_duration, parse_duration

Operator = Literal["<", "<=", ">", ">="]

_OPERATORS: Final[dict[Operator, Callable[[Fraction, Fraction], bool]]] = {
    "<": lt,
    "<=": le,
    ">": gt,
    ">=": ge,
}
_TARGET: Final = re.compile(r"(<=|>=|<|>)?\s*(\S.*)", re.ASCII | re.DOTALL)
_PERCENT: Final = re.compile(r"(\d{1,3}(?:\.\d{1,12})?)\s*(%?)", re.ASCII)
_LATENCY: Final = "latency_"
_SHARES: Final = {
    "availability": "an availability", "success_rate": "a success rate", "ratio": "a ratio",
}  # fmt: skip


class Measure(StrEnum):
    """What kind of number an objective is about."""

    AVAILABILITY = "availability"
    LATENCY = "latency"
    ERROR_RATE = "error_rate"
    SUCCESS_RATE = "success_rate"
    """The share of the probes that found the target working."""
    RATIO = "ratio"
    """The share of good events by two counters."""


class Verdict(StrEnum):
    """Whether a promise was kept."""

    MET = "met"
    MISSED = "missed"
    NO_DATA = "no data"
    UNDECIDED = "undecided"
    """The target lies between the bounds: sampling cannot tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A promise in numbers.

    Attributes:
        metric: as in the agreement.
        measure: the kind of number.
        operator: how the measured number must compare with the value.
        value: a share between 0 and 1 for an availability or a rate, microseconds for a latency.
        decimals: how many the target was written with; figures beside it are shown with one more.
        quantile: for a latency the percentile's name, such as `p95`; empty otherwise.
    """

    metric: str
    measure: Measure
    operator: Operator
    value: Fraction
    decimals: int = 0
    quantile: str = ""

    def met_by(self, figure: Fraction) -> bool:
        """Whether this figure keeps the promise, compared exactly."""
        return _OPERATORS[self.operator](figure, self.value)

    def __str__(self) -> str:
        """The target as people read it: `>= 99.9 %`, `< 500ms`."""
        if self.measure is Measure.LATENCY:
            return f"{self.operator} {format_duration(int(self.value))}"
        number = Decimal(self.value.numerator * 100) / Decimal(self.value.denominator)
        return f"{self.operator} {number:.{self.decimals}f} %"


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How much may be lost in a period, and how much was; the rest may be negative.

    Of an availability microseconds; of a rate events, of those there were so far.

    Of a period that is over, the promise is kept exactly where no more was spent than allowed.

    Attributes:
        allowed: `(1 - target)` of the time that the whole period will have counted: what counted so far,
            and all that is promised for the rest.
        spent: what was lost so far.
    """

    allowed: Fraction
    spent: Fraction

    @property
    def remaining(self) -> Fraction:
        """What is left; below zero once more was lost than allowed."""
        return self.allowed - self.spent

    @property
    def remaining_share(self) -> Fraction | None:
        """What is left as a share of what was allowed; None for a target of 100 %, which allows nothing."""
        return self.remaining / self.allowed if self.allowed else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitivity:
    """The verdict under each policy for unknown time.

    Attributes:
        verdicts: by policy.
        changes: whether the policy decides the verdict.
    """

    verdicts: Mapping[UnknownPolicy, Verdict]
    changes: bool


def parse_target(metric: str, text: str) -> Target:
    """Return the target that an objective's metric and text name.

    An availability, success rate or ratio is at least its target unless an operator says otherwise; a latency
    or an error rate must say `<` or `<=`.

    >>> parse_target("availability", "99.9").value, str(parse_target("latency_p95", "< 500ms"))
    (Fraction(999, 1000), '< 500ms')

    Raises:
        ValueError: there is no such metric, or the text is no target for it.
    """
    match = _TARGET.fullmatch(text.strip())
    operator = _operator(match[1]) if match else None
    rest = match[2] if match else ""
    if metric in _SHARES:
        number = _percentage(rest, unit_needed=False)
        if number is None or operator in ("<", "<="):
            raise ValueError(f'{text!r} is not a target for {_SHARES[metric]}, such as "99.9"')
        return _rate_target(metric, Measure(metric), operator or ">=", number)
    if metric == Measure.ERROR_RATE:
        number = _percentage(rest, unit_needed=True)
        if number is None or operator not in ("<", "<="):
            raise ValueError(f'{text!r} is not a target for an error rate, such as "< 0.1%"')
        return _rate_target(metric, Measure.ERROR_RATE, operator, number)
    if metric.startswith(_LATENCY):
        return _latency_target(metric, text, operator, rest)
    raise ValueError(
        f"{metric!r} is not a metric of an objective: availability, latency_p95, error_rate, success_rate or "
        "ratio"
    )


def judge(
    target: Target, figure: Fraction | None, low: Fraction | None = None, high: Fraction | None = None
) -> Verdict:
    """Return whether a figure keeps a promise; undecided where its bounds lie on both sides of the target.

    Args:
        target: the promise.
        figure: what was measured, in the unit of the target's value; None for no data.
        low: the least that it could be; None where it has no bounds.
        high: the most that it could be.
    """
    if figure is None:
        return Verdict.NO_DATA
    candidates = [bound for bound in (low, figure, high) if bound is not None]
    kept = {target.met_by(candidate) for candidate in candidates}
    if len(kept) == 2:
        return Verdict.UNDECIDED
    return Verdict.MET if kept.pop() else Verdict.MISSED


def judge_availability(target: Target, availability: Availability) -> Verdict:
    """Return the verdict on an availability, its bounds considered."""
    return judge(target, availability.share, availability.low, availability.high)


def sensitivity(target: Target, availability: Availability) -> Sensitivity:
    """Return what the verdict would be under each policy for unknown time, by the measured edges."""
    verdicts = {policy: judge(target, figure) for policy, figure in availability.unknown_as.items()}
    return Sensitivity(verdicts=verdicts, changes=len(set(verdicts.values())) > 1)


def event_budget(target: Target, events: Counts) -> Budget:
    """Return how many events may be bad by the target of a rate, of so many, and how many are."""
    bad = target.value if target.measure is Measure.ERROR_RATE else 1 - target.value
    return Budget(allowed=bad * events.total, spent=events.total - events.good)


def budget(target: Target, whole: Micros, bad: Fraction) -> Budget:
    """Return the error budget of an availability target.

    Args:
        target: an availability target.
        whole: how much time counted so far, and will if all of the rest does.
        bad: how much counted time was lost so far.
    """
    return Budget(allowed=(1 - target.value) * whole, spent=bad)


def behind(target: Target, figure: Fraction | None, whole: Fraction | None) -> bool:
    """Whether a running period misses its target so far, and can still keep it.

    Args:
        target: an availability target.
        figure: the availability so far.
        whole: the share that is lost of the whole period if nothing more is.
    """
    if figure is None or whole is None:
        return False
    return not target.met_by(figure) and target.met_by(1 - whole)


def burn_rate(target: Target, bad: Fraction, counted: Micros) -> Fraction | None:
    """Return how fast the budget burns: 1 spends it exactly by the period's end.

    None without data, or for a target of 100 %, which has no budget to burn.
    """
    if not counted or target.value == 1:
        return None
    return bad / counted / (1 - target.value)


def _operator(text: str | None) -> Operator | None:
    for operator in _OPERATORS:
        if text == operator:
            return operator
    return None


def _percentage(text: str, *, unit_needed: bool) -> Decimal | None:
    match = _PERCENT.fullmatch(text)
    if not match or (unit_needed and not match[2]):
        return None
    number = Decimal(match[1])
    return number if number <= 100 else None


def _rate_target(metric: str, measure: Measure, operator: Operator, number: Decimal) -> Target:
    exponent = number.as_tuple().exponent
    decimals = -exponent if isinstance(exponent, int) else 0
    return Target(
        metric=metric, measure=measure, operator=operator, value=Fraction(number) / 100, decimals=decimals
    )


def _latency_target(metric: str, text: str, operator: Operator | None, rest: str) -> Target:
    quantile = metric.removeprefix(_LATENCY)
    share_of(quantile)
    try:
        limit = parse_duration(rest)
    except ValueError:
        limit = 0
    if limit == 0 or operator not in ("<", "<="):
        raise ValueError(f'{text!r} is not a target for a latency, such as "< 500ms"')
    return Target(
        metric=metric,
        measure=Measure.LATENCY,
        operator=operator,
        value=Fraction(limit),
        quantile=quantile,
    )
