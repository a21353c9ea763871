"""Whom a test message goes to, what came of it, and how often one may be sent."""

from pathlib import Path

import pytest

from slawatch.answers.channel import NoRecipient, Pace, Tried, answer, channel_of, recipient_of
from slawatch.config.load import Config, load
from slawatch.core.instant import MINUTE, SECOND
from slawatch.core.notification import Delivery, Verdict

TOML = """
[slawatch]
data_dir = "data"
[people.alice]
email = "alice@example.com"
contact = [{ channel = "mail", address = "night@example.com" }]
[people.bob]
email = "bob@example.com"
[people.carol]
[channels.mail]
type = "email"
host = "mail.example"
from = "slawatch@example.com"
[channels.hook]
type = "webhook"
url = "https://hooks.example/a"
[checks.a]
service = "a"
type = "tcp"
address = "a.example:80"
"""


@pytest.fixture
def ours(tmp_path: Path) -> Config:
    path = tmp_path / "channels.toml"
    path.write_text(TOML)
    return load(path, env={})


@pytest.mark.parametrize(
    ("channel", "person", "address", "found"),
    [
        ("mail", "alice", None, ("person:alice", "night@example.com")),
        ("mail", "bob", None, ("person:bob", "bob@example.com")),
        ("mail", None, "x@example.com", ("channel:mail", "x@example.com")),
        ("hook", None, None, ("channel:hook", "")),
        ("hook", "carol", None, ("person:carol", "")),
    ],
)
def test_it_goes_where_an_incident_would(
    ours: Config, channel: str, person: str | None, address: str | None, found: tuple[str, str]
) -> None:
    assert recipient_of(ours, channel_of(ours, channel), person, address) == found


@pytest.mark.parametrize(
    ("channel", "person", "address", "about", "said"),
    [
        ("maik", None, None, "channel", 'did you mean "mail"?'),
        ("zz", None, None, "channel", "there are mail, hook"),
        ("mail", None, None, "channel", "no recipients of its own: say person or address"),
        ("mail", "carol", None, "person", "has no address of carol"),
        ("mail", "bbo", None, "person", 'did you mean "bob"?'),
        ("mail", "bob", "x", "address", "leave one out"),
    ],
)
def test_what_could_go_to_nobody_is_refused(
    ours: Config, channel: str, person: str | None, address: str | None, about: str, said: str
) -> None:
    with pytest.raises(NoRecipient) as caught:
        recipient_of(ours, channel_of(ours, channel), person, address)
    assert caught.value.about == about
    assert said in str(caught.value)


def test_one_that_failed_makes_it_no_success(ours: Config) -> None:
    taken = Tried("message", Delivery(verdict=Verdict.OK, status=202), 12_345)
    lost = Tried(
        "resolve", Delivery(verdict=Verdict.THROTTLE, answer="slow down", retry_after=3 * SECOND), SECOND
    )
    assert answer(ours.channels["hook"], [taken])["ok"]
    found = answer(ours.channels["hook"], [taken, lost])
    assert not found["ok"]
    assert [one["kind"] for one in found["messages"]] == ["message", "resolve"]
    assert found["messages"][0]["seconds"] == 0.012
    assert (found["messages"][1]["verdict"], found["messages"][1]["retry_after"]) == ("throttle", 3.0)


def test_three_a_minute_of_one_channel() -> None:
    pace = Pace()
    assert [pace.wait("a", now * SECOND) for now in (0, 1, 2, 3)] == [0, 0, 0, 57 * SECOND]
    assert pace.wait("b", 3 * SECOND) == 0
    assert pace.wait("a", MINUTE) == 0


def test_ten_a_minute_of_all() -> None:
    pace = Pace()
    assert [pace.wait(f"c{n}", n) for n in range(10)] == [0] * 10
    assert pace.wait("another", 10) == MINUTE - 10
    assert pace.wait("another", 2 * MINUTE) == 0


def test_a_clock_that_is_set_back_locks_nobody_out() -> None:
    pace = Pace()
    for _ in range(3):
        pace.wait("a", 100 * MINUTE)
    assert pace.wait("a", MINUTE) == 0
