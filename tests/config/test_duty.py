"""People, teams, schedules and escalations: what is written is what the core works with."""

from collections.abc import Callable
from datetime import datetime

import pytest

from slawatch.config.load import Config, Problem
from slawatch.core.escalation import NEVER
from slawatch.core.instant import DAY, HOUR, MINUTE, parse_rfc3339
from slawatch.core.oncall import who
from slawatch.core.people import ContactRule

Read = Callable[..., Config]
Problems = Callable[..., tuple[Problem, ...]]

TCP = '[checks.a]\nservice = "shop"\ntype = "tcp"\naddress = "h:1"\n'
PEOPLE = """
[people.alice]
name = "Alice Example"
email = "alice@example.com"
phone = "+49 1511 2345678"
timezone = "Europe/Berlin"
contact = [{ channel = "hook" }, { channel = "mail", after = "2m", address = "x@example.com" }]
[people.bob]
contact = [{ channel = "hook" }]
[people.carol]
contact = [{ channel = "hook" }]
[channels.hook]
type = "webhook"
url = "https://hooks.example/a"
[channels.mail]
type = "email"
host = "mail.example"
from = "slawatch@example.com"
"""
SCHEDULE = """
[schedules.primary]
timezone = "Europe/Berlin"
[[schedules.primary.layers]]
people = ["alice", "bob"]
start = 2026-01-05T09:00:00
shift = "weekly"
[[schedules.primary.overrides]]
person = "carol"
start = 2026-12-24T00:00:00+01:00
end = 2026-12-27T00:00:00+01:00
"""
POLICY = """
[escalations.default]
repeat = 1
ack_timeout = "never"
[[escalations.default.levels]]
to = ["schedule:primary"]
[[escalations.default.levels]]
to = ["person:carol", "channel:hook"]
wait = "10m"
if = "not_resolved"
"""
ALL = TCP + PEOPLE + SCHEDULE + POLICY


def test_people(read: Read) -> None:
    alice = read(ALL).people["alice"]
    assert (alice.key, alice.shown, alice.phone) == ("alice", "Alice Example", "+4915112345678")
    assert alice.rules() == (
        ContactRule(channel="hook"),
        ContactRule(channel="mail", after=2 * MINUTE, address="x@example.com"),
    )


def test_teams(read: Read) -> None:
    config = read(ALL + '[teams.db]\nname = "DB"\npeople = ["bob"]\n[teams.ops]\nschedule = "primary"\n')
    assert (config.teams["db"].people, config.teams["ops"].schedule) == (("bob",), "primary")


def test_schedules_answer_who_is_on_call(read: Read) -> None:
    schedule = read(ALL).schedules["primary"]
    assert schedule.layers[0].start == datetime(2026, 1, 5, 9)
    assert who(schedule, parse_rfc3339("2026-01-05T08:00:00Z")).people == ("alice",)
    assert who(schedule, parse_rfc3339("2026-12-24T12:00:00Z")).people == ("carol",)


def test_a_schedule_has_the_zone_of_the_file_where_it_names_none(read: Read) -> None:
    text = '[slawatch]\ndata_dir = "d"\ntimezone = "Asia/Tokyo"\n' + ALL.replace(
        '[schedules.primary]\ntimezone = "Europe/Berlin"', "[schedules.primary]"
    )
    assert read(text).schedules["primary"].timezone == "Asia/Tokyo"


def test_escalations(read: Read) -> None:
    policy = read(ALL).escalations["default"]
    assert (policy.name, policy.repeat, policy.ack_timeout) == ("default", 1, NEVER)
    first, second = policy.levels
    assert (first.to, first.wait, first.if_) == (("schedule:primary",), 5 * MINUTE, "not_acked")
    assert (second.to, second.wait, second.if_) == (
        ("person:carol", "channel:hook"),
        10 * MINUTE,
        "not_resolved",
    )


def test_the_defaults_of_a_policy(read: Read) -> None:
    policy = read(
        TCP + PEOPLE + '[escalations.x]\n[[escalations.x.levels]]\nto = ["person:bob"]\n'
    ).escalations["x"]
    assert (policy.repeat, policy.acknowledged_for("critical"), policy.acknowledged_for("low")) == (
        2,
        30 * MINUTE,
        4 * HOUR,
    )
    assert (policy.reopen_window, policy.snooze_limit) == (5 * MINUTE, 7 * DAY)


@pytest.mark.parametrize(
    ("old", "new", "path", "message"),
    [
        ('"alice@example.com"', '"alice"', "people.alice.email", "'alice' is not a mail address"),
        ('"+49 1511 2345678"', '"1511"', "people.alice.phone", "'1511' is not a phone number"),
        ("2026-01-05T09:00:00\n", "2026-01-05T09:00:00Z\n", "schedules.primary.layers[0].start", "2026"),
        ('["alice", "bob"]', "[[]]", "schedules.primary.layers[0].people[0]", "write a person such as"),
        ('"weekly"', '"weakly"', "schedules.primary.layers[0].shift", "there is no such choice: did"),
        ("2026-12-27T00", "2026-12-23T00", "schedules.primary.overrides[0].end", "end is not"),
        ("repeat = 1", "repeat = 101", "escalations.default.repeat", "between 0 and 100"),
        ('"never"', '"5m"', "escalations.default.ack_timeout", "longer than `ack_reminder`"),
        (
            'if = "not_resolved"',
            'if_ = "not_acked"',
            "escalations.default.levels[1].if_",
            'unknown key "if_"',
        ),
    ],
)
def test_mistakes_are_told_where_they_stand(
    problems: Problems, old: str, new: str, path: str, message: str
) -> None:
    assert old in ALL
    (found,) = problems(ALL.replace(old, new))
    assert found.path == path
    assert found.message.startswith(message)


def test_a_policy_has_levels_and_a_schedule_layers(problems: Problems) -> None:
    found = problems(TCP + "[escalations.x]\nlevels = []\n[schedules.s]\n[teams.t]\n")
    assert {(problem.path, problem.message.partition(":")[0]) for problem in found} == {
        ("escalations.x.levels", "a policy needs at least one level"),
        ("schedules.s", "layers is empty"),
        ("teams.t", "people is empty"),
    }
