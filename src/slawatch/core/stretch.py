"""What a window of a timeline comes to: the metrics that are made of time. As measured: no terms apply."""

from collections.abc import Callable, Sequence
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
    changes, before = 0, None
    for span in clip(spans, start, end):
        if span.outcome is None:
            continue
        lengths[span.outcome] += span.end - span.start
        if span.outcome is not Outcome.UNKNOWN:
            changes += before is not None and before is not span.outcome
            before = span.outcome
    found = tuple(run for run in runs(spans) if run.end > start and run.start < end)
    up, degraded, down, unknown = (lengths[outcome] for outcome in Outcome)
    return Stretch(up, degraded, down, unknown, changes, found, end)


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
