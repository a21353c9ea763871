"""How many samples had which outcome and which latency: what the metrics count."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from slawatch.core.instant import Instant, Micros
from slawatch.store.database import numbers_of, transaction
from slawatch.store.source import rows

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_OUTCOMES: Final = range(4)


class Tally(NamedTuple):
    """The samples of one check in a window.

    Attributes:
        outcomes: how many had each outcome, by its number.
        within: how many latencies of samples that were up or degraded were at most each bound.
        measured: how many had such a latency.
        total: the sum of these latencies, microseconds.
    """

    outcomes: tuple[int, ...]
    within: tuple[int, ...]
    measured: int
    total: Micros

    def __add__(self, other: "Tally") -> "Tally":  # type: ignore[override]
        """Return the tally of both together; they have the same bounds."""
        return Tally(
            tuple(a + b for a, b in zip(self.outcomes, other.outcomes, strict=True)),
            tuple(a + b for a, b in zip(self.within, other.within, strict=True)),
            self.measured + other.measured,
            self.total + other.total,
        )


def nothing(bounds: Sequence[Micros]) -> Tally:
    """Return the tally of no samples."""
    return Tally((0,) * len(_OUTCOMES), (0,) * len(bounds), 0, 0)


def tally(
    cursor: "DuckDBPyConnection", start: Instant, end: Instant, bounds: Sequence[Micros]
) -> dict[str, Tally]:
    """Return the tallies of the samples that started in `[start, end)`, by check.

    Raises:
        duckdb.Error: the store cannot be read.
    """
    if start >= end:
        return {}
    measured = "latency IS NOT NULL AND outcome < 2"
    columns = [f"count(*) FILTER (outcome = {number})" for number in _OUTCOMES]
    columns += [f"count(*) FILTER ({measured} AND latency <= {int(bound)})" for bound in bounds]
    columns += [
        f"count(*) FILTER ({measured})",
        f"coalesce(sum(latency) FILTER ({measured}), 0)::BIGINT",
    ]
    with transaction(cursor, read_only=True):
        names = {number: name for name, number in numbers_of(cursor).items()}
        source = rows(cursor, "sample", start, end, ("check_number", "outcome", "latency"))
        found = cursor.execute(
            f"SELECT check_number, {', '.join(columns)} FROM {source} GROUP BY check_number"
        ).fetchall()
    return {
        names[number]: Tally(tuple(counts[:4]), tuple(counts[4:-2]), counts[-2], counts[-1])
        for number, *counts in found
        if number in names
    }
