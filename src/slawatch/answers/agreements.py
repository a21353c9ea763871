"""How every agreement stands: its running period so far, and the last ones together.

Blocking, for a worker thread or the command line.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from slawatch.answers.entries import adjustments, merged
from slawatch.answers.looking_back import (
    Past,
    gather_wide,
    narrowed,
    on_availability,
    reach_of,
    responded,
    trend_before,
)
from slawatch.answers.promises import running
from slawatch.answers.status import members
from slawatch.config.model import Config
from slawatch.core.agreement import Agreement
from slawatch.core.check import Service
from slawatch.core.combine import Combined
from slawatch.core.evaluation import evaluate, hardly_known, trend_point
from slawatch.core.evidence import ServiceEvidence
from slawatch.core.instant import SECOND, Instant, rfc3339
from slawatch.core.judgement import Judgement, strictest
from slawatch.core.period import Period
from slawatch.core.trend import Reaction, Trend, trend, untold
from slawatch.report import json_contract
from slawatch.report.build import named
from slawatch.report.verdicts import worded

if TYPE_CHECKING:
    import duckdb

    from slawatch.core.adjustment import Adjustment

ENOUGH: Final = 3_000
"""So many services are judged in so many past periods at one look; what is left waits for the next one."""

_WAITING: Final = "Earlier periods are not worked out yet: ask again, with --trend where no daemon runs."


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """An agreement in its running period.

    Attributes:
        key: of the agreement.
        organization: who was promised it.
        services: what it is about now.
        period: the one that runs; whole.
        combined: the figure so far.
        promise: the strictest promise on availability; None without one.
        trend: this period and those before it; None where that is too much.
        trend_missing: why there is none; empty where there is one.
        known: the share of the promised time that a verdict rests on which rests on too little; else None.
    """

    key: str
    organization: str
    services: tuple[str, ...]
    period: Period
    combined: Combined
    promise: Judgement | None
    trend: Trend | None
    trend_missing: str = ""
    known: Fraction | None = None


def stands(
    cursor: "duckdb.DuckDBPyConnection",
    config: Config,
    now: Instant,
    past: Past | None = None,
    most: int | None = ENOUGH,
) -> dict[str, Stand]:
    """Return how each agreement stands that is in force, by its key.

    Args:
        cursor: of the store.
        config: the agreements.
        now: the present.
        past: what earlier looks worked out; it grows.
        most: how much of the past is worked out now; None for all of it.

    Raises:
        StoreError: the store cannot be read.
    """
    now -= now % SECOND
    config, known = merged(config, cursor), adjustments(cursor)
    checks = members(config)
    plans = {
        terms.key: (terms, period)
        for terms in config.agreements.values()
        if (period := running(terms, now)) is not None
    }
    by_start: dict[tuple[Instant, Instant], list[tuple[Agreement, Period]]] = {}
    for terms, period in plans.values():
        by_start.setdefault((period.start, period.end), []).append((terms, period))
    past = past or Past()
    past.begin(len(config.services) * 12 * len(plans) if most is None else most)
    found: dict[str, Stand] = {}
    for together in by_start.values():
        period = together[0][1]
        names = dict.fromkeys(name for terms, own in together for name in named(terms, own))
        wide = gather_wide(cursor, {name: checks[name] for name in names}, period, now)
        answered = responded(cursor, (terms for terms, _ in together), period)
        for terms, own in together:
            found[terms.key] = _stand(config, terms, own, wide, known, answered, past, now)
    past.end()
    return {key: found[key] for key in plans}


def answer(found: Iterable[Stand]) -> list[dict[str, Any]]:
    """Return the `agreements` of `status --json`."""
    return [_entry(stand) for stand in found]


def _stand(
    config: Config,
    terms: Agreement,
    period: Period,
    wide: Mapping[str, ServiceEvidence],
    known: "tuple[Adjustment, ...]",
    answered: tuple[Reaction, ...],
    past: Past,
    now: Instant,
) -> Stand:
    services: list[Service] = [config.services[name] for name in named(terms, period)]
    ours = frozenset(service.name for service in services)
    reach = reach_of(period, now)
    evaluation = evaluate(
        on_availability(terms), services,
        {name: narrowed(wide[name], period.start, reach) for name in ours},
        period, now, calendars=config.calendars,
        maintenance=[m for m in config.maintenance if not ours.isdisjoint(m.services)],
        adjustments=known,
    )  # fmt: skip
    promise = strictest(evaluation.objectives)
    own = tuple(one for one in answered if one.service in ours)
    mine = tuple(one for one in known if one.added.service in (*ours, *terms.groups))
    earlier = trend_before(terms, services, wide, period, now, config, mine, own, past)
    return Stand(
        key=terms.key,
        organization=terms.organization,
        services=tuple(service.name for service in services),
        period=period,
        combined=evaluation.combined,
        promise=promise,
        known=hardly_known(evaluation, promise.target) if promise else None,
        trend=None if earlier is None else trend([*earlier, trend_point(evaluation, own)]),
        trend_missing="" if earlier is not None else untold(period, len(services)) or _WAITING,
    )


def _entry(stand: Stand) -> dict[str, Any]:
    promise, period = stand.promise, stand.period
    share: Fraction | None = stand.combined.share
    left = promise.budget.remaining_share if promise and promise.budget else None
    return {
        "agreement": stand.key,
        "organization": stand.organization,
        "services": list(stand.services),
        "period": {
            "label": period.label,
            "start": rfc3339(period.start),
            "end": rfc3339(period.end),
            "timezone": period.timezone,
        },
        "percent": None if share is None else json_contract.number(share * 100),
        "shown": worded(promise.target, share) if promise else None,
        "target": promise.objective.target if promise else None,
        "verdict": str(promise.verdict) if promise else None,
        "behind": promise.behind if promise else False,
        "hardly_known": stand.known is not None,
        "known": None if stand.known is None else json_contract.number(stand.known * 100),
        "budget_remaining": None if left is None else round(float(left), 6),
        "trend": None if stand.trend is None else json_contract.trend(stand.trend),
        "trend_missing": stand.trend_missing or None,
    }
