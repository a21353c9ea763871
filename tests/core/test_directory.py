import pytest

from slawatch.core.channel import Channel
from slawatch.core.check import Organization
from slawatch.core.directory import Directory, address, readable, timezone_of
from slawatch.core.outbox import Row
from slawatch.core.people import ContactRule, Person, Team

BOB = Person(
    key="bob", name="Bob Ray", email="bob@example.com", phone="+4915112345678", timezone="Asia/Tokyo",
    contact=(
        ContactRule(channel="sms", after=60, address="+4915100000001"),
        ContactRule(channel="gone"),
        ContactRule(channel="mail"),
        ContactRule(channel="sms", after=120),
    ),
)  # fmt: skip
CHANNELS = {
    name: Channel(name=name, type=kind, options=None)
    for name, kind in (("mail", "email"), ("sms", "sms"), ("chat", "slack"))
}
KNOWN = Directory(
    people={"bob": BOB, "eve": Person(key="eve")}, channels=CHANNELS,
    teams={"dba": Team(key="dba", name="DBAs", people=("bob",))},
    organizations={"acme": Organization(key="acme", name="Acme", timezone="Europe/Berlin")},
    timezone="America/New_York",
)  # fmt: skip


def row(recipient: str = "person:bob", channel: str = "mail", contact: int = 0) -> Row:
    return Row(
        key="k", incident=1, generation=1, kind="trigger", recipient=recipient, channel=channel, created_at=0,
        not_before=0, expires_at=1, contact=contact,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (row(), "bob@example.com"),
        (row(channel="sms", contact=1), "+4915100000001"),
        (row(channel="sms", contact=2), "+4915112345678"),
        (row(channel="sms", contact=0), "+4915100000001"),
        (row(channel="sms", contact=7), "+4915100000001"),
        (row(channel="chat"), ""),
        (row(channel="gone"), ""),
        (row("channel:mail"), ""),
        (row("person:nobody"), ""),
        (row("person:eve"), ""),
    ],
)
def test_each_contact_rule_has_its_address(wanted: Row, found: str) -> None:
    assert address(wanted, KNOWN) == found


@pytest.mark.parametrize(
    ("recipient", "organization", "zone"),
    [
        ("person:bob", "acme", "Asia/Tokyo"),
        ("person:eve", "acme", "Europe/Berlin"),
        ("channel:mail", "acme", "Europe/Berlin"),
        ("channel:mail", "", "America/New_York"),
        ("person:nobody", "nobody", "America/New_York"),
    ],
)
def test_times_are_those_of_the_reader(recipient: str, organization: str, zone: str) -> None:
    assert timezone_of(row(recipient), organization, KNOWN) == zone


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("acknowledged by person:bob", "acknowledged by Bob Ray"),
        ("assignee: team:dba, by person:eve", "assignee: DBAs, by eve"),
        ("acknowledged by person:gone: on it", "acknowledged by gone: on it"),
        ("level 0 of default, schedule:primary", "level 0 of default, schedule primary"),
        ("through channel:mail", "through channel mail"),
        ("a superperson:bob is none", "a superperson:bob is none"),
        ("", ""),
    ],
)
def test_names_are_those_that_people_know(text: str, shown: str) -> None:
    assert readable(text, KNOWN) == shown
