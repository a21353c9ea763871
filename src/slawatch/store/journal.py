"""Results that the database has not taken yet, in a plain file; and the last sequence that it took."""

import contextlib
import marshal
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from slawatch.core.attempt import Attempt
from slawatch.core.audit import Audited
from slawatch.core.life import LifeEvent
from slawatch.core.sample import Sample, Transition
from slawatch.store import event_row
from slawatch.store.batch import Batch
from slawatch.store.errors import translate

_MAGIC: Final = b"slawatch journal 1\n"
_HEAD: Final = struct.Struct("<II")
"""Length and CRC-32 of the record that follows."""
_SLOT: Final = struct.Struct("<qI")
_MARSHAL: Final = 4


class Journal:
    """An append-only file of batches that are still to be stored.

    A crash can tear the last record only; whatever is unreadable is passed over, and what follows it is still
    found as long as its length is right.

    Attributes:
        path: the file; it need not exist.
        damaged: how many records could not be read when the file was opened, a torn last one not counted.
        torn: whether the last record was cut off.
    """

    def __init__(self, path: Path) -> None:
        """Look through the file, if there is one, and make it ready to append to.

        Raises:
            StoreError: the file cannot be read, or not be written.
        """
        self.path = path
        self.damaged = 0
        self.torn = False
        self._file: int | None = None
        self._size = 0
        self._records = 0
        content = self._read()
        self._records = sum(1 for _ in self._scan(content))
        if self.damaged or (self.torn and self._size == 0):
            self._keep(content)

    def __len__(self) -> int:
        """How many batches wait in the journal."""
        return self._records

    @property
    def size(self) -> int:
        """How many bytes the journal takes."""
        return self._size

    def append(self, batch: Batch) -> None:
        """Add a batch; when this returns, it is on the disk.

        Raises:
            StoreFull: the disk takes no more; the journal is as it was before.
            StoreError: the file cannot be written.
        """
        payload = marshal.dumps(_plain(batch), _MARSHAL)
        record = _HEAD.pack(len(payload), zlib.crc32(payload)) + payload
        try:
            file = self._open()
            try:
                _write(file, record, self._size)
                os.fdatasync(file)
            except OSError:
                with contextlib.suppress(OSError):
                    os.ftruncate(file, self._size)
                raise
        except OSError as error:
            raise translate(error, "write the journal", self.path) from error
        self._size += len(record)
        self._records += 1

    def replay(self) -> list[Batch]:
        """Return the waiting batches, oldest first.

        Raises:
            StoreError: the file cannot be read.
        """
        content = self._read()[: self._size]
        return [_batch(marshal.loads(payload)) for payload in self._scan(content)]  # noqa: S302 (checksums are right)

    def clear(self) -> None:
        """Forget all batches: they are stored.

        Raises:
            StoreError: the file cannot be written; the batches stay in it, and storing them again changes
                nothing.
        """
        self._records = 0
        if self._size == 0 and not self.path.exists():
            return
        try:
            file = self._open()
            os.ftruncate(file, len(_MAGIC))
            os.fdatasync(file)
        except OSError as error:
            raise translate(error, "empty the journal", self.path) from error
        self._size = len(_MAGIC)

    def close(self) -> None:
        """Close the file; the batches stay in it."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _open(self) -> int:
        if self._file is None:
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            if self._size < len(_MAGIC):
                os.ftruncate(self._file, 0)
                _write(self._file, _MAGIC, 0)
                self._size = len(_MAGIC)
            else:
                os.ftruncate(self._file, self._size)
            sync_directory(self.path.parent)
        return self._file

    def _read(self) -> bytes:
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise translate(error, "read the journal", self.path) from error

    def _scan(self, content: bytes) -> Iterator[bytes]:
        self.damaged, self.torn, self._size = 0, False, 0
        if not content:
            return
        if not content.startswith(_MAGIC):
            self.torn = True
            return
        position = self._size = len(_MAGIC)
        while position < len(content):
            start = position + _HEAD.size
            if start > len(content):
                self.torn = True
                return
            length, checksum = _HEAD.unpack_from(content, position)
            position = start + length
            payload = content[start:position]
            if len(payload) < length or length == 0:
                self.torn = True
                return
            self._size = position
            if zlib.crc32(payload) == checksum:
                yield payload
            elif position == len(content):
                self.torn = True
            else:
                self.damaged += 1

    def _keep(self, content: bytes) -> None:
        """Put a journal that is not what was written aside, before anything is written over it."""
        with contextlib.suppress(OSError):
            self.path.with_name(self.path.name + ".damaged").write_bytes(content)


class Acknowledged:
    """The last sequence that the database committed, kept outside of it.

    A damaged write-ahead log can lose committed rows without an error; comparing this with the database shows
    it. It is written without waiting for the disk: after a power cut it may be older than the database, which
    does no harm.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: int | None = None

    def read(self) -> int:
        """Return the last sequence; 0 where none was ever acknowledged, or the file is unreadable."""
        try:
            content = self.path.read_bytes()
        except OSError:
            return 0
        return max((_sequence(content[at : at + _SLOT.size]) for at in (0, _SLOT.size)), default=0)

    def write(self, sequence: int) -> None:
        """Note a sequence; two places are written in turn, so that a torn write spoils one only.

        Raises:
            OSError: the file cannot be written.
        """
        if self._file is None:
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        slot = _SLOT.pack(sequence, zlib.crc32(sequence.to_bytes(8, "little", signed=True)))
        os.pwrite(self._file, slot, (sequence % 2) * _SLOT.size)

    def reset(self, sequence: int) -> None:
        """Forget everything later than a sequence.

        Raises:
            OSError: the file cannot be written.
        """
        self.close()
        self.path.unlink(missing_ok=True)
        if sequence:
            self.write(sequence)

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def sync_directory(directory: Path) -> None:
    """Make a file's new name durable."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sequence(slot: bytes) -> int:
    if len(slot) < _SLOT.size:
        return 0
    sequence, checksum = _SLOT.unpack(slot)
    return int(sequence) if zlib.crc32(slot[:8]) == checksum and sequence > 0 else 0


def _write(file: int, content: bytes, offset: int) -> None:
    while content:
        written = os.pwrite(file, content, offset)
        content, offset = content[written:], offset + written


def _exact(value: Any) -> Any:
    """Return an enumeration's number as a plain integer."""
    return int(value) if isinstance(value, int) else value


def _plain(batch: Batch) -> tuple[Any, ...]:
    """Return the batch as exact tuples and integers: marshal refuses their subclasses."""
    return (
        batch.sequence,
        [
            (*map(_exact, sample[:-1]), [tuple(measure) for measure in sample.measures])
            for sample in batch.samples
        ],
        [(check, tuple(map(_exact, transition))) for check, transition in batch.transitions],
        [tuple(event) for event in batch.life],
        [tuple(ping) for ping in batch.pings],
        [tuple(late) for late in batch.late],
        [tuple(settled) for settled in batch.settles],
        [event_row.row_of(numbered) for numbered in batch.events],
        [tuple(attempt) for attempt in batch.attempts],
        [tuple(line) for line in batch.audit],
    )


def _batch(plain: tuple[Any, ...]) -> Batch:
    sequence, samples, transitions, life, pings, late, *later = plain
    settles, events, attempts, audit = (*later, *([()] * (4 - len(later))))[:4]
    return Batch(
        sequence,
        [Sample._make((*fields, tuple(measures))) for *fields, measures in samples],
        [(check, Transition(*fields)) for check, fields in transitions],
        [LifeEvent(*fields) for fields in life],
        pings,
        late,
        tuple(map(tuple, settles)),
        tuple(event_row.read_row(row) for row in events),
        tuple(Attempt(*fields) for fields in attempts),
        tuple(Audited(*fields) for fields in audit),
    )
