"""The journal of the daemon's own life, from which it follows when nobody was watching."""

import json
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from slawatch.core.instant import MINUTE, Instant, Micros

BEAT: Final[Micros] = MINUTE
"""From one sign of life to the next."""

KINDS: Final = (
    "start",
    "stop",
    "beat",
    "clock_step",
    "suspend",
    "config",
    "prober_died",
    "prober_started",
    "storage",
    "stall",
)


_REACH_BACK: Final = ("start", "prober_started", "suspend", "clock_step", "stall")


class LifeEvent(NamedTuple):
    """Something that happened to the daemon itself.

    Attributes:
        at: when, by the wall clock.
        kind: one of `KINDS`:
            `start` (`version`, `digest` of the config, `pid`, and `last`: the last sign of life that the
            store had of the daemon before, in microseconds), `stop` (`why`), `beat` (nothing),
            `clock_step` (`step`: microseconds by which the wall clock was set, negative for back; `at` is
            after it), `suspend` (`length`: microseconds without a running machine; `at` is after it),
            `config` (`digest`, `added`, `removed`, `changed`), `prober_died` (`prober`, `why`),
            `prober_started` (`prober`, `pid`), `storage` (`why`, and with `since` where some are gone: `lost`
            samples that had to be dropped, or `batches` of samples that had been stored),
            `stall` (`length`: microseconds for which a process of ours did not run on a machine that did;
            `at` is after it; `prober`, where it was one).
        detail: JSON text of an object with the keys above.
    """

    at: Instant
    kind: str
    detail: str = "{}"


class Unwatched(NamedTuple):
    """A half-open stretch of time in which the daemon, or a part of it, did not watch.

    Attributes:
        start, end: half-open.
        why: one line for people.
    """

    start: Instant
    end: Instant
    why: str


def life_event(at: Instant, kind: str, /, **detail: Any) -> LifeEvent:
    """Return an event with its details as JSON text.

    Raises:
        ValueError: there is no such kind.
    """
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is no kind of life event: {', '.join(KINDS)}")
    return LifeEvent(at, kind, json.dumps(detail, sort_keys=True, ensure_ascii=False, default=str))


def details(event: LifeEvent) -> dict[str, Any]:
    """Return what an event's detail says; an unreadable one says nothing."""
    try:
        found = json.loads(event.detail or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def unwatched(events: Iterable[LifeEvent], start: Instant, end: Instant) -> tuple[Unwatched, ...]:
    """Return the stretches of `[start, end)` in which nobody watched, in order of their start.

    The events must begin with the last `start`, `stop` or `beat` before the window; what comes before the
    first event is not judged. Stretches may overlap: a prober can be dead while the machine is suspended. A
    daemon whose last sign of life is older than two beats at `end` is taken as gone.

    >>> unwatched([life_event(0, "start"), life_event(10, "stop"), life_event(90, "start")], 0, 100)
    (Unwatched(start=10, end=90, why='slawatch was stopped'),)
    """
    found: list[Unwatched] = []
    alive: Instant | None = None
    stopped: Instant | None = None
    dead_probers: dict[str, Instant] = {}
    still: list[tuple[Instant, Instant]] = []
    for event in sorted(events, key=lambda e: e.at):
        if event.at >= end and event.kind not in _REACH_BACK:
            continue
        detail = details(event)
        if event.kind == "start":
            last = _micros(detail, "last")
            if last:
                alive = min(last, event.at) if alive is None else max(alive, min(last, event.at))
            if stopped is not None:
                found.append(Unwatched(stopped, event.at, "slawatch was stopped"))
            elif alive is not None:
                found.append(Unwatched(alive, event.at, "slawatch ended without a clean stop"))
            found.extend(_dead(dead_probers, event.at))
            dead_probers.clear()
            stopped = None
        elif event.kind == "stop":
            stopped = event.at
        elif event.kind == "suspend":
            found.append(
                Unwatched(event.at - _micros(detail, "length"), event.at, "the machine was suspended")
            )
        elif event.kind == "stall":
            still.append((event.at - _micros(detail, "length"), event.at))
        elif event.kind == "clock_step" and _micros(detail, "step") > 0:
            found.append(
                Unwatched(event.at - _micros(detail, "step"), event.at, "the machine's clock was set forward")
            )
        elif event.kind == "prober_died":
            dead_probers.setdefault(str(detail.get("prober", "")), event.at)
        elif event.kind == "prober_started":
            since = dead_probers.pop(str(detail.get("prober", "")), None)
            if since is not None:
                found.append(Unwatched(since, event.at, "a prober had died"))
        elif event.kind == "storage" and (lost := _lost(detail)):
            found.append(Unwatched(_micros(detail, "since") or event.at, event.at, lost))
        alive = max(alive, event.at) if alive is not None else event.at
    found.extend(_dead(dead_probers, end))
    found.extend(_stalls(still))
    if stopped is not None:
        found.append(Unwatched(stopped, end, "slawatch was stopped"))
    elif alive is not None and end - alive > 2 * BEAT:
        found.append(Unwatched(alive, end, "slawatch ended without a clean stop"))
    clipped = (Unwatched(max(g.start, start), min(g.end, end), g.why) for g in found)
    return tuple(sorted(g for g in clipped if g.start < g.end))


def _dead(probers: dict[str, Instant], end: Instant) -> list[Unwatched]:
    return [Unwatched(since, end, "a prober had died") for since in probers.values()]


def _stalls(found: list[tuple[Instant, Instant]]) -> list[Unwatched]:
    """Return the stretches of standstills; all processes stand still with their machine, which is one."""
    made: list[Unwatched] = []
    for start, end in sorted(found):
        if made and start <= made[-1].end:
            made[-1] = made[-1]._replace(end=max(end, made[-1].end))
        else:
            made.append(Unwatched(start, end, "slawatch stood still"))
    return made


def _lost(detail: dict[str, Any]) -> str:
    if _micros(detail, "lost") > 0:
        return "samples had to be dropped: the store took none"
    return "stored samples were lost: the database was damaged" if _micros(detail, "batches") > 0 else ""


def _micros(detail: dict[str, Any], key: str) -> Micros:
    found = detail.get(key, 0)
    return found if isinstance(found, int) else 0
