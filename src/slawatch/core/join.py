"""A service's state from the states of its checks, in three-valued logic.

Known states are ordered down < degraded < up. An unknown check counts only where it could change the answer,
and then the answer is unknown. A check that is not monitored yet has no say.
"""

from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Final

from slawatch.core.check import Join, Quorum
from slawatch.core.instant import Instant
from slawatch.core.sample import Outcome
from slawatch.core.timeline import Span, merge

_WHEN: Final = itemgetter(0)
_SLOTS: Final = {outcome: index for index, outcome in enumerate(Outcome)}


def join_states(states: Iterable[Outcome | None], rule: Join) -> Outcome | None:
    """Return the state of a service whose checks are in these states; None stands for not monitored.

    >>> join_states([Outcome.UP, Outcome.UNKNOWN], "all").word
    'unknown'
    >>> join_states([Outcome.UP, Outcome.UNKNOWN], "any").word
    'up'
    """
    counts = [0] * len(_SLOTS)
    for state in states:
        if state is not None:
            counts[_SLOTS[state]] += 1
    return _decide(counts, rule)


def join_spans(members: Sequence[Sequence[Span]], rule: Join) -> tuple[Span, ...]:
    """Return the timeline of a service from those of its checks, which all cover the same interval.

    One sweep over the changes of all members, whatever their number.

    Raises:
        ValueError: there is no member, or the members cover different intervals.
    """
    if not members or not members[0]:
        raise ValueError("a join needs at least one timeline that covers something")
    start, end = members[0][0].start, members[0][-1].end
    if any(not spans or (spans[0].start, spans[-1].end) != (start, end) for spans in members):
        raise ValueError("the timelines of a join must cover the same interval")
    if len(members) == 1:
        return tuple(merge(members[0]))
    return tuple(merge(_swept(members, rule, end)))


def _swept(members: Sequence[Sequence[Span]], rule: Join, end: Instant) -> Iterable[Span]:
    current: list[Outcome | None] = [None] * len(members)
    counts = [0] * len(_SLOTS)
    changes = sorted(
        ((span.start, index, span.outcome) for index, spans in enumerate(members) for span in spans),
        key=_WHEN,
    )
    since: Instant | None = None
    for at, index, outcome in changes:
        if since is not None and at > since:
            yield Span(since, at, _decide(counts, rule))
        since = at
        left = current[index]
        if left is not None:
            counts[_SLOTS[left]] -= 1
        if outcome is not None:
            counts[_SLOTS[outcome]] += 1
        current[index] = outcome
    if since is not None:
        yield Span(since, end, _decide(counts, rule))


def _decide(counts: Sequence[int], rule: Join) -> Outcome | None:
    up, degraded, down, unknown = counts
    total = up + degraded + down + unknown
    if total == 0:
        return None
    needed = _needed(rule, total)
    lowest = _kth_best(up, degraded, needed)
    highest = _kth_best(up + unknown, degraded, needed)
    return lowest if lowest == highest else Outcome.UNKNOWN


def _needed(rule: Join, total: int) -> int:
    """Return how many checks must be in a state or a better one for the service to be in it."""
    if isinstance(rule, Quorum):
        return max(1, min(rule.needed, total))
    return total if rule == "all" else 1


def _kth_best(up: int, degraded: int, needed: int) -> Outcome:
    if up >= needed:
        return Outcome.UP
    return Outcome.DEGRADED if up + degraded >= needed else Outcome.DOWN
