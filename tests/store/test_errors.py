import errno
import os
from pathlib import Path

import duckdb
import pytest

from slawatch.store.errors import (
    StoreBusy,
    StoreDamaged,
    StoreError,
    StoreFull,
    StoreLocked,
    StoreNewer,
    StoreUnwritable,
    command_line,
    translate,
)

WHERE = Path("/var/lib/slawatch")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (duckdb.IOException('IO Error: Could not write file "x": No space left on device'), StoreFull),
        (
            duckdb.FatalException("FATAL Error: invalidated: No space left on device"),
            StoreFull,
        ),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), StoreFull),
        (OSError(errno.EFBIG, os.strerror(errno.EFBIG)), StoreFull),
        (OSError(errno.EDQUOT, os.strerror(errno.EDQUOT)), StoreFull),
        (OSError(errno.EROFS, os.strerror(errno.EROFS)), StoreUnwritable),
        (duckdb.IOException('IO Error: Cannot open file "x": Permission denied'), StoreUnwritable),
        (duckdb.IOException('IO Error: Cannot open file "x": Too many open files'), StoreBusy),
        (duckdb.TransactionException("TransactionContext Error: Conflict on update!"), StoreBusy),
        (duckdb.OutOfMemoryException("Out of Memory Error: failed to allocate"), StoreBusy),
        (
            duckdb.IOException('IO Error: "x" is not a valid DuckDB database file!'),
            StoreDamaged,
        ),
        (duckdb.IOException('IO Error: No files found that match the pattern "x"'), StoreDamaged),
        (duckdb.IOException("IO Error: file was created with a newer version of DuckDB"), StoreNewer),
        (duckdb.InterruptException("INTERRUPT Error: Interrupted!"), StoreError),
    ],
)
def test_each_fault_is_told_in_one_line(error: Exception, expected: type[StoreError]) -> None:
    found = translate(error, "store samples", WHERE)
    assert type(found) is expected
    assert str(WHERE) in str(found) or expected is StoreBusy
    assert "\n" not in str(found)


def test_an_error_of_the_store_stays_as_it_is() -> None:
    error = StoreFull("full")
    assert translate(error, "store samples", WHERE) is error


def test_a_damaged_log_names_the_byte() -> None:
    text = "Failure while replaying: Corrupt WAL file: entry at byte position 13637 computed checksum 1"
    found = translate(duckdb.Error(text), "open the database", WHERE)
    assert isinstance(found, StoreDamaged)
    assert found.cut_at == 13637


def test_the_holder_of_a_locked_file_is_named() -> None:
    pid = os.getpid()
    text = (
        f'IO Error: Could not set lock on file "x": Conflicting lock is held in /usr/bin/python3 (PID {pid}).'
    )
    found = translate(duckdb.IOException(text), "open the database", WHERE)
    assert isinstance(found, StoreLocked)
    assert found.pid == pid
    assert found.program == command_line(pid)
    gone = translate(
        duckdb.IOException(text.replace(f"PID {pid}", "PID 999999999")), "open the database", WHERE
    )
    assert isinstance(gone, StoreLocked)
    assert gone.program == "/usr/bin/python3"


def test_a_long_message_is_cut_to_a_line() -> None:
    found = translate(duckdb.Error("several\nlines " * 200), "read", WHERE)
    assert "\n" not in str(found)
    assert len(str(found)) < 500
