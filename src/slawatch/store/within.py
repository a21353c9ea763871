"""What samples say that lie in some stretches of time: those that an agreement counts."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from slawatch.core.evidence import Counted
from slawatch.core.instant import Instant
from slawatch.core.percentile import share_of
from slawatch.store.database import numbers_of, transaction
from slawatch.store.quantiles import latencies
from slawatch.store.source import rows

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_AT_ONCE: Final = 4_000_000
"""So many samples have their quantiles found by sorting; more are counted."""
_NOTHING: Final = Counted(outcomes={})


def within(
    cursor: "DuckDBPyConnection",
    services: Mapping[str, Sequence[str]],
    stretches: Sequence[tuple[Instant, Instant]],
    quantiles: Sequence[str] = (),
) -> dict[str, Counted]:
    """Return what the samples of services say that started in some stretches of time.

    Args:
        cursor: on the store; used up to the end of the call.
        services: the names of each service's checks.
        stretches: half-open, sorted, disjoint.
        quantiles: names such as `p95`; none leaves the latencies unread.

    Raises:
        ValueError: a quantile has no such name.
        duckdb.Error: the store cannot be read.
    """
    shares = {name: share_of(name) for name in quantiles}
    with transaction(cursor, read_only=True):
        known = numbers_of(cursor)
        groups = {
            index: [known[name] for name in dict.fromkeys(checks) if name in known]
            for index, checks in enumerate(services.values())
        }
        numbers = {number for checks in groups.values() for number in checks}
        if not numbers or not stretches:
            return dict.fromkeys(services, _NOTHING)
        source = _inside(cursor, numbers, stretches)
        counts: dict[int, dict[int, int]] = {}
        for number, outcome, count in cursor.execute(
            f"SELECT check_number, outcome, count(*) FROM {source} GROUP BY ALL"
        ).fetchall():
            counts.setdefault(number, {})[outcome] = count
        total = sum(sum(found.values()) for found in counts.values())
        at_once = total <= _AT_ONCE
        measured = latencies(cursor, source, groups, shares, at_once=at_once) if shares else {}
    found = {}
    for index, service in enumerate(services):
        outcomes: dict[int, int] = {}
        for number in groups[index]:
            for outcome, count in counts.get(number, {}).items():
                outcomes[outcome] = outcomes.get(outcome, 0) + count
        found[service] = Counted(outcomes=dict(sorted(outcomes.items())), latency=measured.get(index))
    return found


def _inside(
    cursor: "DuckDBPyConnection", numbers: set[int], stretches: Sequence[tuple[Instant, Instant]]
) -> str:
    only = f"check_number IN ({', '.join(map(str, sorted(numbers)))})"
    columns = ("check_number", "started_at", "outcome", "latency")
    source = rows(cursor, "sample", stretches[0][0], stretches[-1][1], columns, where=only)
    if len(stretches) == 1:
        return source
    spans = ", ".join(f"({int(low)}, {int(high)})" for low, high in stretches)
    return (
        f"(SELECT {', '.join(columns)} FROM {source} ASOF JOIN (VALUES {spans}) AS spans(low, high) "
        "ON started_at >= low WHERE started_at < high)"
    )
