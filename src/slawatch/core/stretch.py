"""What a window of a timeline comes to: the metrics that are made of time. As measured: no terms apply."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from slawatch.core.check import Join
from slawatch.core.evidence import CheckEvidence
from slawatch.core.instant import Instant, Micros
from slawatch.core.join import join_spans
from slawatch.core.outage import Run, runs
from slawatch.core.sample import Outcome
from slawatch.core.timeline import Span, clip, timeline


class Stretch(NamedTuple):
    """A window, summed up; lengths are microseconds.

    Attributes:
        up, degraded, down, unknown: how long it was what; time before the first sample is in none of them.
        changes: how often it changed between up, degraded and down.
        outages: those that lie in the window at least in part, each whole as far as is known.
        end: of the window.
    """

    up: Micros
    degraded: Micros
    down: Micros
    unknown: Micros
    changes: int
    outages: tuple[Run, ...]
    end: Instant

    @property
    def known(self) -> Micros:
        """How long its state was known."""
        return self.up + self.degraded + self.down


class Past:
    """A timeline up to its last change, summed up so that any window of it is told at once.

    What comes after the last change is worked out anew each time: it is one state, or nobody knows it.

    Attributes:
        join: how the checks make the state.
        low: from where on windows may begin.
        end: the last change.
    """

    __slots__ = (
        "_breaks", "_changes", "_evidence", "_known", "_runs", "_spans", "_starts", "_sums", "_whole", "end",
        "join", "low",
    )  # fmt: skip

    def __init__(self, evidence: Sequence[CheckEvidence], join: Join, low: Instant) -> None:
        """Sum up.

        Args:
            evidence: of the checks; their changes, reaching back to before an outage at `low`.
            join: how they make the state.
            low: from where on windows may begin.
        """
        changes = [change.at for entry in evidence for change in entry.transitions]
        self.end = max([low, *changes])
        self.join = join
        self.low = low
        self._whole = tuple(evidence)
        self._evidence = tuple(replace(entry, transitions=entry.transitions[-1:]) for entry in evidence)
        first = min([low, *changes])
        spans: tuple[Span, ...] = ()
        if first < self.end:
            spans = join_spans([timeline(entry, first, self.end) for entry in evidence], join)
        self._spans = spans
        self._starts = [span.start for span in spans]
        sums = [(0, 0, 0, 0)]
        for span in spans:
            before = list(sums[-1])
            if span.outcome is not None:
                before[span.outcome] += span.end - span.start
            sums.append((before[0], before[1], before[2], before[3]))
        self._sums = sums
        # Outages do not reach over a span that is known to be good: what lies before the last one is settled.
        good = (index for index in range(len(spans) - 1, -1, -1) if _is_good(spans[index]))
        last = next(good, None)
        self._breaks = last or 0
        self._runs = () if last is None else runs(spans[: last + 1])
        self._changes, self._known = _changed(spans)

    def stretch(self, evidence: Sequence[CheckEvidence], start: Instant, end: Instant) -> Stretch:
        """Return what the window `[start, end)` comes to.

        Args:
            evidence: as it was, but for how long the last samples hold.
            start: of the window; not before `low`.
            end: of the window; not before the last change.
        """
        tail = self._tail(evidence, end)
        index = max(bisect_right(self._starts, start) - 1, 0)
        lengths = [after - before for after, before in zip(self._sums[-1], self._sums[index], strict=True)]
        if self._spans and (opening := self._spans[index]).outcome is not None:
            lengths[opening.outcome] -= max(min(start, opening.end) - opening.start, 0)
        for span in clip(tail, start, end):
            if span.outcome is not None:
                lengths[span.outcome] += span.end - span.start
        recent = runs((*self._spans[self._breaks :], *tail))
        settled = self._runs[bisect_right(self._runs, start, key=_run_end) :]
        found = tuple(run for run in (*settled, *recent) if run.end > start and run.start < end)
        up, degraded, down, unknown = lengths
        return Stretch(up, degraded, down, unknown, self._count(index, tail, start), found, end)

    def fits(self, evidence: Sequence[CheckEvidence]) -> bool:
        """Whether this is the past of some evidence: that changed in no way but for how long samples hold."""
        return len(evidence) == len(self._whole) and all(
            one.transitions == known.transitions
            and one.first_sample == known.first_sample
            and _held(one, self.end) == _held(known, self.end)
            for one, known in zip(evidence, self._whole, strict=True)
        )

    def _tail(self, evidence: Sequence[CheckEvidence], end: Instant) -> tuple[Span, ...]:
        if self.end >= end:
            return ()
        last = [
            replace(one, held_until=entry.held_until)
            for one, entry in zip(self._evidence, evidence, strict=True)
        ]
        return join_spans([timeline(entry, self.end, end) for entry in last], self.join)

    def _count(self, index: int, tail: Sequence[Span], start: Instant) -> int:
        """Return how often it changed in a window that begins in the span of this index."""
        if not self._spans or start >= self.end:
            return _changed(tuple(clip(tail, start, tail[-1].end)) if tail else ())[0][-1]
        first = next((n for n in range(index, len(self._spans)) if _is_known(self._spans[n])), None)
        inside = 0 if first is None else self._changes[-1] - self._changes[first + 1]
        before = self._known if first is not None else None
        for span in tail:
            if _is_known(span) and span.end > start:
                inside += before is not None and span.outcome is not before
                before = span.outcome
        return inside


def _changed(spans: Sequence[Span]) -> tuple[list[int], Outcome | None]:
    """Return how often a timeline had changed between known states after each span, and the last of them."""
    counts, before = [0], None
    for span in spans:
        changed = _is_known(span) and before is not None and span.outcome is not before
        counts.append(counts[-1] + changed)
        if _is_known(span):
            before = span.outcome
    return counts, before


def _held(entry: CheckEvidence, end: Instant) -> Instant | None:
    return None if entry.held_until is None else min(entry.held_until, end)


def _is_known(span: Span) -> bool:
    return span.outcome is not None and span.outcome is not Outcome.UNKNOWN


def _is_good(span: Span) -> bool:
    return span.outcome is None or span.outcome in (Outcome.UP, Outcome.DEGRADED)


def _run_end(run: Run) -> Instant:
    return run.end


def stretch(evidence: Sequence[CheckEvidence], join: Join, start: Instant, end: Instant) -> Stretch:
    """Return what a service, or one check alone, was in `[start, end)`.

    Args:
        evidence: of its checks; reaching back to before an outage that was under way at the start.
        join: how they make the service's state.
        start: of the window, which is half-open.
        end: of the window; not later than now.

    Raises:
        ValueError: the window is empty.
    """
    if not evidence:
        return Stretch(0, 0, 0, 0, 0, (), end)
    low = min([start, *(entry.transitions[0].at for entry in evidence if entry.transitions)])
    spans = join_spans([timeline(entry, low, end) for entry in evidence], join)
    return of_spans(spans, start, end)


def of_spans(spans: Sequence[Span], start: Instant, end: Instant) -> Stretch:
    """Return what a timeline that reaches back to the start or further comes to in `[start, end)`."""
    lengths = dict.fromkeys(Outcome, 0)
    inside = tuple(clip(spans, start, end))
    for span in inside:
        if span.outcome is not None:
            lengths[span.outcome] += span.end - span.start
    found = tuple(run for run in runs(spans) if run.end > start and run.start < end)
    up, degraded, down, unknown = (lengths[outcome] for outcome in Outcome)
    return Stretch(up, degraded, down, unknown, _changed(inside)[0][-1], found, end)


def time_value(name: str, found: Stretch) -> float | None:
    """Return the value of a metric that is made of time; None where nothing was known of that kind.

    Raises:
        KeyError: it is made of something else.
    """
    return _VALUES[name](found)


def _share(part: Micros, whole: Micros) -> float | None:
    return 100 * part / whole if whole else None


def _length(part: Micros, found: Stretch) -> float | None:
    return float(part) if found.known + found.unknown else None


def _ended(found: Stretch) -> list[Micros]:
    return [run.end - run.start for run in found.outages if not run.ongoing and run.end <= found.end]


def _mean(lengths: Sequence[Micros]) -> float | None:
    return sum(lengths) / len(lengths) if lengths else None


def _counted(count: int, found: Stretch) -> float | None:
    return float(count) if found.known else None


def _current(found: Stretch) -> float | None:
    if not found.known:
        return None
    last = found.outages[-1] if found.outages else None
    return float(found.end - last.start) if last is not None and last.ongoing else 0.0


_VALUES: Final[dict[str, Callable[[Stretch], float | None]]] = {
    "availability": lambda s: _share(s.up + s.degraded, s.known),
    "uptime": lambda s: _length(s.up + s.degraded, s),
    "downtime": lambda s: _length(s.down, s),
    "degraded_time": lambda s: _length(s.degraded, s),
    "unknown_time": lambda s: _length(s.unknown, s),
    "degraded_ratio": lambda s: _share(s.degraded, s.known),
    "unknown_ratio": lambda s: _share(s.unknown, s.known + s.unknown),
    "outages": lambda s: _counted(len(s.outages), s),
    "state_changes": lambda s: _counted(s.changes, s),
    "longest_outage": lambda s: _counted(max((r.end - r.start for r in s.outages), default=0), s),
    "current_outage": _current,
    "mttr": lambda s: _mean(_ended(s)),
    "mtbf": lambda s: (s.up + s.degraded) / len(s.outages) if s.outages else None,
}
