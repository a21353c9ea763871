"""The terms of a report spelled out, and what its reader has to know before the figures."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Final

from slawatch.core.agreement import Agreement
from slawatch.core.calendar import Calendar
from slawatch.core.check import Organization, Quorum, Service
from slawatch.core.civil import local
from slawatch.core.credit import plain
from slawatch.core.instant import Instant
from slawatch.core.period import Period, calendar_period
from slawatch.report.report import ServiceReport
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
_IN_COUNTED_TIME: Final = "count where the time does: in service hours, out of excluded and excused time"
_AROUND_THE_CLOCK: Final = "around the clock"
_IN_TIME: Final = "announced before it began"
_EVERY_WINDOW: Final = f"does not count, where it was {_IN_TIME}"
_WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_JOIN: Final = {"all": "all of them are", "any": "any of them is"}
_QUANTISE: Final = {
    "minute": "in whole clock minutes that were down throughout",
    "five_minutes": "in stretches of five clock minutes that were down throughout",
    "elapsed_minutes": "in the whole minutes of each outage",
    "started_minutes": "in clock minutes with any downtime in them",
    "hours_over_six_minutes": "in whole clock hours with more than six minutes of downtime",
}


def spelled_out(
    agreement: Agreement | None,
    organization: Organization | None,
    services: Sequence[Service],
    period: Period,
    calendars: Mapping[str, Calendar] | None = None,
) -> Iterator[tuple[str, str]]:
    """Yield the terms as label and text; of an agreement, the version that judges the period."""
    if agreement is not None:
        yield "Agreement", agreement.key
    if organization is not None:
        yield "Organisation", organization.name
    yield "Services", ", ".join(service.name for service in services) or "none"
    yield "Days and months begin", f"at midnight in {period.timezone}"
    if agreement is None:
        yield "Service hours", _AROUND_THE_CLOCK
        yield "Unknown time", _UNKNOWN["exclude"]
        yield "Degraded time", _DEGRADED["up"]
        yield "Maintenance", _EVERY_WINDOW
        return
    yield from clauses(agreement, calendars or {})


def clauses(terms: Agreement, calendars: Mapping[str, Calendar]) -> Iterator[tuple[str, str]]:
    """Yield what one version of an agreement says, as label and text."""
    if terms.effective_from:
        yield "In force since", terms.effective_from
    if terms.preset:
        yield "Based on", f"the published terms {terms.preset}"
    for objective in terms.objectives:
        counters = f", {objective.good} of {objective.total} of {objective.check}" if objective.good else ""
        yield f"Objective {objective.id}", f"{objective.metric} {objective.target}{counters}"
    for name, group in terms.groups.items():
        rule = f"{group.join.needed} of them are" if isinstance(group.join, Quorum) else _JOIN[group.join]
        yield f"Group {name}", f"{', '.join(group.services)}; up while {rule}"
    if len(terms.subjects) > 1:
        yield "Taken together", _together(terms)
    yield "Service hours", _hours(terms, calendars)
    yield "Unknown time", _UNKNOWN[terms.unknown]
    degraded = str(terms.degraded)
    yield "Degraded time", _DEGRADED.get(degraded, f"counts as good with a weight of {degraded}")
    yield "Maintenance", _maintenance(terms)
    if any(objective.metric != "availability" for objective in terms.objectives):
        yield "Probes and events", _IN_COUNTED_TIME
    if terms.min_outage:
        yield "Shortest outage", f"one shorter than {length(terms.min_outage)} does not count"
    if terms.quantise != "none":
        yield "Downtime is counted", _QUANTISE[terms.quantise]
    yield from _money(terms)
    if terms.approval == "another":
        yield "Adjustments", "hold once another person than their author has approved them"


def _together(terms: Agreement) -> str:
    if terms.combine == "weighted":
        weights = ", ".join(f"{name} {plain(terms.weights[name])}" for name in terms.weights)
        return f"the mean with these weights: {weights}"
    return {
        "worst": "the worst of them decides, and each has to keep each promise",
        "all": "up while all of them are",
        "mean": "their mean",
    }[terms.combine]


def _hours(terms: Agreement, calendars: Mapping[str, Calendar]) -> str:
    if not terms.calendar:
        return _AROUND_THE_CLOCK
    calendar = calendars.get(terms.calendar)
    if calendar is None:
        return terms.calendar
    spans = {day: ", ".join(map(str, hours)) for day, hours in calendar.hours.items() if hours}
    days: list[tuple[int, int, str]] = []
    for day, hours in sorted(spans.items()):
        if days and days[-1][1] == day - 1 and days[-1][2] == hours:
            days[-1] = (days[-1][0], day, hours)
        else:
            days.append((day, day, hours))
    said = [
        f"{_WEEKDAYS[first]}{f' to {_WEEKDAYS[last]}' if last > first else ''} {hours}"
        for first, last, hours in days
    ]
    closed = "; closed on holidays" if calendar.holidays else ""
    return f"{terms.calendar}: {'; '.join(said) or 'on single dates only'} ({calendar.timezone}){closed}"


def _maintenance(terms: Agreement) -> str:
    clause = terms.maintenance
    if clause == "ignore":
        return "counts like any other time"
    if clause is None:
        return _EVERY_WINDOW
    notice = f"announced at least {length(clause.notice)} before it began" if clause.notice else _IN_TIME
    quota = (
        f", up to {length(clause.quota)} a {clause.per or terms.period}" if clause.quota is not None else ""
    )
    return f"does not count, where it was {notice}{quota}"


def _money(terms: Agreement) -> Iterator[tuple[str, str]]:
    if terms.fee:
        yield "Fee", f"{terms.fee.amount} {terms.fee.currency} a {terms.period}"
    if not terms.credits:
        return
    if terms.cap is not None:
        yield "Credits come to", f"{plain(terms.cap)} % of the fee at most"
    if terms.pay_above is not None and terms.fee:
        yield "Credits are paid", f"where they are more than {terms.pay_above} {terms.fee.currency}"
    if terms.claim_window:
        yield "Credits can be claimed", f"for {length(terms.claim_window)} after the period"
    if terms.claim_periods:
        following = (
            f"{terms.period}" if terms.claim_periods == 1 else f"{terms.claim_periods} {terms.period}s"
        )
        yield "Credits can be claimed", f"until the end of the following {following}"


def notices(
    agreement: Agreement | None,
    services: Sequence[ServiceReport],
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
        yield f"The state was known for only part of the time that counts: {_listed(blind)}."


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
