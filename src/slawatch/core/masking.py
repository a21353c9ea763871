"""Which of several services has no say about their common state, and when.

Each is left out in its own granted maintenance and where it is excused, as long as another one is not.
"""

from collections.abc import Iterator, Mapping, Sequence

from slawatch.core.adjustment import Spans
from slawatch.core.clause import Grant
from slawatch.core.instant import Instant
from slawatch.core.ledger import Interval, intersect, subtract, union
from slawatch.core.sample import Outcome
from slawatch.core.timeline import Span, merge

NO_SPANS = Spans()


def mute(grants: Mapping[str, Grant], made: Mapping[str, Spans]) -> dict[str, tuple[Interval, ...]]:
    """Return when each member's state does not matter: in its granted maintenance, where it is excused."""
    found = {}
    for member, granted in grants.items():
        own = made.get(member, NO_SPANS)
        found[member] = union((*subtract(granted.granted, own.counted), *own.excused))
    return found


def left_out(grants: Mapping[str, Grant], made: Mapping[str, Spans]) -> dict[str, tuple[Interval, ...]]:
    """Return when each member has no say; where all of them would have none, the time itself is excluded."""
    found = mute(grants, made)
    whole = common(list(found.values()))
    return {member: subtract(one, whole) for member, one in found.items()}


def common(found: Sequence[Sequence[Interval]]) -> tuple[Interval, ...]:
    """Return the time that lies in all of them."""
    first, *others = (tuple(one) for one in found)
    for other in others:
        first = intersect(first, other)
    return first


def masked(
    found: Sequence[Span], left_out: Sequence[Interval], counted: Sequence[Interval]
) -> tuple[Span, ...]:
    """Return a member's spans without a say where it is left out, and down where it counts as such."""
    if not left_out and not counted:
        return tuple(found)
    marks = sorted(
        [(*interval, Outcome.DOWN) for interval in counted]
        + [(*interval, None) for interval in subtract(left_out, counted)]
    )
    return tuple(merge(_marked(found, marks)))


def _marked(
    found: Sequence[Span], marks: Sequence[tuple[Instant, Instant, Outcome | None]]
) -> Iterator[Span]:
    index = 0
    for span in found:
        at = span.start
        while at < span.end:
            while index < len(marks) and marks[index][1] <= at:
                index += 1
            if index == len(marks) or marks[index][0] >= span.end:
                yield Span(at, span.end, span.outcome)
                break
            low, high, outcome = marks[index]
            if at < low:
                yield Span(at, low, span.outcome)
                at = low
            until = min(high, span.end)
            yield Span(at, until, outcome)
            at = until
