"""Silences: somebody said not to be told of certain alerts until some time.

A silence is pending, active or expired by comparison with the clock, and nothing else. It may be edited as in
Alertmanager: a new comment or end keeps the id; new matchers, or a start that has passed, end the old one and
begin a new one. What fires when it ends is told at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from slawatch.core.instant import DAY, MINUTE, Instant, Micros
from slawatch.core.matcher import Matcher, Matchers, fault, matches
from slawatch.core.text import Moment

LONGEST: Final[Micros] = 30 * DAY
REMIND: Final[Micros] = 15 * MINUTE
"""So long before its end the author of a silence that mutes something is reminded."""

FORGOTTEN: Final[Micros] = 7 * DAY
"""A silence that has been active for so long is listed to its author once a week."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Nobody is told of the alerts that it matches.

    Attributes:
        id: its name for ever.
        match: conditions on labels, all of which hold.
        author: who made it.
        comment: why.
        start, end: half-open.
        updated: when it was edited last.
    """

    id: str = ""
    match: Matchers
    author: str
    comment: str
    start: Moment
    end: Moment
    updated: Moment = 0

    def state(self, now: Instant) -> Literal["pending", "active", "expired"]:
        """Return what it is at an instant."""
        if now >= self.end:
            return "expired"
        return "pending" if now < self.start else "active"

    def mutes(self, labels: Mapping[str, str], now: Instant) -> bool:
        """Say whether nobody is told of an alert with these labels."""
        return self.state(now) == "active" and matches(self.match, labels)

    @property
    def fault(self) -> str:
        """Why it mutes nothing, as its matchers can match nothing; empty for a sound one."""
        return fault(self.match)

    @property
    def reminder(self) -> Instant | None:
        """When its author is reminded of its end; None for one too short."""
        return self.end - REMIND if self.end - self.start > REMIND else None

    def forgotten(self, now: Instant) -> bool:
        """Whether it is so old that its author should look at it again."""
        return self.state(now) == "active" and now - self.start >= FORGOTTEN


class SilenceError(ValueError):
    """A silence that cannot be made; the message says why."""


def check(silence: Silence, *, force: bool = False, everything: bool = False) -> None:
    """Look at a silence before it is made.

    Args:
        silence: the one.
        force: it may last longer than 30 days.
        everything: its matchers may all match what has no such label.

    Raises:
        SilenceError: it is not valid.
    """
    if not silence.match:
        raise SilenceError("a silence needs at least one matcher")
    if all(matcher.empty for matcher in silence.match) and not everything:
        raise SilenceError("these matchers match everything: name a label, or say that all alerts are meant")
    if not silence.author.strip():
        raise SilenceError("a silence needs an author")
    if not silence.comment.strip():
        raise SilenceError("a silence needs a comment: why, and until what")
    if not silence.end:
        raise SilenceError("a silence needs an end")
    if silence.end < silence.start:
        raise SilenceError("the end is before the start")
    if silence.end - silence.start > LONGEST and not force:
        raise SilenceError("a silence of more than 30 days needs --force")


def in_place(old: Silence | None, new: Silence, now: Instant) -> bool:
    """Say whether an edit keeps the id: the same matchers, and no time rewritten that has passed."""
    if old is None or sorted(old.match) != sorted(new.match):
        return False
    state = old.state(now)
    if state == "active":
        return new.start == old.start and new.end >= now
    return state == "pending" and new.start >= now


def expire(silence: Silence, now: Instant) -> Silence:
    """End a silence now; a pending one never begins, an expired one stays as it is."""
    state = silence.state(now)
    if state == "expired":
        return silence
    return replace(silence, start=min(silence.start, now), end=now, updated=now)


def put(
    silences: Mapping[str, Silence],
    silence: Silence,
    now: Instant,
    new_id: str,
    *,
    count: int | None = None,
    size: int | None = None,
    force: bool = False,
    everything: bool = False,
) -> tuple[dict[str, Silence], str]:
    """Make or edit a silence; nothing changes where it is refused.

    Args:
        silences: all there are, by id.
        silence: the new one; with the id of an old one, an edit of it.
        now: the present.
        new_id: for where a new one begins.
        count: at most so many that are not expired.
        size: at most so many characters of matchers, author and comment.
        force: as in `check`.
        everything: as in `check`.

    Raises:
        SilenceError: there is none of that id, it is not valid, or over a limit.
    """
    old = silences.get(silence.id) if silence.id else None
    if silence.id and old is None:
        raise SilenceError(f"silence {silence.id} is not found")
    check(silence, force=force, everything=everything)
    if size is not None and _size(silence) > size:
        raise SilenceError(f"a silence has at most {size} characters")
    found = dict(silences)
    if old is not None and in_place(old, silence, now):
        found[old.id] = replace(silence, updated=now)
        return found, old.id
    if old is not None:
        found[old.id] = expire(old, now)
    alive = sum(1 for other in found.values() if other.state(now) != "expired")
    if count is not None and alive >= count:
        raise SilenceError(f"there may be at most {count} silences")
    found[new_id] = replace(silence, id=new_id, start=max(silence.start, now), updated=now)
    return found, new_id


def _size(silence: Silence) -> int:
    texts: tuple[str | Matcher, ...] = (*silence.match, silence.author, silence.comment)
    return sum(len(str(text)) for text in texts)
