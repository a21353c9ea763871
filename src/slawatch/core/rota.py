"""Schedules, and what they come to: layers, overrides, swaps and temporary schedules put together.

A temporary schedule replaces everything in its span. Else the overrides and then the swaps change what the
layers say: the highest priority that has anybody on call, everybody of it; or all layers together where
`combine` is `union`. Instants are microseconds, intervals half-open.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeVar

from slawatch.core.instant import Instant
from slawatch.core.ledger import Interval
from slawatch.core.override import (
    Assigned,
    Override,
    Source,
    Swap,
    Temporary,
    merged,
    overridden,
    refuse_overlaps,
    removed,
    stand_ins,
    swapped,
)
from slawatch.core.shift import Layer, Turn, turns
from slawatch.core.text import TimeZone

_Dated = TypeVar("_Dated", Override, Swap, Temporary)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Who is on call when.

    Attributes:
        key: unique; the key of the TOML table.
        name: as messages and reports print it; the key by default.
        timezone: whose clocks the layers go by (IANA name).
        layers: people who take turns.
        combine: `priority`: the layers of the highest priority that has anybody on call; `union`: all.
        overrides: somebody comes, goes or stands in for a while.
        swaps: shifts that were offered, and who has taken them.
        temporary: schedules that replace everything else in their span.
        notify: whoever comes or goes on call is told of it.

    Raises:
        ValueError: no layer, or two temporary schedules at once.
    """

    key: str
    name: str = ""
    timezone: TimeZone = "UTC"
    layers: tuple[Layer, ...] = ()
    combine: Literal["priority", "union"] = "priority"
    overrides: tuple[Override, ...] = ()
    swaps: tuple[Swap, ...] = ()
    temporary: tuple[Temporary, ...] = ()
    notify: bool = True

    def __post_init__(self) -> None:
        if not self.layers and not self.overrides and not self.temporary:
            raise ValueError("layers is empty: nobody would ever be on call")
        refuse_overlaps(self.temporary)

    def named(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Yield everybody the schedule names, each with the path of the key that does."""
        for n, layer in enumerate(self.layers):
            for m, group in enumerate(layer.people):
                for person in group:
                    yield ("layers", n, "people", m), person
        for n, override in enumerate(self.overrides):
            yield ("overrides", n, "person"), override.person
            if override.replaces:
                yield ("overrides", n, "replaces"), override.replaces
        for n, swap in enumerate(self.swaps):
            yield ("swaps", n, "person"), swap.person
            if swap.taken_by:
                yield ("swaps", n, "taken_by"), swap.taken_by
        for n, temporary in enumerate(self.temporary):
            for m, shift in enumerate(temporary.shifts):
                yield ("temporary", n, "shifts", m, "person"), shift.person


class Shift(NamedTuple):
    """A stretch of time in which the same people are on call for the same reason.

    Attributes:
        start, end: half-open.
        people: by key; empty where nobody is on call.
        layer: the first of the layers they come from, by its place; None where none of them does.
        override: whether an override, a swap or a temporary schedule has made it what it is.
    """

    start: Instant
    end: Instant
    people: tuple[str, ...]
    layer: int | None
    override: bool


class Active(NamedTuple):
    """What has a say at an instant, each with its place in the schedule."""

    turns: tuple[tuple[int, Turn], ...]
    overrides: tuple[tuple[int, Override], ...]
    swaps: tuple[tuple[int, Swap], ...]
    temporary: tuple[tuple[int, Temporary], ...]
    at: Instant

    def span_of(self, source: Source) -> Interval:
        """Return the whole time in which one of them has this say."""
        kind, number, start = source
        if kind == "layer":
            return next(Interval(t.start, t.end) for n, t in self.turns if (n, t.start) == (number, start))
        if kind == "temporary":
            whole = dict(self.temporary)[number]
            return next(
                Interval(one.start, one.end)
                for one in whole.shifts
                if one.start == start and one.start <= self.at < one.end
            )
        several: dict[int, Override] | dict[int, Swap]
        several = dict(self.overrides) if kind == "override" else dict(self.swaps)
        return Interval(several[number].start, several[number].end)


class Decided(NamedTuple):
    """Who is on call, and where that comes from.

    Attributes:
        people: in the order they are written.
        layer, override: as of a `Shift`.
        key: each with what they come from; it changes where a shift ends.
    """

    people: tuple[str, ...]
    layer: int | None
    override: bool
    key: Assigned


def active_at(schedule: Schedule, at: Instant) -> Active:
    """Return what has a say at an instant."""

    def now(several: tuple[_Dated, ...]) -> tuple[tuple[int, _Dated], ...]:
        return tuple((n, one) for n, one in enumerate(several) if one.start <= at < one.end)

    found = tuple(
        (n, turn)
        for n, layer in enumerate(schedule.layers)
        for turn in turns(layer, schedule.timezone, at, at + 1)
    )
    return Active(found, now(schedule.overrides), now(schedule.swaps), now(schedule.temporary), at)


def decide(schedule: Schedule, active: Active) -> Decided:
    """Return who is on call, of all that has a say."""
    if active.temporary:
        number, temporary = active.temporary[0]
        assigned = merged(
            *(
                {shift.person: frozenset({("temporary", number, shift.start)})}
                for shift in temporary.shifts
                if shift.start <= active.at < shift.end
            )
        )
        return Decided(tuple(sorted(assigned)), None, True, assigned)
    plain = _of_layers(schedule, active.turns, frozenset())
    if not active.overrides and not active.swaps:
        return _settled(schedule, plain, plain)
    gone = removed(active.overrides)
    base = stand_ins(active.overrides) or _of_layers(schedule, active.turns, gone)
    return _settled(schedule, swapped(overridden(base, active.overrides), active.swaps), plain)


def _of_layers(schedule: Schedule, active: tuple[tuple[int, Turn], ...], gone: frozenset[str]) -> Assigned:
    levels: dict[int, Assigned] = {}
    for number, turn in active:
        level = 0 if schedule.combine == "union" else schedule.layers[number].priority
        source = frozenset({("layer", number, turn.start)})
        present = {person: source for person in turn.people if person not in gone}
        levels[level] = merged(levels.get(level, {}), present)
    return next((levels[level] for level in sorted(levels, reverse=True) if levels[level]), {})


def _settled(schedule: Schedule, assigned: Assigned, plain: Assigned) -> Decided:
    places = [number for sources in assigned.values() for kind, number, _ in sources if kind == "layer"]
    order = {name: n for n, name in enumerate(_in_order(schedule))} if len(assigned) > 1 else {}

    def place(person: str) -> tuple[int, int, str]:
        layers = [number for kind, number, _ in assigned[person] if kind == "layer"]
        return min(layers, default=len(schedule.layers)), order.get(person, len(order)), person

    people = tuple(sorted(assigned, key=place))
    return Decided(people, min(places, default=None), assigned != plain, assigned)


def _in_order(schedule: Schedule) -> tuple[str, ...]:
    """Return everybody in the layers, as they are written."""
    return tuple(
        dict.fromkeys(person for layer in schedule.layers for group in layer.people for person in group)
    )


def swept(schedule: Schedule, start: Instant, end: Instant) -> Iterator[Shift]:
    """Yield the shifts of `[start, end)`, those without anybody as well: each ends where the next begins."""
    last: tuple[Decided, Instant] | None = None
    for active in _sweep(schedule, start, end):
        found = decide(schedule, active)
        if last is not None and last[0][2:] == found[2:]:
            continue
        if last is not None:
            yield Shift(last[1], active.at, last[0].people, last[0].layer, last[0].override)
        last = found, active.at
    if last is not None:
        yield Shift(last[1], end, last[0].people, last[0].layer, last[0].override)


def _sweep(schedule: Schedule, start: Instant, end: Instant) -> Iterator[Active]:
    """Yield what has a say from each instant on at which that changes."""
    if start >= end:
        return
    lists: tuple[list[tuple[int, Any]], ...] = (
        [
            (n, turn)
            for n, layer in enumerate(schedule.layers)
            for turn in turns(layer, schedule.timezone, start, end)
        ],
        list(enumerate(schedule.overrides)),
        list(enumerate(schedule.swaps)),
        list(enumerate(schedule.temporary)),
    )
    begins: dict[Instant, list[tuple[int, tuple[int, Any]]]] = {}
    ends: dict[Instant, list[tuple[int, tuple[int, Any]]]] = {}
    edges = {start}
    for kind, items in enumerate(lists):
        for item in items:
            low, high = max(item[1].start, start), min(item[1].end, end)
            if low < high:
                begins.setdefault(low, []).append((kind, item))
                ends.setdefault(high, []).append((kind, item))
    edges.update(begins, ends)
    for whole in schedule.temporary:
        edges.update(edge for shift in whole.shifts for edge in (shift.start, shift.end))
    # Keyed by what they are, in the order they are written.
    active: tuple[dict[tuple[int, Instant], Any], ...] = ({}, {}, {}, {})
    for at in sorted(edge for edge in edges if start <= edge < end):
        for kind, (n, one) in ends.get(at, ()):
            del active[kind][n, one.start]
        for kind, (n, one) in begins.get(at, ()):
            active[kind][n, one.start] = one
        layers, overrides, swaps, temporary = (
            tuple((n, one) for (n, _), one in sorted(held.items(), key=_place)) for held in active
        )
        yield Active(layers, overrides, swaps, temporary, at)


def _place(item: tuple[tuple[int, Instant], Any]) -> tuple[int, Instant]:
    return item[0]
