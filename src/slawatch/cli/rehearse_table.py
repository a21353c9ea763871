"""The answer of `rehearse` as people see it: a timeline of what happens and who is told, then the holes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from slawatch.cli.table import wrap
from slawatch.cli.terminal import Terminal, clean, columns, fit
from slawatch.core.chain import length_text
from slawatch.core.civil import offset_near_change
from slawatch.core.instant import SECOND, Instant, parse_rfc3339, to_datetime
from slawatch.core.people import Person

_BOLD: Final = "1"
_DIM: Final = "2"
_YELLOW: Final = "33"
_GREEN: Final = "32"
_COLOURS: Final = {"trigger": "31;1", "resolve": _GREEN, "ack": "36", "reminder": _YELLOW, "update": ""}
_WORDS: Final = {"trigger": "page", "resolve": "all clear", "ack": "acknowledged"}
_HEAD: Final = ("AFTER", "CLOCK", "WHO", "BY", "WHAT", "WHY")
_LEAST: Final = 20


def render(found: Mapping[str, Any], people: Mapping[str, Person], terminal: Terminal) -> str:
    """Return the timeline, one line in words, and the warnings.

    Args:
        found: what the play came to, as the API tells it.
        people: by key, for their names.
        terminal: what can be shown.
    """
    timezone = found["timezone"]
    zone = ZoneInfo(timezone)
    start = to_datetime(parse_rfc3339(found["start"])).astimezone(zone)
    lines = [_paint(f"from {start:%a %Y-%m-%d %H:%M:%S}, times in {timezone}", _DIM, terminal)]
    rows = _rows(found, people, zone)
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
    lines += ["", _summary(found, people)]
    warnings = [clean(warning) for warning in found["warnings"]]
    mark = "!"
    for warning in warnings:
        first, *rest = wrap(warning, terminal.width - 2) if terminal.width else [warning]
        lines.append(f"{_paint(mark, _YELLOW, terminal)} {first}")
        lines += [f"  {text}" for text in rest]
    if not warnings:
        lines.append(_paint("no holes were found", _GREEN, terminal))
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _rows(
    found: Mapping[str, Any], people: Mapping[str, Person], zone: ZoneInfo
) -> list[tuple[tuple[str, ...], str]]:
    entries = [
        *((_at(one), 0, one) for one in found["happenings"]),
        *((_at(one), 1, one) for one in found["events"]),
        *((_at(one), 2, one) for one in found["workflows"]),
    ]
    start = parse_rfc3339(found["start"])
    rows: list[tuple[tuple[str, ...], str]] = []
    for at, kind, one in sorted(entries, key=lambda entry: entry[:2]):
        when = (_offset(at - start), _clock(to_datetime(at).astimezone(zone)))
        if kind == 1:
            what = _WORDS.get(one["kind"], one["kind"])
            row = (*when, _name(one["to"], people), clean(one["channel"]), what, clean(one["reason"]))
            rows.append((row, _COLOURS.get(one["kind"], "")))
        else:
            workflow = "workflow " if kind == 2 else ""
            rows.append(((*when, f"-- {workflow}{clean(one['text'])}"), _DIM))
    return rows


def _at(one: Mapping[str, Any]) -> Instant:
    return parse_rfc3339(one["at"])


def _summary(found: Mapping[str, Any], people: Mapping[str, Person]) -> str:
    start, events = parse_rfc3339(found["start"]), found["events"]
    length = length_text(parse_rfc3339(found["end"]) - start)
    if not events:
        return f"Nobody is told of anything in {length}."
    told = dict.fromkeys(_name(one["to"], people) for one in events)
    count = len(events)
    return (
        f"{count} message{'s' if count != 1 else ''} to {', '.join(told)}; the first after "
        f"{length_text(_at(events[0]) - start)}, watched for {length}."
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


def _clock(moment: datetime) -> str:
    return f"{moment:%a %H:%M:%S}{offset_near_change(moment)}"
