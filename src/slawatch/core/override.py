"""What changes a schedule for a while: overrides, swaps and temporary schedules.

Overrides do not depend on the order they are written in: whoever is removed is taken out of every layer,
those of the highest priority that replace everybody stand in for the layers, then single people are replaced,
then removed once more, then added. Swaps follow in their order, each on what the one before has left.
Instants are microseconds, intervals half-open.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from slawatch.core.instant import Instant
from slawatch.core.text import Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """Somebody comes, goes or stands in for a while.

    Attributes:
        person: who it is about.
        start, end: from when until when, with an offset.
        kind: `replace` puts the person in the place of everybody, or of one who is named; `add` puts them
            beside those on call, also where nobody is; `remove` takes them out.
        replaces: whom the person stands in for, as long as that one is on call; everybody by default.
        priority: of those that replace everybody, the highest holds; equal ones together.
        reason: why, for the people who read the schedule.

    Raises:
        ValueError: it ends before it starts, or keys contradict each other.
    """

    person: str
    start: Moment
    end: Moment
    kind: Literal["replace", "add", "remove"] = "replace"
    replaces: str = ""
    priority: int = 0
    reason: str = ""

    def __post_init__(self) -> None:
        _forward(self.start, self.end)
        if not self.person:
            raise ValueError("person is empty: an override is about somebody")
        if self.replaces and self.kind != "replace":
            raise ValueError(f'replaces has no meaning where `kind` is "{self.kind}"')
        if self.replaces == self.person:
            raise ValueError("replaces names the person who stands in")


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap:
    """An offer to give a shift away, and who has taken it.

    Attributes:
        person: who offers the time in which they are on call.
        start, end: from when until when, with an offset.
        taken_by: who has taken it; an offer that nobody took changes nothing.
        reason: why, for those who are asked.

    Raises:
        ValueError: it ends before it starts, or somebody takes their own offer.
    """

    person: str
    start: Moment
    end: Moment
    taken_by: str = ""
    reason: str = ""

    def __post_init__(self) -> None:
        _forward(self.start, self.end)
        if not self.person:
            raise ValueError("person is empty: a swap is offered by somebody")
        if self.taken_by == self.person:
            raise ValueError("taken_by names the person who offers it")


def take(swap: Swap, person: str, now: Instant) -> Swap:
    """Return the swap as taken by somebody.

    Raises:
        ValueError: it is over, taken already, or their own.
    """
    if swap.taken_by:
        raise ValueError(f"{swap.taken_by} has taken it already")
    if now >= swap.end:
        raise ValueError("the time that was offered is over")
    return replace(swap, taken_by=person)


@dataclass(frozen=True, slots=True, kw_only=True)
class TemporaryShift:
    """Who is on call when in a temporary schedule.

    Attributes:
        person: who.
        start, end: from when until when, with an offset.

    Raises:
        ValueError: it ends before it starts.
    """

    person: str
    start: Moment
    end: Moment

    def __post_init__(self) -> None:
        _forward(self.start, self.end)
        if not self.person:
            raise ValueError("person is empty: a shift is somebody's")


@dataclass(frozen=True, slots=True, kw_only=True)
class Temporary:
    """A schedule that replaces everything for a while: layers, overrides, swaps.

    Attributes:
        start, end: from when until when, with an offset.
        shifts: who is on call in it; in the rest of it, nobody is.

    Raises:
        ValueError: it ends before it starts, or a shift lies outside of it.
    """

    start: Moment
    end: Moment
    shifts: tuple[TemporaryShift, ...] = ()

    def __post_init__(self) -> None:
        _forward(self.start, self.end)
        if any(shift.start < self.start or shift.end > self.end for shift in self.shifts):
            raise ValueError("shifts has one that reaches out of the temporary schedule")


def refuse_overlaps(temporary: Iterable[Temporary]) -> None:
    """Check that no two temporary schedules hold at once.

    Raises:
        ValueError: two do.
    """
    ordered = sorted(temporary, key=lambda one: one.start)
    if any(after.start < before.end for before, after in pairwise(ordered)):
        raise ValueError("temporary has two schedules that overlap")


def _forward(start: Instant, end: Instant) -> None:
    if end <= start:
        raise ValueError("end is not after the start")


Source = tuple[str, int, Instant]
"""Where being on call comes from: `layer`, `override`, `swap` or `temporary`; which of them; since when."""

Assigned = dict[str, frozenset[Source]]
"""Who is on call, each with where it comes from."""


def merged(*several: Assigned) -> Assigned:
    """Return everybody in any of them."""
    whole: Assigned = {}
    for assigned in several:
        for person, sources in assigned.items():
            whole[person] = whole.get(person, frozenset()) | sources
    return whole


def stand_ins(overrides: Sequence[tuple[int, Override]]) -> Assigned:
    """Return those who replace everybody, of the highest priority; empty for none."""
    whole = [(n, one) for n, one in overrides if one.kind == "replace" and not one.replaces]
    highest = max((one.priority for _, one in whole), default=0)
    return merged(*({one.person: _source(n, one)} for n, one in whole if one.priority == highest))


def removed(overrides: Sequence[tuple[int, Override]]) -> frozenset[str]:
    """Return those who are taken out."""
    return frozenset(one.person for _, one in overrides if one.kind == "remove")


def overridden(assigned: Assigned, overrides: Sequence[tuple[int, Override]]) -> Assigned:
    """Return who is on call once single people are replaced, removed and added."""
    replacing = [(n, one) for n, one in overrides if one.replaces in assigned]
    leaving = frozenset(one.replaces for _, one in replacing)
    staying = {person: sources for person, sources in assigned.items() if person not in leaving}
    whole = merged(staying, *({one.person: _source(n, one)} for n, one in replacing))
    gone = removed(overrides)
    whole = {person: sources for person, sources in whole.items() if person not in gone}
    return merged(whole, *({one.person: _source(n, one)} for n, one in overrides if one.kind == "add"))


def swapped(assigned: Assigned, swaps: Sequence[tuple[int, Swap]]) -> Assigned:
    """Return who is on call once the swaps that were taken are carried out, in their order."""
    for n, swap in swaps:
        if swap.taken_by and swap.person in assigned:
            rest = {person: sources for person, sources in assigned.items() if person != swap.person}
            assigned = merged(rest, {swap.taken_by: frozenset({("swap", n, swap.start)})})
    return assigned


def _source(number: int, override: Override) -> frozenset[Source]:
    return frozenset({("override", number, override.start)})
