"""How much the counters of a check grew, from the readings that its probes kept as measures."""

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from slawatch.core.instant import DAY, Instant
from slawatch.store.database import numbers_of, transaction
from slawatch.store.source import EARLIEST, day_of, rows

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def increases(
    cursor: "DuckDBPyConnection",
    check: str,
    counters: Sequence[str],
    start: Instant,
    end: Instant,
    inside: Sequence[tuple[Instant, Instant]] | None = None,
) -> dict[str, Fraction] | None:
    """Return how much counters of one page grew in `[start, end)`; None where no two readings tell.

    What a counter grew by between two readings belongs to the time of the later one, however long nobody
    looked in between: so stretches next to each other add up to the whole, and the first reading in the
    window goes on from the last one before it, as long as that one is kept. A counter that is lower than
    before began again at zero, and all of its page with it: what it had counted between the last reading and
    that moment is lost. Readings without all of the counters are passed over. Whole numbers are exact up to
    2**53.

    Args:
        cursor: on the store; used up to the end of the call.
        check: its name.
        counters: their names in that check, one at least.
        start: of the window, which is half-open.
        end: of the window.
        inside: stretches of the window that count, sorted; None for all of it. What a counter grew by outside
            of them is left out.

    Raises:
        ValueError: the window is empty, or no counter is named.
        duckdb.Error: the store cannot be read.
    """
    if start >= end or not counters:
        raise ValueError(f"an increase needs counters and a start before its end, not [{start}, {end})")
    names = tuple(dict.fromkeys(counters))
    with transaction(cursor, read_only=True):
        number = numbers_of(cursor).get(check)
        if number is None:
            return None
        base = _last_before(cursor, number, names, start)
        since = start if base is None else base
        if inside is not None:
            return _inside(cursor, number, names, since, end, inside)
        marks = _marks(cursor, number, names, since, end)
    if not marks or marks[0][0] == marks[-1][0] or marks[-1][0] < start:
        return None
    grown = {}
    for index, name in enumerate(names):
        first, last = marks[0][1][index], marks[-1][1][index]
        restarts = sum((before[index] for _, _, before in marks[1:] if before), Fraction(0))
        grown[name] = last - first + restarts
    return grown


def _inside(
    cursor: "DuckDBPyConnection",
    number: int,
    names: Sequence[str],
    start: Instant,
    end: Instant,
    stretches: Sequence[tuple[Instant, Instant]],
) -> dict[str, Fraction] | None:
    """Return how much the counters grew up to readings in some stretches."""
    if not stretches:
        return None
    count = range(len(names))
    lags = ", ".join(f"lag(value{i}) OVER later AS before{i}" for i in count)
    fell = " OR ".join(f"value{i} < before{i}" for i in count)
    grown = ", ".join(f"sum(CASE WHEN {fell} THEN value{i} ELSE value{i} - before{i} END)" for i in count)
    spans = ", ".join(f"({int(low)}, {int(high)})" for low, high in stretches)
    found = cursor.execute(
        f"""
        WITH seen AS (
            SELECT *, {lags} FROM {_readings(cursor, number, names, start, end)}
            WINDOW later AS (ORDER BY started_at)
        ), spans(low, high) AS (VALUES {spans})
        SELECT count(*), {grown} FROM seen ASOF JOIN spans ON started_at >= low
        WHERE started_at < high AND before0 IS NOT NULL
        """
    ).fetchone()
    if found is None or not found[0]:
        return None
    return {name: Fraction(value) for name, value in zip(names, found[1:], strict=True)}


_Values = tuple[Fraction, ...]
_Mark = tuple[Instant, _Values, _Values | None]


def _marks(
    cursor: "DuckDBPyConnection", number: int, names: Sequence[str], start: Instant, end: Instant
) -> list[_Mark]:
    """Return the first and last reading, and those after a restart with the values before it."""
    before = [f"before{index}" for index in range(len(names))]
    lags = ", ".join(f"lag(value{index}) OVER later AS {name}" for index, name in enumerate(before))
    fell = " OR ".join(f"value{index} < {name}" for index, name in enumerate(before))
    found = cursor.execute(
        f"""
        WITH seen AS (
            SELECT *, {lags}, row_number() OVER later AS nth, count(*) OVER () AS readings
            FROM {_readings(cursor, number, names, start, end)} WINDOW later AS (ORDER BY started_at)
        )
        SELECT started_at, coalesce({fell}, false) AS restart, {_values(names)}, {", ".join(before)}
        FROM seen WHERE nth = 1 OR nth = readings OR restart ORDER BY started_at
        """
    ).fetchall()
    width = len(names)
    return [
        (
            row[0],
            tuple(map(Fraction, row[2 : 2 + width])),
            tuple(map(Fraction, row[2 + width :])) if row[1] else None,
        )
        for row in found
    ]


def _last_before(
    cursor: "DuckDBPyConnection", number: int, names: Sequence[str], instant: Instant
) -> Instant | None:
    """Return when the last whole reading before an instant was; the newest days are looked at first."""
    fresh = cursor.execute(
        "SELECT DISTINCT started_at // ? FROM measure WHERE check_number = ? AND started_at < ?",
        [DAY, number, instant],
    ).fetchall()
    sealed = cursor.execute(
        "SELECT DISTINCT day FROM sealed_day WHERE kind = 'measure' AND day <= ?", [day_of(instant)]
    ).fetchall()
    for (day,) in sorted({*fresh, *sealed}, reverse=True):
        low, high = max(day * DAY, EARLIEST), min((day + 1) * DAY, instant)
        if low < high:
            readings = _readings(cursor, number, names, low, high)
            found = cursor.execute(f"SELECT max(started_at) FROM {readings}").fetchone()
            if found and found[0] is not None:
                return int(found[0])
    return None


def _readings(
    cursor: "DuckDBPyConnection", number: int, names: Sequence[str], start: Instant, end: Instant
) -> str:
    """Return SQL of a subquery for the readings that have all of the counters, in columns `value0`, ..."""
    texts = ["'" + name.replace("'", "''") + "'" for name in names]
    measures = rows(
        cursor, "measure", start, end, ("started_at", "name", "value"),
        where=f"check_number = {number} AND name IN ({', '.join(texts)})",
    )  # fmt: skip
    columns = ", ".join(
        f"max(value) FILTER (name = {text}) AS value{index}" for index, text in enumerate(texts)
    )
    whole = f"HAVING count(DISTINCT name) = {len(names)}"
    return f"(SELECT started_at, {columns} FROM {measures} GROUP BY 1 {whole})"


def _values(names: Sequence[str]) -> str:
    return ", ".join(f"value{index}" for index in range(len(names)))
