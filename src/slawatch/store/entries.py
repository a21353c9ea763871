"""What people entered while slawatch ran, a row an entry, never changed: maintenance windows, adjustments."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

from slawatch.core import adjustment as adjusting
from slawatch.core import maintenance as planning
from slawatch.core.adjustment import Adjustment
from slawatch.core.check import Maintenance
from slawatch.core.maintenance import Window
from slawatch.store.database import Database, transaction
from slawatch.store.errors import StoreDamaged, translate

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_WINDOWS: Final = (
    "SELECT kind, id, entered_at, person, services, start_at, end_at, announced_at, reason "
    "FROM maintenance_entry ORDER BY number"
)
_ADJUSTMENTS: Final = (
    "SELECT kind, id, entered_at, person, service, class, outage, start_at, end_at, reason, evidence "
    "FROM adjustment_entry ORDER BY number"
)
_T = TypeVar("_T")


def windows(cursor: "DuckDBPyConnection") -> tuple[Window, ...]:
    """Return every window that was entered, as it stands, in the order they were entered.

    Raises:
        StoreDamaged: the entries contradict one another.
    """
    return folded(planning.fold, [_planning(row) for row in cursor.execute(_WINDOWS).fetchall()])


def maintenance(cursor: "DuckDBPyConnection") -> tuple[Maintenance, ...]:
    """Return the entered windows as announced work, without those that were cancelled before they began.

    Raises:
        StoreDamaged: the entries contradict one another.
    """
    return tuple(work for window in windows(cursor) if (work := window.work()) is not None)


def adjustments(cursor: "DuckDBPyConnection") -> tuple[Adjustment, ...]:
    """Return every adjustment as it stands, in the order they were added.

    Raises:
        StoreDamaged: the entries contradict one another.
    """
    return folded(adjusting.fold, [_adjusting(row) for row in cursor.execute(_ADJUSTMENTS).fetchall()])


def sources(cursor: "DuckDBPyConnection") -> dict[str, str]:
    """Return from where each window and adjustment was entered first, by its id."""
    rows = cursor.execute(
        "SELECT id, source FROM maintenance_entry WHERE kind = 'planned' "
        "UNION ALL SELECT id, source FROM adjustment_entry WHERE kind = 'added'"
    ).fetchall()
    return dict(rows)


def enter_maintenance(database: Database, entry: planning.Entry, source: str) -> Window:
    """Append an entry and return the window after it; the same entry twice is stored once.

    Args:
        database: the store.
        entry: what a person decided.
        source: from where it came, such as `alice@ops1`.

    Raises:
        WindowRefused: the entry makes no sense now; nothing is stored.
        StoreError: it cannot be stored; nothing is.
    """

    def append(cursor: "DuckDBPyConnection") -> Window:
        known = {window.planned.id: window for window in windows(cursor)}.get(entry.id)
        if known is not None and _repeated_window(known, entry):
            return known
        found = planning.step(known, entry)
        insert(cursor, "maintenance_entry", _row_of_window(entry, source))
        return found

    return in_transaction(database, append, "store a maintenance window")


def enter_adjustment(database: Database, entry: adjusting.Entry, source: str) -> Adjustment:
    """Append an entry and return the adjustment after it; the same entry twice is stored once.

    Args:
        database: the store.
        entry: what a person decided.
        source: from where it came, such as `alice@ops1`.

    Raises:
        AdjustmentRefused: the entry makes no sense now; nothing is stored.
        StoreError: it cannot be stored; nothing is.
    """

    def append(cursor: "DuckDBPyConnection") -> Adjustment:
        known = {one.added.id: one for one in adjustments(cursor)}.get(entry.id)
        if known is not None and _repeated_adjustment(known, entry):
            return known
        found = adjusting.step(known, entry)
        insert(cursor, "adjustment_entry", _row_of_adjustment(entry, source))
        return found

    return in_transaction(database, append, "store an adjustment")


def folded(fold: Callable[[Sequence[Any]], _T], entries: Sequence[Any]) -> _T:
    """Return what entries come to.

    Raises:
        StoreDamaged: they contradict one another.
    """
    try:
        return fold(entries)
    except ValueError as error:
        raise StoreDamaged(f"the entries in the database contradict one another: {error}") from None


def in_transaction(database: Database, work: Callable[["DuckDBPyConnection"], _T], doing: str) -> _T:
    """Return what some work on a cursor returns, all of it stored or nothing.

    Raises:
        StoreError: it cannot be stored; `doing` says what.
    """
    import duckdb

    cursor = database.cursor()
    try:
        with transaction(cursor):
            return work(cursor)
    except duckdb.Error as error:
        raise translate(error, doing, database.file) from error
    finally:
        cursor.close()


def insert(cursor: "DuckDBPyConnection", table: str, row: Sequence[Any]) -> None:
    """Append a row to a table of entries, with the next number."""
    marks = ", ".join("?" * len(row))
    cursor.execute(
        f"INSERT INTO {table} SELECT (SELECT coalesce(max(number), 0) + 1 FROM {table}), {marks}", list(row)
    )


def _planning(row: Sequence[Any]) -> planning.Entry:
    kind, name, at, person, services, start, end, announced, reason = row
    if kind == "planned":
        return planning.Planned(name, at, person, tuple(services), start, end, announced, reason)
    if kind == "changed":
        return planning.Changed(name, at, person, start, end, reason)
    return planning.Cancelled(name, at, person, reason)


def _adjusting(row: Sequence[Any]) -> adjusting.Entry:
    kind, name, at, person, service, of, outage, start, end, reason, evidence = row
    if kind == "added":
        return adjusting.Added(name, at, person, service, of, reason, outage, start, end, evidence)
    made = adjusting.Approved if kind == "approved" else adjusting.Withdrawn
    return made(name, at, person, reason)


def _row_of_window(entry: planning.Entry, source: str) -> tuple[Any, ...]:
    kind = type(entry).__name__.lower()
    head = (entry.id, kind, entry.at, entry.person, source)
    if isinstance(entry, planning.Planned):
        return (*head, list(entry.services), entry.start, entry.end, entry.announced, entry.reason)
    if isinstance(entry, planning.Changed):
        return (*head, None, entry.start, entry.end, None, entry.reason)
    return (*head, None, None, None, None, entry.reason)


def _row_of_adjustment(entry: adjusting.Entry, source: str) -> tuple[Any, ...]:
    kind = type(entry).__name__.lower()
    if isinstance(entry, adjusting.Added):
        return (
            entry.id, kind, entry.at, entry.author, source, entry.service, entry.kind, entry.outage,
            entry.start, entry.end, entry.reason, entry.evidence,
        )  # fmt: skip
    return (entry.id, kind, entry.at, entry.person, source, None, None, None, None, None, entry.note, None)


def _repeated_window(known: Window, entry: planning.Entry) -> bool:
    """Whether a window shows that this entry was made before: it came again as its answer was lost."""
    if isinstance(entry, planning.Planned):
        apart = ("at", "announced") if entry.announced == entry.at else ("at",)
        return _same(known.planned, entry, apart=apart)
    if isinstance(entry, planning.Cancelled):
        return known.cancelled is not None and _same(known.cancelled, entry, apart=("at",))
    return known.cancelled is None and (known.start, known.end) == (entry.start, entry.end)


def _repeated_adjustment(known: Adjustment, entry: adjusting.Entry) -> bool:
    if isinstance(entry, adjusting.Added):
        return _same(known.added, entry, apart=("at", "start", "end") if entry.outage else ("at",))
    if isinstance(entry, adjusting.Withdrawn):
        return (known.state, known.withdrawn_by, known.note) == ("withdrawn", entry.person, entry.note)
    return known.state == "approved" and entry.person in known.approvers


def _same(one: Any, other: Any, *, apart: Sequence[str]) -> bool:
    return bool(one == other._replace(**{name: getattr(one, name) for name in apart}))
