"""The manifest of a frozen report: what it is, which files it is made of, and whose it follows.

Its exact bytes are signed, and the manifest after it in the chain of its organisation names their SHA-256.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from slawatch.core.instant import Instant, parse_rfc3339, rfc3339
from slawatch.report import codec
from slawatch.report.minisign import SignatureWrong, parse_key

SCHEMA: Final = "slawatch.frozen/1"
NAME: Final = "manifest.json"


class ManifestUnreadable(ValueError):  # noqa: N818 (what a file is)
    """A text that is no manifest; it says where and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileEntry:
    """A file of a frozen report.

    Attributes:
        sha256: of its bytes, in hexadecimal.
        bytes: how many.
    """

    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """What stretch of time a frozen report is about.

    Attributes:
        label: `2026-10`.
        start, end: half-open; RFC 3339 in the file.
        timezone: whose midnights it starts at.
    """

    label: str
    start: Instant
    end: Instant
    timezone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The manifest.

    Attributes:
        number: which people name the report by; no other report of this installation has it.
        organization: whose report it is; None without organisations.
        place: in the chain of that organisation: from 1, without gaps.
        previous: SHA-256 of the manifest before it in that chain; empty for the first.
        key: names the report: the agreement, or the organisation.
        agreement: None without one.
        period: what it is about.
        frozen_at: when it was frozen; RFC 3339 in the file.
        frozen_by: who did.
        reason: why, above all of a restatement; may be empty.
        restates: the number of the report that it replaces; None for none.
        evidence_sha256: of the evidence, as the report states it; see `slawatch.report.digest`.
        version: of slawatch.
        public_key: the key that signed, as minisign writes it: a word that begins with RW.
        files: every file but the manifest and its signature, by name.
    """

    number: int
    organization: str | None
    place: int
    previous: str
    key: str
    agreement: str | None
    period: Span
    frozen_at: Instant
    frozen_by: str
    reason: str
    restates: int | None
    evidence_sha256: str
    version: str
    public_key: str
    files: Mapping[str, FileEntry]


def write(manifest: Manifest) -> bytes:
    """Return the bytes of a manifest: JSON that is read by people too."""
    content: dict[str, Any] = {"schema": SCHEMA, **codec.plain(manifest, {})}
    content["frozen_at"] = rfc3339(manifest.frozen_at)
    for edge in ("start", "end"):
        content["period"][edge] = rfc3339(getattr(manifest.period, edge))
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()


def read(text: bytes) -> Manifest:
    """Return the manifest that a text holds.

    Raises:
        ManifestUnreadable: it holds none, or is not written as slawatch writes one.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise ManifestUnreadable("it is not JSON") from None
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        found = content.get("schema") if isinstance(content, dict) else content
        raise ManifestUnreadable(f"schema: {SCHEMA!r} belongs here, not {codec.shown(found)}")
    del content["schema"]
    try:
        _instant(content, "frozen_at", "")
        if isinstance(period := content.get("period"), dict):
            for edge in ("start", "end"):
                _instant(period, edge, "period.")
        manifest: Manifest = codec.read(content, Manifest)
    except codec.Misread as error:
        raise ManifestUnreadable(str(error)) from None
    if missing := [f.name for f in fields(Manifest) if f.name not in content]:
        raise ManifestUnreadable(f"{missing[0]}: it is missing")
    try:
        parse_key(manifest.public_key)
    except SignatureWrong as error:
        raise ManifestUnreadable(f"public_key: {error}") from None
    try:
        again = write(manifest)
    except UnicodeEncodeError:
        raise ManifestUnreadable("it holds half a character") from None
    if again != text:
        # A key that stands twice, say, reads as one thing here and as another elsewhere.
        raise ManifestUnreadable("it is not written as slawatch writes it")
    return manifest


def digest(text: bytes) -> str:
    """Return the SHA-256 of the bytes of a file, in hexadecimal."""
    return hashlib.sha256(text).hexdigest()


def _instant(found: dict[str, Any], name: str, above: str) -> None:
    value = found.get(name)
    try:
        found[name] = parse_rfc3339(value) if isinstance(value, str) else value
    except (ValueError, OverflowError):
        raise codec.Misread(f"{above}{name}", f"a time belongs here, not {codec.shown(value)}") from None
