"""The answer of `rehearse` as people see it: a timeline of what happens and who is told, then the holes."""

from collections.abc import Iterable, Mapping
from typing import Final
from zoneinfo import ZoneInfo

from slawatch.cli.table import wrap
from slawatch.cli.terminal import Terminal, clean, columns, fit
from slawatch.core.chain import length_text
from slawatch.core.instant import SECOND, Instant, to_datetime
from slawatch.core.people import Person
from slawatch.core.scenario import Happening, Message, Played, workflow_lines

_BOLD: Final = "1"
_DIM: Final = "2"
_YELLOW: Final = "33"
_GREEN: Final = "32"
_COLOURS: Final = {"trigger": "31;1", "resolve": _GREEN, "ack": "36", "reminder": _YELLOW, "update": ""}
_WORDS: Final = {"trigger": "page", "resolve": "all clear", "ack": "acknowledged"}
_HEAD: Final = ("AFTER", "CLOCK", "WHO", "BY", "WHAT", "WHY")
_LEAST: Final = 20


def render(
    played: Played,
    warnings: Iterable[str],
    people: Mapping[str, Person],
    timezone: str,
    terminal: Terminal,
) -> str:
    """Return the timeline, one line in words, and the warnings.

    Args:
        played: what the play came to.
        warnings: the holes it showed.
        people: by key, for their names.
        timezone: of the clock times.
        terminal: what can be shown.
    """
    zone = ZoneInfo(timezone)
    start = to_datetime(played.start).astimezone(zone)
    lines = [_paint(f"from {start:%a %Y-%m-%d %H:%M:%S}, times in {timezone}", _DIM, terminal)]
    rows = _rows(played, people, zone)
    widths = [
        max(columns(title), *(columns(row[n]) for row, _ in rows if len(row) == len(_HEAD)), 0)
        for n, title in enumerate(_HEAD)
    ]
    before = sum(widths[:-1]) + 2 * (len(widths) - 1)
    room = max(terminal.width - before, _LEAST) if terminal.width else 0
    lines.append(_paint("  ".join(fit(t, w) for t, w in zip(_HEAD, widths, strict=True)), _BOLD, terminal))
    for row, colour in rows:
        if len(row) < len(_HEAD):
            text = f"{fit(row[0], widths[0])}  {fit(row[1], widths[1])}  {row[2]}"
            lines.append(_paint(text, colour, terminal))
            continue
        cells = [fit(text, width) for text, width in zip(row[:-1], widths, strict=False)]
        cells[4] = _paint(cells[4], colour, terminal)
        first, *rest = wrap(row[-1], room) if room and row[-1] else [row[-1]]
        lines.append("  ".join([*cells, first]))
        lines += [" " * before + text for text in rest]
    lines += ["", _summary(played, people)]
    found = [clean(warning) for warning in warnings]
    mark = "!"
    for warning in found:
        first, *rest = wrap(warning, terminal.width - 2) if terminal.width else [warning]
        lines.append(f"{_paint(mark, _YELLOW, terminal)} {first}")
        lines += [f"  {text}" for text in rest]
    if not found:
        lines.append(_paint("no holes were found", _GREEN, terminal))
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _rows(played: Played, people: Mapping[str, Person], zone: ZoneInfo) -> list[tuple[tuple[str, ...], str]]:
    entries: list[tuple[Instant, int, Message | Happening | str]] = [
        *((at, 0, happening) for at, happening in played.happenings),
        *((message.at, 1, message) for message in played.messages),
        *((at, 2, text) for at, text in workflow_lines(played)),
    ]
    rows: list[tuple[tuple[str, ...], str]] = []
    for at, _, entry in sorted(entries, key=lambda one: one[:2]):
        when = (_offset(at - played.start), f"{to_datetime(at).astimezone(zone):%a %H:%M:%S}")
        if isinstance(entry, Message):
            what = _WORDS.get(entry.kind, entry.kind)
            row = (*when, _name(entry.to, people), clean(entry.channel), what, clean(entry.reason))
            rows.append((row, _COLOURS.get(entry.kind, "")))
        elif isinstance(entry, str):
            rows.append(((*when, f"-- workflow {clean(entry)}"), _DIM))
        else:
            rows.append(((*when, f"-- {clean(entry.text)}"), _DIM))
    return rows


def _summary(played: Played, people: Mapping[str, Person]) -> str:
    if not played.messages:
        return f"Nobody is told of anything in {length_text(played.end - played.start)}."
    first = played.messages[0]
    told = dict.fromkeys(_name(message.to, people) for message in played.messages)
    count = len(played.messages)
    return (
        f"{count} message{'s' if count != 1 else ''} to {', '.join(told)}; the first after "
        f"{length_text(first.at - played.start)}, watched for {length_text(played.end - played.start)}."
    )


def _name(recipient: str, people: Mapping[str, Person]) -> str:
    kind, _, name = recipient.partition(":")
    if kind == "person":
        return clean(people[name].shown if name in people else name)
    return clean(recipient)


def _offset(length: int) -> str:
    """Return a length as `+0:05:02`."""
    minutes, seconds = divmod(length // SECOND, 60)
    hours, minutes = divmod(minutes, 60)
    return f"+{hours}:{minutes:02}:{seconds:02}"


def _paint(text: str, colour: str, terminal: Terminal) -> str:
    return f"\x1b[{colour}m{text}\x1b[0m" if colour and terminal.colour else text
