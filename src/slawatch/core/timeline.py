"""From samples to a timeline: the one rule by which a check's samples become the record of its availability.

A sample holds from its `started_at` to the next sample of that check, at most for its `holds`; after that
nobody knows. Before the first sample ever the check was not monitored. Instants and lengths are microseconds,
intervals half-open.
"""

from collections.abc import Iterable, Iterator
from typing import Final, Literal, NamedTuple

from slawatch.core.evidence import CheckEvidence
from slawatch.core.instant import Instant, Micros
from slawatch.core.sample import Outcome, Transition

Edges = Literal["measured", "worst", "best"]
"""Where a change between two samples is put: at the sample that showed it, or where it hurts or helps."""

_OUTCOMES: Final = tuple(Outcome)


class Span(NamedTuple):
    """A stretch of one state.

    Attributes:
        start, end: half-open.
        outcome: an `Outcome`; None where the check was not monitored yet.
    """

    start: Instant
    end: Instant
    outcome: Outcome | None


class Held(NamedTuple):
    """The last sample of a check: all that the next one needs to know of the past."""

    started_at: Instant
    holds: Micros
    outcome: int


def step(
    held: Held | None, started_at: Instant, outcome: int, holds: Micros
) -> tuple[Held, tuple[Transition, ...]]:
    """Return the check's new last sample, and the transitions that this sample makes.

    A transition always changes the outcome. A sample after the hold of the one before makes two, into unknown
    when the hold ran out and out of it now, except where the outcome on that side is unknown anyway.

    >>> step(Held(0, 70, Outcome.UP), 30, Outcome.UP, 70)[1]
    ()
    >>> [tuple(t) for t in step(Held(0, 70, Outcome.UP), 100, Outcome.DOWN, 70)[1]]
    [(70, <Outcome.UNKNOWN: 3>, 0), (100, <Outcome.DOWN: 2>, 0)]

    Raises:
        ValueError: the sample is not later than the last one; a late sample is woven in by folding again.
    """
    latest = Held(started_at, holds, outcome)
    if held is None:
        return latest, (Transition(started_at, outcome, None),)
    if started_at <= held.started_at:
        raise ValueError(
            f"a sample at {started_at} came after one at {held.started_at}: fold this check's samples again"
        )
    silent = held.started_at + held.holds
    if started_at <= silent:
        if outcome == held.outcome:
            return latest, ()
        return latest, (Transition(started_at, outcome, held.started_at),)
    made = []
    if held.outcome != Outcome.UNKNOWN:
        made.append(Transition(silent, Outcome.UNKNOWN, held.started_at))
    if outcome != Outcome.UNKNOWN:
        made.append(Transition(started_at, outcome, held.started_at))
    return latest, tuple(made)


def fold(samples: Iterable[Held]) -> tuple[tuple[Transition, ...], Held | None]:
    """Return the transitions of a check's samples, given in any order, and its last sample.

    Of several samples at the same instant one counts: a known outcome before unknown, then the worse, then
    the longer hold. So neither order nor repetition changes anything.
    """
    held: Held | None = None
    made: list[Transition] = []
    for sample in sorted(samples, key=_precedence):
        if held is not None and sample.started_at == held.started_at:
            continue
        held, transitions = step(held, sample.started_at, sample.outcome, sample.holds)
        made.extend(transitions)
    return tuple(made), held


def _precedence(sample: Held) -> tuple[Instant, bool, int, Micros]:
    return sample.started_at, sample.outcome == Outcome.UNKNOWN, -sample.outcome, -sample.holds


def timeline(
    evidence: CheckEvidence, start: Instant, end: Instant, edges: Edges = "measured"
) -> tuple[Span, ...]:
    """Return what is known of a check: spans that cover `[start, end)` exactly, neighbours differing.

    With `edges` `worst` or `best` each change is put where it makes availability lowest or highest: anywhere
    after the sample before it, up to the sample that showed it. Unknown time stays unknown under all three.

    Raises:
        ValueError: the interval is empty, or runs backwards.
    """
    if start >= end:
        raise ValueError(f"a timeline needs a start before its end, not [{start}, {end})")
    return tuple(merge(clip(_whole(evidence, start, end, edges), start, end)))


def merge(spans: Iterable[Span]) -> Iterator[Span]:
    """Yield the spans with adjacent ones of the same outcome made one; empty ones vanish."""
    pending: Span | None = None
    for span in spans:
        if span.start >= span.end:
            continue
        if pending is not None and pending.end == span.start and pending.outcome == span.outcome:
            pending = Span(pending.start, span.end, span.outcome)
            continue
        if pending is not None:
            yield pending
        pending = span
    if pending is not None:
        yield pending


def clip(spans: Iterable[Span], start: Instant, end: Instant) -> Iterator[Span]:
    """Yield the parts of the spans that lie in `[start, end)`."""
    for span in spans:
        if start <= span.start < span.end <= end:
            yield span
        elif max(span.start, start) < min(span.end, end):
            yield Span(max(span.start, start), min(span.end, end), span.outcome)


def _whole(evidence: CheckEvidence, start: Instant, end: Instant, edges: Edges) -> Iterator[Span]:
    """Yield spans from `start` or earlier to `end` or later."""
    first = evidence.first_sample
    if first is None or evidence.held_until is None:
        yield Span(start, end, None)
        return
    if start < first:
        yield Span(start, first, None)
    changes = evidence.transitions
    opening = changes[0].at if changes else evidence.held_until
    known = max(start, first)
    if known < opening:
        yield Span(known, opening, Outcome.UNKNOWN)
    for index, change in enumerate(changes):
        until = changes[index + 1].at if index + 1 < len(changes) else max(evidence.held_until, change.at)
        outcome = _OUTCOMES[change.outcome]
        turn, seen = _next_turn(changes, index)
        if edges == "measured" or turn is None or not _preferred(turn, outcome, edges):
            yield Span(change.at, until, outcome)
            continue
        earliest = min(max(seen, change.at), until)
        yield Span(change.at, earliest, outcome)
        yield Span(earliest, until, turn)
    last = max(evidence.held_until, changes[-1].at) if changes else evidence.held_until
    if last < end:
        yield Span(max(last, known), end, Outcome.UNKNOWN)


def _next_turn(changes: tuple[Transition, ...], index: int) -> tuple[Outcome | None, Instant]:
    """Return the next known outcome after a change, and when a sample last said the old one."""
    if changes[index].outcome == Outcome.UNKNOWN or index + 1 == len(changes):
        return None, 0
    seen = changes[index + 1].after
    if seen is None:
        return None, 0
    for later in range(index + 1, len(changes)):
        if changes[later].outcome != Outcome.UNKNOWN:
            return _OUTCOMES[changes[later].outcome], seen
    return None, 0


def _preferred(turn: Outcome, outcome: Outcome, edges: Edges) -> bool:
    """Whether availability is moved the wanted way by taking the next outcome instead of this one."""
    return turn > outcome if edges == "worst" else turn < outcome
