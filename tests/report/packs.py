"""Frozen reports for tests: how one is made, changed as somebody might, and signed anew."""

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from tests.report import cases

from slawatch.report import archive, manifest, minisign, pack
from slawatch.report.inputs import Inputs
from slawatch.report.manifest import FileEntry, digest
from slawatch.report.pack import Head, Packed, unpack
from slawatch.report.seal import Key, Signer

KEY = Key(bytes(range(32)))
STRANGER = Key(bytes(32))
WORD = str(minisign.PublicKey.of(KEY.public_key))
FROZEN_AT = cases.at("2026-11-02T08:15:31")


def head(**given: Any) -> Head:
    return Head(
        **{"number": 12, "place": 1, "previous": "", "frozen_at": FROZEN_AT, "frozen_by": "alice"} | given
    )


def packed(
    inputs: Inputs | None = None, signer: Signer = KEY, replaced: bytes | None = None, **given: Any
) -> Packed:
    made_of = cases.contract_inputs() if inputs is None else inputs
    return pack.pack(made_of, head(**given), signer, replaced=replaced)


def made_by(version: str) -> bytes:
    """A report as that version of slawatch would have made it, had it written all files as this one does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pack, "__version__", version)
        return packed().data


def zipped(files: Mapping[str, bytes], twice: Mapping[str, bytes] | None = None) -> bytes:
    """The files as slawatch zips them; with some that stand in it twice."""
    out = io.BytesIO(archive.zipped(files))
    if twice:
        with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as opened:
            for name, text in twice.items():
                opened.writestr(name, text)
    return out.getvalue()


def changed(data: bytes, **files: bytes | None) -> bytes:
    """The same zip with other contents for some files, named as in `report__json`; None takes one out."""
    found = dict(unpack(data).files)
    for name, text in files.items():
        found.pop(name.replace("__", "."), None)
        if text is not None:
            found[name.replace("__", ".")] = text
    return zipped(found)


def signed_anew(data: bytes, signer: Key = KEY, **about: Any) -> bytes:
    """The same files with a manifest that fits them and says what is given, signed."""
    files = dict(unpack(data).files)
    key = minisign.PublicKey.of(signer.public_key)
    known = manifest.read(files[manifest.NAME])
    listed = {
        name: FileEntry(sha256=digest(text), bytes=len(text))
        for name, text in sorted(files.items())
        if name not in pack.UNSIGNED
    }
    made = replace(known, **{"files": listed, "public_key": str(key), **about})
    text = manifest.write(made)
    files[manifest.NAME] = text
    files[pack.SIGNATURE] = minisign.signature(text, pack.comment(made), key, signer.sign).encode()
    return zipped(files)


def evidence(data: bytes, change: Callable[[dict[str, Any]], None]) -> bytes:
    """The evidence of a pack after a change."""
    found = json.loads(unpack(data).files["evidence.json"])
    change(found)
    return json.dumps(found, separators=(",", ":"), ensure_ascii=False).encode()


def moved(found: dict[str, Any]) -> None:
    """The first outage begins a second later."""
    found["evidence"]["shop"]["checks"][0]["transitions"][1][0] += 1_000_000


def recast(found: dict[str, Any]) -> None:
    """The first outage was a slow hour."""
    found["evidence"]["shop"]["checks"][0]["transitions"][1][1] = 1
