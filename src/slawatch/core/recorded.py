"""Who was on call, as it was recorded when it was so: the past is never worked out from the present schedule.

What lies before the first record, and after the last sign of life of whoever records, is taken from the
schedule as it is now, and marked so. Instants are microseconds, intervals half-open.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from slawatch.core.instant import Instant, parse_rfc3339, rfc3339
from slawatch.core.oncall import who
from slawatch.core.rota import Schedule, Shift, swept

BEGAN: Final = "shift.began"
ENDED: Final = "shift.ended"
"""The kinds of events that tell of it."""


class Change(NamedTuple):
    """Somebody came on call, or went off call.

    Attributes:
        at: when.
        person: by key, as it was then.
        came: whether they came.
    """

    at: Instant
    person: str
    came: bool


class Stretch(NamedTuple):
    """A stretch of time with the same people on call.

    Attributes:
        start, end: half-open.
        people: by key; empty for nobody.
        layer, override: as of a `Shift`; None where it is on record that these people were on call, and the
            schedule as it is now says otherwise.
        recorded: it is on record, or has begun so; else it follows from the schedule as it is now.
    """

    start: Instant
    end: Instant
    people: tuple[str, ...]
    layer: int | None
    override: bool | None
    recorded: bool


class Served(NamedTuple):
    """Who was on call at an instant: as of a `Stretch`.

    Attributes:
        start, end: None where a gap has no end within two years.
        people, layer, override, recorded: as of a `Stretch`.
    """

    start: Instant | None
    end: Instant | None
    people: tuple[str, ...]
    layer: int | None
    override: bool | None
    recorded: bool


class Record(NamedTuple):
    """What is on record of a schedule.

    Attributes:
        changes: in their order.
        until: up to when it was followed.
    """

    changes: tuple[Change, ...] = ()
    until: Instant = 0

    @property
    def start(self) -> Instant:
        """From when on it was followed."""
        return self.changes[0].at if self.changes else self.until


def write(person: str, at: Instant) -> str:
    """Return the text of an event that tells of a change.

    >>> read("shift.began", write("ann at work", 0))
    Change(at=0, person='ann at work', came=True)
    """
    return f"{person} at {rfc3339(at)}"


def read(kind: str, text: str) -> Change:
    """Return the change that an event tells of.

    Raises:
        ValueError: it tells of none.
    """
    person, _, stamp = text.rpartition(" at ")
    return Change(parse_rfc3339(stamp), person, kind == BEGAN)


def show_record(schedule: str, record: Record) -> dict[str, Any]:
    """Return what is on record as JSON has it."""
    changes = [{"at": rfc3339(one.at), "person": one.person, "came": one.came} for one in record.changes]
    return {"schedule": schedule, "until": rfc3339(record.until), "changes": changes}


def parse_record(found: Mapping[str, Any]) -> Record:
    """Return what `show_record` wrote."""
    changes = (Change(parse_rfc3339(one["at"]), one["person"], one["came"]) for one in found["changes"])
    return Record(tuple(changes), parse_rfc3339(found["until"]))


def served(schedule: Schedule, record: Record, start: Instant, end: Instant) -> tuple[Stretch, ...]:
    """Return who was, is and will be on call in `[start, end)`, times without anybody included, in order."""
    low, high = min(max(start, record.start), end), min(max(start, record.until), end)
    found = [
        *(_planned(shift) for shift in swept(schedule, start, low)),
        *(one for kept in _stretches(record.changes, low, high) for one in _kept(schedule, *kept)),
    ]
    for shift in swept(schedule, max(low, high), end):
        last = found[-1] if found else None
        if last is not None and last.recorded and last.end == shift.start and last.people == shift.people:
            # It goes on as it began.
            found[-1] = last._replace(end=shift.end, layer=shift.layer, override=shift.override)
        else:
            found.append(_planned(shift))
    return tuple(found)


def served_at(schedule: Schedule, record: Record, at: Instant) -> Served:
    """Return who was, is or will be on call at an instant, with the bounds of their turn."""
    whole = list(_stretches(record.changes, record.start, record.until))
    stretch = next((one for one in whole if one[0] <= at < one[1]), None)
    if stretch is not None:
        return Served(*next(one for one in _kept(schedule, *stretch) if at < one.end))
    found = who(schedule, at)
    planned = Served(found.start, found.end, found.people, found.layer, found.override, recorded=False)
    begun = found.start is None or found.start < record.until
    if whole and at >= record.until and begun and set(whole[-1][2]) == set(found.people):
        # It goes on as it began.
        last = list(_kept(schedule, *whole[-1]))[-1]
        return planned._replace(start=last.start, recorded=True)
    return planned


def show(schedule: Schedule, record: Record, at: Instant) -> dict[str, Any]:
    """Return the answer of `oncall show` as JSON has it."""
    return {"schedule": schedule.key, "at": rfc3339(at), **_shown(served_at(schedule, record, at))}


def show_shifts(schedule: Schedule, record: Record, start: Instant, end: Instant) -> list[dict[str, Any]]:
    """Return the answer of `oncall show --from --to` as JSON has it; times without anybody are left out."""
    return [
        {"schedule": schedule.key, **_shown(one)}
        for one in served(schedule, record, start, end)
        if one.people
    ]


def _shown(one: Served | Stretch) -> dict[str, Any]:
    bounds = {"start": one.start, "end": one.end}
    return {
        "people": list(one.people),
        "shift": {name: None if at is None else rfc3339(at) for name, at in bounds.items()},
        "layer": one.layer,
        "override": one.override,
        "recorded": one.recorded,
    }


def _planned(shift: Shift) -> Stretch:
    return Stretch(shift.start, shift.end, shift.people, shift.layer, shift.override, recorded=False)


def _stretches(
    changes: Sequence[Change], start: Instant, end: Instant
) -> Iterator[tuple[Instant, Instant, tuple[str, ...]]]:
    """Yield the stretches of `[start, end)` in which the same people were on call."""
    if start >= end:
        return
    people: dict[str, None] = {}
    at = start
    for moment, several in _together(changes):
        if moment >= end:
            break
        before = tuple(people)
        for change in several:
            if change.came:
                people[change.person] = None
            else:
                people.pop(change.person, None)
        if moment > at and set(before) != set(people):
            yield at, moment, before
            at = moment
    yield at, end, tuple(people)


def _together(changes: Iterable[Change]) -> Iterator[tuple[Instant, list[Change]]]:
    """Yield the changes of each instant."""
    found: dict[Instant, list[Change]] = {}
    for change in changes:
        found.setdefault(change.at, []).append(change)
    yield from sorted(found.items())


def _kept(schedule: Schedule, start: Instant, end: Instant, people: tuple[str, ...]) -> Iterator[Stretch]:
    """Yield a stretch on record; by turns, and with the reason, where the schedule says the same today."""
    other: Stretch | None = None
    for shift in swept(schedule, start, end):
        if set(shift.people) == set(people):
            if other is not None:
                yield other
            other = None
            yield _planned(shift)._replace(people=people, recorded=True)
        else:
            begun = shift.start if other is None else other.start
            other = Stretch(begun, shift.end, people, None, None, recorded=True)
    if other is not None:
        yield other
