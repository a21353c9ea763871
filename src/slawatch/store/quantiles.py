"""Exact discrete quantiles of latencies, over more samples than fit in memory.

A few million are sorted where they are. More are counted twice: once into logarithmic classes, which tells
the class that each rank lies in, then by exact value inside these classes only.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from slawatch.core.evidence import Latency
from slawatch.core.instant import Micros
from slawatch.core.percentile import rank

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

CLASS: Final = "floor(ln(greatest(latency, 0) + 1) * 50)::SMALLINT"
"""SQL of a latency's class; each is 2 % wide."""
_WIDTH: Final = 50
_MEASURED: Final = "latency IS NOT NULL AND outcome < 2"
"""Which samples have a latency that counts: those that were up or degraded."""

Classes = Mapping[int, Mapping[int, int]]
"""By check, how many of its latencies lie in each class."""


def count_classes(cursor: "DuckDBPyConnection", samples: str) -> tuple[Classes, Mapping[int, Micros]]:
    """Return, by check, how many latencies lie in each class, and the longest one.

    Args:
        cursor: on the store.
        samples: SQL of a subquery with `check_number`, `outcome` and `latency`.
    """
    counts: dict[int, dict[int, int]] = defaultdict(dict)
    longest: dict[int, Micros] = {}
    for check, number, count, largest in cursor.execute(
        f"SELECT check_number, {CLASS}, count(*), max(latency) FROM {samples} WHERE {_MEASURED} GROUP BY ALL"
    ).fetchall():
        counts[check][number] = count
        longest[check] = max(largest, longest.get(check, largest))
    return counts, longest


def pooled(
    cursor: "DuckDBPyConnection",
    samples: str,
    groups: Mapping[int, Collection[int]],
    shares: Sequence[Fraction],
    classes: Classes,
) -> dict[int, tuple[Micros, ...]]:
    """Return, by group of checks, the exact quantiles over all latencies of its checks.

    Memory is bounded by the number of different values in the classes that a rank lies in.

    Args:
        cursor: on the store.
        samples: SQL of a subquery with `check_number`, `outcome` and `latency`.
        groups: the checks of each group.
        shares: of which quantiles.
        classes: what `count_classes` found in the same samples.
    """
    wanted: list[tuple[int, int, int, int]] = []
    for group, checks in groups.items():
        counted: dict[int, int] = defaultdict(int)
        for check in checks:
            for number, count in classes.get(check, {}).items():
                counted[number] += count
        total = sum(counted.values())
        wanted.extend(
            (group, index, *_locate(counted, rank(share, total)))
            for index, share in enumerate(shares if total else ())
        )
    if not wanted:
        return {}
    members = {(group, check) for group, checks in groups.items() for check in checks}
    sought = {
        (check, number) for group, _, number, _ in wanted for member, check in members if member == group
    }
    found = cursor.execute(
        f"""
        WITH wanted(grp, share, class, rank) AS (VALUES {_listed(wanted)}),
        members(grp, check_number) AS (VALUES {_listed(members)}),
        sought(check_number, class) AS (VALUES {_listed(sought)}),
        counted AS (
            SELECT s.check_number, {CLASS} AS class, latency, count(*) AS times
            FROM {samples} s SEMI JOIN sought ON s.check_number = sought.check_number AND {CLASS} =
            sought.class WHERE {_MEASURED} AND ({_ranges({number for _, number in sought})})
            GROUP BY ALL
        ), running AS (
            SELECT grp, class, latency, sum(sum(times)) OVER (PARTITION BY grp, class ORDER BY latency) AS
            up_to FROM counted JOIN members USING (check_number) GROUP BY grp, class, latency
        )
        SELECT w.grp, w.share, min(r.latency)
        FROM wanted w JOIN running r ON r.grp = w.grp AND r.class = w.class AND r.up_to > w.rank
        GROUP BY w.grp, w.share
        """
    ).fetchall()
    by_group: dict[int, dict[int, Micros]] = defaultdict(dict)
    for group, index, value in found:
        by_group[group][index] = value
    return {group: tuple(values[index] for index in range(len(shares))) for group, values in by_group.items()}


def sorted_at_once(
    cursor: "DuckDBPyConnection",
    samples: str,
    groups: Mapping[int, Collection[int]],
    shares: Sequence[Fraction],
    bucket: str = "0",
) -> dict[tuple[int, int], tuple[tuple[Micros, ...], Micros, int]]:
    """Return, by group of checks and bucket, the exact quantiles, the largest and the count.

    All values are in memory at once.

    Args:
        cursor: on the store.
        samples: SQL of a subquery with `check_number`, `started_at`, `outcome` and `latency`.
        groups: the checks of each group.
        shares: of which quantiles, as decimals of at most eighteen digits.
        bucket: SQL of the number of a sample's bucket.
    """
    members = [(group, check) for group, checks in groups.items() for check in checks]
    if not members:
        return {}
    listed = ", ".join(f"{Decimal(share.numerator) / Decimal(share.denominator):f}" for share in shares)
    found = cursor.execute(
        f"""
        WITH members(grp, check_number) AS (VALUES {_listed(members)})
        SELECT grp, {bucket}, quantile_disc(latency, [{listed}]), max(latency), count(*)
        FROM {samples} JOIN members USING (check_number) WHERE {_MEASURED} GROUP BY ALL
        """
    ).fetchall()
    return {
        (group, number): (tuple(values), largest, count) for group, number, values, largest, count in found
    }


def latencies(
    cursor: "DuckDBPyConnection",
    samples: str,
    groups: Mapping[int, Sequence[int]],
    shares: Mapping[str, Fraction],
    *,
    at_once: bool,
) -> dict[int, Latency]:
    """Return the exact quantiles of each group of checks, by name, with their count and the largest.

    Args:
        cursor: on the store.
        samples: SQL of a subquery with `check_number`, `started_at`, `outcome` and `latency`.
        groups: the checks of each group.
        shares: of which quantiles, by name.
        at_once: all values fit in memory and are sorted there; else they are counted.
    """
    ordered = list(shares.values())
    if at_once:
        found = sorted_at_once(cursor, samples, groups, ordered)
        return {
            group: Latency(quantiles=dict(zip(shares, values, strict=True)), count=count, max=largest)
            for (group, _), (values, largest, count) in found.items()
        }
    classes, longest = count_classes(cursor, samples)
    return {
        group: Latency(
            quantiles=dict(zip(shares, values, strict=True)),
            count=sum(sum(classes[check].values()) for check in groups[group] if check in classes),
            max=max(longest[check] for check in groups[group] if check in longest),
        )
        for group, values in pooled(cursor, samples, groups, ordered, classes).items()
    }


def _locate(counted: Mapping[int, int], index: int) -> tuple[int, int]:
    """Return the class of the value at an index, and its index inside of that class."""
    for number in sorted(counted):
        if index < counted[number]:
            return number, index
        index -= counted[number]
    raise AssertionError("a rank below the total lies in one of the classes")


def _ranges(classes: Collection[int]) -> str:
    """Return SQL of the latencies that may lie in one of the classes: cheaper to test than the class."""
    parts: list[list[int]] = []
    for number in sorted(classes):
        if parts and number == parts[-1][1] + 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return " OR ".join(
        f"latency BETWEEN {_bound(low) - 2 if low > 0 else -(2**62)} AND {_bound(high + 1) + 2}"
        for low, high in parts
    )


def _bound(number: int) -> int:
    return int(math.exp(number / _WIDTH)) - 1


def _listed(tuples: Iterable[tuple[int, ...]]) -> str:
    return ", ".join(str(tuple(map(int, entry))) for entry in tuples)
