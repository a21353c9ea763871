"""The answer of `report`: which reports a request asks for, made from the store, and the files they come to.

Blocking, for a worker thread or the command line; a year of a hundred services takes seconds.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from slawatch.answers.entries import adjustments, merged
from slawatch.answers.looking_back import gather_wide, reach_of, responded, trend_before, within
from slawatch.answers.ratios import Counting, Events
from slawatch.answers.requested import Plan, ReportRefused, Request, plans, unknown
from slawatch.answers.status import members
from slawatch.answers.wish import in_keys
from slawatch.config.model import Config
from slawatch.core.adjustment import Adjustment
from slawatch.core.evidence import ServiceEvidence
from slawatch.core.instant import DAY, SECOND, Instant
from slawatch.core.life import LifeEvent
from slawatch.core.trend import Reaction, TrendPoint
from slawatch.report.build import quantiles
from slawatch.report.csv import PROMISED, TABLES
from slawatch.report.csv import render as render_csv
from slawatch.report.inputs import Inputs, made
from slawatch.report.json import render as render_json
from slawatch.report.report import Report
from slawatch.store.patience import patient

if TYPE_CHECKING:
    import duckdb

FORMATS: Final = ("html", "csv", "json")
"""What a report can be written as."""

PARAMETERS: Final = (
    "month", "quarter", "year", "period", "from", "to", "agreement", "org", "format", "table", "files",
)  # fmt: skip
"""What the API's query may name."""

MOST_YEARS: Final = 50
MOST_DAYS: Final = 1_000_000
"""Of each service of each report together: a year of 2,700 services."""

_LATER: Final = ("pdf", "xlsx")
_FINE, _COARSE = 240, 96
_FEW_SERVICES: Final = 20


class File(NamedTuple):
    """A file of a report: `acme-gold-2026-10.html`, and its text."""

    name: str
    text: str


class Body(NamedTuple):
    """What the API answers: a text of a media type."""

    text: str
    media: str


def asked(
    config: Config, cursor: "duckdb.DuckDBPyConnection", query: Mapping[str, str], now: Instant
) -> Body:
    """Return the API's answer to a query.

    `format` is `json` (the default), `html` or `csv`, the last with one of its tables as `table`; a page or a
    table is that of one report. `files=html,csv` gives several formats at once as
    `{"files": [{"name", "text"}]}`. The other names are those of the command's options.

    Raises:
        ReportRefused: the query cannot be answered; in the words of the API.
        StoreError: the store cannot be read.
    """
    try:
        request, form = _read(query)
        return _body(answer(config, cursor, request, now), form, query)
    except ReportRefused as refused:
        raise ReportRefused(in_keys(str(refused))) from None


def _read(query: Mapping[str, str]) -> tuple[Request, str]:
    strange = [name for name in query if name not in PARAMETERS]
    if strange:
        raise ReportRefused(unknown("parameter", strange[0], PARAMETERS))
    form = "files" if "files" in query else query.get("format", "json")
    if form != "files":
        (form,) = parse_formats(form)[:1]
    if query.get("table", TABLES[0]) not in TABLES:
        raise ReportRefused(unknown("table", query["table"], TABLES))
    request = Request(
        month=query.get("month"),
        quarter=query.get("quarter"),
        year=query.get("year"),
        period=query.get("period"),
        start=query.get("from"),
        end=query.get("to"),
        agreement=query.get("agreement"),
        organization=query.get("org"),
    )
    return request, form


def _body(reports: Sequence[Report], form: str, query: Mapping[str, str]) -> Body:
    if form == "files":
        bundle = {"files": [f._asdict() for f in files(reports, parse_formats(query["files"]))]}
        return Body(json.dumps(bundle, ensure_ascii=False), "application/json")
    if form == "json":
        return Body(as_json(reports), "application/json")
    if len(reports) != 1:
        names = ", ".join(report.key for report in reports)
        raise ReportRefused(f"these are {len(reports)} reports ({names}): choose one with agreement= or org=")
    if form == "html":
        return Body(files(reports, (form,))[0].text, "text/html")
    return Body(render_csv(reports[0])[query.get("table", TABLES[0])], "text/csv")


def to_query(request: Request, formats: Iterable[str] = ()) -> dict[str, str]:
    """Return the query by which the API is asked for the same; with formats, for their files."""
    names = {"start": "from", "end": "to", "organization": "org"}
    query = {
        names.get(name, name): value
        for name in Request.__slots__
        if (value := getattr(request, name)) is not None
    }
    files = ",".join(formats)
    return {**query, "files": files} if files else query


def parse_formats(text: str) -> tuple[str, ...]:
    """Return the formats that a text such as `html,csv` names.

    >>> parse_formats("json, html,json")
    ('json', 'html')

    Raises:
        ReportRefused: there is no such format.
    """
    wanted = tuple(dict.fromkeys(part.strip().lower() for part in text.split(",") if part.strip()))
    for name in wanted:
        if name in _LATER:
            raise ReportRefused(f"{name} cannot be written yet: choose from {', '.join(FORMATS)}")
        if name not in FORMATS:
            raise ReportRefused(f"there is no format {name!r}: choose from {', '.join(FORMATS)}")
    if not wanted:
        raise ReportRefused(f"name at least one format of {', '.join(FORMATS)}")
    return wanted


def answer(
    config: Config, cursor: "duckdb.DuckDBPyConnection", request: Request, now: Instant
) -> list[Report]:
    """Return the reports that are asked for: one an agreement, or without any agreement one an organisation.

    A period that still runs is reported up to the last whole second.

    Raises:
        ReportRefused: the request names nothing that can be reported.
        StoreError: the store cannot be read.
    """
    now -= now % SECOND
    wanted = plans(config, request, now)
    _bounded(wanted)
    return [made(found) for found in patient(inputs(config, cursor, wanted, now), 1)]


def _bounded(wanted: Sequence[Plan]) -> None:
    """Refuse what would take more memory or time than who has people to page can spare."""
    lengths = [-(-(plan.period.end - plan.period.start) // DAY) for plan in wanted]
    if max(lengths, default=0) > MOST_YEARS * 366:
        raise ReportRefused(f"a report covers {MOST_YEARS} years at most: ask for a shorter time")
    days = sum(length * len(plan.services) for length, plan in zip(lengths, wanted, strict=True))
    if days > MOST_DAYS:
        raise ReportRefused(
            f"these reports have {days:,} days of services to look at, and {MOST_DAYS:,} are the most: "
            "ask for a shorter time, or for one agreement"
        )


def inputs(
    config: Config, cursor: "duckdb.DuckDBPyConnection", wanted: Sequence[Plan], now: Instant
) -> Iterator[Inputs]:
    """Yield what each of some reports is made of.

    Args:
        config: says who promised what.
        cursor: on the store.
        wanted: the reports.
        now: a whole second; later time is the future.

    Raises:
        StoreError: the store cannot be read.
    """
    config, checks = merged(config, cursor), members(config)
    gathered: dict[tuple[Instant, Instant], _Gathered] = {}
    for plan in wanted:
        window = plan.period.start, plan.period.end
        if window not in gathered:
            together = [p for p in wanted if (p.period.start, p.period.end) == window]
            gathered[window] = _gather(cursor, together, checks, now)
        found = _inputs(cursor, config, plan, gathered[window], now)
        if plan.organization is None and config.organizations:
            found = replace(found, key="other", organization_name="Services without an organisation")
        yield found


class _Gathered(NamedTuple):
    """What several reports on the same stretch of time rest on; `wide` is that of the agreements alone."""

    evidence: dict[str, ServiceEvidence]
    wide: dict[str, ServiceEvidence]
    events: list[LifeEvent]
    adjustments: tuple[Adjustment, ...]
    reactions: tuple[Reaction, ...]


def _gather(
    cursor: "duckdb.DuckDBPyConnection",
    plans: Sequence[Plan],
    checks: Mapping[str, Sequence[str]],
    now: Instant,
) -> _Gathered:
    from slawatch.store.evidence import gather, life

    period = plans[0].period
    services = dict.fromkeys(service.name for plan in plans for service in plan.services)
    evidence = gather(
        cursor, {name: checks[name] for name in services}, period.start, period.end,
        quantiles=tuple(dict.fromkeys(q for plan in plans for q in quantiles(plan.agreement))),
        series_buckets=_FINE if len(services) <= _FEW_SERVICES else _COARSE,
    )  # fmt: skip
    promised = dict.fromkeys(s.name for plan in plans if plan.agreement for s in plan.services)
    wide: dict[str, ServiceEvidence] = {}
    answered: tuple[Reaction, ...] = ()
    if promised:
        widest = max((plan.period for plan in plans), key=lambda p: p.kind not in ("custom", "rolling"))
        wide = gather_wide(cursor, {name: checks[name] for name in promised}, widest, now)
        answered = responded(cursor, (plan.agreement for plan in plans if plan.agreement), widest)
    events = list(life(cursor, period.start, period.end))
    return _Gathered(evidence, wide, events, adjustments(cursor), answered)


def _inputs(
    cursor: "duckdb.DuckDBPyConnection", config: Config, plan: Plan, gathered: _Gathered, now: Instant
) -> Inputs:
    agreement, period, known = plan.agreement, plan.period, gathered.adjustments
    found = {service.name: gathered.evidence[service.name] for service in plan.services}
    earlier: list[TrendPoint] | None = None
    events: Events = {}
    reach = None
    if agreement is not None:
        found = within(found, gathered.wide, period, now)
        earlier = trend_before(
            agreement, plan.services, gathered.wide, period, now, config, known, gathered.reactions
        )
        reach = reach_of(period, now)
        counting = Counting(config, agreement, found, period, now, known, reach)
        events = counting.counts(cursor)
        found = counting.sampled(cursor, found)
    return Inputs(
        agreement=agreement, services=plan.services, evidence=found, maintenance=tuple(config.maintenance),
        life=tuple(gathered.events), period=period, now=now, organization=plan.organization,
        checks=config.checks, calendars=config.calendars, adjustments=known, counters=events, reach=reach,
        earlier=None if earlier is None else tuple(earlier), reactions=gathered.reactions,
    )  # fmt: skip


def as_json(reports: Sequence[Report]) -> str:
    """Return the JSON of the contract: an object for one report, an array for several."""
    return render_json(reports)


def files(reports: Sequence[Report], formats: Iterable[str]) -> list[File]:
    """Render the reports in these formats, each to files of its own."""
    from slawatch.report import html

    found: list[File] = []
    taken: set[str] = set()
    for report in reports:
        stem = _stem(report, taken)
        for name in formats:
            if name == "html":
                found.append(File(f"{stem}.html", html.render(report)))
            elif name == "json":
                found.append(File(f"{stem}.json", render_json([report])))
            else:
                found.extend(
                    File(f"{stem}-{table}.csv", text)
                    for table, text in render_csv(report).items()
                    if report.contract or table not in PROMISED
                )
    return found


def _stem(report: Report, taken: set[str]) -> str:
    """Return the start of a report's file names: safe in any folder, and no other report's."""
    name = re.sub(r"[^\w.-]+", "-", report.key).strip(".-") or "report"
    stem, count = f"{name}-{report.period.label}", 1
    while stem.casefold() in taken:
        count += 1
        stem = f"{name}-{count}-{report.period.label}"
    taken.add(stem.casefold())
    return stem
