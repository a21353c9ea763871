"""`[agreements.NAME]`: terms as they are written, over those of a preset, with what later versions change."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, cast

from slawatch.config import preset
from slawatch.config.annotations import keys
from slawatch.config.partial import BAD, Flawed, judging, reopened, unflawed, whole
from slawatch.config.problem import KeyPath, nearest, one_of
from slawatch.config.reading import Reader
from slawatch.core.agreement import Agreement
from slawatch.core.check import Organization

FIXED: Final = ("organization", "versions")
"""What a later version of an agreement cannot change."""

_EITHER: Final = ("claim_window", "claim_periods")
_KEYS: Final = tuple(key for key in keys(Agreement) if key != "key")


def read_agreement(
    reader: Reader,
    key: str,
    table: Mapping[str, Any],
    organizations: Mapping[str, Organization],
    timezone: str,
) -> Agreement:
    """Return an agreement, with holes where it cannot be read; every mistake is told to the reader.

    Args:
        reader: of the document.
        key: the name of the table.
        table: what stands in it.
        organizations: those that could be read, for their time zones.
        timezone: where neither the agreement nor its organisation says one.
    """
    path: KeyPath = ("agreements", key)
    table = reader.known(table, _KEYS, path)
    zone = timezone
    with judging:
        owner = organizations.get(str(table.get("organization")))
        zone = owner.timezone if owner else timezone
    own = {name: value for name, value in table.items() if name != "versions"}
    own = _over_preset(reader, own, path)
    base = _terms(reader, key, {"timezone": zone, **own}, path, _placed(path, table))
    versions = _versions(reader, key, table, own, path, zone)
    if not isinstance(base, Flawed) and isinstance(versions, tuple) and whole(versions):
        return cast("Agreement", replace(base, versions=versions))
    known = {} if versions is BAD else {"versions": tuple(unflawed(one) for one in versions)}
    return cast("Agreement", reopened(unflawed(base), unread=() if known else ("versions",), **known))


def _versions(
    reader: Reader, key: str, table: Mapping[str, Any], own: Mapping[str, Any], path: KeyPath, zone: str
) -> Any:
    """Return the later versions, each whole or Flawed; BAD where nobody knows how many there are."""
    written = table.get("versions", [])
    if written is BAD:
        return BAD
    here = (*path, "versions")
    if not isinstance(written, list) or not all(isinstance(one, dict) for one in written):
        reader.wrong(here, f"an array of tables [[agreements.{key}.versions]]", written, hide=True)
        return BAD
    found: list[Any] = []
    for number, changes in enumerate(written):
        at = (*here, number)
        for name in FIXED:
            if name in changes:
                reader.problem((*at, name), "a later version of an agreement cannot change this")
        changes = reader.known(changes, _KEYS, at)
        later = {name: value for name, value in changes.items() if name not in FIXED}
        terms = _over({"timezone": zone, **own}, _over_preset(reader, later, at))
        if later.get("preset") is None and "preset" in own:
            terms["preset"] = own["preset"]
        placed = _placed(at, later, _placed(path, table))
        if "effective_from" in changes:
            found.append(_terms(reader, key, terms, path, placed))
            continue
        reader.problem(at, 'the key "effective_from" is missing', expected="a date such as 2027-01-01")
        undated = unflawed(_terms(reader, key, terms, path, placed))
        found.append(Flawed(reopened(undated, unread=("effective_from",))))
    return tuple(found)


def _over_preset(reader: Reader, table: dict[str, Any], path: KeyPath) -> dict[str, Any]:
    """Return a table with the terms of its preset where it says nothing itself."""
    name = table.get("preset")
    if name is None or name is BAD:
        return table
    if not isinstance(name, str) or name not in preset.names():
        hint = nearest(name, preset.names()) if isinstance(name, str) else ""
        message = "there is no such preset" + (f": {hint}" if hint else "")
        reader.wrong((*path, "preset"), one_of(preset.names()), name, message)
        return table
    return _over(preset.load(name).terms, table)


def _over(lower: Mapping[str, Any], upper: Mapping[str, Any]) -> dict[str, Any]:
    """Return terms with those that are written over them; of two keys for one thing, the upper one stays."""
    gone = {other for key, other in (_EITHER, _EITHER[::-1]) if key in upper and other not in upper}
    return {**{key: value for key, value in lower.items() if key not in gone}, **upper}


def _placed(
    path: KeyPath, table: Mapping[str, Any], otherwise: Callable[[str], KeyPath] | None = None
) -> Callable[[str], KeyPath]:
    """Return where a key stands: in this table, else in its preset, else where it is otherwise."""

    def at(key: str) -> KeyPath:
        if key in table:
            return (*path, key)
        if "preset" in table and isinstance(table["preset"], str):
            name = table["preset"]
            if name in preset.names() and key in preset.load(name).terms:
                return (*path, "preset")
        return otherwise(key) if otherwise else (*path, key)

    return at


def _terms(
    reader: Reader, key: str, terms: Mapping[str, Any], path: KeyPath, at: Callable[[str], KeyPath]
) -> Any:
    values = reader.fields(Agreement, terms, path, given=("key", "versions"), at=at)
    return reader.build(Agreement, {**values, "key": key}, path, at)
