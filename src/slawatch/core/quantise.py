"""How contracts count downtime in whole units: clock minutes, minutes of an outage, hours with much of it.

Clock minutes and hours are those of UTC. The rules look at what was seen, exclusions aside, so that a minute
of which half was maintenance is still a minute that was down throughout, and its other half counts. The rule
by the hour alone adds up what counts.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from slawatch.core.agreement import Quantise
from slawatch.core.instant import HOUR, MINUTE, Instant, Micros
from slawatch.core.ledger import Interval, Piece, TimeClass, union

ALLOWED_IN_AN_HOUR: Final[Micros] = 6 * MINUTE

_SLOTS: Final[Mapping[Quantise, Micros]] = {"minute": MINUTE, "five_minutes": 5 * MINUTE}
_EXTENDING: Final[Mapping[Quantise, Micros]] = {"started_minutes": MINUTE, "hours_over_six_minutes": HOUR}
"""The rules by which a unit with downtime counts as down throughout, and their units."""


def counted_time(rule: Quantise, bad: Iterable[tuple[Instant, Instant]]) -> tuple[Interval, ...]:
    """Return the time that a rule counts for these stretches of downtime.

    >>> counted_time("minute", [(30_000_000, 150_000_000)])
    (Interval(start=60000000, end=120000000),)
    """
    return union(_counted(rule, bad))


def quantised(
    pieces: Sequence[Piece],
    rule: Quantise,
    *,
    bad: Sequence[tuple[Instant, Instant]],
    outages: Sequence[tuple[Instant, Instant]],
    kinds: Iterable[TimeClass],
) -> tuple[Piece, ...]:
    """Return the pieces with downtime as a rule counts it; what was observed stays.

    Args:
        pieces: classified, adjacent and in order.
        rule: how the contract counts.
        bad: every stretch that was seen down throughout, also before and after the pieces.
        outages: the same with unknown time between two such stretches bridged.
        kinds: the classes that count as down.
    """
    if rule == "none":
        return tuple(pieces)
    kinds = frozenset(kinds)
    if rule == "hours_over_six_minutes":
        found = _hours(pieces, kinds)
    else:
        found = counted_time(rule, outages if rule == "elapsed_minutes" else bad)
    inside = dict.fromkeys((TimeClass.UP, TimeClass.DEGRADED), TimeClass.DOWN) if rule in _EXTENDING else {}
    return tuple(recast(pieces, found, inside, dict.fromkeys(kinds, TimeClass.UP)))


def doomed(pieces: Sequence[Piece], rule: Quantise, now: Instant, kinds: Iterable[TimeClass]) -> Instant:
    """Return until when time to come counts as down already, because its unit has begun with downtime.

    Args:
        pieces: as the rule counts them, in order.
        rule: how the contract counts.
        now: where the future begins.
        kinds: the classes that count as down.
    """
    unit = _EXTENDING.get(rule)
    if unit is None:
        return now
    kinds, first = frozenset(kinds), now // unit * unit
    begun = any(piece.kind in kinds and piece.end > first and piece.start < now for piece in reversed(pieces))
    return first + unit if begun and first < now else now


def recast(
    pieces: Iterable[Piece],
    intervals: Sequence[tuple[Instant, Instant]],
    inside: Mapping[TimeClass, TimeClass],
    outside: Mapping[TimeClass, TimeClass],
) -> Iterator[Piece]:
    """Yield the pieces with other classes inside and outside of intervals, sorted and without overlap."""
    index = 0
    for piece in pieces:
        at = piece.start
        while at < piece.end:
            while index < len(intervals) and intervals[index][1] <= at:
                index += 1
            within = index < len(intervals) and intervals[index][0] <= at
            edge = piece.end
            if index < len(intervals):
                edge = min(edge, intervals[index][1] if within else intervals[index][0])
            kind = (inside if within else outside).get(piece.kind, piece.kind)
            yield piece._replace(start=at, end=edge, kind=kind)
            at = edge


def _counted(rule: Quantise, bad: Iterable[tuple[Instant, Instant]]) -> Iterator[tuple[Instant, Instant]]:
    for start, end in bad:
        if slot := _SLOTS.get(rule):
            yield -(-start // slot) * slot, end // slot * slot
        elif rule == "elapsed_minutes":
            yield start, start + (end - start) // MINUTE * MINUTE
        elif rule == "started_minutes":
            yield start // MINUTE * MINUTE, -(-end // MINUTE) * MINUTE
        else:
            yield start, end


def _hours(pieces: Iterable[Piece], kinds: frozenset[TimeClass]) -> tuple[Interval, ...]:
    """Return the clock hours in which more than six minutes count as down."""
    lost: dict[int, Micros] = {}
    for piece in pieces:
        if piece.kind not in kinds:
            continue
        for hour in range(piece.start // HOUR, -(-piece.end // HOUR)):
            inside = min(piece.end, (hour + 1) * HOUR) - max(piece.start, hour * HOUR)
            lost[hour] = lost.get(hour, 0) + inside
    return union(
        (hour * HOUR, (hour + 1) * HOUR) for hour, length in lost.items() if length > ALLOWED_IN_AN_HOUR
    )
