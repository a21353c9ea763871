"""Follows schedules and silences, and gives the dispatcher what somebody is to be told of them."""

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Final

import trio

from slawatch.clock import Clock
from slawatch.config.model import Config
from slawatch.config.world import contacts, recipients
from slawatch.core import handoff
from slawatch.core.dispatch import Handed, Input
from slawatch.core.handoff import Followed, HandedOver
from slawatch.core.incident import Incident
from slawatch.core.instant import HOUR, MINUTE, SECOND, Instant
from slawatch.core.reminder import new_gaps, next_silence, of_gap, of_handoff, of_silences
from slawatch.core.rota import Schedule
from slawatch.core.silence import Silence
from slawatch.core.suppress import labels_of
from slawatch.core.turn import State

log = logging.getLogger("slawatch.notices")

_LONGEST: Final = MINUTE
_SHORTEST: Final = SECOND
_GAPS_EVERY: Final = HOUR


class Notices:
    """One look gives what is due; what was given before is the dispatcher's to pass over."""

    def __init__(
        self,
        clock: Clock,
        config: Callable[[], Config],
        schedules: Callable[[], Mapping[str, Schedule]],
        silences: Callable[[], Iterable[Silence]],
        state: Callable[[], State],
        give: Callable[[Input], None],
    ) -> None:
        """Prepare.

        Args:
            clock: the daemon's.
            config: the present one.
            schedules: as they are now, with what was entered at run time.
            silences: all of them.
            state: of alerting, as last stored.
            give: takes an input for the dispatcher.
        """
        self._clock = clock
        self._config = config
        self._schedules = schedules
        self._silences = silences
        self._state = state
        self._give = give
        self._followed: dict[str, Followed] = {}
        self._gaps_due: Instant = 0

    def forget(self) -> None:
        """Follow all schedules from where alerting has them: what it has is another than before."""
        self._followed.clear()

    async def run(self) -> None:
        """Look whenever something is due, and once a minute."""
        while True:
            due = self.look()
            now = self._clock.now()
            pause = _LONGEST if due is None else min(max(due - now, _SHORTEST), _LONGEST)
            await trio.sleep(pause / SECOND)

    def look(self) -> Instant | None:
        """Give what is due now, and return when more may be."""
        now, config, state = self._clock.now(), self._config(), self._state()
        found: list[Instant] = []
        schedules = self._schedules()
        for key, schedule in schedules.items():
            self._follow(key, schedule, now, config, state)
            due = handoff.due(self._followed[key], schedule)
            found += [due] if due is not None else []
        for key in self._followed.keys() - schedules.keys():
            del self._followed[key]
        firing = [labels_of(alert) for alert in state.alerts.values() if alert.firing]
        silences = list(self._silences())
        for notice in of_silences(
            silences, firing, now, config.people, lambda recipient: contacts(config, recipient)
        ):
            if notice.row_key not in state.rows:
                self._give(notice)
        if now >= self._gaps_due:
            self._gaps_due = now + _GAPS_EVERY
            self._look_for_gaps(schedules, now, config, state)
        later = next_silence(silences, now)
        found += [later] if later is not None else []
        return min(found, default=None)

    def _look_for_gaps(
        self, schedules: Mapping[str, Schedule], now: Instant, config: Config, state: State
    ) -> None:
        """Tell `[alerting] meta`, or else who is on call now, of gaps that come within a week."""
        for key, schedule in schedules.items():
            for gap in new_gaps(schedule, now):
                targets = config.alerting.meta or (f"schedule:{key}",)
                everybody = [who for target in targets for who in recipients(config, target, now)]
                for notice in of_gap(schedule, gap, everybody, lambda who: contacts(config, who)):
                    if notice.row_key not in state.rows:
                        self._give(notice)

    def _follow(self, key: str, schedule: Schedule, now: Instant, config: Config, state: State) -> None:
        before = self._followed.get(key) or state.schedules.get(key)
        followed, events = handoff.step(before, schedule, now)
        self._followed[key] = followed
        if before is not None and not events:
            return
        until = handoff.due(followed, schedule)
        notices = tuple(
            notice
            for event in events
            if isinstance(event, HandedOver) and schedule.notify
            for notice in of_handoff(
                schedule, event, until, escalating_to(state, key, config), config.people,
                lambda recipient: contacts(config, recipient),
            )
        )  # fmt: skip
        for event in events:
            if isinstance(event, HandedOver):
                log.info("handoff in %s: on call now: %s", key, ", ".join(event.people) or "nobody")
        self._give(Handed(key, followed, events, notices))


def escalating_to(state: State, schedule: str, config: Config) -> tuple[Incident, ...]:
    """Return the open incidents whose policy names a schedule, or a team that goes by it."""
    targets = {f"schedule:{schedule}"}
    targets |= {f"team:{name}" for name, team in config.teams.items() if team.schedule == schedule}
    return tuple(
        incident for incident in state.incidents.values()
        if incident.open and any(targets & set(level.to) for level in incident.policy.levels)
    )  # fmt: skip
