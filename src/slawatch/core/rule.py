"""Rules on metrics: a value beyond a threshold for long enough makes an alert, and leaves it with a margin.

`warning` and `critical` are conditions such as `> 500ms`, `< 99.9%`, `>= 5`. Lengths of time are compared in
microseconds, percentages in percent.
"""

import re
from dataclasses import dataclass, replace
from typing import Annotated, Final, Literal, NamedTuple, TypeAlias

from slawatch.core.instant import MINUTE, SECOND, Instant
from slawatch.core.text import Duration, FromText, parse_duration

_CONDITION: Final = re.compile(r"(>=|<=|>|<|==|!=)\s*+(\S.*)", re.DOTALL)
_NUMBER: Final = re.compile(r"[+-]?\d{1,18}(?:\.\d{1,12})?", re.ASCII)


class Condition(NamedTuple):
    """A comparison with a threshold.

    Attributes:
        operator: `>`, `>=`, `<`, `<=`, `==` or `!=`.
        threshold: microseconds, percent, or a plain number.
        unit: `s` for a length of time, `%`, or empty.
        text: as it was written.
    """

    operator: str
    threshold: float
    unit: str = ""
    text: str = ""

    def holds(self, value: float, margin: float = 0.0) -> bool:
        """Say whether a value fulfils it; with a margin, even one that is short of it by so much does.

        >>> parse_condition("> 5").holds(4.5), parse_condition("> 5").holds(4.5, margin=1.0)
        (False, True)
        """
        match self.operator:
            case ">":
                return value > self.threshold - margin
            case ">=":
                return value >= self.threshold - margin
            case "<":
                return value < self.threshold + margin
            case "<=":
                return value <= self.threshold + margin
            case "==":
                return abs(value - self.threshold) <= margin
            case _:
                return value != self.threshold


def parse_condition(text: str) -> Condition:
    """Return the condition that a text names.

    >>> parse_condition("> 500ms").threshold, parse_condition("< 99.9%")[:3]
    (500000, ('<', 99.9, '%'))

    Raises:
        ValueError: it is none.
    """
    match = _CONDITION.fullmatch(text.strip())
    if match is None:
        raise ValueError(f'{text!r} is not a condition such as "> 500ms", "< 99.9%" or ">= 5"')
    operator, threshold = match.groups()
    written = " ".join(text.split())
    percent = threshold.removesuffix("%").strip()
    if _NUMBER.fullmatch(percent):
        return Condition(operator, float(percent), "%" if threshold.endswith("%") else "", written)
    try:
        return Condition(operator, parse_duration(threshold), "s", written)
    except ValueError:
        raise ValueError(f"{threshold!r} is neither a number, a percentage nor a duration") from None


Threshold: TypeAlias = Annotated[
    Condition, FromText(parse_condition, 'a condition such as "> 500ms" or "< 99.9%"', example="> 500ms")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """When a metric is worth an alert.

    Attributes:
        name: of the alert; the metric and the services by default.
        metric: of the catalogue.
        services, checks, organizations: whose; empty for all. A rule with checks watches each of them, else
            each service.
        agreements: of which agreements, for a metric of agreements.
        by: `check`: each check of the services on its own.
        window: over which the metric is taken.
        warning, critical: conditions; at least one.
        for_: written `for`: so long it must hold without a break.
        hysteresis: the value must be back by so much before the alert ends: a percentage of the threshold.
        missing: what no value means: `keep` the state, `ok`, `warning` or `critical`.
        warning_severity: of an alert by `warning`.
        every: how often it is evaluated.
        escalation: the policy of its incidents; that of the service by default.
        runbook: where to read what to do.
    """

    name: str = ""
    metric: str
    services: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    organizations: tuple[str, ...] = ()
    agreements: tuple[str, ...] = ()
    by: Literal["service", "check"] = "service"
    window: Duration = 5 * MINUTE
    warning: Threshold | None = None
    critical: Threshold | None = None
    for_: Duration = 0
    hysteresis: float = 0.0
    missing: Literal["keep", "ok", "warning", "critical"] = "keep"
    warning_severity: Literal["info", "low", "medium", "high"] = "medium"
    every: Duration = 15 * SECOND
    escalation: str = ""
    runbook: str = ""

    def __post_init__(self) -> None:
        if self.warning is None and self.critical is None:
            raise ValueError("warning: a rule needs `warning`, `critical` or both")
        if not 0 <= self.hysteresis < 100:
            raise ValueError("hysteresis: a percentage from 0 to below 100")
        if self.warning and self.critical:
            same = self.warning.operator[0] == self.critical.operator[0]
            up = self.warning.operator[0] == ">"
            between = (self.critical.threshold - self.warning.threshold) * (1 if up else -1)
            if (
                not same
                or self.warning.unit != self.critical.unit
                or (self.warning.operator[0] in "<>" and between < 0)
            ):
                raise ValueError("critical: must lie beyond `warning`, with the same kind of comparison")

    @property
    def severities(self) -> tuple[tuple[str, Condition], ...]:
        """The severities with their conditions, the worst first."""
        found = (("critical", self.critical), (self.warning_severity, self.warning))
        return tuple((severity, condition) for severity, condition in found if condition is not None)


@dataclass(frozen=True, slots=True)
class Watch:
    """What a rule knows of one of its series.

    Attributes:
        severity: that is in force; empty for none.
        pending: since when each severity's condition has held without a break.
        actual: the last value.
        threshold: the condition that is violated, as it was written.
    """

    severity: str = ""
    pending: tuple[tuple[str, Instant], ...] = ()
    actual: float | None = None
    threshold: str = ""


def step(watch: Watch, rule: Rule, value: float | None, now: Instant) -> Watch:
    """Take one evaluation; the severity after it is the result for the alert's course.

    >>> rule = Rule(metric="latency_p95", critical=parse_condition("> 1s"))
    >>> step(Watch(), rule, 2_000_000, 0).severity, step(Watch(), rule, None, 0).severity
    ('critical', '')
    """
    if value is None:
        if rule.missing == "keep":
            return watch
        missing = {"ok": "", "warning": rule.warning_severity, "critical": "critical"}[rule.missing]
        return Watch(missing, (), None, "no data" if missing else "")
    before = dict(watch.pending)
    pending: list[tuple[str, Instant]] = []
    in_force = False
    for severity, condition in rule.severities:
        in_force = in_force or severity == watch.severity
        margin = abs(condition.threshold) * rule.hysteresis / 100 if in_force and watch.severity else 0.0
        if condition.holds(value, margin):
            pending.append((severity, before.get(severity, now)))
    for severity, condition in rule.severities:
        since = dict(pending).get(severity)
        if since is not None and (now - since >= rule.for_ or _at_least(rule, watch.severity, severity)):
            return Watch(severity, tuple(pending), value, condition.text)
    return replace(watch, severity="", pending=tuple(pending), actual=value, threshold="")


def _at_least(rule: Rule, held: str, severity: str) -> bool:
    order = [name for name, _ in rule.severities]
    return held in order and order.index(held) <= order.index(severity)
