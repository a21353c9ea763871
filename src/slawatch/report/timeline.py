"""The ledger of a report stretch by stretch: every microsecond of the period, in order, with its class.

One CSV table, `timeline.csv`: a row for each stretch, the services first, then the groups. It is what two
reports are compared by to say which second they differ in.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from slawatch.core.instant import Instant, parse_rfc3339, rfc3339
from slawatch.core.ledger import Piece
from slawatch.report.report import Report

NAME: Final = "timeline.csv"
HEADER: Final = ("service", "start", "end", "class", "observed")


class Stretch(NamedTuple):
    """A row of the table.

    Attributes:
        start, end: half-open.
        kind: the class that it counts as.
        observed: what was seen; empty in the future and where nothing was watched.
    """

    start: Instant
    end: Instant
    kind: str
    observed: str


class Moment(NamedTuple):
    """The first instant at which two timelines differ.

    Attributes:
        service: whose time it is.
        at: the instant.
        stored, recomputed: the class that each one gives it; empty where it says nothing of it.
    """

    service: str
    at: Instant
    stored: str
    recomputed: str


def render(report: Report) -> str:
    """Return the table."""
    lines = [",".join(HEADER)]
    for service in (*report.services, *report.groups):
        name = _cell(service.service)
        # One piece begins where the one before it ends: each instant is written once.
        begins = ""
        for start, end, kind, seen in merged(service.pieces):
            until = rfc3339(end)
            lines.append(
                f"{name},{begins or rfc3339(start)},{until},{kind},{'' if seen is None else seen.word}"
            )
            begins = until
    lines.append("")
    return "\r\n".join(lines)


def merged(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Yield the same time with neighbours of one class and one observation as one piece."""
    held: Piece | None = None
    for piece in pieces:
        if held is not None and held.end == piece.start and held[2:] == piece[2:]:
            held = Piece(held.start, piece.end, held.kind, held.observed)
            continue
        if held is not None:
            yield held
        held = piece
    if held is not None:
        yield held


def first_difference(stored: str, recomputed: str) -> Moment | None:
    """Return where two tables first give the same instant another class; None where they never do.

    Raises:
        ValueError: the stored one is no such table; the text names the line.
    """
    if stored == recomputed:
        return None
    ours, theirs = _read(stored), _read(recomputed)
    found = [
        moment
        for name in dict.fromkeys((*theirs, *ours))
        if (moment := _first(name, ours.get(name, []), theirs.get(name, [])))
    ]
    return min(found, key=lambda moment: moment.at, default=None)


def _first(service: str, stored: Sequence[Stretch], recomputed: Sequence[Stretch]) -> Moment | None:
    for index, (one, other) in enumerate(zip(stored, recomputed, strict=False)):
        if one == other:
            continue
        if one.start != other.start:
            at = min(one.start, other.start)
            early, late = one if one.start == at else None, other if other.start == at else None
        elif one[2:] != other[2:]:
            at, early, late = one.start, one, other
        else:
            # The same class, for longer in one of them: they part where the shorter one ends.
            at = min(one.end, other.end)
            early = one if one.end > at else _at(stored, index + 1)
            late = other if other.end > at else _at(recomputed, index + 1)
        return Moment(service, at, _said(early, late), _said(late, early))
    if len(stored) == len(recomputed):
        return None
    left, missing = _at(stored, len(recomputed)), _at(recomputed, len(stored))
    at = min(one.start for one in (left, missing) if one is not None)
    return Moment(service, at, _said(left, missing), _said(missing, left))


def _at(rows: Sequence[Stretch], index: int) -> Stretch | None:
    return rows[index] if index < len(rows) else None


def _said(own: Stretch | None, other: Stretch | None) -> str:
    """Return the class of a row, with what was observed where only that tells it from another."""
    if own is None:
        return ""
    if other is not None and own.kind == other.kind and own.observed != other.observed:
        return f"{own.kind} (seen {own.observed or 'nothing'})"
    return own.kind


def _read(text: str) -> dict[str, list[Stretch]]:
    import csv
    import io

    try:
        rows = list(csv.reader(io.StringIO(text, newline="")))
    except csv.Error as error:
        raise ValueError(f"this is no table: {error}") from None
    found: dict[str, list[Stretch]] = {}
    for number, row in enumerate(rows, 1):
        if number == 1:
            if tuple(row) != HEADER:
                raise ValueError(f"line 1: the columns are {', '.join(HEADER)}")
            continue
        if len(row) != len(HEADER):
            raise ValueError(f"line {number}: {len(HEADER)} cells belong here")
        try:
            start, end = parse_rfc3339(row[1]), parse_rfc3339(row[2])
        except (ValueError, OverflowError) as error:
            raise ValueError(f"line {number}: {error}") from None
        found.setdefault(row[0], []).append(Stretch(start, end, row[3], row[4]))
    return found


def _cell(text: str) -> str:
    import csv
    import io

    from slawatch.report.csv import safe

    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="").writerow([safe(text)])
    return out.getvalue()
