"""What is stored, as CSV, JSON lines or Parquet: samples and transitions, in order of time.

CSV follows RFC 4180, and no cell can be taken for a formula by a spreadsheet: a text that begins like one
gets an apostrophe in front, which `import samples` takes off again. The columns of the samples are those of
the import.
"""

import contextlib
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, Protocol, TypeAlias

from slawatch.core.instant import DAY, Instant
from slawatch.core.sample import Cause, Outcome
from slawatch.store.database import transaction
from slawatch.store.source import EARLIEST, LATEST, folder, quoted, rows, sampled_days
from slawatch.store.staging import LENGTHS, Format

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

What: TypeAlias = Literal["samples", "transitions"]
Cell: TypeAlias = "str | float | bool | None"

_PIECE: Final = 1 << 20
_OPTIONS: Final[Mapping[Format, str]] = {
    "csv": "FORMAT csv, HEADER false, NULLSTR ''",
    "jsonl": "FORMAT json",
    "parquet": "FORMAT parquet, COMPRESSION zstd",
}
_SAMPLES: Final = ("check", "time", "outcome", "latency", "reason", "cause", "due", *LENGTHS[1:])
_TRANSITIONS: Final = ("check", "time", "outcome", "after", "reason")


class Out(Protocol):
    """What an export writes into."""

    def write(self, data: bytes, /) -> int:
        """Take some bytes."""
        ...


def export(
    cursor: "DuckDBPyConnection", what: What, start: Instant, end: Instant, file_format: Format, out: Out
) -> None:
    """Write the samples that started, or the transitions that happened, in `[start, end)`.

    Raises:
        duckdb.Error: the store cannot be read.
        OSError: `out` takes no more.
    """
    start, end = max(start, EARLIEST), min(end, LATEST)
    columns = _SAMPLES if what == "samples" else _TRANSITIONS
    with transaction(cursor, read_only=True), _temporary(cursor) as file:
        if file_format == "csv":
            out.write((",".join(columns) + "\r\n").encode())
        for low, high in _portions(cursor, what, start, end, whole=file_format == "parquet"):
            query = (_samples if what == "samples" else _transitions)(cursor, low, high, file_format)
            cursor.execute(f"COPY ({query}) TO {quoted(file)} ({_OPTIONS[file_format]})")
            _pour(file, out, crlf=file_format == "csv")


def write_parquet(
    cursor: "DuckDBPyConnection", columns: Sequence[str], table: Iterable[Mapping[str, Cell]], out: Out
) -> None:
    """Write rows as a Parquet file; a column's type is that of its first value, text where it has none.

    Raises:
        duckdb.Error: a value does not fit its column.
        OSError: `out` takes no more.
    """
    found = list(table)
    kinds = []
    for column in columns:
        value = next((row[column] for row in found if row.get(column) is not None), None)
        kind = "VARCHAR"
        if isinstance(value, bool):
            kind = "BOOLEAN"
        elif isinstance(value, int | float):
            kind = "DOUBLE"
        kinds.append(f'"{column}" {kind}')
    cursor.execute(f"CREATE OR REPLACE TEMP TABLE exported ({', '.join(kinds)})")
    try:
        if found:
            with cursor.appender("exported") as appender:
                appender.append_rows([[row.get(column) for column in columns] for row in found])
        with _temporary(cursor) as file:
            cursor.execute(f"COPY exported TO {quoted(file)} ({_OPTIONS['parquet']})")
            _pour(file, out, crlf=False)
    finally:
        cursor.execute("DROP TABLE exported")


def _portions(
    cursor: "DuckDBPyConnection", what: What, start: Instant, end: Instant, *, whole: bool
) -> Iterator[tuple[Instant, Instant]]:
    """Yield the days that have something, or all at once: only text can be written a part at a time."""
    if whole:
        yield start, end
        return
    if what == "samples":
        days = sampled_days(cursor, start, end)
    else:
        found = cursor.execute(
            f"SELECT DISTINCT changed_at // {DAY} FROM transition "
            "WHERE changed_at >= ? AND changed_at < ? ORDER BY 1",
            [start, end],
        ).fetchall()
        days = [day for (day,) in found]
    for day in days:
        yield max(start, day * DAY), min(end, (day + 1) * DAY)


def _samples(cursor: "DuckDBPyConnection", start: Instant, end: Instant, file_format: Format) -> str:
    source = rows(cursor, "sample", start, end)
    failures = rows(cursor, "failure", start, end, ("check_number", "started_at", "reason"))
    outcome = " ".join(f"WHEN {one.value} THEN '{one.word}'" for one in Outcome)
    cause = " ".join(f"WHEN {one.value} THEN '{one.name.lower()}'" for one in Cause)
    lengths = {name: _length(f"s.{name}", file_format) for name in LENGTHS}
    return f"""
        SELECT {_text("n.name", file_format)} AS "check",
            {_time("s.started_at", file_format)} AS "time", CASE s.outcome {outcome} END AS outcome,
            {lengths["latency"]} AS latency, {_text("f.reason", file_format)} AS reason,
            CASE s.cause {cause} END AS cause, {_time("s.due_at", file_format)} AS due,
            {", ".join(f'{lengths[name]} AS "{name}"' for name in LENGTHS[1:])}
        FROM {source} s JOIN check_name n ON n.number = s.check_number
        LEFT JOIN (SELECT check_number, started_at, min(reason) AS reason FROM {failures} GROUP BY ALL) f
            ON f.check_number = s.check_number AND f.started_at = s.started_at
        ORDER BY s.started_at, n.name
    """


def _transitions(_: "DuckDBPyConnection", start: Instant, end: Instant, file_format: Format) -> str:
    outcome = " ".join(f"WHEN {one.value} THEN '{one.word}'" for one in Outcome)
    return f"""
        SELECT {_text("n.name", file_format)} AS "check",
            {_time("t.changed_at", file_format)} AS "time", CASE t.outcome {outcome} END AS outcome,
            {_time("t.after", file_format)} AS after, {_text("t.reason", file_format)} AS reason
        FROM transition t JOIN check_name n ON n.number = t.check_number
        WHERE changed_at >= {start} AND changed_at < {end} ORDER BY t.changed_at, n.name
    """


def _time(column: str, file_format: Format) -> str:
    if file_format == "parquet":
        return f"make_timestamp({column})::TIMESTAMP"
    return f"strftime(make_timestamp({column}), '%Y-%m-%dT%H:%M:%S.%fZ')"


def _length(column: str, file_format: Format) -> str:
    exact = f"({column}::DECIMAL(18, 0) / 1000000)"
    return f"{exact}::DOUBLE" if file_format == "parquet" else f"{exact}::DECIMAL(18, 6)"


def _text(column: str, file_format: Format) -> str:
    if file_format != "csv":
        return column
    flat = f"regexp_replace({column}, '[\\r\\n]+', ' ', 'g')"
    return f"regexp_replace({flat}, '^([=+@\\t\uff1d\uff0b\uff0d\uff20''-])', '''\\1')"


@contextlib.contextmanager
def _temporary(cursor: "DuckDBPyConnection") -> Iterator[Path]:
    spill = folder(cursor).parent / "spill"
    file = spill / f"export-{uuid.uuid4().hex}"
    try:
        yield file
    finally:
        file.unlink(missing_ok=True)


def _pour(file: Path, out: Out, *, crlf: bool) -> None:
    with file.open("rb") as source:
        while piece := source.read(_PIECE):
            out.write(piece.replace(b"\n", b"\r\n") if crlf else piece)
