"""Secrets that the daemon makes for itself: random bytes, each in a file for the daemon's user alone."""

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final

from slawatch.store.errors import StoreDamaged, translate

LINKS: Final = "link.key"
"""What links in messages are signed with."""
REPORTS: Final = "report.key"
"""What frozen reports are signed with: the seed of an Ed25519 key."""
BYTES: Final = 32


def link_secret(data_dir: Path) -> bytes:
    """Return the secret of links in messages; made at the first call, the same ever after; blocking.

    Deleting the file makes every link that was sent useless.

    Raises:
        StoreError: it can be neither read nor made.
    """
    return _secret(data_dir, LINKS, "read the secret of links in messages")


def report_seed(data_dir: Path) -> bytes:
    """Return the seed of the key that signs frozen reports; made at the first call; blocking.

    Without the file the next report is signed by another key, which customers do not know; so a file that is
    not what was written is not replaced.

    Raises:
        StoreDamaged: the file is not what was written.
        StoreError: it can be neither read nor made.
    """
    path = data_dir / REPORTS
    with suppress(OSError):
        size = path.stat().st_size
        if size != BYTES:
            raise StoreDamaged(
                f"{path} has {size} bytes instead of {BYTES}: restore it from a backup, or remove it to sign "
                "by another key from now on"
            )
    return _secret(data_dir, REPORTS, "read the key that signs reports")


def _secret(data_dir: Path, name: str, doing: str) -> bytes:
    path = data_dir / name
    try:
        found = _read(path)
        return found if found is not None else _make(path)
    except OSError as error:
        raise translate(error, doing, data_dir) from error


def _read(path: Path) -> bytes | None:
    with suppress(FileNotFoundError):
        found = path.read_bytes()
        # A file cut short by a crash or a full disk would be a secret that can be guessed.
        if len(found) == BYTES:
            return found
        path.unlink()
    return None


def _make(path: Path) -> bytes:
    """Write a whole file beside it, then give it the name, unless somebody was faster.

    It belongs to whom the folder belongs to: made by root alone, the daemon could not read it.

    Raises:
        OSError: it cannot be made, or not be given to that user.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    folder = path.parent.stat()
    beside = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    file = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(file, "wb") as writing:
            if folder.st_uid != os.geteuid():
                os.fchown(file, folder.st_uid, folder.st_gid)
            writing.write(secrets.token_bytes(BYTES))
            writing.flush()
            os.fsync(writing.fileno())
        with suppress(FileExistsError):
            os.link(beside, path)
    finally:
        with suppress(OSError):
            beside.unlink()
    return path.read_bytes()
