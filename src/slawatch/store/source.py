"""Where the rows of a window are: in the database while fresh, in one Parquet file a day after that."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from slawatch.core.instant import DAY, Instant

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Kind: TypeAlias = Literal["sample", "failure", "measure"]

COLUMNS: Final[Mapping[Kind, Sequence[str]]] = {
    "sample": (
        "check_number", "due_at", "started_at", "outcome", "cause", "latency", "dns", "connect", "tls",
        "first_byte", "transfer", "holds", "location",
    ),
    "failure": ("check_number", "started_at", "reason", "transcript"),
    "measure": ("check_number", "started_at", "name", "value", "unit"),
}  # fmt: skip
"""The tables whose old days are sealed, with their columns in order."""

EARLIEST: Final[Instant] = -(2**62)
LATEST: Final[Instant] = 2**62


def day_of(instant: Instant) -> int:
    """Return the UTC day of an instant, counted from 1970-01-01."""
    return instant // DAY


def quoted(path: Path) -> str:
    """Return a path as an SQL text."""
    return "'" + str(path).replace("'", "''") + "'"


def folder(cursor: "DuckDBPyConnection") -> Path:
    """Return the folder of the sealed days of a cursor's database."""
    found = cursor.execute(
        "SELECT path FROM duckdb_databases() WHERE database_name = current_database()"
    ).fetchone()
    assert found is not None
    return Path(found[0]).parent / "sealed"


def files(cursor: "DuckDBPyConnection", kind: Kind, start: Instant, end: Instant) -> list[Path]:
    """Return the sealed days that overlap `[start, end)`, oldest first."""
    where = folder(cursor)
    return [
        where / file
        for (file,) in cursor.execute(
            "SELECT file FROM sealed_day WHERE kind = ? AND day BETWEEN ? AND ? ORDER BY day",
            [kind, day_of(start), day_of(end - 1)],
        ).fetchall()
    ]


def rows(
    cursor: "DuckDBPyConnection",
    kind: Kind,
    start: Instant,
    end: Instant,
    columns: Sequence[str] = (),
    *,
    where: str = "true",
    fresh: bool = True,
) -> str:
    """Return SQL of a subquery for the rows whose samples started in `[start, end)`.

    The cursor is to be inside a transaction, so that the manifest and the fresh rows belong together.

    Args:
        cursor: on the store.
        kind: of the rows.
        start: of the window, which is half-open.
        end: of the window.
        columns: which; all where none is named.
        where: a further condition on the columns, as SQL.
        fresh: whether those in the database are wanted too, not only the sealed ones.
    """
    chosen = ", ".join(columns or COLUMNS[kind])
    condition = f"started_at >= {start} AND started_at < {end} AND ({where})"
    sealed = files(cursor, kind, start, end)
    parts = []
    if fresh or not sealed:
        parts.append(f"SELECT {chosen} FROM {kind} WHERE {condition}{'' if fresh else ' AND false'}")
    if sealed:
        listed = ", ".join(quoted(path) for path in sealed)
        parts.append(f"SELECT {chosen} FROM read_parquet([{listed}]) WHERE {condition}")
    return "(" + " UNION ALL ".join(parts) + ")"


def sampled_days(cursor: "DuckDBPyConnection", start: Instant, end: Instant) -> list[int]:
    """Return the UTC days of `[start, end)` that have samples, in order."""
    found = cursor.execute(
        "SELECT day FROM sealed_day WHERE kind = 'sample' AND day BETWEEN ? AND ? UNION SELECT DISTINCT "
        f"started_at // {DAY} FROM sample WHERE started_at >= ? AND started_at < ? ORDER BY 1",
        [day_of(start), day_of(end - 1), start, end],
    ).fetchall()
    return [day for (day,) in found]


def last_before(
    cursor: "DuckDBPyConnection", instant: Instant, checks: Sequence[int] | None = None
) -> dict[int, tuple[Instant, int, int]]:
    """Return each check's last sample that started before an instant: `(started_at, outcome, holds)`."""
    return _edges(cursor, instant, checks, last=True)


def first_from(
    cursor: "DuckDBPyConnection", instant: Instant, checks: Sequence[int] | None = None
) -> dict[int, tuple[Instant, int, int]]:
    """Return each check's first sample that started from an instant on: `(started_at, outcome, holds)`."""
    return _edges(cursor, instant, checks, last=False)


def _edges(
    cursor: "DuckDBPyConnection", instant: Instant, checks: Sequence[int] | None, *, last: bool
) -> dict[int, tuple[Instant, int, int]]:
    if checks is not None and not checks:
        return {}
    chosen = (
        "true" if checks is None else f"check_number IN ({', '.join(str(int(number)) for number in checks)})"
    )
    instant = min(max(instant, EARLIEST), LATEST)
    day = day_of(instant)
    start, end = (day * DAY, instant) if last else (instant, (day + 1) * DAY)
    pick, prefix = ("arg_max", "last") if last else ("arg_min", "first")
    # Of several samples at one instant the known one counts, then the worse, then the one that holds longer.
    rank, sign = "(CASE outcome WHEN 3 THEN 0 ELSE outcome::INTEGER + 1 END)", "" if last else "-"
    order = f"({{'at': started_at, 'rank': {sign}{rank}, 'holds': {sign}holds}})"
    sealed_today = files(cursor, "sample", start, end) if start < end else []
    parts = [
        f"""SELECT check_number, started_at, outcome, holds FROM sample
        WHERE started_at {"<" if last else ">="} {instant} AND {chosen}""",
        f"""SELECT check_number, {prefix}_at, {prefix}_outcome, {prefix}_holds FROM sealed_check
        WHERE day {"<" if last else ">"} {day} AND {chosen}""",
    ]
    if sealed_today:
        parts.append(
            f"SELECT check_number, started_at, outcome, holds FROM read_parquet([{quoted(sealed_today[0])}]) "
            f"WHERE started_at >= {start} AND started_at < {end} AND {chosen}"
        )
    found = cursor.execute(
        f"SELECT check_number, unnest({pick}({{'a': started_at, 'o': outcome, 'h': holds}}, {order})) "
        f"FROM ({' UNION ALL '.join(parts)}) GROUP BY check_number"
    ).fetchall()
    return {number: (at, outcome, holds) for number, at, outcome, holds in found}
