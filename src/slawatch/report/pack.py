"""A frozen report as one zip file: the report in every form, its evidence, and a signed list of both.

The same inputs, head and key give the same bytes on every machine that compresses alike; what is signed does
not depend on the compression.
"""

import io
import json as json_text
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from slawatch import __version__
from slawatch.core.instant import Instant, rfc3339
from slawatch.report import archive, csv, html, inputs, json, manifest, minisign, readme, timeline
from slawatch.report.difference import Difference, differences
from slawatch.report.finding import EVIDENCE
from slawatch.report.frozen import Frozen
from slawatch.report.inputs import Inputs
from slawatch.report.manifest import FileEntry, Manifest, Span, digest
from slawatch.report.minisign import PublicKey
from slawatch.report.report import Report
from slawatch.report.seal import Signer

__all__ = ["Head", "Manifest", "PackUnreadable", "Packed", "Signer", "Unpacked", "pack", "unpack"]

SIGNATURE: Final = "manifest.json.minisig"
UNSIGNED: Final = frozenset({manifest.NAME, SIGNATURE})
"""The files that the manifest cannot list."""

REPORT: Final = "report.json"
PAGE: Final = "report.html"
README: Final = "README.txt"
PUBLIC_KEY: Final = "minisign.pub"
CHANGES: Final = "changes.json"

LARGEST_FILE: Final = 1 << 30
"""Bytes of a pack, and of all its files together, that are read at most."""

MOST_FILES: Final = 64
_LONGEST_NAME: Final = 80
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_ENCRYPTED: Final = 0x1


class PackUnreadable(ValueError):  # noqa: N818 (what a file is)
    """A file that is no frozen report, or none that can be read; it says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What freezing adds to a report; the names are those of `Manifest`."""

    number: int
    place: int
    previous: str
    frozen_at: Instant
    frozen_by: str
    reason: str = ""
    restates: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """A frozen report.

    Attributes:
        data: the zip file.
        manifest: what it is.
        manifest_sha256: of the manifest's bytes: what the next one in the chain names.
    """

    data: bytes
    manifest: Manifest
    manifest_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpacked:
    """The files of a pack, not verified.

    Attributes:
        files: by name; of those that stood in it twice, the first.
        repeated: the names that stood in it twice.
        odd: why the zip file is none that slawatch wrote; empty where it is one, or was no zip file.
    """

    files: Mapping[str, bytes]
    repeated: tuple[str, ...] = ()
    odd: str = ""


def pack(made_of: Inputs, head: Head, signer: Signer, *, replaced: bytes | None = None) -> Packed:
    """Return the frozen report.

    Args:
        made_of: what it is made of; what it does not need is left out.
        head: its number and origin.
        signer: whoever signs it.
        replaced: the pack of the report that it restates.

    Raises:
        ValueError: no report can be made of these inputs, or one that is too large to be verified.
        PackUnreadable: the replaced report cannot be read.
    """
    key = PublicKey.of(signer.public_key)
    wanted = inputs.needed(made_of)
    bare = inputs.made(wanted)
    about = Manifest(
        number=head.number,
        organization=bare.organization,
        place=head.place,
        previous=head.previous,
        key=bare.key,
        agreement=bare.agreement,
        period=Span(
            label=bare.period.label,
            start=bare.period.start,
            end=bare.period.end,
            timezone=bare.period.timezone,
        ),
        frozen_at=head.frozen_at,
        frozen_by=head.frozen_by,
        reason=head.reason,
        restates=head.restates,
        evidence_sha256=bare.evidence_sha256,
        version=__version__,
        public_key=str(key),
        files={},
    )
    changed = () if replaced is None else changes(_stated(replaced), json.value(bare))
    report = frozen(bare, about, changed)
    files = {EVIDENCE: inputs.write(wanted), **rendered(report, json.value(report), about, changed)}
    if (size := sum(map(len, files.values()))) > LARGEST_FILE:
        raise ValueError(f"{_too_large(size)}; freeze a shorter period, or fewer services at a time")
    about = replace(
        about,
        files={name: FileEntry(sha256=digest(files[name]), bytes=len(files[name])) for name in sorted(files)},
    )
    text = manifest.write(about)
    signed = {
        **files,
        manifest.NAME: text,
        SIGNATURE: minisign.signature(text, comment(about), key, signer.sign).encode(),
    }
    return Packed(data=archive.zipped(signed), manifest=about, manifest_sha256=digest(text))


def comment(about: Manifest) -> str:
    """Return the line that minisign shows of a report whose signature is right."""
    return f"slawatch report {about.number}, frozen {rfc3339(about.frozen_at)}"


def frozen(report: Report, about: Manifest, changed: Iterable[Difference] = ()) -> Report:
    """Return a report with its number and origin."""
    return replace(
        report,
        frozen=Frozen(
            number=about.number,
            place=about.place,
            previous=about.previous,
            frozen_at=about.frozen_at,
            frozen_by=about.frozen_by,
            reason=about.reason,
            restates=about.restates,
            changed=tuple(changed),
            public_key=about.public_key,
            version=about.version,
        ),
    )


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Difference, ...]:
    """Return what differs between two reports, besides when and how they were made."""
    return tuple(
        change
        for change in differences(before, after)
        if change.path.partition(".")[0] not in ("generated_at", "integrity")
    )


def _stated(data: bytes) -> Mapping[str, Any]:
    try:
        found = json_text.loads(unpack(data).files[REPORT])
    except (KeyError, ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise PackUnreadable(f"there is no readable {REPORT} in the report to be replaced")
    return found


def rendered(
    report: Report, value: Mapping[str, Any], about: Manifest, changed: Iterable[Difference] = ()
) -> dict[str, bytes]:
    """Return every file that follows from a frozen report and its value in JSON, by name."""
    files = {
        REPORT: laid_out(value),
        PAGE: html.render(report),
        timeline.NAME: timeline.render(report),
        README: readme.text(about),
        PUBLIC_KEY: minisign.key_file(minisign.parse_key(about.public_key)),
    }
    for table, text in csv.render(report).items():
        if report.contract or table not in csv.PROMISED:
            files[f"{table}.csv"] = text
    if about.restates is not None:
        files[CHANGES] = laid_out([change.plain() for change in changed])
    return {name: text.encode() for name, text in files.items()}


def laid_out(value: Any) -> str:
    """Return JSON with a line for each member, and for each object of its long arrays."""
    return _laid_out(value, 0) + "\n"


_FOLDED: Final = 4
"""From this depth on a value stands on one line: a month may have a million outages."""


def _laid_out(value: Any, depth: int) -> str:
    if depth >= _FOLDED or not value or not isinstance(value, dict | list):
        return json_text.dumps(value, ensure_ascii=False)
    margin = " " * (depth + 1)
    if isinstance(value, dict):
        lines = [
            f"{margin}{json_text.dumps(name, ensure_ascii=False)}: {_laid_out(found, depth + 1)}"
            for name, found in value.items()
        ]
    else:
        lines = [f"{margin}{_laid_out(found, depth + 1)}" for found in value]
    opening, closing = ("{", "}") if isinstance(value, dict) else ("[", "]")
    return f"{opening}\n" + ",\n".join(lines) + f"\n{' ' * depth}{closing}"


def unpack(data: bytes) -> Unpacked:
    """Return the files of a pack; nothing is written anywhere.

    Raises:
        PackUnreadable: it is no zip file, a damaged one, or larger than any frozen report.
    """
    if len(data) > LARGEST_FILE:
        raise PackUnreadable(_too_large(len(data)))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as opened:
            found = _unpacked(opened)
        return replace(found, odd=archive.oddity(data, found.files))
    except PackUnreadable:
        raise
    except Exception as error:  # noqa: BLE001 (zipfile answers broken files with errors of every kind)
        raise PackUnreadable(_damaged(data, error)) from None


def _unpacked(opened: zipfile.ZipFile) -> Unpacked:
    entries = [entry for entry in opened.infolist() if not entry.is_dir()]
    if len(entries) > MOST_FILES:
        raise PackUnreadable(
            f"it holds {len(entries)} files: no frozen report has more than {MOST_FILES}, so this is none"
        )
    size = sum(entry.file_size for entry in entries)
    if size > LARGEST_FILE:
        raise PackUnreadable(_too_large(size))
    files: dict[str, bytes] = {}
    repeated: list[str] = []
    for entry in entries:
        check_name(entry.filename)
        if entry.flag_bits & _ENCRYPTED:
            raise PackUnreadable("it is encrypted: unpack it with its password, and verify the folder")
        if entry.compress_type not in _METHODS:
            raise PackUnreadable("it is compressed in another way: unpack it, and verify the folder")
        if entry.filename in files:
            repeated.append(entry.filename)
            continue
        with opened.open(entry) as stream:
            files[entry.filename] = stream.read(entry.file_size)
            if stream.read(1):
                raise PackUnreadable("a file in it is longer than it says: this is no frozen report")
    return whole(Unpacked(files=files, repeated=tuple(dict.fromkeys(repeated))))


def whole(found: Unpacked) -> Unpacked:
    """Return the same files.

    Raises:
        PackUnreadable: they are no frozen report.
    """
    if manifest.NAME not in found.files:
        raise PackUnreadable(
            f"there is no {manifest.NAME} in it: this is no frozen report of slawatch, or only a part of one"
        )
    return found


def check_name(name: str) -> None:
    """Refuse a name that no file of a frozen report has.

    Raises:
        PackUnreadable: it leads elsewhere.
    """
    if "/" in name or "\\" in name:
        raise PackUnreadable(
            f"there is a folder in it ({name[:_LONGEST_NAME]}): no frozen report has one; unpack it, and "
            "verify the folder that holds manifest.json"
        )
    if not name or len(name) > _LONGEST_NAME or not name.isprintable() or name in (".", ".."):
        raise PackUnreadable(f"it holds a file named {name[:_LONGEST_NAME]!r}: this is no frozen report")


def _too_large(size: int) -> str:
    most = LARGEST_FILE >> 20
    return f"it comes to {size >> 20:,} MiB, and no frozen report may be larger than {most:,} MiB"


def _damaged(data: bytes, error: Exception) -> str:
    if not data:
        return "the file is empty: fetch it again"
    if not data.startswith(b"PK"):
        return "this is no zip file: a frozen report is one zip file, or a folder that it was unpacked to"
    return f"the zip file is damaged or was cut short ({error}): fetch it again"
