"""The answer of `report`: which reports a request asks for, made from the store, and the files they come to.

Blocking, for a worker thread or the command line; a year of a hundred services takes seconds.
"""

import difflib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, NamedTuple

from slawatch.config.model import Config
from slawatch.core.adjustment import Adjustment
from slawatch.core.agreement import Agreement
from slawatch.core.check import Organization, Service
from slawatch.core.evidence import ServiceEvidence
from slawatch.core.instant import SECOND, Instant
from slawatch.core.life import LifeEvent
from slawatch.core.period import Period, from_to, parse_moment, parse_period
from slawatch.report.build import build, in_force, named, quantiles
from slawatch.report.csv import PROMISED, TABLES
from slawatch.report.csv import render as render_csv
from slawatch.report.json import render as render_json
from slawatch.report.report import Report
from slawatch.web.answer_entries import adjustments, merged
from slawatch.web.answer_status import members
from slawatch.web.looking_back import gather_wide, reach_of, trend_before, within
from slawatch.web.ratios import Counted, counts

if TYPE_CHECKING:
    import duckdb
    from starlette.responses import Response

FORMATS: Final = ("html", "csv", "json")
"""What a report can be written as."""

PARAMETERS: Final = ("month", "quarter", "year", "from", "to", "agreement", "org", "format", "table", "files")
"""What the API's query may name."""

_LATER: Final = ("pdf", "xlsx")
_FINE, _COARSE = 240, 96
_FEW_SERVICES: Final = 20


class ReportRefused(LookupError):  # noqa: N818 (an answer to a question)
    """What was asked for cannot be reported: no such agreement, no such period; the text says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a report is asked for; the fields are the options of the command and the query of the API.

    Exactly one of `month`, `quarter`, `year` and `start` names the period.

    Attributes:
        month: `2026-10`.
        quarter: `2026-Q4`.
        year: `2026`.
        start: `--from`: a date, a local time, or a time with an offset.
        end: `--to`, exclusive; now, where it is absent.
        agreement: only this one.
        organization: only this one's.
    """

    month: str | None = None
    quarter: str | None = None
    year: str | None = None
    start: str | None = None
    end: str | None = None
    agreement: str | None = None
    organization: str | None = None


class File(NamedTuple):
    """A file of a report: `acme-gold-2026-10.html`, and its text."""

    name: str
    text: str


class _Plan(NamedTuple):
    """One report to be made."""

    agreement: Agreement | None
    organization: Organization | None
    services: tuple[Service, ...]
    period: Period


def respond(
    config: Config, cursor: "duckdb.DuckDBPyConnection", query: Mapping[str, str], now: Instant
) -> "Response":
    """Return the API's answer to a query; a query that cannot be answered gets a problem document.

    `format` is `json` (the default), `html` or `csv`, the last with one of its tables as `table`; a page or a
    table is that of one report. `files=html,csv` gives several formats at once as
    `{"files": [{"name", "text"}]}`. The other names are those of the command's options.

    Raises:
        StoreError: the store cannot be read.
    """
    from http import HTTPStatus

    from starlette.responses import Response

    from slawatch.web import problem

    try:
        request, form = _read(query)
        reports = answer(config, cursor, request, now)
        text, media = _body(reports, form, query)
    except ReportRefused as refused:
        return problem.response(HTTPStatus.BAD_REQUEST, str(refused))
    return Response(text, media_type=media)


def _read(query: Mapping[str, str]) -> tuple[Request, str]:
    unknown = [name for name in query if name not in PARAMETERS]
    if unknown:
        raise ReportRefused(_unknown("parameter", unknown[0], PARAMETERS))
    form = "files" if "files" in query else query.get("format", "json")
    if form != "files":
        (form,) = parse_formats(form)[:1]
    if query.get("table", TABLES[0]) not in TABLES:
        raise ReportRefused(_unknown("table", query["table"], TABLES))
    request = Request(
        month=query.get("month"),
        quarter=query.get("quarter"),
        year=query.get("year"),
        start=query.get("from"),
        end=query.get("to"),
        agreement=query.get("agreement"),
        organization=query.get("org"),
    )
    return request, form


def _body(reports: Sequence[Report], form: str, query: Mapping[str, str]) -> tuple[str, str]:
    """Return the text of an answer and its media type."""
    if form == "files":
        bundle = {"files": [f._asdict() for f in files(reports, parse_formats(query["files"]))]}
        return json.dumps(bundle, ensure_ascii=False), "application/json"
    if form == "json":
        return as_json(reports), "application/json"
    if len(reports) != 1:
        names = ", ".join(report.key for report in reports)
        raise ReportRefused(f"these are {len(reports)} reports ({names}): choose one with agreement= or org=")
    if form == "html":
        return files(reports, (form,))[0].text, "text/html"
    return render_csv(reports[0])[query.get("table", TABLES[0])], "text/csv"


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
    plans = _plans(config, request, now)
    config, checks = merged(config, cursor), members(config)
    gathered: dict[tuple[Instant, Instant], _Gathered] = {}
    reports = []
    for plan in plans:
        window = plan.period.start, plan.period.end
        if window not in gathered:
            together = [p for p in plans if (p.period.start, p.period.end) == window]
            gathered[window] = _gather(cursor, together, checks, now)
        counted = counts(cursor, plan.agreement, plan.period, now)
        report = _report(config, plan, gathered[window], counted, now)
        if plan.organization is None and config.organizations:
            report = replace(report, key="other", organization_name="Services without an organisation")
        reports.append(report)
    return reports


class _Gathered(NamedTuple):
    """What several reports on the same stretch of time rest on; `wide` is that of the agreements alone."""

    evidence: dict[str, ServiceEvidence]
    wide: dict[str, ServiceEvidence]
    events: list[LifeEvent]
    adjustments: tuple[Adjustment, ...]


def _gather(
    cursor: "duckdb.DuckDBPyConnection",
    plans: Sequence[_Plan],
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
    if promised:
        widest = max((plan.period for plan in plans), key=lambda p: p.kind not in ("custom", "rolling"))
        wide = gather_wide(cursor, {name: checks[name] for name in promised}, widest, now)
    return _Gathered(evidence, wide, list(life(cursor, period.start, period.end)), adjustments(cursor))


def _report(config: Config, plan: _Plan, gathered: _Gathered, counted: Counted, now: Instant) -> Report:
    agreement, period, known = plan.agreement, plan.period, gathered.adjustments
    found = {service.name: gathered.evidence[service.name] for service in plan.services}
    if agreement is None:
        earlier, reach = [], None
    else:
        found = within(found, gathered.wide, period, now)
        earlier = trend_before(agreement, plan.services, gathered.wide, period, now, config, known)
        reach = reach_of(period, now)
    return build(
        agreement, plan.services, found, config.maintenance, gathered.events, period, now,
        organization=plan.organization, checks=config.checks, calendars=config.calendars,
        adjustments=known, counters=counted, reach=reach, earlier=earlier,
    )  # fmt: skip


def as_json(reports: Sequence[Report]) -> str:
    """Return the JSON of the contract: an object for one report, an array for several."""
    return render_json(reports)


def files(reports: Sequence[Report], formats: Iterable[str]) -> list[File]:
    """Render the reports in these formats, each to files of its own."""
    from slawatch.report import html

    made: list[File] = []
    taken: set[str] = set()
    for report in reports:
        stem = _stem(report, taken)
        for name in formats:
            if name == "html":
                made.append(File(f"{stem}.html", html.render(report)))
            elif name == "json":
                made.append(File(f"{stem}.json", render_json([report])))
            else:
                made.extend(
                    File(f"{stem}-{table}.csv", text)
                    for table, text in render_csv(report).items()
                    if report.contract or table not in PROMISED
                )
    return made


def _stem(report: Report, taken: set[str]) -> str:
    """Return the start of a report's file names: safe in any folder, and no other report's."""
    name = re.sub(r"[^\w.-]+", "-", report.key).strip(".-") or "report"
    stem, count = f"{name}-{report.period.label}", 1
    while stem.casefold() in taken:
        count += 1
        stem = f"{name}-{count}-{report.period.label}"
    taken.add(stem.casefold())
    return stem


def _plans(config: Config, request: Request, now: Instant) -> list[_Plan]:
    _check_names(config, request)
    agreements = [
        a
        for a in config.agreements.values()
        if request.agreement in (None, a.key) and request.organization in (None, a.organization)
    ]
    if request.agreement is not None and not agreements:
        owner = config.agreements[request.agreement].organization
        raise ReportRefused(f"agreement {request.agreement} is one of {owner}, not of {request.organization}")
    if not agreements:
        return _without_agreement(config, request, now)
    plans: list[_Plan] = []
    refused: ReportRefused | None = None
    for agreement in agreements:
        period = _period(request, agreement.timezone, now)
        try:
            period = in_force(agreement, period)
        except ValueError as error:
            refused = refused or ReportRefused(str(error))
            continue
        services = tuple(config.services[name] for name in named(agreement, period))
        plans.append(_Plan(agreement, config.organizations.get(agreement.organization), services, period))
    if not plans and refused is not None:
        raise refused
    return plans


def _without_agreement(config: Config, request: Request, now: Instant) -> list[_Plan]:
    owners: dict[str | None, list[Service]] = {}
    for service in config.services.values():
        if request.organization in (None, service.organization):
            owners.setdefault(service.organization, []).append(service)
    if not owners:
        whose = f" of organization {request.organization}" if request.organization else ""
        raise ReportRefused(
            f"there are no services{whose} to report on: add [checks.NAME] to the configuration"
        )
    plans = []
    for key, services in owners.items():
        organization = config.organizations.get(key) if key is not None else None
        timezone = organization.timezone if organization else config.timezone
        plans.append(_Plan(None, organization, tuple(services), _period(request, timezone, now)))
    return plans


def _check_names(config: Config, request: Request) -> None:
    if request.agreement is not None and request.agreement not in config.agreements:
        raise ReportRefused(_unknown("agreement", request.agreement, config.agreements))
    if request.organization is not None and request.organization not in config.organizations:
        raise ReportRefused(_unknown("organization", request.organization, config.organizations))


def _unknown(what: str, name: str, known: Iterable[str]) -> str:
    names = list(known)
    if not names:
        return f"there is no {what} {name!r}: the configuration has none"
    close = difflib.get_close_matches(name, names, 1)
    hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(names)}"
    return f"there is no {what} {name!r}: {hint}"


def _period(request: Request, timezone: str, now: Instant) -> Period:
    named = {
        "--month": request.month,
        "--quarter": request.quarter,
        "--year": request.year,
        "--from": request.start,
    }
    given = [option for option, text in named.items() if text is not None]
    if not given:
        wanted = "--month 2026-10, --quarter 2026-Q4, --year 2026, or --from and --to"
        raise ReportRefused("--to needs --from" if request.end is not None else f"say which period: {wanted}")
    if len(given) > 1:
        raise ReportRefused(f"{given[0]} and {given[1]} both name a period: leave one out")
    if request.end is not None and request.start is None:
        raise ReportRefused(f"--to goes with --from, not with {given[0]}")
    try:
        period = _named(request, timezone, now)
    except ValueError as error:
        raise ReportRefused(f"{given[0]}: {error}") from None
    if period.start >= now:
        raise ReportRefused(f"{given[0]}: {period.label} has not begun yet, so there is nothing to report")
    return period


def _named(request: Request, timezone: str, now: Instant) -> Period:
    if request.start is not None:
        start = parse_moment(request.start, timezone)
        return from_to(start, now if request.end is None else parse_moment(request.end, timezone), timezone)
    kind, text = next(
        (kind, text)
        for kind, text in (("month", request.month), ("quarter", request.quarter), ("year", request.year))
        if text is not None
    )
    period = parse_period(text, timezone)
    if period.kind != kind:
        raise ValueError(f"{text} is a {period.kind}, not a {kind}")
    return period
