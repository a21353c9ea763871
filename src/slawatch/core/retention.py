"""Until when claims can be made, and from when on samples are kept: as long as a claim can rest on them."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from slawatch.core.agreement import Agreement
from slawatch.core.civil import day_of, midnight
from slawatch.core.instant import DAY, HOUR, Instant, Micros
from slawatch.core.period import containing, neighbour
from slawatch.core.version import parts, versions

_LONGEST: Final[dict[str, Micros]] = {
    "day": 25 * HOUR, "week": 7 * DAY + HOUR, "month": 31 * DAY + HOUR, "quarter": 92 * DAY + HOUR,
    "year": 366 * DAY,
}  # fmt: skip
_BEFORE: Final[Micros] = DAY
"""Kept before a period: counters go on from their last reading there."""


def claims_until(terms: Agreement, end: Instant) -> Instant:
    """Return until when credits for a period that ends at an instant can be claimed; its end for no time.

    A window of whole days ends as many civil days later, whatever the clocks do in between.
    """
    if not terms.claim_periods:
        whole, rest = divmod(terms.claim_window, DAY)
        if rest or midnight(day_of(end, terms.timezone), terms.timezone) != end:
            return end + terms.claim_window
        return midnight(day_of(end, terms.timezone) + timedelta(days=whole), terms.timezone)
    following = containing(end, terms.period, terms.timezone)
    return neighbour(following, terms.claim_periods - 1).end


def kept_from(asked: Micros, agreements: Iterable[Agreement], now: Instant) -> Instant:
    """Return from when on samples are kept.

    Those of a period stay until its claims can no longer be made, whatever is asked for; those of a period
    without claims until it is over.

    Args:
        asked: for how long they are to be kept.
        agreements: with their versions.
        now: the present.
    """
    return min([now - asked, *(start - _BEFORE for terms in agreements for start in _claimable(terms, now))])


def longest(terms: Agreement) -> Micros:
    """Return how long samples are kept at most for an agreement: its period, the claims, and a day."""
    found = max(
        _LONGEST[one.period] * (1 + one.claim_periods) + (0 if one.claim_periods else one.claim_window)
        for one in versions(terms)
    )
    return found // DAY * DAY + _BEFORE


def _claimable(terms: Agreement, now: Instant) -> Iterable[Instant]:
    """Yield the start of the oldest period on which a claim can still be made, if there is one."""
    oldest: Instant | None = None
    for version in versions(terms):
        period = containing(now, terms.period, terms.timezone)
        while claims_until(version, period.end) > now:
            judging = parts(terms, period.start, period.end)
            if not judging:
                break
            if judging[-1].terms is version:
                oldest = judging[0].start if oldest is None else min(oldest, judging[0].start)
            period = neighbour(period, -1)
    if oldest is not None:
        yield oldest
