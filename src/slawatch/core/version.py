"""Which terms hold when: a period that two versions of an agreement share is split between them."""

from dataclasses import dataclass
from datetime import date

from slawatch.core.agreement import Agreement
from slawatch.core.civil import midnight
from slawatch.core.instant import Instant, Micros
from slawatch.core.period import Period


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
