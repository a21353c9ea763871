"""The one open database of a data directory: opening, checking, repairing, restarting and closing it."""

import contextlib
import shutil
import threading
import weakref
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from slawatch import clock
from slawatch.core.instant import MINUTE, SECOND, Micros, to_datetime
from slawatch.store import schema
from slawatch.store.errors import (
    StoreBusy,
    StoreDamaged,
    StoreError,
    StoreFull,
    StoreLocked,
    StoreMissing,
    StoreNewer,
    StoreUnwritable,
    translate,
)
from slawatch.store.journal import Acknowledged
from slawatch.store.lock import ProcessLock
from slawatch.store.sweeping import sweep

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = [
    "Database", "StoreBusy", "StoreDamaged", "StoreError", "StoreFull", "StoreLocked", "StoreMissing",
    "StoreNewer", "StoreUnwritable", "transaction",
]  # fmt: skip

FILE: Final = "slawatch.duckdb"
JOURNAL: Final = "slawatch.journal"
_LOCK: Final = "slawatch.lock"
_SEQUENCE: Final = "slawatch.sequence"
_SEALED: Final = "sealed"
_SPILL: Final = "spill"
_KEPT: Final = "damaged"
_STILL_READ: Final[Micros] = 5 * MINUTE
"""For so long a reading may go on that began before a file was replaced."""

_SETTINGS: Final[dict[str, Any]] = {
    "threads": 2,
    "async_threads": 1,
    "memory_limit": "256MB",
    "checkpoint_threshold": "4MB",
    "partitioned_write_flush_threshold": 50_000,
    "storage_compatibility_version": "v1.5.0",
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
}


class Database:
    """A data directory's store, held by this process alone.

    One thread writes (`store.writer.Writer`); any number read, each on a cursor of its own.

    Attributes:
        path, file, sealed: the data directory, the database file in it, and the folder of the sealed days.
        notes: what had to be repaired, or was found missing, at opening; one line each, for the log.
        lost: the first and last sequence that had been acknowledged and are gone; None where all are there.
        generation: grows with each restart; cursors of an earlier generation are closed.
    """

    def __init__(self, path: Path, lock: ProcessLock) -> None:
        """Use `Database.open`."""
        self.path = path
        self.file = path / FILE
        self.sealed = path / _SEALED
        self.spill = path / _SPILL
        self.journal_path = path / JOURNAL
        self.notes: list[str] = []
        self.lost: tuple[int, int] | None = None
        self.generation = 0
        self.acknowledged = Acknowledged(path / _SEQUENCE)
        self._lock = lock
        self._repair = False
        self._guard = threading.RLock()
        self._connection: DuckDBPyConnection | None = None
        self._cursors: weakref.WeakSet[DuckDBPyConnection] = weakref.WeakSet()
        self._discarded: list[tuple[Path, Micros]] = []
        self._closed = False

    @classmethod
    def open(
        cls,
        data_dir: Path,
        *,
        create: bool = True,
        repair: bool = False,
        daemon: bool = False,
        command: str = "",
    ) -> "Database":
        """Open the store of a data directory, making or migrating it as needed.

        Args:
            data_dir: the directory; made with mode 0700 where it is missing.
            create: whether a missing database is made.
            repair: whether a write-ahead log that is damaged in its middle is cut there, after both files
                were copied aside, rather than stay off. What is lost is told in `notes` and `lost`.
            daemon: whether it will be kept open, so that whoever finds it locked need not wait.
            command: what this process was started as, for whoever finds it locked; empty: the system knows.

        Raises:
            StoreLocked, StoreUnwritable, StoreFull, StoreDamaged, StoreNewer, StoreMissing: as their names
                say.
        """
        data_dir = data_dir.absolute()
        if not create and not (data_dir / FILE).exists():
            raise StoreMissing(f"there is no database in {data_dir} yet: `slawatch run` makes it")
        try:
            data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            if isinstance(error, FileExistsError | NotADirectoryError):
                raise StoreUnwritable(f"{data_dir} is not a directory: set another data_dir") from None
            raise translate(error, "make the data directory", data_dir) from error
        lock = ProcessLock(data_dir / _LOCK, daemon=daemon, command=command)
        database = cls(data_dir, lock)
        try:
            database._prepare()
            database._repair = repair
            database._connect()
            database._sweep()
        except BaseException:
            database.close()
            raise
        return database

    def cursor(self) -> "DuckDBPyConnection":
        """Return a new cursor, for one thread; the caller closes it.

        Raises:
            StoreError: the database is closed, or could not be restarted.
        """
        import duckdb

        with self._guard:
            if self._connection is None:
                self._connect()
            assert self._connection is not None
            try:
                cursor = self._connection.cursor()
            except duckdb.Error as error:
                raise translate(error, "use the database", self.file) from error
            self._cursors.add(cursor)
            return cursor

    @contextlib.contextmanager
    def reading(self) -> "Iterator[DuckDBPyConnection]":
        """Give a cursor that is closed at the end; DuckDB's errors come out as the store's.

        Raises:
            StoreError: whatever went wrong with the database.
        """
        import duckdb

        cursor = self.cursor()
        try:
            yield cursor
        except duckdb.Error as error:
            raise translate(error, "read the database", self.file) from error
        finally:
            with contextlib.suppress(duckdb.Error):
                cursor.close()

    def check_numbers(self, names: Iterable[str]) -> dict[str, int]:
        """Return the lasting small number of each check's name; new names get new numbers.

        Raises:
            StoreError: a new name cannot be stored.
        """
        import duckdb

        wanted = list(dict.fromkeys(names))
        with self._guard:
            cursor = self.cursor()
            try:
                known = numbers_of(cursor)
                new = [name for name in wanted if name not in known]
                if new:
                    first = max(known.values(), default=0) + 1
                    with transaction(cursor), cursor.appender("check_name") as appender:
                        appender.append_rows(list(enumerate(new, first)))
                    known.update((name, number) for number, name in enumerate(new, first))
            except duckdb.Error as error:
                raise translate(error, "note the names of the checks", self.file) from error
            finally:
                cursor.close()
        return {name: known[name] for name in wanted}

    def discard(self, paths: Iterable[Path]) -> None:
        """Remove files that the manifest no longer names, at a later call: a reader may still need them."""
        with self._guard:
            now = clock.elapsed()
            self._discarded.extend((path, now) for path in paths)
            due = [path for path, since in self._discarded if now - since > _STILL_READ or self._closed]
            self._discarded = [entry for entry in self._discarded if entry[0] not in due]
            for path in due:
                with contextlib.suppress(OSError):
                    path.unlink(missing_ok=True)

    def restart(self) -> None:
        """Close every cursor and open the database anew: after a full disk DuckDB needs it.

        Raises:
            StoreError: it could not be opened; the next `cursor` tries again.
        """
        with self._guard:
            self._disconnect()
            self._connect()

    def close(self) -> None:
        """Write the log into the database file, close everything and let others in; twice does no harm."""
        import duckdb

        with self._guard:
            if self._closed:
                return
            self._closed = True
            with contextlib.suppress(duckdb.Error):
                if self._connection is not None:
                    self._connection.execute("CHECKPOINT")
            self._disconnect()
            self.discard(())
            self.acknowledged.close()
            shutil.rmtree(self.spill, ignore_errors=True)
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _prepare(self) -> None:
        """Wipe what a killed process left behind."""
        shutil.rmtree(self.spill, ignore_errors=True)
        try:
            self.spill.mkdir(mode=0o700, exist_ok=True)
            self.sealed.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise translate(error, "prepare the data directory", self.path) from error

    def _connect(self) -> None:
        if self._closed:
            raise StoreError(f"the store in {self.path} is closed")
        log = self.file.with_name(FILE + ".wal")
        kept = self._spare(log)
        try:
            self._attach()
        except StoreDamaged as damage:
            copies = self._keep_copies()
            if damage.cut_at is None:
                raise StoreDamaged(
                    f"{damage}; copies are in {copies}: restore a backup, or move {self.file} away"
                ) from damage
            if not self._repair:
                raise StoreDamaged(
                    f"{damage}; copies are in {copies}: `slawatch run` cuts the log there and goes on",
                    cut_at=damage.cut_at,
                ) from damage
            size = log.stat().st_size
            with log.open("r+b") as file:
                file.truncate(damage.cut_at)
            self._attach()
            self.notes.append(
                f"the write-ahead log was damaged at byte {damage.cut_at} of {size} and was cut there; "
                f"copies of both files are in {copies}"
            )
        self._compare(kept)
        self.generation += 1

    def _sweep(self) -> None:
        """Remove files of sealed days that no transaction entered into the manifest."""
        import duckdb

        assert self._connection is not None
        with contextlib.suppress(duckdb.Error, OSError):
            sweep(self._connection, self.sealed)

    def _spare(self, log: Path) -> Path | None:
        """Copy a log that was left behind: DuckDB ignores one with a damaged head, and then removes it."""
        try:
            if log.stat().st_size == 0:
                return None
            spare = self.spill / "log-before"
            shutil.copy2(log, spare)
        except OSError:
            return None
        return spare

    def _attach(self) -> None:
        import duckdb

        settings = {**_SETTINGS, "temp_directory": str(self.spill)}
        try:
            connection = duckdb.connect(str(self.file), config=settings)
        except (duckdb.Error, OSError, RuntimeError) as error:
            raise translate(error, "open the database", self.file) from error
        try:
            schema.migrate(connection, clock.now())
        except duckdb.Error as error:
            connection.close()
            raise translate(error, "migrate the database", self.file) from error
        except BaseException:
            connection.close()
            raise
        self._connection = connection

    def _compare(self, kept: Path | None) -> None:
        """Look whether everything that was acknowledged is there, at the first connection."""
        if self.generation:
            return
        assert self._connection is not None
        found = last_sequence(self._connection)
        acknowledged = self.acknowledged.read()
        if found < acknowledged:
            self.lost = (found + 1, acknowledged)
            where = ""
            if kept is not None:
                with contextlib.suppress(OSError):
                    where = f"; the log as it was found is in {self._keep_copies(kept)}"
            self.notes.append(
                f"batches {found + 1} to {acknowledged} had been stored and are gone from {self.file}: "
                f"their time is unknown unless the journal has them{where}"
            )
            with contextlib.suppress(OSError):
                self.acknowledged.reset(found)
        if kept is not None:
            kept.unlink(missing_ok=True)

    def _keep_copies(self, log: Path | None = None) -> Path:
        """Copy the database and its log aside before anything is done to them; return the folder.

        The folder is named by the age of the files, so that a daemon that is started again and again copies
        them once.
        """
        sources = [self.file, log or self.file.with_name(FILE + ".wal")]
        try:
            found = [source for source in sources if source.exists()]
            changed = max(source.stat().st_mtime_ns for source in found) // 1_000_000_000 * SECOND
            folder = self.path / _KEPT / to_datetime(changed).strftime("%Y%m%dT%H%M%SZ")
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for source in found:
                copy = folder / (FILE if source == self.file else FILE + ".wal")
                if not copy.exists():
                    unfinished = copy.with_name(copy.name + ".unfinished")
                    shutil.copyfile(source, unfinished)
                    unfinished.rename(copy)
        except OSError as error:
            raise translate(error, "copy the damaged database aside", self.path / _KEPT) from error
        return folder

    def _disconnect(self) -> None:
        import duckdb

        for cursor in list(self._cursors):
            with contextlib.suppress(duckdb.Error):
                cursor.interrupt()
            with contextlib.suppress(duckdb.Error):
                cursor.close()
        self._cursors.clear()
        if self._connection is not None:
            with contextlib.suppress(duckdb.Error):
                self._connection.close()
            self._connection = None


@contextlib.contextmanager
def transaction(cursor: "DuckDBPyConnection", *, read_only: bool = False) -> Iterator[None]:
    """Run the block in a transaction, rolled back on any exception: COMMIT after an error stores nothing."""
    import duckdb

    cursor.execute("BEGIN TRANSACTION READ ONLY" if read_only else "BEGIN TRANSACTION")
    try:
        yield
        cursor.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(duckdb.Error):
            cursor.execute("ROLLBACK")
        raise


def numbers_of(cursor: "DuckDBPyConnection") -> dict[str, int]:
    """Return the number of every check's name that the store knows."""
    return {name: number for number, name in cursor.execute("SELECT number, name FROM check_name").fetchall()}


def last_sequence(cursor: "DuckDBPyConnection") -> int:
    """Return the highest sequence that is stored; 0 where none is."""
    found = cursor.execute("SELECT max(sequence) FROM flush_log").fetchone()
    return int(found[0] or 0) if found else 0
