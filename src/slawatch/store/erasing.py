"""Takes a person out of everything that is stored: a pseudonym stands wherever the name stood.

What they did stays on record; who they were does not. Blocking, while no daemon runs: it has names in memory.
"""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from slawatch.store.database import Database
from slawatch.store.entries import in_transaction

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

COLUMNS: Final[Mapping[str, Sequence[str]]] = {
    "maintenance_entry": ("person", "source", "reason"),
    "adjustment_entry": ("person", "source", "reason", "evidence"),
    "silence_entry": ("person", "source", "author", "comment"),
    "override_entry": ("person", "source", "change", "reason"),
    "alert_event": ("person", "text", "changes"),
    "alert_snapshot": ("state",),
    "attempt": ("recipient", "answer"),
    "audit": ("person", "source", "subject", "detail"),
    "token": ("created_by", "name"),
}
"""Where names of people stand; sessions are forgotten altogether."""

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
    with database.reading() as cursor:
        # What was deleted stays in the file until its blocks are written anew.
        cursor.execute("CHECKPOINT")
    return found


def known(database: Database, name: str) -> list[str]:
    """Return what a name also stands for in the store, and could not be told apart from: checks.

    Raises:
        StoreError: the database cannot be read.
    """
    with database.reading() as cursor:
        rows = cursor.execute("SELECT name FROM check_name WHERE name = ?", [name]).fetchall()
    return [f"the check {row[0]}" for row in rows]


def _replace(cursor: "DuckDBPyConnection", table: str, names: Sequence[str], pseudonym: str) -> int:
    longest_first = sorted(names, key=len, reverse=True)
    pattern = f"{_BEFORE}({'|'.join(re.escape(name) for name in longest_first)}){_AFTER}"
    # A separator between two names belongs to one match at a time.
    again = "regexp_replace(regexp_replace({0}, $pattern, $put, 'g'), $pattern, $put, 'g')"
    columns = COLUMNS[table]
    parts = ", ".join(f"{column} = {again.format(column)}" for column in columns)
    meant = " OR ".join(f"regexp_matches({column}, $pattern)" for column in columns)
    done = cursor.execute(
        f"UPDATE {table} SET {parts} WHERE {meant}", {"pattern": pattern, "put": rf"\1{pseudonym}\3"}
    ).fetchone()
    return int(done[0]) if done else 0
