"""When incidents were opened and when somebody first took them on, from the record of alerting."""

import json
from collections.abc import Container
from typing import TYPE_CHECKING

from slawatch.core.instant import Instant
from slawatch.core.trend import Reaction
from slawatch.store.errors import StoreDamaged

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def reactions(
    cursor: "DuckDBPyConnection", start: Instant, end: Instant, services: Container[str]
) -> tuple[Reaction, ...]:
    """Return the incidents of some services that were opened in `[start, end)`, in order of time.

    What counts is the first acknowledgement, whoever gave it and whatever became of it.

    Raises:
        StoreDamaged: an event is not what was written.
        duckdb.Error: the store cannot be read.
    """
    rows = cursor.execute(
        """
        WITH opened AS (
            SELECT number, subject, happened_at, changes FROM alert_event
            WHERE kind = 'incident.opened' AND happened_at >= ? AND happened_at < ?
        ), acked AS (
            SELECT subject, min(happened_at) AS at FROM alert_event
            WHERE kind = 'incident.acked' AND happened_at >= ? GROUP BY subject
        )
        SELECT opened.happened_at, opened.changes, acked.at
        FROM opened LEFT JOIN acked USING (subject) ORDER BY opened.number
        """,
        [start, end, start],
    ).fetchall()
    found = (Reaction(_service(changes), at, acknowledged) for at, changes, acknowledged in rows)
    return tuple(one for one in found if one.service in services)


def _service(changes: str) -> str:
    try:
        return str(dict(json.loads(changes)).get("service", ""))
    except (ValueError, TypeError) as error:
        raise StoreDamaged(f"an opened incident says {changes[:80]!r}: {error}") from None
