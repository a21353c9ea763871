"""`/metrics`: what slawatch knows about the services, and about itself, for Prometheus."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from slawatch import __version__
from slawatch.answers import status
from slawatch.answers.overdue import Overdue
from slawatch.answers.status import Figures
from slawatch.answers.view import Live
from slawatch.config.model import Config
from slawatch.core.channel import Standing
from slawatch.core.check import Service
from slawatch.core.instant import HOUR, MILLISECOND, MINUTE, SECOND, Instant, Micros, seconds
from slawatch.core.join import join_states
from slawatch.core.sample import Outcome
from slawatch.core.turn import State
from slawatch.report.report import Report
from slawatch.store.alert_counts import Counts, count
from slawatch.store.tally import Tally, nothing
from slawatch.web import metrics_alerting, metrics_own
from slawatch.web.current import Current, snapshot
from slawatch.web.exposition import Family, labels, number, render
from slawatch.web.keeping import Kept
from slawatch.web.problem import Problem

if TYPE_CHECKING:
    import duckdb

BOUNDS: Final[tuple[Micros, ...]] = tuple(
    milliseconds * MILLISECOND
    for milliseconds in (1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000)
)
"""The upper bounds of the buckets of `service_response_time_seconds`."""
_BOUND_WORDS: Final = tuple(number(seconds(bound)) for bound in BOUNDS)
RECENT: Final[Micros] = 5 * MINUTE
"""What `service_error_rate` looks back on."""
_FRESH: Final = 5.0
_SETTLED: Final[Micros] = 5 * SECOND
"""A sample is stored so long after its probe ended, at most, while the store takes any."""
_FURTHEST: Final[Micros] = 6 * HOUR
_LIMIT: Final = 20.0
_ANSWERED: Final[Micros] = 30 * SECOND
"""An attempt to send a message has come to something, and is stored, so long after it began."""


@dataclass(slots=True)
class _Counted:
    """The samples that were counted so far.

    Attributes:
        until: samples that started before are counted; None before the first look.
        checks: by name.
    """

    until: Instant | None = None
    checks: dict[str, Tally] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What the store adds to a page of metrics.

    Attributes:
        counted: the tallies of each check since slawatch began to count.
        recent: those of the last five minutes.
        summary: what the store holds.
        alerting: how often alerts fired and messages were tried.
        overdue: how many periods are over and not frozen, by organisation.
    """

    counted: Mapping[str, Tally]
    recent: Mapping[str, Tally]
    summary: Mapping[str, Any]
    alerting: Counts = field(default_factory=Counts)
    overdue: Mapping[str, int] = field(default_factory=dict)


class Metrics:
    """Makes the page, every few seconds at most."""

    def __init__(self, current: Current) -> None:
        self._current = current
        self._counted = _Counted()
        self._alerting = Counts()
        self._overdue = Overdue()
        self._pages: Kept[str, bytes] = Kept(_FRESH, most=1)

    async def page(self, streams: int) -> bytes:
        """Return the page; without what needs the store, where that cannot be read.

        Args:
            streams: how many clients the event stream has.
        """

        async def make() -> bytes:
            figures = await self._current.figures()
            promises = await self._current.promises()
            config, live, now = snapshot(self._current.view)
            stored = None
            # Without the store its families are absent, which an alert can be made of.
            with suppress(Problem):
                stored = await self._current.readers.read(
                    lambda cursor: self._ask(cursor, config, live, now), limit=_LIMIT
                )
            view = self._current.view
            shown, alerting = streams if view.scope is None else None, (view.alerting(), view.channels())
            page: bytes = await self._current.render(
                _page, config, live, now, figures, promises or {}, stored, shown, alerting
            )
            return page

        return await self._pages.get("", make)

    def _ask(self, cursor: "duckdb.DuckDBPyConnection", config: Config, live: Live, now: Instant) -> Stored:
        from slawatch.store.summary import summary
        from slawatch.store.tally import tally

        counted = self._counted
        longest = max((check.timeout for check in config.checks.values()), default=0)
        until = now - live.lag - longest - _SETTLED
        start = max(live.since, now - HOUR) if counted.until is None else counted.until
        if until - start > _FURTHEST:
            start = until - HOUR
        for name, found in tally(cursor, start, until, BOUNDS).items():
            counted.checks[name] = counted.checks.get(name, nothing(BOUNDS)) + found
        counted.until = max(start, until)
        count(cursor, self._alerting, now - _ANSWERED)
        return Stored(
            counted=dict(counted.checks),
            recent=tally(cursor, now - RECENT, now, ()),
            summary=summary(cursor, config.data_dir),
            alerting=self._alerting,
            overdue=self._overdue.counts(cursor, config, now),
        )


def _page(
    config: Config,
    live: Live,
    now: Instant,
    figures: Figures,
    promises: Mapping[str, Report],
    stored: Stored | None,
    streams: int | None,
    alerting: tuple[State, Mapping[str, Standing]],
) -> bytes:
    found = families(config, live, now, figures, promises, stored, streams)
    counts = stored.alerting if stored is not None else None
    return render([*found, *metrics_alerting.families(*alerting, counts, now)])


def families(
    config: Config,
    live: Live,
    now: Instant,
    figures: Figures,
    promises: Mapping[str, Report],
    stored: Stored | None,
    streams: int | None = 0,
) -> list[Family]:
    """Return all metrics: those of the services first, then slawatch's own, where `streams` is no None."""
    checks = status.members(config)
    named = {name: labels(_owned(service)) for name, service in config.services.items()}
    found = _of_figures(config, figures, named)
    if stored is not None:
        found += _of_samples(checks, stored, named)
        found.append(_overdue(stored.overdue))
    found.append(_compliance(promises))
    found += _of_states(config, checks, live, now)
    if streams is not None:
        found += metrics_own.families(live, stored.summary if stored else {}, streams, __version__)
    return found


def _owned(service: Service) -> dict[str, str]:
    return {"service": service.name, "organization": service.organization or ""}


def _of_figures(config: Config, figures: Figures, named: Mapping[str, str]) -> list[Family]:
    uptime = Family(
        "service_uptime_ratio",
        "Share of the last 30 days in which the service was up or degraded, of the time in which its "
        "state is known.",
    )
    windows = Family("slawatch_availability_ratio", "The same over several rolling windows.")
    budget = Family(
        "slawatch_error_budget_remaining_ratio",
        "Share of the error budget of the running period that is left, the least of the service's "
        "agreements; below zero once it is overspent.",
    )
    for name, service in config.services.items():
        standing = figures.services.get(name)
        if standing is None:
            continue
        for window, share in standing.availability.items():
            if share is not None:
                windows.add(float(share), labels({**_owned(service), "window": window}))
                if window == "30d":
                    uptime.add(float(share), named[name])
        if standing.budget is not None:
            budget.add(standing.budget, named[name])
    return [uptime, windows, budget]


def _of_samples(
    checks: Mapping[str, Iterable[str]], stored: Stored, named: Mapping[str, str]
) -> list[Family]:
    times = Family(
        "service_response_time_seconds",
        "Latency of the probes of the service that were up or degraded, since slawatch began to count.",
        "histogram",
    )
    probes = Family(
        "slawatch_service_probes_total", "Probes of the service by outcome, since the same.", "counter"
    )
    rate = Family(
        "service_error_rate",
        "Share of the service's probes of the last 5 minutes that were down, of those with a known outcome.",
    )
    for name, members in checks.items():
        counted = _sum(stored.counted, members, len(BOUNDS))
        if counted is not None:
            times.add_histogram(
                _BOUND_WORDS, counted.within, counted.measured, seconds(counted.total), named[name]
            )
            for outcome in Outcome:
                probes.add(counted.outcomes[outcome], f'{named[name][:-1]},outcome="{outcome.word}"}}')
        recent = _sum(stored.recent, members, 0)
        if recent is not None and (known := sum(recent.outcomes[: Outcome.UNKNOWN])):
            rate.add(recent.outcomes[Outcome.DOWN] / known, named[name])
    return [times, rate, probes]


def _sum(tallies: Mapping[str, Tally], members: Iterable[str], bounds: int) -> Tally | None:
    found = [tallies[name] for name in members if name in tallies]
    if not found:
        return None
    total = nothing((0,) * bounds)
    for one in found:
        total += one
    return total


def _compliance(promises: Mapping[str, Report]) -> Family:
    family = Family(
        "sla_compliance_ratio",
        "Share of the objectives on this metric that are met so far in their running periods, of those that "
        "are met or missed.",
    )
    kept: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for report in promises.values():
        for objective in report.objectives:
            if objective.verdict in {"met", "missed"}:
                kept[objective.metric, report.organization or ""].append(objective.verdict == "met")
    for (metric, organization), met in kept.items():
        family.add(sum(met) / len(met), labels({"metric": metric, "organization": organization}))
    return family


def _overdue(counts: Mapping[str, int]) -> Family:
    family = Family(
        "slawatch_reports_overdue", "Periods of agreements that are over and whose report is not frozen."
    )
    for organization, periods in counts.items():
        family.add(periods, labels({"organization": organization}))
    return family


def _of_states(config: Config, checks: Mapping[str, Iterable[str]], live: Live, now: Instant) -> list[Family]:
    states = Family(
        "slawatch_service_state", "1 for the state in which the service is now, 0 for the others."
    )
    up = Family("slawatch_check_up", "1 for a check that is up or degraded, 0 for one that is down.")
    last = Family("slawatch_check_last_sample_timestamp_seconds", "When the check's last probe started.")
    for name, service in config.services.items():
        outcomes = []
        for check in checks[name]:
            seen = live.checks.get(check)
            outcome = status.outcome_now(seen, now) if seen else None
            outcomes.append(outcome)
            mine = labels({"check": check, **_owned(service)})
            if outcome is not None and outcome is not Outcome.UNKNOWN:
                up.add(int(outcome is not Outcome.DOWN), mine)
            if seen is not None and seen.last_sample is not None:
                last.add(seconds(seen.last_sample), mine)
        joined = join_states(outcomes, service.join)
        state = Outcome.UNKNOWN if joined is None else joined
        for outcome in Outcome:
            states.add(int(outcome is state), labels({**_owned(service), "state": outcome.word}))
    return [states, up, last]
