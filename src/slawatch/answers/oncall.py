"""On-call shifts as an iCalendar feed, for the command and for whoever subscribes to it."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType
from typing import NamedTuple

from slawatch.core.instant import Instant, to_datetime
from slawatch.core.people import Person
from slawatch.core.recorded import Record, Stretch, served, served_at
from slawatch.core.rota import Schedule

_REFRESH = timedelta(hours=1)


class Entry(NamedTuple):
    """One person's turn in one schedule.

    Attributes:
        schedule: whose shift it is.
        person: by key.
        shift: whole, even where the time that was asked for begins or ends in the middle of it; as it was
            recorded where it is past.
    """

    schedule: Schedule
    person: str
    shift: Stretch

    @property
    def uid(self) -> str:
        """The name by which calendars know it again: the same whenever it is asked for."""
        text = f"{self.schedule.key}\n{self.person}\n{self.shift.start}"
        return f"{hashlib.sha256(text.encode()).hexdigest()[:32]}@slawatch"


def entries(
    schedules: Iterable[Schedule],
    start: Instant,
    end: Instant,
    person: str | None = None,
    records: Mapping[str, Record] = MappingProxyType({}),
) -> tuple[Entry, ...]:
    """Return the turns that overlap `[start, end)`, whole, in the order of their starts.

    Args:
        schedules: the ones that are looked at.
        start: of the time.
        end: of the time, exclusive.
        person: only the turns of one; None for everybody.
        records: what is on record, by schedule.
    """
    found = (
        Entry(schedule, name, shift)
        for schedule in schedules
        for shift in _whole(schedule, records.get(schedule.key, Record()), start, end)
        for name in shift.people
        if person is None or name == person
    )
    return tuple(sorted(found, key=lambda one: (one.shift.start, one.schedule.key, one.person)))


def _whole(schedule: Schedule, record: Record, start: Instant, end: Instant) -> Iterator[Stretch]:
    """Yield the shifts of a schedule; the first and the last reach out of the time where they do."""
    for shift in served(schedule, record, start, end):
        low, high = shift.start, shift.end
        if low == start:
            low = served_at(schedule, record, start).start or low
        if high == end:
            high = served_at(schedule, record, end - 1).end or high
        yield shift._replace(start=low, end=high)


def ical(
    name: str, listed: Sequence[Entry], people: Mapping[str, Person], timezone: str, now: Instant
) -> bytes:
    """Return turns as an iCalendar (RFC 5545); they do not block the time of whoever subscribes.

    Args:
        name: of the calendar.
        listed: the turns.
        people: by key, for their names.
        timezone: that the calendar says is its own; the times are UTC.
        now: when it is made.
    """
    from icalendar import Calendar, Event

    calendar = Calendar()
    calendar.add("prodid", "-//slawatch//on call//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    calendar.add("x-wr-timezone", timezone)
    calendar.add("refresh-interval", _REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    for entry in listed:
        shown = people[entry.person].shown if entry.person in people else entry.person
        schedule = entry.schedule.name or entry.schedule.key
        event = Event()
        event.add("uid", entry.uid)
        event.add("dtstamp", to_datetime(now).replace(microsecond=0))
        event.add("dtstart", to_datetime(entry.shift.start))
        event.add("dtend", to_datetime(entry.shift.end))
        event.add("summary", f"On call: {shown} ({schedule})")
        event.add("description", _description(entry, people))
        event.add("categories", ["on call", entry.schedule.key])
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    made: bytes = calendar.to_ical()
    return made


def _description(entry: Entry, people: Mapping[str, Person]) -> str:
    others = [
        people[key].shown if key in people else key for key in entry.shift.people if key != entry.person
    ]
    why = "by an override" if entry.shift.override else f"layer {(entry.shift.layer or 0) + 1}"
    if entry.shift.override is None:
        why = "as it was recorded"
    return f"{entry.schedule.key}, {why}" + (f"; with {', '.join(others)}" if others else "")
