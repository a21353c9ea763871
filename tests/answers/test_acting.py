"""What people ask of incidents, read from a wish."""

from pathlib import Path
from typing import Any

import pytest
from tests.alerts import NOW, configured

from slawatch.answers.acting import KEYS, command, recipient, retry, who
from slawatch.answers.wish import EntryRefused
from slawatch.config.load import Config
from slawatch.core.command import (
    Ack,
    Assign,
    Command,
    Escalate,
    Merge,
    Open,
    Publish,
    Reassign,
    Resolve,
    Snooze,
    Unack,
    Write,
)
from slawatch.core.dispatch import Retried
from slawatch.core.instant import HOUR, MINUTE


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return configured(tmp_path)


BY: dict[str, Any] = {"by": "person:alice", "origin": "cli", "incident": 7}


@pytest.mark.parametrize(
    ("action", "wish", "expected"),
    [
        ("ack", {}, Ack(**BY)),
        ("ack", {"generation": 3}, Ack(**BY, generation=3)),
        ("unack", {}, Unack(**BY)),
        ("snooze", {"for": "90m"}, Snooze(**BY, length=90 * MINUTE)),
        ("snooze", {"until": "2026-11-02T15:00"}, Snooze(**BY, length=2 * HOUR)),
        ("assign", {"to": "carol"}, Assign(**BY, to="person:carol")),
        ("assign", {"to": "database"}, Assign(**BY, to="team:database")),
        ("assign", {"to": "bob", "role": "commander"}, Assign(**BY, to="person:bob", role="commander")),
        ("note", {"text": " vendor\ncalled "}, Write(**BY, text="vendor called")),
        ("publish", {"text": "We look."}, Publish(**BY, text="We look.")),
        ("publish", {}, Publish(**BY, text="")),
        ("escalate", {}, Escalate(**BY)),
        ("resolve", {"note": "done", "generation": "2"}, Resolve(**BY, note="done", generation=2)),
        ("merge", {"into": 9}, Merge(**BY, into=9)),
        ("reassign", {"policy": "database"}, Reassign(**BY, policy="database")),
    ],
)
def test_each_wish_is_one_command(
    config: Config, action: str, wish: dict[str, Any], expected: Command
) -> None:
    assert command(action, 7, {**wish, "person": "alice"}, config, NOW, "cli") == expected


def test_opening_by_hand(config: Config) -> None:
    wish = {"title": "slow logins", "service": "shop", "person": "mallory"}
    assert command("open", 0, wish, config, NOW, "api") == Open(
        by="mallory", origin="api", title="slow logins", severity="high", service="shop",
        organization="acme", policy="default",
    )  # fmt: skip
    assert command(
        "open", 0, {"title": "x", "policy": "database", "person": "bob"}, config, NOW, "api"
    ) == Open(by="person:bob", origin="api", title="x", policy="database")


@pytest.mark.parametrize(
    ("action", "wish", "said"),
    [
        ("ack", {"who": "x"}, "there is no key 'who' here"),
        ("ack", {"person": ""}, "person is missing"),
        ("ack", {"generation": "x"}, "generation must be a whole number"),
        ("snooze", {}, "for is missing: how long, such as 2h"),
        ("snooze", {"for": "1h", "until": "now"}, "leave one out"),
        ("snooze", {"until": "2026-11-01"}, "until: that is over already"),
        ("assign", {}, "to is missing"),
        ("assign", {"to": "carl"}, "there is no 'carl': did you mean \"carol\""),
        ("assign", {"to": "channel:chat"}, "there is no 'channel:chat'"),
        ("assign", {"to": "bob", "role": "comander"}, 'did you mean "commander"'),
        ("assign", {"to": "team:database", "role": "commander"}, "a commander is one person"),
        ("note", {}, "text is missing"),
        ("merge", {}, "into is missing"),
        ("reassign", {"policy": "databse"}, 'did you mean "database"'),
        ("open", {}, "title is missing"),
        ("open", {"title": "x", "severity": "bad"}, "severity: write"),
        ("open", {"title": "x", "service": "shp"}, 'did you mean "shop"'),
        ("open", {"title": "x", "policy": "nobody"}, "so nobody would be told: there is"),
    ],
)
def test_mistakes_are_said_plainly(config: Config, action: str, wish: dict[str, Any], said: str) -> None:
    with pytest.raises(EntryRefused) as caught:
        command(action, 7, {"person": "alice", **wish}, config, NOW, "cli")
    assert said in str(caught.value)


def test_names(config: Config) -> None:
    assert (who("alice", config), who("root", config)) == ("person:alice", "root")
    assert recipient("team:database", config) == "team:database"
    found = retry("7:1", HOUR, {"person": "bob"}, config, NOW, "cli")
    assert found == Retried("7:1", HOUR, "person:bob", "cli")
    with pytest.raises(EntryRefused, match="there is no key 'to' here"):
        retry("7:1", HOUR, {"person": "bob", "to": "x"}, config, NOW, "cli")
    assert set(KEYS) == {
        "open", "ack", "unack", "snooze", "assign", "note", "publish", "escalate", "resolve", "merge",
        "reassign",
    }  # fmt: skip
