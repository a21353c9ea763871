"""What of a configuration belongs to some organisations: all of theirs, and nothing of others'."""

from dataclasses import fields
from typing import Any

from tests.config.conftest import Load
from tests.config.example import ENV, EXAMPLE

from slawatch.config.load import Config, load
from slawatch.config.scope import scoped

TWO = """
[organizations.mine]
[organizations.secret]
[services.shop]
organization = "mine"
depends_on = ["secret-db", ["secret-api", "shop-db"], ["secret-a", "secret-b"]]
escalation = "mine"
[services.shop-db]
organization = "mine"
[services.shared]
[services.nobodys-secret]
[services.secret-db]
organization = "secret"
[services.secret-api]
organization = "secret"
escalation = "secret"
[services.secret-a]
organization = "secret"
[services.secret-b]
organization = "secret"
[defaults.check]
type = "tcp"
address = "h:1"
[checks.shop]
service = "shop"
[checks.shop-db-check]
service = "shop-db"
[checks.shared-check]
service = "shared"
[checks.secret-check]
service = "secret-db"
[checks.secret-check-2]
service = "secret-api"
[checks.secret-check-3]
service = "secret-a"
[checks.secret-check-4]
service = "secret-b"
[checks.secret-check-5]
service = "nobodys-secret"
[calendars.office]
hours = { mon-fri = ["09:00-17:00"] }
[calendars.secret-hours]
hours = { mon-fri = ["09:00-17:00"] }
[agreements.gold]
organization = "mine"
services = ["shop", "shared"]
calendar = "office"
[[agreements.gold.objectives]]
id = "a"
metric = "availability"
target = "90"
[agreements.secret-gold]
organization = "secret"
services = ["secret-db"]
calendar = "secret-hours"
[[agreements.secret-gold.objectives]]
id = "a"
metric = "availability"
target = "90"
[[maintenance]]
services = ["shop", "secret-db"]
start = 2026-12-01T22:00:00+01:00
end = 2026-12-02T00:00:00+01:00
[[maintenance]]
services = ["secret-db"]
start = 2026-12-01T22:00:00+01:00
end = 2026-12-02T00:00:00+01:00
reason = "secret"
[channels.secret-hook]
type = "webhook"
url = "https://secret.example/a"
[people.alice]
email = "alice@secret.example"
phone = "+4915112345678"
contact = [{ channel = "secret-hook" }]
[people.bob]
contact = [{ channel = "secret-hook" }]
[people.secret-agent]
contact = [{ channel = "secret-hook" }]
[teams.ours]
people = ["bob"]
[teams.secret-team]
people = ["secret-agent"]
[schedules.primary]
[[schedules.primary.layers]]
people = ["alice"]
start = 2026-01-05T09:00:00
shift = "weekly"
[schedules.secret-rota]
[[schedules.secret-rota.layers]]
people = ["secret-agent"]
start = 2026-01-05T09:00:00
shift = "weekly"
[[escalations.mine.levels]]
to = ["schedule:primary", "channel:secret-hook"]
[[escalations.secret.levels]]
to = ["schedule:secret-rota"]
[[escalations.default.levels]]
to = ["team:ours"]
[[rules]]
metric = "latency_p95"
services = ["shop"]
warning = "> 500ms"
[[rules]]
metric = "latency_p95"
services = ["secret-db"]
warning = "> 500ms"
[[rules]]
metric = "latency_p95"
warning = "> 700ms"
[[routes]]
channels = ["secret-hook"]
[users.secret-user]
"""


def mine(read: Load) -> Config:
    return scoped(read(TWO), frozenset({"mine"}))


def test_nothing_of_another_is_in_it(read: Load) -> None:
    found = mine(read)
    texts = {
        field.name: repr(getattr(found, field.name))
        for field in fields(found)
        if field.name not in ("path", "files", "data_dir")
    }
    # A level names where it leads; what is named is not there to be followed.
    texts["escalations"] = texts["escalations"].replace("channel:secret-hook", "")
    assert {name for name, text in texts.items() if "secret" in text} == set()


def test_all_of_theirs_is_in_it(read: Load) -> None:
    found = mine(read)
    assert set(found.services) == {"shop", "shop-db", "shared"}
    assert set(found.checks) == {"shop", "shop-db-check", "shared-check"}
    assert set(found.agreements) == {"gold"}
    assert set(found.calendars) == {"office"}
    assert found.services["shop"].depends_on == (("shop-db",),)
    assert [window.services for window in found.maintenance] == [("shop",)]
    assert set(found.escalations) == {"mine", "default"}
    assert set(found.schedules) == {"primary"}
    assert set(found.people) == {"alice", "bob"}
    assert set(found.teams) == {"ours"}
    assert len(found.rules) == 1


def test_people_are_names_only(read: Load) -> None:
    alice = mine(read).people["alice"]
    assert (alice.key, alice.email, alice.phone, alice.contact) == ("alice", "", "", ())


def test_each_scope_has_a_digest_of_its_own(read: Load) -> None:
    whole = read(TWO)
    digests = {
        scoped(whole, frozenset(names)).digest for names in ([], ["mine"], ["secret"], ["mine", "secret"])
    }
    assert len(digests | {whole.digest}) == 5


def test_nobodys_organisation_has_nothing() -> None:
    found = scoped(load(EXAMPLE, env=ENV), frozenset())
    empty: dict[str, Any] = {f.name: getattr(found, f.name) for f in fields(found)}
    for name in ("services", "checks", "agreements", "people", "channels", "organizations", "users"):
        assert empty[name] == {}, name
    assert found.maintenance == ()
