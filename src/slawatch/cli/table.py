"""Tables for a terminal of any width, written without rich: what asks a running daemon must start quickly."""

from collections.abc import Sequence
from typing import Final, NamedTuple, TypeVar

from slawatch.cli.terminal import Terminal, columns, fit

T = TypeVar("T")

DIM: Final = "2"
"""The colour of what matters least."""
_BOLD: Final = "1"
_LEAST: Final = 8
"""A name is never cut to fewer columns."""
_TELLING: Final = 20
"""So many columns of a name are worth more than a column of history: names often differ at their ends."""


class Column(NamedTuple):
    """A column: its title, on which side it is even, and whether its texts may be cut."""

    title: str
    right: bool = False
    shrinks: bool = False


class Row(NamedTuple):
    """Cells as `(text, colour)`; a note runs on to the right of the last one."""

    cells: list[tuple[str, str]]
    note: str = ""


def table(head: list[Column], rows: list[Row], terminal: Terminal, dropped: Sequence[str] = ()) -> list[str]:
    """Return the lines of a table.

    Args:
        head: its columns.
        rows: each with a cell for each column, or with fewer.
        terminal: where it goes.
        dropped: the titles of the columns that a narrow terminal does without, the first one first.
    """
    widths = [columns(column.title) for column in head]
    for row in rows:
        for index, (text, _) in enumerate(row.cells):
            widths[index] = max(widths[index], columns(text))
    gap = 2
    if terminal.width:
        for title in dropped:
            least = sum(min(w, _TELLING) if c.shrinks else w for c, w in zip(head, widths, strict=True))
            if least + gap * (len(head) - 1) <= terminal.width:
                break
            for at in [i for i, column in enumerate(head) if column.title == title]:
                head, widths = _without(head, at), _without(widths, at)
                rows = [row._replace(cells=_without(row.cells, at)) for row in rows]
        _shrink(head, widths, terminal.width - gap * (len(head) - 1))
    titles = [
        fit(column.title, width, right=column.right) for column, width in zip(head, widths, strict=True)
    ]
    lines = [paint("  ".join(titles), _BOLD, terminal)]
    for row in rows:
        shown = [
            paint(fit(text, widths[i], right=head[i].right), colour, terminal)
            for i, (text, colour) in enumerate(row.cells)
        ]
        line = (" " * gap).join(shown)
        if not row.note:
            lines.append(line)
            continue
        used = sum(widths[: len(row.cells)]) + gap * len(row.cells)
        room = terminal.width - used if terminal.width else columns(row.note)
        if room >= columns(row.note):
            lines.append(f"{line}  {row.note}")
        else:
            indent = 6
            lines += [line, *(" " * indent + part for part in wrap(row.note, terminal.width - indent))]
    return lines


def _without(entries: list[T], index: int) -> list[T]:
    """Return the entries but for one; rows of checks are shorter than the head and may not have it."""
    return entries[:index] + entries[index + 1 :]


def _shrink(head: list[Column], widths: list[int], room: int) -> None:
    """Take columns from the widest names until the table fits, as far as they stay recognisable."""
    shrinking = [index for index, column in enumerate(head) if column.shrinks]
    while sum(widths) > room:
        widest = max(shrinking, key=lambda index: widths[index])
        if widths[widest] <= _LEAST:
            return
        widths[widest] -= 1


def wrap(text: str, width: int) -> list[str]:
    """Return a text broken at spaces into lines of so many columns at most; longer words are cut."""
    width = max(width, 10)
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        joined = f"{line} {word}" if line else word
        if columns(joined) <= width:
            line = joined
            continue
        if line:
            lines.append(line)
        line = word
        while columns(line) > width:
            kept = ""
            for c in line:
                if columns(kept + c) > width:
                    break
                kept += c
            lines.append(kept)
            line = line[len(kept) :]
    return [*lines, line] if line else lines


def paint(text: str, colour: str, terminal: Terminal) -> str:
    """Return a text in a colour, which is empty for none, where the terminal shows them."""
    return f"\x1b[{colour}m{text}\x1b[0m" if colour and terminal.colour else text
