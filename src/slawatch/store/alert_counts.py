"""How often alerts fired and messages were tried, counted on from where the last look ended."""

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(slots=True)
class Counts:
    """What was counted so far.

    Attributes:
        number: of the last event that was looked at.
        tried_until: attempts that began before are counted.
        fired: alerts by severity, service and organisation.
        tried: attempts by channel and verdict.
    """

    number: int = 0
    tried_until: int = 0
    fired: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    tried: Counter[tuple[str, str]] = field(default_factory=Counter)


def count(cursor: "DuckDBPyConnection", counts: Counts, now: int) -> None:
    """Count what came since the last look.

    Args:
        cursor: of the store.
        counts: what was counted; it grows.
        now: attempts that begin from then on are left for the next look.

    Raises:
        StoreError: it cannot be read.
    """
    last = cursor.execute("SELECT max(number) FROM alert_event").fetchone()
    number = last[0] if last is not None and last[0] is not None else counts.number
    rows = cursor.execute(
        "SELECT json_extract_string(changes, '$.severity'), json_extract_string(changes, '$.service'), "
        "json_extract_string(changes, '$.organization'), count(*) FROM alert_event "
        "WHERE kind = 'alert.fired' AND number > ? AND number <= ? GROUP BY ALL",
        [counts.number, number],
    ).fetchall()
    for severity, service, organization, times in rows:
        counts.fired[severity or "", service or "", organization or ""] += times
    counts.number = max(counts.number, number)
    rows = cursor.execute(
        "SELECT channel, verdict, count(*) FROM attempt WHERE started_at >= ? AND started_at < ? "
        "GROUP BY ALL",
        [counts.tried_until, now],
    ).fetchall()
    for channel, verdict, times in rows:
        counts.tried[channel, verdict] += times
    counts.tried_until = max(counts.tried_until, now)
