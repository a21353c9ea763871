"""Quiet hours: recurring times at which alerts that can wait are not told; they are told when these end."""

from dataclasses import dataclass
from typing import Literal

from slawatch.core.instant import Instant
from slawatch.core.ledger import Interval, union
from slawatch.core.matcher import Matchers
from slawatch.core.recurrence import TimeInterval, contains, current_or_next, spans
from slawatch.core.suppress import Window
from slawatch.core.text import TimeZone


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """When alerts that can wait are not told.

    Attributes:
        name: unique; the key of the TOML table.
        during: any of these times.
        timezone: whose clocks (IANA name); that of `[slawatch]` by default.
        services, checks: whose alerts; with both empty, all.
        match: conditions on labels.
        severity: alerts up to this one; worse ones are told at once.
        reason: why, for people.

    Raises:
        ValueError: no time at all.
    """

    name: str
    during: tuple[TimeInterval, ...]
    timezone: TimeZone = "UTC"
    services: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    match: Matchers = ()
    severity: Literal["info", "low", "medium", "high", "critical"] = "medium"
    reason: str = ""

    def __post_init__(self) -> None:
        if not self.during:
            raise ValueError("during is empty: say when it is quiet")

    def until(self, at: Instant) -> Instant | None:
        """Return when the quiet around an instant ends; None outside of it."""
        if not any(contains(one, at, self.timezone) for one in self.during):
            return None
        span = self.span(at)
        return None if span is None else span.end

    def span(self, at: Instant) -> Interval | None:
        """Return the quiet around an instant, or else the next one; None for none in sight."""
        return current_or_next(self._spans, at)

    def window(self) -> Window:
        """Return what withholds alerts."""
        return Window(
            name=self.name, kind="quiet_hours", services=self.services, checks=self.checks, match=self.match,
            severity=self.severity, open_until=self.until, reason=self.reason or f"quiet hours {self.name}",
        )  # fmt: skip

    def _spans(self, start: Instant, end: Instant) -> tuple[Interval, ...]:
        return union(span for one in self.during for span in spans(one, start, end, self.timezone))
