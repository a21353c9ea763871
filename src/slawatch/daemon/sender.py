"""Sends what the outbox owes: chooses what may go now, tells the providers, and says what came of it.

The dispatcher asks `choose`, claims the rows of what it got, commits, and calls `send`; each message is then
tried in a task of its own, and its answer goes back as inputs of the dispatcher. One channel never waits for
another: each has its own places, buckets and breaker. What is under way when the daemon dies keeps its
lease, and is tried again by the next one, marked as a possible duplicate.
"""

import logging
import traceback
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final, NamedTuple

import trio

from slawatch import notifiers
from slawatch.clock import Clock
from slawatch.config.channels import needs_address
from slawatch.config.model import Config
from slawatch.core.attempt import Attempt
from slawatch.core.channel import Standing
from slawatch.core.dispatch import Answered, ChannelDown, ChannelUp
from slawatch.core.instant import SECOND, Instant, Micros
from slawatch.core.message import compose, earlier, plain
from slawatch.core.notification import Delivery, Kind, Notification, Verdict
from slawatch.core.outbox import UNSENT, Bundle, Row, Stage, bundles, ready
from slawatch.core.text import format_duration
from slawatch.core.turn import State, World
from slawatch.daemon.channels import SINGLE, Line, directory_of, fraction, time_for
from slawatch.daemon.sampling import without_secrets
from slawatch.notifiers import TIMEOUT, NotifierType, Sending

log = logging.getLogger("slawatch.sender")

PREPARING: Final = 2
"""Channels that are prepared at the same time."""
_HELD_BACK: Final[Micros] = SECOND
_SETTLED: Final = (Stage.SENT, Stage.CANCELLED)

Report = Callable[[Sequence[Answered | ChannelDown | ChannelUp], Sequence[Attempt]], None]
RunSync = Callable[[Callable[[], Any]], Awaitable[Any]]


class _Pending(NamedTuple):
    """What is known of a message that is tried again.

    Attributes:
        keys: of its rows, several for a digest.
        reached: the addresses that have it.
    """

    keys: tuple[str, ...]
    reached: frozenset[str]


class Sender:
    """Sends messages; never waits for one of them where somebody else would."""

    def __init__(
        self,
        clock: Clock,
        config: Callable[[], Config],
        answered: Report,
        *,
        world: Callable[[], World] | None = None,
        acknowledge: Callable[[int, int, str], str] | None = None,
        load: Callable[[str], NotifierType] = notifiers.load,
        run_sync: RunSync | None = None,
        random: Callable[[], float] = fraction,
    ) -> None:
        """Make a sender that does nothing yet.

        Args:
            clock: what tells the time.
            config: the present configuration; a new one is given to `reload`.
            answered: takes what came of attempts, and what became of channels; must not block.
            world: who is meant by whom now; by default as the config has it.
            acknowledge: makes the link by which a recipient acknowledges a generation of an incident.
            load: finds a type of channel.
            run_sync: runs blocking functions; None for threads.
            random: returns a number in [0, 1).
        """
        self._clock = clock
        self._config = config()
        self._answered = answered
        self._world = world
        self._acknowledge = acknowledge
        self._load = load
        self._run_sync = run_sync
        self._random = random
        self._lines = {c.name: Line(c, load(c.type), clock.now()) for c in self._config.channels.values()}
        self._loads: Mapping[str, Sequence[Row]] = {}
        self._pending: dict[str, _Pending] = {}
        self._held: list[Callable[[], Awaitable[None]]] = []
        self._flying: set[trio.CancelScope] = set()
        self._landed = trio.Event()
        self._stopping = False
        self._stopped = trio.Event()
        self._nursery: trio.Nursery | None = None
        self._limiter: trio.CapacityLimiter | None = None

    async def run(self) -> None:
        """Send what is given to `send`, until `stop`."""
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            for line in self._lines.values():
                nursery.start_soon(self._prepare, line)
            for task in self._held:
                nursery.start_soon(task)
            self._held.clear()
            await self._stopped.wait()
            self._nursery = None

    async def stop(self, grace: float) -> None:
        """Begin no attempt any more; those under way get so many seconds, the leases of the rest stay."""
        self._stopping = True
        if self._flying:
            self._landed = trio.Event()
            with trio.move_on_after(grace):
                await self._landed.wait()
        for scope in self._flying:
            scope.cancel()
        self._stopped.set()

    def reload(self, config: Config) -> None:
        """Take a new config: a channel that it changes begins anew, and is up as far as anybody knows."""
        self._config = config
        now = self._clock.now()
        up = []
        lines: dict[str, Line] = {}
        for channel in config.channels.values():
            old = self._lines.pop(channel.name, None)
            if old is not None and old.channel == channel:
                lines[channel.name] = old
                continue
            kind = self._load(channel.type)
            line = Line(channel, kind, now) if old is None else old.changed(channel, kind, now)
            lines[channel.name] = line
            if old is not None and old.down:
                up.append(ChannelUp(channel.name))
            if self._nursery is not None:
                self._nursery.start_soon(self._prepare, line)
        up += [ChannelUp(name) for name, old in self._lines.items() if old.down]
        self._lines = lines
        if up:
            self._answered(up, ())

    def choose(self, rows: Iterable[Row], now: Instant) -> list[Bundle]:
        """Return what may go out now, the first to go first; takes nothing."""
        alive = self._look_at(rows)
        if self._stopping:
            return []
        elapsed = self._clock.elapsed()
        places = {name: line.places(elapsed) for name, line in self._lines.items()}
        ripe = (row for row in ready(alive, now) if places.get(row.channel))
        free = [row for row in ripe if self._lines[row.channel].takes(row)]
        order = {row.key: position for position, row in enumerate(free)}
        used: Counter[tuple[str, str]] = Counter()

        def allowance(channel: str, recipient: str) -> int:
            return self._lines[channel].allowance(recipient, elapsed) - used[channel, recipient]

        again = []
        whole = self._again({row.key: row for row in free})
        for bundle in whole:
            if allowance(bundle.channel, bundle.recipient) > 0:
                used[bundle.channel, bundle.recipient] += 1
                again.append(bundle)
        taken = {row.key for bundle in whole for row in bundle.rows}
        digests = {name for name, line in self._lines.items() if line.channel.type not in SINGLE}
        rest = [row for row in free if row.key not in taken]
        chosen = []
        for bundle in sorted(
            (*again, *bundles(rest, allowance, digests)), key=lambda one: order[one.rows[0].key]
        ):
            if places[bundle.channel]:
                places[bundle.channel] -= 1
                chosen.append(bundle)
        return chosen

    def send(self, chosen: Sequence[Bundle], state: State) -> None:
        """Begin to send what was chosen; its rows are claimed and stored."""
        for bundle in chosen:
            known = (state.rows[row.key] for row in bundle.rows if row.key in state.rows)
            rows = tuple(r for r in known if r.stage is Stage.SENDING and r.lease_epoch == state.epoch)
            if not rows or self._stopping:
                continue
            line = self._lines.get(bundle.channel)
            if line is None:
                gone = Delivery(verdict=Verdict.PERMANENT, answer="there is no such channel any more")
                self._answer(rows, state.epoch, gone, None)
            elif not line.begin(bundle.recipient, self._clock.elapsed()):
                held = Delivery(verdict=Verdict.THROTTLE, answer="held back: the channel is busy")
                self._answer(rows, state.epoch, held, _HELD_BACK)
            else:
                self._start(partial(self._attempt, line, rows, state))

    def due(self, rows: Iterable[Row], now: Instant) -> Instant | None:
        """Return when `choose` may return something that it does not now; None: only after an answer."""
        elapsed = self._clock.elapsed()
        found: list[Instant] = []
        opens: dict[tuple[str, str], Instant | None] = {}
        for row in rows:
            if row.stage not in UNSENT:
                continue
            line = self._lines.get(row.channel)
            if line is None or not line.takes(row):
                continue
            lane = (row.channel, row.recipient)
            if lane not in opens:
                at = line.opens(row.recipient, elapsed)
                opens[lane] = None if at is None else now + at - elapsed
            opening = opens[lane]
            if row.not_before > now:
                found.append(row.not_before if opening is None else max(row.not_before, opening))
            elif opening is not None:
                found.append(opening)
        return min(found, default=None)

    def standing(self) -> dict[str, Standing]:
        """Return how each channel stands."""
        at = self._clock.elapsed()
        return {name: line.standing(self._loads.get(name, ()), at) for name, line in self._lines.items()}

    def _look_at(self, rows: Iterable[Row]) -> list[Row]:
        """Return what waits or is on its way; forget what is known of messages that are tried no more."""
        loads: dict[str, list[Row]] = {}
        alive = []
        for row in rows:
            if row.stage in _SETTLED:
                continue
            loads.setdefault(row.channel, []).append(row)
            if row.stage is not Stage.DEAD:
                alive.append(row)
        self._loads = loads
        keys = {row.key for row in alive}
        self._pending = {key: one for key, one in self._pending.items() if keys.issuperset(one.keys)}
        for line in self._lines.values():
            line.forget_buckets(self._clock.elapsed())
        return alive

    def _again(self, free: Mapping[str, Row]) -> list[Bundle]:
        """Return the digests that are tried again as they were."""
        found = []
        for pending in self._pending.values():
            if len(pending.keys) > 1 and all(key in free for key in pending.keys):
                rows = tuple(free[key] for key in pending.keys)
                found.append(Bundle(rows[0].channel, rows[0].recipient, rows))
        return found

    def _start(self, task: Callable[[], Awaitable[None]]) -> None:
        if self._nursery is None:
            self._held.append(task)
        else:
            self._nursery.start_soon(task)

    async def _prepare(self, line: Line) -> None:
        """Do what would stall the first attempt: imports, TLS contexts, templates."""
        async with line.preparing:
            if line.prepared:
                return
            work = partial(line.kind.prepare, line.channel.options)
            self._limiter = self._limiter or trio.CapacityLimiter(PREPARING)
            threads = partial(trio.to_thread.run_sync, limiter=self._limiter, abandon_on_cancel=True)
            try:
                await (self._run_sync or threads)(work)
            except Exception:  # noqa: BLE001 (a notifier's bug must not end the others)
                self._log_fault(line)
            line.prepared = True

    async def _attempt(self, line: Line, rows: tuple[Row, ...], state: State) -> None:
        """Make one attempt and report it; cut off, it reports nothing, and the lease stays."""
        scope = trio.CancelScope()
        self._flying.add(scope)
        begun = self._clock.now()
        delivery: Delivery | None = None
        try:
            with scope:
                delivery = await self._tell(line, rows, state, begun)
        finally:
            self._flying.discard(scope)
            self._end(line, rows, state.epoch, delivery, begun)
            if not self._flying:
                self._landed.set()

    async def _tell(self, line: Line, rows: tuple[Row, ...], state: State, now: Instant) -> Delivery:
        """Return what came of an attempt, whatever it was."""
        try:
            message = self._compose(rows, state, now)
            channel = line.channel
            if rows[0].recipient.startswith("person:") and not message.address and needs_address(channel):
                said = f"{channel.name} has no address of {rows[0].recipient.partition(':')[2]}"
                return Delivery(verdict=Verdict.PERMANENT, answer=said)
            limit = time_for(rows, now)
            pending = self._pending.get(message.idempotency_key)
            sending = Sending(
                now=now, channel=channel.name, instance=self._config.alerting.instance,
                attempt=rows[0].attempt + 1, earlier=earlier(rows, state), run_sync=self._run_sync,
                reached=pending.reached if pending is not None else frozenset(),
                timeout=min(TIMEOUT, limit),
            )  # fmt: skip
            with trio.move_on_after(limit / SECOND):
                await self._prepare(line)
                delivery = await line.kind.send(channel.options, message, sending)
                self._remember(message.idempotency_key, rows, sending, delivery)
                return delivery
        except Exception:  # noqa: BLE001 (a notifier's bug must not end the others)
            self._log_fault(line)
            said = "a fault in slawatch: its log says more"
            return Delivery(verdict=Verdict.RETRY, answer=said, possible_duplicate=True)
        log.error("a fault in the channel type %s: it kept no time limit", line.kind.name)
        said = f"cut off after {limit / SECOND:g} s"
        return Delivery(verdict=Verdict.RETRY, answer=said, possible_duplicate=True, counts=True)

    def _compose(self, rows: tuple[Row, ...], state: State, now: Instant) -> Notification:
        world = self._world() if self._world is not None else None
        directory = directory_of(self._config, world, self._acknowledge)
        try:
            return compose(rows, state, directory, now)
        except Exception:
            log.exception("a fault in the words of a message; it goes out with fewer")
            return plain(rows, state, directory, now)

    def _remember(self, key: str, rows: tuple[Row, ...], sending: Sending, delivery: Delivery) -> None:
        reached = sending.reached | frozenset(delivery.reached)
        keys = tuple(row.key for row in rows)
        self._pending = {
            name: pending for name, pending in self._pending.items() if not set(keys) & set(pending.keys)
        }
        if delivery.verdict in (Verdict.RETRY, Verdict.THROTTLE) and (reached or len(rows) > 1):
            self._pending[key] = _Pending(keys, reached)

    def _end(
        self, line: Line, rows: tuple[Row, ...], epoch: int, delivery: Delivery | None, begun: Instant
    ) -> None:
        """Give the place back, and report what came of an attempt."""
        down, now = line.down, self._clock.now()
        line.end(rows[0].recipient, delivery, self._clock.elapsed(), now)
        if delivery is None:
            return
        attempt = rows[0].attempt + 1
        wait = line.wait(delivery, attempt, self._random(), rows[0].kind)
        attempts = [
            Attempt(
                key=row.key, place=row.attempt + 1, incident=row.incident,
                kind=str(Kind.DIGEST) if len(rows) > 1 else row.kind, recipient=row.recipient,
                channel=row.channel, started_at=begun, ended_at=now, verdict=str(delivery.verdict),
                status=delivery.status, answer=delivery.answer, provider_id=delivery.provider_id,
                possible_duplicate=row.possible_duplicate,
            )
            for row in rows
        ]  # fmt: skip
        _log(line, rows, delivery, wait)
        news: list[ChannelDown | ChannelUp] = []
        name = line.channel.name
        known = self._lines.get(name) is line
        if known and line.down and not down:
            log.error("channel %s is down (%s): %s", name, line.state, line.why)
            news.append(ChannelDown(name))
        elif known and down and not line.down:
            log.warning("channel %s is up again", name)
            news.append(ChannelUp(name))
        self._answer(rows, epoch, delivery, wait, news, attempts)

    def _answer(
        self,
        rows: Sequence[Row],
        epoch: int,
        delivery: Delivery,
        wait: Micros | None,
        news: Sequence[ChannelDown | ChannelUp] = (),
        attempts: Sequence[Attempt] = (),
    ) -> None:
        if len(rows) > 1:  # the message is about several incidents: none of them may change it in place
            delivery = replace(delivery, provider_id="")
        self._answered([*(Answered(row.key, delivery, epoch, wait) for row in rows), *news], attempts)

    def _log_fault(self, line: Line) -> None:
        trace = without_secrets(traceback.format_exc(), line.channel.options)
        log.error("a fault in the channel type %s, channel %s:\n%s", line.kind.name, line.channel.name, trace)


def _log(line: Line, rows: Sequence[Row], delivery: Delivery, wait: Micros | None) -> None:
    row = rows[0]
    what = f"digest of {len(rows)} messages" if len(rows) > 1 else f"{row.kind} of incident {row.incident}"
    for warning in delivery.warnings:
        log.warning("channel %s: %s", line.channel.name, warning)
    if delivery.ok:
        log.info("%s told to %s through %s", what, row.recipient, row.channel)
        return
    following = "given up" if wait is None else f"again in {format_duration(wait // SECOND * SECOND)}"
    log.warning(
        "%s to %s through %s: %s (%s); %s", what, row.recipient, row.channel, delivery.answer,
        delivery.verdict, following,
    )  # fmt: skip
