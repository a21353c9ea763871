"""What people entered about alerting while slawatch ran, never changed: silences, overrides, swaps."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from slawatch.core import duty as dutying
from slawatch.core import recorded
from slawatch.core.duty import Entered
from slawatch.core.event import decode, encode
from slawatch.core.instant import Instant
from slawatch.core.matcher import Matcher
from slawatch.core.override import Override, Swap
from slawatch.core.recorded import Change, Record
from slawatch.core.silence import Silence
from slawatch.store.database import Database
from slawatch.store.entries import folded, in_transaction, insert
from slawatch.store.errors import StoreDamaged

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_SILENCES: Final = (
    "SELECT id, entered_at, matchers, author, comment, start_at, end_at FROM silence_entry ORDER BY number"
)
_DUTY: Final = (
    "SELECT kind, id, entered_at, person, schedule, change, reason FROM override_entry ORDER BY number"
)

_SHIFTS: Final = (
    "SELECT subject, kind, text FROM alert_event "
    "WHERE list_contains(?, kind) AND list_contains(?, subject) ORDER BY number"
)

Decide = Callable[[Mapping[str, Silence]], tuple[Mapping[str, Silence], str]]
"""What becomes of the silences there are, and the id of the one that it is about."""


def silences(cursor: "DuckDBPyConnection") -> tuple[Silence, ...]:
    """Return every silence as it stands, in the order they were made.

    Raises:
        StoreDamaged: an entry cannot be read.
    """
    found: dict[str, Silence] = {}
    for name, at, matchers, author, comment, start, end in cursor.execute(_SILENCES).fetchall():
        try:
            match = decode(tuple[Matcher, ...], json.loads(matchers))
        except (ValueError, TypeError, KeyError) as error:
            raise StoreDamaged(f"the matchers of silence {name} cannot be read: {error}") from None
        found[name] = Silence(
            id=name, match=match, author=author, comment=comment, start=start, end=end, updated=at
        )
    return tuple(found.values())


def overrides(cursor: "DuckDBPyConnection") -> tuple[Entered, ...]:
    """Return every override and swap as it stands, in the order they were entered.

    Raises:
        StoreDamaged: the entries contradict one another.
    """
    rows = cursor.execute(_DUTY).fetchall()
    return folded(lambda found: dutying.fold([_entry(row) for row in found]), rows)


def sources(cursor: "DuckDBPyConnection") -> dict[str, str]:
    """Return from where each silence, override and swap was entered first, by its id."""
    rows = cursor.execute(
        "SELECT id, arg_min(source, number) FROM silence_entry GROUP BY id "
        "UNION ALL SELECT id, arg_min(source, number) FROM override_entry GROUP BY id"
    ).fetchall()
    return dict(rows)


def records(cursor: "DuckDBPyConnection", schedules: Iterable[str]) -> dict[str, Record]:
    """Return what is on record of who was on call, by schedule.

    Raises:
        StoreDamaged: a record cannot be read.
    """
    row = cursor.execute("SELECT max(happened_at) FROM life").fetchone()
    until = int(row[0] or 0) if row else 0
    names = list(schedules)
    found: dict[str, list[Change]] = {name: [] for name in names}
    rows = cursor.execute(_SHIFTS, [[recorded.BEGAN, recorded.ENDED], [f"schedule:{n}" for n in names]])
    for subject, kind, text in rows.fetchall():
        try:
            found[subject.removeprefix("schedule:")].append(recorded.read(kind, text))
        except ValueError as error:
            raise StoreDamaged(f"who was on call in {subject} cannot be read: {error}") from None
    return {name: Record(tuple(changes), until) for name, changes in found.items()}


def enter_silence(database: Database, decide: Decide, person: str, source: str, at: Instant) -> Silence:
    """Append what a decision changes about the silences, and return the one that it is about.

    Args:
        database: the store.
        decide: what becomes of the silences there are; called in the transaction.
        person: who decided it.
        source: from where it came, such as `alice@ops1`.
        at: when.

    Raises:
        SilenceError: the decision is refused; nothing is stored.
        StoreError: it cannot be stored; nothing is.
    """

    def append(cursor: "DuckDBPyConnection") -> Silence:
        known = {silence.id: silence for silence in silences(cursor)}
        found, name = decide(known)
        for silence in found.values():
            if known.get(silence.id) != silence:
                kind = "changed" if silence.id in known else "made"
                match = json.dumps(encode(silence.match), ensure_ascii=False)
                row = (
                    silence.id, kind, at, person, source, match, silence.author, silence.comment,
                    silence.start, silence.end,
                )  # fmt: skip
                insert(cursor, "silence_entry", row)
        return found[name]

    return in_transaction(database, append, "store a silence")


def enter_duty(database: Database, entry: dutying.Entry, source: str) -> Entered:
    """Append an entry and return the override or swap after it; the same entry twice is stored once.

    Args:
        database: the store.
        entry: what a person decided.
        source: from where it came, such as `alice@ops1`.

    Raises:
        DutyRefused: the entry makes no sense now; nothing is stored.
        StoreError: it cannot be stored; nothing is.
    """

    def append(cursor: "DuckDBPyConnection") -> Entered:
        known = {one.added.id: one for one in overrides(cursor)}.get(entry.id)
        if known is not None and _repeated(known, entry):
            return known
        found = dutying.step(known, entry)
        insert(cursor, "override_entry", _row(entry, source))
        return found

    return in_transaction(database, append, "store who is on call")


def _entry(row: Sequence[Any]) -> dutying.Entry:
    kind, name, at, person, schedule, change, reason = row
    if kind in ("override", "swap"):
        made = decode(Override if kind == "override" else Swap, json.loads(change))
        return dutying.Added(name, at, person, schedule, made)
    if kind == "taken":
        return dutying.Taken(name, at, person)
    return dutying.Cancelled(name, at, person, reason)


def _row(entry: dutying.Entry, source: str) -> tuple[Any, ...]:
    kind = type(entry).__name__.lower()
    if isinstance(entry, dutying.Added):
        kind = type(entry.change).__name__.lower()
        change = json.dumps(encode(entry.change), ensure_ascii=False)
        return (entry.id, kind, entry.at, entry.person, source, entry.schedule, change, entry.change.reason)
    reason = entry.reason if isinstance(entry, dutying.Cancelled) else ""
    return (entry.id, kind, entry.at, entry.person, source, None, None, reason)


def _repeated(known: Entered, entry: dutying.Entry) -> bool:
    """Whether this entry was made before: it came again as its answer was lost."""
    if isinstance(entry, dutying.Added):
        before, change = known.added.change, entry.change
        if before.end - before.start == change.end - change.start:
            # A time that was counted from now is later when the same wish comes again.
            change = replace(change, start=before.start, end=before.end)
        return known.added == entry._replace(at=known.added.at, change=change)
    if isinstance(entry, dutying.Taken):
        return known.taken is not None and known.taken.person == entry.person
    return known.cancelled is not None and known.cancelled == entry._replace(at=known.cancelled.at)
