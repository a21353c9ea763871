"""What probes that were not up had seen, step by step: the last one of each check."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from slawatch.core.instant import Instant
from slawatch.store.database import numbers_of, transaction
from slawatch.store.source import rows

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


class Failure(NamedTuple):
    """A probe that was not up.

    Attributes:
        started_at: when it began.
        reason: one line for people.
        transcript: what it did, line by line; empty where none was kept.
    """

    started_at: Instant
    reason: str
    transcript: str


def last_failures(
    cursor: "DuckDBPyConnection", names: Iterable[str], start: Instant, end: Instant
) -> dict[str, Failure]:
    """Return the last probe in `[start, end)` that was not up, of each check that has one.

    Raises:
        duckdb.Error: the store cannot be read.
    """
    with transaction(cursor, read_only=True):
        known = numbers_of(cursor)
        numbers = {known[name]: name for name in names if name in known}
        if not numbers or start >= end:
            return {}
        only = f"check_number IN ({', '.join(map(str, numbers))})"
        source = rows(
            cursor, "failure", start, end, ("check_number", "started_at", "reason", "transcript"), where=only
        )
        found = cursor.execute(
            "SELECT check_number, unnest(max_by({'a': started_at, 'r': coalesce(reason, ''), "
            f"'t': coalesce(transcript, '')}}, started_at)) FROM {source} GROUP BY check_number"
        ).fetchall()
    return {numbers[number]: Failure(at, reason, transcript) for number, at, reason, transcript in found}
