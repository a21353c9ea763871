"""A report as one HTML file that stands alone: no request, no script, fit for paper and for the dark."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, time, timedelta
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from slawatch import __version__
from slawatch.core.civil import local, offset_near_change
from slawatch.core.instant import MINUTE, SECOND, Instant, Micros, rfc3339
from slawatch.report import difference, svg, trend, wording
from slawatch.report.difference import Difference
from slawatch.report.report import ObjectiveReport, Report, ReportPeriod
from slawatch.report.section import longest, service_view
from slawatch.report.summary import outage_words, rules, shown, summary

if TYPE_CHECKING:
    from jinja2 import Environment

_MOST_CHANGES: Final = 40
_SHARES: Final = ("availability", "success_rate", "ratio")
_POLICIES: Final = {"exclude": "left out", "down": "counted as down", "up": "counted as up"}
_OPERATOR_WORDS: Final = {">=": "at least", ">": "more than", "<": "below", "<=": "at most"}


def render(report: Report) -> str:
    """Return the report as a complete HTML document."""
    unwatched, unwatched_left = longest(report.unwatched, lambda u: u.end - u.start)
    every = (*report.groups, *report.services)
    views = [service_view(report, service, i + 1) for i, service in enumerate(every)]
    template = _environment().get_template("report.html")
    text = template.render(
        report=report,
        services=views,
        objectives_per_service=bool(report.objectives),
        summary=summary(report),
        rules=rules(report),
        unwatched=unwatched,
        unwatched_left=unwatched_left,
        version=__version__ if report.frozen is None else report.frozen.version,
        zone=report.period.timezone,
        css=_style(),
        thin=wording.THIN,
        changes=_changes(report),
    )
    return "\n".join(line for line in text.splitlines() if line.strip()) + "\n"


def _changes(report: Report) -> Sequence[Difference]:
    """Return what differs from the report that this one replaces, as far as a page has room for it."""
    every = report.frozen.changed if report.frozen else ()
    telling = [change for change in every if change.telling]
    return (telling or every)[:_MOST_CHANGES]


@cache
def _style() -> str:
    from markupsafe import Markup

    return Markup((_TEMPLATES / "report.css").read_text(encoding="utf-8"))  # noqa: S704 (our own file)


_TEMPLATES: Final = Path(__file__).parent / "templates"


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context

    made = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, auto_reload=False
    )

    def zoned(function: Callable[..., str]) -> Callable[..., str]:
        def call(context: Any, instant: Instant, *rest: Any) -> str:
            return function(local(instant, context["zone"]), *rest)

        return pass_context(call)

    made.filters.update(
        rfc3339=rfc3339,
        day=zoned(lambda moment, year=False: wording.date_words(moment, year=year)),
        clock=zoned(_clock),
        length_words=wording.length,
        latency=wording.latency,
        grouped=wording.grouped,
        seconds_at=wording.exact_seconds,
        percent_at=wording.percent,
        percent_up=wording.percent_up,
        shown=shown,
        outage_words=outage_words,
        promised=_promised,
        measured=_measured,
        observed=_observed,
        metric=_metric,
        span=_span,
        class_name=wording.CLASS_NAMES.__getitem__,
        class_meaning=wording.CLASS_MEANINGS.__getitem__,
        value=difference.shown,
        class_bar=svg.class_bar,
        budget_bar=svg.budget_bar,
        trend_bars=trend.bars,
        trend_ticks=trend.ticks,
        share_at=lambda share, decimals: wording.percent(_hundredfold(share), decimals),
        share_at_up=lambda share, decimals: wording.percent_up(_hundredfold(share), decimals),
        rate=_rate,
        at_least=lambda count: f"{count.__ceil__():,}",
        at_most=lambda count: f"{count.__floor__():,}",
        round_length=lambda length: "no data" if length is None else wording.length(round(length)),
        mean_length=lambda length: "none" if length is None else wording.length(_rounded(length)),
        policy_words=_POLICIES.__getitem__,
    )
    return made


def _clock(moment: datetime) -> str:
    """Show a time of day; with its offset around a change of the clocks."""
    return wording.clock_words(moment) + offset_near_change(moment)


def _span(period: ReportPeriod) -> str:
    first, last = local(period.start, period.timezone), local(period.end, period.timezone)
    if (first.time(), last.time()) == (time(0), time(0)):
        final = last.date() - timedelta(days=1)
        days = [wording.long_date(datetime.combine(day, time(0))) for day in (first.date(), final)]
        return f"{' to '.join(dict.fromkeys(days))}, days as in {period.timezone}"
    ends = [f"{wording.long_date(moment)} {_clock(moment)}" for moment in (first, last)]
    return f"{' to '.join(ends)}, time in {period.timezone}"


def _metric(name: str) -> str:
    kind, _, detail = name.partition("_p")
    if name == "error_rate":
        return "share of failed samples"
    if kind == "latency" and detail:
        return f"answer time, {detail}th percentile" if detail != "50" else "answer time, median"
    return name.replace("_", " ")


def _promised(objective: ObjectiveReport) -> str:
    match = re.fullmatch(r"(<=|>=|<|>)?\s*(.*)", objective.target.strip(), re.DOTALL)
    operator, value = match.groups() if match else ("", objective.target)
    if objective.metric in _SHARES and not value.endswith("%"):
        value += "%"
    return f"{_OPERATOR_WORDS[operator or '>=']} {_spaced(value)}"


def _measured(objective: ObjectiveReport) -> str:
    text = objective.measured
    if objective.metric in _SHARES and text != wording.NO_DATA:
        return f"{text}{wording.THIN}%"
    return _spaced(text)


def _spaced(text: str) -> str:
    """Put a narrow space between each number and its unit."""
    return re.sub(r"(?<=\d)\s*(?=[a-zµ%])", wording.THIN, text)


def _hundredfold(share: Fraction | None) -> Fraction | None:
    return None if share is None else share * 100


def _rate(rate: Fraction | None) -> str:
    return wording.NO_DATA if rate is None else f"{float(rate):.3g}" if rate < 1000 else f"{float(rate):.0f}"


def _observed(states: Mapping[str, Micros]) -> str:
    return ", ".join(f"{word} {wording.length(value)}" for word, value in states.items() if value)


def _rounded(length: Fraction) -> Micros:
    """Return a mean as people say it: to the second from a minute on."""
    return round(length / SECOND) * SECOND if length >= MINUTE else round(length)
