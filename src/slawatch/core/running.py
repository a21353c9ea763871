"""What can still be told, and changed, of an agreement's period while it runs.

The rest of the period is taken as promised time: budgets, stakes and the best that can come rest on one and
the same figure, `Combined.whole`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TypeAlias

from slawatch.core.agreement import Agreement
from slawatch.core.burn import Burning, Exhaustion, Forecast, Loss, burning, exhaustion, forecast, lost, rate
from slawatch.core.combine import Combined, combined_loss, weights_of
from slawatch.core.instant import HOUR, Instant, Micros
from slawatch.core.judgement import Judgement
from slawatch.core.ledger import Exclusions
from slawatch.core.objective import Target
from slawatch.core.period import Period, days
from slawatch.core.stake import Standing
from slawatch.core.subject import Subject

RECENT: Micros = 6 * HOUR
"""The stretch up to now by whose losses the time to exhaustion is told."""

LossOf: TypeAlias = Callable[[Instant, Instant], Loss]
"""Gives what was lost between two instants, as the terms count it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A period from within.

    Attributes:
        target: the strictest availability target; the rates and rules are about it. None without one.
        burn: the burn rate of the period so far; None without a target or data.
        rules: how each burn-rate rule stands that can fire at all.
        exhaustion: when the budget is used up if the last hours go on; None without a target.
        forecast: the availability at the period's end.
        standing: the money: what is due already, and how far the next tiers are.
    """

    target: Target | None
    burn: Fraction | None
    rules: tuple[Burning, ...]
    exhaustion: Exhaustion | None
    forecast: Forecast
    standing: Standing


def losses(terms: Agreement, judged: Sequence[Subject]) -> LossOf:
    """Return what gives the losses of some subjects together, as far back as their evidence reaches."""
    weights = weights_of(terms, judged)
    seen = [(weights[one.name], one.terms, (*one.before, *one.adjusted.pieces)) for one in judged]

    def loss(start: Instant, end: Instant) -> Loss:
        return combined_loss(terms, [(weight, lost(pieces, start, end, by)) for weight, by, pieces in seen])

    return loss


def running(
    terms: Agreement,
    period: Period,
    now: Instant,
    judged: Sequence[Subject],
    combined: Combined,
    promise: Judgement | None,
    standing: Standing,
) -> Running:
    """Return what can be told of a period that runs.

    Args:
        terms: the version that judges.
        period: it runs now.
        now: the present.
        judged: the services and groups, or all of them as one.
        combined: their figure.
        promise: the strictest promise on availability; None without one.
        standing: the money.
    """
    rules: tuple[Burning, ...] = ()
    left = None
    if promise and promise.budget:
        limiting = [one for one in judged if combined.limited_by in ("", one.name)]
        rules = burning(losses(terms, judged), now, promise.target.value, period.length)
        recent = losses(terms, limiting)(now - RECENT, now)
        left = exhaustion(promise.budget.remaining, recent, now, period.end, _ahead(limiting[0]))
    deciding = losses(terms, [one for one in judged if combined.decided_by in ("", one.name)])
    by_day = [deciding(day.start, min(day.end, now)) for day in days(period) if day.start < now]
    one = next((one for one in judged if one.name == combined.decided_by), None)
    remaining = one.remaining if one else max(0, combined.whole.counted - combined.loss.counted)
    ahead = forecast(combined.loss, by_day, remaining)
    gone = combined.whole.share
    return Running(
        target=promise.target if promise else None,
        burn=rate(combined.loss, promise.target.value) if promise else None,
        rules=rules,
        exhaustion=left,
        # Who stands worst so far need not be who can end worst.
        forecast=ahead if ahead.best is None or gone is None else replace(ahead, best=1 - gone),
        standing=standing,
    )


def _ahead(subject: Subject) -> Exclusions:
    """Return what does not count of the time ahead, whatever version's terms it falls under."""
    every = [portion.exclusions for portion in subject.portions]
    return Exclusions(
        outside_hours=[one for found in every for one in found.outside_hours],
        maintenance=[one for found in every for one in found.maintenance],
        excused=[one for found in every for one in found.excused],
    )
