"""Freezes reports: which may be frozen now, then made, signed, numbered and stored, one after another.

Making and signing take seconds and happen beside the writer, for the place that the report will have; where
another report took that place meanwhile, it is made again.
"""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from slawatch.answers.reports import find, signer
from slawatch.answers.requested import Plan, ReportRefused, Request, plans
from slawatch.answers.status import members
from slawatch.answers.wish import EntryRefused, Wish, in_keys
from slawatch.config.model import Config
from slawatch.config.problem import nearest, one_of
from slawatch.core.civil import local, offset_near_change
from slawatch.core.instant import DAY, SECOND, Instant, Micros
from slawatch.core.period import Period, parse_period
from slawatch.core.version import is_own, labels, own_periods
from slawatch.report.build import named
from slawatch.report.standing import HARDLY_KNOWN
from slawatch.report.wording import called
from slawatch.store import frozen
from slawatch.store.frozen import Frozen, Head

if TYPE_CHECKING:
    import duckdb

    from slawatch.report.inputs import Inputs
    from slawatch.store.database import Database

KEYS: Final = (
    "month", "quarter", "year", "period", "from", "to", "agreement", "org", "reason", "person", "source",
)  # fmt: skip
"""What a wish to freeze may say."""
RESTATING: Final = ("reason", "person", "source")
"""What a wish to restate may say."""

_SPARE: Final[Micros] = 5 * SECOND
"""How long after its timeout a result has surely come in."""
_LARGEST: Final = 64 << 20
"""The store's memory holds a pack of so many bytes besides everything else."""
TRIES: Final = 5
"""How often a report is made again because another took its place."""


class NotNow(EntryRefused):
    """A report that cannot be frozen yet, or not again; the text says why, and when or what instead."""

    def __init__(self, message: str, *, busy: bool = False) -> None:
        super().__init__(message, HTTPStatus.SERVICE_UNAVAILABLE if busy else HTTPStatus.UNPROCESSABLE_ENTITY)


class Asked(NamedTuple):
    """A wish to freeze.

    Attributes:
        person, source: who wants it, and from where.
        reason: why; of a restatement never empty.
        restates: the report whose place it takes.
    """

    person: str
    source: str
    reason: str = ""
    restates: Frozen | None = None


def read(wish: Mapping[str, Any], config: Config, now: Instant) -> tuple[Request, Asked]:
    """Return what a wish to freeze says.

    Raises:
        EntryRefused: it makes no sense.
    """
    found = _known(wish, KEYS, config, now)
    texts = {key: found.text(key) or None for key in KEYS[:8]}
    request = Request(
        month=texts["month"], quarter=texts["quarter"], year=texts["year"], period=texts["period"],
        start=texts["from"], end=texts["to"], agreement=texts["agreement"], organization=texts["org"],
    )  # fmt: skip
    if request.start is not None and request.end is None:
        raise EntryRefused("to is missing: only a time that is over can be frozen, so say when it ended")
    return request, Asked(found.person(), found.source(), found.text("reason"))


def chosen(config: Config, request: Request, now: Instant) -> list[Plan]:
    """Return the reports that a wish is about: under an agreement, only on its own periods.

    What is frozen is what credits are claimed by, and those are of whole periods.

    Raises:
        EntryRefused: it names nothing that can be reported, or frozen.
    """
    try:
        found = plans(config, request, now)
    except ReportRefused as refused:
        raise EntryRefused(in_keys(str(refused))) from None
    fitting = [plan for plan in found if plan.agreement is None or is_own(plan.agreement, plan.period)]
    if not fitting:
        raise NotNow("; ".join(_not_own(plan) for plan in found))
    return fitting


def restated(
    config: Config, cursor: "duckdb.DuckDBPyConnection", number: int, wish: Mapping[str, Any], now: Instant
) -> tuple[Plan, Asked]:
    """Return the report that takes the place of another, and who wants it.

    Raises:
        EntryRefused: there is no such report, or it cannot be restated.
    """
    asked = _known(wish, RESTATING, config, now)
    reason = asked.text("reason", needed="the customer reads in it why the report is restated")
    before = find(cursor, number)
    if before.restated_by is not None:
        raise NotNow(f"report {number} was restated by report {before.restated_by}: restate that one")
    agreement = config.agreements.get(before.agreement or "")
    if before.agreement is not None and agreement is None:
        raise NotNow(
            f"agreement {before.agreement} is no longer in the configuration: a restatement needs its terms"
        )
    if agreement is not None and agreement.organization != before.organization:
        raise NotNow(
            f"agreement {agreement.key} belongs to {agreement.organization} now: report {number} is in the "
            f"chain of {before.organization}"
        )
    period = Period(before.label, before.start, before.end, before.timezone, _kind(before))
    if agreement is None:
        services = tuple(s for s in config.services.values() if s.organization == before.organization)
        if not services:
            raise NotNow(f"no service of report {number} is in the configuration any more")
    else:
        try:
            services = tuple(config.services[name] for name in named(agreement, period))
        except ValueError as error:
            raise NotNow(str(error)) from None
    plan = Plan(agreement, config.organizations.get(before.organization or ""), services, period)
    return plan, Asked(asked.person(), asked.source(), reason, before)


def made(
    config: Config,
    cursor: "duckdb.DuckDBPyConnection",
    plan: Plan,
    asked: Asked,
    now: Instant,
    waiting: Micros,
) -> "Inputs":
    """Return what a report is made of, if it may be frozen now.

    Args:
        config: the one in force.
        cursor: on the store.
        plan: the report.
        asked: who wants it.
        now: the present.
        waiting: the age of the oldest result that is not stored yet; 0 for none.

    Raises:
        NotNow: it may not; the text says why.
        StoreError: the store cannot be read.
    """
    from slawatch.answers.report import inputs

    now -= now % SECOND
    _over(config, cursor, plan, now, waiting)
    before = _before(cursor, plan)
    if before is not None and (asked.restates is None or asked.restates.number != before.number):
        raise already(before)
    (found,) = inputs(config, cursor, [plan], now)
    _settled(found, now)
    return found


def _over(
    config: Config, cursor: "duckdb.DuckDBPyConnection", plan: Plan, now: Instant, waiting: Micros
) -> None:
    """Refuse a period whose results may not all be there.

    Raises:
        NotNow: with the reason, and when to try again.
    """
    period, name = plan.period, title(plan)
    if now < period.end:
        raise NotNow(f"{name} runs until {_at(period.end, period)}: freeze it after that")
    checks = members(config)
    mine = [config.checks[check] for service in plan.services for check in checks[service.name]]
    longest = max((check.timeout for check in mine), default=0)
    until = period.end + longest + _SPARE
    if now < until:
        from slawatch.store.evidence import last_samples

        last = last_samples(cursor, [check.name for check in mine])
        late = [c.name for c in mine if c.name not in last or last[c.name].started_at < period.end]
        if late:
            raise NotNow(
                f"{name}: {_some(late)} may still answer for the time before {_at(period.end, period)}: try "
                f"again at {_at(until, period)}",
                busy=True,
            )
    if waiting and now - waiting - longest < period.end:
        raise NotNow(
            f"{name}: results of that time are not stored yet, storage lags {waiting // SECOND} s behind: "
            "try again when `slawatch status` shows no lag",
            busy=True,
        )
    if frozen.unsettled(cursor, [check.name for check in mine], period.end):
        raise NotNow(
            f"{name}: an import of samples of that time is not settled yet: try again in a minute, while "
            "`slawatch run` runs",
            busy=True,
        )


def _settled(found: "Inputs", now: Instant) -> None:
    """Refuse figures that the next hours may still change.

    Raises:
        NotNow: an outage of the period goes on.
    """
    period = found.period
    if now >= period.end + DAY or found.agreement is None:
        return
    from slawatch.report.inputs import made as built

    for service in built(found).services:
        for outage in service.outages:
            if outage.ongoing:
                raise NotNow(
                    f"{found.agreement.key} {called(period)}: outage {outage.id} goes on, and how long it is "
                    f"may bear on the figures: try again when it is over, or at "
                    f"{_at(period.end + DAY, period)}"
                )


def packed(
    config: Config, found: "Inputs", asked: Asked, head: Head, now: Instant, earlier: bytes | None
) -> tuple[Frozen, bytes]:
    """Return a report as it is stored in a place of its chain.

    Args:
        config: says which key signs.
        found: what it is made of.
        asked: who wants it.
        head: the place.
        now: when it is frozen.
        earlier: the pack of the report that it restates.

    Raises:
        NotNow: no report can be made of it, or none that can be kept.
        StoreError: there is no key to sign with.
    """
    from slawatch.report import pack

    before = asked.restates
    place = pack.Head(
        number=head.number, place=head.place, previous=head.previous, frozen_at=now - now % SECOND,
        frozen_by=asked.person,
        reason=asked.reason, restates=None if before is None else before.number,
    )  # fmt: skip
    key = signer(config)
    try:
        done = pack.pack(found, place, key, replaced=earlier)
    except ValueError as error:
        raise NotNow(f"no report can be made: {error}") from None
    if len(done.data) > _LARGEST:
        raise NotNow(
            f"the report has {len(done.data) >> 20} MiB, and at most {_LARGEST >> 20} can be kept: freeze "
            "shorter periods, or put fewer services into one agreement"
        )
    about = done.manifest
    figures = json.loads(pack.unpack(done.data).files[pack.REPORT])
    report = Frozen(
        number=about.number, organization=about.organization, place=about.place, previous=about.previous,
        manifest_sha256=done.manifest_sha256, report=about.key, agreement=about.agreement,
        label=about.period.label, start=about.period.start, end=about.period.end,
        timezone=about.period.timezone, frozen_at=about.frozen_at, person=about.frozen_by,
        source=asked.source, reason=about.reason, restates=about.restates,
        verdict=verdict([_stands(one) for one in figures["objectives"]]), version=about.version,
        evidence_sha256=about.evidence_sha256, public_key=about.public_key, bytes=len(done.data),
    )  # fmt: skip
    return report, done.data


def verdict(verdicts: Sequence[str]) -> str:
    """Return what the verdicts on the promises of an agreement come to; empty without any.

    >>> [verdict(v) for v in ([], ["met", "missed"], ["met", "no data"], ["no data"], ["met", "met"])]
    ['', 'missed', 'undecided', 'no data', 'met']
    """
    if len(set(verdicts)) <= 1:
        return verdicts[0] if verdicts else ""
    if "missed" in verdicts:
        return "missed"
    return HARDLY_KNOWN if set(verdicts) == {"met", HARDLY_KNOWN} else "undecided"


def _stands(objective: Mapping[str, Any]) -> str:
    return HARDLY_KNOWN if objective["hardly_known"] else str(objective["verdict"])


def already(before: Frozen) -> NotNow:
    """Return the refusal to freeze the same again."""
    period = Period(before.label, before.start, before.end, before.timezone, _kind(before))
    name = f"{before.agreement or before.report} {called(period)}"
    return NotNow(
        f"{name} is frozen as report {before.number} already: `slawatch reports restate {before.number} "
        "--reason ...` makes another that takes its place"
    )


def title(plan: Plan) -> str:
    """Return how a report is called in messages."""
    whose = plan.agreement.key if plan.agreement else plan.organization.key if plan.organization else "report"
    return f"{whose} {called(plan.period)}"


def alone(database: "Database", config: Config, plan: Plan, asked: Asked, now: Instant) -> Frozen:
    """Freeze a report where no daemon runs.

    Raises:
        NotNow: it may not be frozen; the text says why.
        StoreError: the store cannot be used.
    """
    from slawatch.store.journal import Journal

    if len(Journal(database.journal_path)):
        raise NotNow(
            "results wait in the journal, which only the daemon stores: start `slawatch run`, and try again",
            busy=True,
        )
    with database.reading() as cursor:
        found = made(config, cursor, plan, asked, now, 0)
        earlier = None if asked.restates is None else frozen.pack(cursor, asked.restates.number)
        head = frozen.head(cursor, owner(found))
    report, data = packed(config, found, asked, head, now, earlier)
    frozen.append(database, report, data)
    return report


def owner(found: "Inputs") -> str | None:
    """Return in whose chain a report goes."""
    return found.organization.key if found.organization else None


def crowded() -> NotNow:
    """Return the refusal where others freeze all the time."""
    return NotNow("others freeze reports at the same time: try again", busy=True)


def _not_own(plan: Plan) -> str:
    """Return the refusal to freeze a span that is no period of its agreement."""
    if plan.agreement is None:
        return ""
    own = own_periods(plan.agreement, plan.period)
    each = "it" if len(own) == 1 else "each of them"
    return (
        f"{title(plan)} is no period of agreement {plan.agreement.key}, which is judged and credited for "
        f"each {own[0].kind}: freeze {labels(own)}, {each} by itself, or print the span with a report"
    )


def _known(wish: Mapping[str, Any], keys: Sequence[str], config: Config, now: Instant) -> Wish:
    unknown = [key for key in wish if key not in keys]
    if unknown:
        hint = nearest(unknown[0], keys) or f"write {one_of(keys)}"
        raise EntryRefused(f"there is no key {unknown[0][:100]!r} here: {hint}")
    return Wish(wish, config, now)


def _kind(before: Frozen) -> Any:
    try:
        return parse_period(before.label, before.timezone).kind
    except ValueError:
        return "custom"


def _before(cursor: "duckdb.DuckDBPyConnection", plan: Plan) -> Frozen | None:
    period, agreement = plan.period, plan.agreement
    whose = agreement.organization if agreement else plan.organization.key if plan.organization else None
    key = agreement.key if agreement else None
    return frozen.same(cursor, whose, key, period.label, period.start, period.end)


def _at(instant: Instant, period: Period) -> str:
    moment = local(instant, period.timezone)
    return f"{moment:%Y-%m-%d %H:%M:%S}{offset_near_change(moment)} ({period.timezone})"


def _some(names: Sequence[str]) -> str:
    more = len(names) - 3
    return ", ".join(names[:3]) + (f" and {more} more checks" if more > 0 else "")
