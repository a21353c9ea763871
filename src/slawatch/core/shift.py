"""Layers of a schedule: people who take turns, at which times, and whose turn it is when.

A layer without `days` passes on at every handoff of its rotation and is on call without a break. One with
`days` begins a shift on each of these days, and a turn lasts so many of them (daily), or all of them in so
many weeks or months. Counting begins at the start; what lies before the start or outside of `valid_from` and
`until` uses up turns without anybody being on call. Instants and lengths are microseconds, intervals
half-open.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Final, NamedTuple, TypeAlias

from slawatch.core.civil import first_of, last_of, local
from slawatch.core.dates import MonthDays, Weekday, Weekdays, in_month_days
from slawatch.core.instant import DAY, HOUR, Instant, Micros
from slawatch.core.ledger import Interval
from slawatch.core.recurrence import Window, window_spans
from slawatch.core.rotation import (
    LocalTime,
    Rotation,
    ShiftLength,
    handoff,
    handoff_before,
    reading,
    turn_of,
)
from slawatch.core.text import Duration, FromValue, TimeZone

_MICROSECOND: Final = timedelta(microseconds=1)
_LONGEST: Final[Micros] = 366 * DAY
_UNITS: Final[dict[ShiftLength, Micros]] = {
    "hourly": HOUR, "daily": DAY, "weekly": 7 * DAY, "monthly": 31 * DAY,
}  # fmt: skip


def read_group(found: object) -> tuple[str, ...]:
    """Return those who take a turn together: one key of a person, or an array of them.

    Raises:
        ValueError: no key, nobody, or somebody twice.
    """
    group = (found,) if isinstance(found, str) else tuple(found) if isinstance(found, list | tuple) else ()
    names = tuple(name for name in group if isinstance(name, str) and name)
    if not group or len(names) < len(group):
        raise ValueError('write a person such as "alice", or several who share a turn: ["alice", "bob"]')
    if len(set(names)) < len(names):
        raise ValueError("somebody is named twice for one turn")
    return names


Group: TypeAlias = Annotated[
    tuple[str, ...],
    FromValue(
        read_group,
        'a person such as "alice", or several: ["alice", "bob"]',
        {
            "oneOf": [
                {"type": "string", "minLength": 1},
                {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1},
            ]
        },
    ),
]
"""Those who take one turn together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """People who take turns.

    Attributes:
        people: in the order of their turns; an array inside it for people who share a turn.
        start: when the first turn begins, on the local clock.
        shift: the unit of a turn's length.
        every: so many units are one turn.
        priority: the layers of the highest priority that have anybody on call are; equal ones together.
        timezone: whose clock; the schedule's by default.
        restrict: windows outside of which the layer has nobody on call, while the turns go on.
        days: the weekdays on which a shift begins; absent, one begins at each handoff.
        days_of_month: the days of the month on which a shift begins.
        week_start: the day on which the turn passes on in a weekly layer with `days`.
        duration: how long a shift goes on, on the local clock; until the next begins by default, with `days`
            for a day.
        valid_from: on the local clock, nobody is on call before; the start by default.
        until: on the local clock, nobody is on call from then on.

    Raises:
        ValueError: keys that contradict each other.
    """

    people: tuple[Group, ...]
    start: LocalTime
    shift: ShiftLength = "weekly"
    every: int = 1
    priority: int = 0
    timezone: TimeZone | None = None
    restrict: tuple[Window, ...] = ()
    days: tuple[Weekdays, ...] = ()
    days_of_month: tuple[MonthDays, ...] = ()
    week_start: Weekday = 0
    duration: Duration = 0
    valid_from: LocalTime | None = None
    until: LocalTime | None = None

    def __post_init__(self) -> None:
        if not self.people:
            raise ValueError("people is empty: somebody has to take the turns")
        Rotation(self.start, self.timezone or "UTC", self.shift, self.every)
        if self.has_days and self.shift == "hourly":
            raise ValueError("days cannot be chosen for an hourly layer: use `restrict`")
        if self.duration > (_LONGEST if self.has_days else _UNITS[self.shift] * self.every):
            raise ValueError("duration is longer than a turn")
        if self.until is not None and self.until <= max(self.start, self.valid_from or self.start):
            raise ValueError("until is not after the start")

    @property
    def has_days(self) -> bool:
        """Whether shifts begin on chosen days only."""
        return bool(self.days or self.days_of_month)

    def begins_on(self, day: date) -> bool:
        """Whether a shift begins on a civil day, of a layer that has chosen days."""
        return (not self.days or any(day.weekday() in days for days in self.days)) and (
            not self.days_of_month or any(in_month_days(days, day) for days in self.days_of_month)
        )


class Turn(NamedTuple):
    """A stretch of time in which one group of a layer is on call.

    Attributes:
        start, end: half-open.
        people: who is on call, by key.
        turn: counts from the first, which is 0.
    """

    start: Instant
    end: Instant
    people: tuple[str, ...]
    turn: int


def turns(layer: Layer, timezone: str, start: Instant, end: Instant) -> Iterator[Turn]:
    """Yield the turns of a layer that overlap `[start, end)`, in order and whole."""
    zone = layer.timezone or timezone
    opens = first_of(max(layer.start, layer.valid_from or layer.start), zone)
    closes = last_of(layer.until, zone) if layer.until is not None else end
    low, high = max(start, opens), min(end, closes)
    if low >= high:
        return
    raw = _on_days(layer, zone, low, high) if layer.has_days else _handed_over(layer, zone, low, high)
    for span, number in raw:
        whole = Interval(max(span.start, opens), span.end if layer.until is None else min(span.end, closes))
        pieces = [whole]
        if layer.restrict:
            pieces = list(window_spans(layer.restrict, whole.start, whole.end, zone))
        for piece in pieces:
            if piece.start < end and piece.end > start and piece.start < piece.end:
                yield Turn(piece.start, piece.end, layer.people[number % len(layer.people)], number)


def _handed_over(layer: Layer, timezone: str, start: Instant, end: Instant) -> Iterator[tuple[Interval, int]]:
    rotation = Rotation(layer.start, timezone, layer.shift, layer.every)
    k = max(handoff_before(rotation, start), 0)
    number, at = turn_of(rotation, k), handoff(rotation, k)
    while at < end:
        following = handoff(rotation, k + 1)
        if following > at:
            yield Interval(at, _ends(layer, timezone, reading(rotation, k), following)), number
            at, number = following, number + 1
        k += 1


def _ends(layer: Layer, timezone: str, begun: datetime, following: Instant) -> Instant:
    if not layer.duration:
        return following
    return min(following, last_of(begun + layer.duration * _MICROSECOND, timezone))


def _on_days(layer: Layer, timezone: str, start: Instant, end: Instant) -> Iterator[tuple[Interval, int]]:
    length = layer.duration or DAY
    clock = layer.start.time()
    first = local(start, timezone).date() - timedelta(days=length // DAY + 2)
    last = local(end, timezone).date() + timedelta(days=1)
    day = _first_from(layer, max(first, layer.start.date()))
    chosen = _chosen_between(layer, layer.start.date(), day) if day and layer.shift == "daily" else 0
    while day is not None and day <= last:
        after = _first_from(layer, day + timedelta(days=1))
        begins = datetime.combine(day, clock)
        opens = first_of(begins, timezone)
        closes = last_of(begins + length * _MICROSECOND, timezone)
        if after is not None:
            closes = min(closes, first_of(datetime.combine(after, clock), timezone))
        if opens < closes and opens < end and closes > start:
            yield Interval(opens, closes), _turn_of_day(layer, day, chosen)
        day, chosen = after, chosen + 1


def _first_from(layer: Layer, day: date) -> date | None:
    """Return the first chosen day from one on; None where none comes within nine years."""
    for _ in range(9 * 366):
        if layer.begins_on(day):
            return day
        day += timedelta(days=1)
    return None


def _turn_of_day(layer: Layer, day: date, chosen: int) -> int:
    first = layer.start.date()
    if layer.shift == "weekly":
        weeks = (_week(day, layer.week_start) - _week(first, layer.week_start)).days // 7
        return weeks // layer.every
    if layer.shift == "monthly":
        return ((day.year - first.year) * 12 + day.month - first.month) // layer.every
    return chosen // layer.every


def _week(day: date, starts: int) -> date:
    return day - timedelta(days=(day.weekday() - starts) % 7)


def _chosen_between(layer: Layer, first: date, day: date) -> int:
    """Return how many chosen days lie from one day to before another."""
    if layer.days_of_month:
        return sum(layer.begins_on(first + timedelta(days=step)) for step in range((day - first).days))
    weeks, rest = divmod((day - first).days, 7)
    chosen = frozenset[int]().union(*layer.days)
    return weeks * len(chosen) + sum((first.weekday() + step) % 7 in chosen for step in range(rest))
