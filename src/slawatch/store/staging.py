"""The rows of a file that is to be imported, read once and put into one temporary Parquet file a day.

Memory does not grow with the file. Bad rows come along with the text that was found, so that the message can
show it.
"""

import csv
import itertools
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeAlias

from slawatch.core.instant import DAY, MINUTE, SECOND, Instant, Micros
from slawatch.core.sample import Cause, Outcome
from slawatch.store.errors import StoreBusy, StoreFull, one_line, translate
from slawatch.store.source import quoted

if TYPE_CHECKING:
    import duckdb
    from duckdb import DuckDBPyConnection

Format: TypeAlias = Literal["csv", "jsonl", "parquet"]

_NEEDED: Final = ("check", "time", "outcome")
LENGTHS: Final = ("latency", "dns", "connect", "tls", "first_byte", "transfer")
COLUMNS: Final = (*_NEEDED, "latency", "reason", "cause", "due", *LENGTHS[1:])
"""What a file may have, all but three optional: times in RFC 3339 or epoch seconds, lengths in seconds."""

_STAMP: Final = r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)"
_NUMBER: Final = r"-?\d+(\.\d+)?([eE][+-]?\d+)?"
_EARLIEST: Final[Instant] = 0
_LATEST: Final[Instant] = 4_102_444_800 * SECOND
"""2100: a time after it is most likely in milliseconds."""
_SKEW: Final[Micros] = MINUTE
"""How far the clock of another machine may be ahead of ours."""
_LONGEST: Final = 10_000_000
"""Seconds; a longer latency is most likely in another unit."""
_BAD: Final = -1
_CSV_LINE: Final = re.compile(r"CSV Error on Line: (\d+)")
_CSV_FAULTS: Final = {
    "unterminated quote": "a quotation mark is never closed, or stands in a cell without being doubled",
    "not utf-8 encoded": "this is not UTF-8",
    "maximum line size": "this line is longer than 4 MiB",
}


class ImportRefused(Exception):  # noqa: N818 (an answer, not a fault)
    """The file cannot be imported; nothing was stored.

    Attributes:
        line: of the first bad row (of a Parquet file: its row), from 1; None where it is the file as a whole.
    """

    def __init__(self, message: str, *, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


class Staged(NamedTuple):
    """What was read: how many rows, of how many checks, from when to when, and the UTC days they lie in."""

    rows: int
    checks: tuple[int, ...]
    first: Instant
    last: Instant
    days: tuple[int, ...]


def format_of(path: Path) -> Format:
    """Return the format that a file's suffix stands for.

    Raises:
        ImportRefused: none.
    """
    match path.suffix.lower():
        case ".csv":
            return "csv"
        case ".jsonl" | ".ndjson":
            return "jsonl"
        case ".parquet":
            return "parquet"
    raise ImportRefused(f"{path}: the name must end in .csv, .jsonl or .parquet to tell the format")


class Rows:
    """A file to be imported.

    Args:
        cursor: on the store, inside a transaction, with a table `known` of `name`, `number` and `holds`.
        path: of the file.
        kind: its format.
        now: the present; a sample of the future is a mistake, and would outlast all that really come.
    """

    def __init__(self, cursor: "DuckDBPyConnection", path: Path, kind: Format, now: Instant) -> None:
        """Look at the columns.

        Raises:
            ImportRefused: the file cannot be read, or has not the columns that are needed.
        """
        self.path = path
        self.kind = kind
        self._cursor = cursor
        self._latest = now + _SKEW
        self._types = self._columns()
        missing = [name for name in _NEEDED if name not in self._types]
        if missing:
            raise ImportRefused(
                f"{path}: there is no column {', '.join(missing)}; needed are {', '.join(_NEEDED)}", line=1
            )
        unknown = [name for name in self._types if name not in COLUMNS]
        if unknown:
            raise ImportRefused(
                f"{path}: unknown column {', '.join(unknown)}; known are {', '.join(COLUMNS)}", line=1
            )

    def stage(self, folder: Path) -> Staged:
        """Write the rows into the folder, by day.

        Raises:
            ImportRefused: a row is wrong; the first one is named.
            StoreFull: there is no room for the temporary files.
        """
        import duckdb

        folder.mkdir(mode=0o700, parents=True)
        try:
            self._cursor.execute(
                f"COPY ({self._parsed()}) TO {quoted(folder)} "
                "(FORMAT parquet, COMPRESSION lz4, PARTITION_BY (day), WRITE_PARTITION_COLUMNS false)"
            )
        except duckdb.Error as error:
            raise self._unreadable(error) from error
        if (folder / f"day={_BAD}").exists():
            raise self._first_bad(folder)
        days = sorted(int(part.name.removeprefix("day=")) for part in folder.iterdir())
        if not days:
            return Staged(0, (), 0, 0, ())
        count, first, last = self._cursor.execute(
            f"SELECT count(*), min(started_at), max(started_at) FROM {staged_days(folder)}"
        ).fetchall()[0]
        numbers = self._cursor.execute(f"SELECT DISTINCT number FROM {staged_days(folder)}").fetchall()
        return Staged(count, tuple(sorted(number for (number,) in numbers)), first, last, tuple(days))

    def where(self, row: int) -> tuple[str, int]:
        """Return a row's place for people, and its line."""
        if self.kind == "parquet":
            return f"{self.path}, row {row}", row
        line = self._csv_line(row) if self.kind == "csv" else self._text_line(row)
        return f"{self.path}:{line}", line

    def _csv_line(self, row: int) -> int:
        """Return the line at which a row begins; a quoted cell may hold line ends."""
        line, count = 1, 0
        with self.path.open(newline="", encoding="utf-8-sig", errors="replace") as file:
            reader = csv.reader(file)
            for found in reader:
                if found:
                    if count == row:
                        break
                    count += 1
                line = reader.line_num + 1
        return line

    def _text_line(self, row: int) -> int:
        with self.path.open("rb") as file:
            filled = (number for number, text in enumerate(file, 1) if text.strip())
            return next(itertools.islice(filled, row - 1, None), row)

    def _columns(self) -> dict[str, str]:
        import duckdb

        try:
            with self.path.open("rb") as raw:
                head = raw.read(1 << 20)
        except OSError as error:
            raise ImportRefused(f"{self.path} cannot be read: {error.strerror}") from error
        if self.kind == "csv":
            first = next(csv.reader([head.decode("utf-8-sig", "replace").split("\n", 1)[0].rstrip("\r")]), [])
            names = [name.strip() for name in first]
            twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
            if twice:
                raise ImportRefused(f"{self.path}: the column {', '.join(twice)} is there twice", line=1)
            return dict.fromkeys(names, "VARCHAR")
        if self.kind == "jsonl":
            return dict.fromkeys(COLUMNS, "VARCHAR")
        try:
            described = self._cursor.execute(
                f"DESCRIBE SELECT * FROM read_parquet({quoted(self.path)})"
            ).fetchall()
        except duckdb.Error as error:
            raise ImportRefused(f"{self.path} is no Parquet file: {_told(error)}") from error
        return {name: kind for name, kind, *_ in described}

    def _source(self) -> str:
        """Return SQL of the rows as they are, with `line`: the number of the row, from 1."""
        if self.kind == "parquet":
            table = f"read_parquet({quoted(self.path)}, file_row_number = true)"
            return f"(SELECT file_row_number + 1 AS line, * FROM {table})"
        columns = "{" + ", ".join(f"'{name}': 'VARCHAR'" for name in self._types) + "}"
        if self.kind == "csv":
            table = (
                f"read_csv({quoted(self.path)}, columns = {columns}, header = true, auto_detect = false, "
                "delim = ',', quote = '\"', escape = '\"', null_padding = false, strict_mode = true, "
                "max_line_size = 4194304)"
            )
        else:
            table = f"read_json({quoted(self.path)}, columns = {columns}, format = 'newline_delimited')"
        return f"(SELECT row_number() OVER () AS line, * FROM {table})"

    def _parsed(self) -> str:
        given = ", ".join(f"{self._given(name)} AS t_{name}" for name in COLUMNS)
        outcome = " ".join(f"WHEN '{one.word}' THEN {one.value}" for one in Outcome)
        cause = " ".join(f"WHEN '{one.name.lower()}' THEN {one.value}" for one in Cause)
        lengths = ", ".join(f"{_length(f't_{name}')} AS {name}" for name in LENGTHS)
        optional = " OR ".join(
            f"({name} IS NULL AND coalesce(t_{name}::VARCHAR, '') <> '')"
            for name in (*LENGTHS, "cause", "due")
        )
        found = ", ".join(f"CASE WHEN bad THEN t_{name}::VARCHAR END AS t_{name}" for name in COLUMNS)
        return f"""
            SELECT CASE WHEN bad THEN {_BAD} ELSE started_at // {DAY} END AS day, line, number, started_at,
            outcome,
                cause, due, holds, reason, {", ".join(LENGTHS)}, {found}
            FROM (
                SELECT *, coalesce(number IS NULL OR started_at IS NULL OR outcome IS NULL OR {optional}
                    OR started_at NOT BETWEEN {_EARLIEST} AND {self._latest}, true) AS bad
                FROM (
                    SELECT p.*, known.number, known.holds, {self._instant("time")} AS started_at,
                        CASE lower(t_outcome) {outcome} END::UTINYINT AS outcome,
                        CASE lower(t_cause) {cause} END::UTINYINT AS cause,
                        {self._instant("due")} AS due, {lengths}, nullif(t_reason, '') AS reason
                    FROM (SELECT line, {given} FROM {self._source()}) p LEFT JOIN known ON known.name =
                    t_check
                )
            )
        """

    def _given(self, name: str) -> str:
        kind = self._types.get(name)
        if kind is None:
            return "NULL::VARCHAR"
        if kind != "VARCHAR" and name in ("time", "due", *LENGTHS):
            return f'"{name}"'
        text = f'trim("{name}"::VARCHAR)'
        if self.kind == "csv" and name in ("check", "reason"):
            # A leading apostrophe is how `export` keeps a spreadsheet from taking a text for a formula.
            text = f"regexp_replace({text}, '^''([=+@\\t\\r\uff1d\uff0b\uff0d\uff20''-])', '\\1')"
        return text

    def _instant(self, name: str) -> str:
        """Return SQL of the microseconds that a column names; NULL for what is no time."""
        kind, value = self._types.get(name, "VARCHAR"), f"t_{name}"
        if kind.startswith("TIMESTAMP"):
            return f"epoch_us({value})"
        if kind != "VARCHAR":
            return f"try_cast(round(try_cast({value} AS DECIMAL(38, 9)) * {SECOND}) AS BIGINT)"
        number = f"coalesce(try_cast({value} AS DECIMAL(38, 9)), try_cast({value} AS DOUBLE))"
        return (
            f"CASE WHEN regexp_full_match({value}, '{_NUMBER}') "
            f"THEN try_cast(round({number} * {SECOND}) AS BIGINT) "
            f"WHEN regexp_full_match({value}, '{_STAMP}') "
            f"THEN epoch_us(try_cast(upper({value}) AS TIMESTAMPTZ)) END"
        )

    def _unreadable(self, error: "duckdb.Error") -> Exception:
        refused = translate(error, f"import {self.path}", self.path)
        if isinstance(refused, StoreFull | StoreBusy):
            return refused
        text = str(error)
        found = _CSV_LINE.search(text) if self.kind == "csv" else None
        line = int(found[1]) if found else self._line_without_object() if self.kind == "jsonl" else None
        if line is None:
            return ImportRefused(f"{self.path} cannot be read as {self.kind}: {_told(error)}")
        return ImportRefused(f"{self.path}:{line}: {self._malformed(text)}", line=line)

    def _malformed(self, text: str) -> str:
        if self.kind == "jsonl":
            return "this is no JSON object"
        if counts := re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", text):
            return f"expected {counts[1]} columns, found {counts[2]}"
        for sign, message in _CSV_FAULTS.items():
            if sign in text.lower():
                return message
        return f"this is no CSV row: {_told(text)}"

    def _line_without_object(self) -> int | None:
        """Return the first line that is no JSON object; DuckDB may name the line after it."""
        with self.path.open("rb") as file:
            for number, text in enumerate(file, 1):
                try:
                    if text.strip() and not isinstance(json.loads(text), dict):
                        return number
                except (ValueError, RecursionError):
                    return number
        return None

    def _first_bad(self, folder: Path) -> ImportRefused:
        cursor = self._cursor.execute(f"SELECT * FROM {staged_days(folder, _BAD)} ORDER BY line LIMIT 1")
        assert cursor.description is not None
        names = [column[0] for column in cursor.description]
        row = dict(zip(names, cursor.fetchall()[0], strict=True))
        place, line = self.where(row["line"])
        return ImportRefused(f"{place}: {_complaint(row, self._latest)}", line=line)


def staged_days(folder: Path, day: int | None = None) -> str:
    """Return SQL of the staged rows, of one day or of all."""
    part = "*" if day is None else f"day={day}"
    return f"read_parquet({quoted(folder / part / '*.parquet')}, hive_partitioning = false)"


def _told(error: object) -> str:
    """Return what DuckDB says in one line, without its advice about its own options."""
    return one_line(re.split(r"\s+(?:Possible (?:fixes|Solution):|LINE 1:)", str(error), maxsplit=1)[0])


def _length(text: str) -> str:
    """Return SQL of the microseconds that a text in seconds names; NULL for what is none."""
    value = f"try_cast({text} AS DOUBLE)"
    return f"CASE WHEN {value} BETWEEN 0 AND {_LONGEST} THEN round({value} * {SECOND})::BIGINT END"


def _complaint(row: dict[str, Any], latest: Instant) -> str:
    def shown(name: str) -> str:
        return json.dumps(row[f"t_{name}"] or "", ensure_ascii=False)[:80]

    if not row["t_check"]:
        return "check is empty"
    if row["number"] is None:
        return f"check {shown('check')} is not in the config"
    if row["started_at"] is None:
        known = "RFC 3339 with an offset (2026-10-01T00:00:00Z)"
        return f"time {shown('time')} is neither {known} nor epoch seconds"
    if not _EARLIEST <= row["started_at"] <= _LATEST:
        return f"time {shown('time')} lies outside of 1970 to 2100: epoch times are in seconds"
    if row["started_at"] > latest:
        return f"time {shown('time')} lies in the future"
    if row["outcome"] is None:
        return f"outcome {shown('outcome')} is none of {', '.join(one.word for one in Outcome)}"
    for name in LENGTHS:
        if row[name] is None and row[f"t_{name}"]:
            return f"{name} {shown(name)} is no number of seconds from 0 to {_LONGEST}"
    if row["due"] is None and row["t_due"]:
        return f"due {shown('due')} is neither RFC 3339 with an offset nor epoch seconds"
    return f"cause {shown('cause')} is none of {', '.join(one.name.lower() for one in Cause)}"
