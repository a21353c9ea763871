"""Who is on call when: the questions that people, escalation and reports ask of a schedule.

Every answer is a pure function of the schedule, so that the same question has the same answer at any time.
Instants are microseconds, intervals half-open.
"""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from slawatch.core.instant import DAY, Instant, rfc3339, seconds
from slawatch.core.ledger import Interval, union
from slawatch.core.rota import Schedule, Shift, active_at, decide, swept

_NEAR: Final = 8 * DAY
_FAR: Final = 2 * 366 * DAY
"""How far the ends of a gap are looked for."""


class OnCall(NamedTuple):
    """Who is on call at an instant.

    Attributes:
        people: by key; empty for nobody.
        start, end: of the shift; of a gap, None where it has no end within two years.
        layer, override: as of a `Shift`.
    """

    people: tuple[str, ...]
    start: Instant | None
    end: Instant | None
    layer: int | None
    override: bool


class PersonShift(NamedTuple):
    """A stretch of time in which one person is on call.

    Attributes:
        person: by key.
        start, end: half-open.
        truncated: whether it goes on after the time that was asked for.
    """

    person: str
    start: Instant
    end: Instant
    truncated: bool = False


class Served(NamedTuple):
    """A record of somebody having been on call.

    Attributes:
        person: by key.
        start: from when.
        end: until when; None while they are.
    """

    person: str
    start: Instant
    end: Instant | None = None


def who(schedule: Schedule, at: Instant) -> OnCall:
    """Return who is on call at an instant, with the bounds of their shift."""
    active = active_at(schedule, at)
    found = decide(schedule, active)
    if not found.people:
        return _gap(schedule, at)
    low, high = at - _FAR, at + _FAR
    for sources in found.key.values():
        for source in sources:
            start, end = active.span_of(source)
            low, high = max(low, start), min(high, end)
    shift = next(one for one in swept(schedule, low, high) if one.start <= at < one.end)
    return OnCall(shift.people, shift.start, shift.end, shift.layer, shift.override)


def on_call(schedules: Iterable[Schedule], at: Instant) -> tuple[str, ...]:
    """Return everybody on call in any of several schedules, each once."""
    found = (person for schedule in schedules for person in decide(schedule, active_at(schedule, at)).people)
    return tuple(dict.fromkeys(found))


def shifts(schedule: Schedule, start: Instant, end: Instant) -> tuple[Shift, ...]:
    """Return the shifts in `[start, end)`, cut at both ends, in order; what is missing is a gap."""
    return tuple(shift for shift in swept(schedule, start, end) if shift.people)


def gaps(schedule: Schedule, start: Instant, end: Instant) -> tuple[Interval, ...]:
    """Return the time of `[start, end)` in which nobody is on call."""
    return union((one.start, one.end) for one in swept(schedule, start, end) if not one.people)


def next_change(schedule: Schedule, after: Instant, horizon: Instant) -> Instant | None:
    """Return the first instant after one at which others are on call; None for none before the horizon."""
    step, low = _NEAR, after
    people = frozenset(decide(schedule, active_at(schedule, after)).people)
    while low < horizon:
        high = min(low + step, horizon)
        for shift in swept(schedule, low, high):
            if frozenset(shift.people) != people:
                return shift.start
        low, step = high, 2 * step
    return None


def person_shifts(
    schedule: Schedule,
    start: Instant,
    end: Instant,
    history: Iterable[Served] = (),
    now: Instant | None = None,
) -> tuple[PersonShift, ...]:
    """Return who is on call when in `[start, end)`, by person, in the order of their starts.

    With `now`, what lies before it is taken from the records and never worked out anew: a record that reaches
    into the window keeps its own start.
    """
    computed = start if now is None else min(max(start, now), end)
    found: dict[str, list[Interval]] = {}
    for record in history:
        stop = computed if record.end is None else min(record.end, computed)
        if now is not None and record.start < stop and stop >= start:
            found.setdefault(record.person, []).append(Interval(record.start, stop))
    for shift in swept(schedule, computed, end):
        for person in shift.people:
            found.setdefault(person, []).append(Interval(shift.start, shift.end))
    ongoing = frozenset(decide(schedule, active_at(schedule, end)).people)
    rows = (
        PersonShift(person, low, high, high == end and person in ongoing)
        for person, spans in found.items()
        for low, high in union(spans)
        if high > start
    )
    return tuple(sorted(rows, key=lambda row: (row.start, row.person)))


def free(roster: Iterable[str], busy: Iterable[str], served: dict[str, int]) -> tuple[str, ...]:
    """Return who could stand in, whoever has served least first; somebody new has served nothing."""
    taken = frozenset(busy)
    return tuple(
        sorted((person for person in roster if person not in taken), key=lambda person: served.get(person, 0))
    )


def _gap(schedule: Schedule, at: Instant) -> OnCall:
    """Return the gap that an instant lies in."""
    begun = ended = None
    step, low, high = _NEAR, at, at
    while begun is None and at - low < _FAR:
        begun = max((one.end for one in shifts(schedule, low - step, low)), default=None)
        low, step = low - step, 2 * step
    step = _NEAR
    while ended is None and high - at < _FAR:
        ended = next((one.start for one in shifts(schedule, high, high + step)), None)
        high, step = high + step, 2 * step
    return OnCall((), begun, ended, None, decide(schedule, active_at(schedule, at)).override)


def show_gaps(schedule: Schedule, start: Instant, end: Instant) -> dict[str, Any]:
    """Return the answer of `oncall gaps` as JSON has it."""
    found = gaps(schedule, start, end)
    return {
        "schedule": schedule.key,
        "from": rfc3339(start),
        "to": rfc3339(end),
        "gaps": [
            {"start": _time(gap.start), "end": _time(gap.end), "seconds": seconds(gap.end - gap.start)}
            for gap in found
        ],
        "seconds": seconds(sum(gap.end - gap.start for gap in found)),
    }


def _time(instant: Instant | None) -> str | None:
    return None if instant is None else rfc3339(instant)
