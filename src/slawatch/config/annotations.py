"""What the annotation of a dataclass field says: which TOML values it takes, and what to call them."""

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime, time
from decimal import Decimal
from functools import cache
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Final,
    Literal,
    NamedTuple,
    TypeAlias,
    TypeGuard,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from slawatch.config.problem import one_of, quoted
from slawatch.core.text import BesideConfig, FromText, FromValue, Secret

Marker: TypeAlias = FromText | FromValue | BesideConfig
"""Says how a value is read that is not taken as TOML has it."""


class Key(NamedTuple):
    """One key of a table.

    Attributes:
        kind: its annotation, resolved.
        default: its value where it is not written; MISSING where it must be.
        field: the field it is read into: named as the key, with `_` behind a word of Python such as `if`.
    """

    kind: Any
    default: Any
    field: str

    @property
    def required(self) -> bool:
        """Whether it must be written."""
        return self.default is MISSING


@cache
def keys(kind: type) -> dict[str, Key]:
    """Return the TOML keys of a dataclass: its fields, in their order."""
    hints = get_type_hints(kind, include_extras=True)
    found = {}
    for field in fields(kind):
        default = field.default_factory() if field.default_factory is not MISSING else field.default
        if field.init:
            found[field.name.removesuffix("_")] = Key(hints[field.name], default, field.name)
    return found


def unwrap(kind: Any) -> tuple[Any, Marker | None]:
    """Return the bare type of an annotation, and how it is read if not as TOML has it."""
    if get_origin(kind) is Annotated:
        bare, *extras = get_args(kind)
        return bare, next((extra for extra in extras if isinstance(extra, Marker)), None)
    return kind, None


def accepts(kind: Any, found: object) -> bool:
    """Say whether a TOML value is of the right kind, its content aside."""
    bare, marker = unwrap(kind)
    if isinstance(marker, FromText | BesideConfig):
        return isinstance(found, str)
    if isinstance(marker, FromValue) or bare in (Any, object):
        return True
    if bare is Secret:
        return isinstance(found, str | dict)
    origin = get_origin(bare) or bare
    if origin is Literal:
        return any(type(choice) is type(found) for choice in get_args(bare))
    if origin is Union or isinstance(bare, UnionType):
        return any(accepts(branch, found) for branch in get_args(bare))
    if bare in (int, float, Decimal):
        return _number(found, whole=bare is int)
    if origin in (tuple, frozenset, set, list):
        return isinstance(found, list)
    if origin in (dict, Mapping) or is_dataclass(bare):
        return isinstance(found, dict)
    return isinstance(bare, type) and bare is not NoneType and type(found) is bare


def _number(found: object, *, whole: bool) -> TypeGuard[int | Decimal]:
    if isinstance(found, bool):
        return False
    return isinstance(found, int) or (not whole and isinstance(found, Decimal) and found.is_finite())


def describe(kind: Any) -> str:
    """Return what a value of this annotation looks like, for people."""
    bare, marker = unwrap(kind)
    if marker is not None:
        return marker.expected
    origin = get_origin(bare) or bare
    if origin is Literal:
        return choices(get_args(bare))
    if origin is Union or isinstance(bare, UnionType):
        words = dict.fromkeys(describe(branch) for branch in get_args(bare) if branch is not NoneType)
        return " or ".join(words)
    if origin in (tuple, frozenset, set, list):
        return f"an array of {_plural(get_args(bare)[0])}" if get_args(bare) else "an array"
    if is_dataclass(bare) and bare is not Secret and isinstance(bare, type):
        return f"a table of {', '.join(keys(bare))}"
    return _WORDS.get(origin, "a value")


_WORDS: Final[dict[Any, str]] = {
    str: "text in quotes",
    int: "a whole number",
    float: "a number",
    Decimal: "a number",
    bool: "true or false",
    dict: "a table",
    Mapping: "a table",
    Secret: 'a secret: { env = "NAME" }, { file = "path" } or { credential = "name" }',
    date: "a date",
    datetime: "a date and time",
    time: "a time of day",
}


def _plural(kind: Any) -> str:
    return {str: "texts", int: "whole numbers", float: "numbers"}.get(kind) or (
        "tables" if is_dataclass(kind) else f"values, each {describe(kind)}"
    )


def choices(allowed: Iterable[Any]) -> str:
    """Return `"a", "b" or 3` for the members of a Literal."""
    allowed = list(allowed)
    if all(isinstance(choice, str) for choice in allowed):
        return one_of(allowed)
    return " or ".join(show(choice) for choice in allowed)


def holds_secret(kind: Any, around: tuple[Any, ...] = ()) -> bool:
    """Say whether a value of this annotation may hold a secret, which no message may show.

    Args:
        kind: the annotation.
        around: the dataclasses that it stands in, for those that hold themselves.
    """
    bare, marker = unwrap(kind)
    if marker is not None or bare in around:
        return False
    if bare is Secret:
        return True
    if is_dataclass(bare) and isinstance(bare, type):
        return any(holds_secret(key.kind, (*around, bare)) for key in keys(bare).values())
    return any(holds_secret(inner, around) for inner in get_args(bare))


def show(found: object) -> str:
    """Return a TOML value for a message, short and on one line; tables and arrays by their kind only."""
    if isinstance(found, bool):
        return "true" if found else "false"
    if isinstance(found, str):
        return quoted(found)
    if isinstance(found, int | Decimal):
        return str(found)
    if isinstance(found, datetime | date | time):
        return found.isoformat()
    return word_for(found)


def word_for(found: object) -> str:
    """Return the kind of a TOML value, without its content."""
    if isinstance(found, dict):
        return "a table"
    if isinstance(found, list):
        return "an array" if found else "an empty array"
    return {bool: "a truth value", str: "text", int: "a number", Decimal: "a number"}.get(
        type(found), "a date or time"
    )


def native(found: Any) -> Any:
    """Return a TOML value with floats for Decimals, for fields that take anything."""
    if isinstance(found, Decimal):
        return float(found)
    if isinstance(found, list):
        return tuple(native(element) for element in found)
    if isinstance(found, dict):
        return {key: native(element) for key, element in found.items()}
    return found
