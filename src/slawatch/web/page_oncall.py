"""What the page about who is on call shows: now, next, two weeks as a calendar, and where nobody is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from markupsafe import Markup, escape

from slawatch.config.model import Config
from slawatch.core import oncall
from slawatch.core.civil import day_of, local, midnight
from slawatch.core.instant import DAY, Instant, parse_rfc3339
from slawatch.core.override import Override, Swap
from slawatch.core.recorded import Record, Stretch, served
from slawatch.core.rota import Schedule
from slawatch.report.wording import date_words
from slawatch.web.naming import Names

DAYS: Final = 14
_COLOURS: Final = 6
"""People are told apart by so many shades, and by their names."""
_AHEAD: Final = 60 * DAY
_WIDTH: Final = 1_400
_HEIGHT: Final = 34


class Turn(NamedTuple):
    """A stretch in which the same people are on call; `gap` where nobody is."""

    start: Instant
    end: Instant
    who: str
    why: str
    gap: bool
    shade: int


class Week(NamedTuple):
    """Seven days of the calendar.

    Attributes:
        days: each day's weekday and date, and whether it is today.
        drawing: the turns as a strip.
        turns: the same as a list.
    """

    days: tuple[tuple[str, str, bool], ...]
    drawing: Markup
    turns: tuple[Turn, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rota:
    """One schedule.

    Attributes:
        key, name, zone: of it.
        now: who is on call; empty for nobody.
        until: the end of their shift, or of the gap; None where it has none.
        stands_in: an override or swap has made it so.
        following: who comes next, and when; empty where nobody else does within two months.
        weeks: the calendar.
        people: who is in it, each with the shade of the drawing.
        gaps: when nobody is on call, within the calendar.
        escalations: the policies that call it.
    """

    key: str
    name: str
    zone: str
    now: str
    until: Instant | None
    stands_in: bool
    following: str
    changes: Instant | None
    weeks: tuple[Week, ...]
    people: tuple[tuple[str, int], ...]
    gaps: tuple[tuple[Instant, Instant], ...]
    escalations: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OnCallPage:
    """All schedules.

    Attributes:
        rotas: in the order of the configuration.
        entered: overrides and swaps that hold or are to come: those that were entered, as
            `answers.silences.overrides` has them, with names and instants, and those of the configuration.
        people: key and name of each, for the form.
        schedules: key, name and zone of each.
        uncovered: on how many of the schedules nobody is on call now.
    """

    rotas: tuple[Rota, ...]
    entered: tuple[Mapping[str, Any], ...]
    people: tuple[tuple[str, str], ...]
    schedules: tuple[tuple[str, str, str], ...]
    uncovered: int


def arrange(
    config: Config,
    entered: Sequence[Mapping[str, Any]],
    now: Instant,
    written: Config | None = None,
    records: Mapping[str, Record] = MappingProxyType({}),
) -> OnCallPage:
    """Arrange the schedules.

    Args:
        config: in which what was entered holds already.
        entered: as `answers.silences.overrides` has them.
        now: the present.
        written: the configuration as it is written, whose own overrides are listed too.
        records: who was on call, by schedule: the past of the calendar is as it was.
    """
    names = Names(config)
    rotas = tuple(
        _rota(config, schedule, names, now, records.get(schedule.key, Record()))
        for schedule in config.schedules.values()
    )
    return OnCallPage(
        rotas=rotas,
        entered=tuple(
            sorted(
                (*_entered(config, entered, names), *_written(written, names, now)),
                key=lambda one: (one["start"], one["end"]),
            )
        ),
        people=tuple((key, person.shown) for key, person in config.people.items()),
        schedules=tuple((key, one.name or key, one.timezone) for key, one in config.schedules.items()),
        uncovered=sum(1 for rota in rotas if not rota.now),
    )


def _of_schedule(config: Config, key: str) -> dict[str, str]:
    """Return a schedule's name and zone; one that is gone has the configuration's."""
    schedule = config.schedules.get(key)
    if schedule is None:
        return {"schedule_name": key, "zone": config.timezone}
    return {"schedule_name": schedule.name or key, "zone": schedule.timezone}


def _entered(config: Config, entered: Sequence[Mapping[str, Any]], names: Names) -> Iterator[dict[str, Any]]:
    for one in entered:
        yield {
            **one,
            "who": names.one(one["who"]),
            "start": parse_rfc3339(one["start"]),
            "end": parse_rfc3339(one["end"]),
            "written": False,
            **_of_schedule(config, one["schedule"]),
        }


def _written(config: Config | None, names: Names, now: Instant) -> Iterator[dict[str, Any]]:
    """Yield the overrides and swaps of a configuration that are not over."""
    if config is None:
        return
    for key, schedule in config.schedules.items():
        changes: list[Override | Swap] = [*schedule.overrides]
        changes += [swap for swap in schedule.swaps if swap.taken_by]
        for change in changes:
            if change.end <= now:
                continue
            kind = change.kind if isinstance(change, Override) else None
            yield {
                "id": "", "schedule": key, "what": "swap" if kind is None else "override", "kind": kind,
                "who": names.one(change.person), "start": change.start, "end": change.end,
                "reason": change.reason, "state": "active" if change.start <= now else "planned",
                "written": True, **_of_schedule(config, key),
            }  # fmt: skip


def _rota(config: Config, schedule: Schedule, names: Names, now: Instant, record: Record) -> Rota:
    current = oncall.who(schedule, now)
    changes = oncall.next_change(schedule, now, now + _AHEAD)
    upcoming = oncall.on_call([schedule], changes) if changes is not None else ()
    first = midnight(day_of(now, schedule.timezone), schedule.timezone)
    days = [day_of(now, schedule.timezone) + timedelta(days=n) for n in range(DAYS + 1)]
    bounds = [midnight(day, schedule.timezone) for day in days]
    found = served(schedule, record, first, bounds[-1])
    shades = {
        name: number % _COLOURS
        for number, name in enumerate(dict.fromkeys(p for shift in found for p in shift.people))
    }
    weeks = tuple(
        _week(found, bounds[n : n + 8], schedule.timezone, now, names, shades) for n in range(0, DAYS, 7)
    )
    target = f"schedule:{schedule.key}"
    return Rota(
        key=schedule.key,
        name=schedule.name or schedule.key,
        zone=schedule.timezone,
        now=_people(current.people, names),
        until=current.end,
        stands_in=current.override,
        following=_people(upcoming, names),
        changes=changes,
        weeks=weeks,
        people=tuple((names.one(name), shade) for name, shade in shades.items()),
        gaps=tuple((gap.start, gap.end) for gap in oncall.gaps(schedule, now, bounds[-1])),
        escalations=tuple(
            policy.name
            for policy in config.escalations.values()
            if any(target in level.to for level in policy.levels) or target in policy.fallback
        ),
    )


def _people(keys: Sequence[str], names: Names) -> str:
    return ", ".join(names.one(key) for key in keys)


def _week(
    shifts: Sequence[Stretch],
    bounds: Sequence[Instant],
    zone: str,
    now: Instant,
    names: Names,
    shades: Mapping[str, int],
) -> Week:
    start, end = bounds[0], bounds[-1]
    turns = tuple(
        Turn(
            max(shift.start, start), min(shift.end, end), _people(shift.people, names),
            "an override or swap" if shift.override else "", not shift.people,
            shades[shift.people[0]] if shift.people else -1,
        )
        for shift in shifts
        if shift.end > start and shift.start < end
    )  # fmt: skip
    days = tuple(_day(low, zone, low <= now < high) for low, high in pairwise(bounds))
    return Week(days, _drawing(turns, bounds, now), turns)


def _day(start: Instant, zone: str, today: bool) -> tuple[str, str, bool]:
    weekday, _, date = date_words(local(start, zone)).partition(" ")
    return weekday, date, today


def _drawing(turns: Sequence[Turn], bounds: Sequence[Instant], now: Instant) -> Markup:
    """Draw the turns of some days; what the drawing says is in the list beside it."""
    start, end = bounds[0], bounds[-1]

    def x(at: Instant) -> int:
        return (at - start) * _WIDTH // (end - start)

    parts = []
    for turn in turns:
        left, width = x(turn.start), max(2, x(turn.end) - x(turn.start) - 3)
        style = "gap" if turn.gap else f"p{turn.shade}"
        said = escape(turn.who or "nobody")
        parts.append(
            f'<rect class="turn {style}" x="{left}" width="{width}" height="{_HEIGHT}" rx="2">'
            f"<title>{said}</title></rect>"
        )
    parts += [f'<path class="midnight" d="M{x(at)} 0V{_HEIGHT}"/>' for at in bounds[1:-1]]
    if start <= now < end:
        parts.append(f'<path class="now" d="M{x(now)} 0V{_HEIGHT}"/>')
    return Markup(  # noqa: S704 (every name in it is escaped)
        f'<svg class="rota" viewBox="0 0 {_WIDTH} {_HEIGHT}" preserveAspectRatio="none" aria-hidden="true">'
        f"{''.join(parts)}</svg>"
    )
