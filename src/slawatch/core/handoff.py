"""Handoffs: who goes off call and who comes on, as a schedule is followed over time.

`step` is asked at any time, late ones included: it tells when each shift began and ended, for the records,
and at most one handoff, with those who are on call now, however many went by unnoticed. Instants are
microseconds.
"""

from dataclasses import dataclass
from typing import NamedTuple

from slawatch.core.instant import DAY, Instant
from slawatch.core.oncall import next_change
from slawatch.core.rota import Schedule, active_at, decide, swept

_AHEAD = 366 * DAY


@dataclass(frozen=True, slots=True)
class Followed:
    """How far a schedule has been followed.

    Attributes:
        at: up to which instant.
        people: who was on call then, by key.
    """

    at: Instant
    people: tuple[str, ...]


class Began(NamedTuple):
    """Somebody came on call."""

    person: str
    at: Instant


class Ended(NamedTuple):
    """Somebody went off call."""

    person: str
    at: Instant


class HandedOver(NamedTuple):
    """Others are on call than when the last notice was due.

    Attributes:
        schedule: by key.
        at: now.
        people: who is on call now; empty for nobody.
        came, went: who was not before, and who was.
        missed: handoffs that went by since, this one left out.
    """

    schedule: str
    at: Instant
    people: tuple[str, ...]
    came: tuple[str, ...]
    went: tuple[str, ...]
    missed: int


Event = Began | Ended | HandedOver


def step(state: Followed | None, schedule: Schedule, now: Instant) -> tuple[Followed, tuple[Event, ...]]:
    """Follow a schedule up to now; a change of the schedule itself counts from where it was followed to.

    A first step, without a state, records who is on call and tells nobody.
    """
    if state is None:
        people = decide(schedule, active_at(schedule, now)).people
        return Followed(now, people), tuple(Began(person, now) for person in people)
    if now <= state.at:
        return state, ()
    events: list[Event] = []
    before, changes = state.people, 0
    for shift in swept(schedule, state.at, now + 1):
        if frozenset(shift.people) == frozenset(before):
            continue
        changes += 1
        events += [Ended(person, shift.start) for person in before if person not in shift.people]
        events += [Began(person, shift.start) for person in shift.people if person not in before]
        before = shift.people
    came = tuple(person for person in before if person not in state.people)
    went = tuple(person for person in state.people if person not in before)
    if came or went:
        events.append(HandedOver(schedule.key, now, before, came, went, changes - 1))
    return Followed(now, before), tuple(events)


def due(state: Followed | None, schedule: Schedule) -> Instant | None:
    """Return when `step` has something to tell next; None for nothing within a year."""
    if state is None:
        return None
    if frozenset(decide(schedule, active_at(schedule, state.at)).people) != frozenset(state.people):
        return state.at
    return next_change(schedule, state.at, state.at + _AHEAD)
