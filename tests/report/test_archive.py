"""The zip file of a frozen report: every byte of it is accounted for."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slawatch.report.archive import Entry, laid_out, oddity, zipped

FILES = {
    "a.csv": b"".join(b"%d,%d\r\n" % (i * i, i) for i in range(200)),
    "manifest.json": b"{}",
    "report.html": b"<p>99.80 %</p>" * 9,
}
DATA = zipped(FILES)


def with_zipfile(level: int = 6, **attributes: object) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as opened:
        for name in sorted(FILES):
            entry = zipfile.ZipInfo(name)
            entry.compress_type, entry.create_system, entry.external_attr = (
                zipfile.ZIP_DEFLATED,
                3,
                0o644 << 16,
            )
            for attribute, value in attributes.items():
                setattr(entry, attribute, value)
            opened.writestr(entry, FILES[name], compresslevel=level)
    return out.getvalue()


def test_it_is_the_zip_file_that_python_would_write() -> None:
    assert with_zipfile() == DATA
    with zipfile.ZipFile(io.BytesIO(DATA)) as opened:
        assert opened.testzip() is None
        assert {name: opened.read(name) for name in opened.namelist()} == FILES


def test_how_well_it_is_compressed_is_left_open() -> None:
    assert with_zipfile(level=1) != DATA
    assert oddity(with_zipfile(level=1), FILES) == ""


@given(st.dictionaries(st.text(min_size=1, max_size=5).filter(str.isprintable), st.binary(max_size=40)))
def test_what_was_written_here_is_never_odd(files: dict[str, bytes]) -> None:
    assert oddity(zipped(files), files) == ""
    assert oddity(zipped(files) + b"x", files) != ""


def entries() -> list[Entry]:
    found = []
    for name, text in sorted(FILES.items()):
        packer = zlib.compressobj(6, zlib.DEFLATED, -15)
        found.append(Entry(name, packer.compress(text) + packer.flush(), zlib.crc32(text), len(text)))
    return found


def with_comment() -> bytes:
    said = b"Availability was 100 %"
    return DATA[:-2] + struct.pack("<H", len(said)) + said


def with_hidden_entry() -> bytes:
    """A file that stands before the others, and in no directory."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("report.html", b"<h1>100 %</h1>")
        opened.filelist.clear()
        opened.NameToInfo.clear()
        for name, text in sorted(FILES.items()):
            opened.writestr(name, text)
    return out.getvalue()


def with_folder() -> bytes:
    out = io.BytesIO(DATA)
    with zipfile.ZipFile(out, "a") as opened:
        opened.writestr("report.html/", b"")
    return out.getvalue()


def with_gap() -> bytes:
    """Bytes between the last file and the directory."""
    start = DATA.index(b"PK\x01\x02")
    place = len(DATA) - 6
    moved = struct.pack("<I", start + 4)
    return DATA[:start] + b"evil" + DATA[start:place] + moved + DATA[place + 4 :]


def with_other_local_name() -> bytes:
    at = DATA.index(b"report.html")
    return DATA[:at] + b"report.htm_" + DATA[at + 11 :]


def with_tail_in_an_entry() -> bytes:
    """Bytes that stand in a file's part of the archive, after its compressed content ends."""
    first, *others = entries()
    return laid_out([first._replace(compressed=first.compressed + b"<h1>100 %</h1>"), *others])


def with_second_name() -> bytes:
    name = b"credits.csv"
    return with_zipfile(extra=struct.pack("<HHBI", 0x7075, 5 + len(name), 1, zlib.crc32(b"a.csv")) + name)


@pytest.mark.parametrize(
    "made",
    [
        lambda: zipped({"report.html": b"evil"}) + DATA,
        lambda: b"<h1>100 %</h1>" + DATA,
        lambda: DATA + b"garbage",
        with_comment,
        with_hidden_entry,
        with_folder,
        with_gap,
        with_other_local_name,
        with_tail_in_an_entry,
        with_second_name,
        lambda: with_zipfile(comment=b"100 %"),
        lambda: with_zipfile(external_attr=0o120777 << 16),
        lambda: with_zipfile(create_system=0),
        lambda: with_zipfile(date_time=(2026, 1, 1, 0, 0, 0)),
        lambda: with_zipfile(internal_attr=1),
        lambda: laid_out(reversed(entries())),
        lambda: laid_out([*entries(), entries()[0]]),
        lambda: laid_out(entries()[1:]),
        lambda: DATA[:-1],
        lambda: b"",
    ],
)
def test_every_other_zip_file_is_odd(made: Callable[[], bytes]) -> None:
    data = made()
    assert data != DATA
    assert "other programs may show other content" in oddity(data, FILES)


@given(st.integers(0, len(DATA) - 1), st.integers(1, 255))
def test_a_byte_that_was_changed_is_odd_unless_it_pads_what_was_compressed(place: int, bits: int) -> None:
    data = bytearray(DATA)
    data[place] ^= bits
    if oddity(bytes(data), FILES):
        return
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as opened:
        assert {name: opened.read(name) for name in opened.namelist()} == FILES
