"""What people are told of handoffs and of their silences."""

from datetime import datetime
from typing import Any

import pytest
from tests.core.stage import rota

from slawatch.core.escalation import Level, Policy
from slawatch.core.handoff import HandedOver
from slawatch.core.incident import Incident, Phase
from slawatch.core.instant import DAY, HOUR, MINUTE, parse_rfc3339, rfc3339
from slawatch.core.matcher import parse
from slawatch.core.override import Override
from slawatch.core.people import Person
from slawatch.core.recurrence import Window
from slawatch.core.reminder import new_gaps, next_silence, of_gap, of_handoff, of_silences
from slawatch.core.rota import Schedule
from slawatch.core.shift import Layer
from slawatch.core.silence import Silence
from slawatch.core.turn import Contact

NOW = parse_rfc3339("2026-01-05T09:00:00Z")
PEOPLE = {
    "ann": Person(key="ann", name="Ann Example", timezone="Europe/Berlin"),
    "bob": Person(key="bob"),
    "cat": Person(key="cat"),
}


def contacts(recipient: str) -> tuple[Contact, ...]:
    return (Contact("mail"), Contact("sms")) if recipient in ("person:ann", "person:bob") else ()


def incident(number: int, **keys: Any) -> Incident:
    policy = Policy(name="default", levels=(Level(to=("schedule:primary",)),))
    return Incident(
        id=number, title=f"thing {number} is down", group=("default",), policy=policy, severity="high",
        opened_at=NOW, changed_at=NOW, **keys,
    )  # fmt: skip


def handed(**keys: Any) -> HandedOver:
    return HandedOver(**{
        "schedule": "primary", "at": NOW, "people": ("ann",), "came": ("ann",), "went": ("bob",), "missed": 0,
        **keys,
    })  # fmt: skip


def told(event: HandedOver, *incidents: Incident, until: int | None = NOW + DAY) -> dict[str, Any]:
    found = of_handoff(rota(), event, until, incidents, PEOPLE, contacts)
    return {notice.recipient: notice for notice in found}


def test_a_handoff_in_the_time_of_whoever_reads_it() -> None:
    found = told(handed())
    assert found["person:ann"].title == "you are on call now: primary"
    assert found["person:ann"].text == "Until Tue 2026-01-06 10:00 Europe/Berlin.\nNo incident is open."
    assert found["person:bob"].text == "On call now: Ann Example.\nNo incident is open."
    assert {notice.channel for notice in found.values()} == {"mail"}
    assert len({notice.key for notice in found.values()}) == 1


def test_who_cannot_be_reached_is_not_told() -> None:
    assert list(told(handed(came=("cat",), went=()))) == []


def test_nobody_follows() -> None:
    found = told(handed(people=(), came=(), went=("bob",)), until=None)
    assert found["person:bob"].text.startswith("On call now: nobody.")


def test_several_at_once_hear_of_each_other() -> None:
    found = told(handed(people=("ann", "bob"), came=("ann", "bob"), went=()), until=None)
    assert found["person:bob"].text.startswith("Together with Ann Example.")


def test_open_incidents_are_handed_over_too() -> None:
    many = [incident(n) for n in range(1, 8)] + [incident(9, state=Phase.RESOLVED)]
    lines = told(handed(missed=2), *many)["person:ann"].text.splitlines()
    assert lines[1] == "Open: incident 1, thing 1 is down (high, triggered)"
    assert lines[6] == "and 2 more"
    assert lines[7] == "2 handoffs before this went by while slawatch was not running."


def silence(**keys: Any) -> Silence:
    return Silence(**{
        "id": "s", "match": parse("service=shop"), "author": "person:ann", "comment": "moving", "start": NOW,
        "end": NOW + 2 * HOUR, **keys,
    })  # fmt: skip


def said(one: Silence, at: int, *labels: dict[str, str]) -> list[tuple[str, str]]:
    return [(n.recipient, n.title) for n in of_silences([one], labels, at, PEOPLE, contacts)]


SHOP = {"service": "shop", "alert": "home"}


def test_an_author_is_reminded_if_something_would_be_told() -> None:
    soon = NOW + 2 * HOUR - 15 * MINUTE
    assert said(silence(), soon - 1, SHOP) == []
    assert said(silence(), soon, {"service": "other"}) == []
    assert said(silence(), soon, SHOP) == [
        ("person:ann", "your silence ends in 15 min, and home would be told then")
    ]
    assert said(silence(), NOW + 2 * HOUR, SHOP) == []
    assert said(silence(author="stranger"), soon, SHOP) == []
    assert said(silence(author="ann"), soon, SHOP) != []
    assert said(silence(end=NOW + 10 * MINUTE), NOW + 9 * MINUTE, SHOP) == []


def test_a_reminder_names_only_some_of_many() -> None:
    many = [{"service": "shop", "alert": f"a{n}"} for n in range(7)]
    (_, title) = said(silence(), NOW + 110 * MINUTE, *many)[0]
    assert title == "your silence ends in 10 min, and a0, a1, a2, a3, a4 and 2 more would be told then"


def test_what_lasts_for_weeks_has_another_key_each_week() -> None:
    long = silence(end=NOW + 30 * DAY)
    keys = [
        {n.key for n in of_silences([long], (), NOW + day * DAY, PEOPLE, contacts)} for day in (6, 7, 13, 14)
    ]
    assert keys == [set(), {"silence:s:week:1"}, {"silence:s:week:1"}, {"silence:s:week:2"}]


def test_when_there_is_something_to_say_next() -> None:
    assert next_silence([silence()], NOW) == NOW + 105 * MINUTE
    assert next_silence([silence()], NOW + 110 * MINUTE) is None
    assert next_silence([silence(end=NOW + 30 * DAY)], NOW) == NOW + 7 * DAY
    assert next_silence([silence(end=NOW + 30 * DAY)], NOW + 7 * DAY) == NOW + 14 * DAY
    assert next_silence([silence()], NOW + 3 * HOUR) is None
    assert next_silence([], NOW) is None


def _roster(timezone: str = "UTC", *overrides: Override, office: bool = False) -> Schedule:
    hours = (Window(days=(frozenset(range(5)),), start=9 * HOUR, end=17 * HOUR),) if office else ()
    layer = Layer(people=(("ann",), ("bob",)), start=datetime(2026, 1, 5), shift="weekly", restrict=hours)
    return Schedule(key="primary", timezone=timezone, layers=(layer,), overrides=overrides)


def _away(start: str, end: str) -> tuple[Override, ...]:
    span = parse_rfc3339(start), parse_rfc3339(end)
    return tuple(Override(person=who, start=span[0], end=span[1], kind="remove") for who in ("ann", "bob"))


def test_a_gap_of_the_next_week_is_told_where_somebody_was_on_call_a_week_before() -> None:
    now = parse_rfc3339("2026-03-02T12:00:00Z")
    assert new_gaps(_roster(), now) == ()
    away = _away("2026-03-06T08:00:00Z", "2026-03-06T10:00:00Z")
    (gap,) = new_gaps(_roster("UTC", *away), now)
    assert (rfc3339(gap.start), rfc3339(gap.end)) == ("2026-03-06T08:00:00Z", "2026-03-06T10:00:00Z")
    assert new_gaps(_roster("UTC", *away), now - 4 * DAY) == ()
    assert new_gaps(_roster("UTC", *away), parse_rfc3339("2026-03-06T09:00:00Z")) == ()


@pytest.mark.parametrize("timezone", ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
def test_the_nights_of_an_office_are_no_gaps_not_even_where_the_clocks_change(timezone: str) -> None:
    schedule = _roster(timezone, office=True)
    for day in range(400):
        assert new_gaps(schedule, parse_rfc3339("2026-01-20T12:00:00Z") + day * DAY) == ()


def test_a_gap_in_the_hours_of_an_office_is_told() -> None:
    now = parse_rfc3339("2026-03-02T12:00:00Z")
    away = _away("2026-03-05T09:00:00Z", "2026-03-05T17:00:00Z")
    (gap,) = new_gaps(_roster("UTC", *away, office=True), now)
    assert rfc3339(gap.start) == "2026-03-04T17:00:00Z"


def test_a_gap_is_told_to_each_once_by_the_first_way() -> None:
    now = parse_rfc3339("2026-03-02T12:00:00Z")
    schedule = _roster("Europe/Berlin", *_away("2026-03-06T08:00:00Z", "2026-03-06T10:00:00Z"))
    (gap,) = new_gaps(schedule, now)
    ways = (Contact("chat"), Contact("sms"))
    found = of_gap(schedule, gap, ["person:ann", "person:ann", "person:bob"], lambda _who: ways)
    assert [(one.recipient, one.channel) for one in found] == [("person:ann", "chat"), ("person:bob", "chat")]
    assert found[0].title == "nobody is on call in primary from Fri 2026-03-06 09:00 Europe/Berlin"
    assert "Until Fri 2026-03-06 11:00 Europe/Berlin" in found[0].text
    assert len({one.key for one in found}) == 1
