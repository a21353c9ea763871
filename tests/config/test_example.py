"""config.example.toml shows every key there is, and works."""

import tomllib
from collections.abc import Mapping
from typing import Any, get_origin

import pytest
from tests.config.example import ENV, EXAMPLE

from slawatch import checks as check_types
from slawatch import notifiers
from slawatch.config.alerting import Alerting
from slawatch.config.annotations import keys, unwrap
from slawatch.config.calendars import WrittenCalendar
from slawatch.config.load import load
from slawatch.config.model import Reports, Retention, Settings, Web
from slawatch.config.web import Oidc, Tls
from slawatch.core.access import User
from slawatch.core.agreement import Agreement
from slawatch.core.channel import Channel
from slawatch.core.check import Check, Maintenance, Organization, Service
from slawatch.core.escalation import Policy
from slawatch.core.inhibition import Inhibition
from slawatch.core.people import Person, Team
from slawatch.core.quiet import QuietHours
from slawatch.core.rota import Schedule
from slawatch.core.route import Route
from slawatch.core.rule import Rule
from slawatch.core.workflow import Workflow


@pytest.fixture(scope="module")
def tree() -> dict[str, Any]:
    return tomllib.loads(EXAMPLE.read_text())


def test_it_is_a_valid_configuration_without_a_warning_but_for_folders_that_a_reader_has_to_make() -> None:
    config = load(EXAMPLE, env=ENV)
    assert {warning.path.rpartition(".")[2] for warning in config.warnings} <= {"templates"}
    assert {check.type for check in config.checks.values()} == set(check_types.names())


def dataclasses_in(kind: Any) -> list[type]:
    bare, marker = unwrap(kind)
    if marker is not None:
        return []
    inner = [found for part in getattr(bare, "__args__", ()) for found in dataclasses_in(part)]
    return [bare, *inner] if hasattr(bare, "__dataclass_fields__") and bare.__name__ != "Secret" else inner


def missing(kind: type, tables: list[Any], given: tuple[str, ...] = ()) -> list[str]:
    """Return the keys of a dataclass that no table has, and those of the tables inside it."""
    tables = [table for table in tables if isinstance(table, dict)]
    gone = []
    for name, key in keys(kind).items():
        if name in given:
            continue
        values = [table[name] for table in tables if name in table]
        if not values:
            gone.append(f"{kind.__module__}.{kind.__name__}.{name}")
        named = get_origin(unwrap(key.kind)[0]) is Mapping
        for inner in dataclasses_in(key.kind):
            if inner is kind:
                continue
            held = [part for value in values for part in (value.values() if named else [value])]
            flat = [part for value in held for part in (value if isinstance(value, list) else [value])]
            gone += missing(inner, flat)
    return gone


def test_no_key_of_a_section_is_missing(tree: dict[str, Any]) -> None:
    assert missing(Settings, [tree["slawatch"]]) == []
    assert missing(Web, [tree["web"]], ("tls", "oidc")) == []
    assert missing(User, list(tree["users"].values()), ("name",)) == []
    assert missing(Retention, [tree["retention"]]) == []
    assert missing(Organization, list(tree["organizations"].values()), ("key",)) == []
    assert missing(Service, list(tree["services"].values()), ("name",)) == []
    assert missing(Check, [*tree["checks"].values(), tree["defaults"]["check"]], ("name", "options")) == []
    assert missing(Agreement, list(tree["agreements"].values()), ("key", "versions")) == []
    assert tree["agreements"]["acme-gold"]["versions"]
    assert missing(WrittenCalendar, list(tree["calendars"].values())) == []
    assert missing(Maintenance, tree["maintenance"]) == []
    assert missing(Person, list(tree["people"].values()), ("key",)) == []
    assert missing(Team, list(tree["teams"].values()), ("key",)) == []
    assert missing(Schedule, list(tree["schedules"].values()), ("key",)) == []
    assert missing(Policy, list(tree["escalations"].values()), ("name",)) == []
    assert missing(Channel, list(tree["channels"].values()), ("name", "options")) == []
    assert missing(Alerting, [tree["alerting"]]) == []
    assert missing(Rule, tree["rules"]) == []
    assert missing(Route, tree["routes"]) == []
    assert missing(Workflow, tree["workflows"]) == []
    assert missing(Inhibition, tree["inhibit"]) == []
    assert missing(QuietHours, list(tree["quiet_hours"].values()), ("name",)) == []


def test_what_needs_files_or_an_extra_is_shown_in_comments() -> None:
    shown = [line.removeprefix("# ") for line in EXAMPLE.read_text().splitlines() if line.startswith("# ")]
    first = shown.index(next(line for line in shown if line.startswith("[web.oidc]")))
    oidc = tomllib.loads("\n".join(shown[first : first + 9]))["web"]["oidc"]
    assert missing(Oidc, [oidc]) == []
    tls = tomllib.loads(next(line for line in shown if line.startswith("tls = {")))["tls"]
    assert missing(Tls, [tls]) == []
    reports = tomllib.loads(next(line for line in shown if line.startswith("signing_key = {")))
    assert missing(Reports, [reports]) == []


@pytest.mark.parametrize("name", check_types.names())
def test_no_key_of_a_check_type_is_missing(tree: dict[str, Any], name: str) -> None:
    tables = [table for table in tree["checks"].values() if table["type"] == name]
    gone = missing(check_types.load(name).options, tables)
    # TLS and credentials are the same everywhere and shown once, with the http checks.
    shown = (".TlsSettings.", "._http_plan.Auth.")
    assert [key for key in gone if name == "http" or not any(part in key for part in shown)] == []


@pytest.mark.parametrize("name", check_types.names())
def test_no_check_type_has_a_key_of_its_own_that_every_check_has(name: str) -> None:
    assert not set(keys(check_types.load(name).options)) & set(keys(Check))


@pytest.mark.parametrize("name", notifiers.names())
def test_no_key_of_a_channel_type_is_missing(tree: dict[str, Any], name: str) -> None:
    tables = [table for table in tree["channels"].values() if table["type"] == name]
    assert missing(notifiers.load(name).options, tables) == []


@pytest.mark.parametrize("name", notifiers.names())
def test_no_channel_type_has_a_key_of_its_own_that_every_channel_has(name: str) -> None:
    assert not set(keys(notifiers.load(name).options)) & set(keys(Channel))
