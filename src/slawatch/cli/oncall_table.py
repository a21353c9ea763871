"""The answers of `oncall` as people see them: tables for a terminal of any width."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from slawatch.cli.figures import span
from slawatch.cli.terminal import Terminal, clean, columns, fit
from slawatch.core.civil import offset_near_change
from slawatch.core.instant import Instant, to_datetime
from slawatch.core.ledger import Interval
from slawatch.core.people import Person
from slawatch.core.recorded import Served, Stretch
from slawatch.core.rota import Schedule

_BOLD: Final = "1"
_DIM: Final = "2"
_RED: Final = "31;1"
_GREEN: Final = "32"
_YELLOW: Final = "33"
_LEAST: Final = 8
_LEGEND: Final = "* by an override, a swap or a temporary schedule"
_RECORDED: Final = "what is past is told as it was recorded"
_NOT_RECORDED: Final = "? not on record: as the schedule says today; the rest of the past as it was recorded"
NOBODY: Final = "nobody"


class Standing(NamedTuple):
    """A schedule at an instant.

    Attributes:
        schedule: the one.
        now: who is on call.
        following: when others are, and who; None for no change in sight.
    """

    schedule: Schedule
    now: Served
    following: tuple[Instant, tuple[str, ...]] | None


Cell = tuple[str, str]
"""A text and its colour."""


def render_now(
    standings: Sequence[Standing],
    people: Mapping[str, Person],
    at: Instant,
    terminal: Terminal,
    *,
    past: bool = False,
) -> str:
    """Return who is on call in each schedule, until when, and who is next; of the past, what is on record."""
    head = ("SCHEDULE", "ON CALL", "SINCE", "UNTIL", "LEFT", "NEXT")
    rows: list[list[Cell]] = []
    for standing in standings:
        zone = standing.schedule.timezone
        found = standing.now
        end = found.end
        following = standing.following
        change = following[0] if following else None
        last = change if found.people and change is not None else end
        rows.append(
            [
                (clean(standing.schedule.name or standing.schedule.key), ""),
                _who(found.people, people, override=bool(found.override), doubt=past and not found.recorded),
                (_time(found.start, zone), _DIM),
                (_time(last, zone), "" if last is not None else _DIM),
                (span(last - at) if last is not None else "", _DIM),
                _who(following[1], people) if following else ("", ""),
            ]
        )
    lines = _table(head, rows, terminal)
    legends = [_LEGEND] if any(standing.now.override for standing in standings) else []
    if past:
        legends.append(_RECORDED if all(one.now.recorded for one in standings) else _NOT_RECORDED)
    if legends:
        lines += ["", *(_paint(legend, _DIM, terminal) for legend in legends)]
    return _text(lines)


def render_shifts(
    schedule: Schedule,
    found: Iterable[Stretch],
    people: Mapping[str, Person],
    at: Instant,
    terminal: Terminal,
) -> str:
    """Return the shifts of one schedule in their order, those without anybody in red; now is marked."""
    rows: list[list[Cell]] = []
    overridden = doubted = kept = False
    for shift in found:
        overridden = overridden or bool(shift.override)
        kept = kept or shift.recorded
        doubt = shift.end <= at and not shift.recorded
        doubted = doubted or doubt
        current = shift.start <= at < shift.end
        mark = (">" if current else " ", _GREEN)
        rows.append(
            [
                mark,
                (_time(shift.start, schedule.timezone), ""),
                (_time(shift.end, schedule.timezone), ""),
                (span(shift.end - shift.start), _DIM),
                _who(shift.people, people, override=bool(shift.override), doubt=doubt),
            ]
        )
    title = _paint(clean(schedule.name or schedule.key), _BOLD, terminal)
    zone = _paint(f"times in {schedule.timezone}", _DIM, terminal)
    if not rows:
        return f"{title}  {zone}\n"
    lines = _table((" ", "FROM", "TO", "LENGTH", "ON CALL"), rows, terminal)
    legends = [_LEGEND] if overridden else []
    legends += [_NOT_RECORDED] if doubted else [_RECORDED] if kept else []
    return _text([f"{title}  {zone}", *lines, *(_paint(f"   {text}", _DIM, terminal) for text in legends)])


def render_gaps(
    schedules: Sequence[tuple[Schedule, Sequence[Interval]]], days: int, terminal: Terminal
) -> str:
    """Return the time in which nobody is on call, schedule by schedule."""
    lines = []
    for schedule, found in schedules:
        name = _paint(clean(schedule.name or schedule.key), _BOLD, terminal)
        if not found:
            lines.append(
                f"{name}: {_paint(f'somebody is on call all of the next {days} days', _GREEN, terminal)}"
            )
            continue
        whole = span(sum(gap.end - gap.start for gap in found))
        count = f"{len(found)} gap{'s' if len(found) != 1 else ''}"
        said = _paint(f"{count}, {whole} without anybody", _RED, terminal)
        lines.append(f"{name}: {said}  {_paint(f'times in {schedule.timezone}', _DIM, terminal)}")
        for gap in found:
            start, end = (_time(edge, schedule.timezone) for edge in gap)
            lines.append(f"  {start}  to  {end}  {_paint(span(gap.end - gap.start), _DIM, terminal)}")
    return _text(lines)


def _who(
    keys: Iterable[str], people: Mapping[str, Person], *, override: bool = False, doubt: bool = False
) -> Cell:
    names = [clean(people[key].shown if key in people else key) for key in keys]
    mark = (" *" if override else "") + (" ?" if doubt else "")
    return (", ".join(names) + mark, _YELLOW if override else _GREEN) if names else (NOBODY + mark, _RED)


def _time(at: Instant | None, zone: str) -> str:
    if at is None:
        return "-"
    moment = to_datetime(at).astimezone(ZoneInfo(zone))
    return f"{moment:%a %Y-%m-%d %H:%M}{offset_near_change(moment)}"


def _table(head: Sequence[str], rows: Sequence[Sequence[Cell]], terminal: Terminal) -> list[str]:
    widths = [
        max(columns(text) for text in (title, *(row[n][0] for row in rows))) for n, title in enumerate(head)
    ]
    order = sorted(range(len(head)), key=lambda n: head[n] not in ("SINCE", "LEFT"))
    dropped: set[int] = set()
    for n in order[:2]:
        if terminal.width and head[n] in ("SINCE", "LEFT") and _total(widths, dropped) > terminal.width:
            dropped.add(n)
    kept = [n for n in range(len(head)) if n not in dropped]
    while terminal.width and _total(widths, dropped) > terminal.width:
        widest = max((n for n in kept if head[n] in ("SCHEDULE", "ON CALL", "NEXT")), key=lambda n: widths[n])
        if widths[widest] <= _LEAST:
            break
        widths[widest] -= 1
    lines = [_paint("  ".join(fit(head[n], widths[n]) for n in kept), _BOLD, terminal)]
    lines += ["  ".join(_paint(fit(row[n][0], widths[n]), row[n][1], terminal) for n in kept) for row in rows]
    return lines


def _total(widths: Sequence[int], dropped: set[int]) -> int:
    kept = [width for n, width in enumerate(widths) if n not in dropped]
    return sum(kept) + 2 * (len(kept) - 1)


def _paint(text: str, colour: str, terminal: Terminal) -> str:
    return f"\x1b[{colour}m{text}\x1b[0m" if colour and terminal.colour else text


def _text(lines: Iterable[str]) -> str:
    return "\n".join(line.rstrip() for line in lines) + "\n"
