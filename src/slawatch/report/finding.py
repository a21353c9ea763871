"""What verifying a frozen report found, in words for people who did not make it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal

from slawatch.core.instant import Instant, rfc3339
from slawatch.report.difference import ABSENT, Difference
from slawatch.report.timeline import Moment

Kind = Literal[
    "key", "signature", "archive", "manifest", "figure", "second", "evidence", "table", "page", "file",
    "chain", "newer", "version",
]  # fmt: skip
"""What a finding is about; `newer` and `version` are about what this version of slawatch cannot verify."""

Result = Literal["match", "differs", "figures match", "not verified"]
"""What became of a report in a word: `figures match` where an older version worded the rest of it,
`not verified` where a later one made it."""

ORDER: Final[tuple[Kind, ...]] = (
    "key", "signature", "archive", "manifest", "figure", "second", "evidence", "table", "page", "file",
    "chain", "newer", "version",
)  # fmt: skip
"""The kinds, the worst first."""

EVIDENCE: Final = "evidence.json"
"""The file that everything else follows from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that is not as it would be, had nobody changed anything.

    Attributes:
        kind: what it is about.
        where: the file, the path in it, the service and second: what to point at.
        what: a sentence for people.
        stored: what the report says; empty where that says nothing.
        recomputed: what it should say.
        advice: what to do.
    """

    kind: Kind
    where: str
    what: str
    stored: str = ""
    recomputed: str = ""
    advice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What became of verifying a report.

    Attributes:
        number: of the report; None where its manifest cannot be read, and so with what follows.
        organization, key, agreement, label, frozen_at, frozen_by, restates, version: as the manifest says.
        public_key: that the report names, as minisign writes it.
        trusted: whether that is the key that was asked for; None where none was.
        figures: how many values of `report.json` were compared with what the evidence gives.
        cells: how many cells of its tables were.
        differences: the values that differ, in the order of the report.
        second: the first instant that the report and its evidence put into different classes.
        findings: the worst first.
        uncompared: the files that another version wrote otherwise than this one would, so that nothing shows
            whether their words are true; what figures can be told apart in them are compared.
        notes: what a reader has to know besides: what cannot be proved, what was not compared.
    """

    number: int | None = None
    organization: str | None = None
    key: str = ""
    agreement: str | None = None
    label: str = ""
    frozen_at: Instant | None = None
    frozen_by: str = ""
    restates: int | None = None
    version: str = ""
    public_key: str = ""
    trusted: bool | None = None
    figures: int = 0
    cells: int = 0
    differences: tuple[Difference, ...] = ()
    second: Moment | None = None
    findings: tuple[Finding, ...] = ()
    uncompared: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """What became of it, in a sentence or two."""
        kinds = {one.kind for one in self.findings}
        changed = {one.where for one in self.findings if one.kind == "file"}
        said = []
        if "key" in kinds:
            said.append("Somebody else than the one whom you trust signed this report.")
        if "archive" in kinds:
            said.append(
                "Slawatch did not write this zip file, so that other programs may show another report."
            )
        if "manifest" in kinds and self.number is None:
            said.append("This is no frozen report that can be verified.")
        elif "signature" in kinds:
            said.append(
                "What the signature covers was changed after it was signed, so it vouches for nothing."
            )
        elif changed:
            said.append(_changed(changed))
        elif kinds & {"manifest", "figure", "second", "evidence", "table", "page"}:
            said.append(
                "No file was changed since it was signed: it was signed like this, and does not follow from "
                "the evidence that was signed with it."
            )
        if "chain" in kinds:
            said.append("The reports do not follow one another as they say.")
        if "newer" in kinds:
            said.append("This version of slawatch cannot verify the report: a later one made it.")
        if self.result == "figures match":
            said.append(
                "Figures, tables and every second are what the evidence gives, and nobody changed the report "
                "since it was signed; not all of its words could be compared."
            )
        return " ".join(said) or "The report is what its evidence gives, and nobody changed it."

    @property
    def result(self) -> Result:
        """What became of it, in a word."""
        kinds = {one.kind for one in self.findings}
        if kinds - {"newer", "version"}:
            return "differs"
        if "newer" in kinds:
            return "not verified"
        return "figures match" if kinds or self.uncompared else "match"

    @property
    def ok(self) -> bool:
        """Whether nothing is found against it; of words that were not compared, where that was accepted."""
        return not self.findings


def _changed(files: set[str]) -> str:
    if files == {EVIDENCE}:
        return "The evidence was changed after the report was signed; the report is as it was signed."
    if EVIDENCE in files:
        return "Both the report and its evidence were changed after they were signed."
    return (
        "The report was changed after it was signed; its evidence is as it was signed, so that what is "
        "recomputed is what the report said."
    )


def worst_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings in the order in which a reader wants them."""
    return tuple(sorted(findings, key=lambda one: ORDER.index(one.kind)))


def value(found: Verification) -> dict[str, Any]:
    """Return a verification as the object that JSON shows."""
    first = found.differences[0] if found.differences else None
    moment = found.second
    return {
        "ok": found.ok,
        "result": found.result,
        "summary": found.summary,
        "number": found.number,
        "organization": found.organization,
        "report": found.key or None,
        "agreement": found.agreement,
        "period": found.label or None,
        "frozen_at": None if found.frozen_at is None else rfc3339(found.frozen_at),
        "frozen_by": found.frozen_by or None,
        "restates": found.restates,
        "version": found.version or None,
        "public_key": found.public_key or None,
        "trusted": found.trusted,
        "figures": found.figures,
        "cells": found.cells,
        "first_figure": None
        if first is None
        else {"path": first.path, "stored": _side(first.before), "recomputed": _side(first.after)},
        "first_second": None
        if moment is None
        else {
            "service": moment.service,
            "at": rfc3339(moment.at),
            "stored": moment.stored or None,
            "recomputed": moment.recomputed or None,
        },
        "different_figures": len(found.differences),
        "findings": [
            {
                "kind": one.kind,
                "where": one.where,
                "what": one.what,
                "stored": one.stored or None,
                "recomputed": one.recomputed or None,
                "advice": one.advice or None,
            }
            for one in found.findings
        ],
        "uncompared": list(found.uncompared),
        "notes": list(found.notes),
    }


def _side(found: object) -> Any:
    return None if found is ABSENT else found
