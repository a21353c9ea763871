"""How the agreements stand, as `status` shows them below the services: this period, and the last twelve."""

from textwrap import wrap
from typing import Any, Final

from slawatch.cli.figures import budget, span
from slawatch.cli.table import DIM, Column, Row, table
from slawatch.cli.terminal import Terminal, clean
from slawatch.core.instant import SECOND

FEW: Final = 10
"""So many agreements are shown without being asked for."""
_DROPPED: Final = ("MTTA", "MTBF", "PERIOD", "MTTR", "TARGET", "LOST", "OUTAGES", "BUDGET")
"""The columns that a narrow terminal does without, the first one first."""
_COLOURS: Final = {
    "met": "32", "missed": "31;1", "undecided": "33", "no data": "35", "behind": "33", "hardly known": "33",
}  # fmt: skip
_LENGTHS: Final = ("downtime", "time_to_repair", "time_between_failures", "time_to_acknowledge")
_BARS: Final = "▁▂▃▄▅▆▇█"
_PLAIN_BARS: Final = ".-=#"
_NO_DATA: Final = ("·", " ")
_HARDLY_KNOWN: Final = "?"
_WIDEST: Final = 120


def lines(agreements: list[dict[str, Any]], terminal: Terminal) -> list[str]:
    """Return the table of the agreements."""
    trends = [one["trend"] for one in agreements if one["trend"]]
    most = max((len(trend["periods"]) for trend in trends), default=0)
    head = [
        Column("AGREEMENT", shrinks=True), Column("PERIOD"), Column("SO FAR", right=True),
        Column("TARGET", right=True), Column("VERDICT"), Column("BUDGET", right=True),
        Column(f"LAST {most}" if most > 1 else "TREND"), Column("KEPT", right=True),
        Column("OUTAGES", right=True), Column("LOST", right=True), Column("MTTR", right=True),
        Column("MTBF", right=True), Column("MTTA", right=True),
    ]  # fmt: skip
    rows = [Row(_cells(one, terminal)) for one in agreements]
    return [*table(head, rows, terminal, _DROPPED), *_notes(agreements, terminal)]


def _notes(agreements: list[dict[str, Any]], terminal: Terminal) -> list[str]:
    """Return what has to be said of the table: signs in it that need a word, and what is missing."""
    said = []
    behind = any(one["verdict"] == "missed" and one.get("behind") for one in agreements)
    hardly = any(one["trend"] and one["trend"].get("hardly_known") for one in agreements)
    if behind:
        said.append("behind: below the target so far; it can still be kept.")
    said += [
        f"{clean(one['agreement'])}: {one['verdict']} as far as known: "
        f"{int(one['known'] or 0)} % of the time was watched."
        for one in agreements
        if one.get("hardly_known") and one["verdict"] in ("met", "missed")
    ]
    if hardly:
        said.append("?: too little of the period is known; not in KEPT.")
    said += dict.fromkeys(clean(why) for one in agreements if (why := one.get("trend_missing")))
    return [line for note in said for line in wrap(note, min(terminal.width or _WIDEST, _WIDEST))]


def bars(trend: dict[str, Any], *, unicode: bool = True) -> str:
    """Return a column for each period, oldest first, as high as the time that was lost in it.

    One of which too little is known to be judged is a question mark.

    >>> bars({"periods": [{"downtime": 0.0, "percent": 100.0}, {"downtime": 9.0, "percent": 99.9}]})
    '▁█'
    """
    scale = _BARS if unicode else _PLAIN_BARS
    most = max((point["downtime"] for point in trend["periods"]), default=0.0)
    found = []
    for point in trend["periods"]:
        if point["percent"] is None:
            found.append(_NO_DATA[0] if unicode else _NO_DATA[1])
            continue
        if point.get("standing") == "hardly known":
            found.append(_HARDLY_KNOWN)
            continue
        part = point["downtime"] / most if most else 0.0
        # Whatever was lost is seen: the lowest column is a period without any loss.
        step = 1 + int(part * (len(scale) - 2)) if part else 0
        found.append(scale[step])
    return "".join(found)


def _cells(one: dict[str, Any], terminal: Terminal) -> list[tuple[str, str]]:
    trend, verdict = one["trend"], one["verdict"]
    if verdict == "missed" and one.get("behind"):
        # Nothing is missed for good yet, and the budget beside it says so.
        verdict = "behind"
    elif verdict in ("met", "missed") and one.get("hardly_known"):
        verdict = "hardly known"
    cells = [
        (clean(one["agreement"]), ""),
        (one["period"]["label"], DIM),
        ("-", DIM) if one["shown"] is None else (f"{one['shown']}%", ""),
        (one["target"] or "-", DIM),
        (verdict or "-", _COLOURS.get(verdict or "", DIM)),
        budget(one["budget_remaining"]),
    ]
    if trend is None:
        return [*cells, ("", DIM), *[("-", DIM)] * 6]
    kept = f"{trend['met']}/{trend['judged']}" if trend["judged"] else "-"
    return [
        *cells,
        (bars(trend, unicode=terminal.unicode), ""),
        (kept, ""),
        (str(trend["failures"]), ""),
        *(_length(trend[name]) for name in _LENGTHS),
    ]


def _length(seconds: float | None) -> tuple[str, str]:
    return ("-", DIM) if seconds is None else (span(int(seconds * SECOND)), "")
