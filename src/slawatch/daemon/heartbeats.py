"""Passive checks: jobs call us, and the daemon itself looks whether they called in time."""

import logging
from collections.abc import Iterable, Mapping
from heapq import heappop, heappush
from typing import Any, Final

import trio

from slawatch import checks
from slawatch.checks import CheckType
from slawatch.checks._attempt import Attempt
from slawatch.checks._dns import Resolver
from slawatch.checks.heartbeat import overdue_at
from slawatch.clock import Clock
from slawatch.core.check import Check
from slawatch.core.instant import SECOND, Instant, Micros
from slawatch.core.sample import Cause, Observation, Outcome
from slawatch.daemon.recorder import Recorder
from slawatch.daemon.scheduler import Scheduler

log = logging.getLogger("slawatch.heartbeats")


HEARD_WITHIN: Final[Micros] = 5 * SECOND
"""After a standstill: what called meanwhile waits at the socket, or tries again."""


class Heartbeats:
    """Knows when each job called last, and looks at the passive checks.

    It looks at each regularly, when its job calls, and when it is overdue.

    Attributes:
        scheduler: looks at the passive checks; its samples are taken like a prober's.
    """

    def __init__(self, clock: Clock, recorder: Recorder, pings: Mapping[int, Instant]) -> None:
        """Go on where the store left off.

        Args:
            clock: the daemon's.
            recorder: keeps the calls.
            pings: the last stored call of each check, by number.
        """
        self.scheduler = Scheduler(clock, Resolver(), load=self._load)
        self._clock = clock
        self._recorder = recorder
        self._pings = dict(pings)
        self._numbers: dict[str, int] = {}
        self._checks: dict[str, Check] = {}
        self._overdue: list[tuple[Instant, str]] = []

    def watch(self, assignments: Iterable[tuple[int, Check]]) -> None:
        """Begin with passive checks, given with their numbers."""
        assignments = tuple(assignments)
        for number, check in assignments:
            self._numbers[check.name], self._checks[check.name] = number, check
            if number in self._pings:
                heappush(self._overdue, (overdue_at(check.options, self._pings[number]), check.name))
        self.scheduler.watch(assignments)

    def leave(self, names: Iterable[str]) -> None:
        """Look at these no more."""
        for name in names:
            self._numbers.pop(name, None)
            self._checks.pop(name, None)
            self.scheduler.leave((name,))

    def ping(self, name: str, at: Instant) -> None:
        """Note that a job called. A call for a check that a reload has just removed is dropped."""
        number = self._numbers.get(name)
        if number is None:
            return
        self._pings[number] = max(at, self._pings.get(number, at))
        self._recorder.add_ping(number, at)
        heappush(self._overdue, (overdue_at(self._checks[name].options, at), name))
        self.scheduler.look(name)

    async def run(self) -> None:
        """Look at the checks until cancelled."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self.scheduler.run)
            while True:
                now = self._clock.now()
                while self._overdue and self._overdue[0][0] <= now:
                    _, name = heappop(self._overdue)
                    check = self._checks.get(name)
                    if (
                        check is not None
                        and overdue_at(check.options, self._pings[self._numbers[name]]) <= now
                    ):
                        self.scheduler.look(name)
                ahead = (self._overdue[0][0] - now) / SECOND if self._overdue else 1.0
                await trio.sleep(min(max(ahead, 0.01), 1.0))

    def _may_wait(self, due: Instant) -> bool:
        """Whether a call that is overdue may have come while we stood still, and is not heard yet."""
        if self.scheduler.stood_still is None:
            return False
        end, still = self.scheduler.stood_still
        return end - still < due and self._clock.now() < end + HEARD_WITHIN

    def _look_later(self, name: str) -> None:
        assert self.scheduler.stood_still is not None
        heappush(self._overdue, (self.scheduler.stood_still[0] + HEARD_WITHIN, name))

    def _load(self, name: str) -> CheckType:
        found = checks.load(name)

        async def probe(options: Any, attempt: Attempt) -> Observation:
            attempt.now = self._clock.now()
            attempt.last_ping = self._pings.get(self._numbers.get(attempt.check, -1))
            seen = await found.probe(options, attempt)
            if seen.outcome == Outcome.DOWN and self._may_wait(overdue_at(options, attempt.last_ping or 0)):
                self._look_later(attempt.check)
                reason = "slawatch stood still when the call was due: it may wait to be heard"
                return Observation(Outcome.UNKNOWN, Cause.OURS, reason)
            return seen

        return found._replace(probe=probe)
