"""What can go wrong with the store, each as one line that says what, where and what to do."""

import errno
import re
from pathlib import Path
from typing import Final

_WIDEST: Final = 400
_HOLDER: Final = re.compile(r"lock is held in (?P<program>.*?) \(PID (?P<pid>\d+)\)")
_WAL_BYTE: Final = re.compile(r"Corrupt WAL file: entry at byte position (\d+)")
_FULL: Final = ("no space left", "file too large", "disk quota exceeded", "max_temp_directory_size")
_FORBIDDEN: Final = (
    "permission denied",
    "read-only file system",
    "operation not permitted",
    "read-only mode",
)
_DAMAGED: Final = (
    "corrupt", "not a valid duckdb", "could not read enough bytes", "checksum", "replaying wal",
    "deserialize", "no magic bytes", "parquet magic", "too small to be a parquet", "invalid parquet",
    "snappy", "zstd", "cannot open file", "no files found",
)  # fmt: skip
_NEWER: Final = ("newer version of duckdb", "can only read versions", "created with a newer")
_FULL_NUMBERS: Final = frozenset({errno.ENOSPC, errno.EFBIG, errno.EDQUOT})
_FORBIDDEN_NUMBERS: Final = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


class StoreError(Exception):
    """The store could not do what it was asked to; the message is one line for people."""


class StoreMissing(StoreError):  # noqa: N818 (an error of the store)
    """There is no database yet, and none was to be made."""


class StoreLocked(StoreError):  # noqa: N818 (an error of the store)
    """Another process holds the database.

    Attributes:
        pid: of the holder; None where it could not be found out.
        program: the holder's command line, or what is known of it; empty where nothing is.
        daemon: whether the holder means to keep it; a command lets go soon.
    """

    def __init__(
        self, message: str, *, pid: int | None = None, program: str = "", daemon: bool = True
    ) -> None:
        super().__init__(message)
        self.daemon = daemon
        self.pid = pid
        self.program = program


class StoreUnwritable(StoreError):  # noqa: N818 (an error of the store)
    """The data directory, or a file in it, may not be written."""


class StoreFull(StoreError):  # noqa: N818 (an error of the store)
    """The disk, a quota or a limit is used up; what was to be written can be tried again later."""


class StoreBusy(StoreError):  # noqa: N818 (an error of the store)
    """Somebody else was faster, or memory is short; what was to be written can be tried again soon."""


class StoreDamaged(StoreError):  # noqa: N818 (an error of the store)
    """A file of the store is not what was written.

    Attributes:
        cut_at: the byte of the write-ahead log from which on it is unreadable; None where it is something
            else.
    """

    def __init__(self, message: str, *, cut_at: int | None = None) -> None:
        super().__init__(message)
        self.cut_at = cut_at


class TooMuch(StoreError):  # noqa: N818 (an error of the store)
    """More was asked for than is read at once; the message says what there may be."""


class StoreNewer(StoreError):  # noqa: N818 (an error of the store)
    """A later version of slawatch wrote the database."""


def one_line(text: object) -> str:
    """Return a message on one line, cut to a width that fits a log line."""
    flat = " ".join(str(text).split())
    return flat if len(flat) <= _WIDEST else flat[: _WIDEST - 1] + "…"


def command_line(pid: int) -> str:
    """Return what a process was started as; empty where the system does not tell."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return ""
    return one_line(" ".join(word.decode(errors="replace") for word in words if word))[:200]


def locked(where: Path, pid: int | None, program: str = "", *, daemon: bool = True) -> StoreLocked:
    """Return the error that says who holds the store; the system is asked where `program` is empty."""
    known = program or (command_line(pid) if pid is not None else "")
    holder = f"process {pid}" if pid is not None else "another process"
    named = f" ({known})" if known else ""
    return StoreLocked(
        f"{where} is in use by {holder}{named}: stop it first, or use another data_dir",
        pid=pid,
        program=known,
        daemon=daemon,
    )


def translate(error: BaseException, doing: str, where: Path) -> StoreError:
    """Return the store's own error for one of DuckDB or of the system.

    Args:
        error: what was raised; a `StoreError` comes back as it is.
        doing: what was tried, as in `cannot <doing>`.
        where: the file or directory that it is about.
    """
    if isinstance(error, StoreError):
        return error
    text = one_line(error)
    low = text.lower()
    number = error.errno if isinstance(error, OSError) else None
    if number in _FULL_NUMBERS or any(sign in low for sign in _FULL):
        return StoreFull(
            f"cannot {doing}: the disk of {where} is full: free some space; nothing stored is lost ({text})"
        )
    if holder := _HOLDER.search(text):
        number = int(holder["pid"])
        return locked(where, number, command_line(number) or holder["program"])
    if "could not set lock" in low or "conflicting lock" in low:
        return locked(where, None)
    if number in _FORBIDDEN_NUMBERS or any(sign in low for sign in _FORBIDDEN):
        return StoreUnwritable(
            f"cannot {doing}: {where} may not be written: give this user access, or set another data_dir "
            f"({text})"
        )
    if "too many open files" in low:
        return StoreBusy(f"cannot {doing} just now: this process has too many open files ({text})")
    if any(sign in low for sign in _NEWER):
        return StoreNewer(f"{where} was written by a newer version: upgrade slawatch ({text})")
    if any(sign in low for sign in _DAMAGED):
        cut = _WAL_BYTE.search(text)
        return StoreDamaged(f"{where} is damaged: {text}", cut_at=int(cut[1]) if cut else None)
    if type(error).__name__ in ("TransactionException", "OutOfMemoryException"):
        return StoreBusy(f"cannot {doing} just now in {where}: {text}")
    return StoreError(f"cannot {doing} in {where}: {text}")
