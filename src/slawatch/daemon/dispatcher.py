"""Decides who is told of what: the loop that steps the rules of alerting, stores what they decide, and acts.

Everything that happens is an input. A turn takes those that came and the time once, steps them and then the
tick, claims what may be sent, has all of it stored in one transaction, and only then hands messages to the
sender and answers whoever gave a command. A crash at any point repeats or resumes; it never forgets.
"""

import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from typing import Final, NamedTuple, Protocol

import trio

from slawatch.answers.view import Refused
from slawatch.clock import Clock
from slawatch.config.model import Config
from slawatch.config.world import windows_of, world_of
from slawatch.core.alert import Alert, Reason
from slawatch.core.alerting import EXPLAINED
from slawatch.core.attempt import Attempt
from slawatch.core.dispatch import Claimed, ClockStepped, Input, Reloaded, Started, Tick, due, steps
from slawatch.core.event import Event, Numbered
from slawatch.core.instant import SECOND, Instant, Micros
from slawatch.core.outbox import Bundle, Row, Stage
from slawatch.core.silence import Silence
from slawatch.core.suppress import Suppression
from slawatch.core.turn import State, World
from slawatch.daemon.pulse import STEP, SUSPEND
from slawatch.daemon.sight import Sight
from slawatch.store.alerting import incident_of

log = logging.getLogger("slawatch.dispatcher")

LONGEST: Final = 15.0
"""Seconds between two turns at most: suspends and stepped clocks are noticed."""
_SHORTEST: Final = 0.02
_LOOK_FOR_RESULTS: Final[Micros] = SECOND // 4
_AT_ONCE: Final = 50
"""Inputs between which nobody else of the daemon gets a turn."""
_LANDING: Final = 0.1
"""Seconds from one look whether messages have ended to the next."""
_AGAIN: Final = 1.0
"""Seconds before the next turn after a fault in one."""
_LOGGED: Final = (
    "incident.opened", "incident.reopened", "incident.resolved", "incident.acked", "level.fired",
    "fallback.told", "row.dead", "escalation.exhausted", "channel.down", "channel.up",
)  # fmt: skip


class Sending(Protocol):
    """The part of `slawatch.daemon.sender.Sender` that is used here."""

    def choose(self, rows: Iterable[Row], now: Instant) -> list[Bundle]:
        """Return what may go now."""
        ...

    def send(self, bundles: Sequence[Bundle], state: State) -> None:
        """Begin to send what was claimed and stored."""
        ...

    def due(self, rows: Iterable[Row], now: Instant) -> Instant | None:
        """Return when something may go that may not now."""
        ...


class Keeping(Protocol):
    """The part of `slawatch.daemon.recorder.Recorder` that is used here."""

    def add_events(self, events: Iterable[Numbered]) -> None:
        """Take what was decided."""
        ...

    def add_attempts(self, attempts: Iterable[Attempt]) -> None:
        """Take what came of telling people."""
        ...

    async def commit(self) -> bool:
        """Store it now."""
        ...


class _Asked(NamedTuple):
    """An input, and who waits for what comes of it."""

    given: Input
    done: Callable[[tuple[Event, ...]], None] | None = None


class Dispatcher:
    """The state of alerting, and its loop.

    Attributes:
        state: after the last turn that is stored.
        silences: that are in force, pending or over.
        config: in force for alerting, with shifts and maintenance that people entered.
        turned: when the last turn ended well, by trio's clock; None before the first.
    """

    def __init__(
        self,
        config: Config,
        clock: Clock,
        recorder: Keeping,
        sender: Sending,
        sight: Sight,
        *,
        state: State,
        number: int,
        silences: Sequence[Silence] = (),
        last_beat: Instant | None = None,
        look: Callable[[Iterable[str]], None] = lambda _names: None,
    ) -> None:
        """Go on where the store left off.

        Args:
            config: to begin with.
            clock: the daemon's.
            recorder: stores what is decided.
            sender: tells people.
            sight: what is known of the checks.
            state: as it is stored.
            number: of the last stored event.
            silences: as they are stored.
            last_beat: the daemon's last sign of life before it started.
            look: has checks probed at once.
        """
        self.state = state
        self.silences: tuple[Silence, ...] = tuple(silences)
        self.config = config
        self.turned: float | None = None
        self._clock = clock
        self._recorder = recorder
        self._sender = sender
        self._sight = sight
        self._look = look
        self._number = self._stored = number
        self._ahead = state
        self._inputs: list[_Asked] = []
        self._attempts: list[Attempt] = []
        self._wake = trio.Event()
        self._one = trio.Lock()
        self._listeners: list[Callable[[Sequence[Numbered], State], None]] = []
        self._begun = clock.now()
        self._looked: tuple[Instant, Micros, float] | None = None
        self._suppression: Suppression | None = None
        self._held: Callable[[Row], bool] | None = None
        self._world = self._made(config)
        self.give(Started(last_beat), Reloaded(frozenset(config.channels)))

    def subscribe(self, listener: Callable[[Sequence[Numbered], State], None]) -> None:
        """Have stored events told, with the state after them."""
        self._listeners.append(listener)

    def give(self, *inputs: Input) -> None:
        """Take what happened; it is stepped in the next turn."""
        self._inputs.extend(map(_Asked, inputs))
        self._wake.set()

    def answered(self, inputs: Sequence[Input], attempts: Sequence[Attempt]) -> None:
        """Take what came of telling people."""
        self._attempts.extend(attempts)
        self.give(*inputs)

    async def act(self, command: Input) -> tuple[Event, ...]:
        """Carry out a command; return what it did, stored.

        Raises:
            Refused: it makes no sense now.
        """
        done = trio.Event()
        found: list[Event] = []

        def finish(events: tuple[Event, ...]) -> None:
            found.extend(events)
            done.set()

        self._inputs.append(_Asked(command, finish))
        self._wake.set()
        await done.wait()
        refused = [event.text for event in found if event.kind == "command.refused"]
        if refused:
            raise Refused(refused[0])
        return tuple(found)

    def configure(self, config: Config, silences: Sequence[Silence] | None = None) -> None:
        """Put a config in force, or what people entered since."""
        gone = self.config.channels != config.channels or self.config.people != config.people
        if silences is not None:
            self.silences = tuple(silences)
        self.config = config
        self._sight.configure(config)
        self._world = self._made(config)
        self.give(*((Reloaded(frozenset(config.channels)),) if gone else ()))

    async def rewrite(self, work: Callable[[], Awaitable[State]], held: Callable[[Row], bool]) -> None:
        """Have the stored history rewritten while nothing is decided, and go on with what it says then.

        Args:
            work: rewrites it, once all that was decided is given to the recorder; returns the state.
            held: says which messages are not begun meanwhile; those that are under way end first.

        Raises:
            Refused: others are at it.
        """
        if self._held is not None:
            raise Refused("the history is being rewritten just now: try again", busy=True)
        self._held = held
        try:
            while any(row.stage is Stage.SENDING and held(row) for row in self.state.rows.values()):
                await trio.sleep(_LANDING)
                await self.turn()
            with trio.CancelScope(shield=True):
                async with self._one:
                    await self._turn()
                    self.state = self._ahead = await work()
        finally:
            self._held = None
            self._wake.set()

    def stopping(self) -> None:
        """Begin no more steps of workflows outside: they are begun after the next start."""
        self._world = replace(self._world, places=0)

    def _made(self, config: Config) -> World:
        self._windows = windows_of(config)
        return replace(world_of(config), withheld=self._withheld, waits=self._waits)

    def _withheld(self, alert: Alert, at: Instant) -> tuple[Reason, ...]:
        if self._suppression is None:
            self._suppression = Suppression(
                silences=self.silences, windows=self._windows.windows, inhibitions=self.config.inhibit,
                graph=self._sight.graph, standings=self._sight.standings(),
                checked_at=self._sight.checked_at,
                firing=tuple(other for other in self._ahead.alerts.values() if other.firing),
            )  # fmt: skip
        return self._suppression.reasons(alert, at)

    def _waits(self, alert: Alert) -> Instant | None:
        grace = self._begun + self.config.alerting.start_grace
        if self._clock.now() >= grace or alert.fired_at >= self._begun:
            return None
        return None if self._sight.first_results(alert.check, alert.service, self._begun) else grace

    async def run(self) -> None:
        """Decide, store and act until cancelled."""
        while True:
            self._wake = trio.Event()
            try:
                await self.turn()
                self.turned = trio.current_time()
                pause = self._pause()
            except Exception:
                log.exception("a fault in deciding who is told; the next turn begins in a second")
                pause = _AGAIN
            with trio.move_on_after(pause):
                await self._wake.wait()

    async def turn(self) -> None:
        """Take what came and what is due, once; nothing is left half done by a cancellation."""
        with trio.CancelScope(shield=True):
            async with self._one:
                await self._turn()

    def _heed_clocks(self) -> tuple[Instant, list[_Asked]]:
        """Return the present, and that the wall clock was set; after a suspend checks have a say first.

        Timers count elapsed time. A wall clock that is set must not make them come due, nor push them away.
        """
        now, elapsed, steady = self._clock.now(), self._clock.elapsed(), trio.current_time()
        found: list[_Asked] = []
        if self._looked is not None:
            before, elapsed_before, steady_before = self._looked
            passed = elapsed - elapsed_before
            step = now - before - passed
            if abs(step) > STEP:
                found.append(_Asked(ClockStepped(step)))
            if passed - int((steady - steady_before) * SECOND) > SUSPEND:
                self._begun = now
        self._looked = now, elapsed, steady
        return now, found

    async def _turn(self) -> None:
        now, stepped = self._heed_clocks()
        asked, self._inputs = [*stepped, *self._inputs], []
        attempts, self._attempts = self._attempts, []
        self._ahead, self._suppression = self.state, None
        events: list[Event] = []
        answers: list[tuple[Callable[[tuple[Event, ...]], None], tuple[Event, ...]]] = []
        for count, one in enumerate((*asked, _Asked(Tick())), 1):
            if not count % _AT_ONCE:
                await trio.lowlevel.checkpoint()
            made = self._step(one.given, now)
            events += made
            if one.done is not None:
                answers.append((one.done, made))
        rows, held = self._ahead.rows.values(), self._held
        bundles = self._sender.choose(rows if held is None else [r for r in rows if not held(r)], now)
        if bundles:
            events += self._step(Claimed(tuple(row.key for one in bundles for row in one.rows)), now)
        numbered = self._numbered(events)
        if numbered or attempts:
            self._recorder.add_events(numbered)
            self._recorder.add_attempts(attempts)
            await self._recorder.commit()
        self.state, self._stored = self._ahead, self._number
        claimed = self._claimed(bundles)
        if claimed:
            self._sender.send(claimed, self.state)
        for done, made in answers:
            done(made)
        if numbered:
            for listener in self._listeners:
                listener(numbered, self.state)
        wanted = self._sight.wanted(self.state, now)
        if wanted:
            self._look(wanted)

    def _step(self, given: Input, now: Instant) -> tuple[Event, ...]:
        try:
            self._ahead, events = steps(self._ahead, (given,), now, self._world)
        except Exception:
            log.exception("a fault in %s; it changes nothing", type(given).__name__)
            return (Event(now, "command.refused", "state", "a fault in slawatch; see its log"),)
        if events and self.config.inhibit:
            self._suppression = None
        return events

    def _numbered(self, events: Iterable[Event]) -> list[Numbered]:
        found = []
        for event in events:
            if event.kind == "command.refused":
                continue
            self._number += 1
            found.append(Numbered(self._number, event, incident_of(event, self._ahead)))
            if event.kind in _LOGGED:
                log.warning("%s %s: %s", event.subject, event.kind, event.text)
        return found

    def _claimed(self, bundles: Iterable[Bundle]) -> list[Bundle]:
        """Return of what was chosen that which is ours to send, as it is now."""
        found = []
        for bundle in bundles:
            rows = tuple(
                now
                for row in bundle.rows
                if (now := self.state.rows.get(row.key)) is not None
                and now.stage is Stage.SENDING
                and now.lease_epoch == self.state.epoch
            )
            if rows:
                found.append(bundle._replace(rows=rows))
        return found

    def _pause(self) -> float:
        now = self._clock.now()
        found = [due(self.state, self._world), self._sender.due(self.state.rows.values(), now)]
        if any(alert.firing for alert in self.state.alerts.values()):
            found.append(self._windows.opens(now))
            found += [silence.start for silence in self.silences if silence.start > now]
        if now < self._begun + self.config.alerting.start_grace:
            # First results come without a word; what is overdue waits for nothing else.
            found.append(now + _LOOK_FOR_RESULTS)
        if any(
            why.until and why.kind == EXPLAINED for a in self.state.alerts.values() for why in a.suppressed
        ):
            # So does the result of what an alert depends on, which was probed at once.
            found.append(now + _LOOK_FOR_RESULTS)
        waits = [at for at in found if at is not None]
        return min(LONGEST, max(_SHORTEST, (min(waits) - now) / SECOND)) if waits else LONGEST

    @property
    def stored(self) -> tuple[int, State]:
        """The number of the last event of a turn that is over, and the state after it."""
        return self._stored, self.state
