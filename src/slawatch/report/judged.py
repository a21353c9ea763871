"""From an evaluation to what a report says of the contract: words and lines, no figure of its own."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from slawatch.core.adjustment import Adjustment, worded
from slawatch.core.calendar import Calendar
from slawatch.core.credit import Credit, Tier, percent_text, plain, tiers
from slawatch.core.evaluation import Evaluation, trend_point
from slawatch.core.instant import Instant
from slawatch.core.objective import Measure
from slawatch.core.retention import claims_until
from slawatch.core.trend import Reaction, TrendPoint, trend
from slawatch.report.contract import (
    AdjustmentLine,
    Contract,
    CreditLine,
    PartLine,
    QuotaLine,
    TierLine,
    Wording,
)
from slawatch.report.terms import clauses


def contract(
    found: Evaluation,
    decimals: int,
    calendars: Mapping[str, Calendar],
    earlier: Sequence[TrendPoint] | None,
    reactions: Iterable[Reaction] = (),
) -> Contract:
    """Return what an agreement comes to, arranged for a report.

    Args:
        found: its evaluation.
        decimals: with which its availabilities are shown.
        calendars: the service hours, by name.
        earlier: how the periods before this one went, oldest first; None for no trend.
        reactions: the incidents of this period; others are ignored.
    """
    promised = tuple(o for o in found.objectives if o.target.measure is Measure.AVAILABILITY)
    here = trend_point(replace(found, objectives=promised), reactions)
    return Contract(
        combine=found.terms.combine,
        decimals=decimals,
        combined=found.combined,
        measured=None if found.measured is found.combined else found.measured,
        parts=tuple(_parts(found, calendars)),
        tiers=tuple(_tier(tier, found.credit.tier) for tier in tiers(found.terms.credits)),
        credit=_credit(found),
        quotas=tuple(_quotas(found)),
        adjustments=tuple(
            line
            for a in found.adjustments
            if (
                (line := _adjustment(a, found)).start is not None
                and line.start < found.parts[-1].end
                and (line.end or line.start) > found.parts[0].start
            )
            or (line.start is None and a.touches(found.parts[0].start, found.parts[-1].end))
        ),
        running=found.running,
        trend=None if earlier is None else trend([*earlier, here]),
    )


def _parts(found: Evaluation, calendars: Mapping[str, Calendar]) -> Iterator[PartLine]:
    before: Wording = ()
    for part in found.parts:
        said = tuple(clauses(part.terms, calendars))
        yield PartLine(
            start=part.start,
            end=part.end,
            effective_from=part.terms.effective_from,
            wording=tuple(line for line in said if line not in before),
        )
        before = said


def _tier(tier: Tier, applies: Tier | None) -> TierLine:
    return TierLine(
        tier=str(tier), credit=credit_words(tier), clause=tier.band.clause, applies=tier == applies
    )


def credit_words(tier: Tier) -> str:
    """Return what a tier credits: `10 % of the fee`."""
    if tier.band.multiple is not None:
        return f"{plain(tier.band.multiple)} times the fee of the time that was lost"
    return "nothing" if tier.band.credit is None else f"{plain(tier.band.credit)} % of the fee"


def _credit(found: Evaluation) -> CreditLine | None:
    if found.uncredited or not any(part.terms.credits for part in found.parts):
        return None
    due, before = found.credit, found.credit_measured
    end: Instant = found.parts[-1].end
    claims = claims_until(found.terms, end)
    return CreditLine(
        percent=due.percent,
        amount=_amount(due),
        currency=due.currency,
        tier="" if due.tier is None else str(due.tier),
        working=due.working,
        claim_until=claims if claims > end else None,
        percent_before=before.percent,
        amount_before=_amount(before),
        under={
            policy: None if share is None else percent_text(share)
            for policy, share in found.credit_unknown.items()
        },
    )


def _amount(due: Credit) -> str | None:
    return None if due.amount is None else format(due.amount, "f")


def _quotas(found: Evaluation) -> Iterator[QuotaLine]:
    for subject in found.subjects:
        for service, grant in subject.grants.items():
            for used in grant.quota:
                yield QuotaLine(service=service, label=used.label, allowed=used.allowed, used=used.used)


def _adjustment(adjustment: Adjustment, found: Evaluation) -> AdjustmentLine:
    added = adjustment.added
    start: Instant | None = added.start
    end: Instant | None = added.end
    if added.outage:
        outages = (o for s in found.subjects for o in s.measured.outages if o.id == added.outage)
        outage = next(outages, None)
        start, end = (None, None) if outage is None else (outage.start, outage.end)
    return AdjustmentLine(
        id=added.id,
        service=added.service,
        kind=added.kind,
        outage=added.outage,
        start=start,
        end=end,
        reason=added.reason,
        evidence=added.evidence,
        author=added.author,
        added=added.at,
        approvers=adjustment.approvers,
        state=adjustment.state,
        holds=(holds := adjustment.holds(found.terms.approval)),
        stands=worded(adjustment.state, holds=holds),
    )
