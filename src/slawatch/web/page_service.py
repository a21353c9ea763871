"""What the page of one service shows, arranged for its template."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, NamedTuple

from markupsafe import Markup

from slawatch.answers.latency import Latencies
from slawatch.answers.service import Detail
from slawatch.answers.status import zone_of
from slawatch.config.model import Config
from slawatch.core.agreement import Objective
from slawatch.core.check import Check, Maintenance, Quorum, Service
from slawatch.core.instant import SECOND, Instant, Micros, parse_rfc3339
from slawatch.core.objective import Measure, parse_target
from slawatch.report.report import OutageLine, Report, ServiceVerdict, UnknownLine
from slawatch.report.svg import Plot, latency_plot
from slawatch.report.wording import THIN, percent
from slawatch.web import drawing, page_overview
from slawatch.web.history import Record

_MOST: Final = 50


class CheckRow(NamedTuple):
    """One check of the service, as it is now.

    Attributes:
        since, last_sample: None where there is none.
        failure: the last probe that was not up, with what it saw; None where there is none to show.
    """

    name: str
    type: str
    interval: Micros
    state: str
    since: Instant | None
    last_sample: Instant | None
    latency: Micros | None
    reason: str
    failure: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """How the service stands on one objective in the running period.

    Attributes:
        label: of the agreement.
        period: in words; `left` until its end.
        measured, verdict: so far.
        spent: the share of the error budget that is spent, in percent; None without a budget.
        elapsed: the share of the period that is over, in percent.
        burn: the budget after each day, drawn.
        limit: the promised latency; None for another metric.
        known: what a verdict that is hardly known says, in words.
    """

    agreement: str
    objective: str
    target: str
    period: str
    left: Micros
    measured: str
    verdict: str
    budget: Any
    spent: str
    elapsed: str
    burn: Markup
    limit: Micros | None = None
    known: str = ""


class Tier(NamedTuple):
    """One tier of credits, seen from now.

    Attributes:
        band: the availability that it is about.
        left: how much counted time may still be lost before it; `reached` even if nothing more is lost.
        due: the money then, with its currency; empty without a fee.
    """

    band: str
    left: Micros
    reached: bool
    due: str


class AtStake(NamedTuple):
    """The money of an agreement's running period; `locked`, if any, is due even if nothing more is lost."""

    locked: str
    tiers: tuple[Tier, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicePage:
    """One service.

    Attributes:
        organization: its name for people, and its key; empty without one.
        runbook: an address, only if it is one of the web.
        needs, needed: services that it cannot work without, and that cannot without it, each with its state.
        availability: over each window, as people read it.
        stakes: the money at stake, by agreement; those without credits are not among them.
        outages: of the last thirty days, the latest first; `outages_left` more are not listed.
        plot: of the latencies; None where nothing was measured.
        overall: percentiles over the chart's window.
    """

    name: str
    description: str
    organization: str
    organization_key: str
    zone: str
    runbook: str
    join: str
    state: str
    since: Instant | None
    reason: str
    needs: tuple[tuple[str, str], ...]
    needed: tuple[tuple[str, str], ...]
    availability: tuple[tuple[str, str], ...]
    drawing: Markup
    checks: tuple[CheckRow, ...]
    promises: tuple[Promise, ...]
    stakes: Mapping[str, AtStake]
    plot: Plot | None
    latencies: Latencies | None
    limit: Micros | None
    outages: tuple[OutageLine, ...]
    outages_left: int
    unknown: tuple[UnknownLine, ...]
    maintenance: tuple[tuple[Maintenance, str], ...]


def arrange(
    config: Config,
    name: str,
    status: Mapping[str, Any],
    record: Record | None,
    detail: Detail | None,
    latencies: Latencies | None,
    promises: Mapping[str, Report],
    now: Instant,
) -> ServicePage:
    """Arrange what is known of a service.

    Args:
        config: its service is in it.
        name: of the service.
        status: the answer of `status`.
        record: its last ninety days; None where the store could not be read.
        detail: None where the store could not be read.
        latencies: the same.
        promises: the running period of each agreement.
        now: for what is over and what is to come.
    """
    service = config.services[name]
    zone = zone_of(config, service)
    owner = config.organizations.get(service.organization) if service.organization else None
    entry = next((e for e in status["services"] if e["service"] == name), _NOTHING)
    states = {e["service"]: e["state"] for e in status["services"]}
    stand = tuple(_promises(config, name, promises, now))
    limit = next((p.limit for p in stand if p.limit is not None), None)
    outages = tuple(reversed(detail.report.outages)) if detail else ()
    return ServicePage(
        name=name,
        description=service.description,
        organization=owner.name if owner else "",
        organization_key=owner.key if owner else "",
        zone=zone,
        runbook=service.runbook if service.runbook.startswith(("https://", "http://")) else "",
        join=_join_words(service, len(entry["checks"])),
        state=entry["state"],
        since=_instant(entry["since"]),
        reason=page_overview.reason(entry),
        needs=tuple((other, states[other]) for other in _needs(config, service) if other in states),
        needed=tuple(
            (other.name, states[other.name])
            for other in config.services.values()
            if other.name in states and name in _needs(config, other)
        ),
        availability=(
            *((window, _percent(value)) for window, value in entry["availability"].items()),
            ("90d", record.share if record else "no data"),
        ),
        drawing=record.drawing if record else Markup(""),
        checks=tuple(_checks(config.checks, entry["checks"], detail)),
        promises=stand,
        stakes=dict(_stakes(name, promises)),
        plot=_plot(latencies, zone, limit),
        latencies=latencies,
        limit=limit,
        outages=outages[:_MOST],
        outages_left=max(0, len(outages) - _MOST),
        unknown=tuple(reversed(detail.report.unknown))[:_MOST] if detail else (),
        maintenance=tuple((window, _when(window, now)) for window in detail.maintenance) if detail else (),
    )


_NOTHING: Final[Mapping[str, Any]] = {
    "state": "unknown", "since": None, "checks": [], "availability": {"24h": None, "7d": None, "30d": None},
}  # fmt: skip


def _needs(config: Config, service: Service) -> tuple[str, ...]:
    """Return the services that one depends on, by themselves or by their checks, each once."""
    names = (name for one in service.depends_on for name in one)
    owners = (config.checks[name].service if name in config.checks else name for name in names)
    return tuple(dict.fromkeys(owner for owner in owners if owner != service.name))


def _percent(value: float | None) -> str:
    return percent(None if value is None else Fraction(str(value)))


def _instant(text: str | None) -> Instant | None:
    return parse_rfc3339(text) if text else None


def _checks(
    configured: Mapping[str, Check], entries: Sequence[Mapping[str, Any]], detail: Detail | None
) -> list[CheckRow]:
    rows = []
    for entry in entries:
        name = entry["check"]
        check = configured.get(name)
        latency = entry["latency"]
        rows.append(
            CheckRow(
                name=name,
                type=check.type if check else "",
                interval=getattr(check.options, "every", check.interval) if check else 0,
                state=entry["state"],
                since=_instant(entry["since"]),
                last_sample=_instant(entry["last_sample"]),
                latency=None if latency is None else round(latency * SECOND),
                reason=entry["reason"],
                failure=detail.failures.get(name) if detail else None,
            )
        )
    return rows


def _promises(config: Config, name: str, promises: Mapping[str, Report], now: Instant) -> list[Promise]:
    found = []
    for key, report in promises.items():
        terms = config.agreements.get(key)
        mine = next((s for s in report.services if s.service == name), None)
        if terms is None or mine is None:
            continue
        period = report.period
        elapsed = Fraction((min(now, period.end) - period.start) * 100, period.end - period.start)
        written = {objective.id: objective for objective in terms.objectives}
        for objective in report.objectives:
            verdict = next((v for v in objective.services if v.service == name), None)
            if verdict is None:
                continue
            budget = verdict.budget if verdict.budget is not None and verdict.budget.allowed > 0 else None
            found.append(
                Promise(
                    agreement=key,
                    objective=objective.id,
                    target=_target(written.get(objective.id)),
                    period=period.title,
                    left=max(0, period.end - now),
                    measured=_measured(objective.metric, verdict),
                    verdict=verdict.standing,
                    budget=budget,
                    spent=percent(Fraction(budget.spent * 100, budget.allowed), 1) if budget else "",
                    elapsed=percent(elapsed, 0),
                    burn=drawing.burn_down(mine.days, budget.allowed, period.start, period.end)
                    if budget
                    else Markup(""),
                    limit=_limit(written.get(objective.id)),
                    known=_known(verdict),
                )
            )
    return found


def _stakes(name: str, promises: Mapping[str, Report]) -> Iterable[tuple[str, AtStake]]:
    for key, report in promises.items():
        contract = report.contract
        ours = any(one.service == name for one in report.services)
        if not ours or contract is None or contract.running is None:
            continue
        standing = contract.running.standing
        if not standing.stakes:
            continue
        currency = contract.credit.currency if contract.credit is not None else ""
        tiers = tuple(
            Tier(str(stake.tier), stake.left, stake.reached, _money(stake.amount, currency))
            for stake in standing.stakes
        )
        yield key, AtStake(_money(standing.locked or None, currency), tiers)


def _money(amount: Decimal | None, currency: str) -> str:
    return "" if amount is None else f"{amount:f}{THIN}{currency}".strip()


def _target(objective: Objective | None) -> str:
    if objective is None:
        return ""
    try:
        found = parse_target(objective.metric, objective.target)
    except ValueError:
        return objective.target
    words = {">=": "at least", ">": "more than", "<": "below", "<=": "at most"}[found.operator]
    return f"{words} {_spaced(str(found).removeprefix(found.operator).strip())}"


def _limit(objective: Objective | None) -> Micros | None:
    if objective is None:
        return None
    try:
        found = parse_target(objective.metric, objective.target)
    except ValueError:
        return None
    return int(found.value) if found.measure is Measure.LATENCY else None


def _known(verdict: ServiceVerdict) -> str:
    if verdict.known is None:
        return ""
    return f"{verdict.verdict} as far as known: {percent(verdict.known * 100, 0)} of the time was watched"


def _measured(metric: str, verdict: ServiceVerdict) -> str:
    shown = verdict.measured
    return f"{shown}{THIN}%" if metric == "availability" and shown[:1].isdigit() else _spaced(shown)


def _spaced(text: str) -> str:
    """Put a narrow space between each number and its unit."""
    return re.sub(r"(?<=\d)\s*(?=[a-zµ%])", THIN, text)


def _plot(latencies: Latencies | None, zone: str, limit: Micros | None) -> Plot | None:
    if latencies is None:
        return None
    return latency_plot(latencies.points, latencies.window.start, latencies.window.end, zone, limit)


def _join_words(service: Service, checks: int) -> str:
    if checks < 2:
        return ""
    if isinstance(service.join, Quorum):
        return f"It is up while {service.join.needed} of its {checks} checks are."
    return (
        "It is up while any of its checks is."
        if service.join == "any"
        else "It is up while all of its checks are."
    )


def _when(window: Maintenance, now: Instant) -> str:
    if window.start > now:
        return "planned"
    return "under way" if window.end > now else "over"
