"""The secret that links in messages are signed with: random bytes in a file for the daemon's user alone."""

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final

from slawatch.store.errors import translate

NAME: Final = "link.key"
BYTES: Final = 32


def link_secret(data_dir: Path) -> bytes:
    """Return the secret of a data directory; made at the first call, the same ever after; blocking.

    Deleting the file makes every link that was sent useless.

    Raises:
        StoreError: it can be neither read nor made.
    """
    path = data_dir / NAME
    try:
        found = _read(path)
        return found if found is not None else _make(path)
    except OSError as error:
        raise translate(error, "read the secret of links in messages", data_dir) from error


def _read(path: Path) -> bytes | None:
    with suppress(FileNotFoundError):
        found = path.read_bytes()
        # A file cut short by a crash or a full disk would be a secret that can be guessed.
        if len(found) == BYTES:
            return found
        path.unlink()
    return None


def _make(path: Path) -> bytes:
    """Write a whole file beside it, then give it the name, unless somebody was faster."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{NAME}.{os.getpid()}.{secrets.token_hex(4)}")
    file = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(file, "wb") as writing:
            writing.write(secrets.token_bytes(BYTES))
            writing.flush()
            os.fsync(writing.fileno())
        with suppress(FileExistsError):
            os.link(beside, path)
    finally:
        with suppress(OSError):
            beside.unlink()
    return path.read_bytes()
