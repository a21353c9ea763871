"""How terms count time: portions of a period under one set of terms, and the sums of their ledgers.

An empty denominator is no data (None), never 0 and never 100 %. Shares lie between 0 and 1.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final, Literal, NamedTuple, TypeAlias

from slawatch.core.agreement import Quantise, UnknownPolicy
from slawatch.core.instant import Instant, Micros
from slawatch.core.ledger import (
    NOTHING_EXCLUDED,
    Exclusions,
    Interval,
    Ledger,
    Piece,
    TimeClass,
    classify,
    intersect,
    ledger,
    planned,
    subtract,
    union,
)
from slawatch.core.outage import DOWN_ONLY, Run, runs, without_short
from slawatch.core.quantise import quantised, recast
from slawatch.core.sample import Outcome
from slawatch.core.timeline import Span, clip

DegradedPolicy: TypeAlias = Literal["up", "down"] | Decimal

UNKNOWN_POLICIES: Final[tuple[UnknownPolicy, ...]] = ("exclude", "down", "up")


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How a contract counts.

    Attributes:
        unknown: how time counts in which nobody knows the state.
        degraded: as up, as down, or the share of it that counts as up.
        min_outage: an outage shorter than this does not count.
        quantise: in which units downtime counts.
    """

    unknown: UnknownPolicy = "exclude"
    degraded: DegradedPolicy = "up"
    min_outage: Micros = 0
    quantise: Quantise = "none"

    @property
    def bad(self) -> frozenset[Outcome]:
        """The outcomes that make an outage."""
        return frozenset({Outcome.DOWN, Outcome.DEGRADED}) if self.degraded == "down" else DOWN_ONLY


PLAIN: Final = Terms()


@dataclass(frozen=True, slots=True, kw_only=True)
class Portion:
    """A stretch of a period under one set of terms.

    Attributes:
        start, end: half-open.
        terms: how the contract counts in it.
        exclusions: what the contract takes out of the count.
        counted: what counts as down whatever was seen, by adjustments that hold; sorted, without overlap.
    """

    start: Instant
    end: Instant
    terms: Terms = PLAIN
    exclusions: Exclusions = NOTHING_EXCLUDED
    counted: tuple[Interval, ...] = ()


def promised(portion: Portion, start: Instant, end: Instant) -> Micros:
    """Return how much of `[start, end)` a portion counts, watched or not, elapsed or not."""
    excluded = portion.exclusions
    if portion.counted:
        excluded = Exclusions(
            outside_hours=excluded.outside_hours,
            maintenance=subtract(union(excluded.maintenance), portion.counted),
            excused=subtract(union(excluded.excused), portion.counted),
        )
    return planned(max(start, portion.start), min(end, portion.end), excluded)


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
    return ratio(good(entries, unknown, degraded), counted(entries, unknown))


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


_COUNTED_ANYWAY: Final = dict.fromkeys(
    (
        TimeClass.UP,
        TimeClass.DEGRADED,
        TimeClass.UNKNOWN,
        TimeClass.MAINTENANCE,
        TimeClass.EXCUSED,
    ),
    TimeClass.DOWN,
)
"""What becomes downtime where an adjustment says so: not the future, nor time outside of hours."""


class Figure(NamedTuple):
    """A share as numerator and denominator, microseconds; an empty denominator is no data."""

    good: Fraction
    counted: Micros

    @property
    def share(self) -> Fraction | None:
        """The share; None for no data."""
        return ratio(self.good, self.counted)


class Look:
    """A timeline with one kind of edges, and the outages that all of it shows."""

    __slots__ = ("_clipped", "_runs", "now", "spans")

    def __init__(self, spans: tuple[Span, ...], now: Instant) -> None:
        self.spans = spans
        self.now = now
        self._clipped: dict[tuple[Instant, Instant], tuple[Span, ...]] = {}
        self._runs: dict[frozenset[Outcome], tuple[Run, ...]] = {}

    def runs(self, bad: frozenset[Outcome]) -> tuple[Run, ...]:
        """Return the outages made of these outcomes."""
        if bad not in self._runs:
            self._runs[bad] = runs(tuple(clip(self.spans, self.spans[0].start, self.now)), bad)
        return self._runs[bad]

    def pieces(self, portion: Portion) -> tuple[Piece, ...]:
        """Return the class of every microsecond of a portion, by its terms."""
        terms = portion.terms
        pieces = classify(self._inside(portion.start, portion.end), portion.exclusions, self.now)
        if terms.min_outage:
            pieces = without_short(pieces, self.runs(terms.bad), terms.min_outage)
        if terms.quantise != "none":
            long = [run for run in self.runs(terms.bad) if run.end - run.start >= terms.min_outage]
            pieces = quantised(
                pieces,
                terms.quantise,
                bad=self._stretches(terms.bad, long),
                outages=[(run.start, run.end) for run in long],
                kinds=[TimeClass[outcome.name] for outcome in terms.bad],
            )
        if portion.counted:
            pieces = tuple(recast(pieces, portion.counted, _COUNTED_ANYWAY, {}))
        return pieces

    def ledgers(self, portions: Sequence[Portion]) -> list[tuple[Portion, Ledger]]:
        """Return the ledger of each portion."""
        return [(portion, ledger(self.pieces(portion))) for portion in portions]

    def _inside(self, start: Instant, end: Instant) -> tuple[Span, ...]:
        key = (start, end)
        if key not in self._clipped:
            self._clipped[key] = tuple(clip(self.spans, start, end))
        return self._clipped[key]

    def _stretches(self, bad: frozenset[Outcome], long: Sequence[Run]) -> tuple[Interval, ...]:
        seen = union((s.start, min(s.end, self.now)) for s in self.spans if s.outcome in bad)
        return intersect(seen, tuple(Interval(run.start, run.end) for run in long))


def figure(ledgers: Iterable[tuple[Portion, Ledger]], unknown: UnknownPolicy | None = None) -> Figure:
    """Return the sums over all portions, each by its own terms, or all by one policy for unknown time."""
    total, whole = Fraction(0), 0
    for portion, entries in ledgers:
        policy = unknown or portion.terms.unknown
        total += good(entries, policy, portion.terms.degraded)
        whole += counted(entries, policy)
    return Figure(total, whole)


def terms_at(portions: Sequence[Portion], instant: Instant) -> Terms:
    """Return the terms of the portion that an instant lies in, else the last ones."""
    return next((p.terms for p in portions if instant < p.end), portions[-1].terms)


def ratio(part: Fraction, whole: Micros) -> Fraction | None:
    """Return a part of a whole; None where there is no whole."""
    return part / whole if whole else None
