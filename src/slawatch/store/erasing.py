"""Takes a person out of everything that is stored: a pseudonym stands wherever the name stood.

What they did stays on record; who they were does not. Blocking; a daemon that runs has names in memory, see
`slawatch.daemon.erasing`.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from slawatch.store.database import Database
from slawatch.store.entries import in_transaction
from slawatch.store.errors import translate

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

COLUMNS: Final[Mapping[str, Sequence[str]]] = {
    "maintenance_entry": ("person", "source", "reason"),
    "adjustment_entry": ("person", "source", "reason", "evidence"),
    "silence_entry": ("person", "source", "author", "comment"),
    "override_entry": ("person", "source", "change", "reason"),
    "alert_event": ("subject", "text", "person", "origin", "changes"),
    "alert_snapshot": ("state",),
    "attempt": ("key", "recipient", "answer"),
    "audit": ("person", "source", "subject", "detail"),
    "frozen_report": ("person", "source", "reason"),
    "token": ("created_by", "name"),
}
"""Where names of people stand; sessions are forgotten altogether.

A frozen report itself stays as it was signed: customers hold it, and every later one of its chain names it.
"""

_MORE: Final = 4 << 20
_MOST_SCRUBBED: Final = 2 << 30
"""Bytes that are written over what was deleted, at most."""

_BEFORE: Final = r"(^|[^\w.@+-])"
_AFTER: Final = r"(\.?(?:$|[^\w.+-]))"
"""What stands before and after a whole name: `alice@host` and the end of a sentence, but no `alice.smith`."""


def erase(database: Database, names: Sequence[str], pseudonym: str) -> dict[str, int]:
    """Put a pseudonym in the place of names; return how many rows of each table changed.

    Args:
        database: the store.
        names: the person's key or name, and whatever else they are known by, such as a mail address.
        pseudonym: what stands there from now on.

    Raises:
        StoreError: it could not be done; nothing has changed.
    """

    def work(cursor: "DuckDBPyConnection") -> dict[str, int]:
        changed = {table: _replace(cursor, table, names, pseudonym) for table in COLUMNS}
        gone = cursor.execute("DELETE FROM session WHERE list_contains(?, name)", [list(names)]).fetchone()
        changed["session"] = int(gone[0]) if gone else 0
        return {table: count for table, count in changed.items() if count}

    found = in_transaction(database, work, "erase a person")
    if found:
        in_transaction(
            database, lambda cursor: _copy_tables(cursor, {**found, "session": 0}), "erase a person"
        )
    return found


def scrub(database: Database) -> None:
    """Overwrite what was deleted: it stays in the file until its blocks are used again.

    Raises:
        StoreError: that could not be done.
    """
    import duckdb

    cursor = database.cursor()
    try:
        cursor.execute("CHECKPOINT")
        row = cursor.execute("SELECT free_blocks, block_size FROM pragma_database_size()").fetchone()
        free, size = row or (0, 0)
        # What does not compress: a number for each eight bytes of the free blocks, and of some more.
        count = min(free * size + _MORE, _MOST_SCRUBBED) // 8
        cursor.execute("CREATE OR REPLACE TABLE scrubbed AS SELECT hash(range) AS h FROM range(?)", [count])
        cursor.execute("CHECKPOINT")
        cursor.execute("DROP TABLE scrubbed")
        cursor.execute("CHECKPOINT")
    except duckdb.Error as error:
        raise translate(error, "overwrite what was erased", database.file) from error
    finally:
        cursor.close()


def mentions(names: Sequence[str]) -> Callable[[str], bool]:
    """Return what says whether a text has one of these names in it, as `erase` finds them.

    >>> mentions(["alice"])("7:1:trigger:0:0:person:alice:sms"), mentions(["alice"])("alice.smith")
    (True, False)
    """
    pattern = re.compile(_pattern(names), re.ASCII)
    return lambda text: pattern.search(text) is not None


def _copy_tables(cursor: "DuckDBPyConnection", tables: Iterable[str]) -> None:
    """Write tables anew, so that no block of theirs holds what they held before."""
    for table in tables:
        row = cursor.execute(
            "SELECT sql FROM duckdb_tables() WHERE table_name = ? AND NOT internal", [table]
        ).fetchone()
        if row is None:
            continue
        columns = row[0].partition("(")[2]
        cursor.execute(f"CREATE TABLE {table}_anew ({columns}")
        cursor.execute(f"INSERT INTO {table}_anew SELECT * FROM {table} ORDER BY rowid")
        cursor.execute(f"DROP TABLE {table}")
        cursor.execute(f"ALTER TABLE {table}_anew RENAME TO {table}")


def known(database: Database, name: str) -> list[str]:
    """Return what a name also stands for in the store, and could not be told apart from: checks.

    Raises:
        StoreError: the database cannot be read.
    """
    with database.reading() as cursor:
        rows = cursor.execute("SELECT name FROM check_name WHERE name = ?", [name]).fetchall()
    return [f"the check {row[0]}" for row in rows]


def _pattern(names: Sequence[str]) -> str:
    longest_first = sorted(names, key=len, reverse=True)
    return f"{_BEFORE}({'|'.join(re.escape(name) for name in longest_first)}){_AFTER}"


def _replace(cursor: "DuckDBPyConnection", table: str, names: Sequence[str], pseudonym: str) -> int:
    pattern = _pattern(names)
    # A separator between two names belongs to one match at a time.
    again = "regexp_replace(regexp_replace({0}, $pattern, $put, 'g'), $pattern, $put, 'g')"
    columns = COLUMNS[table]
    parts = ", ".join(f"{column} = {again.format(column)}" for column in columns)
    meant = " OR ".join(f"regexp_matches({column}, $pattern)" for column in columns)
    done = cursor.execute(
        f"UPDATE {table} SET {parts} WHERE {meant}", {"pattern": pattern, "put": rf"\1{pseudonym}\3"}
    ).fetchone()
    return int(done[0]) if done else 0
