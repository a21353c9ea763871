"""The JSON Schema of the configuration, for editors; from the same dataclasses that read it."""

from collections.abc import Collection, Mapping
from dataclasses import is_dataclass
from decimal import Decimal
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin

from slawatch import checks as check_types
from slawatch import notifiers
from slawatch.config import preset
from slawatch.config.agreements import FIXED
from slawatch.config.alerting import Alerting
from slawatch.config.annotations import keys, unwrap
from slawatch.config.attributes import described
from slawatch.config.calendars import WrittenCalendar
from slawatch.config.model import Reports, Retention, Settings, Web
from slawatch.config.tables import NAME_PATTERN
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
from slawatch.core.text import Duration, FromValue, Secret, format_duration
from slawatch.core.workflow import Workflow

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

_DURATION: Final = unwrap(Duration)[1]

_SCALARS: Final[dict[Any, dict[str, Any]]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    Decimal: {"type": "number"},
}


def schema() -> dict[str, Any]:
    """Return the JSON Schema, draft 2020-12, of a whole configuration."""
    types = {name: check_types.load(name).options for name in check_types.names()}
    channels = {name: notifiers.load(name).options for name in notifiers.names()}
    top = {
        "slawatch": _table(Settings),
        "web": _table(Web),
        "retention": _table(Retention),
        "reports": _table(Reports),
        "organizations": _named(_table(Organization, given=("key",), optional=("name",))),
        "defaults": {
            "type": "object",
            "additionalProperties": False,
            "description": "Keys for all checks that do not say otherwise.",
            "properties": {"check": _defaults(types.values())},
        },
        "services": _named(_table(Service, given=("name",))),
        "checks": _named({"$ref": "#/$defs/check"}),
        "agreements": _named(_agreement()),
        "calendars": _named(_table(WrittenCalendar)),
        "maintenance": {"type": "array", "items": _table(Maintenance)},
        "people": _named(_table(Person, given=("key",))),
        "teams": _named(_table(Team, given=("key",))),
        "schedules": _named(_table(Schedule, given=("key",))),
        "escalations": _named(_table(Policy, given=("name",))),
        "channels": _named({"$ref": "#/$defs/channel"}),
        "alerting": _table(Alerting),
        "rules": {"type": "array", "items": _table(Rule)},
        "routes": {"type": "array", "items": {"$ref": "#/$defs/route"}},
        "workflows": {"type": "array", "items": _table(Workflow)},
        "inhibit": {"type": "array", "items": _table(Inhibition)},
        "quiet_hours": _named(_table(QuietHours, given=("name",))),
        "users": _named(_table(User, given=("name",))),
    }
    return {
        "$schema": DIALECT,
        "title": "slawatch configuration",
        "type": "object",
        "additionalProperties": False,
        "properties": top,
        "$defs": {
            "secret": _secret(),
            "route": _table(Route),
            **_typed("check", Check, types),
            **_typed("channel", Channel, channels),
        },
    }


def _typed(what: str, common: type, types: Mapping[str, type]) -> dict[str, Any]:
    """Return the definitions of tables whose other keys depend on their type, by name.

    Args:
        what: `check` or `channel`.
        common: the dataclass of the keys that all have.
        types: the dataclass of each type's own keys.
    """
    whole = {
        "type": "object",
        "description": described(common).summary,
        "properties": {"type": {"enum": list(types)}},
        "allOf": [
            {
                "if": {"properties": {"type": {"const": name}}, "required": ["type"]},
                "then": {"$ref": f"#/$defs/{what}-{name}"},
            }
            for name in types
        ],
    }
    return {what: whole, **{f"{what}-{name}": _of_type(common, name, own) for name, own in types.items()}}


def _agreement() -> dict[str, Any]:
    """Return the schema of an agreement; a version of it holds what changes."""
    table = _table(Agreement, given=("key", "versions"))
    table["properties"]["preset"] = {**table["properties"]["preset"], "enum": list(preset.names())}
    version = {key: entry for key, entry in table["properties"].items() if key not in FIXED}
    table["properties"]["versions"] = {
        "type": "array",
        "description": described(Agreement).fields["versions"],
        "items": {
            "type": "object",
            "additionalProperties": False,
            "properties": version,
            "required": ["effective_from"],
        },
    }
    return table


def _of_type(kind: type, name: str, options: type) -> dict[str, Any]:
    """Return the schema of a table of one type; of a check without required keys: defaults may bring them."""
    common = _table(kind, given=("name", "options"))["properties"]
    common["type"] = {"const": name, "description": described(options).summary}
    own = _table(options)
    return {
        "type": "object",
        "description": described(options).summary,
        "additionalProperties": False,
        "properties": {**common, **own["properties"]},
        **({"required": own["required"]} if "required" in own and kind is not Check else {}),
    }


def _defaults(options: Collection[type]) -> dict[str, Any]:
    """Return the schema of `[defaults.check]`: the keys that all checks have, and those of any type."""
    common = _table(Check, given=("name", "options"))["properties"]
    common["type"] = {"enum": list(check_types.names()), "description": common["type"].get("description", "")}
    known: dict[str, list[Any]] = {}
    for kind in options:
        for key, entry in _table(kind)["properties"].items():
            if entry not in known.setdefault(key, []):
                known[key].append(entry)
    several = {key: found[0] if len(found) == 1 else {"anyOf": found} for key, found in known.items()}
    return {"type": "object", "additionalProperties": False, "properties": {**several, **common}}


def _named(table: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "propertyNames": {"pattern": f"^{NAME_PATTERN}$"},
        "additionalProperties": table,
    }


def _table(kind: type, given: Collection[str] = (), optional: Collection[str] = ()) -> dict[str, Any]:
    """Return the schema of a table, each key with what the docstring says of it.

    Args:
        kind: the dataclass.
        given: fields that are no keys.
        optional: keys that may be left out though the dataclass has no default for them.
    """
    words = described(kind)
    properties, required = {}, []
    for name, key in keys(kind).items():
        if name in given:
            continue
        entry = _value(key.kind)
        if words.fields.get(key.field):
            entry = {**entry, "description": words.fields[key.field]}
        default = _default(key.kind, key.default)
        if default is not None:
            entry = {**entry, "default": default}
        properties[name] = entry
        if key.required and name not in optional:
            required.append(name)
    return {
        "type": "object",
        "description": words.summary,
        "additionalProperties": False,
        "properties": properties,
        **({"required": required} if required else {}),
    }


def _value(kind: Any) -> dict[str, Any]:
    bare, marker = unwrap(kind)
    if marker is not None:
        return marker.schema()
    if bare is Secret:
        return {"$ref": "#/$defs/secret"}
    origin = get_origin(bare) or bare
    if origin is Literal:
        return {"enum": list(get_args(bare))}
    if origin is Union or isinstance(bare, UnionType):
        branches = [_value(branch) for branch in get_args(bare) if branch is not NoneType]
        return branches[0] if len(branches) == 1 else {"anyOf": branches}
    if origin in (tuple, list, set, frozenset):
        return {"type": "array", "items": _value(get_args(bare)[0])}
    if origin in (dict, Mapping):
        return {"type": "object", "additionalProperties": _value(get_args(bare)[1])}
    if bare is Route:
        return {"$ref": "#/$defs/route"}
    if is_dataclass(bare) and isinstance(bare, type):
        return _table(bare)
    return dict(_SCALARS.get(origin, {}))


def _default(kind: Any, default: Any) -> Any:
    """Return a default as TOML writes it; None where there is none, or it says nothing."""
    _, marker = unwrap(kind)
    if marker is _DURATION and isinstance(default, int):
        return format_duration(default)
    if isinstance(marker, FromValue) or default == "":
        return None
    return default if isinstance(default, str | int | float) else None


def _secret() -> dict[str, Any]:
    forms = {
        "env": "the name of an environment variable",
        "file": "a file, relative to the config file",
        "credential": "the name of a systemd credential (LoadCredential=)",
    }
    return {
        "description": "A secret, never printed, logged or stored.",
        "anyOf": [
            {"type": "string", "minLength": 1},
            *(
                {
                    "type": "object",
                    "additionalProperties": False,
                    "required": [form],
                    "properties": {form: {"type": "string", "minLength": 1, "description": words}},
                }
                for form, words in forms.items()
            ),
        ],
    }
