"""The values of metrics over a window, for many checks or services at once: one grouped query for all.

A group is a service or a single check; its checks are pooled. What a window holds is read once however many
metrics of it are asked for. The newest samples are in the database in the order of their coming, so that a
short window reads little of it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from slawatch.core.instant import DAY, MINUTE, SECOND, Instant
from slawatch.core.metric import Metric
from slawatch.core.sample import Outcome
from slawatch.core.timeline import Held
from slawatch.store.database import numbers_of, transaction
from slawatch.store.quantiles import count_classes, pooled
from slawatch.store.source import LATEST, day_of, last_before, rows

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Group: TypeAlias = int
Groups: TypeAlias = Mapping[Group, Collection[str]]
"""The names of the checks of each group."""


class Value(NamedTuple):
    """What a metric came to.

    Attributes:
        number: microseconds, percent or a plain number; None where nothing was seen.
        unit: that the probe gave, of a measure; else empty.
    """

    number: float | None
    unit: str = ""


_AT_ONCE: Final = 4_000_000
"""So many samples have their percentiles found in memory; more are counted first."""
_NOTHING: Final = Value(None)
_LAG: Final = "greatest(started_at - due_at, 0)"
"""SQL of how late a probe began; one that began early, as the clock was set, was not late."""
CERTIFICATE: Final = "certificate_left"
_LATE: Final = 10 * MINUTE
"""How long after its probe began a sample may be stored and still be found by looking at the newest."""
_TIMES: Final[Mapping[str, float]] = {
    "us": 1, "ms": 1_000, "s": SECOND, "min": MINUTE, "h": 60 * MINUTE, "d": DAY,
}  # fmt: skip
_BEFORE: Final = 60 * MINUTE
"""How far before a window the reading of a counter is looked for that its first one goes on from."""


def values(
    cursor: "DuckDBPyConnection", metrics: Collection[Metric], groups: Groups, start: Instant, end: Instant
) -> dict[Group, dict[str, Value]]:
    """Return the values of metrics of samples and measures in `[start, end)`, by group and metric's name.

    Of a check that the store has never seen there are no samples: counts are 0, everything else is absent.

    Args:
        cursor: on the store; used up to the end of the call.
        metrics: with the source `samples` or `measures`.
        groups: the checks of each group.
        start: of the window, which is half-open.
        end: of the window.

    Raises:
        ValueError: the window is empty.
        duckdb.Error: the store cannot be read.
    """
    if start >= end:
        raise ValueError(f"a window needs a start before its end, not [{start}, {end})")
    found: dict[Group, dict[str, Value]] = {group: {} for group in groups}
    with transaction(cursor, read_only=True):
        known = numbers_of(cursor)
        members = {
            group: [known[name] for name in dict.fromkeys(names) if name in known]
            for group, names in groups.items()
        }
        sampled = [m for m in metrics if m.source == "samples" and m.over == "window"]
        if sampled:
            _merge(found, _of_samples(cursor, sampled, members, start, end))
        measured = [metric for metric in metrics if metric.source == "measures"]
        if measured:
            _merge(found, _of_measures(cursor, measured, members, start, end))
    for mine in found.values():
        for metric in metrics:
            counts = metric.method in ("count", "rate") and metric.source == "samples"
            mine.setdefault(metric.name, Value(0.0) if counts else _NOTHING)
    return found


class Latest:
    """The last samples of checks, asked for again and again: only the newest rows are looked at.

    What was found once stays the last sample of a check until the newest rows have a later one.
    """

    def __init__(self) -> None:
        self._found: dict[int, Held] = {}

    def ask(self, cursor: "DuckDBPyConnection", numbers: Collection[int], now: Instant) -> dict[int, Held]:
        """Return the last sample of each check that has one, by number; inside of a transaction or not."""
        missing = [number for number in numbers if number not in self._found]
        if missing:
            self._take(last_before(cursor, LATEST, missing))
        if len(missing) < len(numbers):
            fresh = cursor.execute(
                "SELECT check_number, max(started_at), arg_max(outcome, started_at), arg_max(holds, "
                "started_at) FROM sample WHERE started_at >= ? GROUP BY 1",
                [now - _LATE],
            ).fetchall()
            self._take({number: (at, outcome, holds) for number, at, outcome, holds in fresh})
        return {number: self._found[number] for number in numbers if number in self._found}

    def _take(self, found: Mapping[int, tuple[Instant, int, int]]) -> None:
        for number, (at, outcome, holds) in found.items():
            before = self._found.get(number)
            if before is None or at >= before.started_at:
                self._found[number] = Held(at, holds, outcome)


def _merge(found: dict[Group, dict[str, Value]], more: Mapping[Group, Mapping[str, Value]]) -> None:
    for group, mine in more.items():
        found[group].update(mine)


_Rows: TypeAlias = dict[Group, dict[str, Value]]


def _of_samples(
    cursor: "DuckDBPyConnection",
    metrics: Sequence[Metric],
    members: Mapping[Group, Sequence[int]],
    start: Instant,
    end: Instant,
) -> _Rows:
    many = _count(cursor, start, end) > _AT_ONCE
    timed = [metric for metric in metrics if metric.quantile is not None]
    plain = [metric for metric in metrics if metric.quantile is None or not many]
    found: _Rows = defaultdict(dict)
    if plain:
        columns = sorted({metric.column for metric in plain if metric.column} - {"lag", ""})
        wanted = ["check_number", "started_at", "due_at", "outcome", "cause", *columns]
        source = rows(cursor, "sample", start, end, list(dict.fromkeys(wanted)))
        listed = ", ".join(aggregate(metric, start, end) for metric in plain)
        for group, *numbers in _grouped(cursor, source, members, listed):
            for metric, number in zip(plain, numbers, strict=True):
                found[group][metric.name] = Value(None if number is None else float(number))
    if many:
        for column in sorted({metric.column for metric in timed}):
            mine = [metric for metric in timed if metric.column == column]
            _counted_first(cursor, mine, column, members, start, end, found)
    return found


def _grouped(
    cursor: "DuckDBPyConnection", source: str, members: Mapping[Group, Sequence[int]], columns: str
) -> list[tuple[Group, *tuple[float | None, ...]]]:
    pairs = [(group, number) for group, numbers in members.items() for number in numbers]
    if not pairs:
        return []
    listed = ", ".join(str(pair) for pair in pairs)
    return cursor.execute(
        f"WITH members(grp, check_number) AS (VALUES {listed}) "
        f"SELECT grp, {columns} FROM {source} JOIN members USING (check_number) GROUP BY grp"
    ).fetchall()


def aggregate(metric: Metric, start: Instant, end: Instant) -> str:
    """Return SQL of one metric of samples."""
    if metric.column:
        column = _LAG if metric.column == "lag" else metric.column
        only = f"{column} IS NOT NULL"
        if metric.outcomes:
            only += f" AND {_among('outcome', metric.outcomes)}"
        return f"{_method(metric, column)} FILTER ({only})"
    if metric.method == "rate":
        return f"count(*) * {MINUTE / (end - start)!r}"
    if metric.causes:
        return f"count(*) FILTER ({_among('cause', metric.causes)})"
    if not metric.outcomes:
        return "count(*)"
    counted = f"count(*) FILTER ({_among('outcome', metric.outcomes)})"
    if metric.method == "count":
        return counted
    known = "" if Outcome.UNKNOWN in metric.outcomes else f" FILTER (outcome < {int(Outcome.UNKNOWN)})"
    return f"100.0 * {counted} / nullif(count(*){known}, 0)"


def _among(column: str, numbers: Iterable[int]) -> str:
    return f"{column} IN ({', '.join(str(int(number)) for number in numbers)})"


def _counted_first(
    cursor: "DuckDBPyConnection",
    metrics: Sequence[Metric],
    column: str,
    members: Mapping[Group, Sequence[int]],
    start: Instant,
    end: Instant,
    found: _Rows,
) -> None:
    """Find percentiles of more samples than fit in memory."""
    what = _LAG if column == "lag" else column
    outcome = "0" if column == "lag" else "outcome"
    inner = rows(
        cursor, "sample", start, end, ("check_number", f"{outcome} AS outcome", f"{what} AS latency")
    )
    classes, _ = count_classes(cursor, inner)
    shares = [metric.quantile for metric in metrics if metric.quantile is not None]
    for group, numbers in pooled(cursor, inner, members, shares, classes).items():
        for metric, number in zip(metrics, numbers, strict=True):
            found[group][metric.name] = Value(float(number))


def _count(cursor: "DuckDBPyConnection", start: Instant, end: Instant) -> int:
    """Return about how many samples a window has, whole sealed days counted whole."""
    found = cursor.execute(
        "SELECT (SELECT coalesce(sum(rows), 0) FROM sealed_day WHERE kind = 'sample' AND day BETWEEN ? AND ?)"
        " + (SELECT count(*) FROM sample WHERE started_at >= ? AND started_at < ?)",
        [day_of(start), day_of(end - 1), start, end],
    ).fetchone()
    return int(found[0]) if found else 0


def _of_measures(
    cursor: "DuckDBPyConnection",
    metrics: Sequence[Metric],
    members: Mapping[Group, Sequence[int]],
    start: Instant,
    end: Instant,
) -> _Rows:
    grown = any(metric.column == "increase" for metric in metrics)
    names = ", ".join(_quoted(name) for name in sorted({metric.measure for metric in metrics}))
    source = rows(
        cursor, "measure", max(start - min(end - start, _BEFORE), 0) if grown else start, end,
        ("check_number", "started_at", "name", "value", "unit"),
        where=f"name IN ({names}) AND value IS NOT NULL",
    )  # fmt: skip
    if grown:
        # A counter that is lower than before began again at zero.
        source = (
            "(SELECT *, CASE WHEN value < before THEN value ELSE value - before END AS grown FROM (SELECT *, "
            "lag(value) OVER (PARTITION BY check_number, name ORDER BY started_at) AS before "
            f"FROM {source}) WHERE started_at >= {start})"
        )
    lasting = [metric for metric in metrics if metric.name == CERTIFICATE]
    others = [metric for metric in metrics if metric.name != CERTIFICATE]
    found: _Rows = defaultdict(dict)
    if others:
        listed = [_measured(metric, start, end) for metric in others]
        listed += [f"arg_max(unit, started_at) FILTER ({_named(metric)})" for metric in others]
        for group, *numbers in _grouped(cursor, source, members, ", ".join(listed)):
            for metric, number, unit in zip(others, numbers, numbers[len(others) :], strict=False):
                if number is not None:
                    kept = str(unit or "") if metric.unit == "any" else ""
                    found[group][metric.name] = Value(float(number), kept)
    for metric in lasting:
        left = {
            number: value * DAY - (end - at)
            for number, value, at in cursor.execute(
                f"SELECT check_number, arg_max(value, started_at), max(started_at) FROM {source} "
                f"WHERE {_named(metric)} GROUP BY 1"
            ).fetchall()
        }
        for group, checks in members.items():
            mine = [left[number] for number in checks if number in left]
            if mine:
                found[group][metric.name] = Value(min(mine))
    return found


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _named(metric: Metric) -> str:
    return f"name = {_quoted(metric.measure)}"


def _measured(metric: Metric, start: Instant, end: Instant) -> str:
    """Return SQL of one metric of measures."""
    only = f"FILTER ({_named(metric)})"
    if metric.column == "increase":
        per = f" / {(end - start) / SECOND!r}" if metric.method == "rate" else ""
        return f"sum(grown) {only}{per}"
    return f"{_method(metric, 'value')} {only}"


def _method(metric: Metric, column: str) -> str:
    """Return SQL of what a metric makes of the values of a column."""
    if metric.quantile is not None:
        share = Decimal(metric.quantile.numerator) / Decimal(metric.quantile.denominator)
        return f"quantile_disc({column}, {share:f})"
    if metric.method == "last":
        return f"arg_max({column}, started_at)"
    return f"{'stddev_pop' if metric.method == 'stddev' else metric.method}({column})"


def in_time(value: Value) -> float | None:
    """Return a measure as microseconds; None where its unit is none of time.

    >>> in_time(Value(0.25, "s")), in_time(Value(3.0, "%"))
    (250000.0, None)
    """
    factor = _TIMES.get(value.unit)
    return None if value.number is None or factor is None else value.number * factor
