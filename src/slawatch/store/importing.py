"""Samples from a file, all or nothing: CSV, JSON lines or Parquet, as the contract describes them.

Each day of the file is compared with what is stored and written as a sealed day; one transaction makes all of
it visible.
"""

import contextlib
import shutil
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from slawatch import clock
from slawatch.core.instant import DAY, Instant, Micros, rfc3339
from slawatch.store.database import Database, transaction
from slawatch.store.errors import translate
from slawatch.store.folding import refold
from slawatch.store.sealing import SealedFile, enter, write_file
from slawatch.store.source import COLUMNS, Kind, day_of, last_before, rows
from slawatch.store.staging import LENGTHS, Format, ImportRefused, Rows, Staged, format_of, staged_days

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["Format", "ImportRefused", "Imported", "format_of", "import_samples"]

_FRESH_DAYS: Final = 2
"""Days up to today that stay in the database, as they are still being written to."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import stored.

    Attributes:
        rows: in the file.
        added: samples that were not stored before.
        checks: of how many checks.
        start: the first `started_at`; None for a file without rows.
        end: the last `started_at`; None for a file without rows.
        mark: what a batch that `settles` this import names; None where there is nothing to settle.
        last: the last `started_at` of each check, by number; only with a mark.
    """

    rows: int
    added: int
    checks: int = 0
    start: Instant | None = None
    end: Instant | None = None
    mark: Instant | None = field(default=None, compare=False)
    last: Mapping[int, Instant] = field(default_factory=dict, compare=False)


def import_samples(
    database: Database,
    path: Path,
    checks: Mapping[str, tuple[int, Micros]],
    *,
    file_format: Format | None = None,
    beside: bool = False,
) -> Imported:
    """Store the samples of a file; a row that is stored already changes nothing.

    A writer may store batches meanwhile, in another thread. Neither sees the other's samples, so the
    transitions where they meet are wrong until a batch `settles` the import: it folds them again at `last`,
    and up to there at the writer's samples and at those which it took for the ones before them. Where the
    writer stored late samples, only folding the whole import is right; `Writer.settle` does that after a
    crash.

    Args:
        database: to store in.
        path: of the file.
        checks: each known check's number in the store, and how long its samples hold.
        file_format: where the suffix does not tell.
        beside: whether a writer stores batches meanwhile.

    Raises:
        ImportRefused: a row is wrong, or contradicts another or what is stored; nothing was stored.
        StoreError: the store does not take it; nothing was stored.
    """
    import duckdb

    kind = file_format or format_of(path)
    folder = database.spill / f"import-{uuid.uuid4().hex}"
    written: list[SealedFile] = []
    replaced: list[Path] = []
    cursor = database.cursor()
    try:
        with transaction(cursor):
            cursor.execute("CREATE OR REPLACE TEMP TABLE known (name VARCHAR, number INTEGER, holds BIGINT)")
            with cursor.appender("known") as known:
                known.append_rows([(name, number, holds) for name, (number, holds) in checks.items()])
            source = Rows(cursor, path, kind, clock.now())
            staged = source.stage(folder)
            added = 0
            for day in staged.days:
                added += _merge(cursor, database.sealed, source, folder, day, written, replaced)
            if added:
                refold(cursor, staged.checks, staged.first, staged.last + 1)
            mark = clock.now() if added and beside else None
            last = _leave_open(cursor, folder, staged, mark) if mark is not None else {}
    except BaseException as error:
        for entry in written:
            with contextlib.suppress(OSError):
                (database.sealed / entry.file).unlink(missing_ok=True)
        if isinstance(error, duckdb.Error | OSError):
            raise translate(error, f"import {path}", database.path) from error
        raise
    finally:
        with contextlib.suppress(duckdb.Error):
            cursor.close()
        shutil.rmtree(folder, ignore_errors=True)
    database.discard(replaced)
    return replace(_summary(staged, added), mark=mark, last=last)


def _leave_open(
    cursor: "DuckDBPyConnection", folder: Path, staged: Staged, mark: Instant
) -> dict[int, Instant]:
    """Note what is to be settled, in the import's own transaction; return the last instant of each check.

    It begins with the sample before the first imported one: another may come between the two.
    """
    before = last_before(cursor, staged.first, staged.checks)
    ends = cursor.execute(
        f"SELECT number, min(started_at), max(started_at) FROM {staged_days(folder)} GROUP BY number"
    ).fetchall()
    with cursor.appender("unsettled") as unsettled:
        unsettled.append_rows(
            [
                (mark, check, before[check][0] if check in before else first, last)
                for check, first, last in ends
            ]
        )
    return {check: last for check, _, last in ends}


def _merge(
    cursor: "DuckDBPyConnection",
    sealed: Path,
    source: Rows,
    folder: Path,
    day: int,
    written: list[SealedFile],
    replaced: list[Path],
) -> int:
    """Add the new rows of a day; return how many there were."""
    start, end = day * DAY, (day + 1) * DAY
    _collect(cursor, source, folder, day)
    kept = rows(cursor, "sample", start, end)
    if cursor.execute(f"SELECT 1 FROM {kept} LIMIT 1").fetchone():
        reasons = rows(cursor, "failure", start, end, ("check_number", "started_at", "reason"))
        clash = cursor.execute(
            f"""
            SELECT i.line, i.started_at FROM incoming i
            JOIN {kept} s ON s.check_number = i.check_number AND s.started_at = i.started_at
            LEFT JOIN {reasons} f ON f.check_number = i.check_number AND f.started_at = i.started_at
            GROUP BY i.line, i.started_at
            HAVING NOT bool_or(s.outcome = i.outcome AND s.latency IS NOT DISTINCT FROM i.latency
                AND coalesce(f.reason, '') = CASE i.outcome WHEN 0 THEN '' ELSE coalesce(i.reason, '') END)
            ORDER BY i.line LIMIT 1
            """
        ).fetchone()
        if clash:
            place, line = source.where(clash[0])
            raise ImportRefused(
                f"{place}: another sample of this check at {rfc3339(clash[1])} is stored already", line=line
            )
        cursor.execute(
            f"""
            DELETE FROM incoming USING {kept} s
            WHERE s.check_number = incoming.check_number AND s.started_at = incoming.started_at
            """
        )
    added = cursor.execute("SELECT count(*) FROM incoming").fetchall()[0][0]
    if not added:
        return 0
    sample = f"""SELECT check_number, coalesce(due, started_at), started_at, outcome, coalesce(cause, 0),
        {", ".join(LENGTHS)}, holds, 0 FROM incoming"""
    failure = """SELECT check_number, started_at, reason, NULL FROM incoming
        WHERE outcome <> 0 AND reason IS NOT NULL"""
    fresh = day > day_of(clock.now()) - _FRESH_DAYS
    entries: list[SealedFile] = []
    parts: tuple[tuple[Kind, str], ...] = (("sample", sample), ("failure", failure))
    for kind, new in parts:
        if fresh:
            cursor.execute(f"INSERT INTO {kind} {new}")
            continue
        names = ", ".join(COLUMNS[kind])
        known = rows(cursor, kind, start, end)
        entry = write_file(
            cursor,
            sealed,
            kind,
            day,
            f"(SELECT * FROM {known} UNION ALL SELECT * FROM ({new}) AS new({names}))",
        )
        if entry is not None:
            entries.append(entry)
            written.append(entry)
    replaced.extend(enter(cursor, entries, sealed))
    return int(added)


def _collect(cursor: "DuckDBPyConnection", source: Rows, folder: Path, day: int) -> None:
    """Make the table `incoming` of a day's rows, each sample once."""
    staged = staged_days(folder, day)
    fields = ("outcome", "cause", "due", "holds", "reason", *LENGTHS)
    repeated = f"SELECT 1 FROM {staged} GROUP BY number, started_at HAVING count(*) > 1 LIMIT 1"
    if cursor.execute(repeated).fetchone() is None:
        cursor.execute(
            "CREATE OR REPLACE TEMP TABLE incoming AS "
            f"SELECT number AS check_number, started_at, line, {', '.join(fields)} FROM {staged}"
        )
        return
    differing = cursor.execute(
        f"""
        SELECT number, started_at, min(line) FROM (
            SELECT number, started_at, line, hash(outcome, latency, reason) AS content FROM {staged}
        ) GROUP BY number, started_at HAVING min(content) <> max(content) ORDER BY 3 LIMIT 1
        """
    ).fetchone()
    if differing:
        raise _contradiction(cursor, source, folder, day, *differing)
    cursor.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE incoming AS
        SELECT number AS check_number, started_at, min(line) AS line,
            {", ".join(f"arg_min_null({name}, line) AS {name}" for name in fields)}
        FROM {staged} GROUP BY number, started_at
        """
    )


def _contradiction(
    cursor: "DuckDBPyConnection", source: Rows, folder: Path, day: int, check: int, at: Instant, first: int
) -> ImportRefused:
    found = cursor.execute(
        f"""
        SELECT min(s.line) FROM {staged_days(folder, day)} s, (
            SELECT outcome, latency, reason FROM {staged_days(folder, day)} WHERE line = ?
        ) f WHERE s.number = ? AND s.started_at = ?
            AND (s.outcome, s.latency, s.reason) IS DISTINCT FROM (f.outcome, f.latency, f.reason)
        """,
        [first, check, at],
    ).fetchall()[0][0]
    place, line = source.where(found)
    return ImportRefused(
        f"{place}: another sample of this check at {rfc3339(at)} is in line {source.where(first)[1]}",
        line=line,
    )


def _summary(staged: Staged, added: int) -> Imported:
    if not staged.rows:
        return Imported(0, 0)
    return Imported(staged.rows, added, len(staged.checks), staged.first, staged.last)
