"""What alerting is told of a configuration."""

import pytest
from tests.config.conftest import Load

from slawatch.config.model import Config
from slawatch.config.world import contacts, recipients, scene_of, unheard, windows_of, world_of
from slawatch.core.alert import Alert
from slawatch.core.instant import DAY, HOUR, MINUTE, Instant, parse_rfc3339
from slawatch.core.series import META
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


def test_trouble_with_slawatch_goes_somewhere_else_where_nobody_is_reached(read: Load) -> None:
    told = read(TEXT + '[alerting]\nmeta = ["person:ann"]\n')
    policy = world_of(told).policies[META]
    assert [level.to for level in policy.levels] == [("person:ann",)]
    assert policy.fallback == ("channel:pager",), "mail has nobody of its own to tell"
    assert policy.group_by == ("trouble",)
    chosen = read(TEXT + '[alerting]\nmeta = ["person:ann"]\nmeta_fallback = ["person:bob"]\n')
    assert world_of(chosen).policies[META].fallback == ("person:bob",)
    default = read(TEXT.replace("escalations.own", "escalations.default"))
    assert world_of(default).policies[META].levels == default.escalations["default"].levels
    assert world_of(default).policies[META].fallback == ("person:ann", "channel:pager")
    assert META not in world_of(read(TEXT)).policies


def test_a_channel_of_one_organization_hears_nothing_of_slawatch(read: Load) -> None:
    text = TEXT + '[alerting]\nmeta = ["person:ann"]\n[organizations.acme]\nname = "Acme"\n'
    theirs = read(text.replace('severity = "high"', 'organizations = ["acme"]'))
    assert world_of(theirs).policies[META].fallback == ()


@pytest.mark.parametrize(
    ("meta", "down", "why"),
    [
        ('meta = ["person:ann"]', (), ""),
        ('meta = ["person:ann"]', ("mail",), ""),
        ('meta = ["person:ann"]', ("mail", "pager"), "nothing goes through mail, pager"),
        ('meta = ["channel:pager"]', ("pager",), "nothing goes through pager"),
        ('meta = ["person:bob"]\nmeta_fallback = ["person:bob"]', (), "nobody is meant who has a channel"),
        ("", ("mail",), ""),
        ("", ("mail", "pager"), "nothing goes through mail, pager"),
    ],
)
def test_when_nobody_could_be_told_of_trouble(read: Load, meta: str, down: tuple[str, ...], why: str) -> None:
    found = unheard(read(f"{TEXT}[alerting]\n{meta}\n"), down, AT)
    assert found == (f"nobody can be told of trouble with slawatch: {why}" if why else "")


def test_a_channel_that_only_fails_now_counts_beside_one_that_is_down(read: Load) -> None:
    config = read(f'{TEXT}[alerting]\nmeta = ["person:ann"]\n')
    assert unheard(config, ("mail",), AT, failing=("pager",)).endswith("nothing goes through mail, pager")
    assert unheard(config, (), AT, failing=("mail", "pager")) == "", "it may be a hiccup"


def test_who_has_no_channels_wants_to_be_told_nothing(read: Load) -> None:
    assert unheard(read('[checks.a]\nservice = "a"\ntype = "tcp"\naddress = "127.0.0.1:80"\n'), (), AT) == ""
