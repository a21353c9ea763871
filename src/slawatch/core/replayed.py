"""What a replay came to: alerts that fired, incidents they made, whom they told; and two side by side."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from slawatch.core.event import Event
from slawatch.core.instant import Instant
from slawatch.core.notification import Kind
from slawatch.core.scenario import Message, Played, workflow_lines


class Reached(NamedTuple):
    """Somebody was told of an incident.

    Attributes:
        to, channel: who, through what.
        at: for the first time.
        level: of the escalation then; -1 for none.
        times: how many messages it were.
    """

    to: str
    channel: str
    at: Instant
    level: int
    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fired:
    """An alert from its firing to its end.

    Attributes:
        alert, check, service: which.
        severity: the worst that it had.
        since: the start of the first bad result.
        at: when it fired.
        ended: when it was over; None where it still fires.
        reason: what was wrong.
        incident: the number of its incident in this replay; None for none.
        withheld: why nobody was told of it, kinds of reasons; those of its firing and later ones.
        told: who was paged for its incident while it fired, each channel once.
    """

    alert: str
    check: str
    service: str
    severity: str
    since: Instant
    at: Instant
    ended: Instant | None = None
    reason: str = ""
    incident: int | None = None
    withheld: tuple[str, ...] = ()
    told: tuple[Reached, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """An incident.

    Attributes:
        id: its number in this replay.
        title, service, severity, policy: of it.
        at: when it opened; ended: when it was resolved; None where it is open.
        acked: when it was acknowledged first.
        levels: how many levels fired, those of later cycles counted again.
        exhausted: all levels fired and nobody acknowledged.
        reopened: how often it opened again.
        alerts: of how many alerts it was made.
        told: who was told, each channel once.
        messages: how many went out about it.
    """

    id: int
    title: str
    service: str
    severity: str
    policy: str
    at: Instant
    ended: Instant | None = None
    acked: Instant | None = None
    levels: int = 0
    exhausted: bool = False
    reopened: int = 0
    alerts: int = 0
    told: tuple[Reached, ...] = ()
    messages: int = 0


class Replayed(NamedTuple):
    """What a replay came to within the time that was asked for.

    Attributes:
        start, end: of that time, half-open.
        alerts: in the order of their firing.
        incidents: in the order of their opening.
        messages: in the order in which they went out.
        workflows: lines of what workflows did, with their instants.
    """

    start: Instant
    end: Instant
    alerts: tuple[Fired, ...]
    incidents: tuple[Opened, ...]
    messages: tuple[Message, ...]
    workflows: tuple[tuple[Instant, str], ...]


class Changed(NamedTuple):
    """An alert that fires in both, and not in the same way.

    Attributes:
        old, new: the one, and what it became.
        differences: lines for people.
    """

    old: Fired
    new: Fired
    differences: tuple[str, ...]


class Difference(NamedTuple):
    """Two replays side by side.

    Attributes:
        only_old: alerts that fire no more.
        only_new: alerts that did not fire before.
        changed: alerts that fire in both, and not in the same way.
        same: how many are the same in both.
    """

    only_old: tuple[Fired, ...]
    only_new: tuple[Fired, ...]
    changed: tuple[Changed, ...]
    same: int


def summed_up(played: Played, start: Instant, end: Instant) -> Replayed:
    """Return what a play came to in `[start, end)`; what was over before is left out.

    Args:
        played: the play, which may have begun earlier.
        start: of the time that was asked for.
        end: of it.
    """
    messages = played.messages
    alerts = _alerts(played.events, messages, end)
    incidents = _incidents(played.events, messages)
    return Replayed(
        start,
        end,
        tuple(one for one in alerts if one.at < end and (one.ended is None or one.ended >= start)),
        tuple(one for one in incidents if one.at < end and (one.ended is None or one.ended >= start)),
        tuple(message for message in messages if start <= message.at < end),
        tuple(line for line in workflow_lines(played) if start <= line[0] < end),
    )


def _alerts(events: Iterable[Event], messages: Sequence[Message], end: Instant) -> list[Fired]:
    found: list[Fired] = []
    current: dict[str, int] = {}
    for event in events:
        kind, _, name = event.subject.partition(":")
        if kind != "alert":
            continue
        changes = dict(event.changes)
        if event.kind == "alert.fired":
            current[name] = len(found)
            found.append(
                Fired(
                    alert=name, check=changes["check"], service=changes["service"],
                    severity=changes["severity"], since=changes["since"], at=event.at,
                    reason=changes["actual"], incident=changes["incident"],
                    withheld=_kinds(changes["suppressed"]),
                )
            )  # fmt: skip
        elif name in current:
            found[current[name]] = _later(found[current[name]], event, changes)
    by_incident: dict[int, list[Message]] = {}
    for message in messages:
        if message.kind == Kind.TRIGGER:
            by_incident.setdefault(message.incident, []).append(message)
    return [
        replace(one, told=_reached(
            message for message in by_incident.get(one.incident or 0, ())
            if one.at <= message.at < (end if one.ended is None else one.ended)
        ))
        for one in found
    ]  # fmt: skip


def _later(one: Fired, event: Event, changes: dict[str, Any]) -> Fired:
    if event.kind in ("alert.resolved", "alert.removed"):
        return replace(one, ended=event.at)
    if event.kind == "alert.severity_up":
        return replace(one, severity=changes["severity"])
    if event.kind == "alert.suppression":
        kinds = tuple(dict.fromkeys((*one.withheld, *_kinds(changes.get("suppressed", ())))))
        return replace(one, withheld=kinds)
    if changes.get("incident") is not None:
        return replace(one, incident=changes["incident"])
    return one


def _kinds(reasons: Iterable[Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(reason.kind for reason in reasons))


def _incidents(events: Iterable[Event], messages: Sequence[Message]) -> list[Opened]:
    known: dict[int, dict[str, Any]] = {}
    for event in events:
        kind, _, name = event.subject.partition(":")
        if kind != "incident":
            continue
        number, changes = int(name), dict(event.changes)
        if event.kind == "incident.opened":
            known[number] = {"id": number, "title": changes["title"], "service": changes["service"],
                             "policy": changes["policy"].name, "at": event.at, "levels": 0}  # fmt: skip
        one = known.get(number)
        if one is None:
            continue
        _note(one, event, changes)
    by_incident: dict[int, list[Message]] = {}
    for message in messages:
        by_incident.setdefault(message.incident, []).append(message)
    return [
        Opened(
            **one, messages=len(by_incident.get(number, ())), told=_reached(
                message for message in by_incident.get(number, ()) if message.kind == Kind.TRIGGER
            )
        )
        for number, one in known.items()
    ]  # fmt: skip


def _note(one: dict[str, Any], event: Event, changes: dict[str, Any]) -> None:
    if "severity" in changes:
        one["severity"] = changes["severity"]
    if "alerts" in changes:
        one["alerts"] = len(changes["alerts"])
    match event.kind:
        case "level.fired":
            one["levels"] += 1
        case "escalation.exhausted":
            one["exhausted"] = True
        case "incident.acked":
            one.setdefault("acked", event.at)
        case "incident.resolved" | "incident.merged":
            one["ended"] = event.at
        case "incident.reopened":
            one["ended"] = None
            one["reopened"] = one.get("reopened", 0) + 1


def _reached(messages: Iterable[Message]) -> tuple[Reached, ...]:
    found: dict[tuple[str, str], Reached] = {}
    for message in messages:
        key = message.to, message.channel
        known = found.get(key) or Reached(*key, message.at, message.level, 0)
        found[key] = known._replace(times=known.times + 1)
    return tuple(found.values())


def compare(old: Replayed, new: Replayed, shown: Callable[[Instant], str]) -> Difference:
    """Return two replays of the same samples side by side.

    An alert of one is that of the other if it has the same name and they fire at a common time.

    Args:
        old: under the config in force.
        new: under another.
        shown: writes an instant for people.
    """
    left = list(new.alerts)
    only_old, changed, same = [], [], 0
    for one in old.alerts:
        partner = next((other for other in left if _meets(one, other)), None)
        if partner is None:
            only_old.append(one)
            continue
        left.remove(partner)
        lines = tuple(_differences(one, partner, shown))
        if lines:
            changed.append(Changed(one, partner, lines))
        else:
            same += 1
    return Difference(tuple(only_old), tuple(left), tuple(changed), same)


def _meets(one: Fired, other: Fired) -> bool:
    if one.alert != other.alert:
        return False
    before = one.ended is None or other.since < one.ended
    return before and (other.ended is None or one.since < other.ended)


def _differences(old: Fired, new: Fired, shown: Callable[[Instant], str]) -> Iterable[str]:
    if old.at != new.at:
        yield f"fires at {shown(new.at)} instead of {shown(old.at)}"
    if old.ended != new.ended:
        ends = [("still fires" if end is None else f"ends at {shown(end)}") for end in (new.ended, old.ended)]
        yield f"{ends[0]} instead of {ends[1]}"
    if old.severity != new.severity:
        yield f"is {new.severity} instead of {old.severity}"
    if old.withheld != new.withheld:
        words = [" and ".join(kind.replace("_", " ") for kind in one.withheld) for one in (new, old)]
        yield f"withheld by {words[0] or 'nothing'} instead of {words[1] or 'nothing'}"
    was = {(one.to, one.channel): one for one in old.told}
    now = {(one.to, one.channel): one for one in new.told}
    for key in [key for key in was if key not in now]:
        yield f"{key[0]} is not told any more through {key[1]}"
    for key, one in now.items():
        if key not in was:
            yield f"{key[0]} is told through {key[1]} at {shown(one.at)}"
        elif one.at != was[key].at:
            yield f"{key[0]} is told through {key[1]} at {shown(one.at)} instead of {shown(was[key].at)}"
        elif one.times != was[key].times:
            yield f"{key[0]} is told {one.times} times instead of {was[key].times} through {key[1]}"
