"""The files of a frozen report compared with those that its evidence gives."""

import json as json_text
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from slawatch import __version__
from slawatch.core.instant import rfc3339
from slawatch.report import difference, inputs, json, pack, tables, timeline, versions
from slawatch.report.difference import Difference
from slawatch.report.finding import EVIDENCE, Finding, Kind, Verification
from slawatch.report.manifest import Manifest
from slawatch.report.report import Report

AGAIN: Final = "Fetch the report again from whoever made it; if that is no different, ask who changed it."
"""What to do about a file that was changed."""

_PROSE: Final = frozenset({"notices", "working", "why", "terms", "tier", "text", "term"})
"""Members that are sentences of slawatch's own, which another version may word otherwise."""
_WORDED: Final = (pack.PAGE, pack.README)
"""Files for people, which another version may word otherwise."""


@dataclass(slots=True)
class Comparing:
    """The files of a report beside those that its evidence gives.

    Attributes:
        files: by name.
        about: its manifest.
        report: what the evidence gives.
        stated, changes: what `report.json` and `changes.json` hold, once they were read.
        uncompared: the files that an older version wrote otherwise than this one would.
    """

    files: Mapping[str, bytes]
    about: Manifest
    report: Report
    stated: Any = None
    changes: Any = None
    uncompared: list[str] = field(default_factory=list)

    @property
    def same_version(self) -> bool:
        """Whether this very version of slawatch made the report, so that everything has to be the same."""
        return self.about.version == __version__

    def compared(self, found: Verification) -> Verification:
        """Return what was found so far with what differs."""
        findings: list[Finding] = []
        changed: tuple[Difference, ...] = ()
        try:
            changed = self._changes()
        except ValueError as error:
            findings.append(_unreadable(pack.CHANGES, error))
        report = pack.frozen(self.report, self.about, changed)
        value = json.value(report)
        wanted = pack.rendered(report, value, self.about, changed)
        differing, number = self._figures(value, wanted[pack.REPORT], findings)
        second = self._second(wanted[timeline.NAME], findings)
        cells = self._tables(wanted, findings)
        self._pages(wanted, findings)
        findings += self._listed(wanted)
        return replace(
            found,
            figures=number,
            cells=cells,
            differences=differing,
            second=second,
            findings=tuple(findings),
        )

    def evidence(self, made_of: inputs.Inputs) -> Iterator[Finding]:
        """Yield what is wrong with how the evidence is written."""
        if inputs.write(made_of) == self.files.get(EVIDENCE):
            return
        if not self.same_version:
            self.uncompared.append(EVIDENCE)
            return
        yield Finding(
            kind="evidence",
            where=EVIDENCE,
            what="The evidence holds something that no report reads, or is not written as slawatch "
            "writes it.",
            advice="Ask whoever signed the report what made it; slawatch did not.",
        )

    def _listed(self, wanted: Mapping[str, bytes]) -> Iterator[Finding]:
        """Yield the files that a report has and this one was signed without, and those that none has."""
        for name in wanted:
            if name not in self.about.files and name not in self.files and not self._lacks(name):
                yield Finding(
                    kind="manifest",
                    where=name,
                    what=f"The report was signed without {name}, which slawatch puts into every such report.",
                    advice="Ask whoever signed it for the whole report.",
                )
        for name in sorted(self.about.files.keys() - wanted.keys() - {EVIDENCE}):
            yield Finding(
                kind="page",
                where=name,
                what=f"{name} was signed with the report, but slawatch makes no such file: nothing shows "
                "that what it says is true.",
                advice="Do not rely on this file.",
            )

    def _lacks(self, what: str) -> bool:
        return not self.same_version and versions.lacks(self.about.version, what)

    def _changes(self) -> tuple[Difference, ...]:
        text = self.files.get(pack.CHANGES)
        if text is None:
            return ()
        self.changes = _parsed(text)
        return difference.read(self.changes)

    def _figures(
        self, value: dict[str, Any], wanted: bytes, findings: list[Finding]
    ) -> tuple[tuple[Difference, ...], int]:
        text = self.files.get(pack.REPORT)
        if text is None:
            return (), 0
        if text == wanted:
            self.stated = value
            return (), difference.figures(value)
        try:
            stated = _object(_parsed(text))
        except ValueError as error:
            findings.append(_unreadable(pack.REPORT, error))
            return (), 0
        self.stated = stated
        if self.same_version:
            differing = difference.differences(stated, value)
        else:
            self.uncompared.append(pack.REPORT)
            differing = difference.differences(_unworded(stated), _unworded(self._known(value)))
        if differing:
            findings.append(_figure(differing))
        elif self.same_version:
            findings.append(
                Finding(
                    kind="figure",
                    where=pack.REPORT,
                    what="The figures are right, but the file is not written as slawatch writes it.",
                    advice=AGAIN,
                )
            )
        return differing, difference.figures(stated)

    def _known(self, value: Any, names: tuple[str, ...] = ()) -> Any:
        """Return a value without the members that its report could not have yet."""
        if isinstance(value, list | tuple):
            return [self._known(one, names) for one in value]
        if not isinstance(value, dict):
            return value
        return {
            name: self._known(one, (*names, name))
            for name, one in value.items()
            if not self._lacks(f"{pack.REPORT}: {'.'.join((*names, name))}")
        }

    def _second(self, wanted: bytes, findings: list[Finding]) -> timeline.Moment | None:
        text = self.files.get(timeline.NAME)
        if text is None or text == wanted:
            return None
        try:
            moment = timeline.first_difference(text.decode(), wanted.decode())
        except ValueError as error:
            findings.append(_unreadable(timeline.NAME, error))
            return None
        if moment is not None:
            findings.append(
                Finding(
                    kind="second",
                    where=f"{moment.service} at {rfc3339(moment.at)}",
                    what=f"From {rfc3339(moment.at)} on the report counts the time of {moment.service} "
                    "otherwise than its evidence.",
                    stored=moment.stored or "nothing",
                    recomputed=moment.recomputed or "nothing",
                    advice="Every instant before it is the same in both.",
                )
            )
        elif self.same_version:
            findings.append(_rewritten(timeline.NAME))
        else:
            self.uncompared.append(timeline.NAME)
        return moment

    def _tables(self, wanted: Mapping[str, bytes], findings: list[Finding]) -> int:
        count = 0
        for name, text in wanted.items():
            stored = self.files.get(name)
            if stored is None or not name.endswith(".csv"):
                continue
            if name != timeline.NAME and stored != text:
                heading = text.decode().partition("\r\n")[0].split(",")
                without = [column for column in heading if self._lacks(f"{name}: {column}")]
                try:
                    cell = tables.first_difference(stored.decode(), text.decode(), without=without)
                except ValueError as error:
                    findings.append(_unreadable(name, error))
                    continue
                if cell is not None:
                    findings.append(_cell(name, cell))
            count += tables.cells(text.decode())
        return count

    def _pages(self, wanted: Mapping[str, bytes], findings: list[Finding]) -> None:
        for name in (pack.PAGE, pack.README, pack.PUBLIC_KEY, pack.CHANGES):
            stored = self.files.get(name)
            if stored is None or stored == wanted.get(name):
                continue
            if name in _WORDED and not self.same_version:
                self.uncompared.append(name)
            else:
                findings.append(_page(name, stored, wanted.get(name, b"")))


def _parsed(text: bytes) -> Any:
    try:
        return json_text.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _object(found: Any) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise ValueError("an object belongs here")  # noqa: TRY004 (one exception for whatever stands there)
    return found


def _unworded(value: Any) -> Any:
    """Return a value without the sentences in it."""
    if isinstance(value, list | tuple):
        return [_unworded(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {name: _unworded(one) for name, one in value.items() if name not in _PROSE}


def _unreadable(name: str, error: ValueError) -> Finding:
    kind: Kind = "figure" if name == pack.REPORT else "second" if name == timeline.NAME else "table"
    return Finding(kind=kind, where=name, what=f"{name} cannot be read: {error}.", advice=AGAIN)


def _figure(differing: tuple[Difference, ...]) -> Finding:
    first, more = differing[0], len(differing) - 1
    others = (
        "" if not more else " 1 other value differs too." if more == 1 else f" {more:,} others differ too."
    )
    return Finding(
        kind="figure",
        where=first.path,
        what=f"{first.label}: the report says something else than follows from its evidence.{others}",
        stored=difference.shown(first.before),
        recomputed=difference.shown(first.after),
        advice="Recomputed is what this evidence gives; see below whether the evidence was changed too.",
    )


def _cell(name: str, cell: tables.Cell) -> Finding:
    column = f", column {cell.column}" if cell.column else ""
    return Finding(
        kind="table",
        where=f"{name}, line {cell.line}{column}",
        what=f"Line {cell.line} of {name} is not what follows from the evidence.",
        stored=cell.stored,
        recomputed=cell.recomputed,
        advice=AGAIN,
    )


def _rewritten(name: str) -> Finding:
    return Finding(
        kind="table",
        where=name,
        what=f"{name} says the same as the evidence, but is not written as slawatch writes it.",
        advice=AGAIN,
    )


def _page(name: str, stored: bytes, wanted: bytes) -> Finding:
    ours = stored.decode(errors="replace").splitlines()
    theirs = wanted.decode(errors="replace").splitlines()
    line = next(
        (i for i, (one, other) in enumerate(zip(ours, theirs, strict=False)) if one != other),
        min(len(ours), len(theirs)),
    )
    one, other = (rows[line] if line < len(rows) else "" for rows in (ours, theirs))
    return Finding(
        kind="page",
        where=f"{name}, line {line + 1}",
        what=f"Line {line + 1} of {name} is not what slawatch makes of the evidence.",
        stored=_around(one, other) or "no such line",
        recomputed=_around(other, one) or "no such line",
        advice=AGAIN,
    )


def _around(line: str, other: str) -> str:
    """Return the part of a line from a little before it differs."""
    at = next((i for i, (a, b) in enumerate(zip(line, other, strict=False)) if a != b), len(other))
    start = max(0, at - 40)
    return f"{'…' if start else ''}{line[start : at + 80]}{'…' if len(line) > at + 80 else ''}"
