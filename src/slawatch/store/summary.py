"""What the store holds, in a few figures: `db info`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from slawatch.core.instant import Instant, rfc3339
from slawatch.store import schema
from slawatch.store.database import FILE, JOURNAL, transaction
from slawatch.store.source import folder

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def summary(cursor: "DuckDBPyConnection", data_dir: Path) -> dict[str, Any]:
    """Return the figures by name, as JSON shows them; sizes in bytes, times as RFC 3339.

    `problems` names sealed days whose file is gone or has another size than when it was written.
    """
    import duckdb

    with transaction(cursor, read_only=True):
        fresh, first_fresh, last_fresh = _row(
            cursor, "SELECT count(*), min(started_at), max(started_at) FROM sample"
        )
        first_sealed, last_sealed = _row(
            cursor,
            "SELECT min(first_at), max(last_at) FROM sealed_check "
            "WHERE day IN (SELECT day FROM sealed_day WHERE kind = 'sample')",
        )
        days, sealed, sample_bytes = _row(
            cursor,
            "SELECT count(*), coalesce(sum(rows), 0)::BIGINT, coalesce(sum(bytes), 0)::BIGINT "
            "FROM sealed_day WHERE kind = 'sample'",
        )
        (sealed_bytes,) = _row(cursor, "SELECT coalesce(sum(bytes), 0)::BIGINT FROM sealed_day")
        (checks,) = _row(cursor, "SELECT count(*) FROM check_name")
        (transitions,) = _row(cursor, "SELECT count(*) FROM transition")
        (events,) = _row(cursor, "SELECT count(*) FROM life")
        (sequence,) = _row(cursor, "SELECT coalesce(max(sequence), 0) FROM flush_log")
        version = schema.version(cursor)
        problems = _problems(cursor)
    return {
        "data_dir": str(data_dir),
        "schema_version": version,
        "duckdb_version": duckdb.__version__,
        "database_bytes": _size(data_dir / FILE),
        "log_bytes": _size(data_dir / (FILE + ".wal")),
        "journal_bytes": _size(data_dir / JOURNAL),
        "sealed_bytes": sealed_bytes,
        "sealed_days": days,
        "bytes_per_sealed_sample": round(sample_bytes / sealed, 2) if sealed else None,
        "checks": checks,
        "samples": fresh + sealed,
        "samples_not_sealed": fresh,
        "first_sample": _time(first_fresh, first_sealed, earliest=True),
        "last_sample": _time(last_fresh, last_sealed, earliest=False),
        "transitions": transitions,
        "life_events": events,
        "last_batch": sequence,
        "problems": "; ".join(problems) or None,
    }


def _problems(cursor: "DuckDBPyConnection") -> list[str]:
    where = folder(cursor)
    found = []
    for name, size in cursor.execute("SELECT file, bytes FROM sealed_day ORDER BY day, kind").fetchall():
        path = where / name
        if not path.exists():
            found.append(f"{path} is missing")
        elif path.stat().st_size != size:
            found.append(f"{path} has {path.stat().st_size} bytes instead of {size}")
    return found


def _row(cursor: "DuckDBPyConnection", query: str) -> tuple[Any, ...]:
    found = cursor.execute(query).fetchone()
    assert found is not None
    return tuple(found)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _time(*instants: Instant | None, earliest: bool) -> str | None:
    known = [instant for instant in instants if instant is not None]
    return rfc3339(min(known) if earliest else max(known)) if known else None
