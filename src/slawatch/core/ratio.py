"""Ratios of good events: from probes, or from two counters of a scraped target."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from slawatch.core.instant import Instant
from slawatch.core.sample import Outcome


class Counts(NamedTuple):
    """How many events there were, and how many of them were good."""

    good: Fraction
    total: Fraction

    @property
    def share(self) -> Fraction | None:
        """The share of good events; None for no data."""
        return self.good / self.total if self.total else None

    def __add__(self, other: object) -> "Counts":
        """Return the events of both together."""
        if not isinstance(other, Counts):
            return NotImplemented
        return Counts(self.good + other.good, self.total + other.total)


class Reading(NamedTuple):
    """What a counter stood at."""

    at: Instant
    value: Fraction


def of_probes(outcomes: Mapping[int, int], degraded: Fraction = Fraction(1)) -> Counts:
    """Return the probes that found the target working; those without an answer of ours do not count.

    Args:
        outcomes: how many samples had each `Outcome`.
        degraded: how much of a good event a degraded one is.
    """
    up, slow, down = (
        Fraction(outcomes.get(outcome, 0)) for outcome in (Outcome.UP, Outcome.DEGRADED, Outcome.DOWN)
    )
    return Counts(up + degraded * slow, up + slow + down)


def increase(readings: Iterable[Reading], start: Instant, end: Instant) -> Fraction | None:
    """Return how much a counter grew in `[start, end]`; None with fewer than two readings in it.

    A reading lower than the one before is a restart: the counter began again at zero.

    >>> increase([Reading(0, Fraction(5)), Reading(1, Fraction(9)), Reading(2, Fraction(3))], 0, 2)
    Fraction(7, 1)
    """
    inside = sorted(reading for reading in readings if start <= reading.at <= end)
    if len(inside) < 2:
        return None
    grown = Fraction(0)
    for before, after in pairwise(inside):
        grown += after.value - before.value if after.value >= before.value else after.value
    return grown


def of_counters(
    good: Iterable[Reading], total: Iterable[Reading], start: Instant, end: Instant
) -> Counts | None:
    """Return the events that two counters counted in `[start, end]`; None where one of them tells nothing.

    Raises:
        ValueError: more events were good than there were.
    """
    fine, every = increase(good, start, end), increase(total, start, end)
    if fine is None or every is None:
        return None
    if fine > every:
        raise ValueError(f"{fine} good events of {every} cannot be: the counters do not belong together")
    return Counts(fine, every)
