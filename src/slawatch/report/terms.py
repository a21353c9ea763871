"""The terms of a report spelled out, and what its reader has to know before the figures."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from slawatch.core.agreement import Agreement
from slawatch.core.availability import UNKNOWN_POLICIES
from slawatch.core.check import Organization, Service
from slawatch.core.civil import local
from slawatch.core.instant import Instant
from slawatch.core.period import Period, calendar_period
from slawatch.report.report import ObjectiveReport, ServiceReport
from slawatch.report.wording import clock_words, date_words, length, percent

_MOST_NAMES: Final = 5
_ENOUGH: Final = 95
"""Percent of the time; a state known for less of it is told before the figures."""
_UNKNOWN: Final = {
    "exclude": "left out: neither good nor bad",
    "down": "counts as down",
    "up": "counts as up",
}
_DEGRADED: Final = {"up": "counts as good", "down": "counts as down"}


def spelled_out(
    agreement: Agreement | None,
    organization: Organization | None,
    services: Sequence[Service],
    period: Period,
) -> Iterator[tuple[str, str]]:
    """Yield the terms as label and text."""
    if agreement is not None:
        yield "Agreement", agreement.key
    if organization is not None:
        yield "Organisation", organization.name
    yield "Services", ", ".join(service.name for service in services) or "none"
    yield "Days and months begin", f"at midnight in {period.timezone}"
    if agreement is not None and agreement.effective_from:
        yield "In force since", agreement.effective_from
    if agreement is not None:
        for objective in agreement.objectives:
            yield f"Objective {objective.id}", f"{objective.metric} {objective.target}"
    unknown = agreement.unknown if agreement else "exclude"
    degraded = str(agreement.degraded) if agreement else "up"
    yield "Service hours", "around the clock"
    yield "Unknown time", _UNKNOWN[unknown]
    yield "Degraded time", _DEGRADED.get(degraded, f"counts as good with a weight of {degraded}")
    yield "Maintenance", "does not count, where it was announced before it began"


def notices(
    agreement: Agreement | None,
    services: Sequence[ServiceReport],
    objectives: Sequence[ObjectiveReport],
    period: Period,
    now: Instant,
) -> Iterator[str]:
    """Yield a sentence for each thing that limits what the figures say."""
    if not services:
        yield "There are no services to report on."
    if now <= period.start:
        yield "This period has not begun: there is nothing to report yet."
    elif now < period.end:
        moment = _moment(now, period)
        yield f"This period is still running: the figures are those of {moment} and will change."
    if agreement is not None and _began_inside(agreement, period):
        yield (
            f"The agreement takes effect on {agreement.effective_from}, within this period: only the time "
            "since then is reported."
        )
    yield from _not_monitored(services, period, now)
    blind = [
        f"{s.service} ({percent(s.availability.coverage, 1)})"
        for s in services
        if s.availability.coverage is not None and s.availability.coverage < _ENOUGH and s.classes["unknown"]
    ]
    if blind:
        yield f"The state was known for little of the time that counts: {_listed(blind)}."
    for objective in objectives:
        open_ones = [
            verdict.service
            for verdict in objective.services
            if len({verdict.under[p] for p in UNKNOWN_POLICIES if p in verdict.under}) > 1
        ]
        if open_ones:
            yield (
                f"The verdict on {objective.id} depends on how unknown time counts for {_listed(open_ones)}: "
                "see “Would another reading change the result?”."
            )


def _began_inside(agreement: Agreement, period: Period) -> bool:
    if not agreement.effective_from or period.kind == "custom" or period.kind == "rolling":
        return False
    first = date.fromisoformat(agreement.effective_from)
    whole = calendar_period(period.kind, first, period.timezone)
    return whole.label == period.label and whole.start < period.start


def _not_monitored(services: Sequence[ServiceReport], period: Period, now: Instant) -> Iterator[str]:
    elapsed = min(now, period.end) - period.start
    missing = {s.service: s.classes["not_monitored"] for s in services if s.classes["not_monitored"]}
    if elapsed <= 0 or not missing:
        return
    never = [name for name, missed in missing.items() if missed >= elapsed]
    late = [name for name, missed in missing.items() if missed < elapsed]
    if never:
        yield f"There is no sample up to the end of this period of {_listed(never)}."
    if len(late) == 1:
        into = length(missing[late[0]])
        yield f"{late[0]} was first watched {into} into the period; the time before is not counted."
    elif late:
        yield (
            f"Not watched from the beginning, with the time before not counted: {_listed(late)}; "
            "see each service’s ledger."
        )


def _listed(names: Sequence[str]) -> str:
    if len(names) > _MOST_NAMES:
        return f"{', '.join(names[:_MOST_NAMES])} and {len(names) - _MOST_NAMES} more"
    return ", ".join(names)


def _moment(instant: Instant, period: Period) -> str:
    moment = local(instant, period.timezone)
    return f"{date_words(moment, year=True)}, {clock_words(moment.replace(microsecond=0))}"
