"""Days that are over: out of the database, into one Parquet file a day and kind, sorted by check and time.

A file is written under a temporary name, read back and compared, synced and renamed; then one transaction
enters it into the manifest and removes its rows from the database. A crash at any point leaves either the old
state or the new one, and perhaps a file that nobody knows, which `sweeping` removes.
"""

import contextlib
import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from slawatch import clock
from slawatch.core.instant import DAY, Instant, to_datetime
from slawatch.store.errors import StoreDamaged, translate
from slawatch.store.journal import sync_directory
from slawatch.store.source import COLUMNS, Kind, quoted, rows

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from slawatch.store.database import Database

KINDS: Final[tuple[Kind, ...]] = ("sample", "failure", "measure")

_PARQUET: Final = (
    "FORMAT parquet, PARQUET_VERSION v2, COMPRESSION zstd, COMPRESSION_LEVEL 3, ROW_GROUP_SIZE 122880"
)
"""Version 2 packs integers by their differences; a higher level saves 7 % and takes ten times as long."""


@dataclass(frozen=True, slots=True)
class SealedFile:
    """One entry of the manifest.

    Attributes:
        kind: of its rows.
        day: UTC, counted from 1970-01-01.
        file: its name in the folder of the sealed days.
        rows, bytes: how many.
        sha256: of its content, in hexadecimal.
    """

    kind: Kind
    day: int
    file: str
    rows: int
    bytes: int
    sha256: str


def write_file(
    cursor: "DuckDBPyConnection", where: Path, kind: Kind, day: int, source: str
) -> SealedFile | None:
    """Write the rows of a subquery as a day's file, durable under its final name; None for no rows.

    Raises:
        StoreDamaged: what was read back is not what was written.
        duckdb.Error, OSError: it could not be written; nothing is left behind.
    """
    kinds = dict(
        cursor.execute(
            "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = ? AND NOT internal",
            [kind],
        ).fetchall()
    )
    columns = ", ".join(COLUMNS[kind])
    typed = (
        f"(SELECT {', '.join(f'{name}::{kinds[name]} AS {name}' for name in COLUMNS[kind])} FROM {source})"
    )
    checksum = f"SELECT count(*), coalesce(sum(hash({columns})), 0)::VARCHAR FROM"
    expected = cursor.execute(f"{checksum} {typed}").fetchone()
    assert expected is not None
    if not expected[0]:
        return None
    stem = f"{kind}-{to_datetime(day * DAY):%Y-%m-%d}"
    temporary = where / f".{stem}.unfinished"
    try:
        cursor.execute(
            f"COPY (SELECT {columns} FROM {typed} ORDER BY check_number, started_at) "
            f"TO {quoted(temporary)} ({_PARQUET})"
        )
        found = cursor.execute(f"{checksum} read_parquet({quoted(temporary)})").fetchone()
        if found != expected:
            raise StoreDamaged(
                f"{temporary} holds {found} after writing {expected} (rows, checksum): is the disk sound?"
            )
        digest = _sync(temporary)
        final = where / f"{stem}-{digest[:12]}.parquet"
        temporary.rename(final)
        sync_directory(where)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    return SealedFile(kind, day, final.name, expected[0], final.stat().st_size, digest)


def enter(cursor: "DuckDBPyConnection", sealed: Sequence[SealedFile], where: Path) -> list[Path]:
    """Enter files into the manifest in place of earlier ones, and remove their days' rows from the database.

    The cursor is inside the caller's transaction. Returns the files that are no longer needed once it is
    committed.
    """
    now = clock.now()
    replaced: list[Path] = []
    for entry in sealed:
        earlier = cursor.execute(
            "SELECT file FROM sealed_day WHERE kind = ? AND day = ?", [entry.kind, entry.day]
        ).fetchall()
        replaced.extend(where / name for (name,) in earlier if name != entry.file)
        cursor.execute("DELETE FROM sealed_day WHERE kind = ? AND day = ?", [entry.kind, entry.day])
        cursor.execute(
            "INSERT INTO sealed_day VALUES (?, ?, ?, ?, ?, ?, ?)",
            [entry.kind, entry.day, entry.file, entry.rows, entry.bytes, entry.sha256, now],
        )
        start, end = entry.day * DAY, (entry.day + 1) * DAY
        cursor.execute(f"DELETE FROM {entry.kind} WHERE started_at >= {start} AND started_at < {end}")
        if entry.kind == "sample":
            _summarise(cursor, entry, where / entry.file)
    return replaced


def unsealed_days(cursor: "DuckDBPyConnection", before: Instant) -> list[int]:
    """Return the days, wholly before an instant, that have rows in the database, oldest first."""
    found: set[int] = set()
    for kind in KINDS:
        found.update(
            day
            for (day,) in cursor.execute(
                f"SELECT DISTINCT started_at // {DAY} FROM {kind} WHERE started_at < ?",
                [before // DAY * DAY],
            ).fetchall()
        )
    return sorted(found)


def seal(database: "Database", day: int) -> tuple[SealedFile, ...]:
    """Seal a UTC day, or seal it anew with what came in late; a day with nothing new is left as it is.

    Runs beside the writer, on a cursor of its own.

    Raises:
        StoreError: it could not be done; nothing has changed.
    """
    import duckdb

    from slawatch.store.database import transaction

    start, end = day * DAY, (day + 1) * DAY
    sealed: list[SealedFile] = []
    cursor = database.cursor()
    try:
        with transaction(cursor):
            for kind in KINDS:
                fresh = cursor.execute(
                    f"SELECT 1 FROM {kind} WHERE started_at >= {start} AND started_at < {end} LIMIT 1"
                ).fetchone()
                if fresh:
                    entry = write_file(cursor, database.sealed, kind, day, rows(cursor, kind, start, end))
                    if entry is not None:
                        sealed.append(entry)
            replaced = enter(cursor, sealed, database.sealed)
    except (duckdb.Error, OSError) as error:
        raise translate(error, f"seal {to_datetime(start):%Y-%m-%d}", database.sealed) from error
    finally:
        with contextlib.suppress(duckdb.Error):
            cursor.close()
    database.discard(replaced)
    return tuple(sealed)


def retain(database: "Database", before: Instant) -> int:
    """Forget samples, failures, measures and pings of the days wholly before an instant; count the days.

    Transitions, the journal of the daemon's life and the daily counts stay: the record of availability is not
    lost.

    Raises:
        StoreError: it could not be done; nothing has changed.
    """
    import duckdb

    from slawatch.store.database import transaction

    day = before // DAY
    cursor = database.cursor()
    try:
        with transaction(cursor):
            old = cursor.execute("SELECT file, day FROM sealed_day WHERE day < ?", [day]).fetchall()
            cursor.execute("DELETE FROM sealed_day WHERE day < ?", [day])
            for kind in KINDS:
                cursor.execute(f"DELETE FROM {kind} WHERE started_at < {day * DAY}")
            cursor.execute("DELETE FROM ping WHERE pinged_at < ?", [day * DAY])
    except duckdb.Error as error:
        raise translate(error, "remove old samples", database.path) from error
    finally:
        with contextlib.suppress(duckdb.Error):
            cursor.close()
    database.discard(database.sealed / file for file, _ in old)
    return len({day for _, day in old})


def _summarise(cursor: "DuckDBPyConnection", entry: SealedFile, path: Path) -> None:
    cursor.execute("DELETE FROM sealed_check WHERE day = ?", [entry.day])
    rank = "(CASE outcome WHEN 3 THEN 0 ELSE outcome::INTEGER + 1 END)"
    latest = f"({{'at': started_at, 'rank': {rank}, 'holds': holds}})"
    earliest = f"({{'at': started_at, 'rank': -{rank}, 'holds': -holds}})"
    cursor.execute(
        f"""
        INSERT INTO sealed_check
        SELECT {entry.day}, check_number,
            count_if(outcome = 0), count_if(outcome = 1), count_if(outcome = 2), count_if(outcome = 3),
            min(started_at), arg_min(outcome, {earliest}), arg_min(holds, {earliest}),
            max(started_at), arg_max(outcome, {latest}), arg_max(holds, {latest})
        FROM read_parquet({quoted(path)}) GROUP BY check_number
        """
    )


def _sync(path: Path) -> str:
    """Bring a file to the disk, and return its SHA-256: `COPY` itself does not wait for the disk."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        return hashlib.file_digest(file, "sha256").hexdigest()
