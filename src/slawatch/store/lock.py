"""The lock that lets one process at a time have a data directory, and says who has it."""

import contextlib
import fcntl
import os
from pathlib import Path
from typing import Final

from slawatch.store.errors import locked, one_line, translate

_DAEMON: Final = " daemon"


class ProcessLock:
    """An advisory lock on a file that names its holder; it ends with the holder, however that ends.

    DuckDB has a lock of its own, but inside one process a second `connect` and `close` drops it unnoticed.
    """

    def __init__(self, path: Path, *, daemon: bool = False, command: str = "") -> None:
        """Take the lock.

        Args:
            path: of the lock file.
            daemon: whether the holder will keep it, as the daemon does; a command lets go soon.
            command: what the holder was started as, in the user's words; empty: the system knows.

        Raises:
            StoreLocked: another process, or another part of this one, has it.
            StoreUnwritable: the file cannot be made.
        """
        self.path = path
        try:
            self._file: int | None = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise translate(error, "take the lock", path.parent) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder, lasting, known = _holder(self._file)
            self._close()
            raise locked(path.parent, holder, known, daemon=lasting) from None
        except OSError as error:
            self._close()
            raise translate(error, "take the lock", path.parent) from error
        # A full disk must not keep the daemon from starting: the lock holds without the number in it.
        with contextlib.suppress(OSError):
            os.ftruncate(self._file, 0)
            text = f"{os.getpid()}{_DAEMON if daemon else ''}\n"
            if command:
                text += f"{one_line(command)}\n"
            os.pwrite(self._file, text.encode(errors="replace"), 0)

    def release(self) -> None:
        """Give the lock back; the file stays, for removing it would let two processes lock two files."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, 0)
            self._close()

    def _close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _holder(file: int) -> tuple[int | None, bool, str]:
    """Return the holder's process number, whether it is a daemon, and what it was started as."""
    text, _, command = os.pread(file, 4_096, 0).decode(errors="replace").partition("\n")
    number = text.removesuffix(_DAEMON)
    return int(number) if number.isdecimal() else None, text.endswith(_DAEMON), command.strip()
