"""What people, schedules and policies say of each other: unknown names, nobody to reach, gaps."""

from collections.abc import Callable
from pathlib import Path

import pytest

from slawatch.config.load import Config, Problem, load
from slawatch.core.instant import parse_rfc3339

Read = Callable[..., Config]
Problems = Callable[..., tuple[Problem, ...]]

NOW = parse_rfc3339("2026-11-23T08:00:00Z")
BASE = """
[checks.a]
service = "shop"
type = "tcp"
address = "h:1"
[people.alice]
email = "alice@example.com"
contact = [{ channel = "mail" }]
[people.bob]
phone = "+4915112345678"
contact = [{ channel = "sms" }, { channel = "mail", after = "5m", address = "bob@example.com" }]
[channels.mail]
type = "email"
host = "mail.example"
from = "slawatch@example.com"
[channels.sms]
type = "sms"
account_sid = "AC1"
auth_token = { env = "TOKEN" }
from = "+15005550006"
[channels.hook]
type = "webhook"
url = "https://hooks.example/a"
[teams.db]
people = ["alice", "bob"]
[schedules.primary]
[[schedules.primary.layers]]
people = ["alice", ["alice", "bob"]]
start = 2026-01-05T09:00:00
[escalations.default]
[[escalations.default.levels]]
to = ["schedule:primary"]
[[escalations.default.levels]]
to = ["team:db", "person:bob", "channel:hook"]
"""
ENV = {"HOME": "/nonexistent", "TOKEN": "hunter2"}


def told(problems: tuple[Problem, ...]) -> list[tuple[str, str]]:
    return [(problem.path, problem.message) for problem in problems]


def test_what_fits_together_is_fine(read: Read) -> None:
    assert read(BASE, ENV).warnings == ()


@pytest.mark.parametrize(
    ("old", "new", "path", "message"),
    [
        (
            'contact = [{ channel = "mail" }]',
            'contact = [{ channel = "mial" }]',
            "people.alice.contact[0].channel",
            'there is no channel "mial": did you mean "mail"?',
        ),
        (
            'email = "alice@example.com"\n',
            "",
            "people.alice.contact[0]",
            "mail does not find alice: write `email`, or an address in this rule",
        ),
        (
            'phone = "+4915112345678"\n',
            "",
            "people.bob.contact[0]",
            "sms does not find bob: write `phone`, or an address in this rule",
        ),
        (
            'people = ["alice", "bob"]\n',
            'people = ["alice", "bbo"]\n',
            "teams.db.people[1]",
            'there is no person "bbo": did you mean "bob"?',
        ),
        (
            'people = ["alice", "bob"]\n',
            'schedule = "secondary"\n',
            "teams.db.schedule",
            'there is no schedule "secondary": known: primary',
        ),
        (
            '["alice", "bob"]]',
            '["alice", "carol"]]',
            "schedules.primary.layers[0].people[1]",
            'there is no person "carol": known: alice, bob',
        ),
        (
            '"schedule:primary"',
            '"schedule:primry"',
            "escalations.default.levels[0].to[0]",
            'there is no schedule "primry": did you mean "primary"?',
        ),
        (
            '"person:bob"',
            '"bob"',
            "escalations.default.levels[1].to[1]",
            'nobody is meant by this: did you mean "person:bob"?',
        ),
        (
            '"person:bob"',
            '"persn:bob"',
            "escalations.default.levels[1].to[1]",
            'nobody is meant by this: did you mean "person"?',
        ),
        (
            '"schedule:primary"',
            "",
            "escalations.default.levels[0].to",
            "nobody is told on this level: name somebody, or remove it",
        ),
        (
            "[[escalations.default.levels]]",
            'fallback = ["team:dba"]\n[[escalations.default.levels]]',
            "escalations.default.fallback[0]",
            'there is no team "dba": did you mean "db"?',
        ),
        (
            "[[escalations.default.levels]]",
            'ack_reminder = "30m"\n[[escalations.default.levels]]',
            "escalations.default.ack_reminder",
            "a critical acknowledgement would be over before its reminder: write `ack_timeout`",
        ),
    ],
)
def test_mistakes(problems: Problems, old: str, new: str, path: str, message: str) -> None:
    assert old in BASE
    assert told(problems(BASE.replace(old, new, 1), ENV)) == [(path, message)]


def test_a_level_on_which_nobody_can_be_reached(problems: Problems) -> None:
    text = BASE.replace('contact = [{ channel = "mail" }]', "").replace(
        '["alice", ["alice", "bob"]]', '["alice"]'
    )
    assert told(problems(text, ENV)) == [
        (
            "escalations.default.levels[0].to",
            "nobody on this level can be reached: alice without a `contact`",
        )
    ]


def test_a_channel_with_a_mistake_in_it_is_not_missing_as_well(problems: Problems) -> None:
    assert [path for path, _ in told(problems(BASE.replace("host =", "hots ="), ENV))] == [
        "channels.mail.hots"
    ]


def test_people_without_a_contact_are_warned_of(read: Read) -> None:
    assert told(read(BASE + "[people.dave]\n", ENV).warnings) == [
        ("people.dave", "dave has no contact: nobody can tell them anything")
    ]


def test_a_channel_that_has_nobody_to_send_to_is_warned_of(read: Read) -> None:
    found = read(BASE.replace('"channel:hook"', '"channel:mail"'), ENV)
    assert told(found.warnings) == [
        (
            "escalations.default.levels[1].to[2]",
            "mail has nobody to send this to: write `to` in [channels.mail]",
        )
    ]


@pytest.mark.parametrize(
    ("wait", "to", "warned"),
    [
        ("30s", "person:bob", True),
        ("1m", "person:bob", False),
        ("30s", "person:alice", False),
        ("30s", "team:db", True),
    ],
)
def test_a_wait_that_is_too_short_for_a_text_is_warned_of(
    read: Read, wait: str, to: str, warned: bool
) -> None:
    text = BASE.replace('to = ["schedule:primary"]', f'to = ["{to}"]\nwait = "{wait}"')
    found = told(read(text, ENV).warnings)
    assert [path for path, _ in found] == (["escalations.default.levels[0].wait"] if warned else [])


def test_gaps_in_the_next_thirty_days_are_warned_of_when_it_is_known_when_that_is(tmp_path: Path) -> None:
    path = tmp_path / "slawatch.toml"
    windows = (
        'restrict = [{ days = ["mon-sun"], start = "06:00", end = "04:00" }]\ntimezone = "Europe/Berlin"\n'
    )
    path.write_text(BASE.replace("[escalations.default]", windows + "[escalations.default]", 1))
    assert load(path, env=ENV).warnings == ()
    (warning,) = load(path, env=ENV, now=NOW).warnings
    assert warning.path == "schedules.primary"
    assert (
        "nobody is on call from 2026-11-24 03:00 to 05:00, and 29 times more, in the next" in warning.message
    )


def test_a_schedule_that_is_over_is_a_gap_all_the_time(tmp_path: Path) -> None:
    path = tmp_path / "slawatch.toml"
    path.write_text(
        BASE.replace("[escalations.default]", "until = 2026-10-01T00:00:00\n[escalations.default]", 1)
    )
    (warning,) = load(path, env=ENV, now=NOW).warnings
    assert warning.message.startswith("nobody is on call all the time, in the next 30 days")


def test_a_schedule_without_gaps_is_fine(tmp_path: Path) -> None:
    path = tmp_path / "slawatch.toml"
    path.write_text(BASE)
    assert load(path, env=ENV, now=NOW).warnings == ()
