"""What a service's page shows beyond its present state: outages, unknown time, what probes last saw."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from slawatch.answers.entries import merged
from slawatch.answers.status import members, zone_of
from slawatch.config.model import Config
from slawatch.core.check import Maintenance
from slawatch.core.instant import DAY, SECOND, Instant, Micros
from slawatch.core.period import rolling
from slawatch.report.build import build
from slawatch.report.report import ServiceReport

if TYPE_CHECKING:
    import duckdb

    from slawatch.core.incident import Incident
    from slawatch.store.transcripts import Failure

SPAN: Final[Micros] = 30 * DAY
"""How far back the page looks for outages, failures and incidents."""
_PAGE, _PAGES = 200, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """One service over the last thirty days.

    Attributes:
        report: without any agreement's terms.
        failures: the last probe of each check that was not up, by the check's name.
        maintenance: windows of this service that are not over for longer than that, the latest first.
        incidents: about it, the latest first.
    """

    report: ServiceReport
    failures: "Mapping[str, Failure]"
    maintenance: tuple[Maintenance, ...]
    incidents: "tuple[Incident, ...]" = ()


def detail(cursor: "duckdb.DuckDBPyConnection", config: Config, service: str, now: Instant) -> Detail:
    """Ask the store; blocking, for a worker thread.

    Raises:
        StoreError: it cannot be read.
    """
    from slawatch.store.evidence import gather, life
    from slawatch.store.transcripts import last_failures

    config = merged(config, cursor)
    entry = config.services[service]
    checks = members(config)[service]
    period = rolling(now - now % SECOND + SECOND, SPAN, zone_of(config, entry))
    evidence = gather(cursor, {service: checks}, period.start, period.end, quantiles=())
    report = build(
        None,
        [entry],
        evidence,
        config.maintenance,
        life(cursor, period.start, period.end),
        period,
        now,
        checks=config.checks,
    )
    windows = [m for m in config.maintenance if service in m.services and m.end > period.start]
    return Detail(
        report=report.services[0],
        failures=last_failures(cursor, checks, period.start, period.end),
        maintenance=tuple(sorted(windows, key=lambda m: m.start, reverse=True)),
        incidents=tuple(_incidents(cursor, service, period.start)),
    )


def _incidents(cursor: "duckdb.DuckDBPyConnection", service: str, since: Instant) -> "Iterator[Incident]":
    from slawatch.store import alert_history

    before: int | None = None
    for _ in range(_PAGES):
        found = alert_history.incidents(cursor, before=before, limit=_PAGE)
        for incident in found:
            if incident.opened_at >= since and incident.service == service:
                yield incident
        if len(found) < _PAGE or found[-1].opened_at < since:
            return
        before = found[-1].id
