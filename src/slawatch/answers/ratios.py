"""What an agreement counts of events and samples: those of the time that counts, from the store."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from slawatch.config.model import Config
from slawatch.core.adjustment import Adjustment
from slawatch.core.agreement import Agreement
from slawatch.core.evaluation import grounds_of
from slawatch.core.evidence import ServiceEvidence
from slawatch.core.instant import Instant
from slawatch.core.ledger import Interval
from slawatch.core.objective import Measure
from slawatch.core.period import Period
from slawatch.core.ratio import Counts
from slawatch.core.sampled import asks_for_samples, stretches
from slawatch.core.version import judging
from slawatch.report.build import quantiles

if TYPE_CHECKING:
    import duckdb

Events: TypeAlias = Mapping[str, Counts]
"""The events by the id of the objective that is about them."""


class Counting:
    """Which stretches of a period an agreement counts, service by service.

    Raises:
        ValueError: the agreement takes effect only after the period.
    """

    def __init__(
        self,
        config: Config,
        agreement: Agreement,
        evidence: Mapping[str, ServiceEvidence],
        period: Period,
        now: Instant,
        adjustments: Sequence[Adjustment] = (),
        reach: Instant | None = None,
    ) -> None:
        self.parts = judging(agreement, period)
        self.start = self.parts[0].start
        self.end = min(self.parts[-1].end, now)
        self.terms = self.parts[-1].terms
        self._agreement = agreement
        self._config = config
        asked = {o.check for o in self.terms.objectives if o.metric == Measure.RATIO}
        besides = {check.service for check in config.checks.values() if check.name in asked}
        self._grounds = grounds_of(
            self.parts, config.services.values(), evidence, now, calendars=config.calendars,
            maintenance=config.maintenance, adjustments=adjustments, reach=reach, besides=besides,
        )  # fmt: skip

    def stretches(self, service: str) -> tuple[Interval, ...] | None:
        """Return the stretches that count; None for all of the period so far."""
        found = stretches(service, self._agreement, self.parts, self._grounds)
        return None if found == (Interval(self.start, self.end),) else found

    def counts(self, cursor: "duckdb.DuckDBPyConnection") -> Events:
        """Return the events of each ratio so far; one without two readings, which tell nothing, is absent.

        Raises:
            duckdb.Error: the store cannot be read.
        """
        from slawatch.store.counters import increases

        found: dict[str, Counts] = {}
        for objective in self.terms.objectives:
            check = self._config.checks.get(objective.check)
            if objective.metric != Measure.RATIO or check is None or self.start >= self.end:
                continue
            names = (objective.good, objective.total)
            inside = self.stretches(check.service)
            grown = increases(cursor, check.name, names, self.start, self.end, inside)
            if grown is not None:
                found[objective.id] = Counts(grown[objective.good], grown[objective.total])
        return found

    def sampled(
        self, cursor: "duckdb.DuckDBPyConnection", found: Mapping[str, ServiceEvidence]
    ) -> dict[str, ServiceEvidence]:
        """Return the evidence of services with what the samples say that count, where not all of them do.

        Raises:
            duckdb.Error: the store cannot be read.
        """
        from slawatch.store.within import within

        made = dict(found)
        if self.start >= self.end or not asks_for_samples(self.terms):
            return made
        together: dict[tuple[Interval, ...], dict[str, list[str]]] = {}
        for name, evidence in found.items():
            spans = self.stretches(name)
            if spans is not None:
                together.setdefault(spans, {})[name] = [check.check for check in evidence.checks]
        for spans, services in together.items():
            counted = within(cursor, services, spans, quantiles(self._agreement))
            made.update({name: replace(made[name], counted=counted[name]) for name in services})
        return made
