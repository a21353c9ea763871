"""What changes, as numbered versions: who has seen version n is told what is different since then.

Nothing is queued for anybody: a client that was slow, or away, gets the present state of what changed.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final, NamedTuple

import trio

from slawatch.answers import status
from slawatch.answers.status import WINDOWS, Figures
from slawatch.answers.view import Live
from slawatch.config.model import Config
from slawatch.core.instant import Instant, rfc3339, seconds
from slawatch.core.turn import State
from slawatch.report.wording import percent
from slawatch.web.current import Current, snapshot

PERIOD: Final = 1.0
"""Seconds between two looks at what the daemon knows, as long as somebody watches."""
_SHARE: Final = 10.0
"""Looking costs at most a tenth of the time."""

_Signature = tuple[Any, ...]


class Event(NamedTuple):
    """One thing that changed.

    Attributes:
        name: `service`, `alerting`, `daemon` or `config`.
        subject: the service's name, or empty.
        data: JSON, one line.
        version: in which it last changed.
        organization: whose it is; None for everybody's.
    """

    name: str
    subject: str
    data: str
    version: int
    organization: str | None = None


@dataclass(slots=True)
class _Known:
    """A service as it was last told.

    Attributes:
        state: what all who watch want to know of.
        samples: what only those who watch this service want to know of.
        event: the latest, with the version in which either of them changed.
        stated: the version in which `state` last changed.
    """

    state: _Signature
    samples: _Signature
    event: Event
    stated: int


class Feed:
    """The latest state of everything that is told, each with the version of its last change.

    Attributes:
        version: of the latest change.
    """

    def __init__(self, current: Current) -> None:
        self.version = 0
        self._current = current
        self._looking = trio.Lock()
        self._look_again = 0.0
        self._services: dict[str, _Known] = {}
        self._daemon = Event("daemon", "", "{}", 0)
        self._digest = ""
        self._config = Event("config", "", "{}", 0)
        self._alerting = Event("alerting", "", "{}", 0)
        self._state: State | None = None
        self._standing: _Signature = ()
        self._beat = "{}"

    @property
    def epoch(self) -> str:
        """What distinguishes the versions of this run from those of another."""
        return format(self._current.view.live().since, "x")

    @property
    def beat(self) -> str:
        """The time of the last look, as JSON: who gets it is up to date."""
        return self._beat

    async def look(self) -> None:
        """Bring the feed up to date, unless that has just been done."""
        async with self._looking:
            began = trio.current_time()
            if began < self._look_again:
                return
            found = await self._current.figures()
            view = self._current.view
            config, live, now = snapshot(view)
            heeded = tuple((silence.id, silence.end, silence.state(now)) for silence in view.silences())
            channels = tuple((n, c.state, c.queued, c.dead) for n, c in view.channels().items())
            alerting = view.alerting(), (*heeded, *channels)
            await self._current.render(self._update, config, live, found, now, alerting)
            ended = trio.current_time()
            self._look_again = max(began + PERIOD, ended + min(_SHARE * (ended - began), 3 * PERIOD))

    def since(self, version: int, service: str = "", organization: str = "") -> list[Event]:
        """Return what changed after a version, oldest first.

        Args:
            version: that the asker has seen.
            service: only of this one, but then each new sample is a change.
            organization: only of that one's services.
        """
        if version >= self.version:
            return []
        common = (self._config, self._daemon, self._alerting)
        found = [event for event in common if event.version > version]
        if service:
            one = self._services.get(service)
            known = [one] if one is not None and one.event.version > version else []
        else:
            known = [entry for entry in tuple(self._services.values()) if entry.stated > version]
        found += [
            entry.event for entry in known if not organization or entry.event.organization == organization
        ]
        return sorted(found, key=lambda event: event.version)

    def _update(
        self, config: Config, live: Live, found: Figures, now: Instant, alerting: tuple[State, _Signature]
    ) -> None:
        """Compare with what is known; in a thread, one at a time."""
        version = self.version + 1
        changed = self._heed(*alerting, version)
        if config.digest != self._digest:
            if self._digest:
                self._config = Event("config", "", _json({"digest": config.digest}), version)
                changed = True
            self._digest = config.digest
            self._services = {n: k for n, k in self._services.items() if n in config.services}
        words = _json({"ready": live.ready, "trouble": list(live.trouble), "unheard": live.unheard})
        if words != self._daemon.data:
            self._daemon, changed = Event("daemon", "", words, version), True
        checks = status.members(config)
        for name, service in config.services.items():
            state, samples = _state(found, name, live, checks[name]), _samples(live, checks[name])
            known = self._services.get(name)
            if known is not None and (known.state, known.samples) == (state, samples):
                continue
            entry = status.entry(service, checks[name], found, live, now)
            event = Event(
                "service",
                name,
                _json({**entry, "shown": shown(entry["availability"])}),
                version,
                service.organization,
            )
            stated = version if known is None or known.state != state else known.stated
            self._services[name] = _Known(state, samples, event, stated)
            changed = True
        self._beat = _json({"at": rfc3339(now), "lag": seconds(live.lag), "queued": live.queued})
        if changed:
            self.version = version

    def _heed(self, state: State, around: _Signature, version: int) -> bool:
        """Compare alerting with what is known; who is told of a change asks for what it is about."""
        if state is self._state and self._standing[-1:] == (around,):
            return False
        standing = (*_alerting(state), around)
        self._state, before, self._standing = state, self._standing, standing
        if standing == before or (not before and not state.incidents and not state.alerts):
            return False
        count = sum(1 for incident in state.incidents.values() if incident.open)
        self._alerting = Event("alerting", "", _json({"open": count, "news": _news(state)}), version)
        return True


def shown(availability: Mapping[str, float | None]) -> Mapping[str, str]:
    """Return availabilities as people read them, by window: never rounded up.

    >>> shown({"24h": 99.9999, "7d": None})
    {'24h': '99.999\u202f%', '7d': 'no data'}
    """
    return {
        window: percent(None if value is None else Fraction(str(value)))
        for window, value in availability.items()
    }


def _state(found: Figures, name: str, live: Live, checks: list[str]) -> _Signature:
    """Return what decides about a service's entry, much cheaper than the entry itself."""
    standing = found.services.get(name)
    budget = None if standing is None or standing.budget is None else round(standing.budget, 4)
    seen = (live.checks.get(check) for check in checks)
    return (
        budget,
        *(_thousandths(standing.availability[window]) if standing else None for window in WINDOWS),
        *((c.outcome, c.since, c.failing, c.reason) if c is not None else None for c in seen),
    )


def _alerting(state: State) -> _Signature:
    """Return what people want to know of alerting; that a firing alert was bad again is not among it."""
    incidents = tuple(
        (
            i.id, i.state, i.generation, i.severity, i.level, i.cycle, i.assignee, i.acker, i.exhausted,
            i.commander, i.communications, len(i.notes), len(i.published), i.suppressed, len(i.told),
            i.changed_at, len(i.alerts), len(i.children), i.timers,
        )
        for i in state.incidents.values()
    )  # fmt: skip
    alerts = tuple(
        (a.fingerprint, a.firing, a.severity, a.suppressed, a.incident, a.stale, a.flapping, a.fired_at)
        for a in state.alerts.values()
    )
    rows = tuple((row.key, row.stage, row.attempt) for row in state.rows.values())
    return incidents, alerts, rows


def _news(state: State) -> str:
    """Return the incident that changed last, in a sentence; empty without one."""
    latest = max(state.incidents.values(), key=lambda i: (i.changed_at, i.id), default=None)
    return "" if latest is None else f"incident {latest.id}, {latest.title}, is {latest.shown}"


def _thousandths(share: Fraction | None) -> int | None:
    return None if share is None else int(share * 100_000)


def _samples(live: Live, checks: list[str]) -> _Signature:
    seen = (live.checks.get(check) for check in checks)
    return tuple((c.last_sample, c.latency) if c is not None else None for c in seen)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
