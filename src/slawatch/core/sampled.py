"""Which samples and events an agreement counts: those of the time that it counts."""

from collections.abc import Sequence

from slawatch.core.agreement import Agreement
from slawatch.core.instant import Instant
from slawatch.core.ledger import Interval, subtract, union
from slawatch.core.objective import Measure, parse_target
from slawatch.core.subject import Grounds, alone
from slawatch.core.version import Part

OF_SAMPLES = (Measure.LATENCY, Measure.ERROR_RATE, Measure.SUCCESS_RATE)
"""What is measured by single samples."""


def asks_for_samples(terms: Agreement) -> bool:
    """Whether a promise of these terms is about single samples."""
    return any(parse_target(o.metric, o.target).measure in OF_SAMPLES for o in terms.objectives)


def stretches(
    service: str, agreement: Agreement, parts: Sequence[Part], grounds: Grounds
) -> tuple[Interval, ...]:
    """Return the stretches of a period so far whose samples and events an agreement counts; sorted.

    Those outside of the service hours, in granted maintenance of the service, and in time that is excused by
    an adjustment do not count. Where everything counts, there is one stretch.

    Args:
        service: whose samples.
        agreement: with its versions.
        parts: the stretches of the period under each version.
        grounds: what is known, of this service as well.

    Raises:
        ValueError: there is no such calendar.
    """
    found: list[Interval] = []
    for portion in alone(service, agreement, parts, grounds).portions:
        end: Instant = min(portion.end, grounds.now)
        if portion.start < end:
            out = [Interval(low, high) for low, high, _ in portion.exclusions.mask]
            found += subtract((Interval(portion.start, end),), union(out))
    return union(found)
