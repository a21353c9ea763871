"""config.example.toml shows every key there is, and works."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from slawatch import checks as check_types
from slawatch.config.annotations import keys, unwrap
from slawatch.config.load import load
from slawatch.config.model import Retention, Settings, Web
from slawatch.core.agreement import Agreement
from slawatch.core.check import Check, Maintenance, Organization, Service

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"

ENV = {
    "HOME": "/nonexistent",
    "SHOP_USER_PASSWORD": "a password",
    "SHOP_TOKEN": "a-token",
    "SHOP_KEY_PASSWORD": "another",
    "DB_PASSWORD": "a third",
    "CACHE_URL": "redis://probe:password@cache.example:6379/0",
    "PROXY_URL": "http://proxy.example:3128",
    "BACKUP_TOKEN": "0123456789abcdef",
}


@pytest.fixture(scope="module")
def tree() -> dict[str, Any]:
    return tomllib.loads(EXAMPLE.read_text())


def test_it_is_a_valid_configuration_without_a_warning() -> None:
    config = load(EXAMPLE, env=ENV)
    assert config.warnings == ()
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
        for inner in dataclasses_in(key.kind):
            flat = [part for value in values for part in (value if isinstance(value, list) else [value])]
            gone += missing(inner, flat)
    return gone


def test_no_key_of_a_section_is_missing(tree: dict[str, Any]) -> None:
    assert missing(Settings, [tree["slawatch"]]) == []
    assert missing(Web, [tree["web"]]) == []
    assert missing(Retention, [tree["retention"]]) == []
    assert missing(Organization, list(tree["organizations"].values()), ("key",)) == []
    assert missing(Service, list(tree["services"].values()), ("name",)) == []
    assert missing(Check, [*tree["checks"].values(), tree["defaults"]["check"]], ("name", "options")) == []
    assert missing(Agreement, list(tree["agreements"].values()), ("key",)) == []
    assert missing(Maintenance, tree["maintenance"]) == []


@pytest.mark.parametrize("name", check_types.names())
def test_no_key_of_a_check_type_is_missing(tree: dict[str, Any], name: str) -> None:
    tables = [table for table in tree["checks"].values() if table["type"] == name]
    gone = missing(check_types.load(name).options, tables)
    # What speaking TLS takes is the same everywhere and shown once, with the http check.
    assert [key for key in gone if name == "http" or "TlsSettings" not in key] == []


@pytest.mark.parametrize("name", check_types.names())
def test_no_check_type_has_a_key_of_its_own_that_every_check_has(name: str) -> None:
    assert not set(keys(check_types.load(name).options)) & set(keys(Check))
