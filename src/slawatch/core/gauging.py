"""Values of metrics over a time that is past, and what rules make of them in a replay.

Of all values only those matter that fulfil a condition, however loosely, and the first one after them that
does not: `thin` leaves the rest out.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from slawatch.core.alert import Alert
from slawatch.core.dispatch import Input
from slawatch.core.instant import DAY, Instant, Micros
from slawatch.core.rule import Condition
from slawatch.core.series import Series
from slawatch.core.signal import Look, Watched, judge, reconcile

FINE: Final = 20
"""So many evaluations there are in a window at most, in a replay of up to `LONG`."""
COARSE: Final = 5
"""So many in a longer one: each sample is read as often as there are windows that it lies in."""
LONG: Final[Micros] = 2 * DAY


class Gauge(NamedTuple):
    """A metric that is read again and again.

    Attributes:
        metric: its name.
        checks: whose samples are pooled.
        window: over which it is taken.
        every: how often, at whole multiples of it.
        limits: `(operator, threshold, margin)` of conditions, of which one holds for a value that matters.
        missing: whether the lack of a value matters, too.
    """

    metric: str
    checks: tuple[str, ...]
    window: Micros
    every: Micros
    limits: tuple[tuple[str, float, float], ...]
    missing: bool = False

    def matters(self, value: float | None) -> bool:
        """Say whether a rule may do more about a value than end its alert."""
        if value is None:
            return self.missing
        return any(
            Condition(operator, threshold).holds(value, margin) for operator, threshold, margin in self.limits
        )


def gauge(one: Series, members: Mapping[str, Sequence[str]], length: Micros = 0) -> Gauge | None:
    """Return how a series is read in a replay; None where its metric is made of more than samples.

    Args:
        one: the series.
        members: the checks of each service.
        length: of the replay.
    """
    metric, whose, rule = one.wish.metric, one.wish.whose, one.rule
    if metric.source != "samples" or metric.over != "window":
        return None
    limits = tuple(
        (condition.operator, float(condition.threshold), abs(condition.threshold) * rule.hysteresis / 100)
        for _, condition in rule.severities
    )
    checks = (whose.check,) if whose.check else tuple(members.get(whose.service, ()))
    every = max(rule.every, one.wish.window // (FINE if length <= LONG else COARSE))
    return Gauge(metric.name, checks, one.wish.window, every, limits, rule.missing in ("warning", "critical"))


class Reading(NamedTuple):
    """What a gauge showed at an instant; None for no value."""

    at: Instant
    value: float | None


class Thinner:
    """Keeps the readings of a gauge that can change anything, in order.

    Attributes:
        found: they.
    """

    def __init__(self, one: Gauge) -> None:
        self.found: list[Reading] = []
        self._gauge = one
        self._calm = True

    def take(self, readings: Iterable[Reading]) -> int:
        """Take what the gauge showed next; return how many of it are kept."""
        before = len(self.found)
        for reading in readings:
            matters = self._gauge.matters(reading.value)
            if matters or not self._calm:
                self.found.append(reading)
            if matters or reading.value is not None:
                self._calm = not matters
        return len(self.found) - before


def thin(one: Gauge, readings: Iterable[Reading]) -> list[Reading]:
    """Return the readings that can change anything, in order."""
    thinner = Thinner(one)
    thinner.take(readings)
    return thinner.found


class Judged:
    """The rules of a config in a replay: what is known of each of their series."""

    def __init__(self, watched: Mapping[str, Series]) -> None:
        """Begin.

        Args:
            watched: the series, by the fingerprints of their alerts.
        """
        self._series = dict(watched)
        self._known: dict[str, Watched] = {}

    def take(
        self, readings: Iterable[tuple[str, float | None]], alerts: Mapping[str, Alert], now: Instant
    ) -> tuple[Input, ...]:
        """Take what the gauges of some series show now; return what alerting is told.

        Args:
            readings: `(fingerprint, value)`.
            alerts: those that alerting knows.
            now: the instant.
        """
        look = Look()
        for name, value in readings:
            known = self._known.get(name, Watched())
            self._known[name] = judge(self._series[name], known, value, "", now, look)
        return reconcile(look, alerts, now)
