"""The one writer: a batch is one transaction, and a batch that is stored already is not stored again."""

import contextlib
from collections.abc import Collection, Iterable, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from slawatch import clock
from slawatch.core.instant import HOUR, Instant
from slawatch.core.sample import Outcome, Sample
from slawatch.store import audit, event_row, sealing
from slawatch.store.batch import Batch
from slawatch.store.database import Database, last_sequence, transaction
from slawatch.store.errors import StoreError, translate
from slawatch.store.folding import refold
from slawatch.store.sealing import SealedFile

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_REMEMBERED: Final = 100_000
"""Sequences that stay in the flush log: over a day of flushes, far more than a retry can be late."""
_LARGEST: Final = 2**63 - 1


class Writer:
    """Stores batches in the database; for one thread.

    Attributes:
        last_sequence: the highest sequence that is stored; 0 in a new database.
        found: when the last batch was stored that the database held at the beginning; None for none.
    """

    def __init__(self, database: Database) -> None:
        """Look up what is stored.

        Raises:
            StoreError: the database cannot be read.
        """
        self._database = database
        self._cursor: DuckDBPyConnection | None = None
        self._generation = -1
        with database.reading() as cursor:
            self.last_sequence = last_sequence(cursor)
            found = cursor.execute("SELECT max(stored_at) FROM flush_log").fetchone()
            self.found: Instant | None = found[0] if found else None

    def write(self, batch: Batch) -> None:
        """Store a batch; when this returns it is on the disk, whole and once.

        Raises:
            StoreBusy, StoreFull, StoreError: it is not stored; the same batch can be tried again.
        """
        import duckdb

        if batch.sequence <= self.last_sequence and self._is_stored(batch.sequence):
            return
        try:
            try:
                self._store(batch, clean=False)
            except (
                duckdb.DataError,
                duckdb.ProgrammingError,
                UnicodeError,
                TypeError,
                ValueError,
                OverflowError,
            ):
                # One value that cannot be stored must not hold up everything after it.
                self._store(batch, clean=True)
        except duckdb.TransactionException as error:
            raise translate(error, "store samples", self._database.file) from error
        except (duckdb.Error, OSError) as error:
            self._recover(batch.sequence, error)
        self.last_sequence = max(self.last_sequence, batch.sequence)
        # The database has it; this number only serves to find damage later.
        with contextlib.suppress(OSError):
            self._database.acknowledged.write(batch.sequence)

    def settle(self) -> int:
        """Fold what an import left open when the daemon was killed right after it; return of how many checks.

        Raises:
            StoreError: it could not be done; nothing has changed.
        """
        import duckdb

        try:
            cursor = self._ready()
            with transaction(cursor):
                return _settle(cursor, None, whole=True)
        except duckdb.Error as error:
            raise translate(error, "settle an import", self._database.file) from error

    def recompute(self, checks: Collection[int], start: Instant, end: Instant) -> None:
        """Rebuild the transitions that the samples of `[start, end)` cause, from all samples that are stored.

        Raises:
            StoreError: it could not be done; nothing has changed.
        """
        import duckdb

        try:
            cursor = self._ready()
            with transaction(cursor):
                refold(cursor, checks, start, end)
        except duckdb.Error as error:
            raise translate(error, "recompute transitions", self._database.file) from error

    def unsealed_days(self, before: Instant) -> list[int]:
        """Return the UTC days, counted from 1970-01-01, wholly before an instant that are still to be sealed.

        Raises:
            StoreError: the database cannot be read.
        """
        with self._database.reading() as cursor:
            return sealing.unsealed_days(cursor, before)

    def seal(self, day: int) -> tuple[SealedFile, ...]:
        """Move a UTC day into Parquet files; may run in another thread than `write`.

        Raises:
            StoreError: it could not be done; nothing has changed.
        """
        return sealing.seal(self._database, day)

    def retain(self, before: Instant) -> int:
        """Forget samples of the days wholly before an instant; return how many days' files are gone.

        Raises:
            StoreError: it could not be done; nothing has changed.
        """
        return sealing.retain(self._database, before)

    def checkpoint(self) -> None:
        """Write the log into the database file; call it hourly, after a look at the free space.

        Raises:
            StoreError: it could not be done; nothing is lost.
        """
        import duckdb

        try:
            cursor = self._ready()
            cursor.execute("DELETE FROM flush_log WHERE sequence < ?", [self.last_sequence - _REMEMBERED])
            cursor.execute("CHECKPOINT")
        except duckdb.FatalException as error:
            self._database.restart()
            raise translate(error, "write a checkpoint", self._database.file) from error
        except duckdb.Error as error:
            raise translate(error, "write a checkpoint", self._database.file) from error

    def _ready(self) -> "DuckDBPyConnection":
        if self._cursor is None or self._generation != self._database.generation:
            self._cursor = self._database.cursor()
            self._generation = self._database.generation
        return self._cursor

    def _is_stored(self, sequence: int) -> bool:
        with self._database.reading() as cursor:
            known = cursor.execute("SELECT 1 FROM flush_log WHERE sequence = ?", [sequence]).fetchone()
            return known is not None or sequence <= self.last_sequence - _REMEMBERED

    def _recover(self, sequence: int, error: BaseException) -> None:
        """After an error of the disk: start anew, and look whether the batch is in nevertheless.

        DuckDB may have committed it and failed in the checkpoint after it, and refuses all work from then on.
        """
        refused = translate(error, "store samples", self._database.file)
        try:
            self._database.restart()
            if self._is_stored(sequence):
                return
        except StoreError as still:
            raise refused from still
        raise refused from error

    def _store(self, batch: Batch, *, clean: bool) -> None:
        cursor = self._ready()
        with transaction(cursor):
            self._append(cursor, "sample", map(_row, batch.samples), clean=clean)
            self._append(
                cursor,
                "failure",
                [
                    (s.check, s.started_at, s.reason, s.transcript)
                    for s in batch.samples
                    if s.outcome != Outcome.UP and (s.reason or s.transcript)
                ],
                clean=clean,
            )
            self._append(
                cursor,
                "measure",
                [(s.check, s.started_at, *measure) for s in batch.samples for measure in s.measures],
                clean=clean,
            )
            self._append(cursor, "transition", _transitions(batch), clean=clean)
            self._append(cursor, "life", batch.life, clean=clean)
            self._append(cursor, "ping", batch.pings, clean=clean)
            self._append(cursor, "alert_event", map(event_row.row_of, batch.events), clean=clean)
            self._append(cursor, "attempt", batch.attempts, clean=clean)
            audit.append(cursor, batch.audit)
            for checks, start, end in _stretches(batch.late):
                refold(cursor, checks, start, end)
            for mark, whole in batch.settles:
                _settle(cursor, mark, whole=whole)
            cursor.execute(
                "INSERT INTO flush_log VALUES (?, ?, ?)", [batch.sequence, len(batch.samples), clock.now()]
            )

    def _append(
        self, cursor: "DuckDBPyConnection", table: str, rows: Iterable[Sequence[Any]], *, clean: bool
    ) -> None:
        made = [tuple(map(_clean, row)) for row in rows] if clean else list(rows)
        if made:
            with cursor.appender(table) as appender:
                appender.append_rows(made)


def _settle(cursor: "DuckDBPyConnection", mark: Instant | None, *, whole: bool) -> int:
    """Fold an import again, or all where no mark is given, if that is wanted; nothing is left open then."""
    chosen = "true" if mark is None else f"imported_at = {mark}"
    found = cursor.execute(
        f"SELECT check_number, min(first_at), max(last_at) FROM unsettled WHERE {chosen} GROUP BY 1"
    ).fetchall()
    if found and whole:
        numbers, first, last = zip(*found, strict=True)
        refold(cursor, numbers, min(first), max(last) + 1)
    if found:
        cursor.execute(f"DELETE FROM unsettled WHERE {chosen}")
    return len(found)


def _row(sample: Sample) -> tuple[Any, ...]:
    return sample[:13]


def _transitions(batch: Batch) -> list[tuple[Any, ...]]:
    """Return the transitions as rows, each with what the sample that made it had to say."""
    if not batch.transitions:
        return []
    said = {(s.check, s.started_at): s.reason for s in batch.samples if s.reason and s.outcome != Outcome.UP}
    return [(check, t.at, t.outcome, t.after, said.get((check, t.at))) for check, t in batch.transitions]


def _stretches(late: Sequence[tuple[int, Instant]]) -> list[tuple[set[int], Instant, Instant]]:
    """Return what is to be folded again, as `(checks, start, end)`; late samples mostly come together."""
    found: list[tuple[set[int], Instant, Instant]] = []
    for check, at in sorted(late, key=itemgetter(1)):
        if found and at < found[-1][2] + HOUR:
            checks, start, _ = found[-1]
            found[-1] = (checks | {check}, start, at + 1)
        else:
            found.append(({check}, at, at + 1))
    return found


def _clean(value: Any) -> Any:
    """Return what can be stored of a value."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
    if isinstance(value, int):
        return min(max(int(value), -_LARGEST), _LARGEST)
    return value
