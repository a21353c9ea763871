"""Frozen reports in the store: numbered, chained within their organisation, never changed."""

import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from slawatch.core.instant import Instant
from slawatch.store.database import Database
from slawatch.store.entries import in_transaction

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


class Frozen(NamedTuple):
    """A frozen report without the pack itself.

    Attributes:
        number: what people call it; of all organisations together.
        organization: whose chain it is in; None for the one of services without an organisation.
        place: in that chain, from 1.
        previous: SHA-256 of the manifest before it there; empty for the first.
        manifest_sha256: of its own manifest.
        report: the key of the report.
        agreement: None for figures without a verdict.
        label, start, end, timezone: of the period.
        frozen_at: when.
        person, source: who, and from where.
        reason: why; of a restatement never empty.
        restates: the number of the report whose place it takes.
        verdict: of the agreement; empty without one.
        version: of slawatch.
        evidence_sha256: as the report shows it.
        public_key: that signed it, as its manifest says.
        bytes: how long the pack is.
        restated_by: the number of the report that took its place.
    """

    number: int
    organization: str | None
    place: int
    previous: str
    manifest_sha256: str
    report: str
    agreement: str | None
    label: str
    start: Instant
    end: Instant
    timezone: str
    frozen_at: Instant
    person: str
    source: str
    reason: str
    restates: int | None
    verdict: str
    version: str
    evidence_sha256: str
    public_key: str
    bytes: int
    restated_by: int | None = None


class Head(NamedTuple):
    """Where the next report of an organisation goes.

    Attributes:
        number: its number.
        place: in the organisation's chain.
        previous: SHA-256 of the manifest before it there; empty for the first.
    """

    number: int
    place: int
    previous: str


class Link(NamedTuple):
    """A report as its chain sees it; the names are those of `Frozen`."""

    number: int
    place: int
    previous: str
    manifest_sha256: str


class HeadMoved(Exception):  # noqa: N818 (an answer: make it anew for the new head)
    """Another report was frozen meanwhile."""


class FrozenAlready(Exception):  # noqa: N818 (an answer)
    """The same stretch of the same agreement is frozen; `by` is that report, the last of its restatements."""

    def __init__(self, by: Frozen) -> None:
        super().__init__(f"frozen as report {by.number}")
        self.by = by


_ONE: Final = threading.Lock()
"""Of two transactions at once neither would see the number that the other one takes."""
_STORED: Final = tuple(name for name in Frozen._fields if name != "restated_by")
_NAMES: Final[Mapping[str, str]] = {"start": "start_at", "end": "end_at"}
_COLUMNS: Final = ", ".join(_NAMES.get(name, name) for name in _STORED)
_ALL: Final = (
    f"SELECT {', '.join('f.' + _NAMES.get(name, name) for name in _STORED)}, "
    "(SELECT min(r.number) FROM frozen_report r WHERE r.restates = f.number) FROM frozen_report f"
)


def head(cursor: "DuckDBPyConnection", organization: str | None) -> Head:
    """Return where the next report of an organisation goes; on a cursor that sees all reports."""
    ((last,),) = cursor.execute("SELECT coalesce(max(number), 0) FROM frozen_report").fetchall()
    mine = cursor.execute(
        "SELECT place, manifest_sha256 FROM frozen_report WHERE organization IS NOT DISTINCT FROM ? "
        "ORDER BY place DESC LIMIT 1",
        [organization],
    ).fetchone()
    place, previous = mine or (0, "")
    return Head(last + 1, place + 1, previous)


def append(database: Database, report: Frozen, pack: bytes) -> None:
    """Store a frozen report, whole or not at all.

    Raises:
        HeadMoved: its number or its place is taken; nothing is stored.
        FrozenAlready: the same is frozen, or what it restates is restated; nothing is stored.
        StoreError: it cannot be stored; nothing is.
    """

    def work(cursor: "DuckDBPyConnection") -> None:
        before = same(cursor, report.organization, report.agreement, report.label, report.start, report.end)
        if before is not None and before.number != report.restates:
            raise FrozenAlready(before)
        if head(cursor, report.organization) != (report.number, report.place, report.previous):
            raise HeadMoved
        marks = ", ".join("?" * (len(_STORED) + 1))
        cursor.execute(
            f"INSERT INTO frozen_report ({_COLUMNS}, pack) VALUES ({marks})",
            [*(getattr(report, name) for name in _STORED), pack],
        )

    with _ONE:
        in_transaction(database, work, "store a frozen report")


def same(
    cursor: "DuckDBPyConnection",
    organization: str | None,
    agreement: str | None,
    label: str,
    start: Instant,
    end: Instant,
) -> Frozen | None:
    """Return the last report on an agreement and period, by its label or its bounds; None where none is."""
    rows = cursor.execute(
        f"{_ALL} WHERE f.organization IS NOT DISTINCT FROM ? AND f.agreement IS NOT DISTINCT FROM ? "
        "AND (f.label = ? OR (f.start_at = ? AND f.end_at = ?)) ORDER BY f.number DESC LIMIT 1",
        [organization, agreement, label, start, end],
    ).fetchall()
    return _frozen(rows[0]) if rows else None


def find(cursor: "DuckDBPyConnection", number: int) -> Frozen | None:
    """Return a report by its number; None where there is none."""
    rows = cursor.execute(f"{_ALL} WHERE f.number = ?", [number]).fetchall()
    return _frozen(rows[0]) if rows else None


def pack(cursor: "DuckDBPyConnection", number: int) -> bytes | None:
    """Return the pack of a report as it was stored; None where there is no such report."""
    row = cursor.execute("SELECT pack FROM frozen_report WHERE number = ?", [number]).fetchone()
    return None if row is None else bytes(row[0])


def listed(
    cursor: "DuckDBPyConnection",
    *,
    organization: str | None = None,
    agreement: str | None = None,
    label: str | None = None,
    before: int | None = None,
    limit: int | None = 100,
) -> list[Frozen]:
    """Return reports, the latest first.

    Args:
        cursor: of the store.
        organization: only this one's.
        agreement: only this one's.
        label: only of this period.
        before: only those with a smaller number: the next page.
        limit: at most so many; None for all.
    """
    conditions = {
        "f.organization = ?": organization, "f.agreement = ?": agreement, "f.label = ?": label,
        "f.number < ?": before,
    }  # fmt: skip
    chosen = {text: value for text, value in conditions.items() if value is not None}
    where = f"WHERE {' AND '.join(chosen)}" if chosen else ""
    most = "" if limit is None else f"LIMIT {int(limit)}"
    rows = cursor.execute(f"{_ALL} {where} ORDER BY f.number DESC {most}", list(chosen.values())).fetchall()
    return [_frozen(row) for row in rows]


def chain(cursor: "DuckDBPyConnection", number: int) -> list[Link]:
    """Return the chain that a report is in, from its first."""
    rows = cursor.execute(
        "SELECT number, place, previous, manifest_sha256 FROM frozen_report WHERE organization IS NOT "
        "DISTINCT FROM (SELECT organization FROM frozen_report WHERE number = ?) ORDER BY place, number",
        [number],
    ).fetchall()
    return [Link(*row) for row in rows]


def first_samples(cursor: "DuckDBPyConnection", checks: Sequence[str]) -> dict[str, Instant]:
    """Return when each check was first heard of; those that never were are left out."""
    rows = cursor.execute(
        "SELECT n.name, min(t.changed_at) FROM transition t JOIN check_name n ON n.number = t.check_number "
        "WHERE list_contains(?, n.name) GROUP BY 1",
        [list(checks)],
    ).fetchall()
    return dict(rows)


def unsettled(cursor: "DuckDBPyConnection", checks: Sequence[str], end: Instant) -> bool:
    """Say whether an import of samples of some checks before an instant is still to be folded."""
    row = cursor.execute(
        "SELECT count(*) FROM unsettled u JOIN check_name n ON n.number = u.check_number "
        "WHERE list_contains(?, n.name) AND u.first_at < ?",
        [list(checks), end],
    ).fetchone()
    return bool(row and row[0])


def _frozen(row: Sequence[Any]) -> Frozen:
    return Frozen(*row)
