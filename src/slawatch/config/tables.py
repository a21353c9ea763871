"""Tables by name, and arrays of tables: what most sections are made of."""

import re
from typing import Any, Final

from slawatch.config.problem import KeyPath
from slawatch.config.reading import BAD, Reader

NAME_PATTERN: Final = r"\w[\w.-]{0,99}"
_NAME: Final = re.compile(NAME_PATTERN)
_SINGULAR: Final = {"people": "person", "quiet_hours": "entry"}


def named_tables(reader: Reader, section: str) -> dict[str, dict[str, Any]]:
    """Return the tables of a section by name, those with an impossible name or value left out."""
    tables = reader.document.tree.get(section, {})
    if not isinstance(tables, dict):
        reader.wrong((section,), f"tables such as [{section}.example]", tables, hide=True)
        return {}
    found = {}
    for name, table in tables.items():
        path = (section, name)
        if not _NAME.fullmatch(name):
            reader.problem(
                path,
                "a name is up to 100 letters, digits, dots, dashes, underscores; a letter or digit first",
            )
        elif not isinstance(table, dict):
            word = _SINGULAR.get(section, section[:-1])
            hint = f"every {word} is a table: write [{section}.NAME] above the keys"
            reader.wrong(path, "a table", table, hint, hide=True)
        else:
            found[name] = table
    return found


def table_array(reader: Reader, section: str, kind: type) -> tuple[Any, ...]:
    """Return what an array of tables means, what could not be read left out."""
    tables = reader.document.tree.get(section, [])
    if not isinstance(tables, list):
        reader.wrong((section,), f"an array of tables [[{section}]]", tables, hide=True)
        return ()
    read = [reader.table(kind, table, (section, number)) for number, table in enumerate(tables)]
    return tuple(value for value in read if value is not BAD)


def whole(reader: Reader, section: str, read: int) -> bool:
    """Say whether all of a section could be read, so that what is missing there is missing indeed."""
    written = reader.document.tree.get(section, ())
    return isinstance(written, dict | list | tuple) and len(written) == read


def array_paths(reader: Reader, section: str, read: int) -> list[KeyPath]:
    """Return where the tables of an array stand; nothing where not all of them could be read."""
    return [(section, number) for number in range(read)] if whole(reader, section, read) else []
