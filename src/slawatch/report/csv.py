"""A report as CSV: tidy tables, each with one header line, as RFC 4180 has it.

`ledger` has a row for each service and day, and its class columns sum to `seconds`; `outages` a row for
each outage; `objectives` a row for each promise and service. With an agreement, `credits` has one row with
what is due, `maintenance` a row for each window of announced work, with what of it is granted and what
counts, by the reason, and `trend` a row for each of the last periods. Lengths are seconds, exact to the
microsecond; instants are RFC 3339 in UTC. A text that a spreadsheet would take for a formula is preceded by
an apostrophe.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Final

from slawatch.core.instant import SECOND, Instant, Micros, rfc3339
from slawatch.core.trend import trend
from slawatch.report.report import CLASSES, Events, ObjectiveReport, Report, ServiceVerdict
from slawatch.report.wording import floored

TABLES: Final = ("ledger", "outages", "objectives", "credits", "maintenance", "trend")
"""The names of the tables, and of their files."""

PROMISED: Final = frozenset({"credits", "maintenance", "trend"})
"""Those that say something only with an agreement."""

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_COMMON: Final = ("agreement", "organization", "period", "service")
_LEDGER: Final = (*_COMMON, "day", "start", "end", "seconds", *CLASSES, "percent")
_OUTAGES: Final = (
    *_COMMON, "id", "start", "end", "started_after", "ended_after", "seconds", "counted_seconds", "ongoing",
    "checks", "reason",
)  # fmt: skip
_OBJECTIVES: Final = (
    *_COMMON, "objective", "metric", "target", "measured", "verdict", "budget_seconds", "budget_spent",
    "budget_remaining", "events", "events_bad", "events_allowed", "behind",
)  # fmt: skip
_CREDITS: Final = (
    "agreement", "organization", "period", "terms", "percent", "amount", "currency", "tier", "claim_until",
    "percent_without_adjustments", "amount_without_adjustments", "percent_unknown_excluded",
    "percent_unknown_down", "percent_unknown_up",
)  # fmt: skip
_MAINTENANCE: Final = (
    *_COMMON, "start", "end", "announced", "granted", "late", "edited", "over_quota", "ignored",
    "outside_hours", "reason",
)  # fmt: skip
_TREND: Final = (
    "agreement", "organization", "period", "verdict", "percent", "downtime", "uptime", "outages",
    "time_to_repair", "time_between_failures", "incidents", "acknowledged", "time_to_acknowledge", "standing",
    "coverage",
)  # fmt: skip


def render(report: Report) -> dict[str, str]:
    """Return the text of each table by its name."""
    return {
        "ledger": _table(_LEDGER, _ledger(report)),
        "outages": _table(_OUTAGES, _outages(report)),
        "objectives": _table(_OBJECTIVES, _objectives(report)),
        "credits": _table(_CREDITS, _credits(report)),
        "maintenance": _table(_MAINTENANCE, _maintenance(report)),
        "trend": _table(_TREND, _trend(report)),
    }


def safe(text: str) -> str:
    """Return a text cell that no spreadsheet runs as a formula.

    >>> safe("=1+1"), safe("shop")
    ("'=1+1", 'shop')
    """
    return f"'{text}" if text.startswith(_FORMULA) else text


def exact_seconds(length: Micros) -> str:
    """Return a length in seconds, without loss and without needless digits.

    >>> exact_seconds(62_500_000), exact_seconds(-1), exact_seconds(0)
    ('62.5', '-0.000001', '0')
    """
    whole, rest = divmod(abs(length), SECOND)
    text = f"{whole}.{rest:06d}".rstrip("0").rstrip(".")
    return f"-{text}" if length < 0 else text


def _ledger(report: Report) -> Iterable[Sequence[str]]:
    for service in report.services:
        for day in service.days:
            yield (
                *_common(report, service.service),
                day.date,
                rfc3339(day.start),
                rfc3339(day.end),
                exact_seconds(day.end - day.start),
                *(exact_seconds(day.classes[name]) for name in CLASSES),
                _percent(day.percent),
            )


def _outages(report: Report) -> Iterable[Sequence[str]]:
    for service in report.services:
        for outage in service.outages:
            yield (
                *_common(report, service.service),
                safe(outage.id),
                rfc3339(outage.start),
                "" if outage.ongoing else rfc3339(outage.end),
                _instant(outage.after_start),
                _instant(outage.after_end),
                exact_seconds(outage.length),
                exact_seconds(outage.counted),
                "true" if outage.ongoing else "false",
                safe(" ".join(outage.checks)),
                safe(outage.reason),
            )


def _objectives(report: Report) -> Iterable[Sequence[str]]:
    for objective in report.objectives:
        # Counters are of no single service of the agreement.
        alone: list[tuple[str, ServiceVerdict | ObjectiveReport]] = [("", objective)]
        for service, verdict in [(v.service, v) for v in objective.services] or alone:
            budget = verdict.budget
            lengths = ("", "", "") if budget is None else (
                exact_seconds(budget.allowed), exact_seconds(budget.spent), exact_seconds(budget.remaining),
            )  # fmt: skip
            yield (
                *_common(report, service),
                safe(objective.id),
                safe(objective.metric),
                safe(objective.target),
                safe(verdict.measured),
                verdict.verdict,
                *lengths,
                *_events(verdict.events),
                "true" if verdict.behind else "false",
            )


def _events(events: Events | None) -> tuple[str, str, str]:
    if events is None:
        return "", "", ""
    # Nothing is shown as better than it is.
    return str(events.total.__floor__()), str(events.bad.__ceil__()), str(events.allowed.__floor__())


def _credits(report: Report) -> Iterable[Sequence[str]]:
    credit = report.contract.credit if report.contract else None
    if credit is not None:
        yield (
            *_common(report, "")[:3],
            " ".join(report.terms),
            credit.percent or "",
            credit.amount or "",
            credit.currency,
            credit.tier,
            _instant(credit.claim_until),
            credit.percent_before or "",
            credit.amount_before or "",
            *(credit.under[policy] or "" for policy in ("exclude", "down", "up")),
        )


def _maintenance(report: Report) -> Iterable[Sequence[str]]:
    for service in report.services if report.contract else ():
        for line in service.maintenance:
            lengths = (
                line.granted, line.late, line.edited, line.over_quota, line.ignored, line.outside_hours,
            )  # fmt: skip
            yield (
                *_common(report, line.service),
                rfc3339(line.start),
                rfc3339(line.end),
                _instant(line.announced),
                *(exact_seconds(length) for length in lengths),
                safe(line.reason),
            )


def _trend(report: Report) -> Iterable[Sequence[str]]:
    found = report.contract.trend if report.contract else None
    for point in found.points if found else ():
        alone = trend([point])
        yield (
            *_common(report, "")[:2],
            point.label,
            str(point.verdict),
            _percent(None if point.share is None else point.share * 100),
            exact_seconds(round(point.downtime)),
            exact_seconds(round(point.uptime)),
            str(alone.failures),
            _mean(alone.repair),
            _mean(alone.between),
            str(alone.incidents),
            str(alone.acknowledged),
            _mean(alone.acknowledge),
            point.standing,
            _percent(None if point.coverage is None else point.coverage * 100),
        )


def _mean(length: Fraction | None) -> str:
    return "" if length is None else exact_seconds(round(length))


def _common(report: Report, service: str) -> tuple[str, str, str, str]:
    return safe(report.agreement or ""), safe(report.organization or ""), report.period.label, safe(service)


def _percent(value: Fraction | None) -> str:
    return "" if value is None else floored(value, 9).rstrip("0").rstrip(".")


def _instant(instant: Instant | None) -> str:
    return "" if instant is None else rfc3339(instant)


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()
