"""Which reports a request asks for: of which agreement, on which services, about which period."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from slawatch.config.model import Config
from slawatch.core.agreement import Agreement
from slawatch.core.check import Organization, Service
from slawatch.core.instant import Instant
from slawatch.core.period import Period, from_to, parse_moment, parse_period
from slawatch.report.build import in_force, named


class ReportRefused(LookupError):  # noqa: N818 (an answer to a question)
    """What was asked for cannot be reported: no such agreement, no such period; the text says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a report is asked for; the fields are the options of the command and the query of the API.

    Exactly one of `month`, `quarter`, `year`, `period` and `start` names the period.

    Attributes:
        month: `2026-10`.
        quarter: `2026-Q4`.
        year: `2026`.
        period: any of these, or a week (`2026-W41`) or a day (`2026-10-05`).
        start: `--from`: a date, a local time, or a time with an offset.
        end: `--to`, exclusive; now, where it is absent.
        agreement: only this one.
        organization: only this one's.
    """

    month: str | None = None
    quarter: str | None = None
    year: str | None = None
    period: str | None = None
    start: str | None = None
    end: str | None = None
    agreement: str | None = None
    organization: str | None = None


class Plan(NamedTuple):
    """One report to be made."""

    agreement: Agreement | None
    organization: Organization | None
    services: tuple[Service, ...]
    period: Period


def plans(config: Config, request: Request, now: Instant) -> list[Plan]:
    """Return the reports that are asked for: one an agreement, or without any agreement one an organisation.

    Raises:
        ReportRefused: the request names nothing that can be reported.
    """
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
    found: list[Plan] = []
    refused: ReportRefused | None = None
    for agreement in agreements:
        period = _period(request, agreement.timezone, now)
        try:
            period = in_force(agreement, period)
        except ValueError as error:
            refused = refused or ReportRefused(str(error))
            continue
        services = tuple(config.services[name] for name in named(agreement, period))
        found.append(Plan(agreement, config.organizations.get(agreement.organization), services, period))
    if not found and refused is not None:
        raise refused
    return found


def _without_agreement(config: Config, request: Request, now: Instant) -> list[Plan]:
    owners: dict[str | None, list[Service]] = {}
    for service in config.services.values():
        if request.organization in (None, service.organization):
            owners.setdefault(service.organization, []).append(service)
    if not owners:
        whose = f" of organization {request.organization}" if request.organization else ""
        raise ReportRefused(
            f"there are no services{whose} to report on: add [checks.NAME] to the configuration"
        )
    found = []
    for key, services in owners.items():
        organization = config.organizations.get(key) if key is not None else None
        timezone = organization.timezone if organization else config.timezone
        found.append(Plan(None, organization, tuple(services), _period(request, timezone, now)))
    return found


def _check_names(config: Config, request: Request) -> None:
    if request.agreement is not None and request.agreement not in config.agreements:
        raise ReportRefused(unknown("agreement", request.agreement, config.agreements))
    if request.organization is not None and request.organization not in config.organizations:
        raise ReportRefused(unknown("organization", request.organization, config.organizations))


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """Return what somebody reads who named something that is not there."""
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
        "--period": request.period,
        "--from": request.start,
    }
    given = [option for option, text in named.items() if text is not None]
    if not given:
        wanted = "--month 2026-10, --quarter 2026-Q4, --year 2026, --period 2026-W41, or --from and --to"
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
    if request.period is not None:
        return parse_period(request.period, timezone)
    kind, text = next(
        (kind, text)
        for kind, text in (("month", request.month), ("quarter", request.quarter), ("year", request.year))
        if text is not None
    )
    period = parse_period(text, timezone)
    if period.kind != kind:
        raise ValueError(f"{text} is a {period.kind}, not a {kind}")
    return period
