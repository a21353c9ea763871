"""The record of checks: their changes in a window, and before it as far as its first outage reaches."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from slawatch.core.evidence import CheckEvidence
from slawatch.core.instant import Instant, Micros
from slawatch.core.sample import Outcome, Transition
from slawatch.core.timeline import Held
from slawatch.store.database import numbers_of
from slawatch.store.source import LATEST, last_before

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def changes(
    cursor: "DuckDBPyConnection",
    services: Mapping[str, Sequence[str]],
    start: Instant,
    end: Instant,
    latest: Mapping[int, Held],
) -> dict[str, CheckEvidence]:
    """Return the changes of checks in `[start, end)`, and before it as far as an outage at its start reaches.

    Samples are neither read nor counted: it costs little however long the window is.

    Args:
        cursor: on the store, in a transaction.
        services: the names of each service's checks.
        start: of the window, which is half-open.
        end: of the window; not before the last samples.
        latest: the last sample of each check, by number.
    """
    known = numbers_of(cursor)
    numbers = {known[name]: name for checks in services.values() for name in checks if name in known}
    groups = [[known[name] for name in checks if name in known] for checks in services.values()]
    ends = {number: (held.started_at, held.outcome, held.holds) for number, held in latest.items()}
    found = records(cursor, numbers, groups, start, end, {}, ends)
    absent = (name for checks in services.values() for name in checks if name not in found)
    return found | {name: CheckEvidence(check=name, first_sample=None, held_until=None) for name in absent}


class Record:
    """The changes of checks, asked for again and again: only those that changed are read anew."""

    def __init__(self) -> None:
        self._base: Instant | None = None
        self._services: dict[str, tuple[str, ...]] = {}
        self._found: dict[str, CheckEvidence] = {}
        self._marks: dict[int, tuple[int, int]] = {}

    def ask(
        self,
        cursor: "DuckDBPyConnection",
        services: Mapping[str, Sequence[str]],
        start: Instant,
        now: Instant,
        latest: Mapping[int, Held],
        spare: Micros = 0,
    ) -> dict[str, CheckEvidence]:
        """Return what `changes` does, or more: what lies before the start may be there as well.

        Args:
            cursor: on the store, in a transaction.
            services: the names of each service's checks.
            start: of the window.
            now: its end.
            latest: the last sample of each check, by number.
            spare: for how long the start may move on before all is read again.
        """
        known = numbers_of(cursor)
        marks = {
            number: (count, mark)
            for number, count, mark in cursor.execute(
                # A sum: where two changes get the same `after`, an exclusive or would cancel that out.
                "SELECT check_number, count(*), sum(hash(after, changed_at, outcome)) FROM transition "
                "GROUP BY check_number"
            ).fetchall()
        }
        asked = {name: tuple(checks) for name, checks in services.items()}
        if self._base is None or not self._base <= start <= self._base + spare:
            self._base, self._services, self._found = start, {}, {}
        fresh = {
            name: checks
            for name, checks in asked.items()
            if self._services.get(name) != checks
            or any(
                self._marks.get(number) != marks.get(number)
                for check in checks
                if (number := known.get(check)) is not None
            )
        }
        if fresh:
            self._found |= changes(cursor, fresh, self._base, now, latest)
        self._services, self._marks = {**self._services, **asked}, marks
        found = {}
        for checks in asked.values():
            for check in checks:
                entry = self._found[check]
                held = latest.get(known[check]) if check in known else None
                until = None if held is None else held.started_at + held.holds
                if entry.held_until != until:
                    entry = self._found[check] = replace(entry, held_until=until)
                found[check] = entry
        return found


def records(
    cursor: "DuckDBPyConnection",
    numbers: Mapping[int, str],
    groups: Collection[Sequence[int]],
    start: Instant,
    end: Instant,
    counts: Mapping[int, tuple[int, ...]],
    latest: Mapping[int, tuple[Instant, int, int]] | None = None,
) -> dict[str, CheckEvidence]:
    """Return the record of each check by name.

    Args:
        cursor: on the store, in a transaction.
        numbers: the names of the checks by number.
        groups: the numbers of the checks of each service.
        start: of the window, which is half-open.
        end: of the window.
        counts: of the samples in it, by number and outcome.
        latest: the last sample before the end, by number: `(started_at, outcome, holds)`; None looks for it.
    """
    if not numbers:
        return {}
    reach = ", ".join(f"({n}, {at})" for n, at in _reach(cursor, numbers, groups, start).items())
    only = f"check_number IN ({', '.join(map(str, numbers))})"
    first = dict(
        cursor.execute(
            f"SELECT check_number, min(changed_at) FROM transition WHERE {only} GROUP BY 1"
        ).fetchall()
    )
    if latest is None:
        latest = last_before(cursor, end, list(numbers))
    # To the first change after the end, which bounds the last edge.
    made: dict[int, list[Transition]] = defaultdict(list)
    for number, at, outcome, after in cursor.execute(
        f"""
        WITH mine AS (SELECT check_number, changed_at, outcome, after FROM transition WHERE {only}),
        bounds AS (
            SELECT check_number, min(changed_at) FILTER (changed_at >= {end}) AS high
            FROM mine GROUP BY check_number
        )
        SELECT m.check_number, changed_at, outcome, after
        FROM mine m JOIN bounds b USING (check_number) JOIN (VALUES {reach}) r(check_number, low) USING
            (check_number)
        WHERE changed_at >= low AND changed_at <= coalesce(high, {LATEST})
        ORDER BY m.check_number, changed_at, (outcome = 3) DESC
        """
    ).fetchall():
        made[number].append(Transition(at, outcome, after))
    return {
        name: CheckEvidence(
            check=name,
            first_sample=first.get(number),
            held_until=latest[number][0] + latest[number][2] if number in latest else None,
            transitions=tuple(made[number]),
            samples=sum(counts.get(number, ())),
        )
        for number, name in numbers.items()
    }


def _reach(
    cursor: "DuckDBPyConnection", numbers: Collection[int], groups: Collection[Sequence[int]], start: Instant
) -> dict[int, Instant]:
    """Return from when on the changes of each check are needed: an outage at the start is wanted whole.

    A check that fails there reaches back to when it last worked. The other checks of its service have to
    reach back as far, since the service may have been down by another of them before; and so on.
    """
    reach = dict.fromkeys(numbers, start)
    while True:
        wanted = ", ".join(f"({number}, {at})" for number, at in reach.items())
        states = cursor.execute(
            f"""SELECT check_number, max(changed_at) AS last, arg_max(outcome, (changed_at, outcome <> 3)) AS
                outcome, coalesce(max(changed_at) FILTER (outcome < 2), min(changed_at)) AS worked
            FROM transition JOIN (VALUES {wanted}) r(check_number, low) USING (check_number)
            WHERE changed_at <= low GROUP BY check_number"""
        ).fetchall()
        found = reach | {number: worked for number, _, outcome, worked in states if outcome >= Outcome.DOWN}
        shared = dict(found)
        for members in groups:
            earliest = min((found[number] for number in members), default=start)
            shared.update({number: min(earliest, shared[number]) for number in members})
        if shared == reach:
            return reach | {number: last for number, last, _, _ in states}
        reach = shared
