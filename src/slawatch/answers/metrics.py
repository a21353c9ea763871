"""The metrics as an answer: the catalogue, one of it, and what one comes to for somebody over a window."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from slawatch.answers.measuring import measure
from slawatch.answers.view import Live
from slawatch.config.model import Config
from slawatch.config.problem import nearest
from slawatch.core.instant import DAY, MINUTE, SECOND, Instant, Micros, rfc3339
from slawatch.core.metric import CATALOGUE, Metric, UnknownMetric, find
from slawatch.core.rule import Condition, Rule
from slawatch.core.series import series
from slawatch.core.signal import shown
from slawatch.core.text import format_duration, parse_duration
from slawatch.store.windows import Value

if TYPE_CHECKING:
    import duckdb

PARAMETERS: Final = ("service", "check", "agreement", "by", "window")
WINDOW: Final[Micros] = 5 * MINUTE
LONGEST: Final[Micros] = 366 * DAY
_UNITS: Final = {"s": "seconds", "%": "percent", "": "", "any": "as the probe says"}
_EXAMPLES: Final = {"s": ("1s", "14d"), "%": ("5%", "99.9%"), "": ("5", "1"), "any": ("5", "1")}
_BETTER_HIGH: Final = (
    "availability", "uptime", "success_rate", "probes", "probe_rate", "mtbf", "certificate_left",
    "budget_remaining", "budget_left", "budget_lasts", "period_availability", "expected_availability",
    "best_availability", "tier_left",
)  # fmt: skip
_ALWAYS: Final = Condition(">", 0.0)


class BadQuery(ValueError):  # noqa: N818 (a question that has no answer)
    """The question cannot be understood, or names what does not exist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A question.

    Attributes:
        rule: a rule that asks the same.
        metric: of it.
    """

    rule: Rule
    metric: Metric


def catalogue() -> dict[str, Any]:
    """Return all metrics."""
    return {"metrics": [described(metric) for metric in CATALOGUE.values()]}


def described(metric: Metric) -> dict[str, Any]:
    """Return what there is to say of a metric."""
    return {
        "metric": metric.name, "text": metric.text, "unit": _UNITS[metric.unit], "method": metric.method,
        "about": metric.about, "over": metric.over,
    }  # fmt: skip


def example(metric: Metric) -> str:
    """Return a threshold such as a rule about a metric has."""
    falls = metric.name in _BETTER_HIGH
    return f"{'<' if falls else '>'} {_EXAMPLES[metric.unit][falls]}"


def known(name: str) -> Metric:
    """Return the metric of a name, from the catalogue as well.

    Raises:
        BadQuery: there is none.
    """
    if name in CATALOGUE:
        return CATALOGUE[name]
    try:
        return find(name)
    except UnknownMetric as unknown:
        hint = nearest(name, CATALOGUE) or "`slawatch metrics list` shows them all"
        raise BadQuery(f"{unknown}: {hint}") from None


def query(config: Config, name: str, asked: Mapping[str, str]) -> Query:
    """Return the question that a metric's name and some parameters make.

    Args:
        config: whose services, checks and agreements may be named.
        name: of the metric.
        asked: what of `PARAMETERS` was given.

    Raises:
        BadQuery: it is none.
    """
    metric = known(name)
    if metric.measure == "NAME":
        raise BadQuery(f"{name} wants the name of a measure: {name.replace('NAME', 'load1')} or the like")
    for key in asked:
        if key not in PARAMETERS:
            raise BadQuery(f"there is no parameter {key!r}: {', '.join(PARAMETERS)}")
    named: dict[str, tuple[str, ...]] = {}
    for key, there_are in (
        ("service", config.services), ("check", config.checks), ("agreement", config.agreements),
    ):  # fmt: skip
        if wanted := asked.get(key, ""):
            if wanted not in there_are:
                hint = nearest(wanted, there_are) or f"there are {', '.join(sorted(there_are)[:8]) or 'none'}"
                raise BadQuery(f"there is no {key} {wanted!r}: {hint}")
            named[key] = (wanted,)
    if metric.about != "agreement" and "agreement" in named:
        raise BadQuery(f"{name} is no metric of agreements")
    if metric.about != "service" and "check" in named:
        raise BadQuery(f"{name} is no metric of checks")
    by = asked.get("by", "service")
    if by not in ("service", "check"):
        raise BadQuery("by must be service or check")
    rule = Rule(
        metric=name, services=named.get("service", ()), checks=named.get("check", ()),
        agreements=named.get("agreement", ()), by="check" if by == "check" else "service",
        window=_window(asked.get("window", "")), warning=_ALWAYS,
    )  # fmt: skip
    return Query(rule=rule, metric=metric)


def _window(text: str) -> Micros:
    try:
        length = parse_duration(text) if text else WINDOW
    except ValueError as error:
        raise BadQuery(f"window: {error}") from None
    if not SECOND <= length <= LONGEST:
        raise BadQuery("window: from 1s to 366d")
    return length


def answer(
    cursor: "duckdb.DuckDBPyConnection", config: Config, asked: Query, now: Instant, live: Live | None
) -> dict[str, Any]:
    """Return what a question comes to; blocking, for a worker thread.

    Raises:
        duckdb.Error, StoreError: the store cannot be read.
    """
    found = series(asked.rule, config.services, config.checks, config.agreements)
    values = measure(cursor, config, [one.wish for one in found], now, live)
    metric = asked.metric
    rows = []
    for one in found:
        value = values[one.wish]
        whose = one.wish.whose
        rows.append(
            {
                "service": one.service or None, "check": whose.check or None,
                "agreement": whose.agreement or None, "value": _number(metric, value),
                "unit": value.unit or _UNITS[metric.unit if metric.unit != "any" else ""],
                "shown": "no data" if value.number is None else shown(value.number, metric, value.unit),
            }
        )  # fmt: skip
    return {
        "metric": metric.name, "text": metric.text, "unit": _UNITS[metric.unit],
        "window": asked.rule.window / SECOND if metric.over == "window" else None,
        "window_text": format_duration(asked.rule.window) if metric.over == "window" else "",
        "at": rfc3339(now), "values": rows,
    }  # fmt: skip


def _number(metric: Metric, value: Value) -> float | None:
    if value.number is None:
        return None
    return value.number / SECOND if metric.unit == "s" else value.number
