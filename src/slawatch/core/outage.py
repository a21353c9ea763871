"""Outages: the stretches in which a service was down, each with one identity however often it is looked at.

An outage runs from the first failing sample to the first one that works again. Neither the edge of a month
nor maintenance cuts it, nor does a gap in the watching with failing samples on both sides.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from slawatch.core.instant import Instant, Micros, to_datetime
from slawatch.core.ledger import Interval, Piece, TimeClass
from slawatch.core.sample import Outcome
from slawatch.core.timeline import Span

DOWN_ONLY: Final[frozenset[Outcome]] = frozenset({Outcome.DOWN})


class Run(NamedTuple):
    """One outage as the timeline shows it.

    Attributes:
        start, end: half-open, as far as the timeline reaches.
        ongoing: nothing says that it is over: the timeline ends in it.
    """

    start: Instant
    end: Instant
    ongoing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """One outage of a service, and its share of a period.

    Attributes:
        id: the same in every report that touches it: the service and the true start.
        service: the service's name.
        start, end: the whole outage, half-open; `end` is as far as is known while it is ongoing.
        ongoing: no sample has said yet that it is over.
        after_start: the true start lies in `(after_start, start]`.
        after_end: the true end lies in `(after_end, end]`.
        clipped: its part inside the period.
        lengths: how long its part inside the period was in each class; absent ones are zero.
        counted: how much of the period the terms count as lost to it.
        long_enough: whether it counts at all (`min_outage`).
    """

    id: str
    service: str
    start: Instant
    end: Instant
    ongoing: bool
    after_start: Instant
    after_end: Instant
    clipped: Interval
    lengths: Mapping[TimeClass, Micros]
    counted: Micros
    long_enough: bool = True

    @property
    def length(self) -> Micros:
        """How long the whole outage lasted."""
        return self.end - self.start


def runs(spans: Sequence[Span], bad: Collection[Outcome] = DOWN_ONLY) -> tuple[Run, ...]:
    """Return the outages of a timeline, in order.

    Unknown time between bad time on both sides belongs to the outage; at either end of it, it does not.
    """
    found: list[Run] = []
    joins = False
    for span in spans:
        if span.outcome in bad:
            if joins and found:
                found[-1] = Run(found[-1].start, span.end, ongoing=False)
            else:
                found.append(Run(span.start, span.end, ongoing=False))
            joins = True
        elif span.outcome is not Outcome.UNKNOWN:
            joins = False
    if joins and found:
        found[-1] = found[-1]._replace(ongoing=True)
    return tuple(found)


def without_short(pieces: Sequence[Piece], found: Sequence[Run], shortest: Micros) -> tuple[Piece, ...]:
    """Return the pieces with outages shorter than `shortest` counted as up; what was observed stays."""
    short = [run for run in found if run.end - run.start < shortest]
    if not short:
        return tuple(pieces)
    return tuple(_forgiven(pieces, short))


def outages(
    service: str,
    pieces: Sequence[Piece],
    found: Sequence[Run],
    *,
    worst: Sequence[Run],
    best: Sequence[Run],
    shortest: Micros = 0,
    bad: Collection[Outcome] = DOWN_ONLY,
) -> tuple[Outage, ...]:
    """Return the outages that touch a period, each with its share of the period's classes.

    Args:
        service: the service's name.
        pieces: the classified period, short outages forgiven already.
        found: the outages of the measured timeline, from before the period to after it.
        worst: the same with every edge where it hurts availability most.
        best: the same with every edge where it helps availability most.
        shortest: the shortest outage that counts.
        bad: the outcomes that make an outage.
    """
    if not pieces:
        return ()
    low, high = pieces[0].start, pieces[-1].end
    counting = [TimeClass[outcome.name] for outcome in bad]
    worst_ends, best_starts = [run.end for run in worst], [run.start for run in best]
    listed: list[Outage] = []
    index = 0
    for previous, run in zip((None, *found), found, strict=False):
        if run.end <= low or run.start >= high:
            continue
        clipped = Interval(max(run.start, low), min(run.end, high))
        while index < len(pieces) and pieces[index].end <= clipped.start:
            index += 1
        lengths = _lengths(pieces, index, clipped)
        earliest = _start_around(worst, worst_ends, run)
        listed.append(
            Outage(
                id=outage_id(service, run.start),
                service=service,
                start=run.start,
                end=run.end,
                ongoing=run.ongoing,
                after_start=max(earliest, previous.end) if previous else earliest,
                after_end=_end_inside(best, best_starts, run),
                clipped=clipped,
                lengths=lengths,
                counted=sum(lengths.get(kind, 0) for kind in counting),
                long_enough=run.end - run.start >= shortest,
            )
        )
    return tuple(listed)


def outage_id(service: str, start: Instant) -> str:
    """Return the identity of the outage of a service that starts at an instant.

    >>> outage_id("shop", 1_500_000)
    'shop-19700101T000001.5Z'
    """
    fraction = f".{start % 1_000_000:06}".rstrip("0") if start % 1_000_000 else ""
    return f"{service}-{to_datetime(start).strftime('%Y%m%dT%H%M%S')}{fraction}Z"


def failing(members: Mapping[str, Sequence[Span]], start: Instant, end: Instant) -> tuple[str, ...]:
    """Return the checks that were down at some time in `[start, end)`, first failure first."""
    first: dict[str, Instant] = {}
    for check, spans in members.items():
        for span in spans:
            if span.outcome is Outcome.DOWN and span.start < end and span.end > start:
                first[check] = span.start
                break
    return tuple(sorted(first, key=lambda check: (first[check], check)))


def _start_around(worst: Sequence[Run], ends: Sequence[Instant], run: Run) -> Instant:
    """Return where the outage that contains this one starts when every edge is put where it hurts most."""
    index = bisect_right(ends, run.start)
    return min(worst[index].start, run.start) if index < len(worst) else run.start


def _end_inside(best: Sequence[Run], starts: Sequence[Instant], run: Run) -> Instant:
    """Return where the last bad time inside this outage ends when every edge is put where it helps most."""
    index = bisect_left(starts, run.end) - 1
    return max(min(best[index].end, run.end), run.start) if index >= 0 else run.start


def _lengths(pieces: Sequence[Piece], index: int, clipped: Interval) -> dict[TimeClass, Micros]:
    lengths: dict[TimeClass, Micros] = {}
    for position in range(index, len(pieces)):
        piece = pieces[position]
        if piece.start >= clipped.end:
            break
        length = min(piece.end, clipped.end) - max(piece.start, clipped.start)
        lengths[piece.kind] = lengths.get(piece.kind, 0) + length
    return lengths


def _forgiven(pieces: Sequence[Piece], short: Sequence[Run]) -> Iterator[Piece]:
    index = 0
    for piece in pieces:
        while index < len(short) and short[index].end <= piece.start:
            index += 1
        inside = index < len(short) and short[index].start <= piece.start
        if inside and piece.kind in (TimeClass.DOWN, TimeClass.DEGRADED):
            yield piece._replace(kind=TimeClass.UP)
        else:
            yield piece
