"""On-call shifts as iCalendar: valid, whole shifts, and the same names whenever it is asked for."""

from datetime import UTC, datetime

from icalendar import Calendar

from slawatch.answers.oncall import entries, ical
from slawatch.core.instant import DAY, HOUR, Instant, parse_rfc3339
from slawatch.core.override import Override
from slawatch.core.people import Person
from slawatch.core.rota import Schedule
from slawatch.core.shift import Layer

START = parse_rfc3339("2026-01-05T08:00:00Z")
PEOPLE = {"alice": Person(key="alice", name="Alice Ä, Ops"), "bob": Person(key="bob")}


def schedule(**beside: object) -> Schedule:
    layer = Layer(people=(("alice",), ("bob",)), start=datetime(2026, 1, 5, 9))
    return Schedule(**{"key": "primary", "timezone": "Europe/Berlin", "layers": (layer,), **beside})  # type: ignore[arg-type]


def read(found: bytes) -> Calendar:
    return Calendar.from_ical(found)


def test_shifts_are_whole_where_the_time_begins_and_ends_in_the_middle_of_one() -> None:
    found = entries([schedule()], START + DAY, START + 8 * DAY)
    assert [(one.person, one.shift.start, one.shift.end) for one in found] == [
        ("alice", START, START + 7 * DAY),
        ("bob", START + 7 * DAY, START + 14 * DAY),
    ]


def test_a_shift_keeps_its_name_whenever_it_is_asked_for() -> None:
    def names(start: Instant, end: Instant) -> set[str]:
        return {one.uid for one in entries([schedule()], start, end)}

    early, late = names(START, START + 9 * DAY), names(START + 6 * DAY, START + 20 * DAY)
    assert len(early) == 2
    assert len(early & late) == 2
    assert len(early | late) == 3


def test_only_one_person() -> None:
    assert {one.person for one in entries([schedule()], START, START + 30 * DAY, "bob")} == {"bob"}
    assert entries([schedule()], START, START + 30 * DAY, "carol") == ()


def test_everybody_of_a_shared_turn_has_an_event_of_their_own() -> None:
    layer = Layer(people=(("alice", "bob"),), start=datetime(2026, 1, 5, 9))
    found = entries([schedule(layers=(layer,))], START, START + DAY)
    assert [one.person for one in found] == ["alice", "bob"]
    assert len({one.uid for one in found}) == 2
    text = ical("c", found, PEOPLE, "UTC", START)
    assert [str(event["description"]) for event in read(text).walk("VEVENT")] == [
        "primary, layer 1; with bob",
        "primary, layer 1; with Alice Ä, Ops",
    ]


def test_the_calendar() -> None:
    override = Override(person="bob", start=START + HOUR, end=START + 2 * HOUR)
    listed = entries([schedule(overrides=(override,))], START, START + DAY)
    text = ical("On call: all", listed, PEOPLE, "Europe/Berlin", START + 5)
    assert text.endswith(b"END:VCALENDAR\r\n")
    assert max(len(line) for line in text.split(b"\r\n")) <= 75
    calendar = read(text)
    assert calendar["version"] == "2.0"
    assert str(calendar["x-wr-calname"]) == "On call: all"
    events = calendar.walk("VEVENT")
    assert [str(event["summary"]) for event in events] == [
        "On call: Alice Ä, Ops (primary)",
        "On call: bob (primary)",
        "On call: Alice Ä, Ops (primary)",
    ]
    assert events[1]["dtstart"].dt == datetime(2026, 1, 5, 9, tzinfo=UTC)
    assert events[1]["dtend"].dt == datetime(2026, 1, 5, 10, tzinfo=UTC)
    assert str(events[1]["description"]) == "primary, by an override"
    assert {str(event["transp"]) for event in events} == {"TRANSPARENT"}
    assert all(event["dtstamp"].dt == datetime(2026, 1, 5, 8, tzinfo=UTC) for event in events)


def test_no_shifts_are_an_empty_calendar() -> None:
    assert read(ical("c", (), {}, "UTC", START)).walk("VEVENT") == []
