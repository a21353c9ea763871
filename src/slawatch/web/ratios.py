"""The events of each ratio that an agreement promises, from the counters of its scraped targets."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

from slawatch.core.agreement import Agreement
from slawatch.core.instant import Instant
from slawatch.core.objective import Measure
from slawatch.core.period import Period
from slawatch.core.ratio import Counts
from slawatch.core.version import judging

if TYPE_CHECKING:
    import duckdb


Counted: TypeAlias = Mapping[str, Counts]
"""The events by the id of the objective that is about them."""


def counts(
    cursor: "duckdb.DuckDBPyConnection", agreement: Agreement | None, period: Period, now: Instant
) -> Counted:
    """Return the events of a period so far; a ratio without two readings, which tell nothing, is absent.

    Those of the terms that judge the period, from where the agreement takes effect.

    Raises:
        ValueError: the agreement takes effect only after the period.
        duckdb.Error: the store cannot be read.
    """
    from slawatch.store.counters import increases

    if agreement is None:
        return {}
    parts = judging(agreement, period)
    start, end = parts[0].start, min(parts[-1].end, now)
    found: dict[str, Counts] = {}
    for objective in parts[-1].terms.objectives:
        if objective.metric != Measure.RATIO or start >= end:
            continue
        grown = increases(cursor, objective.check, (objective.good, objective.total), start, end)
        if grown is not None:
            found[objective.id] = Counts(grown[objective.good], grown[objective.total])
    return found
