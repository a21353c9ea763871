"""Groups of alerts: what belongs together, when a group is told of, and whether there is anything to tell.

Source of the flush rule: Alertmanager, `dispatch/dispatch.go` and `notify/notify.go`. Unlike it, a retry has
nothing to do with the interval, and a group that was never told, or was just unmuted, does not wait for it.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from slawatch.core.instant import Instant, Micros


class Shown(NamedTuple):
    """What those told of a group know of it.

    Attributes:
        firing, resolved: fingerprints.
        at: when they were told; None where that is not known, which is as if long ago.
    """

    firing: frozenset[str]
    resolved: frozenset[str] = frozenset()
    at: Instant | None = None


class Need(NamedTuple):
    """Whether a flush tells something, and why."""

    tell: bool
    reason: str = "none"


def key(name: str, labels: Mapping[str, str], group_by: Sequence[str]) -> tuple[str, ...]:
    """Return what makes alerts one group: a policy's name and the values of labels; `...` is every label.

    >>> key("default", {"service": "shop", "host": "a"}, ("service",))
    ('default', 'service=shop')
    """
    names = sorted(labels) if "..." in group_by else group_by
    return (name, *(f"{label}={labels.get(label, '')}" for label in names))


def first_flush(started: Instant, now: Instant, wait: Micros) -> Instant:
    """Return when a new group is told of: after its wait, at once where its alert is older than that."""
    return now if started + wait < now else now + wait


def next_flush(flushed: Instant | None, now: Instant, interval: Micros, *, unmuted: bool = False) -> Instant:
    """Return when a changed group is told of again: an interval after the last time, or at once."""
    if flushed is None or unmuted:
        return now
    return max(now, flushed + interval)


def needs(
    shown: Shown | None,
    firing: Collection[str],
    resolved: Collection[str],
    now: Instant,
    *,
    repeat: Micros | None = None,
    send_resolved: bool = True,
) -> Need:
    """Say whether those told need to hear of a group.

    Args:
        shown: what they know; None where nobody was told.
        firing: its members that fire.
        resolved: its members that are over.
        now: the instant of the flush.
        repeat: told again when so long has passed; None: never for that alone.
        send_resolved: whether they want to hear that something is over.
    """
    if shown is None:
        return Need(bool(firing), "first" if firing else "none")
    if not shown.firing.issuperset(firing):
        return Need(tell=True, reason="new alerts")
    if not firing:
        return Need(bool(shown.firing), "all resolved" if shown.firing else "none")
    if send_resolved and not shown.resolved.issuperset(resolved):
        return Need(tell=True, reason="resolved alerts")
    if repeat is not None and (shown.at is None or shown.at < now - repeat):
        return Need(tell=True, reason="repeat")
    return Need(tell=False)


def settled(resolved: Collection[str], firing_again: Collection[str], *, delivered: bool) -> frozenset[str]:
    """Return the members that a group may forget: told to be over, and still so."""
    return frozenset(resolved) - frozenset(firing_again) if delivered else frozenset()
