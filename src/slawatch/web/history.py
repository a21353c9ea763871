"""The days of each service: what its last ninety were made of, as the strips of the dashboard show them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from markupsafe import Markup

from slawatch.answers.entries import merged
from slawatch.answers.status import members, zone_of
from slawatch.config.model import Config
from slawatch.core.availability import share
from slawatch.core.check import Maintenance, Service
from slawatch.core.civil import day_of, midnight
from slawatch.core.evidence import ServiceEvidence
from slawatch.core.instant import Instant
from slawatch.core.join import join_spans
from slawatch.core.ledger import Exclusions, classify, ledger, split
from slawatch.core.timeline import timeline
from slawatch.report.report import DayLine
from slawatch.web import drawing

if TYPE_CHECKING:
    import duckdb

DAYS: Final = 90


class Record(NamedTuple):
    """The last days of a service, as they are shown: a thousand services of ninety days must not weigh much.

    Attributes:
        drawing: its strip; empty for a service without checks.
        share: its availability over these days, as people read it.
    """

    drawing: Markup
    share: str


def history(
    cursor: "duckdb.DuckDBPyConnection", config: Config, now: Instant, count: int = DAYS
) -> dict[str, Record]:
    """Return the last days of every service, today included; blocking, for a worker thread.

    Announced maintenance stands apart; terms of an agreement, such as a notice or a quota, are not applied.

    Raises:
        StoreError: the store cannot be read.
    """
    from slawatch.store.evidence import gather

    config = merged(config, cursor)
    checks = members(config)
    zones: dict[str, list[Service]] = defaultdict(list)
    for service in config.services.values():
        zones[zone_of(config, service)].append(service)
    found: dict[str, Record] = {}
    for zone, services in zones.items():
        bounds = _bounds(now, zone, count)
        evidence = gather(cursor, {s.name: checks[s.name] for s in services}, bounds[0][1], now, quantiles=())
        for service in services:
            days = daily(service, evidence[service.name], config.maintenance, bounds, now)
            found[service.name] = Record(drawing.strip(days, service.name), drawing.share_of(days))
    return {name: found[name] for name in config.services}


def _bounds(now: Instant, zone: str, count: int) -> list[tuple[date, Instant]]:
    """Return each day with its start, and the day after the last one."""
    today = day_of(now, zone)
    days = [today - timedelta(days=back) for back in range(count - 1, -2, -1)]
    return [(day, midnight(day, zone)) for day in days]


def daily(
    service: Service,
    evidence: ServiceEvidence,
    windows: Iterable[Maintenance],
    bounds: Sequence[tuple[date, Instant]],
    now: Instant,
) -> tuple[DayLine, ...]:
    """Return what each day of a service was made of.

    Args:
        service: whose.
        evidence: what was measured about it.
        windows: of maintenance, of any service.
        bounds: each day with its start, and at last the day after.
        now: later time is the future.
    """
    start, end = bounds[0][1], bounds[-1][1]
    if not evidence.checks:
        return ()
    spans = join_spans([timeline(entry, start, end) for entry in evidence.checks], service.join)
    announced = Exclusions(
        maintenance=tuple(
            (w.start, w.end) for w in windows if service.name in w.services and _was_announced(w)
        )
    )
    pieces = classify(spans, announced, now)
    lines = []
    for (day, begins), (_, ends), part in zip(
        bounds, bounds[1:], split(pieces, [at for _, at in bounds]), strict=False
    ):
        entries = ledger(part)
        figure = share(entries)
        lines.append(
            DayLine(
                date=day.isoformat(),
                start=begins,
                end=ends,
                classes=entries.classes(),
                percent=None if figure is None else figure * 100,
            )
        )
    return tuple(lines)


def _was_announced(window: Maintenance) -> bool:
    return window.announced is None or window.announced < window.start
