"""Which periods of agreements are over and not frozen: a report that nobody froze cannot go missing."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from slawatch.answers.status import members
from slawatch.config.model import Config
from slawatch.core.agreement import Agreement
from slawatch.core.instant import MINUTE, Instant, Micros
from slawatch.core.period import Period, containing
from slawatch.core.version import begins, in_force, judging, versions

if TYPE_CHECKING:
    import duckdb

_KEPT: Final[Micros] = MINUTE


def missed(
    cursor: "duckdb.DuckDBPyConnection", config: Config, now: Instant
) -> list[tuple[Agreement, Period]]:
    """Return each period of each agreement that is over and not frozen, the oldest first.

    Raises:
        StoreError: the store cannot be read.
    """
    from slawatch.store import frozen

    checks = members(config)
    first = frozen.first_samples(cursor, list(config.checks))
    kept = frozen.listed(cursor, limit=None)
    labels = {(one.agreement, one.label) for one in kept}
    bounds = {(one.agreement, one.start, one.end) for one in kept}
    found = []
    for terms in config.agreements.values():
        services = {name for version in versions(terms) for name in version.services}
        heard = [first[check] for name in services for check in checks.get(name, ()) if check in first]
        if not heard:
            continue
        found += [
            (terms, period)
            for period in _ended(terms, min(heard), now)
            if (terms.key, period.label) not in labels and (terms.key, period.start, period.end) not in bounds
        ]
    return sorted(found, key=lambda pair: (pair[1].end, pair[1].start, pair[0].key))


def _ended(terms: Agreement, since: Instant, now: Instant) -> Iterator[Period]:
    """Yield the periods of an agreement that are over, from the one that an instant lies in."""
    oldest = begins(versions(terms)[0])
    at = since if oldest is None else max(since, oldest)
    while at < now:
        holding = in_force(terms, at) or terms
        period = containing(at, holding.period, terms.timezone)
        if period.end > now:
            return
        at = period.end
        start = judging(terms, period)[0].start
        yield replace(period, start=start) if start > period.start else period


class Overdue:
    """Counts them for who asks again and again: the store is asked once a minute."""

    def __init__(self) -> None:
        self._of: tuple[str, Instant] | None = None
        self._counts: dict[str, int] = {}

    def counts(self, cursor: "duckdb.DuckDBPyConnection", config: Config, now: Instant) -> dict[str, int]:
        """Return how many there are, by organisation; one that was promised nothing is left out.

        Raises:
            StoreError: the store cannot be read.
        """
        if not config.agreements:
            return {}
        if self._of is None or self._of[0] != config.digest or now - self._of[1] >= _KEPT:
            found = Counter(terms.organization for terms, _ in missed(cursor, config, now))
            promised = dict.fromkeys(terms.organization for terms in config.agreements.values())
            self._counts = {organization: found[organization] for organization in promised}
            self._of = config.digest, now
        return self._counts
