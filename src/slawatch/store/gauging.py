"""The values that metrics of samples had, again and again over a time: a day of them in one query."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Final

from slawatch.core.gauging import Gauge, Reading, thin
from slawatch.core.instant import DAY, Instant, Micros
from slawatch.core.metric import find
from slawatch.store.database import numbers_of, transaction
from slawatch.store.source import rows
from slawatch.store.windows import aggregate

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_AT_ONCE: Final[Micros] = DAY
"""So much time is read in one query: a sample stands in as many windows as overlap, all at once in memory."""


def readings(
    cursor: "DuckDBPyConnection", gauges: Collection[Gauge], start: Instant, end: Instant
) -> dict[Gauge, list[Reading]]:
    """Return what can change anything of what gauges showed in `[start, end)`.

    Args:
        cursor: on the store; used up to the end of the call.
        gauges: what is read; those of one window and pace are read together.
        start: of the time.
        end: of the time.

    Raises:
        duckdb.Error: the store cannot be read.
    """
    together: dict[tuple[Micros, Micros], list[Gauge]] = defaultdict(list)
    for one in dict.fromkeys(gauges):
        together[one.window, one.every].append(one)
    found: dict[Gauge, list[Reading]] = {one: [] for one in gauges}
    with transaction(cursor, read_only=True):
        known = numbers_of(cursor)
        for (window, every), mine in together.items():
            low = start
            while low < end:
                high = min((low // _AT_ONCE + 1) * _AT_ONCE, end)
                for one, more in _read(cursor, mine, known, window, every, low, high).items():
                    found[one] += more
                low = high
    return {one: thin(one, all_of) for one, all_of in found.items()}


def _read(
    cursor: "DuckDBPyConnection",
    gauges: Sequence[Gauge],
    known: dict[str, int],
    window: Micros,
    every: Micros,
    start: Instant,
    end: Instant,
) -> dict[Gauge, list[Reading]]:
    first, last = -(-start // every), -(-end // every)
    groups = {checks: number for number, checks in enumerate(dict.fromkeys(one.checks for one in gauges))}
    pairs = [(number, known[name]) for checks, number in groups.items() for name in checks if name in known]
    metrics = {one.metric: find(one.metric) for one in gauges}
    columns = sorted({metric.column for metric in metrics.values() if metric.column} - {"lag", ""})
    values: dict[tuple[int, int], tuple[float | None, ...]] = {}
    if pairs and first < last:
        wanted = list(dict.fromkeys(("check_number", "started_at", "due_at", "outcome", "cause", *columns)))
        source = rows(cursor, "sample", first * every - window, last * every, wanted)
        listed = ", ".join(aggregate(metric, 0, window) for metric in metrics.values())
        for group, slot, *numbers in cursor.execute(
            f"WITH members(grp, check_number) AS (VALUES {', '.join(map(str, pairs))}), "
            f"mine AS (SELECT grp, s.* FROM {source} s JOIN members USING (check_number)), "
            f"spread AS (SELECT *, unnest(range(greatest(started_at // {every} + 1, {first}), "
            f"least((started_at + {window}) // {every} + 1, {last}))) AS slot FROM mine) "
            f"SELECT grp, slot, {listed} FROM spread GROUP BY grp, slot"
        ).fetchall():
            values[group, slot] = tuple(numbers)
    order = {name: place for place, name in enumerate(metrics)}
    counts = {
        name for name, metric in metrics.items() if metric.method in ("count", "rate")
    }  # what is counted is 0 where nothing was seen
    found: dict[Gauge, list[Reading]] = {}
    for one in gauges:
        place, group = order[one.metric], groups[one.checks]
        nothing = 0.0 if one.metric in counts else None
        found[one] = [
            Reading(
                slot * every, nothing if (seen := values.get((group, slot))) is None else _float(seen[place])
            )
            for slot in range(first, last)
        ]
    return found


def _float(number: float | None) -> float | None:
    return None if number is None else float(number)
