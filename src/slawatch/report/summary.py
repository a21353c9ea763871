"""What an HTML report says in sentences: the answer that stands first, and the terms of its method."""

from fractions import Fraction
from typing import Final, NamedTuple

from slawatch.report import wording
from slawatch.report.report import Availability, ObjectiveReport, Report, ServiceReport
from slawatch.report.standing import BEHIND, HARDLY_KNOWN, MISSED

_UNKNOWN_RULE: Final = {
    "exclude": "Unknown time counts neither as good nor as bad.",
    "down": "Unknown time counts as down.",
    "up": "Unknown time counts as up.",
}


class Summary(NamedTuple):
    """The answer that stands first."""

    kind: str
    answer: str
    lines: tuple[str, ...]


class Example(NamedTuple):
    """The availability of one service, worked out."""

    service: str
    good: str
    counted: str
    percent: str


class Rules(NamedTuple):
    """The terms as sentences of the method section."""

    unknown: str
    degraded: str
    example: Example | None


def shown(availability: Availability) -> str:
    """Return an availability as pages show it."""
    if availability.percent is None:
        return wording.NO_DATA
    return f"{availability.shown}{wording.THIN}%"


def summary(report: Report) -> Summary:
    """Return the answer that a report gives."""
    lines = tuple(_service_line(s) for s in report.services) if len(report.services) <= 3 else ()
    if len(report.services) > 3:
        known = [s for s in report.services if s.availability.percent is not None]
        if known:
            worst = min(known, key=lambda s: s.availability.percent or Fraction(0))
            count, figure = len(report.services), shown(worst.availability)
            lines = (f"{count} services; the least available is {worst.service} with {figure}.",)
    if not report.objectives:
        return Summary("none", "Measured without a promise, so without a verdict.", lines)
    found = [o.verdict for o in report.objectives]
    count = len(found)
    so_far = "" if report.complete else "So far: "
    missed = [o for o in report.objectives if o.standing == MISSED]
    behind = [o for o in report.objectives if o.standing == BEHIND]
    if behind and not missed:
        named = ", ".join(_named(o) for o in behind)
        left = wording.length(min(o.budget.remaining for o in behind if o.budget))
        lines = (*lines, f"It can still be kept: {left} may be lost in the rest of the period.")
        return Summary("undecided", f"So far behind what was promised: {named}.", lines)
    hardly = [o for o in report.objectives if o.standing == HARDLY_KNOWN]
    if hardly and not missed and all(one in ("met", MISSED) for one in found):
        part = wording.percent(min(100 * (o.known or Fraction(0)) for o in hardly), 0)
        watched = f"{part} of the time was watched"
        unkept = [o for o in hardly if o.verdict == MISSED]
        names = ", ".join(_named(o) for o in unkept)
        answer = f"Missed as far as known: {names}" if unkept else "Met as far as known"
        lines = (*lines, "What nobody watched could turn the verdict: it is neither kept nor missed.")
        return Summary("undecided", f"{so_far}{answer}{'; ' if unkept else ': '}{watched}.", lines)
    if missed:
        over = [-o.budget.remaining for o in missed if o.budget and o.budget.remaining < 0]
        if over and not report.complete:
            more = f"{wording.length(max(over))} more were lost than the whole period allows."
            lines = (*lines, f"It cannot be kept any more: {more}")
        names = ", ".join(_named(o) for o in missed)
        verb = "was" if len(missed) == 1 else "were"
        head = (
            f"{len(missed)} of {count} objectives {verb} missed" if count > 1 else "The objective was missed"
        )
        return Summary("missed", f"{so_far}{head}: {names}.", lines)
    if all(v == "met" for v in found):
        answer = {1: "The objective was met.", 2: "Both objectives were met."}.get(
            count, f"All {count} objectives were met."
        )
        return Summary("met", so_far + answer, lines)
    if all(v == "no data" for v in found):
        return Summary("undecided", f"{so_far}There is no data to judge by.", lines)
    undecided = [o.id for o in report.objectives if o.verdict == "undecided"]
    blind = [o.id for o in report.objectives if o.verdict == "no data"]
    said = [f"Undecided: {', '.join(undecided)}."] if undecided else []
    said += [f"No data: {', '.join(blind)}."] if blind else []
    if met := found.count("met"):
        said.append(f"Met: {met} of {count}.")
    if undecided:
        lines = (*lines, "Undecided: the promise lies between the bounds that the samples leave open.")
    return Summary("undecided", so_far + " ".join(said), lines)


def _named(objective: ObjectiveReport) -> str:
    return f"{objective.id} ({objective.decided_by})" if objective.decided_by else objective.id


def outage_words(service: ServiceReport) -> str:
    """Return how many outages a service had by the terms, and how many more that count nothing.

    A number alone would be another one than that of the list, or that of the trend.
    """
    count, aside = service.outages_counted, service.outages_aside
    text = "no outage" if not count else "1 outage" if count == 1 else f"{count} outages"
    return f"{text} ({aside} more not counted)" if aside else text


def _service_line(service: ServiceReport) -> str:
    if service.availability.percent is None:
        return f"{service.service}: no data in this period."
    outages = outage_words(service)
    figure = shown(service.availability)
    text = f"{service.service} was available for {figure} of the counted time, with {outages}"
    if service.classes["down"]:
        text += f" and {wording.length(service.classes['down'])} down"
    return text + "."


def rules(report: Report) -> Rules:
    """Return how a report counts, with one figure worked out."""
    degraded = {
        "up": "Degraded time counts as good.",
        "down": "Degraded time counts as not good.",
    }.get(report.degraded_policy, f"Degraded time counts as good with a weight of {report.degraded_policy}.")
    example = None
    for service in report.services:
        figure = service.availability
        if figure.percent is not None:
            example = Example(
                service.service,
                _seconds_of(figure.good),
                _seconds_of(figure.counted),
                _six_decimals(figure.percent),
            )
            break
    return Rules(_UNKNOWN_RULE[report.unknown_policy], degraded, example)


def _six_decimals(value: Fraction) -> str:
    more = "" if (value * 10**6).denominator == 1 else "…"
    return f"{wording.floored(value, 6)}{more}{wording.THIN}%"


def _seconds_of(micros: Fraction | int) -> str:
    if micros.denominator == 1:
        return wording.exact_seconds(int(micros), wording.second_decimals(int(micros)))
    return wording.floored(Fraction(micros, 1_000_000), 6)
