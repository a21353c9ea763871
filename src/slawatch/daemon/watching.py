"""What is watched now: the configuration in force, and those who carry it out."""

import logging
from collections.abc import Iterable, Mapping

from slawatch import checks
from slawatch.clock import Clock
from slawatch.config.model import Config
from slawatch.core.check import Check
from slawatch.core.instant import Instant
from slawatch.core.life import life_event
from slawatch.core.sample import Outcome, Transition
from slawatch.core.state import CheckState
from slawatch.core.timeline import Held
from slawatch.daemon import wire
from slawatch.daemon.evaluator import Evaluator
from slawatch.daemon.heartbeats import Heartbeats
from slawatch.daemon.probers import Probers
from slawatch.daemon.recorder import Recorder
from slawatch.daemon.reloading import Changes, compare

log = logging.getLogger("slawatch.watching")


class Watching:
    """The checks, divided among probers and heartbeats, and their samples on the way to the recorder.

    Attributes:
        config: in force.
        numbers: of its checks in the store.
        evaluator, recorder, heartbeats, probers: those who do it.
    """

    def __init__(
        self,
        config: Config,
        numbers: Mapping[str, int],
        recorder: Recorder,
        clock: Clock,
        *,
        held: Mapping[int, Held],
        pings: Mapping[int, Instant],
        log_format: str,
        changes: Mapping[int, Transition] | None = None,
    ) -> None:
        """Go on where the store left off.

        Args:
            config: to begin with.
            numbers: of its checks in the store.
            recorder: keeps what is seen.
            clock: the daemon's.
            held: the last stored sample of each check, by number.
            pings: the last stored call of each heartbeat, by number.
            log_format: of the probers' log.
            changes: the last stored transition of each check, by number.
        """
        self.config = config
        self.numbers = numbers
        self.recorder = recorder
        self.evaluator = Evaluator(held)
        self.evaluator.assign(numbers, config.checks.values())
        self.evaluator.resume(_states(config.checks.values(), numbers, held, changes or {}))
        self.heartbeats = Heartbeats(clock, recorder, pings)
        self.probers = Probers(
            config.probers,
            clock,
            wire.Settings(log_format, config.log_level),
            take=self.take,
            lost=recorder.report_loss,
            record=recorder.add_life,
        )
        self._give(config.checks.values(), ())

    def apply(self, new: Config, numbers: Mapping[str, int]) -> Changes:
        """Put another configuration in force; what it does not change goes on undisturbed."""
        changes = compare(self.config.checks, new.checks)
        self.config, self.numbers = new, numbers
        self.evaluator.assign(numbers, new.checks.values())
        fresh = [new.checks[name] for name in (*changes.added, *changes.changed)]
        self._give(fresh, (*changes.removed, *changes.changed))
        return changes

    def take(self, rows: list[wire.Row]) -> None:
        """Evaluate samples and have them stored."""
        try:
            self.recorder.add(self.evaluator.take(rows))
        except Exception:
            log.exception("a fault in evaluating %d samples", len(rows))
            self.recorder.report_loss(len(rows), min((row[2] for row in rows), default=0))

    def take_heartbeats(self) -> None:
        """Take what the passive checks showed since the last time."""
        scheduler = self.heartbeats.scheduler
        stalls, scheduler.stalls = scheduler.stalls, []
        if scheduler.watched:
            for start, end in stalls:
                self.recorder.add_life(life_event(end, "stall", length=end - start))
        if scheduler.samples:
            rows, scheduler.samples = scheduler.samples, []
            self.take(rows)

    def status(self, now: Instant) -> str:
        """Return one line for `systemctl status`."""
        live = self.evaluator.live(now)
        down = sum(1 for name in live if live[name].outcome == Outcome.DOWN)
        text = f"watching {len(live)} checks, {down} down"
        if self.recorder.trouble:
            text += f"; {self.recorder.queued} results wait: {self.recorder.trouble}"
        return text

    def _give(self, fresh: Iterable[Check], gone: tuple[str, ...]) -> None:
        """Divide checks: those that are probed, and those that wait to be called."""
        active: list[tuple[int, Check]] = []
        passive: list[tuple[int, Check]] = []
        for check in fresh:
            chosen = passive if checks.load(check.type).passive else active
            chosen.append((self.numbers[check.name], check))
        self.heartbeats.leave(gone)
        self.probers.apply(active, gone)
        self.heartbeats.watch(passive)


def _states(
    watched: Iterable[Check],
    numbers: Mapping[str, int],
    held: Mapping[int, Held],
    changes: Mapping[int, Transition],
) -> dict[int, CheckState]:
    found = {}
    for check in watched:
        number = numbers[check.name]
        if number in held:
            found[number] = _state_of(check, held[number], changes.get(number))
    return found


def _state_of(check: Check, last: Held, change: Transition | None) -> CheckState:
    """Return what is known of a check from what is stored; one that was down counts as confirmed."""
    down = last.outcome == Outcome.DOWN
    since = last.started_at
    if change is not None and change.outcome == last.outcome:
        since = min(since, change.at)
    return CheckState(
        last.outcome,
        since,
        check.failures if down else 0,
        since if down else None,
        since if down else None,
        last.started_at,
        last.holds,
        None,
    )
