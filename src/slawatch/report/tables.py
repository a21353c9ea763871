"""The tables of two reports compared cell by cell, so that what was changed can be pointed at."""

import csv
import io
from collections.abc import Collection, Sequence
from typing import NamedTuple


class Cell(NamedTuple):
    """The first cell in which two tables differ.

    Attributes:
        line: in the file, the header being 1.
        column: its heading; empty where a whole line is missing or too much.
        stored, recomputed: what stands there.
    """

    line: int
    column: str
    stored: str
    recomputed: str


def cells(text: str) -> int:
    """Return how many cells a table has below its header."""
    if '"' not in text:
        return (text.count("\r\n") - 1) * (text.partition("\r\n")[0].count(",") + 1)
    return sum(map(len, _rows(text)[1:]))


def first_difference(stored: str, recomputed: str, *, without: Collection[str] = ()) -> Cell | None:
    """Return the first cell that differs; None where there is none.

    Args:
        stored: the table in the report.
        recomputed: the table that follows from the evidence.
        without: columns of the recomputed one that the stored one could not have yet.

    Raises:
        ValueError: the stored one is no table.
    """
    if stored == recomputed:
        return None
    ours, theirs = _rows(stored), _rows(recomputed)
    if without and theirs:
        kept = [index for index, name in enumerate(theirs[0]) if name not in without]
        theirs = [[row[index] for index in kept if index < len(row)] for row in theirs]
    heading = (theirs or ours or [[]])[0]
    for index in range(max(len(ours), len(theirs))):
        one, other = _row(ours, index), _row(theirs, index)
        if one == other:
            continue
        if one is None or other is None:
            return Cell(index + 1, "", _line(one), _line(other))
        for place in range(max(len(one), len(other))):
            mine, its = _cell(one, place), _cell(other, place)
            if mine != its:
                column = heading[place] if place < len(heading) else f"column {place + 1}"
                return Cell(index + 1, column, mine, its)
    # The same cells, written otherwise: with other line ends, or quoted without need.
    return None if without else Cell(1, "", "other line ends or quotes", "as RFC 4180 has them")


def _rows(text: str) -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO(text, newline="")))
    except csv.Error as error:
        raise ValueError(f"this is no table: {error}") from None


def _row(rows: Sequence[list[str]], index: int) -> list[str] | None:
    return rows[index] if index < len(rows) else None


def _cell(row: Sequence[str], place: int) -> str:
    return row[place] if place < len(row) else "no cell"


def _line(row: Sequence[str] | None) -> str:
    return "no such line" if row is None else ", ".join(row)
