"""How long single samples are kept: as long as is asked for, and as long as a claim can rest on them."""

from collections.abc import Iterable
from typing import Final

from slawatch.core.agreement import Agreement
from slawatch.core.instant import DAY, HOUR, Instant, Micros
from slawatch.core.period import containing, neighbour
from slawatch.core.version import parts, versions

_LONGEST: Final[dict[str, Micros]] = {
    "day": 25 * HOUR, "week": 7 * DAY, "month": 31 * DAY, "quarter": 92 * DAY, "year": 366 * DAY,
}  # fmt: skip
_BEFORE: Final[Micros] = DAY
"""Kept before a period: counters go on from their last reading there."""


def kept_from(asked: Micros, agreements: Iterable[Agreement], now: Instant) -> Instant:
    """Return from when on samples are kept.

    Those of a period stay until its claim window has ended, whatever is asked for; those of a period without
    a claim window until the period is over.

    Args:
        asked: for how long they are to be kept.
        agreements: with their versions.
        now: the present.
    """
    return min([now - asked, *(start - _BEFORE for terms in agreements for start in _claimable(terms, now))])


def longest(terms: Agreement) -> Micros:
    """Return how long samples are kept at most for an agreement: its period, the claim window, and a day."""
    return max(_LONGEST[one.period] + one.claim_window for one in versions(terms)) + _BEFORE


def _claimable(terms: Agreement, now: Instant) -> Iterable[Instant]:
    """Yield the start of the oldest period on which a claim can still be made, if there is one."""
    period = containing(now, terms.period, terms.timezone)
    oldest: Instant | None = None
    # No claim window of any version reaches further back.
    most = max(one.claim_window for one in versions(terms))
    while period.end + most > now:
        judging = parts(terms, period.start, period.end)
        if judging and period.end + judging[-1].terms.claim_window > now:
            oldest = judging[0].start
        if not judging:
            break
        period = neighbour(period, -1)
    if oldest is not None:
        yield oldest
