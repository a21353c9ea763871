"""The figures of an agreement's running period as metrics."""

from collections.abc import Callable
from fractions import Fraction
from typing import Final

from slawatch.core.burn import rate
from slawatch.core.evaluation import Evaluation
from slawatch.core.instant import Micros
from slawatch.core.judgement import Judgement, strictest
from slawatch.core.objective import Budget, Verdict
from slawatch.core.running import LossOf, losses
from slawatch.core.stake import next_stake


def loss_of(found: Evaluation) -> LossOf:
    """Return what gives the losses of an agreement in any stretch that its evidence reaches back to."""
    return losses(found.terms, (found.together,) if found.together else found.subjects)


def promise_of(found: Evaluation) -> Judgement | None:
    """Return the strictest promise on availability; None without one."""
    return strictest(found.objectives)


def budget_of(found: Evaluation) -> Budget | None:
    """Return the error budget of the strictest promise; None without one."""
    promise = promise_of(found)
    return promise.budget if promise else None


def pledge_value(name: str, found: Evaluation, window: Micros) -> float | None:
    """Return the value of a metric of agreements; None where there is nothing to tell.

    Args:
        name: of the metric.
        found: the running period.
        window: up to now, for a metric that looks back over one.

    Raises:
        KeyError: it is no metric of agreements.
    """
    value = _VALUES[name](found, window)
    return None if value is None else float(value)


def _percent(share: Fraction | None) -> Fraction | None:
    return None if share is None else share * 100


def _budget(part: Callable[[Budget], Fraction | None]) -> Callable[[Evaluation, Micros], Fraction | None]:
    def value(found: Evaluation, _: Micros) -> Fraction | None:
        budget = budget_of(found)
        return part(budget) if budget else None

    return value


def _burn(found: Evaluation, window: Micros) -> Fraction | None:
    promise = promise_of(found)
    if promise is None:
        return None
    return rate(loss_of(found)(found.now - window, found.now), promise.target.value)


def _lasts(found: Evaluation, _: Micros) -> int | None:
    running = found.running
    return running.exhaustion.left if running and running.exhaustion else None


def _tier_left(found: Evaluation, _: Micros) -> int | None:
    stake = next_stake(found.running.standing.stakes) if found.running else None
    return stake.left if stake else None


def _locked(found: Evaluation) -> Fraction | None:
    return found.running.standing.share if found.running else found.credit.share


def _missed(found: Evaluation, _: Micros) -> int:
    return sum(one.verdict is Verdict.MISSED for one in found.objectives)


_VALUES: Final[dict[str, Callable[[Evaluation, Micros], Fraction | int | None]]] = {
    "budget_remaining": _budget(lambda b: _percent(b.remaining_share)),
    "budget_left": _budget(lambda b: b.remaining),
    "budget_spent": _budget(lambda b: b.spent),
    "burn_rate": _burn,
    "period_burn_rate": lambda e, _: e.running.burn if e.running else None,
    "budget_lasts": _lasts,
    "period_availability": lambda e, _: _percent(e.combined.share),
    "expected_availability": lambda e, _: _percent(e.running.forecast.expected if e.running else None),
    "best_availability": lambda e, _: _percent(e.running.forecast.best if e.running else None),
    "tier_left": _tier_left,
    "credit_due": lambda e, _: _percent(_locked(e)),
    "objectives_missed": _missed,
}
