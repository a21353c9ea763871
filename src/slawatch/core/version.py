"""Which terms hold when: a period that two versions of an agreement share is split between them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from slawatch.core.agreement import Agreement
from slawatch.core.civil import midnight
from slawatch.core.instant import Instant, Micros
from slawatch.core.period import Period, containing, neighbour


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a period under one version of the terms.

    Attributes:
        start, end: half-open.
        terms: what holds in it, with the agreement's key.
    """

    start: Instant
    end: Instant
    terms: Agreement

    @property
    def length(self) -> Micros:
        """How long it is."""
        return self.end - self.start


def versions(agreement: Agreement) -> tuple[Agreement, ...]:
    """Return all versions of an agreement, oldest first; the first one is what it began with."""
    return (agreement, *sorted(agreement.versions, key=lambda version: version.effective_from))


def begins(terms: Agreement) -> Instant | None:
    """Return from when terms hold; None for always."""
    if not terms.effective_from:
        return None
    return midnight(date.fromisoformat(terms.effective_from), terms.timezone)


def parts(agreement: Agreement, start: Instant, end: Instant) -> tuple[Part, ...]:
    """Return the stretches of `[start, end)` under each version, in order; none before the first one."""
    found: list[Part] = []
    for terms in versions(agreement):
        since = begins(terms)
        low = start if since is None else max(since, start)
        if low >= end:
            continue
        if found and found[-1].start >= low:
            found.pop()
        elif found:
            found[-1] = Part(found[-1].start, low, found[-1].terms)
        found.append(Part(low, end, terms))
    return tuple(found)


def in_force(agreement: Agreement, at: Instant) -> Agreement | None:
    """Return the terms that hold at an instant; None before the first version."""
    found = parts(agreement, at, at + 1)
    return found[-1].terms if found else None


def judging(agreement: Agreement, period: Period) -> tuple[Part, ...]:
    """Return the parts of a period; the last one's terms judge the whole.

    Raises:
        ValueError: the agreement takes effect only after the period.
    """
    found = parts(agreement, period.start, period.end)
    if not found:
        raise ValueError(
            f"agreement {agreement.key} takes effect on {agreement.effective_from}: "
            f"there is nothing to report for {period.label}"
        )
    return found


def own_periods(agreement: Agreement, period: Period) -> tuple[Period, ...]:
    """Return the agreement's own periods that a span touches, oldest first; the last terms say which kind.

    Raises:
        ValueError: the agreement takes effect only after the span.
    """
    terms = judging(agreement, period)[-1].terms
    found = [containing(period.end - 1, terms.period, terms.timezone)]
    begin = max(period.start, begins(agreement) or period.start)
    while found[0].start > begin:
        found.insert(0, neighbour(found[0], -1))
    return tuple(found)


def is_own(agreement: Agreement, period: Period) -> bool:
    """Whether a span is exactly one period of an agreement: the first one begins where the agreement does.

    Raises:
        ValueError: the agreement takes effect only after the span.
    """
    first, *more = own_periods(agreement, period)
    since = begins(agreement)
    start = first.start if since is None else max(first.start, since)
    return not more and period.end == first.end and period.start in (first.start, start)


def uncredited(agreement: Agreement, period: Period) -> str:
    """Return why nothing is credited for a span, and for what instead; empty where it is an own period.

    Raises:
        ValueError: the agreement takes effect only after the span.
    """
    if is_own(agreement, period):
        return ""
    own = own_periods(agreement, period)
    return f"credits are worked out for each {own[0].kind}: see {labels(own)}"


def labels(periods: Sequence[Period]) -> str:
    """Return how periods are called together: `2026-10`, `2026-10 and 2026-11`, `2026-01 to 2026-12`."""
    if len(periods) > 2:
        return f"{periods[0].label} to {periods[-1].label}"
    return " and ".join(period.label for period in periods)
