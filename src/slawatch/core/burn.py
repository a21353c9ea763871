"""How fast an error budget burns: rates over windows, alerting rules, exhaustion, the forecast of a period.

A burn rate of 1 spends the budget exactly by the period's end. The rules are those of Google's SRE workbook
("Alerting on SLOs", table 5-8): a share of the budget burnt in a long window, with a short one to tell that
it still goes on. Lengths are microseconds; rates are exact fractions, the forecast alone is an estimate.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import sqrt
from typing import Final, Literal, NamedTuple

from slawatch.core.counting import PLAIN, Terms, counted, good
from slawatch.core.instant import DAY, HOUR, MINUTE, Instant, Micros
from slawatch.core.ledger import Exclusions, Piece, ledger, planned
from slawatch.core.text import format_duration

Urgency = Literal["page", "ticket"]

_DEVIATIONS: Final = 1.959963984540054
"""Standard deviations either side that hold 95 % of a normal distribution."""


class Loss(NamedTuple):
    """What was lost of the counted time of a stretch, in microseconds."""

    bad: Fraction
    counted: Micros

    @property
    def share(self) -> Fraction | None:
        """The share that was lost; None where nothing counts."""
        return self.bad / self.counted if self.counted else None


class BurnRule(NamedTuple):
    """An alert on the budget: it fires while both windows burn faster than the factor.

    Attributes:
        budget: the share of the period's budget that is gone after the long window at just this rate.
        long, short: the windows.
        urgency: whether somebody is woken.
    """

    budget: Fraction
    long: Micros
    short: Micros
    urgency: Urgency

    def factor(self, period: Micros) -> Fraction:
        """Return the burn rate that the rule fires above, for a period of this length.

        >>> RULES[0].factor(30 * DAY)
        Fraction(72, 5)
        """
        return factor(self.budget, self.long, period)

    def fires(self, long: Fraction | None, short: Fraction | None, period: Micros) -> bool:
        """Whether the burn rates of both windows are above the factor; without data they are not."""
        limit = self.factor(period)
        return long is not None and short is not None and long > limit and short > limit


RULES: Final = (
    BurnRule(Fraction(2, 100), HOUR, 5 * MINUTE, "page"),
    BurnRule(Fraction(5, 100), 6 * HOUR, 30 * MINUTE, "page"),
    BurnRule(Fraction(10, 100), DAY, 2 * HOUR, "ticket"),
    BurnRule(Fraction(10, 100), 3 * DAY, 6 * HOUR, "ticket"),
)
"""Factors of 14.4, 6, 3 and 1 for a period of 30 days."""


class Burning(NamedTuple):
    """A rule as it stands.

    Attributes:
        rule: the rule.
        factor: for the period.
        long, short: the burn rates of its windows; None without data.
        fires: whether both are above the factor.
    """

    rule: BurnRule
    factor: Fraction
    long: Fraction | None
    short: Fraction | None
    fires: bool


class Exhaustion(NamedTuple):
    """When a budget is used up if it goes on burning as it does.

    Attributes:
        left: the counted time until then; 0 when it is used up; None where nothing burns.
        at: the instant; None where it comes after all that was planned.
    """

    left: Micros | None
    at: Instant | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What the availability of a whole period will be, judged by its days so far; shares, None for no data.

    Attributes:
        expected: if the rest is as good as what has gone by.
        low, high: between them with a probability of 95 %, if the days to come scatter like those gone by and
            do not depend on each other; None with fewer than two days to tell from.
        best: if nothing more is lost.
        days: how many days it rests on.
    """

    expected: Fraction | None
    low: Fraction | None
    high: Fraction | None
    best: Fraction | None
    days: int


def factor(budget: Fraction, window: Micros, period: Micros) -> Fraction:
    """Return the burn rate that spends a share of the period's budget in a window."""
    return budget * period / window


def consumed(rate: Fraction, window: Micros, period: Micros) -> Fraction:
    """Return the share of the period's budget that a burn rate spends in a window."""
    return rate * window / period


def lasts(rate: Fraction, period: Micros) -> Fraction | None:
    """Return how long a whole budget lasts at a burn rate; None where nothing burns."""
    return period / rate if rate else None


def highest(target: Fraction) -> Fraction | None:
    """Return the burn rate of a total outage, `1 / (1 - target)`; None for a target of 100 %."""
    return None if target == 1 else 1 / (1 - target)


def check_factor(target: Fraction, wanted: Fraction) -> None:
    """Refuse a factor that no outage could exceed.

    Raises:
        ValueError: a total outage burns no faster.
    """
    limit = highest(target)
    if limit is not None and wanted >= limit:
        raise ValueError(
            f"a burn rate is never above {float(limit):g} with a target of {float(target * 100):g} %: "
            f"a rule with the factor {float(wanted):g} would never fire"
        )


def usable(target: Fraction, period: Micros, rules: Iterable[BurnRule] = RULES) -> tuple[BurnRule, ...]:
    """Return the rules that can fire for a target and a period of this length: some may be out of reach."""
    limit = highest(target)
    if limit is None:
        return ()
    return tuple(rule for rule in rules if rule.long <= period and rule.factor(period) < limit)


def detection(target: Fraction, error_ratio: Fraction, window: Micros, limit: Fraction) -> Fraction | None:
    """Return after how long errors at this ratio bring a window's burn rate to a factor; None for never."""
    needed = limit * (1 - target) * window
    return needed / error_ratio if error_ratio and needed / error_ratio <= window else None


def lost(pieces: Sequence[Piece], start: Instant, end: Instant, terms: Terms = PLAIN) -> Loss:
    """Return what was lost in `[start, end)` of a classified stretch."""
    inside: list[Piece] = []
    for index in range(bisect_right(pieces, start, key=_end), len(pieces)):
        piece = pieces[index]
        if piece.start >= end:
            break
        inside.append(piece._replace(start=max(piece.start, start), end=min(piece.end, end)))
    entries = ledger(inside)
    whole = counted(entries, terms.unknown)
    return Loss(whole - good(entries, terms.unknown, terms.degraded), whole)


def rate(loss: Loss, target: Fraction) -> Fraction | None:
    """Return the burn rate of a loss; None without data, or for a target of 100 %, which has no budget."""
    return None if loss.share is None or target == 1 else loss.share / (1 - target)


def burning(
    loss: Callable[[Instant, Instant], Loss],
    now: Instant,
    target: Fraction,
    period: Micros,
    rules: Iterable[BurnRule] = RULES,
) -> tuple[Burning, ...]:
    """Return how each rule stands that can fire at all.

    Args:
        loss: gives what was lost between two instants.
        now: where the windows end.
        target: of the objective.
        period: its length.
        rules: to look at.
    """
    found = []
    for rule in usable(target, period, rules):
        long, short = (rate(loss(now - window, now), target) for window in (rule.long, rule.short))
        found.append(Burning(rule, rule.factor(period), long, short, rule.fires(long, short, period)))
    return tuple(found)


def exhaustion(
    remaining: Fraction, recent: Loss, now: Instant, until: Instant, exclusions: Exclusions
) -> Exhaustion:
    """Return when a budget is used up, if time goes on being lost as in a recent stretch.

    Args:
        remaining: what is left of the budget, microseconds.
        recent: the stretch to judge by.
        now: from when.
        until: how far ahead to look.
        exclusions: time ahead that does not count.
    """
    if remaining <= 0:
        return Exhaustion(0, now)
    if not recent.share:
        return Exhaustion(None, None)
    left = (remaining / recent.share).__ceil__()
    return Exhaustion(left, _when(left, now, until, exclusions))


def forecast(done: Loss, days: Sequence[Loss], remaining: Micros) -> Forecast:
    """Return the forecast of a period's availability.

    Args:
        done: what was lost of the period so far.
        days: the same by day.
        remaining: how much of the period is still to come and counts.
    """
    known = [day for day in days if day.counted]
    if done.share is None:
        return Forecast(expected=None, low=None, high=None, best=None, days=0)
    whole = done.counted + remaining

    def at_end(share: Fraction) -> Fraction:
        return 1 - (done.bad + share * remaining) / whole

    low = high = None
    if len(known) > 1 and remaining:
        mean = float(done.share)
        weights = [day.counted / done.counted for day in known]
        scatter = [(float(day.share or 0) - mean) ** 2 for day in known]
        variance = sum(w * s for w, s in zip(weights, scatter, strict=True)) * len(known) / (len(known) - 1)
        ahead = remaining * len(known) / done.counted
        margin = _DEVIATIONS * sqrt(variance * (1 / ahead + 1 / len(known)))
        low, high = (at_end(Fraction(min(max(mean + side, 0.0), 1.0))) for side in (margin, -margin))
    elif not remaining:
        low = high = at_end(Fraction(0))
    return Forecast(
        expected=at_end(done.share), low=low, high=high, best=at_end(Fraction(0)), days=len(known)
    )


def window_text(rule: BurnRule) -> str:
    """Return the windows of a rule for people: `1h and 5m`."""
    return f"{format_duration(rule.long)} and {format_duration(rule.short)}"


def _end(piece: Piece) -> Instant:
    return piece.end


def _when(left: Micros, now: Instant, until: Instant, exclusions: Exclusions) -> Instant | None:
    """Return the instant by which so much counted time will have gone by."""
    if planned(now, until, exclusions) < left:
        return None
    low, high = now, until
    while high - low > 1:
        middle = (low + high) // 2
        if planned(now, middle, exclusions) < left:
            low = middle
        else:
            high = middle
    return high
