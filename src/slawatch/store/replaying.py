"""What a replay asks of the store: samples that can change anything, and the record where they are gone."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from slawatch.core.instant import DAY, HOUR, Instant, Micros
from slawatch.core.replay import LEAD
from slawatch.core.sample import Outcome, Transition
from slawatch.core.sifting import Need, Sampled, Stretches, sift
from slawatch.store.database import numbers_of, transaction
from slawatch.store.errors import TooMuch
from slawatch.store.patience import fetched, patient
from slawatch.store.source import day_of, rows, sampled_days

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

REACH: Final[Micros] = 7 * DAY
"""So long before the time that is asked for, a failure that reaches into it may have begun."""
MOST: Final = 2_000_000
"""Results that can change anything, changes of the record, and hours in which results are read, at most."""


class Stored(NamedTuple):
    """What the store has for a replay.

    Attributes:
        begin: from when on there is something: before what was asked for, where a failure reaches into it.
        samples: those that can change anything, in the order of time.
        total: how many were stored in the time that was asked for.
        gone_until: before this instant samples are gone; `changes` has what is known of that time.
        changes: the record of each check from `begin` on, with the last change before it.
        unknown: names that the store has never seen.
    """

    begin: Instant
    samples: tuple[Sampled, ...]
    total: int
    gone_until: Instant
    changes: Mapping[str, tuple[Transition, ...]]
    unknown: tuple[str, ...]


def material(
    cursor: "DuckDBPyConnection",
    wanted: Mapping[str, Need],
    neighbours: Mapping[str, Sequence[str]],
    start: Instant,
    end: Instant,
    *,
    lead: Micros = LEAD,
) -> Stored:
    """Return what a replay of `[start, end)` needs.

    Args:
        cursor: on the store; used up to the end of the call.
        wanted: how the results of each check count, by its name.
        neighbours: of each check, by dependencies.
        start: of the time that is asked for.
        end: of it.
        lead: so long before it the replay begins at least.

    Raises:
        ValueError: the time is empty.
        duckdb.Error: the store cannot be read.
    """
    if start >= end:
        raise ValueError("a replay needs a start before its end")
    with transaction(cursor, read_only=True):
        known = numbers_of(cursor)
        numbers = {name: known[name] for name in wanted if name in known}
        begin = _begin(cursor, list(numbers.values()), start, lead)
        record = _changes(cursor, numbers, begin, end)
        days = sampled_days(cursor, begin, end)
        gone_until = _gone_until(record, days, begin, end)
        longest = _longest(cursor, numbers, gone_until, end)
        samples = sift(
            lambda parts: _samples(cursor, numbers, parts, gone_until, end), wanted,
            {name: longest.get(number, 0) for name, number in numbers.items()}, neighbours, record,
            gone_until, end,
        )  # fmt: skip
        total = _total(cursor, list(numbers.values()), start, end)
    return Stored(
        begin, samples, total, gone_until, record, tuple(name for name in wanted if name not in known)
    )


def _gone_until(
    record: Mapping[str, Sequence[Transition]], days: Sequence[int], begin: Instant, end: Instant
) -> Instant:
    """Return from when on there are samples, where the record goes further back than they do."""
    first = min(max(days[0] * DAY, begin), end) if days else end
    known = any(changes and changes[0].at < first for changes in record.values())
    return first if known else begin


def _chosen(numbers: Sequence[int]) -> str:
    return f"check_number IN ({', '.join(map(str, numbers)) or '-1'})"


def _begin(cursor: "DuckDBPyConnection", numbers: Sequence[int], start: Instant, lead: Micros) -> Instant:
    """Return when the replay begins: before whatever is not up at its start went wrong, within reason."""
    found = cursor.execute(
        f"""
        WITH mine AS (
            SELECT check_number, changed_at, outcome FROM transition
            WHERE {_chosen(numbers)} AND changed_at <= {start}
        ), latest AS (
            SELECT check_number, arg_max(outcome, (changed_at, outcome <> {int(Outcome.UNKNOWN)})) AS outcome,
                max(changed_at) FILTER (outcome = {int(Outcome.UP)}) AS worked
            FROM mine GROUP BY check_number
        )
        SELECT min(m.changed_at) FROM mine m JOIN latest l USING (check_number)
        WHERE l.outcome <> {int(Outcome.UP)} AND m.changed_at > coalesce(l.worked, {start - REACH})
        """
    ).fetchone()
    earliest = found[0] if found is not None and found[0] is not None else start
    return max(min(int(earliest), start) - lead, start - REACH)


def _changes(
    cursor: "DuckDBPyConnection", numbers: Mapping[str, int], begin: Instant, end: Instant
) -> dict[str, tuple[Transition, ...]]:
    names = {number: name for name, number in numbers.items()}
    found: dict[str, list[Transition]] = defaultdict(list)
    cursor.execute(
        f"""
        WITH mine AS (
            SELECT check_number, changed_at, outcome FROM transition
            WHERE {_chosen(list(names))} AND changed_at < {end}
        ), low AS (
            SELECT check_number, max(changed_at) AS at FROM mine WHERE changed_at <= {begin} GROUP BY 1
        )
        SELECT m.check_number, changed_at, outcome FROM mine m LEFT JOIN low l USING (check_number)
        WHERE changed_at >= coalesce(l.at, {begin})
        ORDER BY m.check_number, changed_at, (outcome = {int(Outcome.UNKNOWN)}) DESC
        """
    )
    for number, at, outcome in fetched(cursor, MOST, "changes"):
        found[names[number]].append(Transition(at, Outcome(outcome), None))
    return {name: tuple(changes) for name, changes in found.items()}


def _longest(
    cursor: "DuckDBPyConnection", numbers: Mapping[str, int], begin: Instant, end: Instant
) -> dict[int, Micros]:
    """Return the longest time from one sample of each check to the next, without a gap."""
    chosen = _chosen(list(numbers.values()))
    return dict(
        cursor.execute(
            f"""
            SELECT check_number, max(holds) FROM (
                SELECT check_number, greatest(first_holds, last_holds) AS holds FROM sealed_check
                WHERE {chosen} AND day BETWEEN {day_of(begin)} AND {day_of(end)}
                UNION ALL SELECT check_number, holds FROM sample
                WHERE {chosen} AND started_at >= {begin} AND started_at < {end}
            ) GROUP BY check_number
            """
        ).fetchall()
    )


def _samples(
    cursor: "DuckDBPyConnection",
    numbers: Mapping[str, int],
    wanted: Stretches,
    begin: Instant,
    end: Instant,
) -> tuple[Sampled, ...]:
    parts = [(numbers[name], part.start, part.end) for name, found in wanted.items() for part in found]
    if not parts or begin >= end:
        return ()
    names = {number: name for name, number in numbers.items()}
    # First by the hours in which anything is wanted, which costs no sorting; what is left, exactly.
    if sum((high - 1) // HOUR - low // HOUR + 1 for _, low, high in patient(parts)) > MOST:
        raise TooMuch(f"results of more than {MOST} hours may matter: ask for less time, or fewer checks")
    hours = {
        (number, hour) for number, low, high in parts for hour in range(low // HOUR, (high - 1) // HOUR + 1)
    }
    columns = ("check_number", "started_at", "outcome", "holds")
    source = rows(cursor, "sample", begin, end, columns, where=_chosen(list(names)))
    failures = rows(
        cursor, "failure", begin, end, ("check_number", "started_at", "reason"), where=_chosen(list(names))
    )
    cursor.execute(
        f"""
        WITH hours AS (SELECT unnest($hn::INTEGER[]) AS check_number, unnest($hh::BIGINT[]) AS hour),
        parts AS (
            SELECT unnest($pn::INTEGER[]) AS check_number, unnest($lows::BIGINT[]) AS low,
                unnest($highs::BIGINT[]) AS high
        ),
        near AS (
            SELECT s.check_number, started_at, outcome, holds FROM {source} s SEMI JOIN hours h
            ON h.check_number = s.check_number AND h.hour = s.started_at // {HOUR}
        ),
        kept AS (
            SELECT n.* FROM near n ASOF JOIN parts p
            ON p.check_number = n.check_number AND n.started_at >= p.low
            WHERE n.started_at < p.high
        )
        SELECT k.check_number, k.started_at, outcome, holds, coalesce(any_value(f.reason), '')
        FROM kept k LEFT JOIN {failures} f
            ON f.check_number = k.check_number AND f.started_at = k.started_at
        GROUP BY k.check_number, k.started_at, outcome, holds
        ORDER BY k.started_at, k.check_number, (outcome = {int(Outcome.UNKNOWN)}) DESC, outcome, holds
        """,
        {
            "hn": [number for number, _ in hours],
            "hh": [hour for _, hour in hours],
            "pn": [number for number, _, _ in parts],
            "lows": [low for _, low, _ in parts],
            "highs": [high for _, _, high in parts],
        },
    )
    return tuple(
        Sampled(names[number], at, outcome, length, reason)
        for number, at, outcome, length, reason in fetched(cursor, MOST, "results that can change anything")
    )


def _total(cursor: "DuckDBPyConnection", numbers: Sequence[int], start: Instant, end: Instant) -> int:
    """Return about how many samples there are in a time, by its whole days."""
    chosen = _chosen(numbers)
    found = cursor.execute(
        f"""
        SELECT (SELECT coalesce(sum(up + degraded + down + "unknown"), 0) FROM sealed_check
                WHERE {chosen} AND day BETWEEN {day_of(start)} AND {day_of(end - 1)})
             + (SELECT count(*) FROM sample
                WHERE {chosen} AND started_at >= {start} AND started_at < {end})
        """
    ).fetchone()
    return int(found[0]) if found else 0
