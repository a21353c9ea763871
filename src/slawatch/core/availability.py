"""Availability: the share of the counted time in which a service worked, exact and with its bounds.

Every figure is `good / counted`; an empty denominator is no data (None), never 0 and never 100 %. Shares lie
between 0 and 1; `percent`, `shown` and `exact` turn them into what people and JSON read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final, Literal, TypeAlias

from slawatch.core.agreement import UnknownPolicy
from slawatch.core.check import Join
from slawatch.core.evidence import CheckEvidence
from slawatch.core.instant import Instant, Micros
from slawatch.core.join import join_spans
from slawatch.core.ledger import (
    NOTHING_EXCLUDED,
    Exclusions,
    Ledger,
    Piece,
    TimeClass,
    classify,
    ledger,
    planned,
)
from slawatch.core.outage import DOWN_ONLY, Outage, Run, outages, runs, without_short
from slawatch.core.sample import Outcome
from slawatch.core.timeline import Edges, Span, clip, timeline

DegradedPolicy: TypeAlias = Literal["up", "down"] | Decimal

UNKNOWN_POLICIES: Final[tuple[UnknownPolicy, ...]] = ("exclude", "down", "up")
NO_DATA: Final = "no data"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How a contract counts.

    Attributes:
        unknown: how time counts in which nobody knows the state.
        degraded: as up, as down, or the share of it that counts as up.
        min_outage: an outage shorter than this does not count.
    """

    unknown: UnknownPolicy = "exclude"
    degraded: DegradedPolicy = "up"
    min_outage: Micros = 0


PLAIN: Final = Terms()


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
        return _share(self.good, self.counted)

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


def counted(entries: Ledger, unknown: UnknownPolicy = "exclude") -> Micros:
    """Return the denominator: up, degraded and down, and unknown time unless that is excluded."""
    known = entries[TimeClass.UP] + entries[TimeClass.DEGRADED] + entries[TimeClass.DOWN]
    return known if unknown == "exclude" else known + entries[TimeClass.UNKNOWN]


def good(entries: Ledger, unknown: UnknownPolicy = "exclude", degraded: DegradedPolicy = "up") -> Fraction:
    """Return the numerator, in microseconds; a fraction where degraded time has a weight."""
    total = entries[TimeClass.UP] + weight(degraded) * entries[TimeClass.DEGRADED]
    return total + entries[TimeClass.UNKNOWN] if unknown == "up" else total


def share(
    entries: Ledger, unknown: UnknownPolicy = "exclude", degraded: DegradedPolicy = "up"
) -> Fraction | None:
    """Return the availability of a ledger; None for no data."""
    return _share(good(entries, unknown, degraded), counted(entries, unknown))


def weight(degraded: DegradedPolicy) -> Fraction:
    """Return the share of degraded time that counts as up.

    Raises:
        ValueError: a weight outside of 0 to 1.
    """
    if degraded == "up":
        return Fraction(1)
    if degraded == "down":
        return Fraction(0)
    if not degraded.is_finite() or not 0 <= degraded <= 1:
        raise ValueError(f"a weight of degraded time lies between 0 and 1, not at {degraded}")
    return Fraction(degraded)


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
    bad = frozenset({Outcome.DOWN, Outcome.DEGRADED}) if terms.degraded == "down" else DOWN_ONLY
    low = min([start, *(entry.transitions[0].at for entry in evidence if entry.transitions)])
    high = max(end, min(end if reach is None else reach, now))
    looks: dict[Edges, _Look] = {}
    members: dict[str, tuple[Span, ...]] = {}
    for edges in ("measured", "worst", "best"):
        parts = {entry.check: timeline(entry, low, high, edges) for entry in evidence}
        members = members or {check: tuple(clip(spans, start, end)) for check, spans in parts.items()}
        spans = join_spans(tuple(parts.values()), rule)
        found = runs(tuple(clip(spans, low, now)), bad)
        looks[edges] = _Look(tuple(clip(spans, start, end)), found, now, terms)
    measured, worst, best = looks["measured"], looks["worst"], looks["best"]
    pieces = measured.pieces(exclusions, terms.min_outage)
    entries = ledger(pieces)
    known = [
        figure
        for look in (measured, worst, best)
        if (figure := look.share(exclusions, terms.min_outage)) is not None
    ]
    elapsed = planned(start, min(end, max(now, start)), exclusions)
    return Assessment(
        pieces=pieces,
        ledger=entries,
        availability=Availability(
            good=good(entries, terms.unknown, terms.degraded),
            counted=counted(entries, terms.unknown),
            low=min(known, default=None),
            high=max(known, default=None),
            unknown_as={policy: share(entries, policy, terms.degraded) for policy in UNKNOWN_POLICIES},
            maintenance_ignored=measured.share(exclusions.without_maintenance(), terms.min_outage),
            as_measured=measured.share(NOTHING_EXCLUDED, 0),
            coverage=_share(Fraction(counted(entries)), elapsed),
        ),
        outages=outages(
            service,
            pieces,
            measured.found,
            worst=worst.found,
            best=best.found,
            shortest=terms.min_outage,
            bad=bad,
        ),
        members=members,
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


@dataclass(frozen=True, slots=True)
class _Look:
    """A service's timeline in the period with one kind of edges, and the outages that all of it shows."""

    spans: tuple[Span, ...]
    found: tuple[Run, ...]
    now: Instant
    terms: Terms

    def pieces(self, exclusions: Exclusions, shortest: Micros) -> tuple[Piece, ...]:
        return without_short(classify(self.spans, exclusions, self.now), self.found, shortest)

    def share(self, exclusions: Exclusions, shortest: Micros) -> Fraction | None:
        entries = ledger(self.pieces(exclusions, shortest))
        return share(entries, self.terms.unknown, self.terms.degraded)


def _share(part: Fraction, whole: Micros) -> Fraction | None:
    return part / whole if whole else None
