"""Frozen reports as people read them in a terminal."""

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from slawatch.cli.entering import shown as moment
from slawatch.cli.entering import table
from slawatch.cli.terminal import clean
from slawatch.core.instant import parse_rfc3339
from slawatch.report.wording import span_title

_DAY: Final = 86400.0
_HOUR: Final = 3600.0
_MOST_CHANGES: Final = 20
_FIRST: Final = re.compile(
    r"objectives\[[^]]*\]\.(verdict|measured)|credit(\.(percent|amount))?|"
    r"services\[[^]]*\](\.availability\.shown|\.ledger\.\w+|\.outages\[[^]]*\](\.counted_seconds)?)?"
)


def listed(reports: Sequence[Mapping[str, Any]], zone: str) -> str:
    """Return a list."""
    if not reports:
        return "no report is frozen: `slawatch reports overdue` lists those that could be\n"
    rows = [
        (
            str(one["number"]),
            one["organization"] or "-",
            one["agreement"] or one["report"],
            _period(one["period"]),
            one["verdict"] or "-",
            moment(one["frozen_at"], zone),
            one["frozen_by"],
            _beside(one),
        )
        for one in reports
    ]
    head = ("NUMBER", "ORGANIZATION", "AGREEMENT", "PERIOD", "VERDICT", "FROZEN", "BY", "")
    return table(head, rows) + f"times in {zone}\n"


def _period(period: Mapping[str, Any]) -> str:
    """Return a period by what people type, or in words where it is a span of any kind."""
    label: str = period["label"]
    if "_" not in label:
        return label
    edges = parse_rfc3339(period["start"]), parse_rfc3339(period["end"])
    return span_title(label, *edges, period["timezone"])


def _beside(one: Mapping[str, Any]) -> str:
    said = []
    if one["restates"] is not None:
        said.append(f"restates {one['restates']}")
    if one["restated_by"] is not None:
        said.append(f"restated by {one['restated_by']}")
    return ", ".join(said)


def frozen(found: Mapping[str, Any], zone: str) -> str:
    """Return what was frozen, a line each."""
    return "".join(_line(one, zone) for one in found["frozen"])


def _line(one: Mapping[str, Any], zone: str) -> str:
    verdict = f", {one['verdict']}" if one["verdict"] else ""
    whose, label = one["agreement"] or one["report"], _period(one["period"])
    at = moment(one["frozen_at"], zone)
    said = f"report {one['number']}: {whose} {label}{verdict}, frozen {at} by {one['frozen_by']}"
    return clean(said) + "\n"


def restated(found: Mapping[str, Any], zone: str) -> str:
    """Return a restatement, with what differs."""
    said = _line(found, zone) + f"it takes the place of report {found['restates']}\n"
    return said + "".join(clean(line) + "\n" for line in _changes(found["changes"]))


def shown(one: Mapping[str, Any], zone: str) -> str:
    """Return a report whole."""
    period = one["period"]
    zone_of = period["timezone"]
    start, end = moment(period["start"], zone_of), moment(period["end"], zone_of)
    facts = [
        ("organization", one["organization"] or "-"),
        ("period", f"{start} to {end} ({zone_of})"),
        ("verdict", one["verdict"] or "none: there is no agreement"),
        *((f"  {found['id']}", f"{_stands(found)}: {found['measured']}, target {found['target']}")
          for found in one["objectives"]),
        *((f"  {found['service']}", f"availability {found['availability']}") for found in one["services"]),
        ("credit", _credit(one["credit"])),
        ("frozen", f"{moment(one['frozen_at'], zone)} ({zone}) by {one['frozen_by']}"),
        ("reason", one["reason"] or ""),
        ("takes the place of", f"report {one['restates']}" if one["restates"] else ""),
        ("restated by", f"report {one['restated_by']}" if one["restated_by"] else ""),
        ("manifest", f"sha256 {one['manifest_sha256']}"),
        ("before it in its chain", f"sha256 {one['previous']}" if one["previous"] else "nothing: the first"),
        ("signed by the key", one["public_key"]),
        ("made with", f"slawatch {one['version']}, {one['bytes']:,} bytes"),
    ]  # fmt: skip
    head = f"report {one['number']}: {one['agreement'] or one['report']} {period['label']}"
    lines = [head, *(f"  {name}: {text}" for name, text in facts if text)]
    if one["changes"] is not None:
        lines += _changes(one["changes"])
    return "".join(clean(line) + "\n" for line in lines)


def _stands(objective: Mapping[str, Any]) -> str:
    return f"{objective['verdict']}{' as far as known' if objective.get('hardly_known') else ''}"


def _credit(credit: Mapping[str, Any] | None) -> str:
    if not credit:
        return ""
    amount = f", {credit['amount']} {credit['currency']}" if credit.get("amount") else ""
    return f"{credit.get('percent') or 0} %{amount}"


def _changes(changes: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield what differs; the figures that a restatement is mostly about come first."""
    if not changes:
        yield "no figure differs"
        return
    yield f"{len(changes)} {'figure differs' if len(changes) == 1 else 'figures differ'}:"
    first = [change for change in changes if _FIRST.fullmatch(change["path"])]
    rest = [change for change in changes if not _FIRST.fullmatch(change["path"])]
    for change in [*first, *rest][: max(len(first), _MOST_CHANGES)]:
        yield f"  {change['text']}"
    left = len(changes) - max(len(first), _MOST_CHANGES)
    if left > 0:
        yield f"  and {left} more: --json shows them all, as does changes.json in its file"


def overdue(found: Sequence[Mapping[str, Any]]) -> str:
    """Return what is overdue, and the command that freezes the oldest."""
    if not found:
        return "no report is overdue\n"
    rows = [
        (one["agreement"], one["organization"], one["period"]["label"],
         moment(one["period"]["end"], one["period"]["timezone"]), late(one["late"]))
        for one in found
    ]  # fmt: skip
    head = ("AGREEMENT", "ORGANIZATION", "PERIOD", "ENDED", "LATE")
    first = found[0]
    label, key = first["period"]["label"], shlex.quote(first["agreement"])
    return table(head, rows) + f"slawatch reports freeze --period {label} --agreement {key}\n"


def late(seconds: float) -> str:
    """Return how late something is.

    >>> late(90), late(7200), late(86400 * 3.5)
    ('1 min', '2 h', '3 d')
    """
    if seconds >= _DAY:
        return f"{int(seconds // _DAY)} d"
    return f"{int(seconds // _HOUR)} h" if seconds >= _HOUR else f"{int(seconds // 60)} min"


def verified(found: Sequence[Mapping[str, Any]]) -> str:
    """Return what became of verifying."""
    lines: list[str] = []
    for one in found:
        lines.append(f"report {one['number']}: {one['result']}. {one['summary']}")
        if one["ok"]:
            lines.append(
                f"  {one['figures']} figures and {one['cells']} cells of tables are what the evidence gives; "
                "the signature and the place in the chain hold"
            )
        for finding in one["findings"]:
            lines.append(f"  {finding['where']}: {finding['what']}")
            sides = ("stored", "recomputed")
            lines += [f"    {side}: {finding[side]}" for side in sides if finding[side]]
            if finding["advice"]:
                lines.append(f"    {finding['advice']}")
    lines += [f"note: {note}" for note in dict.fromkeys(note for one in found for note in one["notes"])]
    return "".join(clean(line) + "\n" for line in lines) or "no report is frozen\n"
