import pytest
from tests.core.oncall_cases import at

from slawatch.core.instant import DAY, MINUTE
from slawatch.core.people import (
    ContactRule,
    Due,
    Person,
    Team,
    due,
    parse_email,
    parse_phone,
    skipped_to,
    unknown,
    unreachable,
)

NOW = at("2026-01-05T00:00:00Z")
CHAT = ContactRule(channel="chat")
TEXT = ContactRule(channel="sms", after=2 * MINUTE)
CALL = ContactRule(channel="voice", after=5 * MINUTE)
ALICE = Person(key="alice", email="alice@example.com", contact=(TEXT, CHAT, CALL))


def test_rules_come_due_in_the_order_of_their_waits():
    assert ALICE.rules() == (CHAT, TEXT, CALL)
    assert due(ALICE, NOW, None, NOW) == Due((CHAT,), NOW + 2 * MINUTE)
    assert due(ALICE, NOW, NOW, NOW + 1) == Due((), NOW + 2 * MINUTE)
    assert due(ALICE, NOW, NOW, NOW + 2 * MINUTE) == Due((TEXT,), NOW + 5 * MINUTE)
    assert due(ALICE, NOW, NOW + 5 * MINUTE, NOW + DAY) == Due((), None)


def test_several_that_are_overdue_collapse_to_one_a_channel():
    again = ContactRule(channel="chat", after=MINUTE)
    person = Person(key="p", contact=(CHAT, again, TEXT))
    assert due(person, NOW, None, NOW + DAY) == Due((again, TEXT), None)


def test_the_next_channel_takes_over_from_one_that_has_failed():
    assert skipped_to(ALICE, CHAT, NOW, NOW) == TEXT
    assert skipped_to(ALICE, TEXT, NOW, NOW + 2 * MINUTE) == CALL
    assert skipped_to(ALICE, CALL, NOW, NOW + 5 * MINUTE) is None


@pytest.mark.parametrize("text", ["alice@example.com", "a.b+c@x.example", "o'neil@example.com"])
def test_mail_addresses(text):
    assert parse_email(text) == text


@pytest.mark.parametrize(
    "text", ["", "alice", "a b@example.com", "a@b@c", "Alice <a@b.c>", "a@b\nBcc: x@y", "@b"]
)
def test_no_mail_addresses(text):
    with pytest.raises(ValueError, match="mail address"):
        parse_email(text)


def test_phone_numbers():
    assert parse_phone("+1 (555) 010-9999") == "+15550109999"
    for text in ("", "015112345678", "+0123456789", "+49151", "+4915112345678901", "+49x1512345678"):
        with pytest.raises(ValueError, match="phone number"):
            parse_phone(text)


def test_contradictions_are_refused():
    with pytest.raises(ValueError, match="after"):
        ContactRule(channel="sms", after=2 * DAY)
    with pytest.raises(ValueError, match="contact"):
        Person(key="p", contact=(CHAT, CHAT))
    with pytest.raises(ValueError, match="people"):
        Team(key="t")
    with pytest.raises(ValueError, match="people"):
        Team(key="t", people=("a", "a"))


def test_names_for_people_to_read():
    assert (ALICE.shown, Person(key="b", name="Bob").shown) == ("alice", "Bob")
    assert (Team(key="t", people=("a",)).shown, Team(key="t", name="T", schedule="s").shown) == ("t", "T")


def test_who_cannot_be_reached_and_who_does_not_exist():
    people = {"alice": ALICE, "bob": Person(key="bob")}
    assert unreachable(people.values()) == ("bob",)
    assert unknown(["alice", "eve", "bob", "eve"], people) == ("eve",)
