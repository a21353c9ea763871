"""A store that holds nothing, in memory: answers before anything was stored are made of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from slawatch.core.instant import Instant
from slawatch.store import schema

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@contextmanager
def blank(now: Instant) -> "Iterator[DuckDBPyConnection]":
    """Give a connection to it; `now` is when its tables were made."""
    import duckdb

    connection = duckdb.connect(":memory:")
    try:
        schema.migrate(connection, now)
        yield connection
    finally:
        connection.close()
