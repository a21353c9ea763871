"""What alerting is told of a configuration."""

import pytest
from tests.config.conftest import Load

from slawatch.config.model import Config
from slawatch.config.world import contacts, recipients, scene_of, windows_of, world_of
from slawatch.core.alert import Alert
from slawatch.core.instant import DAY, HOUR, MINUTE, Instant, parse_rfc3339
from slawatch.core.turn import Contact

TEXT = """
[slawatch]
timezone = "Europe/Berlin"
[services.shop]
depends_on = ["db"]
[checks.home]
service = "shop"
type = "tcp"
address = "127.0.0.1:80"
[checks.db]
service = "database"
type = "tcp"
address = "127.0.0.1:5432"
[people.ann]
email = "ann@example.com"
contact = [{ channel = "pager", after = "2m" }, { channel = "mail" }]
[people.bob]
[teams.both]
people = ["ann", "bob"]
[teams.duty]
schedule = "primary"
[schedules.primary]
[[schedules.primary.layers]]
people = ["ann"]
start = 2026-01-05T09:00:00
[[escalations.own.levels]]
to = ["person:ann"]
[channels.mail]
type = "email"
host = "127.0.0.1"
from = "slawatch@example.com"
[channels.pager]
type = "pagerduty"
integration_key = "0123456789abcdef0123456789abcdef"
[[routes]]
severity = "high"
channels = ["pager"]
[[maintenance]]
services = ["shop"]
start = 2026-02-01T00:00:00Z
end = 2026-02-01T01:00:00Z
reason = "disks"
[quiet_hours.night]
during = [{ times = ["22:00-24:00"] }]
"""
AT = parse_rfc3339("2026-02-01T00:30:00Z")


@pytest.fixture
def config(read: Load) -> Config:
    return read(TEXT)


def alert(severity: str = "critical") -> Alert:
    return Alert(
        fingerprint="home", check="home", severity=severity, title="", since=AT, fired_at=AT, service="shop",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("target", "at", "means"),
    [
        ("schedule:primary", AT, ("person:ann",)),
        ("schedule:primary", 0, ()),
        ("schedule:other", AT, ()),
        ("team:both", AT, ("person:ann", "person:bob")),
        ("team:duty", AT, ("person:ann",)),
        ("team:duty", 0, ()),
        ("team:other", AT, ()),
        ("person:bob", AT, ("person:bob",)),
        ("person:who", AT, ()),
        ("channel:mail", AT, ("channel:mail",)),
        ("channel:who", AT, ()),
    ],
)
def test_who_a_target_means(config: Config, target: str, at: Instant, means: tuple[str, ...]) -> None:
    assert recipients(config, target, at) == means
    assert world_of(config).recipients(target, at) == means


def test_how_somebody_is_reached(config: Config) -> None:
    assert contacts(config, "person:ann") == (
        Contact("mail", ttl=DAY), Contact("pager", after=2 * MINUTE, ttl=HOUR, keeps_state=True),
    )  # fmt: skip
    assert contacts(config, "channel:pager") == (Contact("pager", ttl=HOUR, keeps_state=True),)
    assert (
        contacts(config, "person:bob")
        == contacts(config, "person:who")
        == contacts(config, "channel:x")
        == ()
    )


def test_what_withholds_and_until_when(config: Config) -> None:
    (work, night), opens = windows_of(config)
    assert work.kind == "maintenance"
    assert work.open_until(AT) == AT + 30 * MINUTE
    assert work.open_until(AT + 30 * MINUTE) is None
    assert work.covers(alert(), {})
    evening = parse_rfc3339("2026-02-01T22:30:00+01:00")
    assert night.open_until(evening) == night.open_until(evening + 1) == evening + 90 * MINUTE
    assert night.open_until(evening - HOUR) is None
    assert opens(AT - HOUR) == AT - 30 * MINUTE
    assert opens(AT) == evening - 30 * MINUTE
    assert opens(evening) is None
    assert opens(evening + 90 * MINUTE) == evening - 30 * MINUTE + DAY
    assert not night.covers(alert(), {})
    assert night.covers(alert("medium"), {})


def test_the_scene_of_a_rehearsal(config: Config) -> None:
    scene = scene_of(config)
    assert list(scene.checks) == ["home", "db"]
    assert list(scene.graph.ancestors("shop")) == ["db"]
    assert scene.world.routed(alert()) == ("channel:pager",)
    assert scene.terms.down == "critical"
