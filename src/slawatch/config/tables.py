"""Tables by name, and arrays of tables: what most sections are made of."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from slawatch.config.partial import BAD, Lost, nothing_of
from slawatch.config.problem import KeyPath, dotted
from slawatch.config.reading import Reader

NAME_PATTERN: Final = r"\w[\w.-]{0,99}"
_NAME: Final = re.compile(NAME_PATTERN)
_SINGULAR: Final = {"people": "person", "quiet_hours": "entry"}


def named_tables(reader: Reader, section: str) -> dict[str, dict[str, Any] | None]:
    """Return the tables of a section by name, None for what is no table; Lost where it has none at all."""
    tables = reader.document.tree.get(section, {})
    if tables is BAD:
        return Lost()
    if not isinstance(tables, dict):
        reader.wrong((section,), f"tables such as [{section}.example]", tables, hide=True)
        return Lost()
    found: dict[str, dict[str, Any] | None] = {}
    for name, table in tables.items():
        path = (section, name)
        found[name] = table if isinstance(table, dict) else None
        if table is BAD:
            continue
        if not isinstance(table, dict):
            word = _SINGULAR.get(section, section[:-1])
            hint = f"every {word} is a table: write [{dotted(path)}] above the keys"
            reader.wrong(path, "a table", table, hint, hide=True)
        elif not _NAME.fullmatch(name):
            reader.problem(
                path,
                "a name is up to 100 letters, digits, dots, dashes, underscores; a letter or digit first",
            )
    return found


def read_named(
    reader: Reader,
    section: str,
    kind: type,
    key: str,
    defaults: Callable[[str], Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """Return what the tables of a section mean by name, with holes where they have mistakes.

    Args:
        reader: of the document.
        section: its name.
        kind: the dataclass of each.
        key: the field that the name goes into.
        defaults: keys for tables that do not have them, by the table's name.
    """
    tables = named_tables(reader, section)
    found: dict[str, Any] = Lost() if isinstance(tables, Lost) else {}
    for name, table in tables.items():
        if table is None:
            found[name] = nothing_of(kind, **{key: name})
        else:
            filled = {**defaults(name), **table} if defaults else table
            found[name] = reader.some(kind, filled, (section, name), {key: name})
    return found


def table_array(reader: Reader, section: str, kind: type) -> tuple[Any, ...]:
    """Return what an array of tables means, each with holes where it has mistakes."""
    tables = reader.document.tree.get(section, [])
    if tables is BAD:
        return ()
    if not isinstance(tables, list):
        hint = (
            f"several may follow: write [[{section}]] in double brackets" if isinstance(tables, dict) else ""
        )
        reader.wrong((section,), f"an array of tables [[{section}]]", tables, hint, hide=True)
        return ()
    return tuple(reader.some(kind, table, (section, number)) for number, table in enumerate(tables))


def written(reader: Reader, section: str) -> dict[str, Any]:
    """Return the tables of a section as they are written; a Lost one where it has none at all."""
    tables = reader.document.tree.get(section, {})
    return tables if isinstance(tables, dict) else Lost()


def numbered(section: str, read: tuple[Any, ...]) -> list[tuple[KeyPath, Any]]:
    """Return the tables of an array, each with its path."""
    return [((section, number), one) for number, one in enumerate(read)]
