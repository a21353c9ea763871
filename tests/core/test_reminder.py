"""What people are told of handoffs and of their silences."""

from typing import Any

from tests.core.stage import rota

from slawatch.core.escalation import Level, Policy
from slawatch.core.handoff import HandedOver
from slawatch.core.incident import Incident, Phase
from slawatch.core.instant import DAY, HOUR, MINUTE, parse_rfc3339
from slawatch.core.matcher import parse
from slawatch.core.people import Person
from slawatch.core.reminder import next_silence, of_handoff, of_silences
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
