"""What to write in place of a value of the wrong kind, where that can be told from the value."""

import re
from collections.abc import Mapping
from dataclasses import is_dataclass
from decimal import Decimal
from typing import Any, Final, get_args, get_origin

from slawatch.config.annotations import Marker, accepts, describe, holds_secret, keys, unwrap
from slawatch.config.problem import quoted
from slawatch.core.text import FromText

_NUMBER: Final = re.compile(r"-?\d{1,18}(\.\d{1,18})?", re.ASCII)
_TRUTH: Final = {
    "true": "true", "yes": "true", "on": "true", "false": "false", "no": "false", "off": "false",
}  # fmt: skip
_LONGEST: Final = 60


def advice(kind: Any, found: object) -> str:
    """Return what to write instead of a value that an annotation does not take; nothing where nobody knows.

    >>> advice(bool, "yes"), advice(int, "3")
    ('write true or false without quotes: true', 'a number stands without quotes: 3')
    >>> advice(str, 3)
    'text stands in quotes: "3"'
    >>> advice(tuple[str, ...], "shop")
    'several stand in brackets, one as well: ["shop"]'
    """
    bare, marker = unwrap(kind)
    origin = get_origin(bare) or bare
    number = isinstance(found, int | Decimal) and not isinstance(found, bool)
    if holds_secret(kind):
        return ""
    if number and describe(kind).startswith("a duration"):
        return f'a length of time has a unit and stands in quotes: "{found}s" or "{found}m"'
    if number and bare is str and _readable(marker, str(found)):
        return f'text stands in quotes: "{found}"'
    if is_dataclass(bare) and isinstance(bare, type):
        return "" if isinstance(found, list) else f"a table stands in braces: {_table(bare)}"
    inner = get_args(bare)[0] if origin in (tuple, frozenset, list) and get_args(bare) else None
    if is_dataclass(inner) and isinstance(inner, type) and not isinstance(found, dict):
        return f"several tables stand in brackets, one as well: [{_table(inner)}]"
    if not isinstance(found, str) or len(found) > _LONGEST:
        return ""
    if accepts(kind, True) and origin is not object and found.lower() in _TRUTH:
        return f"write true or false without quotes: {_TRUTH[found.lower()]}"
    if _NUMBER.fullmatch(found) and accepts(kind, Decimal(found) if "." in found else int(found)):
        return f"a number stands without quotes: {found}"
    if inner is not None and accepts(inner, found):
        return f"several stand in brackets, one as well: [{quoted(found)}]"
    return "a table stands in braces: { key = value }" if origin in (dict, Mapping) else ""


def _table(kind: type) -> str:
    """Return what a table looks like: with the keys that it needs, else with any."""
    named = keys(kind)
    needed = [name for name, key in named.items() if key.required] or [next(iter(named))]
    return f"{{ {', '.join(f'{name} = ...' for name in needed)} }}"


def _readable(marker: Marker | None, text: str) -> bool:
    if not isinstance(marker, FromText):
        return marker is None
    try:
        marker.parse(text)
    except ValueError:
        return False
    return True
