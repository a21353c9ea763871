"""Service credits: which tier an availability lies in, and what that comes to, worked out line by line.

The exact share is compared with the tiers, never a rounded one. Amounts are decimals, rounded once, at the
end.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import (
    ROUND_CEILING,
    ROUND_FLOOR,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    Context,
    Decimal,
)
from fractions import Fraction
from itertools import pairwise
from typing import Final, NamedTuple

from slawatch.core.agreement import Agreement, Band, Fee, Rounding

_MODES: Final[dict[Rounding, str]] = {
    "half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN, "down": ROUND_FLOOR, "up": ROUND_CEILING,
}  # fmt: skip
_MODE_WORDS: Final[dict[Rounding, str]] = {
    "half_up": "half up", "half_even": "half to even", "down": "down", "up": "up",
}  # fmt: skip
_DECIMALS: Final = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI",
                     "VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}  # fmt: skip
"""Decimals of the currencies (ISO 4217) that have other than two."""

_EXACT: Final = Context(prec=60)
_SHOWN: Final = 6


class Tier(NamedTuple):
    """A band with both its edges known; shares between 0 and 1, None for none on that side.

    Attributes:
        low, high: the edges.
        from_low, to_high: whether the edge itself belongs to it.
        band: as it was written.
        number: its place in the agreement, counted from 1.
    """

    low: Fraction | None
    from_low: bool
    high: Fraction | None
    to_high: bool
    band: Band
    number: int

    def holds(self, share: Fraction) -> bool:
        """Whether a share lies in it."""
        over = self.low is None or share > self.low or (self.from_low and share == self.low)
        under = self.high is None or share < self.high or (self.to_high and share == self.high)
        return over and under

    def __str__(self) -> str:
        """The tier for people: `at least 99.0 %, below 99.9 %`."""
        edges = []
        if self.low is not None:
            edges.append(f"{'at least' if self.from_low else 'above'} {percent_text(self.low)} %")
        if self.high is not None:
            edges.append(f"{'at most' if self.to_high else 'below'} {percent_text(self.high)} %")
        return ", ".join(edges) or "any availability"


class Fault(NamedTuple):
    """What is wrong with the tiers of an agreement.

    Attributes:
        number: the tier, counted from 0 as written.
        key: of its table.
        text: what is wrong, for people.
    """

    number: int
    key: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """What is due for a period.

    Attributes:
        share: of the fee, after the cap; None where there is no data.
        amount: what is due; None where there is no data or no fee.
        currency: of the amount; empty without a fee.
        tier: where the availability lies; None in none.
        working: how it was worked out, line by line.
    """

    share: Fraction | None
    amount: Decimal | None
    currency: str
    tier: Tier | None
    working: tuple[str, ...]

    @property
    def percent(self) -> str | None:
        """The share in percent, exact where six decimals can say it; None for no data."""
        return None if self.share is None else percent_text(self.share)


def tiers(bands: Sequence[Band]) -> tuple[Tier, ...]:
    """Return the tiers of an agreement, best availability first.

    A band without a lower edge reaches down to the upper edge of the next lower band.
    """
    found = [_edges(band, number) for number, band in enumerate(bands, start=1)]
    found.sort(key=_from_the_top, reverse=True)
    for index, (tier, lower) in enumerate(pairwise(found)):
        if tier.low is None and lower.high is not None:
            found[index] = tier._replace(low=lower.high, from_low=not lower.to_high)
    return tuple(found)


def faults(bands: Sequence[Band]) -> Iterator[Fault]:
    """Yield what is wrong with the tiers: nothing to credit, empty, overlapping, with a hole between."""
    for number, band in enumerate(bands):
        for one, other in (("at_least", "above"), ("below", "at_most"), ("credit", "multiple")):
            if getattr(band, one) is not None and getattr(band, other) is not None:
                yield Fault(number, other, f"write either `{one}` or `{other}`, not both")
        if band.credit is None and band.multiple is None:
            yield Fault(number, "credit", "a tier says what is due: `credit` percent, or a `multiple`")
        if band.below is None and band.at_most is None:
            yield Fault(
                number, "below", "a tier says below which availability it holds: `below` or `at_most`"
            )
    empty = [tier for number, band in enumerate(bands, start=1) if not _room(tier := _edges(band, number))]
    yield from (Fault(tier.number - 1, _key(tier), f"no availability is {tier}") for tier in empty)
    found = () if empty else tiers(bands)
    for upper, lower in pairwise(found):
        if upper.low is None or lower.high is None or not _room(upper):
            yield Fault(lower.number - 1, "below", f"overlaps tier {upper.number}, which is {upper}")
            continue
        touching = upper.from_low != lower.to_high
        if upper.low < lower.high or (upper.low == lower.high and upper.from_low and lower.to_high):
            yield Fault(upper.number - 1, _key(upper), f"overlaps tier {lower.number}: {upper} and {lower}")
        elif upper.low > lower.high or not touching:
            yield Fault(
                upper.number - 1,
                _key(upper),
                f"leaves a hole above tier {lower.number}: nothing is said between {lower} and {upper}",
            )
    if found and found[-1].low is not None and found[-1].low > 0:
        yield Fault(
            found[-1].number - 1, _key(found[-1]),
            f"leaves a hole: nothing is said of less than {percent_text(found[-1].low)} %",
        )  # fmt: skip


def tier_of(share: Fraction, found: Sequence[Tier]) -> Tier | None:
    """Return the tier that a share lies in; None where nothing is due."""
    return next((tier for tier in found if tier.holds(share)), None)


def credited(band: Band, share: Fraction) -> Fraction:
    """Return the share of the fee that a band credits for an availability, before any cap."""
    if band.multiple is not None:
        return Fraction(band.multiple) * (1 - share)
    return Fraction(band.credit or 0) / 100


def credit(
    terms: Agreement, share: Fraction | None, *, of_period: Fraction = Fraction(1), what: str = "availability"
) -> Credit:
    """Return what is due under one version of an agreement.

    Args:
        terms: the version.
        share: the exact availability; None for no data.
        of_period: the share of the period that these terms held for; the fee is theirs as far as that.
        what: what the share is of, for the working.
    """
    currency = terms.fee.currency if terms.fee else ""
    if share is None:
        why = f"There is no data: no {what} can be worked out, so no credit is."
        return Credit(share=None, amount=None, currency=currency, tier=None, working=(why,))
    tier = tier_of(share, tiers(terms.credits))
    lines = [
        f"The {what} is {percent_text(share, floor=True)} % (exactly {share.numerator}/{share.denominator})."
    ]
    due = Fraction(0)
    if tier is None:
        lines.append("It lies in none of the tiers: no credit is due.")
    else:
        due = credited(tier.band, share)
        lines.append(_why(terms, tier, share, due))
    if terms.cap is not None and due > Fraction(terms.cap) / 100:
        due = Fraction(terms.cap) / 100
        lines.append(f"Credits come to {plain(terms.cap)} % of the fee at most: {plain(terms.cap)} %.")
    amount = None
    if terms.fee is not None:
        amount = _amount(terms, terms.fee, due, of_period, lines)
    return Credit(share=due, amount=amount, currency=currency, tier=tier, working=tuple(lines))


def together(found: Sequence[tuple[str, Fraction, Credit]]) -> Credit:
    """Return the credit of a period whose parts earned theirs each; (label, share of the period, credit)."""
    known = [(share, one) for _, share, one in found if one.share is not None]
    amounts = [one.amount for _, one in known if one.amount is not None]
    lines = [f"{label}: {line}" for label, _, one in found for line in one.working]
    total = sum(amounts, Decimal(0)) if amounts else None
    currency = next((one.currency for _, _, one in reversed(found) if one.currency), "")
    if total is not None and len(amounts) > 1:
        lines.append(f"Together: {' + '.join(map(str, amounts))} = {total} {currency}.")
    return Credit(
        share=sum((weight * (one.share or 0) for weight, one in known), Fraction(0)) if known else None,
        amount=total,
        currency=currency,
        tier=found[-1][2].tier,
        working=tuple(lines),
    )


def round_money(amount: Fraction, currency: str, mode: Rounding = "half_up") -> Decimal:
    """Return an exact amount rounded to the smallest coin of its currency.

    >>> round_money(Fraction(125, 1000), "EUR"), round_money(Fraction(1, 2), "JPY", "half_even")
    (Decimal('0.13'), Decimal('0'))
    """
    decimals = _DECIMALS.get(currency, 2)
    scaled = amount * 10**decimals
    whole, rest = divmod(scaled.numerator, scaled.denominator)
    # Halves are told exactly: a quotient of Decimals could be rounded before it is rounded.
    twice = 2 * rest - scaled.denominator
    above = Decimal(whole) + (Decimal("0.25") if rest and twice < 0 else 0)
    above += Decimal("0.5") if rest and twice == 0 else Decimal("0.75") if twice > 0 else 0
    return above.quantize(Decimal(1), _MODES[mode], _EXACT).scaleb(-decimals, _EXACT)


def percent_text(share: Fraction, *, floor: bool = False) -> str:
    """Return a share in percent with six decimals at most, rounded or floored where they do not suffice."""
    scaled = share * 100 * 10**_SHOWN
    number = scaled.__floor__() if floor else round(scaled)
    return plain(Decimal(number).scaleb(-_SHOWN, _EXACT))


def plain(number: Decimal) -> str:
    """Return a decimal without exponent and without idle zeros.

    >>> plain(Decimal("99.900")), plain(Decimal("1E+2"))
    ('99.9', '100')
    """
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _why(terms: Agreement, tier: Tier, share: Fraction, due: Fraction) -> str:
    cited = tier.band.clause or f"{terms.key}, credits, tier {tier.number}"
    since = f" as of {terms.effective_from}" if terms.effective_from else ""
    said = f"That is {tier} ({cited}{since}): "
    if tier.band.multiple is None:
        return f"{said}{percent_text(due)} % of the fee."
    lost = f"{percent_text(1 - share)} % of the time that was lost"
    return f"{said}{plain(tier.band.multiple)} times the {lost}, {percent_text(due)} % of the fee."


def _amount(terms: Agreement, fee: Fee, due: Fraction, of_period: Fraction, lines: list[str]) -> Decimal:
    base = Fraction(fee.amount) * of_period
    exact = base * due
    shown = f"{fee.amount} {fee.currency}"
    if of_period != 1:
        shown = f"{percent_text(of_period)} % of {shown}, for the share of the period that these terms held,"
    rounded = round_money(exact, fee.currency, terms.rounding)
    line = f"{percent_text(due)} % of {shown} are {_money(exact)}"
    if Fraction(rounded) != exact:
        line += f", rounded {_MODE_WORDS[terms.rounding]} to {rounded}"
    lines.append(f"{line} {fee.currency}.")
    if terms.pay_above is not None and due > 0 and rounded <= terms.pay_above:
        lines.append(
            f"A credit is paid only where it is more than {terms.pay_above} {fee.currency}: none is due."
        )
        return round_money(Fraction(0), fee.currency)
    return rounded


def _money(amount: Fraction) -> str:
    """Return an amount with up to eight decimals, two at least."""
    scaled = round(amount * 10**8)
    text = plain(Decimal(scaled).scaleb(-8, _EXACT))
    whole, _, decimals = text.partition(".")
    return f"{whole}.{decimals:0<2}"


def _edges(band: Band, number: int) -> Tier:
    low = band.at_least if band.at_least is not None else band.above
    high = band.below if band.below is not None else band.at_most
    return Tier(
        None if low is None else Fraction(low) / 100,
        band.at_least is not None,
        None if high is None else Fraction(high) / 100,
        band.below is None and band.at_most is not None,
        band,
        number,
    )


def _from_the_top(tier: Tier) -> tuple[Fraction, bool, Fraction, bool]:
    return (
        Fraction(2) if tier.high is None else tier.high,
        tier.to_high,
        Fraction(-1) if tier.low is None else tier.low,
        not tier.from_low,
    )


def _room(tier: Tier) -> bool:
    if tier.low is None or tier.high is None:
        return True
    return tier.low < tier.high or (tier.low == tier.high and tier.from_low and tier.to_high)


def _key(tier: Tier) -> str:
    keys: Iterable[str] = ("at_least", "above", "below", "at_most")
    return next((key for key in keys if getattr(tier.band, key) is not None), "below")
