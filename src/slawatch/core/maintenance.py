"""Maintenance windows entered at run time, append-only: planned, changed and cancelled by an entry each.

A window counts as announced when it was entered, unless whoever enters it states an earlier announcement;
then both times stay on record. The fold of the entries is what holds.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, TypeAlias

from slawatch.core.check import Announcement, Maintenance
from slawatch.core.instant import Instant, rfc3339

WindowState = Literal["planned", "running", "over", "cancelled"]


class Planned(NamedTuple):
    """A window is announced.

    Attributes:
        id: unique.
        at: when it was entered.
        person: who entered it.
        services: those it covers.
        start, end: half-open.
        announced: when the customer was told; not after `at`.
        reason: for the customer to read.
    """

    id: str
    at: Instant
    person: str
    services: tuple[str, ...]
    start: Instant
    end: Instant
    announced: Instant
    reason: str = ""


class Changed(NamedTuple):
    """A window is moved, made longer or shorter; what was announced before stays on record."""

    id: str
    at: Instant
    person: str
    start: Instant
    end: Instant
    reason: str = ""


class Cancelled(NamedTuple):
    """A window is called off; one that has begun ends at `at`."""

    id: str
    at: Instant
    person: str
    reason: str = ""


Entry: TypeAlias = Planned | Changed | Cancelled


class WindowRefused(ValueError):  # noqa: N818 (the answer to a command)
    """An entry that cannot be made; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A window as it stands.

    Attributes:
        planned: how it was entered first.
        start, end: as last changed.
        announced: when that was announced.
        earlier: what was announced before, oldest first.
        cancelled: who called it off, and when; None where nobody did.
    """

    planned: Planned
    start: Instant
    end: Instant
    announced: Instant
    earlier: tuple[Announcement, ...] = ()
    cancelled: Cancelled | None = None

    @property
    def until(self) -> Instant:
        """Where it really ends; at its start where it was cancelled before it began."""
        if self.cancelled is None:
            return self.end
        return max(min(self.cancelled.at, self.end), self.start)

    def state(self, now: Instant) -> WindowState:
        """Return how it stands; one that was cancelled while it ran is cancelled."""
        return "cancelled" if self.cancelled is not None else state(self.start, self.end, now)

    def work(self) -> Maintenance | None:
        """Return what counts as announced work; None where it was cancelled before it began."""
        if self.until <= self.start:
            return None
        return Maintenance(
            services=self.planned.services,
            start=self.start,
            end=self.until,
            announced=self.announced,
            reason=self.planned.reason,
            earlier=self.earlier,
        )


def state(start: Instant, end: Instant, now: Instant) -> WindowState:
    """Return how a window stands that nobody called off."""
    return "planned" if now < start else "running" if now < end else "over"


def step(known: Window | None, entry: Entry) -> Window:
    """Return a window after one more entry.

    Raises:
        WindowRefused: it makes no sense, such as cancelling what is over.
    """
    if isinstance(entry, Planned):
        if known is not None:
            raise WindowRefused(f"there is a maintenance window {entry.id} already")
        _check(entry)
        return Window(planned=entry, start=entry.start, end=entry.end, announced=entry.announced)
    if known is None:
        raise WindowRefused(f"there is no maintenance window {entry.id}")
    if known.cancelled is not None:
        raise WindowRefused(
            f"maintenance window {entry.id} was cancelled by {known.cancelled.person}: add it anew"
        )
    if known.end <= entry.at:
        raise WindowRefused(
            f"maintenance window {entry.id} is over since {rfc3339(known.end)}: what was announced stays; "
            "`slawatch adjust add` says how its time shall count"
        )
    if isinstance(entry, Cancelled):
        return replace(known, cancelled=entry)
    _check_span(entry.start, entry.end)
    before = Announcement(start=known.start, end=known.end, announced=known.announced)
    return replace(
        known, start=entry.start, end=entry.end, announced=entry.at, earlier=(*known.earlier, before)
    )


def fold(entries: Iterable[Entry]) -> tuple[Window, ...]:
    """Return all windows as they stand, in the order they were entered.

    Raises:
        WindowRefused: an entry could not have been made.
    """
    found: dict[str, Window] = {}
    for entry in entries:
        found[entry.id] = step(found.get(entry.id), entry)
    return tuple(found.values())


def _check(entry: Planned) -> None:
    if not entry.services or not all(name.strip() for name in entry.services):
        raise WindowRefused("a maintenance window names the services that it covers")
    if not entry.id.strip() or not entry.person.strip():
        raise WindowRefused("a maintenance window needs an id, and a person who enters it")
    _check_span(entry.start, entry.end)
    if entry.announced > entry.at:
        raise WindowRefused(f"it cannot have been announced at {rfc3339(entry.announced)}: that is to come")


def _check_span(start: Instant, end: Instant) -> None:
    if start >= end:
        raise WindowRefused(
            f"a maintenance window ends after it starts, not from {rfc3339(start)} to {rfc3339(end)}"
        )
