"""What was promised for the periods that run now, and how it stands: one report an agreement, so far."""

from collections import defaultdict
from typing import TYPE_CHECKING

from slawatch.answers.entries import adjustments, merged
from slawatch.answers.ratios import Counting
from slawatch.answers.status import members
from slawatch.config.model import Config
from slawatch.core.agreement import Agreement
from slawatch.core.instant import SECOND, Instant
from slawatch.core.period import Period, containing
from slawatch.report.build import build, in_force, named, quantiles
from slawatch.report.report import Report

if TYPE_CHECKING:
    import duckdb


def promises(cursor: "duckdb.DuckDBPyConnection", config: Config, now: Instant) -> dict[str, Report]:
    """Return a report on the running period of each agreement that is in force, by its key.

    The period is whole: what is not over yet is the future, so that an error budget is that of all of it.
    Blocking, for a worker thread.

    Raises:
        StoreError: the store cannot be read.
    """
    from slawatch.store.evidence import gather

    now -= now % SECOND
    config, adjusted = merged(config, cursor), adjustments(cursor)
    checks = members(config)
    windows: dict[tuple[Instant, Instant], list[tuple[Agreement, Period]]] = defaultdict(list)
    for terms in config.agreements.values():
        period = running(terms, now)
        if period is not None:
            windows[period.start, period.end].append((terms, period))
    found: dict[str, Report] = {}
    for (start, end), entries in windows.items():
        names = dict.fromkeys(name for terms, period in entries for name in named(terms, period))
        evidence = gather(
            cursor,
            {name: checks[name] for name in names},
            start,
            end,
            quantiles=tuple(dict.fromkeys(q for terms, _ in entries for q in quantiles(terms))),
        )
        for terms, period in entries:
            own = {name: evidence[name] for name in named(terms, period)}
            counting = Counting(config, terms, own, period, now, adjusted)
            found[terms.key] = build(
                terms,
                [config.services[name] for name in own],
                counting.sampled(cursor, own),
                config.maintenance,
                (),
                period,
                now,
                organization=config.organizations.get(terms.organization),
                checks=config.checks,
                calendars=config.calendars,
                adjustments=adjusted,
                counters=counting.counts(cursor),
            )
    return {key: found[key] for key in config.agreements if key in found}


def running(terms: Agreement, now: Instant) -> Period | None:
    """Return the period of an agreement that runs now; None before it takes effect."""
    try:
        period = in_force(terms, containing(now, terms.period, terms.timezone))
    except ValueError:
        return None
    return period if period.start < now else None
