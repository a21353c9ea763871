"""Transitions recomputed from the samples in SQL: the rule of `core.timeline.fold`, for millions of rows."""

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Final

from slawatch.core.instant import DAY, Instant
from slawatch.store.source import EARLIEST, LATEST, first_from, last_before, rows, sampled_days

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_HOLD_BITS: Final = 56
_HOLD_MASK: Final = (1 << _HOLD_BITS) - 1

# Of several samples at one instant one counts: known before unknown, then the worse, then the longer hold.
# The three are packed into one number, so that one aggregate finds it.
_SEEN: Final = f"""
CREATE OR REPLACE TEMP TABLE seen AS
SELECT check_number, started_at, packed & {_HOLD_MASK} AS holds,
    CASE packed >> {_HOLD_BITS} WHEN 0 THEN 3 ELSE (packed >> {_HOLD_BITS}) - 1 END AS outcome
FROM (
    SELECT check_number, started_at, max(
        ((CASE outcome WHEN 3 THEN 0 ELSE outcome + 1 END)::BIGINT << {_HOLD_BITS}) | least(holds,
        {_HOLD_MASK})
    ) AS packed
    FROM (
        SELECT check_number, started_at, outcome, holds FROM folding
        UNION ALL SELECT check_number, started_at, outcome, holds FROM {{samples}}
    )
    GROUP BY check_number, started_at
)
"""

_INSERT: Final = """
INSERT INTO transition
WITH paired AS (
    SELECT check_number, started_at, outcome,
        lag(started_at) OVER ordered AS after, lag(outcome) OVER ordered AS was,
        after + lag(holds) OVER ordered AS silent
    FROM seen WINDOW ordered AS (PARTITION BY check_number ORDER BY started_at)
), changed AS MATERIALIZED (
    SELECT check_number, started_at, outcome, after, was, silent FROM paired
    WHERE was IS NULL OR outcome <> was OR started_at > silent
), reasons AS (
    SELECT f.check_number, f.started_at, min(f.reason) AS reason
    FROM {failures} f SEMI JOIN changed c ON f.check_number = c.check_number AND f.started_at = c.started_at
    GROUP BY f.check_number, f.started_at
)
SELECT check_number, silent, 3, after, NULL
FROM changed WHERE was IS NOT NULL AND started_at > silent AND was <> 3
UNION ALL
SELECT c.check_number, c.started_at, c.outcome, c.after, r.reason
FROM changed c LEFT JOIN reasons r ON r.check_number = c.check_number AND r.started_at = c.started_at
WHERE (was IS NULL AND NOT EXISTS (
        SELECT 1 FROM folding f WHERE f.check_number = c.check_number AND f.started_at = c.started_at
    ))
    OR (was IS NOT NULL AND NOT (c.started_at > silent AND c.outcome = 3))
"""

_CARRY: Final = """
CREATE OR REPLACE TEMP TABLE folding AS
SELECT check_number, max(started_at) AS started_at, arg_max(outcome, started_at) AS outcome,
    arg_max(holds, started_at) AS holds
FROM seen GROUP BY check_number
"""


def refold(cursor: "DuckDBPyConnection", checks: Collection[int], start: Instant, end: Instant) -> None:
    """Rebuild the transitions that the samples of `[start, end)` cause, from all samples that are stored.

    Each transition carries the sample before it in `after`, so the ones to replace are those that follow from
    the last sample before the window up to the first one after it. The cursor is inside a transaction of the
    caller.

    Args:
        cursor: on the store.
        checks: their numbers.
        start: of the half-open window in which samples came in late, or were imported.
        end: of that window.
    """
    numbers = sorted(int(check) for check in set(checks))
    if not numbers or start >= end:
        return
    before = last_before(cursor, start, numbers)
    following = first_from(cursor, end, numbers)
    cursor.execute(
        "CREATE OR REPLACE TEMP TABLE folding "
        "(check_number INTEGER, started_at BIGINT, outcome INTEGER, holds BIGINT)"
    )
    cursor.execute(
        "CREATE OR REPLACE TEMP TABLE refolded (check_number INTEGER, earliest BIGINT, latest BIGINT)"
    )
    with cursor.appender("refolded") as bounds:
        for number in numbers:
            earliest, latest = before.get(number), following.get(number)
            bounds.append_row(number, earliest[0] if earliest else None, latest[0] if latest else LATEST)
    if before:
        with cursor.appender("folding") as carried:
            carried.append_rows([(number, *found) for number, found in before.items()])
    cursor.execute(
        """
        DELETE FROM transition USING refolded r WHERE transition.check_number = r.check_number AND CASE
            WHEN transition.after IS NULL THEN transition.changed_at BETWEEN ? AND r.latest
            ELSE transition.after >= coalesce(r.earliest, ?) AND transition.after < r.latest END
        """,
        [start, EARLIEST],
    )
    only = f"check_number IN ({', '.join(map(str, numbers))})"
    for low, high in _stretches(cursor, start, end):
        _insert(
            cursor,
            rows(cursor, "sample", low, high, where=only),
            rows(cursor, "failure", low, high, where=only),
        )
    if following:
        instants = [found[0] for found in following.values()]
        low, high = min(instants), max(instants) + 1
        next_ones = " OR ".join(
            f"(check_number = {number} AND started_at = {found[0]})" for number, found in following.items()
        )
        samples = (
            "(VALUES "
            + ", ".join(
                f"({number}, {at}, {outcome}, {holds})" for number, (at, outcome, holds) in following.items()
            )
            + ") AS next_one(check_number, started_at, outcome, holds)"
        )
        _insert(cursor, samples, rows(cursor, "failure", low, high, where=next_ones))
    cursor.execute("DROP TABLE refolded")
    cursor.execute("DROP TABLE folding")
    cursor.execute("DROP TABLE IF EXISTS seen")


def _stretches(
    cursor: "DuckDBPyConnection", start: Instant, end: Instant
) -> Iterator[tuple[Instant, Instant]]:
    """Yield the parts of the window that hold samples, a UTC day each: that bounds the memory it takes."""
    low, high = max(start, EARLIEST), min(end, LATEST)
    for day in sampled_days(cursor, low, high):
        yield max(low, day * DAY), min(high, (day + 1) * DAY)


def _insert(cursor: "DuckDBPyConnection", samples: str, failures: str) -> None:
    cursor.execute(_SEEN.format(samples=samples))
    cursor.execute(_INSERT.format(failures=failures))
    cursor.execute(_CARRY)
