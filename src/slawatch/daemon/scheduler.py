"""One task that starts every probe at its time; runs in a prober, or in-process for the passive checks."""

import logging
import traceback
from collections.abc import Callable, Iterable
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import trio

from slawatch import checks
from slawatch.checks import CheckType
from slawatch.checks._attempt import Attempt
from slawatch.clock import Clock
from slawatch.core import schedule, stall
from slawatch.core.check import Check
from slawatch.core.instant import MILLISECOND, SECOND, Instant, Micros
from slawatch.core.sample import Cause, Observation, Outcome
from slawatch.core.schedule import Turn
from slawatch.core.text import format_duration
from slawatch.daemon.heart import Heart
from slawatch.daemon.house import House, Limits
from slawatch.daemon.sampling import row_of, target_of, without_secrets
from slawatch.daemon.stats import Stats
from slawatch.daemon.wire import Row

if TYPE_CHECKING:
    from slawatch.checks._dns import Resolver

log = logging.getLogger("slawatch.scheduler")

LONGEST_SLEEP: Final = 1.0
"""Seconds; after each the wall clock is looked at, so that a stepped clock or a suspend does no harm."""

STEP: Final[Micros] = 50 * MILLISECOND
"""A wall clock further from where it should be than this was set, or the machine slept."""

KEPT_AT_MOST: Final = 100_000
"""Samples that wait for whoever takes them; what comes after that is dropped and counted."""

_SUSPENDED: Final[Micros] = SECOND
_HOUSE_POLL: Final[Micros] = SECOND // 2


class _Entry:
    """A check in the schedule."""

    __slots__ = (
        "check", "deadline", "gone", "number", "probe", "rhythm", "target", "timed", "turn", "wakes",
    )  # fmt: skip

    def __init__(self, check: Check, number: int, kind: CheckType) -> None:
        self.check = check
        self.number = number
        self.probe = kind.probe
        self.timed = not kind.passive
        self.deadline = check.timeout / SECOND
        self.rhythm = schedule.rhythm(check)
        self.target = target_of(check) if kind.at_once is None else kind.name
        self.turn = Turn(0)
        self.wakes: Instant = 0
        self.gone = False


class _Start(NamedTuple):
    entry: _Entry
    number: int
    due: Instant


class Scheduler:
    """Starts probes when they are due and hands on their samples.

    Times inside are the wall clock's, extrapolated by trio's steady clock from an anchor; the anchor is
    laid anew when the wall clock was set.

    Attributes:
        samples: finished samples as plain tuples; whoever sends them swaps the list for an empty one.
        lost: samples that were dropped because nobody took them, and
        lost_since: the start of the first of them.
        stalls: `(start, end)` of standstills that are worth a note, taken like the samples.
        stood_still: the end and length of the last standstill; None for none.
        stats: counters.
    """

    def __init__(
        self,
        clock: Clock,
        resolver: "Resolver",
        *,
        limits: Limits = Limits(),  # noqa: B008 (a NamedTuple of numbers)
        load: Callable[[str], CheckType] = checks.load,
    ) -> None:
        self.samples: list[Row] = []
        self.lost = 0
        self.lost_since: Instant = 0
        self.stalls: list[tuple[Instant, Instant]] = []
        self.stood_still: tuple[Instant, Micros] | None = None
        self.stats = Stats()
        self._clock = clock
        self._resolver = resolver
        self._load = load
        self._entries: dict[str, _Entry] = {}
        self._house: House[_Start] = House(limits)
        self._scopes: dict[tuple[_Entry, int], trio.CancelScope] = {}
        self._off: set[tuple[_Entry, int]] = set()
        self._held: dict[tuple[_Entry, int], Row] = {}
        self._heap: list[tuple[Instant, int, _Entry]] = []
        self._pushed = 0
        self._sleep: trio.CancelScope | None = None
        self._nursery: trio.Nursery | None = None
        self._anchor: Micros = 0
        self._queue: Instant = 0
        self._closing = False
        self._heart = Heart(self._catch_up)

    @property
    def in_flight(self) -> int:
        """Probes under way now."""
        return self._house.busy

    def counters(self) -> dict[str, Any]:
        """Return what was counted so far, as a plain dictionary."""
        return {**self.stats.snapshot(), "in_flight": self._house.busy, "full_house": self._house.waits}

    @property
    def watched(self) -> tuple[str, ...]:
        """The names of the checks in the schedule."""
        return tuple(self._entries)

    def watch(self, assignments: Iterable[tuple[int, Check]]) -> None:
        """Begin with checks, given with their numbers; one that is there already is replaced."""
        now = self._now() if self._nursery else None
        for number, check in assignments:
            self.leave((check.name,))
            kind = self._type_of(check)
            if kind.at_once is not None:
                self._house.bound(kind.name, kind.at_once)
            entry = _Entry(check, number, kind)
            self._entries[check.name] = entry
            if now is not None:
                self._begin_with(entry, now)

    def leave(self, names: Iterable[str]) -> None:
        """Probe these checks no more; what is under way leaves no sample."""
        for name in names:
            entry = self._entries.pop(name, None)
            if entry is not None:
                entry.gone = True
                for probe in entry.turn.running:
                    self._call_off(entry, probe.number)
                    self._held.pop((entry, probe.number), None)

    def look(self, name: str) -> None:
        """Probe a check now, beside its regular due times, unless a probe of it is under way."""
        entry = self._entries.get(name)
        if entry is not None and self._nursery is not None and not entry.turn.running:
            entry.turn = entry.turn._replace(due=self._now())
            self._push(entry)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Keep the schedule until cancelled."""
        self._anchor = self._measured_anchor()
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            now = self._now()
            for entry in self._entries.values():
                self._begin_with(entry, now)
            nursery.start_soon(self._heart.beat)
            task_status.started()
            looked = trio.current_time()
            while True:
                current = trio.current_time()
                if current > self._heart.patience:
                    self._heart.look()
                if current - looked >= LONGEST_SLEEP:
                    self._follow_clock()
                    looked = current
                self._wake_due()
                wakes = (self._heap[0][0] - self._anchor) / SECOND if self._heap else current + LONGEST_SLEEP
                with trio.CancelScope(deadline=min(wakes, looked + LONGEST_SLEEP)) as self._sleep:
                    await trio.sleep_forever()

    def _begin_with(self, entry: _Entry, now: Instant) -> None:
        entry.turn, self._queue = schedule.begin(entry.rhythm, now, self._queue)
        self._push(entry)

    def _now(self) -> Instant:
        return self._anchor + round(trio.current_time() * SECOND)

    def _measured_anchor(self) -> Micros:
        """Return wall clock minus steady clock, read at the same moment."""
        best: tuple[float, Micros] | None = None
        for _ in range(5):
            before = trio.current_time()
            wall = self._clock.now()
            after = trio.current_time()
            if best is None or after - before < best[0]:
                best = after - before, wall - round((before + after) / 2 * SECOND)
        assert best is not None
        return best[1]

    def _follow_clock(self) -> None:
        if abs(self._clock.now() - self._now()) <= STEP:
            return
        step = self._measured_anchor() - self._anchor
        if abs(step) <= STEP:
            return
        self._anchor += step
        self._queue = 0
        self.stats.clock_steps += 1
        now = self._now()
        log.warning("the wall clock moved by %s: due times follow it", format_duration(step))
        self._heap.clear()
        for entry in self._entries.values():
            entry.turn = schedule.moved(entry.rhythm, entry.turn, step, now)
            entry.wakes = schedule.due(entry.rhythm, entry.turn)
            self._pushed += 1
            self._heap.append((entry.wakes, self._pushed, entry))
        heapify(self._heap)

    def _catch_up(self, still: Micros) -> None:
        """Go on after a standstill: what is overdue is probed one after the other."""
        now = self._now()
        self.stood_still = now, still
        if still >= stall.NOTED:
            self.stalls.append((now - still, now))
            length = format_duration(still - still % MILLISECOND)
            log.warning("stood still for %s: probes of that time are made again", length)
        for entry in self._entries.values():
            if entry.turn.due <= now:
                self._probe_again(entry, now)

    def _probe_again(self, entry: _Entry, now: Instant) -> None:
        entry.turn, self._queue, skipped = schedule.again(entry.rhythm, entry.turn, now, self._queue)
        self.stats.skipped += skipped
        self._push(entry)

    def _push(self, entry: _Entry) -> None:
        wakes = schedule.due(entry.rhythm, entry.turn)
        if wakes == entry.wakes:
            return
        self._enqueue(entry, wakes)

    def _enqueue(self, entry: _Entry, wakes: Instant) -> None:
        entry.wakes = wakes
        self._pushed += 1
        heappush(self._heap, (wakes, self._pushed, entry))
        sleep = self._sleep
        if sleep is not None:
            deadline = (wakes - self._anchor) / SECOND
            if deadline < sleep.deadline:
                sleep.deadline = deadline

    def _wake_due(self) -> None:
        heap = self._heap
        now = self._now()
        while heap and heap[0][0] <= now:
            wakes, _, entry = heappop(heap)
            if entry.gone or wakes != entry.wakes:
                continue
            entry.wakes = 0
            turn = entry.turn
            if turn.running and turn.due > now and self._house.half_full:
                self._enqueue(entry, min(turn.due, now + _HOUSE_POLL))
                continue
            entry.turn, step = schedule.wake(entry.rhythm, turn, now)
            self._do(entry, step)

    def _do(self, entry: _Entry, step: schedule.Step) -> None:
        if step.skipped:
            self.stats.skipped += step.skipped
        for number in step.call_off:
            self._call_off(entry, number)
        for number in step.release:
            sample = self._held.pop((entry, number), None)
            if sample is not None:
                self._hand_on(sample)
        if step.start is not None:
            self._begin(_Start(entry, entry.turn.upcoming - 1, step.start))
        self._push(entry)

    def _call_off(self, entry: _Entry, number: int) -> None:
        self._off.add((entry, number))
        scope = self._scopes.get((entry, number))
        if scope is not None:
            scope.cancel()

    def _hand_on(self, sample: Row) -> None:
        if len(self.samples) < KEPT_AT_MOST:
            self.samples.append(sample)
            return
        if not self.lost:
            self.lost_since = sample[2]
        self.lost += 1

    def _begin(self, start: _Start) -> None:
        if self._house.enter(start.entry.target, start):
            self._launch(start)

    def _launch(self, start: _Start) -> None:
        assert self._nursery is not None
        self.stats.started += 1
        self._nursery.start_soon(self._probe, start)

    def _wanted(self, start: _Start) -> bool:
        """Whether a probe that waits for a place is still to be made; if not, it is forgotten."""
        if (start.entry, start.number) not in self._off:
            return not self._closing
        self._off.discard((start.entry, start.number))
        return False

    async def _probe(self, start: _Start) -> None:
        entry, number, due = start
        check = entry.check
        begun = trio.current_time()
        if begun > self._heart.patience:
            self._heart.look()
        started_at = self._clock.now()
        awake = self._clock.elapsed()
        late = self._anchor + round(begun * SECOND) - due
        self.stats.lateness[max(late, 0).bit_length()] += 1
        attempt = Attempt(check.name, check.timeout, self._resolver)
        observation: Observation | None = None
        try:
            with trio.CancelScope(deadline=begun + entry.deadline) as scope:
                self._scopes[entry, number] = scope
                observation = await entry.probe(check.options, attempt)
        except Exception:  # noqa: BLE001 (a fault of a check type must not end the others)
            observation = self._bug(check, attempt)
        except trio.Cancelled:
            self._closing = True
            raise
        finally:
            del self._scopes[entry, number]
            for waiting in self._house.leave(entry.target, self._wanted):
                other = waiting.entry
                other.turn = schedule.launched(other.turn, waiting.number, self._now())
                self._launch(waiting)
        if (entry, number) in self._off:
            self._off.discard((entry, number))
            self.stats.called_off += not entry.gone
            return
        ended = trio.current_time()
        took = round((ended - begun) * SECOND)
        if observation is None:
            self.stats.timeouts += 1
            reason = f"no answer within {format_duration(check.timeout)} while {attempt.doing}"
            observation = Observation(Outcome.DOWN, Cause.TIMEOUT, reason)
        if observation.outcome == Outcome.DOWN:
            slept = self._clock.elapsed() - awake - took
            if slept > _SUSPENDED:
                observation = Observation(
                    Outcome.UNKNOWN,
                    Cause.OURS,
                    f"the machine slept for {format_duration(slept // SECOND * SECOND)} during the probe",
                )
        length = took if entry.timed else None
        heart, spoilt = self._heart, False
        if ended > heart.patience:
            heart.look()
        if heart.stalled > begun and length is not None:
            still = heart.still(begun, ended)
            spoilt = stall.spoilt(observation, still, took, check.timeout)
            if spoilt:
                observation = stall.unseen(still)
            if still > stall.STILL:
                observation, length = observation._replace(latency=None), None
                attempt.forget()
        self._held[entry, number] = row_of(entry.number, check, due, started_at, length, observation, attempt)
        entry.turn, step = schedule.answer(entry.rhythm, entry.turn, number, observation.outcome, self._now())
        self._do(entry, step)
        if spoilt and not entry.gone and not entry.turn.running:
            self._probe_again(entry, self._now())

    def _bug(self, check: Check, attempt: Attempt) -> Observation:
        self.stats.bugs += 1
        trace = without_secrets(traceback.format_exc(), check.options)
        attempt.note(trace)
        last = trace.strip().rsplit("\n", 1)[-1]
        log.error("check %s: a fault in the check type %s\n%s", check.name, check.type, trace)
        return Observation(Outcome.UNKNOWN, Cause.BUG, f"a fault of the {check.type} check: {last}"[:500])

    def _type_of(self, check: Check) -> CheckType:
        try:
            found = self._load(check.type)
            found.prepare(check.options)
            return found
        except Exception as error:  # noqa: BLE001 (a type that cannot be loaded must not end the others)
            reason = f"the check type {check.type} cannot be loaded: {type(error).__name__}: {error}"
            log.error("check %s: %s", check.name, reason)  # noqa: TRY400 (the reason says it all)

        async def unable(_options: object, _attempt: Attempt) -> Observation:
            return Observation(Outcome.UNKNOWN, Cause.OURS, reason)

        return CheckType(check.type, object, unable, False)
