"""What is at stake while a period runs: the time left before each tier of credits, and the money."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from slawatch.core.agreement import Agreement
from slawatch.core.burn import Loss
from slawatch.core.credit import Credit, Tier, credit, tiers
from slawatch.core.instant import Micros


class Stake(NamedTuple):
    """One tier, seen from now.

    Attributes:
        tier: the tier.
        left: how much counted time may still be lost before the period ends in this tier or a lower one,
            microseconds; 0 where it does already, even if nothing more is lost.
        reached: whether it does.
        amount: what would be due on its upper edge; None without a fee.
        allowed: how much may be lost before it in all, what was lost already included.
    """

    tier: Tier
    left: Micros
    reached: bool
    amount: Decimal | None
    allowed: Fraction


class Standing(NamedTuple):
    """The money of a period as it stands.

    Attributes:
        locked: what is due even if nothing more is lost; None without a fee or data.
        stakes: the tiers, best availability first.
        share: the same as `locked`, as a share of the fee; None for no data.
    """

    locked: Decimal | None
    stakes: tuple[Stake, ...]
    share: Fraction | None = None


def standing(terms: Agreement, whole: Loss, *, of_period: Fraction = Fraction(1)) -> Standing:
    """Return how far a running period is from each tier.

    Args:
        terms: the version that judges the period.
        whole: what is lost of the time that the whole period will have counted, if nothing more is lost.
        of_period: the share of the period that these terms hold for; the fee is theirs as far as that.
    """
    if whole.share is None:
        return Standing(None, ())
    locked = credit(terms, 1 - whole.share, of_period=of_period)
    found = [_stake(terms, tier, whole, of_period) for tier in tiers(terms.credits)]
    return Standing(locked.amount, tuple(found), None if locked.share is None else locked.share * of_period)


def with_besides(own: Standing, others: Sequence[tuple[Fraction, Credit]]) -> Standing:
    """Return the money of a period of which other parts earn theirs too; (share of the period, credit)."""
    if not others:
        return own
    amounts = [one.amount for _, one in others if one.amount is not None]
    more = sum(amounts, Decimal(0))
    shares = [weight * one.share for weight, one in others if one.share is not None]
    return Standing(
        own.locked + more if own.locked is not None else more if amounts else None,
        tuple(s if s.amount is None else s._replace(amount=s.amount + more) for s in own.stakes),
        sum(shares, own.share or Fraction(0)),
    )


def next_stake(stakes: Sequence[Stake]) -> Stake | None:
    """Return the tier that comes next if more is lost; None where the last one is reached."""
    return next((stake for stake in stakes if not stake.reached), None)


def _stake(terms: Agreement, tier: Tier, whole: Loss, of_period: Fraction) -> Stake:
    bad, length = whole.bad, whole.counted
    edge = Fraction(1) if tier.high is None else tier.high
    allowed = (1 - edge) * length
    reached = bad > allowed or (bad == allowed and (tier.to_high or tier.high is None))
    left = 0 if reached else (allowed - bad).__floor__()
    # Just inside of the tier: its upper edge belongs to it only where it says so.
    inside = edge if tier.to_high or tier.high is None else min(edge, edge - Fraction(1, length))
    due = credit(terms, max(inside, Fraction(0)), of_period=of_period)
    return Stake(tier, left, reached, due.amount, allowed)
