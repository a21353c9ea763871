"""Whether a frozen report is what follows from its evidence, and whether anybody changed it since.

Nothing is believed that can be worked out: the files are compared with the signed manifest, and every figure,
cell and second of them with what the evidence gives.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from slawatch import __version__
from slawatch.core.instant import rfc3339
from slawatch.report import inputs, manifest, minisign, pack, seal, versions
from slawatch.report.comparing import AGAIN, Comparing
from slawatch.report.finding import EVIDENCE, Finding, Verification, worst_first
from slawatch.report.inputs import Inputs
from slawatch.report.manifest import Manifest
from slawatch.report.pack import Unpacked, unpack
from slawatch.report.report import Report
from slawatch.report.succession import Link, succession

__all__ = ["Finding", "Verification", "verify"]

_VOUCHED: Final = (
    "What is proved is that the report follows from its evidence and that neither was changed since it was "
    "signed. That the evidence is what was really seen, the owner of the key vouches for."
)
_COUNTED: Final = (
    "The percentiles of answer times and the numbers of samples and events were counted when the report was "
    "frozen; the evidence holds the counts, not each sample. They are compared, not counted again."
)


def verify(
    packs: Sequence[bytes | Unpacked], *, trusted: str | None = None, other_version: bool = False
) -> tuple[Verification, ...]:
    """Verify frozen reports, each by itself and together as links of a chain.

    Args:
        packs: their zip files, or the files that these hold.
        trusted: the only key that is accepted; see `slawatch.report.seal.trusted_key`.
        other_version: whether it will do that the figures match where an older version worded the rest.

    Raises:
        PackUnreadable: a zip file cannot be read.
    """
    files = [one if isinstance(one, Unpacked) else unpack(one) for one in packs]
    single = [_Verifying(one, trusted, other_version) for one in files]
    found = [one.verified() for one in single]
    links = [
        None if one.about is None else Link(one.about, one.sha256, one.stated, one.changes) for one in single
    ]
    return tuple(
        _told(replace(own, findings=worst_first((*own.findings, *also)), notes=(*own.notes, *said)))
        for own, (also, said) in zip(found, succession(links), strict=True)
    )


def _told(found: Verification) -> Verification:
    """Return it with what it cannot prove, where it proved anything."""
    return replace(found, notes=(*found.notes, _VOUCHED, _COUNTED)) if found.ok else found


@dataclass(slots=True)
class _Verifying:
    """One report on its way through all comparisons."""

    unpacked: Unpacked
    trusted: str | None
    other_version: bool
    about: Manifest | None = None
    sha256: str = ""
    stated: Any = None
    changes: Any = None

    def verified(self) -> Verification:
        text = self.unpacked.files.get(manifest.NAME, b"")
        try:
            self.about = about = manifest.read(text)
        except manifest.ManifestUnreadable as error:
            finding = Finding(
                kind="manifest",
                where=manifest.NAME,
                what=f"The list of the report's files cannot be read: {error}.",
                advice="If it is of a later version, verify with a newer slawatch. Otherwise: " + AGAIN,
            )
            return Verification(findings=(finding,))
        self.sha256 = manifest.digest(text)
        key = minisign.parse_key(about.public_key)
        found = Verification(
            number=about.number,
            organization=about.organization,
            key=about.key,
            agreement=about.agreement,
            label=about.period.label,
            frozen_at=about.frozen_at,
            frozen_by=about.frozen_by,
            restates=about.restates,
            version=about.version,
            public_key=about.public_key,
            trusted=None if self.trusted is None else seal.names(self.trusted, key.key),
        )
        outside = [*self._signature(about, key, text), *self._archive(), *self._files(about)]
        inside = self._inside(about, found)
        return replace(
            inside,
            findings=worst_first((*outside, *inside.findings)),
            notes=(*self._trust(about), *inside.notes),
        )

    def _trust(self, about: Manifest) -> Iterator[str]:
        if self.trusted is None:
            yield (
                f"The report was checked with the key that it brings itself, {about.public_key}. Compare it "
                "with the one that you were given by another way, or give that with --key."
            )

    def _signature(self, about: Manifest, key: minisign.PublicKey, text: bytes) -> Iterator[Finding]:
        if self.trusted is not None and not seal.names(self.trusted, key.key):
            yield Finding(
                kind="key",
                where=manifest.NAME,
                what="The report was signed with another key than the one that you trust.",
                stored=about.public_key,
                recomputed=self.trusted,
                advice="Do not rely on it before its maker has told you, by another way, that this key is "
                "theirs.",
            )
        signature = self.unpacked.files.get(pack.SIGNATURE)
        wrong = "" if signature is not None else "it is missing"
        try:
            said = minisign.check(text, (signature or b"").decode(), key)
            if not wrong and said != pack.comment(about):
                wrong = f"it was made for another report: {said}"
        except (minisign.SignatureWrong, ValueError) as error:
            wrong = wrong or str(error)
        if wrong:
            yield Finding(
                kind="signature",
                where=pack.SIGNATURE,
                what=f"The signature does not fit {manifest.NAME}: {wrong}.",
                advice=AGAIN,
            )

    def _archive(self) -> Iterator[Finding]:
        if self.unpacked.odd:
            yield Finding(
                kind="archive",
                where="the zip file",
                what=f"This zip file was not written by slawatch: {self.unpacked.odd}.",
                advice="Unpack it, verify the folder, and rely on the files in that alone.",
            )

    def _files(self, about: Manifest) -> Iterator[Finding]:
        files = self.unpacked.files
        for name, entry in about.files.items():
            if name not in files:
                yield Finding(
                    kind="file", where=name, what=f"{name} is missing: it was taken out.", advice=AGAIN
                )
            elif (found := manifest.digest(files[name])) != entry.sha256 or len(files[name]) != entry.bytes:
                yield Finding(
                    kind="file",
                    where=name,
                    what=f"{name} is not the file that was signed: it was changed afterwards.",
                    stored=f"SHA-256 {found}, {len(files[name])} bytes",
                    recomputed=f"SHA-256 {entry.sha256}, {entry.bytes} bytes",
                    advice=AGAIN,
                )
        for name in sorted(files.keys() - about.files.keys() - pack.UNSIGNED):
            yield Finding(
                kind="file",
                where=name,
                what=f"{name} is no part of the report: it was added afterwards, and nobody signed it.",
                advice="Do not rely on this file. " + AGAIN,
            )
        for name in self.unpacked.repeated:
            yield Finding(
                kind="file",
                where=name,
                what=f"{name} stands twice in the zip file, so that programs may show either; the first one "
                "was verified.",
                advice=AGAIN,
            )

    def _inside(self, about: Manifest, found: Verification) -> Verification:
        """Return what comes of making the report again."""
        text = self.unpacked.files.get(EVIDENCE)
        if text is None:
            finding = Finding(
                kind="evidence",
                where=EVIDENCE,
                what="There is no evidence in the report, so that nothing of it can be worked out again.",
                advice="Ask for the whole report: without it you could only believe the figures.",
            )
            return replace(found, findings=(finding,))
        if (wrong := _version(about, self.unpacked.files.get(pack.REPORT))) is not None:
            found = replace(found, findings=(wrong,))
            if wrong.kind == "newer" or wrong.where == _VERSION:
                return found
        try:
            made_of, stood = inputs.read_with_zones(text)
            report = inputs.made(made_of)
            comparing = Comparing(self.unpacked.files, about, report)
            compared = comparing.compared(found)
        except Exception as error:  # noqa: BLE001 (a foreign file can break any rule that ours keep)
            finding = Finding(
                kind="evidence",
                where=EVIDENCE,
                what=f"No report can be made of the evidence: {_said(error)}.",
                advice="If it is of a later version, verify with a newer slawatch. Otherwise: " + AGAIN,
            )
            return replace(found, findings=(*found.findings, finding))
        self.stated, self.changes = comparing.stated, comparing.changes
        findings = [*found.findings, *_facts(about, report), *compared.findings]
        notes = list(compared.notes)
        if moved := _moved(stood, made_of):
            notes.append(
                f"The time zone rules of this machine for {', '.join(moved)} are not those with which the "
                "report was made: update its time zone data (tzdata) before you conclude anything from a "
                "difference."
            )
        elif not findings:
            findings += comparing.evidence(made_of)
        if comparing.uncompared and not findings:
            finding = _uncompared(about, comparing.uncompared)
            if self.other_version:
                notes.append(f"{finding.what} {finding.advice}")
            else:
                findings.append(replace(finding, advice=f"{finding.advice} {_ACCEPT}"))
        return replace(
            compared,
            findings=tuple(findings),
            uncompared=tuple(comparing.uncompared),
            notes=tuple(notes),
        )


_VERSION: Final = f"{manifest.NAME}: version"
_ACCEPT: Final = "Or accept, with --other-version, that its figures match."


def _version(about: Manifest, report: bytes | None) -> Finding | None:
    """Return what is wrong with the version that a manifest names; None for nothing."""
    try:
        newer = about.version != __version__ and not versions.older(about.version, __version__)
    except ValueError as error:
        return Finding(
            kind="manifest",
            where=_VERSION,
            what=f"The manifest names a version that slawatch never had: {error}.",
            stored=about.version,
            advice=AGAIN,
        )
    try:
        said = json.loads(report or b"null")["integrity"]["version"]
    except (ValueError, LookupError, TypeError, RecursionError):
        said = None
    # What cannot be read is a finding of the comparison.
    if said is not None and said != about.version:
        return Finding(
            kind="manifest",
            where=f"{pack.REPORT}: integrity.version",
            what=f"{manifest.NAME} and {pack.REPORT} name two versions of slawatch as the one that made the "
            "report: one of the two was changed.",
            stored=about.version,
            recomputed=str(said),
            advice=AGAIN,
        )
    if newer:
        return Finding(
            kind="newer",
            where=_VERSION,
            what=f"The report was made by slawatch {about.version}. This is {__version__}, which cannot "
            "verify what a later version made.",
            advice=f"Verify it with that version: pip install slawatch=={about.version}",
        )
    return None


def _uncompared(about: Manifest, names: Sequence[str]) -> Finding:
    """Return that another version worded some files otherwise."""
    listed = f"{', '.join(names[:-1])} and {names[-1]}" if names[1:] else names[0]
    return Finding(
        kind="version",
        where=", ".join(names),
        what=f"The words of {listed} were made by slawatch {about.version}, and this is {__version__}: they "
        "cannot be compared, so that nothing shows here that they are true.",
        advice=f"To have them compared: pip install slawatch=={about.version}, and verify again.",
    )


def _said(error: Exception) -> str:
    if isinstance(error, inputs.InputsUnreadable):
        return str(error).rstrip(".")
    return f"{type(error).__name__}: {error}".rstrip(".: ")


def _facts(about: Manifest, report: Report) -> Iterator[Finding]:
    """Yield in what a manifest contradicts the report that its evidence gives."""
    period = report.period
    pairs = (
        ("key", about.key, report.key),
        ("agreement", about.agreement or "none", report.agreement or "none"),
        ("organization", about.organization or "none", report.organization or "none"),
        ("period.label", about.period.label, period.label),
        ("period.start", rfc3339(about.period.start), rfc3339(period.start)),
        ("period.end", rfc3339(about.period.end), rfc3339(period.end)),
        ("period.timezone", about.period.timezone, period.timezone),
    )
    for name, stored, recomputed in pairs:
        if stored != recomputed:
            yield Finding(
                kind="manifest",
                where=f"{manifest.NAME}: {name}",
                what=f"The manifest says another {name.replace('.', ' ')} than the evidence is about.",
                stored=stored,
                recomputed=recomputed,
                advice=AGAIN,
            )
    if about.evidence_sha256 != report.evidence_sha256:
        yield Finding(
            kind="evidence",
            where=EVIDENCE,
            what="The evidence is not that on which the report says that it rests.",
            stored=about.evidence_sha256,
            recomputed=report.evidence_sha256,
            advice="Ask for the report with its own evidence: either of the two was changed.",
        )


def _moved(stood: Mapping[str, Sequence[inputs.Offset]], made_of: Inputs) -> list[str]:
    """Return the zones whose clocks stand otherwise here."""
    here = inputs.zones(made_of)
    return sorted(name for name in here if tuple(stood.get(name, ())) != here[name])
