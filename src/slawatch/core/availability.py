"""Availability: the share of the counted time in which a service worked, exact and with its bounds.

Every figure is `good / counted`; an empty denominator is no data (None), never 0 and never 100 %. Shares lie
between 0 and 1; `percent`, `shown` and `exact` turn them into what people and JSON read.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Final

from slawatch.core.agreement import UnknownPolicy
from slawatch.core.check import Join
from slawatch.core.counting import (
    PLAIN,
    UNKNOWN_POLICIES,
    DegradedPolicy,
    Look,
    Portion,
    Terms,
    counted,
    figure,
    good,
    promised,
    ratio,
    share,
    terms_at,
    weight,
)
from slawatch.core.evidence import CheckEvidence
from slawatch.core.instant import Instant, Micros
from slawatch.core.join import join_spans
from slawatch.core.ledger import NOTHING_EXCLUDED, Exclusions, Ledger, Piece, ledger
from slawatch.core.outage import Outage, outages
from slawatch.core.timeline import Edges, Span, clip, timeline

__all__ = [
    "EDGES",
    "NO_DATA",
    "PLAIN",
    "UNKNOWN_POLICIES",
    "Assessment",
    "Availability",
    "DegradedPolicy",
    "Portion",
    "Terms",
    "Watched",
    "assess",
    "assess_portions",
    "counted",
    "exact",
    "good",
    "percent",
    "reaching",
    "share",
    "shown",
    "watch",
    "weight",
]

NO_DATA: Final = "no data"
EDGES: Final[tuple[Edges, ...]] = ("measured", "worst", "best")


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What was seen of one service, or of several that are seen as one.

    Attributes:
        spans: its timeline for each kind of edges; all of them over the same interval.
        members: the timeline of each check, over the same interval.
        worked: the measured timeline with no member left out for its maintenance; None for the same.
        raw: the measured timeline with no member left out at all; None for the same.
    """

    spans: Mapping[Edges, tuple[Span, ...]]
    members: Mapping[str, tuple[Span, ...]] = field(default_factory=dict)
    worked: tuple[Span, ...] | None = None
    raw: tuple[Span, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """The figure, and what stands beside it; shares between 0 and 1, None for no data.

    Attributes:
        good, counted: microseconds; the figure is their quotient.
        low, high: what it could be if every change between two samples hurt, or helped, as much as it can.
        unknown_as: the figure under each policy for unknown time.
        maintenance_ignored: the figure if maintenance counted like any other time.
        as_measured: the figure with nothing excluded or forgiven at all.
        coverage: the share of the elapsed time that the terms count in which the state was known.
    """

    good: Fraction
    counted: Micros
    low: Fraction | None
    high: Fraction | None
    unknown_as: Mapping[UnknownPolicy, Fraction | None]
    maintenance_ignored: Fraction | None
    as_measured: Fraction | None
    coverage: Fraction | None

    @property
    def share(self) -> Fraction | None:
        """The figure itself."""
        return ratio(self.good, self.counted)

    @property
    def bad(self) -> Fraction:
        """What was lost: microseconds of counted time that were not good."""
        return self.counted - self.good


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """All that follows from the evidence on one service for one period.

    Attributes:
        pieces: the period cut into its classes; adjacent, in order.
        ledger: their lengths.
        availability: the figure.
        outages: those that touch the period.
        members: the timeline of each check, over the period.
    """

    pieces: tuple[Piece, ...]
    ledger: Ledger
    availability: Availability
    outages: tuple[Outage, ...]
    members: Mapping[str, tuple[Span, ...]]


def assess(
    service: str,
    evidence: Sequence[CheckEvidence],
    rule: Join,
    start: Instant,
    end: Instant,
    *,
    now: Instant,
    terms: Terms = PLAIN,
    exclusions: Exclusions = NOTHING_EXCLUDED,
    reach: Instant | None = None,
) -> Assessment:
    """Return all that follows from the evidence on a service's checks for the period `[start, end)`.

    Args:
        service: the service's name.
        evidence: one entry for each of its checks.
        rule: how they make its state.
        start: of the period.
        end: of the period.
        now: time from here on is the future.
        terms: how the contract counts.
        exclusions: what the contract takes out of the count.
        reach: the end of the window that the evidence was gathered for, where that is later than the
            period's: an outage under way at the period's end is then followed to its own end.

    Raises:
        ValueError: the period is empty, or the service has no check.
    """
    if start >= end:
        raise ValueError(f"a period must end after it starts, not [{start}, {end})")
    if not evidence:
        raise ValueError(f"the service {service} has no check, so nothing was measured about it")
    low, high = reaching(evidence, start, end, now, reach)
    portion = Portion(start=start, end=end, terms=terms, exclusions=exclusions)
    return assess_portions(service, watch(evidence, rule, low, high), (portion,), now)


def reaching(
    evidence: Iterable[CheckEvidence],
    start: Instant,
    end: Instant,
    now: Instant,
    reach: Instant | None = None,
) -> tuple[Instant, Instant]:
    """Return the interval that must be looked at to see the outages of `[start, end)` whole."""
    low = min([start, *(entry.transitions[0].at for entry in evidence if entry.transitions)])
    return low, max(end, min(end if reach is None else reach, now))


def watch(evidence: Sequence[CheckEvidence], rule: Join, low: Instant, high: Instant) -> Watched:
    """Return what was seen of a service in `[low, high)`.

    Raises:
        ValueError: there is no check, or the interval is empty.
    """
    spans: dict[Edges, tuple[Span, ...]] = {}
    members: dict[str, tuple[Span, ...]] = {}
    for edges in EDGES:
        parts = {entry.check: timeline(entry, low, high, edges) for entry in evidence}
        members = members or parts
        spans[edges] = join_spans(tuple(parts.values()), rule)
    return Watched(spans=spans, members=members)


def assess_portions(service: str, watched: Watched, portions: Sequence[Portion], now: Instant) -> Assessment:
    """Return all that follows from what was seen of a service for a period made of adjacent portions.

    Args:
        service: the service's name.
        watched: what was seen, over all portions and as far before and after them as is known.
        portions: in order; each one's time counts by its own terms, and the sums make the figure.
        now: time from here on is the future.
    """
    start, end = portions[0].start, portions[-1].end
    last = portions[-1].terms
    looks = {edges: Look(spans, now) for edges, spans in watched.spans.items()}
    measured = looks["measured"]
    worked = measured if watched.worked is None else Look(watched.worked, now)
    raw = measured if watched.raw is None else Look(watched.raw, now)
    parts = [(portion, measured.pieces(portion)) for portion in portions]
    pieces = tuple(piece for _, found in parts for piece in found)
    ledgers = [(portion, ledger(found)) for portion, found in parts]
    own = figure(ledgers)

    def under(look: Look, changed: Sequence[Portion]) -> Fraction | None:
        same = look is measured and all(one == other for one, other in zip(changed, portions, strict=True))
        return own.share if same else figure(look.ledgers(changed)).share

    bounds = [own, *(figure(looks[edges].ledgers(portions)) for edges in ("worst", "best"))]
    known = [share for found in bounds if (share := found.share) is not None]
    plain = [
        replace(
            p,
            exclusions=NOTHING_EXCLUDED,
            counted=(),
            terms=Terms(unknown=p.terms.unknown, degraded=p.terms.degraded),
        )
        for p in portions
    ]
    ignored = [replace(p, exclusions=p.exclusions.without_maintenance()) for p in portions]
    elapsed = sum(promised(p, p.start, now) for p in portions)
    return Assessment(
        pieces=pieces,
        ledger=ledger(pieces),
        availability=Availability(
            good=own.good,
            counted=own.counted,
            low=min(known, default=None),
            high=max(known, default=None),
            unknown_as={policy: figure(ledgers, policy).share for policy in UNKNOWN_POLICIES},
            maintenance_ignored=under(worked, ignored),
            as_measured=under(raw, plain),
            coverage=ratio(Fraction(sum(counted(entries) for _, entries in ledgers)), elapsed),
        ),
        outages=tuple(
            replace(outage, long_enough=outage.length >= terms_at(portions, outage.clipped.start).min_outage)
            for outage in outages(
                service,
                pieces,
                measured.runs(last.bad),
                worst=looks["worst"].runs(last.bad),
                best=looks["best"].runs(last.bad),
                bad=last.bad,
            )
        ),
        members={check: tuple(clip(spans, start, end)) for check, spans in watched.members.items()},
    )


def percent(figure: Fraction | None) -> float | None:
    """Return a share as the percent number of JSON; never 100 where it is less."""
    if figure is None:
        return None
    number = float(figure * 100)
    return _BELOW_HUNDRED if number >= 100 and figure < 1 else number


def exact(figure: Fraction | None) -> str | None:
    """Return a share as `numerator/denominator`."""
    return None if figure is None else f"{figure.numerator}/{figure.denominator}"


def shown(figure: Fraction | None, decimals: int = 3) -> str:
    """Return a share in percent for people, floored to so many decimals; `no data` for None.

    >>> shown(Fraction(99_995, 100_000), 2), shown(None)
    ('99.99', 'no data')
    """
    if figure is None:
        return NO_DATA
    scale = 10**decimals
    scaled = figure * 100 * scale
    whole, rest = divmod(scaled.numerator // scaled.denominator, scale)
    return f"{whole}.{rest:0{decimals}}" if decimals else str(whole)


_BELOW_HUNDRED: Final = 99.99999999999999
