"""The answer of `status`: what every service is now, since when, and how available it has been.

The figures come from the store and may be a few seconds old; the states come from the running daemon where
there is one, and from the last stored samples where there is none.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from slawatch import __version__
from slawatch.answers.alerting import NOTHING
from slawatch.answers.entries import adjustments, merged
from slawatch.answers.view import Live, LiveCheck
from slawatch.config.model import Config
from slawatch.core.adjustment import Adjustment
from slawatch.core.agreement import Agreement
from slawatch.core.availability import percent, share
from slawatch.core.check import Service
from slawatch.core.evidence import CheckEvidence, ServiceEvidence
from slawatch.core.instant import DAY, Instant, Micros, rfc3339, seconds
from slawatch.core.join import join_spans, join_states
from slawatch.core.ledger import NOTHING_EXCLUDED, classify, ledger
from slawatch.core.period import Period, containing
from slawatch.core.sample import Outcome, Transition
from slawatch.core.timeline import Span, clip, timeline

if TYPE_CHECKING:
    import duckdb

    from slawatch.store.evidence import LastSample

WINDOWS: Final[Mapping[str, Micros]] = {"24h": DAY, "7d": 7 * DAY, "30d": 30 * DAY}
"""The rolling windows whose availability is shown."""


class NoSuchOrganization(LookupError):  # noqa: N818 (an answer to a question)
    """The organisation that was asked for is not in the config; the text names those that are."""


@dataclass(frozen=True, slots=True)
class _Standing:
    """What the store says about one service.

    Attributes:
        evidence: of each of its checks, in the order of the config.
        state, since: at the time of the figures; None where it was never monitored.
        availability: by window; None for no data.
        budget: the share of the error budget that is left; None without an agreement on availability.
    """

    evidence: tuple[CheckEvidence, ...]
    state: Outcome | None
    since: Instant | None
    availability: Mapping[str, Fraction | None]
    budget: float | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """What the store says about all services at one instant.

    Attributes:
        at: when the store was asked.
        digest: of the config for which it was asked.
        services: by name.
        last: the last stored sample of each check that has one.
    """

    at: Instant
    digest: str
    services: Mapping[str, _Standing]
    last: Mapping[str, "LastSample"] = field(default_factory=dict)


def zone_of(config: Config, service: Service) -> str:
    """Return whose midnights a service's days start at: its organisation's, else the configuration's."""
    owner = config.organizations.get(service.organization) if service.organization else None
    return owner.timezone if owner else config.timezone


def members(config: Config) -> dict[str, list[str]]:
    """Return the names of each service's checks, in the order of the config."""
    found: dict[str, list[str]] = {name: [] for name in config.services}
    for check in config.checks.values():
        found[check.service].append(check.name)
    return found


def figures(cursor: "duckdb.DuckDBPyConnection", config: Config, now: Instant) -> Figures:
    """Ask the store; blocking, for a worker thread.

    Raises:
        StoreError: it cannot be read.
    """
    from slawatch.store.evidence import gather, last_samples

    periods = {key: containing(now, terms.period, terms.timezone) for key, terms in config.agreements.items()}
    start = min([now - WINDOWS["30d"], *(period.start for period in periods.values())])
    services = members(config)
    found = gather(cursor, services, start, now, quantiles=(), series_buckets=0)
    last = last_samples(cursor, list(config.checks))
    budgets = _budgets(merged(config, cursor), periods, found, adjustments(cursor), now)
    standings = {
        name: _standing(service, found.get(name), now, budgets.get(name))
        for name, service in config.services.items()
    }
    return Figures(now, config.digest, standings, last)


def answer(
    config: Config,
    found: Figures,
    live: Live | None,
    now: Instant,
    organization: str | None = None,
    agreements: Iterable[Mapping[str, Any]] = (),
    alerting: Mapping[str, Any] = NOTHING,
) -> dict[str, Any]:
    """Return the JSON of `status`, as the contract fixes it.

    Args:
        config: the services in order, and whose they are.
        found: what the store says, for this config.
        live: what the running daemon says; None where none runs.
        now: the instant of the answer.
        organization: show only its services and agreements.
        agreements: how they stand, see `slawatch.answers.agreements`.
        alerting: alerts, incidents and channels, see `slawatch.answers.alerting`.

    Raises:
        NoSuchOrganization: it is not in the config.
    """
    if organization is not None and organization not in config.organizations:
        known = ", ".join(sorted(config.organizations)) or "none is configured"
        raise NoSuchOrganization(f"there is no organization {organization!r} (known: {known})")
    checks = members(config)
    return {
        "at": rfc3339(now),
        "daemon": _daemon(live),
        "services": [
            entry(service, checks[service.name], found, live, now)
            for service in config.services.values()
            if organization is None or service.organization == organization
        ],
        **alerting,
        "agreements": [one for one in agreements if organization in (None, one["organization"])],
    }


def _daemon(live: Live | None) -> dict[str, Any]:
    if live is None:
        return {"running": False, "version": __version__, "since": None, "lag": None}
    return {
        "running": True,
        "version": __version__,
        "since": rfc3339(live.since),
        "lag": seconds(live.lag),
        "queued": live.queued,
        "ready": live.ready,
        "trouble": list(live.trouble),
        "unheard": live.unheard or None,
    }


def entry(
    service: Service, checks: Sequence[str], found: Figures, live: Live | None, now: Instant
) -> dict[str, Any]:
    """Return one service of the answer; `checks` are its checks' names."""
    standing = found.services.get(service.name)
    evidence = {entry.check: entry for entry in standing.evidence} if standing else {}
    shares = standing.availability if standing else {}
    if live is None:
        entries = [_stored_check(name, evidence.get(name), found, now) for name in checks]
        state, since = _at(service, tuple(evidence.values()), now)
    else:
        seen = {name: live.checks.get(name, _NEVER) for name in checks}
        entries = [_live_check(name, seen[name], now) for name in checks]
        state = join_states([outcome_now(entry, now) for entry in seen.values()], service.join)
        if standing and state == standing.state and not _changed(seen.values(), found.at, now):
            since = standing.since
        else:
            overlaid = [_overlaid(evidence.get(name), name, known, now) for name, known in seen.items()]
            _, since = _at(service, overlaid, now)
            if standing:
                shares = _availability(service, overlaid, now)
    return {
        "service": service.name,
        "organization": service.organization,
        "state": (state if state is not None else Outcome.UNKNOWN).word,
        "since": _stamp(since),
        "checks": entries,
        "availability": {window: percent(shares.get(window)) for window in WINDOWS},
        "budget_remaining": standing.budget if standing else None,
    }


_NEVER: Final = LiveCheck(outcome=None)


def _live_check(name: str, seen: LiveCheck, now: Instant) -> dict[str, Any]:
    outcome = outcome_now(seen, now)
    stale = outcome is Outcome.UNKNOWN and seen.outcome is not Outcome.UNKNOWN
    since = seen.since
    if stale and seen.last_sample is not None:
        since = seen.last_sample + seen.holds
    return {
        "check": name,
        "state": (outcome if outcome is not None else Outcome.UNKNOWN).word,
        "since": _stamp(since),
        "last_sample": _stamp(seen.last_sample),
        "latency": None if seen.latency is None else seconds(seen.latency),
        "failing": seen.failing,
        "reason": _STALE if stale else _NO_SAMPLE if outcome is None else seen.reason,
    }


_STALE: Final = "no sample came in time"
_NO_SAMPLE: Final = "no sample yet"


def _stored_check(name: str, evidence: CheckEvidence | None, found: Figures, now: Instant) -> dict[str, Any]:
    last = found.last.get(name)
    spans = _spans(evidence, now) if evidence is not None else ()
    outcome = spans[-1].outcome if spans else None
    stale = last is not None and last.started_at + last.holds <= now
    return {
        "check": name,
        "state": (outcome if outcome is not None else Outcome.UNKNOWN).word,
        "since": _stamp(spans[-1].start if outcome is not None else None),
        "last_sample": _stamp(last.started_at if last else None),
        "latency": None if last is None or last.latency is None else seconds(last.latency),
        "failing": False,
        "reason": _NO_SAMPLE if last is None else _STALE if stale else last.reason or "",
    }


def outcome_now(seen: LiveCheck, now: Instant) -> Outcome | None:
    """Return what a check is now: its last sample may have gone stale since the snapshot was taken."""
    if seen.outcome is None or seen.last_sample is None:
        return seen.outcome
    return seen.outcome if now < seen.last_sample + seen.holds else Outcome.UNKNOWN


def _changed(seen: Iterable[LiveCheck], since: Instant, now: Instant) -> bool:
    """Whether a check has changed after the store was asked."""
    return any(
        (check.since is not None and check.since > since)
        or (check.last_sample is not None and since < check.last_sample + check.holds <= now)
        for check in seen
    )


def _overlaid(evidence: CheckEvidence | None, name: str, seen: LiveCheck, now: Instant) -> CheckEvidence:
    """Return what the store knows of a check with what the daemon knows beyond it."""
    evidence = evidence or CheckEvidence(check=name, first_sample=None, held_until=None)
    if seen.outcome is None or seen.since is None or seen.last_sample is None:
        return evidence
    transitions = evidence.transitions
    if not transitions or transitions[-1].at < seen.since:
        after = transitions[-1].at if transitions else None
        transitions = (*transitions, Transition(seen.since, seen.outcome, after))
    return replace(
        evidence,
        first_sample=seen.since if evidence.first_sample is None else evidence.first_sample,
        held_until=max(seen.last_sample + seen.holds, evidence.held_until or 0),
        transitions=tuple(change for change in transitions if change.at <= now),
    )


def _standing(
    service: Service, found: ServiceEvidence | None, now: Instant, budget: float | None
) -> _Standing:
    evidence = found.checks if found is not None else ()
    state, since = _at(service, evidence, now)
    return _Standing(evidence, state, since, _availability(service, evidence, now), budget)


def _availability(
    service: Service, evidence: Sequence[CheckEvidence], now: Instant
) -> dict[str, Fraction | None]:
    joined = _joined(service, evidence, now - WINDOWS["30d"], now)
    found = {}
    for window, length in WINDOWS.items():
        pieces = classify(tuple(clip(joined, now - length, now)), NOTHING_EXCLUDED, now)
        found[window] = share(ledger(pieces))
    return found


def _at(
    service: Service, evidence: Sequence[CheckEvidence], now: Instant
) -> tuple[Outcome | None, Instant | None]:
    """Return a service's state just before `now` and when it began, as far back as the evidence reaches."""
    opening = [entry.transitions[0].at for entry in evidence if entry.transitions]
    joined = _joined(service, evidence, min(opening, default=now - 1), now)
    if not joined or joined[-1].outcome is None:
        return None, None
    return joined[-1].outcome, joined[-1].start


def _joined(
    service: Service, evidence: Sequence[CheckEvidence], start: Instant, end: Instant
) -> tuple[Span, ...]:
    if not evidence or start >= end:
        return ()
    return join_spans([timeline(entry, start, end) for entry in evidence], service.join)


def _spans(evidence: CheckEvidence, now: Instant) -> tuple[Span, ...]:
    opening = evidence.transitions[0].at if evidence.transitions else now - 1
    return timeline(evidence, min(opening, now - 1), now)


def _budgets(
    config: Config,
    periods: Mapping[str, Period],
    found: Mapping[str, ServiceEvidence],
    adjusted: Sequence[Adjustment],
    now: Instant,
) -> dict[str, float]:
    """Return the share of the error budget that each service has left: the least of its agreements."""
    left: dict[str, float] = {}
    for key, terms in config.agreements.items():
        for name, remaining in _left(config, terms, periods[key], found, adjusted, now):
            left[name] = min(left.get(name, remaining), remaining)
    return left


def _left(
    config: Config,
    terms: Agreement,
    period: Period,
    found: Mapping[str, ServiceEvidence],
    adjusted: Sequence[Adjustment],
    now: Instant,
) -> Iterable[tuple[str, float]]:
    """Yield what is left for each service: its own share, or that of all where they make one figure."""
    from slawatch.core.evaluation import evaluate
    from slawatch.report.build import named

    try:
        names = named(terms, period)
    except ValueError:
        return
    evaluation = evaluate(
        terms, [config.services[name] for name in names], found, period, now,
        calendars=config.calendars, maintenance=config.maintenance, adjustments=adjusted,
    )  # fmt: skip
    members = {subject.name: subject.members for subject in evaluation.subjects}
    for judged in evaluation.objectives:
        if evaluation.terms.combine != "worst":
            if judged.budget is not None and (share := judged.budget.remaining_share) is not None:
                yield from ((name, round(float(share), 6)) for name in names)
            continue
        for verdict in judged.subjects:
            if verdict.budget is not None and (share := verdict.budget.remaining_share) is not None:
                yield from ((name, round(float(share), 6)) for name in members[verdict.subject])


def _stamp(instant: Instant | None) -> str | None:
    return None if instant is None else rfc3339(instant)
