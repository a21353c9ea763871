"""Finds an outage by its id in what was measured. Blocking, for a worker thread or the command line."""

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from slawatch.config.model import Config
from slawatch.core.agreement import Agreement
from slawatch.core.civil import day_of
from slawatch.core.evaluation import evaluate
from slawatch.core.instant import DAY, Instant, from_datetime
from slawatch.core.join import join_spans
from slawatch.core.outage import DOWN_ONLY, outage_id, runs
from slawatch.core.period import Period, calendar_period
from slawatch.core.sample import Outcome
from slawatch.core.timeline import timeline

if TYPE_CHECKING:
    import duckdb

_ID: Final = re.compile(r"(?P<name>.+)-(?P<start>\d{8}T\d{6})(?:\.(?P<fraction>\d{1,6}))?Z", re.ASCII)
_AROUND: Final = 40 * DAY
"""How far before and after its start an outage is looked at."""
_BAD: Final = (DOWN_ONLY, frozenset({Outcome.DOWN, Outcome.DEGRADED}))
"""What makes an outage: by most terms, and by those to which degraded is down."""


class Found(NamedTuple):
    """An outage.

    Attributes:
        service: the service, or the group of services of an agreement.
        start, end: half-open, as far as it is known.
        ongoing: no sample has said yet that it is over.
    """

    service: str
    start: Instant
    end: Instant
    ongoing: bool


def outage(cursor: "duckdb.DuckDBPyConnection", config: Config, wanted: str, now: Instant) -> Found | None:
    """Return the outage with this id; None where none was measured.

    Raises:
        StoreError: the store cannot be read.
    """
    match = _ID.fullmatch(wanted)
    if match is None:
        return None
    try:
        moment = datetime.strptime(match["start"], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    start = from_datetime(moment) + int((match["fraction"] or "0").ljust(6, "0"))
    name = match["name"]
    if name in config.services:
        return _of_service(cursor, config, name, start, now)
    for agreement in config.agreements.values():
        if name in agreement.groups and (found := _of_group(cursor, config, agreement, name, start, now)):
            return found
    return None


def _of_service(
    cursor: "duckdb.DuckDBPyConnection", config: Config, name: str, start: Instant, now: Instant
) -> Found | None:
    from slawatch.store.evidence import gather

    checks = [check.name for check in config.checks.values() if check.service == name]
    low, high = start - _AROUND, min(now, start + _AROUND)
    if low >= high or not checks:
        return None
    evidence = gather(cursor, {name: checks}, low, high, quantiles=())[name]
    if not evidence.checks:
        return None
    spans = join_spans([timeline(check, low, high) for check in evidence.checks], config.services[name].join)
    for bad in _BAD:
        for run in runs(spans, bad):
            if run.start == start:
                return Found(name, *run)
    return None


def _of_group(
    cursor: "duckdb.DuckDBPyConnection",
    config: Config,
    agreement: Agreement,
    name: str,
    start: Instant,
    now: Instant,
) -> Found | None:
    from slawatch.store.evidence import gather

    month = calendar_period("month", day_of(start, agreement.timezone), agreement.timezone)
    period = Period(month.label, month.start, month.end, month.timezone, month.kind)
    names = [*agreement.services, *(m for version in agreement.versions for m in version.services)]
    checks = {
        service: [check.name for check in config.checks.values() if check.service == service]
        for service in dict.fromkeys(names)
    }
    high = min(now, period.end + DAY)
    evidence = gather(cursor, checks, period.start - DAY, high, quantiles=())
    try:
        found = evaluate(
            agreement, list(config.services.values()), evidence, period, now, calendars=config.calendars,
            maintenance=config.maintenance, reach=high,
        )  # fmt: skip
    except ValueError:
        return None
    wanted = outage_id(name, start)
    for subject in found.subjects:
        for one in subject.measured.outages:
            if one.id == wanted:
                return Found(name, one.start, one.end, one.ongoing)
    return None
