"""Channels: their limits, how long a message is worth sending, where they find people."""

import pytest

from slawatch.core.bucket import Limit, limits_of
from slawatch.core.channel import Channel, address_of, parse_limit
from slawatch.core.instant import DAY, HOUR, MINUTE, SECOND
from slawatch.core.people import ContactRule, Person

ALICE = Person(key="alice", email="alice@example.com", phone="+4915112345678")


@pytest.mark.parametrize(
    ("text", "limit"),
    [("10/1m", Limit(10, MINUTE)), ("1/30s", Limit(1, 30 * SECOND)), (" 5 / 1h ", Limit(5, HOUR))],
)
def test_a_limit_is_messages_in_a_span(text: str, limit: Limit) -> None:
    assert parse_limit(text) == limit


@pytest.mark.parametrize(
    "text", ["", "10", "10/", "/1m", "0/1m", "1/10ms", "1/2d", "-1/1m", "1/1m/1m", "x/1"]
)
def test_what_is_no_limit(text: str) -> None:
    with pytest.raises(ValueError):
        parse_limit(text)


def test_the_type_says_what_is_not_written() -> None:
    channel = Channel(name="sms", type="sms", options=None)
    assert (channel.bucket_limits, channel.worth) == (limits_of("sms"), HOUR)
    assert Channel(name="mail", type="email", options=None).worth == DAY
    assert Channel(name="x", type="something", options=None).worth == HOUR


def test_what_is_written_holds_in_the_order_of_the_spans() -> None:
    limits = (Limit(100, HOUR), Limit(2, SECOND))
    channel = Channel(name="sms", type="sms", options=None, limits=limits, ttl=MINUTE)
    assert (channel.bucket_limits, channel.worth) == ((Limit(2, SECOND), Limit(100, HOUR)), MINUTE)


@pytest.mark.parametrize("ttl", [SECOND, 31 * DAY])
def test_a_message_is_worth_something_for_a_while(ttl: int) -> None:
    with pytest.raises(ValueError, match="ttl"):
        Channel(name="a", type="sms", options=None, ttl=ttl)


@pytest.mark.parametrize(
    ("kind", "address", "found"),
    [
        ("email", "", "alice@example.com"),
        ("sms", "", "+4915112345678"),
        ("slack", "", ""),
        ("slack", "U1", "U1"),
        ("email", "other@example.com", "other@example.com"),
    ],
)
def test_an_address_is_that_of_the_rule_or_of_the_person(kind: str, address: str, found: str) -> None:
    assert address_of(ALICE, ContactRule(channel="c", address=address), kind) == found
