"""What a report, a status or a restart asks of the store; each call reads one state, on its cursor."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from fractions import Fraction
from operator import attrgetter
from typing import TYPE_CHECKING, Final, NamedTuple

from slawatch.core.evidence import CheckEvidence, Latency, LatencyPoint, Reason, ServiceEvidence
from slawatch.core.instant import DAY, Instant, Micros
from slawatch.core.life import LifeEvent
from slawatch.core.percentile import share_of
from slawatch.core.sample import Outcome, Transition
from slawatch.core.timeline import Held
from slawatch.store.database import numbers_of, transaction
from slawatch.store.quantiles import count_classes, latencies, pooled, sorted_at_once
from slawatch.store.record import records
from slawatch.store.source import LATEST, day_of, last_before, rows

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_AT_ONCE: Final = 4_000_000
"""So many samples have their quantiles found by sorting; more are counted."""


class LastSample(NamedTuple):
    """The last stored sample of a check; the fields are those of `core.sample.Sample`."""

    started_at: Instant
    outcome: int
    cause: int
    latency: Micros | None
    holds: Micros
    reason: str


def gather(
    cursor: "DuckDBPyConnection",
    services: Mapping[str, Sequence[str]],
    start: Instant,
    end: Instant,
    *,
    quantiles: Sequence[str] = ("p50", "p95", "p99"),
    series_buckets: int | Sequence[Instant] = 0,
) -> dict[str, ServiceEvidence]:
    """Return everything that was measured about services in `[start, end)`.

    Args:
        cursor: on the store; used up to the end of the call.
        services: the names of each service's checks; a check that the store has never seen has no samples.
        start: of the window, which is half-open.
        end: of the window.
        quantiles: names such as `p95` or `p99.9`; none leaves the latencies unread.
        series_buckets: into how many equal stretches the latency chart is cut, or where each of them starts;
            0 for none.

    Raises:
        ValueError: the window is empty, or a quantile has no such name.
        duckdb.Error: the store cannot be read.
    """
    if start >= end:
        raise ValueError(f"evidence needs a start before its end, not [{start}, {end})")
    shares = {name: share_of(name) for name in quantiles}
    starts = _starts(series_buckets, start, end)
    with transaction(cursor, read_only=True):
        known = numbers_of(cursor)
        numbers = {known[name]: name for checks in services.values() for name in checks if name in known}
        groups = {
            index: [known[name] for name in dict.fromkeys(checks) if name in known]
            for index, checks in enumerate(services.values())
        }
        counts = _counts(cursor, list(numbers), start, end)
        known_of = records(cursor, numbers, groups.values(), start, end, counts)
        reasons = _reasons(cursor, numbers, start, end)
        latencies = _latencies(cursor, groups, start, end, shares, sum(sum(c) for c in counts.values()))
        series = _series(cursor, groups, starts, end) if starts else {}
    found = {}
    for index, (service, checks) in enumerate(services.items()):
        mine = set(checks)
        outcomes = [
            sum(counts[number][outcome] for number in groups[index] if number in counts)
            for outcome in range(4)
        ]
        found[service] = ServiceEvidence(
            service=service,
            checks=tuple(
                known_of.get(name) or CheckEvidence(check=name, first_sample=None, held_until=None)
                for name in dict.fromkeys(checks)
            ),
            latency=latencies.get(index),
            reasons=tuple(reason for reason in reasons if reason.check in mine),
            latency_series=tuple(series.get(index, ())),
            outcomes={outcome: count for outcome, count in enumerate(outcomes) if count},
        )
    return found


def changes(
    cursor: "DuckDBPyConnection", services: Mapping[str, Sequence[str]], start: Instant, end: Instant
) -> dict[str, ServiceEvidence]:
    """Return the changes of services in `[start, end)` alone: no sample is read, however long the window.

    Args:
        cursor: on the store; used up to the end of the call.
        services: the names of each service's checks.
        start: of the window, which is half-open.
        end: of the window.

    Raises:
        duckdb.Error: the store cannot be read.
    """
    with transaction(cursor, read_only=True):
        known = numbers_of(cursor)
        numbers = {known[name]: name for checks in services.values() for name in checks if name in known}
        groups = [
            [known[name] for name in dict.fromkeys(checks) if name in known] for checks in services.values()
        ]
        known_of = records(cursor, numbers, groups, start, end, {})
    return {
        service: ServiceEvidence(
            service=service,
            checks=tuple(
                known_of.get(name) or CheckEvidence(check=name, first_sample=None, held_until=None)
                for name in dict.fromkeys(checks)
            ),
        )
        for service, checks in services.items()
    }


def held(cursor: "DuckDBPyConnection") -> dict[int, Held]:
    """Return the last sample of every check by its number: what the daemon goes on from when it starts."""
    with transaction(cursor, read_only=True):
        return {
            number: Held(at, holds, outcome)
            for number, (at, outcome, holds) in last_before(cursor, LATEST).items()
        }


def last_changes(cursor: "DuckDBPyConnection") -> dict[int, Transition]:
    """Return the last transition of every check by its number: since when it is what it is."""
    found = cursor.execute(
        "SELECT check_number, max(changed_at), arg_max(outcome, changed_at), arg_max(after, changed_at) "
        "FROM transition GROUP BY check_number"
    ).fetchall()
    return {number: Transition(at, Outcome(outcome), after) for number, at, outcome, after in found}


def last_samples(cursor: "DuckDBPyConnection", names: Iterable[str]) -> dict[str, LastSample]:
    """Return the last stored sample of each check that has one."""
    with transaction(cursor, read_only=True):
        known = numbers_of(cursor)
        numbers = {known[name]: name for name in names if name in known}
        latest = last_before(cursor, LATEST, list(numbers))
        if not latest:
            return {}
        by_day: dict[int, list[int]] = defaultdict(list)
        for number, (at, _, _) in latest.items():
            by_day[day_of(at)].append(number)
        found: dict[str, LastSample] = {}
        for day, members in by_day.items():
            low, high = day * DAY, (day + 1) * DAY
            chosen = ", ".join(f"({number}, {latest[number][0]})" for number in members)
            only = f"(check_number, started_at) IN ({chosen})"
            samples = rows(
                cursor, "sample", low, high,
                ("check_number", "started_at", "outcome", "cause", "latency", "holds"), where=only,
            )  # fmt: skip
            failures = rows(
                cursor, "failure", low, high, ("check_number", "started_at", "reason"), where=only
            )
            for number, at, outcome, cause, latency, holds, reason in cursor.execute(
                f"SELECT s.*, coalesce(f.reason, '') FROM {samples} s "
                f"LEFT JOIN {failures} f ON f.check_number = s.check_number AND f.started_at = s.started_at"
            ).fetchall():
                if (at, outcome, holds) == latest[number]:
                    found[numbers[number]] = LastSample(at, outcome, cause, latency, holds, reason)
        return found


def life(cursor: "DuckDBPyConnection", start: Instant, end: Instant) -> list[LifeEvent]:
    """Return what `core.life.unwatched` needs to judge `[start, end)`, in order of time.

    That is what happened in the window; before it the last sign of life, and what became of the probers
    since the last start; after it the first event of each kind that can reach back. Of beats in a row only
    the last is there.
    """
    found = cursor.execute(
        """
        WITH before AS (
            SELECT max(happened_at) AS sign, max(happened_at) FILTER (kind = 'start') AS started
            FROM life WHERE happened_at < $start AND kind IN ('start', 'stop', 'beat')
        ), after AS (
            SELECT kind, min(happened_at) AS first FROM life
            WHERE happened_at >= $end
                AND kind IN ('start', 'suspend', 'clock_step', 'prober_started', 'storage', 'stall')
            GROUP BY kind
        ), needed AS (
            SELECT happened_at, kind, detail, life.rowid AS nth,
                lead(kind) OVER (ORDER BY happened_at, life.rowid) AS following
            FROM life, before
            WHERE (happened_at >= $start AND happened_at < $end)
                OR (happened_at = sign AND kind IN ('start', 'stop', 'beat'))
                OR (happened_at < $start AND happened_at >= coalesce(started, happened_at)
                    AND kind IN ('prober_died', 'prober_started'))
                OR (kind, happened_at) IN (FROM after)
        )
        SELECT happened_at, kind, detail FROM needed
        WHERE kind <> 'beat' OR following IS DISTINCT FROM 'beat' ORDER BY happened_at, nth
        """,
        {"start": start, "end": end},
    ).fetchall()
    return [LifeEvent(*row) for row in found]


def pings(cursor: "DuckDBPyConnection") -> dict[int, Instant]:
    """Return the last heartbeat call of each check by its number."""
    return dict(cursor.execute("SELECT check_number, max(pinged_at) FROM ping GROUP BY 1").fetchall())


def _starts(buckets: int | Sequence[Instant], start: Instant, end: Instant) -> list[Instant]:
    if isinstance(buckets, int):
        if buckets <= 0:
            return []
        return sorted({start + (end - start) * index // buckets for index in range(buckets)})
    return sorted({min(max(at, start), end) for at in buckets} - {end})


def _counts(
    cursor: "DuckDBPyConnection", numbers: Collection[int], start: Instant, end: Instant
) -> dict[int, tuple[int, ...]]:
    """Return how many samples of each check had each outcome; whole sealed days are counted already."""
    if not numbers:
        return {}
    only = f"check_number IN ({', '.join(map(str, numbers))})"
    first, last = -(-start // DAY), end // DAY
    parts = [
        f"""SELECT check_number, outcome, 1 AS times FROM sample
        WHERE started_at >= {start} AND started_at < {end} AND {only}"""
    ]
    if first < last:
        parts.append(
            "SELECT check_number, unnest([0, 1, 2, 3]), unnest([up, degraded, down, unknown]) "
            f"FROM sealed_check WHERE day >= {first} AND day < {last} AND {only}"
        )
        edges = [(start, first * DAY), (last * DAY, end)]
    else:
        edges = [(start, end)]
    for low, high in edges:
        if low < high:
            sealed = rows(cursor, "sample", low, high, ("check_number", "outcome"), where=only, fresh=False)
            parts.append(f"SELECT check_number, outcome, 1 FROM {sealed}")
    found = cursor.execute(
        f"SELECT check_number, {', '.join(f'sum(times) FILTER (outcome = {n})' for n in range(4))} "
        f"FROM ({' UNION ALL '.join(parts)}) GROUP BY check_number"
    ).fetchall()
    return {number: tuple(int(count or 0) for count in counts) for number, *counts in found}


def _reasons(
    cursor: "DuckDBPyConnection", numbers: Mapping[int, str], start: Instant, end: Instant
) -> list[Reason]:
    if not numbers:
        return []
    only = f"check_number IN ({', '.join(map(str, numbers))})"
    found = cursor.execute(
        f"""
        SELECT check_number, changed_at, reason FROM transition t
        WHERE {only} AND reason IS NOT NULL AND reason <> '' AND changed_at < {end} AND (changed_at >= {start}
        OR changed_at = (
            SELECT max(changed_at) FROM transition o WHERE o.check_number = t.check_number AND o.changed_at <=
            {start}
        ))
        ORDER BY changed_at, check_number
        """
    ).fetchall()
    return [Reason(numbers[number], at, text) for number, at, text in found]


def _latencies(
    cursor: "DuckDBPyConnection",
    groups: Mapping[int, Sequence[int]],
    start: Instant,
    end: Instant,
    shares: Mapping[str, Fraction],
    samples: int,
) -> dict[int, Latency]:
    if not shares or not samples:
        return {}
    source = rows(cursor, "sample", start, end, ("check_number", "started_at", "outcome", "latency"))
    return latencies(cursor, source, groups, shares, at_once=samples <= _AT_ONCE)


def _series(
    cursor: "DuckDBPyConnection", groups: Mapping[int, Sequence[int]], starts: Sequence[Instant], end: Instant
) -> dict[int, list[LatencyPoint]]:
    shares = (Fraction(1, 2), Fraction(95, 100))
    points: dict[int, list[LatencyPoint]] = defaultdict(list)
    for begins, until in _portions(cursor, starts, end):
        source = rows(
            cursor, "sample", begins[0], until, ("check_number", "started_at", "outcome", "latency")
        )
        if len(begins) == 1 and _count(cursor, begins[0], until) > _AT_ONCE:
            classes, longest = count_classes(cursor, source)
            for group, (p50, p95) in pooled(cursor, source, groups, shares, classes).items():
                checks = [check for check in groups[group] if check in classes]
                count = sum(sum(classes[check].values()) for check in checks)
                points[group].append(
                    LatencyPoint(begins[0], p50, p95, max(longest[c] for c in checks), count)
                )
            continue
        bucket = "CASE " + " ".join(f"WHEN started_at >= {at} THEN {at}" for at in reversed(begins)) + " END"
        found = sorted_at_once(cursor, source, groups, shares, bucket)
        for (group, at), ((p50, p95), largest, count) in found.items():
            points[group].append(LatencyPoint(at, p50, p95, largest, count))
    return {group: sorted(found, key=attrgetter("start")) for group, found in points.items()}


def _portions(
    cursor: "DuckDBPyConnection", starts: Sequence[Instant], end: Instant
) -> Iterable[tuple[list[Instant], Instant]]:
    """Yield neighbouring buckets, as many at a time as fit in memory, and where the last of them ends."""
    portion: list[Instant] = []
    for index, at in enumerate(starts):
        until = starts[index + 1] if index + 1 < len(starts) else end
        if portion and (len(portion) >= 64 or _count(cursor, portion[0], until) > _AT_ONCE // 4):
            yield portion, at
            portion = []
        portion.append(at)
    if portion:
        yield portion, end


def _count(cursor: "DuckDBPyConnection", start: Instant, end: Instant) -> int:
    """Return about how many samples there are in a window, by the whole days that it touches."""
    found = cursor.execute(
        "SELECT (SELECT coalesce(sum(rows), 0) FROM sealed_day WHERE kind = 'sample' AND day BETWEEN ? AND ?)"
        " + (SELECT count(*) FROM sample WHERE started_at >= ? AND started_at < ?)",
        [day_of(start), day_of(end - 1), start, end],
    ).fetchone()
    return int(found[0]) if found else 0
