"""Why a service's state was unknown: the daemon's own life where that explains it, else what samples said."""

from collections.abc import Iterator, Sequence

from slawatch.core.evidence import Reason
from slawatch.core.instant import Instant, Micros
from slawatch.core.life import Unwatched
from slawatch.report.report import UnknownLine

NO_SAMPLE = "no sample came in time"
"""What is said where nothing explains the silence."""


def explain(
    stretches: Sequence[tuple[Instant, Instant]],
    unwatched: Sequence[Unwatched],
    reasons: Sequence[Reason],
    hold: Micros,
) -> tuple[UnknownLine, ...]:
    """Return the stretches with their causes, cut where the cause changes; together they are the same time.

    Args:
        stretches: unknown time, half-open, sorted, disjoint.
        unwatched: when slawatch did not watch; may overlap.
        reasons: what failing checks said; one that begins with a stretch explains it.
        hold: the longest time for which a sample speaks. Unexplained time shorter than this that touches an
            explained part has the same cause: the first sample after a start takes a moment. So has a short
            stretch that begins a hold after such a part at most: the last sample before it spoke so long.
    """
    spoken: dict[Instant, str] = {}
    for reason in reasons:
        spoken.setdefault(reason.at, reason.text)
    gaps = sorted(unwatched)
    lines: list[UnknownLine] = []
    first = 0
    over: Unwatched | None = None
    for start, end in stretches:
        while first < len(gaps) and gaps[first].end <= start:
            over = max(over or gaps[first], gaps[first], key=lambda gap: gap.end)
            first += 1
        parts = _spread(list(_cut(start, end, gaps[first:])), hold)
        fallback = NO_SAMPLE
        if said := spoken.get(start):
            fallback = f"could not be measured: {said}"
        elif over is not None and over.end > start - hold and end - start < hold:
            fallback = over.why
        lines.extend(UnknownLine(start=a, end=b, why=why or fallback) for a, b, why in parts)
    return tuple(lines)


def _cut(
    start: Instant, end: Instant, gaps: Sequence[Unwatched]
) -> Iterator[tuple[Instant, Instant, str | None]]:
    """Yield the parts of a stretch, each under the first gap that covers it."""
    at = start
    for gap in gaps:
        if gap.start >= end:
            break
        if gap.end <= at:
            continue
        if gap.start > at:
            yield at, gap.start, None
            at = gap.start
        until = min(gap.end, end)
        yield at, until, gap.why
        at = until
    if at < end:
        yield at, end, None


def _spread(
    parts: list[tuple[Instant, Instant, str | None]], hold: Micros
) -> list[tuple[Instant, Instant, str | None]]:
    """Give short unexplained parts the cause beside them, then join neighbours of one cause."""
    causes = [why for _, _, why in parts]
    for index, (start, end, why) in enumerate(parts):
        if why is None and end - start < hold:
            before = causes[index - 1] if index else None
            after = parts[index + 1][2] if index + 1 < len(parts) else None
            causes[index] = before or after
    joined: list[tuple[Instant, Instant, str | None]] = []
    for (start, end, _), why in zip(parts, causes, strict=True):
        if joined and joined[-1][2] == why:
            joined[-1] = (joined[-1][0], end, why)
        else:
            joined.append((start, end, why))
    return joined
