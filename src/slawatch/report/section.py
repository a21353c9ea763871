"""One service's figures, arranged for its section of the HTML report: what is listed, what only summed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, NamedTuple, TypeVar

from slawatch.core.instant import Micros
from slawatch.core.text import parse_duration
from slawatch.report import svg, verdicts, wording
from slawatch.report.report import (
    CLASSES,
    READINGS,
    DayLine,
    MaintenanceLine,
    ObjectiveReport,
    OutageLine,
    Report,
    ServiceReport,
    ServiceVerdict,
    UnknownLine,
)

_ALWAYS_LISTED: Final = frozenset({"up", "degraded", "down", "unknown", "maintenance"})
_MOST_ROWS: Final = 200
_MOST_DAYS: Final = 62
_LEAST_ROWS: Final = 20
_ALL_ROWS: Final = 4000
"""So many rows a kind of table may have in the whole report, so that the file can still be sent."""

_READING_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "exclude": ("Unknown time left out", "neither good nor bad"),
    "down": ("Unknown time counted as down", "the least favourable assumption"),
    "up": ("Unknown time counted as up", "the most favourable assumption"),
    "maintenance_ignored": ("Maintenance not excluded", "as if no work had been announced"),
    "as_measured": ("Nothing left out", "every second around the clock as it was observed"),
    "low": ("Every edge at its worst", "each change as early or late as hurts most"),
    "high": ("Every edge at its best", "each change as early or late as helps most"),
}


class Reading(NamedTuple):
    """One row of the table of other readings."""

    name: str
    meaning: str
    contract: bool
    percent: str
    verdicts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceView:
    """A service's figures arranged for its section.

    Attributes:
        number: counted from 1, for links.
        verdict: how it stands, by its worst over all objectives; empty where it is not judged on its own.
        present: the classes that occur.
        listed: the classes in the table: those that occur, and the usual ones at zero.
        limit, limit_on: the promised latency, and of which percentile.
        decimals: of a second, so that all lengths show exactly.
        other_days: the sums of the days that are not listed one by one.
    """

    number: int
    service: ServiceReport
    verdict: str
    present: tuple[str, ...]
    listed: tuple[str, ...]
    shares: Mapping[str, str]
    decimals: int
    total: Micros
    strip: svg.Strip
    plot: svg.Plot | None
    limit: Micros | None
    limit_on: str
    slowest: Micros
    judged: tuple[ObjectiveReport, ...]
    readings: tuple[Reading, ...]
    maintenance: tuple[MaintenanceLine, ...]
    maintenance_left: int
    outages: tuple[OutageLine, ...]
    outages_left: int
    outage_length: Micros
    outage_counted: Micros
    unknown: tuple[UnknownLine, ...]
    unknown_left: int
    unknown_length: Micros
    days: tuple[DayLine, ...]
    other_days: Mapping[str, Micros]
    other_days_words: str


def service_view(report: Report, service: ServiceReport, number: int) -> ServiceView:
    """Arrange the figures of a service, the `number`-th of its report."""
    classes = service.classes
    total = sum(classes.values())
    most = max(_LEAST_ROWS, min(_MOST_ROWS, _ALL_ROWS // len(report.services)))
    outages, outages_left = longest(service.outages, lambda o: o.length, most)
    maintenance, maintenance_left = longest(service.maintenance, lambda m: m.end - m.start, most)
    unknown, unknown_left = longest(service.unknown, lambda u: u.end - u.start, most)
    imperfect = [
        d for d in service.days if d.end - d.start - d.classes["outside_hours"] not in _uneventful(d)
    ]
    days = _worth_listing(imperfect, min(most, _MOST_DAYS))
    listed = {d.date for d in days}
    rest = [d for d in service.days if d.date not in listed]
    limit, limit_on = _latency_limit(report)
    period = report.period
    judgements = [v.standing for o in report.objectives for v in o.services if v.service == service.service]
    judged = tuple(o for o in report.objectives if any(v.under for v in o.services))
    return ServiceView(
        number=number,
        service=service,
        verdict=verdicts.worst(judgements) if judgements else "",
        present=tuple(name for name in CLASSES if classes[name]),
        listed=tuple(name for name in CLASSES if classes[name] or name in _ALWAYS_LISTED),
        shares={
            name: wording.percent(Fraction(classes[name] * 100, total) if total else None) for name in CLASSES
        },
        decimals=wording.second_decimals(
            *classes.values(), *(v for day in service.days for v in day.classes.values())
        ),
        total=total,
        strip=svg.day_strip(service.days),
        plot=svg.latency_plot(service.latency.series, period.start, period.end, period.timezone, limit),
        limit=limit,
        limit_on=limit_on,
        slowest=service.latency.slowest or 0,
        judged=judged,
        readings=_readings(report, service, judged),
        maintenance=maintenance,
        maintenance_left=maintenance_left,
        outages=outages,
        outages_left=outages_left,
        outage_length=sum(o.length for o in service.outages),
        outage_counted=sum(o.counted for o in service.outages),
        unknown=unknown,
        unknown_left=unknown_left,
        unknown_length=sum(u.end - u.start for u in service.unknown),
        days=days,
        other_days={name: sum(d.classes[name] for d in rest) for name in CLASSES} if rest else {},
        other_days_words=_other_days(rest, all_up=len(days) == len(imperfect)),
    )


def _uneventful(day: DayLine) -> tuple[Micros, Micros]:
    return day.classes["up"], day.classes["future"]


def _worth_listing(days: Sequence[DayLine], most: int) -> tuple[DayLine, ...]:
    """Keep the days with something to explain; all of them, as long as they are not too many."""
    if len(days) <= most:
        return tuple(days)
    telling = [d for d in days if d.classes["down"] or d.classes["degraded"] or d.classes["unknown"]]
    return longest(telling, lambda d: d.classes["down"] * 1000 + d.classes["unknown"], most)[0]


def _other_days(rest: Sequence[DayLine], *, all_up: bool) -> str:
    count = "1 day" if len(rest) == 1 else f"{len(rest)} days"
    if not all_up:
        return f"The other {count}"
    to_come = any(day.classes["future"] for day in rest)
    return f"The other {count}, up throughout" + (" or still to come" if to_come else "")


def _readings(
    report: Report, service: ServiceReport, judged: Sequence[ObjectiveReport]
) -> tuple[Reading, ...]:
    figure = service.availability
    values: dict[str, Fraction | None] = {
        **{name: figure.unknown_as[name] for name in ("exclude", "down", "up")},
        "maintenance_ignored": figure.maintenance_ignored,
        "as_measured": figure.as_measured,
        "low": figure.low,
        "high": figure.high,
    }
    own = {o.id: next((v for v in o.services if v.service == service.service), None) for o in judged}
    order = sorted(READINGS, key=lambda name: name != report.unknown_policy)
    rows = []
    for name in order:
        words, meaning = _READING_WORDS[name]
        contract = name == report.unknown_policy
        value = values[name]
        percent = (wording.percent_up if name == "high" else wording.percent)(value, figure.decimals)
        results = tuple(_result(own[o.id], name, contract=contract) for o in judged)
        said = f"as the terms say; {meaning}" if contract else meaning
        rows.append(Reading(words, said, contract, percent, results))
    return tuple(rows)


def _result(verdict: ServiceVerdict | None, reading: str, *, contract: bool) -> str:
    if verdict is None:
        return ""
    return verdict.verdict if contract else verdict.under.get(reading, "")


def _latency_limit(report: Report) -> tuple[Micros | None, str]:
    for objective in report.objectives:
        if objective.metric.startswith("latency"):
            try:
                limit = parse_duration(objective.target.lstrip("<= ").replace(" ", ""))
                return limit, objective.metric.removeprefix("latency_")
            except ValueError:
                continue
    return None, ""


_Line = TypeVar("_Line")


def longest(
    lines: Sequence[_Line], size: Callable[[_Line], Micros], most: int = _MOST_ROWS
) -> tuple[tuple[_Line, ...], int]:
    """Keep the longest lines in their order, and say how many were left out."""
    if len(lines) <= most:
        return tuple(lines), 0
    kept = set(sorted(range(len(lines)), key=lambda i: -size(lines[i]))[:most])
    return tuple(line for i, line in enumerate(lines) if i in kept), len(lines) - most
