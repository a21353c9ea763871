"""What is at stake while a period runs: the time left before each tier of credits, and the money."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from slawatch.core.agreement import Agreement
from slawatch.core.burn import Loss
from slawatch.core.credit import Tier, credit, tiers
from slawatch.core.instant import Micros


class Stake(NamedTuple):
    """One tier, seen from now.

    Attributes:
        tier: the tier.
        left: how much counted time may still be lost before the period ends in this tier or a lower one,
            microseconds; 0 where it does already, even if nothing more is lost.
        reached: whether it does.
        amount: what would be due on its upper edge; None without a fee.
    """

    tier: Tier
    left: Micros
    reached: bool
    amount: Decimal | None


class Standing(NamedTuple):
    """The money of a period as it stands.

    Attributes:
        locked: what is due even if nothing more is lost; None without a fee or data.
        stakes: the tiers, best availability first.
    """

    locked: Decimal | None
    stakes: tuple[Stake, ...]


def standing(terms: Agreement, done: Loss, remaining: Micros) -> Standing:
    """Return how far a running period is from each tier.

    Args:
        terms: the version that judges the period.
        done: what was lost so far.
        remaining: how much of the period is still to come and counts.
    """
    whole = done.counted + remaining
    if not whole:
        return Standing(None, ())
    best = 1 - done.bad / whole
    found = [_stake(terms, tier, done.bad, whole) for tier in tiers(terms.credits)]
    return Standing(credit(terms, best).amount, tuple(found))


def next_stake(stakes: Sequence[Stake]) -> Stake | None:
    """Return the tier that comes next if more is lost; None where the last one is reached."""
    return next((stake for stake in stakes if not stake.reached), None)


def _stake(terms: Agreement, tier: Tier, bad: Fraction, whole: Micros) -> Stake:
    edge = Fraction(1) if tier.high is None else tier.high
    allowed = (1 - edge) * whole
    reached = bad > allowed or (bad == allowed and (tier.to_high or tier.high is None))
    left = 0 if reached else (allowed - bad).__floor__()
    # Just inside of the tier: its upper edge belongs to it only where it says so.
    inside = edge if tier.to_high or tier.high is None else min(edge, edge - Fraction(1, whole))
    return Stake(tier, left, reached, credit(terms, max(inside, Fraction(0))).amount)
