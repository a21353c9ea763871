"""Alerting as part of the daemon: who sees, who decides and who tells, made and joined."""

import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

import trio

from slawatch.clock import Clock
from slawatch.config.entered import with_entered
from slawatch.config.model import Config
from slawatch.config.world import unheard
from slawatch.core.attempt import Attempt
from slawatch.core.event import Event, Numbered
from slawatch.core.instant import MINUTE, SECOND, Instant, Micros
from slawatch.core.link import acknowledging
from slawatch.core.silence import Silence
from slawatch.daemon.alarms import Alarms
from slawatch.daemon.deadman import DeadMan
from slawatch.daemon.dispatcher import Dispatcher
from slawatch.daemon.notices import Notices
from slawatch.daemon.sender import Sender
from slawatch.daemon.sight import Sight
from slawatch.daemon.watching import Watching
from slawatch.daemon.workflows import Workflows
from slawatch.daemon.writing import Run
from slawatch.store import alerting as stored
from slawatch.store import duty, entries
from slawatch.store.database import Database, StoreError
from slawatch.store.keyfile import link_secret

if TYPE_CHECKING:
    from slawatch.core.dispatch import Input

log = logging.getLogger("slawatch.alerting")

GRACE: Final = 5.0
"""Seconds that messages under way get when the daemon stops."""
AILING_AFTER: Final[Micros] = MINUTE
"""A daemon that stores or decides nothing for so long is not held for alive."""
_CONDENSE_EVERY: Final = 600.0
_UNHEARD_FOR: Final = 5.0
"""Seconds after which it is looked anew whether anybody can be told of trouble."""


class Found(NamedTuple):
    """What the store holds of alerting.

    Attributes:
        loaded: the state.
        config: with what people entered.
        silences: all of them.
        secret: that links in messages are signed with.
    """

    loaded: stored.Loaded
    config: Config
    silences: tuple[Silence, ...]
    secret: bytes


def look_up(database: Database, config: Config, later: Iterable[Numbered], now: Instant) -> Found:
    """Return what the store holds of alerting, in the writer's thread; a long history is written down short.

    Raises:
        StoreError: it cannot be read.
    """
    with database.reading() as cursor:
        loaded = stored.load(cursor, later)
        if loaded.folded >= stored.SNAPSHOT_EVERY:
            stored.snapshot(cursor, loaded.number, now, loaded.state)
    config, silences = read_entered(database, config)
    for silence in silences:
        if silence.fault and silence.state(now) != "expired":
            log.warning("silence %s silences nothing: %s", silence.id, silence.fault)
    return Found(loaded, config, silences, link_secret(config.data_dir))


def read_entered(database: Database, config: Config) -> tuple[Config, tuple[Silence, ...]]:
    """Return the config with what people entered (shifts, maintenance), and the silences.

    Raises:
        StoreError: it cannot be read.
    """
    with database.reading() as cursor:
        found = with_entered(config, duty.overrides(cursor))
        maintenance = entries.maintenance(cursor)
        silences = duty.silences(cursor)
    if maintenance:
        found = replace(found, maintenance=(*found.maintenance, *maintenance))
    return found, silences


class Alerting:
    """Sees, decides and tells.

    Attributes:
        dispatcher: decides.
        sender: tells.
        workflows: does what workflows do outside.
        notices: follows schedules and silences.
        dead_man: tells somebody outside that all is well.
        condensing: held while the history is written anew from a state.
    """

    def __init__(self, found: Found, watching: Watching, clock: Clock, last_beat: Instant | None) -> None:
        evaluator, recorder = watching.evaluator, watching.recorder
        self.sight = Sight(found.config, evaluator.state_of)
        self._clock, self._secret = clock, found.secret
        self.sender = Sender(clock, lambda: found.config, self._answered, acknowledge=self._link)
        self.dispatcher = Dispatcher(
            found.config, clock, recorder, self.sender, self.sight, state=found.loaded.state,
            number=found.loaded.number, silences=found.silences, last_beat=last_beat,
            look=watching.probers.look,
        )  # fmt: skip
        self.alarms = Alarms(self.dispatcher.give, self._guarded)
        self._assign(watching)
        self.alarms.resume(found.loaded.state)
        evaluator.subscribe(self.sight.note)
        evaluator.alarm(self.alarms.observe, self.alarms.uneasy)
        decide = self.dispatcher
        self.workflows = Workflows(clock, lambda: decide.config, lambda: decide.state, decide.give)
        decide.subscribe(lambda _events, _state: self.workflows.look())
        self.notices = Notices(
            clock, lambda: decide.config, lambda: decide.config.schedules, lambda: decide.silences,
            lambda: decide.state, decide.give,
        )  # fmt: skip
        self.condensing = trio.Lock()
        self._unheard = ""
        self._unheard_at = -_UNHEARD_FOR
        self.dead_man = DeadMan(clock, lambda: decide.config, lambda: self._ailing(watching), decide.give)

    def _answered(self, inputs: Sequence["Input"], attempts: Sequence[Attempt]) -> None:
        self.dispatcher.answered(inputs, attempts)

    def _link(self, incident: int, generation: int, recipient: str) -> str:
        base = self.dispatcher.config.web.public_url
        return acknowledging(base, self._secret, self._clock.now)(incident, generation, recipient)

    def _guarded(self, name: str) -> bool:
        alert = self.dispatcher.state.alerts.get(name)
        return alert is not None and alert.guard_until is not None

    def _ailing(self, watching: Watching) -> str:
        """Return why slawatch does not really watch; empty where it does."""
        recorder, probers = watching.recorder, watching.probers
        if recorder.trouble:
            return f"results are not stored: {recorder.trouble}"
        if recorder.lag > AILING_AFTER:
            return f"results wait for {recorder.lag // SECOND} s to be stored"
        if probers.missing:
            return f"{probers.missing} of the probers are not running"
        if self.dispatcher.turned is None:
            return "alerting has not begun"
        idle = trio.current_time() - self.dispatcher.turned
        return f"alerting has not turned for {idle:.0f} s" if idle > AILING_AFTER / SECOND else ""

    def unheard(self) -> str:
        """Return why nobody could be told of trouble with slawatch now; empty where somebody could."""
        elapsed = self._clock.elapsed() / SECOND
        if elapsed - self._unheard_at >= _UNHEARD_FOR:
            self._unheard_at = elapsed
            standing = self.sender.standing()
            down = [name for name, one in standing.items() if one.down]
            failing = [name for name, one in standing.items() if one.state == "failing"]
            found = unheard(self.dispatcher.config, down, self._clock.now(), failing)
            if found != self._unheard:
                level = logging.ERROR if found else logging.WARNING
                log.log(level, "%s", found or "somebody can be told of trouble with slawatch again")
            self._unheard = found
        return self._unheard

    def _assign(self, watching: Watching) -> None:
        config = watching.config
        self.alarms.assign(config.alerting, config.services, config.checks.values(), watching.numbers)

    def tasks(self, database: Database, writing: Run) -> dict[str, Callable[[], Awaitable[None]]]:
        """Return what runs as long as the daemon does.

        Args:
            database: where the history is.
            writing: runs work in the writer's thread.
        """

        async def keep_history() -> None:
            while True:
                await trio.sleep(_CONDENSE_EVERY)
                async with self.condensing:
                    try:
                        await writing(stored.condense, database, *self.dispatcher.stored, self._clock.now())
                    except StoreError as error:
                        log.warning("the history of alerts is looked through later: %s", error)

        return {
            "dispatcher": self.dispatcher.run, "sender": self.sender.run, "history": keep_history,
            "workflows": self.workflows.run, "notices": self.notices.run, "dead man": self.dead_man.run,
        }  # fmt: skip

    def reload(self, watching: Watching, config: Config, silences: tuple[Silence, ...]) -> None:
        """Put a config in force."""
        self._assign(watching)
        self.dispatcher.configure(config, silences)
        self.sender.reload(config)

    async def act(self, command: "Input") -> tuple[Event, ...]:
        """Carry out a command.

        Raises:
            Refused: it makes no sense now.
        """
        return await self.dispatcher.act(command)

    async def stop(self) -> None:
        """Let messages and steps of workflows under way end, and store what came of them."""
        self.dispatcher.stopping()
        with trio.move_on_after(GRACE + 1):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self.sender.stop, GRACE)
                nursery.start_soon(self.workflows.stop, GRACE)
        await self.dispatcher.turn()
