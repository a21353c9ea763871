"""The zip file that a frozen report is kept in: written in one way only, and read with suspicion.

Programs do not agree on what a zip file holds: some go by the directory at its end, some by what stands
before each file, some by a second name in an extra field. So a report is laid out in exactly one way, without
anything that is not needed, and `oddity` tells every other file from it. Layout: APPNOTE.TXT 6.3.10, 4.3.
"""

import struct
import zlib
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

_LOCAL: Final = struct.Struct("<4s5H3I2H")
_CENTRAL: Final = struct.Struct("<4s6H3I5H2I")
_END: Final = struct.Struct("<4s4H2IH")
_VERSION: Final = 20
_UNIX: Final = 3 << 8
_DEFLATED: Final = 8
_UTF8: Final = 0x800
_DATE: Final = 1 << 5 | 1
"""1 January 1980, the first day that a zip file knows."""
_MODE: Final = 0o644 << 16
_LEVEL: Final = 6
_RAW: Final = -15

_ELSEWHERE: Final = "other programs may show other content than was verified"


class Entry(NamedTuple):
    """A file as it stands in an archive.

    Attributes:
        name: of the file.
        compressed: its bytes, deflated.
        crc: CRC-32 of its bytes.
        size: how many bytes it has.
    """

    name: str
    compressed: bytes
    crc: int
    size: int


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return the archive of these files: the same bytes wherever zlib compresses alike."""
    return laid_out(_entry(name, files[name]) for name in sorted(files))


def laid_out(entries: Iterable[Entry]) -> bytes:
    """Return the one archive that has these entries in this order."""
    body: list[bytes] = []
    directory: list[bytes] = []
    at = 0
    for name, compressed, crc, size in entries:
        raw = name.encode()
        flags = 0 if name.isascii() else _UTF8
        same = (_VERSION, flags, _DEFLATED, 0, _DATE, crc, len(compressed), size, len(raw), 0)
        local = _LOCAL.pack(b"PK\x03\x04", *same)
        directory += [_CENTRAL.pack(b"PK\x01\x02", _UNIX | _VERSION, *same, 0, 0, 0, _MODE, at), raw]
        body += [local, raw, compressed]
        at += len(local) + len(raw) + len(compressed)
    count, length = len(directory) // 2, sum(map(len, directory))
    end = _END.pack(b"PK\x05\x06", 0, 0, count, count, length, at, 0)
    return b"".join([*body, *directory, end])


def oddity(data: bytes, files: Mapping[str, bytes]) -> str:
    """Return why an archive is none that slawatch wrote of these files; empty where it is one.

    Every byte of it has to be accounted for. Only how well the files are compressed is left open, since
    that depends on the zlib of whoever wrote it.
    """
    entries: list[Entry] = []
    at = 0
    for name in sorted(files):
        begins = at + _LOCAL.size + len(name.encode())
        length = int.from_bytes(data[at + 18 : at + 22], "little")
        compressed = data[begins : begins + length]
        if not _inflates(compressed, files[name]):
            return f"{name} stands in it otherwise than slawatch puts it there; {_ELSEWHERE}"
        entries.append(Entry(name, compressed, zlib.crc32(files[name]), len(files[name])))
        at = begins + length
    if laid_out(entries) != data:
        return (
            "it holds something beside the files, such as data before, between or after them, a comment, a "
            f"second name, a folder, a link, or other dates; {_ELSEWHERE}"
        )
    return ""


def _entry(name: str, text: bytes) -> Entry:
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW)
    return Entry(name, packer.compress(text) + packer.flush(), zlib.crc32(text), len(text))


def _inflates(compressed: bytes, text: bytes) -> bool:
    """Whether these bytes are that text compressed, to the last one."""
    unpacker = zlib.decompressobj(_RAW)
    try:
        # One more byte than belongs there is enough to see that there are more.
        found = unpacker.decompress(compressed, len(text) + 1)
    except zlib.error:
        return False
    return found == text and unpacker.eof and not unpacker.unused_data
