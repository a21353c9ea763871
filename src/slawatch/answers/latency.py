"""The answer of a latency chart: percentiles of a service's answers over time, for one of a few windows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from slawatch.answers.promises import running
from slawatch.answers.status import members, zone_of
from slawatch.config.model import Config
from slawatch.core.evidence import Latency, LatencyPoint
from slawatch.core.instant import DAY, HOUR, MINUTE, SECOND, Instant, Micros, rfc3339, seconds
from slawatch.core.period import containing
from slawatch.report.report import LatencyPointLine

if TYPE_CHECKING:
    import duckdb

LENGTHS: Final[Mapping[str, tuple[Micros, Micros]]] = {
    "1h": (HOUR, MINUTE),
    "24h": (DAY, 10 * MINUTE),
    "7d": (7 * DAY, HOUR),
    "30d": (30 * DAY, 4 * HOUR),
}
"""The rolling windows, with the step of their chart."""

PERIOD: Final = "period"
"""The window that is the running period of the service's first agreement, else the calendar month."""

WINDOWS: Final = (*LENGTHS, PERIOD)
QUANTILES: Final = ("p50", "p95", "p99")
_STEPS: Final = tuple(
    minutes * MINUTE for minutes in (1, 2, 5, 10, 15, 30, 60, 120, 240, 360, 720, 1440, 2880, 10080)
)
_MOST_STEPS: Final = 190


class Window(NamedTuple):
    """A stretch of time that a chart shows; its steps start at whole multiples of `step`."""

    name: str
    start: Instant
    end: Instant
    step: Micros


@dataclass(frozen=True, slots=True, kw_only=True)
class Latencies:
    """The latencies of one service in a window.

    Attributes:
        points: one a step, in order; empty where nothing was measured.
        overall: over the whole window; None where nothing was measured.
    """

    service: str
    window: Window
    points: tuple[LatencyPointLine, ...]
    overall: Latency | None


def window(config: Config, service: str, name: str, now: Instant) -> Window:
    """Return the window of this name, up to now.

    Raises:
        KeyError: there is no such service or window.
    """
    if name in LENGTHS:
        length, step = LENGTHS[name]
        end = now - now % SECOND
        return Window(name, (end - length) // step * step, end, step)
    if name != PERIOD:
        raise KeyError(name)
    entry = config.services[service]
    current = (running(terms, now) for terms in config.agreements.values() if service in terms.services)
    period = next((p for p in current if p is not None), None) or containing(
        now, "month", zone_of(config, entry)
    )
    start, end = period.start, max(now - now % SECOND, period.start + SECOND)
    step = next((s for s in _STEPS if (end - start) <= s * _MOST_STEPS), _STEPS[-1])
    return Window(name, start, end, step)


def latencies(cursor: "duckdb.DuckDBPyConnection", config: Config, service: str, chosen: Window) -> Latencies:
    """Ask the store; blocking, for a worker thread.

    Raises:
        StoreError: it cannot be read.
    """
    from slawatch.store.evidence import gather

    starts = [chosen.start, *range((chosen.start // chosen.step + 1) * chosen.step, chosen.end, chosen.step)]
    found = gather(
        cursor,
        {service: members(config)[service]},
        chosen.start,
        chosen.end,
        quantiles=QUANTILES,
        series_buckets=starts,
    )[service]
    return Latencies(
        service=service,
        window=chosen,
        points=tuple(_filled(starts, found.latency_series)),
        overall=found.latency,
    )


def _filled(starts: Sequence[Instant], points: Sequence[LatencyPoint]) -> list[LatencyPointLine]:
    known = {point.start: point for point in points}
    if not known:
        return []
    return [
        LatencyPointLine(start=at, p50=p.p50, p95=p.p95, max=p.max, count=p.count)
        if (p := known.get(at))
        else LatencyPointLine(start=at, p50=None, p95=None, max=None, count=0)
        for at in starts
    ]


def answer(found: Latencies) -> dict[str, Any]:
    """Return the JSON of a chart: columns of equal length, seconds, null where nothing answered."""
    overall = found.overall
    return {
        "service": found.service,
        "window": found.window.name,
        "start": rfc3339(found.window.start),
        "end": rfc3339(found.window.end),
        "step": seconds(found.window.step),
        "points": {
            "time": [seconds(point.start) for point in found.points],
            "p50": [_seconds(point.p50) for point in found.points],
            "p95": [_seconds(point.p95) for point in found.points],
            "max": [_seconds(point.max) for point in found.points],
            "count": [point.count for point in found.points],
        },
        "overall": {
            **{name: _seconds(overall.quantiles[name]) if overall else None for name in QUANTILES},
            "max": _seconds(overall.max) if overall else None,
            "count": overall.count if overall else 0,
        },
    }


def _seconds(length: Micros | None) -> float | None:
    return None if length is None else seconds(length)
