"""The values that metrics of samples had, again and again over a time: a day of them in one query."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from slawatch.core.gauging import Gauge, Reading, Thinner
from slawatch.core.instant import DAY, Instant, Micros
from slawatch.core.metric import find
from slawatch.store.database import numbers_of, transaction
from slawatch.store.errors import TooMuch
from slawatch.store.patience import fetched, go_on, patient
from slawatch.store.source import rows
from slawatch.store.windows import aggregate

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_AT_ONCE: Final[Micros] = DAY
"""So much time is read in one query: a sample stands in as many windows as overlap, all at once in memory."""
MOST: Final = 2_000_000
"""Readings that can change anything, of all gauges together."""


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
    thinned = {one: Thinner(one) for one in gauges}
    kept = 0
    with transaction(cursor, read_only=True):
        known = numbers_of(cursor)
        for (window, every), mine in together.items():
            low = start
            while low < end:
                go_on()
                high = min((low // _AT_ONCE + 1) * _AT_ONCE, end)
                for one, shown in _read(cursor, mine, known, window, every, low, high):
                    kept += thinned[one].take(patient(shown))
                    if kept > MOST:
                        raise TooMuch(
                            f"rules on metrics show more than {MOST} values that matter: ask for less time"
                        )
                low = high
    return {one: thinner.found for one, thinner in thinned.items()}


def _read(
    cursor: "DuckDBPyConnection",
    gauges: Sequence[Gauge],
    known: dict[str, int],
    window: Micros,
    every: Micros,
    start: Instant,
    end: Instant,
) -> Iterator[tuple[Gauge, Iterator[Reading]]]:
    """Return what each gauge showed, which is made while it is taken."""
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
        cursor.execute(
            f"WITH members(grp, check_number) AS (VALUES {', '.join(map(str, pairs))}), "
            f"mine AS (SELECT grp, s.* FROM {source} s JOIN members USING (check_number)), "
            f"spread AS (SELECT *, unnest(range(greatest(started_at // {every} + 1, {first}), "
            f"least((started_at + {window}) // {every} + 1, {last}))) AS slot FROM mine) "
            f"SELECT grp, slot, {listed} FROM spread GROUP BY grp, slot"
        )
        for group, slot, *numbers in fetched(cursor, MOST, "values of metrics in a day"):
            values[group, slot] = tuple(numbers)
    order = {name: place for place, name in enumerate(metrics)}
    counts = {
        name for name, metric in metrics.items() if metric.method in ("count", "rate")
    }  # what is counted is 0 where nothing was seen

    def shown(place: int, group: int, nothing: float | None) -> Iterator[Reading]:
        for slot in range(first, last):
            seen = values.get((group, slot))
            yield Reading(slot * every, nothing if seen is None else _float(seen[place]))

    for one in gauges:
        yield one, shown(order[one.metric], groups[one.checks], 0.0 if one.metric in counts else None)


def _float(number: float | None) -> float | None:
    return None if number is None else float(number)
