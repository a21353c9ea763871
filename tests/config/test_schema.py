"""The JSON Schema says the same as the loader."""

import json
import tomllib
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from slawatch.config.schema import schema
from slawatch.config.starter import write_starter

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"


def as_json(value: Any) -> Any:
    """Return what an editor's TOML plugin hands to its JSON Schema validator."""
    if isinstance(value, dict):
        return {key: as_json(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [as_json(inner) for inner in value]
    return value.isoformat() if isinstance(value, date | datetime) else value


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    built = json.loads(json.dumps(schema()))
    Draft202012Validator.check_schema(built)
    return Draft202012Validator(built)


def faults(validator: Draft202012Validator, text: str) -> list[str]:
    return [error.json_path for error in validator.iter_errors(as_json(tomllib.loads(text)))]


def test_it_accepts_what_we_write(validator: Draft202012Validator, tmp_path: Path) -> None:
    assert faults(validator, EXAMPLE.read_text()) == []
    assert faults(validator, write_starter(tmp_path).read_text()) == []


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("[slawach]", "$"),
        ("[slawatch]\nprobers = 'x'", "$.slawatch.probers"),
        ("[slawatch]\nprobes = 1", "$.slawatch"),
        ("[checks.a]\ntype = 'tpc'", "$.checks.a.type"),
        ("[checks.a]\ntype = 'tcp'\nadress = 'h:1'", "$.checks.a"),
        ("[checks.a]\ntype = 'tcp'\naddress = 3", "$.checks.a.address"),
        (
            "[checks.a]\ntype = 'http'\nauth = { type = 'basic', password = { enw = 'X' } }",
            "$.checks.a.auth.password",
        ),
        ("[agreements.a]\nservices = ['s']", "$.agreements.a"),
        ("[services.s]\njoin = 'most'", "$.services.s.join"),
        ("[services.s]\ndepends_on = [['a', 3]]", "$.services.s.depends_on[0]"),
        ("[people.a]\nmail = 'a@b.example'", "$.people.a"),
        ("[schedules.s]\n[[schedules.s.layers]]\npeople = ['a']", "$.schedules.s.layers[0]"),
        ("[escalations.e]\n[[escalations.e.levels]]\nto = 'person:a'", "$.escalations.e.levels[0].to"),
        ("[escalations.e]\n[[escalations.e.levels]]\nto = []\nif_ = 'x'", "$.escalations.e.levels[0]"),
        ("[channels.c]\ntype = 'pigeon'", "$.channels.c.type"),
        ("[channels.c]\ntype = 'email'\nhost = 'h'", "$.channels.c"),
        ("[[routes]]\nroutes = [{ chanels = ['a'] }]", "$.routes[0].routes[0]"),
        ("[[rules]]\nmetric = 'm'\nfor = 3", "$.rules[0].for"),
        (
            "[[maintenance]]\nservices = 's'\nstart = 2026-01-01T00:00:00Z\nend = 2026-01-01T00:00:00Z",
            "$.maintenance[0].services",
        ),
    ],
)
def test_it_refuses_what_the_loader_refuses(validator: Draft202012Validator, text: str, path: str) -> None:
    assert path in faults(validator, text)


def described(node: Any, path: str = "$") -> list[str]:
    """Return the keys that have no description."""
    gone = []
    if isinstance(node, dict):
        for name, entry in node.get("properties", {}).items():
            named = isinstance(entry, dict) and (
                {"description", "$ref", "const", "enum", "anyOf"} & set(entry)
            )
            gone += [] if named or entry.get("properties") else [f"{path}.{name}"]
        for key, inner in node.items():
            gone += described(inner, f"{path}.{key}")
    elif isinstance(node, list):
        for number, inner in enumerate(node):
            gone += described(inner, f"{path}[{number}]")
    return gone


def test_every_key_says_what_it_is() -> None:
    sections = {
        "slawatch",
        "web",
        "retention",
        "reports",
        "organizations",
        "services",
        "checks",
        "agreements",
        "calendars",
        "maintenance",
        "people",
        "teams",
        "schedules",
        "escalations",
        "channels",
        "alerting",
        "rules",
        "routes",
        "workflows",
        "inhibit",
        "quiet_hours",
        "users",
    }
    assert [path for path in described(schema()) if path.rsplit(".", 1)[1] not in sections] == []
