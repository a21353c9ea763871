"""The metrics: what each is called and means, its unit, and how it is made of what was seen in a window.

Lengths of time are microseconds, shares are percent, everything else a plain number. A metric without a value
(nothing was seen, or nothing of that kind) is None, never 0. `latency_pN` and the like take any percentile;
`measure_avg:NAME` and the like take any number that a probe brings along.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final, Literal

from slawatch.core.percentile import share_of
from slawatch.core.rule import Condition
from slawatch.core.sample import Cause, Outcome

Unit = Literal["s", "%", "", "any"]
"""Microseconds, percent, a plain number, or whatever a probe says of its measure."""
Method = Literal["avg", "min", "max", "sum", "last", "stddev", "count", "ratio", "percentile", "rate"]
Source = Literal["samples", "time", "measures", "pings", "agreement", "slawatch"]
Over = Literal["window", "now", "period"]

MEASURE: Final = "measure_"
_PERCENTILE: Final = re.compile(r"(?P<of>[a-z_]+)_(?P<quantile>p\d+(?:\.\d+)?)", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric of the catalogue.

    Attributes:
        name: as rules and commands write it.
        text: what it means, one line.
        unit: of its value.
        method: how it is made of what was seen.
        source: what it is made of.
        over: the window of the rule; `now`: its window does not matter; `period`: the running period of an
            agreement.
        column: of the samples.
        quantile: of a percentile, as a share.
        outcomes: only samples with one of these; empty for all.
        causes: only samples with one of these.
        measure: the name of the number that a probe brings along.
    """

    name: str
    text: str
    unit: Unit
    method: Method
    source: Source
    over: Over = "window"
    column: str = ""
    quantile: Fraction | None = None
    outcomes: tuple[Outcome, ...] = ()
    causes: tuple[Cause, ...] = ()
    measure: str = ""

    def __hash__(self) -> int:
        return hash(self.name)

    @property
    def about(self) -> str:
        """What it is asked of: `service` (or one check of it), `agreement` or `slawatch`."""
        return self.source if self.source in ("agreement", "slawatch") else "service"


class UnknownMetric(ValueError):  # noqa: N818 (a name that is none, not a fault)
    """There is no metric of that name."""


_ANSWERED: Final = (Outcome.UP, Outcome.DEGRADED)
_KNOWN: Final = (Outcome.UP, Outcome.DEGRADED, Outcome.DOWN)

_METHODS: Final[dict[str, tuple[Method, str]]] = {
    "avg": ("avg", "mean"),
    "min": ("min", "shortest"),
    "max": ("max", "longest"),
    "sum": ("sum", "sum of the"),
    "last": ("last", "latest"),
    "stddev": ("stddev", "standard deviation of the"),
}
_COLUMNS: Final[dict[str, tuple[str, str, tuple[str, ...]]]] = {
    "latency": (
        "latency", "latency of the probes that were up or degraded",
        ("avg", "min", "max", "last", "stddev", "p50", "p75", "p90", "p95", "p99", "p99.9"),
    ),
    "dns": ("dns", "time for the name", ("avg", "max", "p50", "p95", "p99")),
    "connect": ("connect", "time to connect", ("avg", "max", "p50", "p95", "p99")),
    "tls": ("tls", "time for the TLS handshake", ("avg", "max", "p50", "p95", "p99")),
    "first_byte": ("first_byte", "time to the first byte of the answer", ("avg", "max", "p50", "p95", "p99")),
    "transfer": ("transfer", "time for the rest of the answer", ("avg", "max", "p50", "p95", "p99")),
    "probe_lag": (
        "lag", "delay between when a probe was due and when it started",
        ("avg", "max", "p50", "p95", "p99"),
    ),
}  # fmt: skip

_CAUSES: Final[dict[str, tuple[tuple[Cause, ...], str]]] = {
    "name_errors": ((Cause.NAME,), "the name did not resolve"),
    "connect_errors": ((Cause.CONNECT,), "the connection was refused, reset or unreachable"),
    "timeouts": ((Cause.TIMEOUT,), "no answer came in time"),
    "tls_errors": ((Cause.TLS,), "the TLS handshake failed"),
    "certificate_errors": ((Cause.CERTIFICATE,), "the certificate is invalid or ends too soon"),
    "protocol_errors": ((Cause.PROTOCOL,), "the answer was cut off or of another protocol"),
    "status_errors": ((Cause.STATUS,), "the status or exit code was another than expected"),
    "content_errors": ((Cause.CONTENT,), "the content was another than expected"),
    "slow_probes": ((Cause.SLOW,), "the answer was right, but over a latency threshold"),
    "auth_errors": ((Cause.AUTH,), "the credentials were refused"),
    "overdue_heartbeats": ((Cause.OVERDUE,), "a heartbeat did not come in time"),
    "own_faults": ((Cause.OURS, Cause.BUG), "slawatch itself was at fault"),
}

_OTHERS: Final[tuple[tuple[str, Unit, Method, Source, Over, str], ...]] = (
    ("probes", "", "count", "samples", "window", "probes that began"),
    ("probe_rate", "", "rate", "samples", "window", "probes a minute"),
    ("availability", "%", "ratio", "time", "window", "share of the known time that was up or degraded"),
    ("uptime", "s", "sum", "time", "window", "time in which it was up or degraded"),
    ("downtime", "s", "sum", "time", "window", "time in which it was down"),
    ("degraded_time", "s", "sum", "time", "window", "time in which it was degraded"),
    ("unknown_time", "s", "sum", "time", "window", "time in which nobody knows what it was"),
    ("degraded_ratio", "%", "ratio", "time", "window", "share of the known time in which it was degraded"),
    ("unknown_ratio", "%", "ratio", "time", "window", "share of the watched time in which nobody knows"),
    ("outages", "", "count", "time", "window", "outages that lie in the window, at least in part"),
    ("state_changes", "", "count", "time", "window", "changes between up, degraded and down"),
    ("longest_outage", "s", "max", "time", "window", "length of the longest outage, from its true start"),
    ("current_outage", "s", "last", "time", "window", "how long it has been down now; 0 while it is not"),
    ("mttr", "s", "avg", "time", "window", "mean length of the outages that ended in the window"),
    ("mtbf", "s", "avg", "time", "window", "uptime by outage"),
    ("last_sample_age", "s", "last", "samples", "now", "age of the oldest of the checks' last probes"),
    ("heartbeat_age", "s", "last", "pings", "now", "time since the last call of a heartbeat, the oldest one"),
    ("certificate_left", "s", "min", "measures", "window", "time until the first certificate ends"),
    ("budget_remaining", "%", "last", "agreement", "period", "share of the error budget that is left"),
    ("budget_left", "s", "last", "agreement", "period", "what is left of the error budget, or negative"),
    ("budget_spent", "s", "last", "agreement", "period", "what was lost of the error budget"),
    ("burn_rate", "", "ratio", "agreement", "window", "how fast the budget burns; 1 spends it in a period"),
    ("period_burn_rate", "", "ratio", "agreement", "period", "the same over the running period so far"),
    ("budget_lasts", "s", "last", "agreement", "period", "counted time until the budget is spent"),
    ("period_availability", "%", "ratio", "agreement", "period", "availability of the running period"),
    ("expected_availability", "%", "ratio", "agreement", "period", "forecast of that at the period's end"),
    ("best_availability", "%", "ratio", "agreement", "period", "the same if nothing more is lost"),
    ("tier_left", "s", "last", "agreement", "period", "what may be lost before the next tier of credits"),
    ("credit_due", "%", "last", "agreement", "period", "credit that is due even if nothing more is lost"),
    ("objectives_missed", "", "count", "agreement", "period", "objectives that are missed so far"),
    ("store_lag", "s", "last", "slawatch", "now", "age of the oldest sample that is not stored yet"),
    ("samples_queued", "", "last", "slawatch", "now", "samples that are not stored yet"),
    ("samples_stored", "", "last", "slawatch", "now", "samples that were stored since the start"),
    ("samples_lost", "", "last", "slawatch", "now", "samples since the start that nothing could keep"),
    ("probers_missing", "", "last", "slawatch", "now", "probing processes that do not run"),
    ("probes_in_flight", "", "last", "slawatch", "now", "probes under way"),
    ("probes_skipped", "", "last", "slawatch", "now", "due times that passed while the last probe ran"),
    ("probe_bugs", "", "last", "slawatch", "now", "exceptions in probes since the probers began"),
    ("daemon_age", "s", "last", "slawatch", "now", "time since the daemon started"),
    ("daemon_starts", "", "count", "slawatch", "window", "starts of the daemon"),
    ("prober_restarts", "", "count", "slawatch", "window", "probing processes that died"),
    ("storage_faults", "", "count", "slawatch", "window", "times at which the store lost or refused data"),
    ("clock_steps", "", "count", "slawatch", "window", "times at which the wall clock was set"),
    ("suspends", "", "count", "slawatch", "window", "times at which the machine slept"),
)  # fmt: skip

_MEASURES: Final[dict[str, tuple[Method, str]]] = {
    "last": ("last", "the latest value"),
    "avg": ("avg", "the mean"),
    "min": ("min", "the smallest value"),
    "max": ("max", "the largest value"),
    "sum": ("sum", "the sum"),
    "count": ("count", "how many values there were"),
    "stddev": ("stddev", "the standard deviation"),
    "p50": ("percentile", "the median"),
    "p95": ("percentile", "the 95th percentile"),
    "p99": ("percentile", "the 99th percentile"),
    "increase": ("sum", "by how much a counter grew"),
    "rate": ("rate", "by how much a counter grew each second"),
}


def _timed(prefix: str, suffix: str) -> Metric:
    column, text, _ = _COLUMNS[prefix]
    outcomes = () if column == "lag" else _ANSWERED
    if suffix in _METHODS:
        method, word = _METHODS[suffix]
        quantile = None
    else:
        method, word, quantile = "percentile", f"{suffix[1:]}th percentile of the", share_of(suffix)
    return Metric(
        name=f"{prefix}_{suffix}", text=f"{word} {text}", unit="s", method=method, source="samples",
        column=column, quantile=quantile, outcomes=outcomes,
    )  # fmt: skip


def _measure(suffix: str, name: str) -> Metric:
    if suffix in _MEASURES:
        method, text = _MEASURES[suffix]
    else:
        method, text = "percentile", f"the {suffix[1:]}th percentile"
    return Metric(
        name=f"{MEASURE}{suffix}:{name}",
        text=f"{text} of a number that the probes bring along, such as `load1`",
        unit="" if suffix == "count" else "any",
        method=method,
        source="measures",
        column="increase" if suffix in ("increase", "rate") else "value",
        quantile=share_of(suffix) if method == "percentile" else None,
        measure=name,
    )


def _made() -> Iterator[Metric]:
    for prefix, (_, _, suffixes) in _COLUMNS.items():
        for suffix in suffixes:
            yield _timed(prefix, suffix)
    for outcome in Outcome:
        yield Metric(
            name=f"probes_{outcome.word}", text=f"probes that were {outcome.word}", unit="", method="count",
            source="samples", outcomes=(outcome,),
        )  # fmt: skip
    for name, outcomes, text in (
        ("error_rate", (Outcome.DOWN,), "share of the probes with a known outcome that were down"),
        ("success_rate", _ANSWERED, "share of the probes with a known outcome that were up or degraded"),
        ("degraded_rate", (Outcome.DEGRADED,), "share of the probes with a known outcome that were degraded"),
        ("unknown_rate", (Outcome.UNKNOWN,), "share of all probes that could tell nothing"),
    ):
        yield Metric(name=name, text=text, unit="%", method="ratio", source="samples", outcomes=outcomes)
    for name, (causes, text) in _CAUSES.items():
        text = f"probes for which {text}"
        yield Metric(name=name, text=text, unit="", method="count", source="samples", causes=causes)
    for name, unit, method, source, over, text in _OTHERS:
        made = Metric(name=name, text=text, unit=unit, method=method, source=source, over=over)
        yield replace(made, measure="certificate_days") if name == "certificate_left" else made
    for suffix in _MEASURES:
        yield _measure(suffix, "NAME")


CATALOGUE: Final[dict[str, Metric]] = {metric.name: metric for metric in _made()}
"""Every metric by its name; those of any percentile or measure stand for all of their kind."""


def find(name: str) -> Metric:
    """Return the metric of a name.

    >>> find("latency_p97.5").quantile, find("measure_avg:load1").measure, find("availability").unit
    (Fraction(39, 40), 'load1', '%')

    Raises:
        UnknownMetric: there is none.
    """
    known = CATALOGUE.get(name)
    if known is not None and known.measure != "NAME":
        return known
    head, colon, measure = name.partition(":")
    if colon and head.startswith(MEASURE) and measure.strip() and measure != "NAME":
        suffix = head.removeprefix(MEASURE)
        if suffix in _MEASURES or _quantile(suffix):
            return _measure(suffix, measure)
    match = _PERCENTILE.fullmatch(name)
    if match and match["of"] in _COLUMNS and _quantile(match["quantile"]):
        return _timed(match["of"], match["quantile"])
    raise UnknownMetric(f"there is no metric {name!r}")


def _quantile(text: str) -> bool:
    try:
        share_of(text)
    except ValueError:
        return False
    return True


_EXAMPLES: Final[dict[str, str]] = {
    "s": 'a length of time such as "> 500ms"',
    "%": 'a percentage such as "< 99.9%"',
    "": 'a plain number such as "> 5"',
}


def misfit(metric: Metric, condition: Condition) -> str:
    """Return what belongs in place of a threshold that is in another unit than the metric; empty if it fits.

    >>> from slawatch.core.rule import parse_condition
    >>> misfit(find("latency_p95"), parse_condition("> 500"))
    'a length of time such as "> 500ms"'
    """
    if metric.unit in ("any", condition.unit) or (condition.threshold == 0 and not condition.unit):
        return ""
    return _EXAMPLES[metric.unit]
