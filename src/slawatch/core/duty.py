"""Overrides and swaps entered while slawatch runs, append-only: added, taken and cancelled by an entry each.

The fold of the entries is what holds; `applied` puts it on top of the schedules of the configuration.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, TypeAlias

from slawatch.core.instant import Instant, rfc3339
from slawatch.core.override import Override, Swap, take
from slawatch.core.rota import Schedule

Standing = Literal["offered", "planned", "active", "over", "cancelled"]


class Added(NamedTuple):
    """Somebody shall come, go or stand in for a while, or offers a shift.

    Attributes:
        id: unique.
        at: when it was entered.
        person: who entered it.
        schedule: the key of the schedule that it changes.
        change: how.
    """

    id: str
    at: Instant
    person: str
    schedule: str
    change: Override | Swap


class Taken(NamedTuple):
    """Somebody takes a shift that was offered."""

    id: str
    at: Instant
    person: str


class Cancelled(NamedTuple):
    """It shall not hold; one that has begun ends at `at`."""

    id: str
    at: Instant
    person: str
    reason: str = ""


Entry: TypeAlias = Added | Taken | Cancelled


class DutyRefused(ValueError):  # noqa: N818 (the answer to a command)
    """An entry that cannot be made; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """An override or swap as it stands.

    Attributes:
        added: how it was entered.
        change: as it is now: of a swap, with who took it.
        taken: who took the shift, and when; None where nobody did, or where it was entered as taken.
        cancelled: who called it off, and when; None where nobody did.
    """

    added: Added
    change: Override | Swap
    taken: Taken | None = None
    cancelled: Cancelled | None = None

    @property
    def until(self) -> Instant:
        """Where it really ends; at its start where it was cancelled before it began."""
        if self.cancelled is None:
            return self.change.end
        return max(min(self.cancelled.at, self.change.end), self.change.start)

    def state(self, now: Instant) -> Standing:
        """Return how it stands."""
        if self.cancelled is not None:
            return "cancelled"
        if now >= self.change.end:
            return "over"
        if isinstance(self.change, Swap) and not self.change.taken_by:
            return "offered"
        return "planned" if now < self.change.start else "active"

    def holds(self) -> Override | Swap | None:
        """Return what it changes; None where that is nothing: cancelled before it began, or not taken."""
        if self.until <= self.change.start or (isinstance(self.change, Swap) and not self.change.taken_by):
            return None
        return replace(self.change, end=self.until)


def step(known: Entered | None, entry: Entry) -> Entered:
    """Return an override or swap after one more entry.

    Raises:
        DutyRefused: it makes no sense, such as taking what somebody took already.
    """
    if isinstance(entry, Added):
        if known is not None:
            raise DutyRefused(f"there is an override or swap {entry.id} already")
        if entry.change.end <= entry.at:
            raise DutyRefused(f"it is over since {rfc3339(entry.change.end)}: past shifts are never changed")
        return Entered(added=entry, change=replace(entry.change, start=max(entry.change.start, entry.at)))
    if known is None:
        raise DutyRefused(f"there is no override or swap {entry.id}")
    if known.cancelled is not None:
        raise DutyRefused(f"{entry.id} was cancelled by {known.cancelled.person}: enter it anew")
    if known.change.end <= entry.at:
        raise DutyRefused(f"{entry.id} is over since {rfc3339(known.change.end)}: past shifts never change")
    if isinstance(entry, Cancelled):
        return replace(known, cancelled=entry)
    if not isinstance(known.change, Swap):
        raise DutyRefused(f"{entry.id} is an override: nobody needs to take it")
    if known.change.person == entry.person:
        raise DutyRefused(f"{entry.person} offers this shift: somebody else must take it")
    try:
        change = take(known.change, entry.person, entry.at)
    except ValueError as error:
        raise DutyRefused(f"{entry.id}: {error}") from None
    return replace(known, change=replace(change, start=max(change.start, entry.at)), taken=entry)


def fold(entries: Iterable[Entry]) -> tuple[Entered, ...]:
    """Return all overrides and swaps as they stand, in the order they were entered.

    Raises:
        DutyRefused: an entry could not have been made.
    """
    found: dict[str, Entered] = {}
    for entry in entries:
        found[entry.id] = step(found.get(entry.id), entry)
    return tuple(found.values())


def applied(
    schedules: Mapping[str, Schedule], entered: Iterable[Entered], people: Collection[str]
) -> dict[str, Schedule]:
    """Return the schedules with what was entered on top of what is written, in the order of entering."""
    held = ((one.added.schedule, one.holds()) for one in entered)
    return on_top(schedules, ((key, change) for key, change in held if change is not None), people)


def on_top(
    schedules: Mapping[str, Schedule],
    changes: Iterable[tuple[str, Override | Swap]],
    people: Collection[str],
) -> dict[str, Schedule]:
    """Return the schedules with changes on top, each named with the key of the schedule that it is about.

    What is about a schedule or a person that the configuration has no more changes nothing: somebody unknown
    cannot be reached, and must not take the place of somebody who can.
    """
    overrides: dict[str, list[Override]] = {}
    swaps: dict[str, list[Swap]] = {}
    for key, change in changes:
        if not all(person in people for person in named(change)):
            continue
        if isinstance(change, Swap):
            swaps.setdefault(key, []).append(change)
        else:
            overrides.setdefault(key, []).append(change)
    return {
        key: replace(
            schedule,
            overrides=(*schedule.overrides, *overrides.get(key, ())),
            swaps=(*schedule.swaps, *swaps.get(key, ())),
        )
        if key in overrides or key in swaps
        else schedule
        for key, schedule in schedules.items()
    }


def named(change: Override | Swap) -> tuple[str, ...]:
    """Return everybody whom an override or swap names."""
    other = change.taken_by if isinstance(change, Swap) else change.replaces
    return (change.person, other) if other else (change.person,)
