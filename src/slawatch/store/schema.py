"""The tables, as numbered migrations.

Instants are BIGINT microseconds UTC since 1970 and lengths BIGINT microseconds, as everywhere in slawatch:
DuckDB packs them as tightly as smaller types. No table that a flush writes to has an index or a key: it would
cost more than the flush itself.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, TypeAlias

from slawatch.store.errors import StoreNewer

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Migration: TypeAlias = "str | Callable[[DuckDBPyConnection], None]"
"""Statements, or a function that runs them, leading from one version to the next."""

_FIRST: Final = """
CREATE TABLE check_name (number INTEGER NOT NULL, name VARCHAR NOT NULL);

-- One row a probe, in order of arrival; days that are over move into Parquet files with the same columns.
CREATE TABLE sample (
    check_number INTEGER NOT NULL,
    due_at BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    outcome UTINYINT NOT NULL,
    cause UTINYINT NOT NULL,
    latency BIGINT,
    dns BIGINT,
    connect BIGINT,
    tls BIGINT,
    first_byte BIGINT,
    transfer BIGINT,
    holds BIGINT NOT NULL,
    location USMALLINT NOT NULL
);

-- What a sample that is not up had to say, and the measures of any sample.
CREATE TABLE failure (
    check_number INTEGER NOT NULL, started_at BIGINT NOT NULL, reason VARCHAR, transcript VARCHAR
);
CREATE TABLE measure (
    check_number INTEGER NOT NULL, started_at BIGINT NOT NULL, name VARCHAR NOT NULL, value DOUBLE, unit
    VARCHAR
);

-- The exact record of availability, kept when the samples are gone.
CREATE TABLE transition (
    check_number INTEGER NOT NULL, changed_at BIGINT NOT NULL, outcome UTINYINT NOT NULL, after BIGINT, reason
    VARCHAR
);

CREATE TABLE ping (check_number INTEGER NOT NULL, pinged_at BIGINT NOT NULL);
CREATE TABLE life (happened_at BIGINT NOT NULL, kind VARCHAR NOT NULL, detail VARCHAR NOT NULL);
CREATE TABLE flush_log (sequence BIGINT NOT NULL, samples INTEGER NOT NULL, stored_at BIGINT NOT NULL);

-- The manifest of the Parquet files, and what a day held of each check: kept when its files are gone.
CREATE TABLE sealed_day (
    kind VARCHAR NOT NULL, day INTEGER NOT NULL, file VARCHAR NOT NULL, rows BIGINT NOT NULL, bytes BIGINT NOT
    NULL, sha256 VARCHAR NOT NULL, sealed_at BIGINT NOT NULL
);
CREATE TABLE sealed_check (
    day INTEGER NOT NULL, check_number INTEGER NOT NULL,
    up BIGINT NOT NULL, degraded BIGINT NOT NULL, down BIGINT NOT NULL, unknown BIGINT NOT NULL,
    first_at BIGINT NOT NULL, first_outcome UTINYINT NOT NULL, first_holds BIGINT NOT NULL,
    last_at BIGINT NOT NULL, last_outcome UTINYINT NOT NULL, last_holds BIGINT NOT NULL
);
"""

_SECOND: Final = """
-- What people decided, one row an entry in the order they were made: only ever added to.
CREATE TABLE maintenance_entry (
    number BIGINT NOT NULL, id VARCHAR NOT NULL, kind VARCHAR NOT NULL, entered_at BIGINT NOT NULL,
    person VARCHAR NOT NULL, source VARCHAR NOT NULL,
    services VARCHAR[], start_at BIGINT, end_at BIGINT, announced_at BIGINT, reason VARCHAR NOT NULL
);
CREATE TABLE adjustment_entry (
    number BIGINT NOT NULL, id VARCHAR NOT NULL, kind VARCHAR NOT NULL, entered_at BIGINT NOT NULL,
    person VARCHAR NOT NULL, source VARCHAR NOT NULL,
    service VARCHAR, class VARCHAR, outage VARCHAR, start_at BIGINT, end_at BIGINT, reason VARCHAR NOT NULL,
    evidence VARCHAR
);
"""

_THIRD: Final = """
-- Imports that samples were stored beside: what of them is still to be folded again.
CREATE TABLE unsettled (
    imported_at BIGINT NOT NULL, check_number INTEGER NOT NULL, first_at BIGINT NOT NULL, last_at BIGINT NOT
    NULL
);
"""

_FOURTH: Final = """
-- Alerting, as it was decided: the fold of the events after the last snapshot is the present state.
CREATE TABLE alert_event (
    number BIGINT NOT NULL, happened_at BIGINT NOT NULL, kind VARCHAR NOT NULL, subject VARCHAR NOT NULL,
    text VARCHAR NOT NULL, person VARCHAR NOT NULL, origin VARCHAR NOT NULL, changes VARCHAR NOT NULL,
    gone BOOLEAN NOT NULL, incident BIGINT
);
CREATE TABLE alert_snapshot (number BIGINT NOT NULL, taken_at BIGINT NOT NULL, state VARCHAR NOT NULL);

-- Every attempt to tell somebody, and what the provider said.
CREATE TABLE attempt (
    key VARCHAR NOT NULL, place INTEGER NOT NULL, incident BIGINT NOT NULL, kind VARCHAR NOT NULL,
    recipient VARCHAR NOT NULL, channel VARCHAR NOT NULL, started_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL, verdict VARCHAR NOT NULL, status INTEGER, answer VARCHAR NOT NULL,
    provider_id VARCHAR NOT NULL, possible_duplicate BOOLEAN NOT NULL
);

-- What people decided about silences and about who is on call, one row an entry: only ever added to.
CREATE TABLE silence_entry (
    number BIGINT NOT NULL, id VARCHAR NOT NULL, kind VARCHAR NOT NULL, entered_at BIGINT NOT NULL,
    person VARCHAR NOT NULL, source VARCHAR NOT NULL,
    matchers VARCHAR NOT NULL, author VARCHAR NOT NULL, comment VARCHAR NOT NULL,
    start_at BIGINT NOT NULL, end_at BIGINT NOT NULL
);
CREATE TABLE override_entry (
    number BIGINT NOT NULL, id VARCHAR NOT NULL, kind VARCHAR NOT NULL, entered_at BIGINT NOT NULL,
    person VARCHAR NOT NULL, source VARCHAR NOT NULL,
    schedule VARCHAR, change VARCHAR, reason VARCHAR NOT NULL
);

-- Who may ask, what they proved it with, and what they did; the log is only ever added to.
CREATE TABLE token (
    id VARCHAR NOT NULL, name VARCHAR NOT NULL, hash VARCHAR NOT NULL, role VARCHAR NOT NULL,
    organizations VARCHAR[], created_at BIGINT NOT NULL, created_by VARCHAR NOT NULL,
    expires_at BIGINT, revoked_at BIGINT, used_at BIGINT
);
CREATE TABLE session (
    hash VARCHAR NOT NULL, name VARCHAR NOT NULL, kind VARCHAR NOT NULL, mark VARCHAR NOT NULL,
    groups VARCHAR[] NOT NULL, source VARCHAR NOT NULL, created_at BIGINT NOT NULL, seen_at BIGINT NOT NULL
);
CREATE TABLE audit (
    number BIGINT NOT NULL, happened_at BIGINT NOT NULL, person VARCHAR NOT NULL, source VARCHAR NOT NULL,
    action VARCHAR NOT NULL, subject VARCHAR NOT NULL, outcome VARCHAR NOT NULL, detail VARCHAR NOT NULL
);
"""

_FIFTH: Final = """
-- Reports as they were frozen, each in its organisation's chain: only ever added to.
CREATE TABLE frozen_report (
    number BIGINT NOT NULL, organization VARCHAR, place BIGINT NOT NULL, previous VARCHAR NOT NULL,
    manifest_sha256 VARCHAR NOT NULL, report VARCHAR NOT NULL, agreement VARCHAR, label VARCHAR NOT NULL,
    start_at BIGINT NOT NULL, end_at BIGINT NOT NULL, timezone VARCHAR NOT NULL,
    frozen_at BIGINT NOT NULL, person VARCHAR NOT NULL, source VARCHAR NOT NULL, reason VARCHAR NOT NULL,
    restates BIGINT, verdict VARCHAR NOT NULL, version VARCHAR NOT NULL, evidence_sha256 VARCHAR NOT NULL,
    public_key VARCHAR NOT NULL, bytes BIGINT NOT NULL, pack BLOB NOT NULL
);
"""

MIGRATIONS: Final[tuple[Migration, ...]] = (_FIRST, _SECOND, _THIRD, _FOURTH, _FIFTH)
"""The step at index n leads from version n to version n + 1; a published step is never changed."""

VERSION: Final = len(MIGRATIONS)


def version(cursor: "DuckDBPyConnection") -> int:
    """Return the version of the tables; 0 for an empty database."""
    known = cursor.execute(
        "SELECT count(*) FROM duckdb_tables() WHERE table_name = 'schema_version' AND NOT internal"
    ).fetchone()
    if known is None or not known[0]:
        return 0
    found = cursor.execute("SELECT max(version) FROM schema_version").fetchone()
    return int(found[0] or 0) if found else 0


def migrate(
    cursor: "DuckDBPyConnection", now: int, migrations: Sequence[Migration] = MIGRATIONS
) -> tuple[int, int]:
    """Bring the tables to the latest version; return the versions before and after.

    Each step is a transaction of its own.

    Raises:
        StoreNewer: a later slawatch wrote this database.
    """
    before = version(cursor)
    if before > len(migrations):
        raise StoreNewer(
            f"the database has version {before}, this slawatch knows versions up to {len(migrations)}: "
            "upgrade slawatch, or restore a backup from before the upgrade"
        )
    for number in range(before, len(migrations)):
        step = migrations[number]
        cursor.begin()
        try:
            if number == 0:
                cursor.execute(
                    "CREATE TABLE schema_version (version INTEGER NOT NULL, applied_at BIGINT NOT NULL)"
                )
            if callable(step):
                step(cursor)
            else:
                cursor.execute(step)
            cursor.execute("INSERT INTO schema_version VALUES (?, ?)", [number + 1, now])
            cursor.commit()
        except BaseException:
            cursor.rollback()
            raise
    return before, len(migrations)
