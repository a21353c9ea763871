"""What the page about silences and maintenance shows: what keeps people from being told, now and to come."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from slawatch.answers.silences import hits
from slawatch.config.model import Config
from slawatch.core.alert import Alert
from slawatch.core.instant import DAY, Instant, parse_rfc3339
from slawatch.core.silence import Silence
from slawatch.web.naming import Names
from slawatch.web.page_incidents import zone_of

_SHOWN: Final = 30 * DAY
"""What is over is shown for so long."""
_ORDER: Final = ("active", "pending", "expired")


class SilenceLine(NamedTuple):
    """One silence; `hits`: the alerts that it keeps quiet now; `fault`: why it can keep none quiet."""

    id: str
    state: str
    match: str
    author: str
    comment: str
    start: Instant
    end: Instant
    hits: tuple[str, ...]
    fault: str


class WindowLine(NamedTuple):
    """One maintenance window; `cancels`: it can be called off here; `zone`: of whose service it is."""

    id: str
    services: tuple[str, ...]
    start: Instant
    end: Instant
    announced: Instant | None
    reason: str
    state: str
    cancels: bool
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SilencesPage:
    """Silences and windows: what holds now first, then what is to come, then what is over."""

    silences: tuple[SilenceLine, ...]
    windows: tuple[WindowLine, ...]
    services: tuple[str, ...]


def arrange(
    config: Config,
    silences: Iterable[Silence],
    alerts: Iterable[Alert],
    windows: Sequence[Mapping[str, Any]],
    now: Instant,
) -> SilencesPage:
    """Arrange what withholds.

    Args:
        config: for names and services.
        silences: all of them.
        alerts: those that fire are looked at.
        windows: as `answers.entries.maintenance` has them.
        now: the present.
    """
    names = Names(config)
    firing = [alert for alert in alerts if alert.firing]
    kept = [silence for silence in silences if silence.end > now - _SHOWN]
    lines = [
        SilenceLine(
            silence.id, silence.state(now), ", ".join(str(matcher) for matcher in silence.match),
            names.one(silence.author), silence.comment, silence.start, silence.end,
            tuple(hits(silence.match, firing)), silence.fault,
        )
        for silence in kept
    ]  # fmt: skip
    shown = [_window(config, window) for window in windows]
    return SilencesPage(
        silences=tuple(sorted(lines, key=lambda one: (_ORDER.index(one.state), one.end, one.id))),
        windows=tuple(sorted(
            (window for window in shown if window.end > now - _SHOWN),
            key=lambda one: (_PLACES.get(one.state, 2), one.start),
        )),
        services=tuple(config.services),
    )  # fmt: skip


_PLACES: Final[Mapping[str, int]] = {"running": 0, "planned": 1}


def _window(config: Config, found: Mapping[str, Any]) -> WindowLine:
    announced = found["announced"]
    first = config.services.get(next(iter(found["services"]), ""))
    return WindowLine(
        found["id"] or "", tuple(found["services"]), parse_rfc3339(found["start"]),
        parse_rfc3339(found["end"]), parse_rfc3339(announced) if announced else None, found["reason"],
        found["state"], bool(found["id"]) and found["state"] in ("planned", "running"),
        zone_of(config, first.organization if first is not None else ""),
    )  # fmt: skip
