"""Keeps what was seen: one writer thread, a batch a second, a journal for what the store does not take.

A fault of the store never reaches the checks. While it is busy, locked or full, batches wait in memory and
in the journal file, and are written once it takes them again; each has a sequence number, so
writing one twice changes nothing. What is lost in the end (store and journal both refuse for long) is
counted and its time is unknown.
"""

import logging
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Final, NamedTuple

import trio

from slawatch.clock import Clock
from slawatch.core.attempt import Attempt
from slawatch.core.audit import Audited
from slawatch.core.event import Numbered
from slawatch.core.instant import MINUTE, SECOND, Instant, Micros
from slawatch.core.life import LifeEvent, life_event
from slawatch.core.sample import Sample, Transition
from slawatch.core.text import format_duration
from slawatch.core.timeline import Held
from slawatch.daemon.evaluator import Evaluated
from slawatch.daemon.writing import Journal, Run, Writer
from slawatch.store.batch import Batch
from slawatch.store.errors import StoreBusy, StoreFull

log = logging.getLogger("slawatch.recorder")

FLUSH_EVERY: Final = 1.0
"""Seconds from a sample's arrival to its commit, while the store works."""
FLUSH_ROWS: Final = 1_000
RETRY_FIRST: Final = 0.5
RETRY_LONGEST: Final = 15.0
"""Seconds between attempts at a store that refuses."""
IN_MEMORY: Final = 50_000
"""Samples that wait in memory at most while the journal keeps them; the rest is read back from it."""
WITHOUT_JOURNAL: Final = 100_000
"""Samples that wait in memory at most when the journal takes none either; past that the oldest are lost."""


class Recovered(NamedTuple):
    """What the last run left in the journal.

    Attributes:
        samples: how many.
        held: the last of them of each check, by number.
        last: the latest instant that they speak of; None where there is nothing.
        events: what alerting had decided.
    """

    samples: int
    held: Mapping[int, Held]
    last: Instant | None
    events: tuple[Numbered, ...] = ()


class Recorder:
    """Collects what is to be stored, and stores it.

    Attributes:
        trouble: what keeps the store from taking samples, in one line; empty when nothing does.
        stored: samples that were committed.
        lost: samples that nothing could keep.
    """

    def __init__(self, writer: Writer, journal: Journal, clock: Clock, run: Run) -> None:
        self.trouble = ""
        self.stored = 0
        self.lost = 0
        self._writer = writer
        self._journal = journal
        self._clock = clock
        self._run = run
        self._samples: list[Sample] = []
        self._transitions: list[tuple[int, Transition]] = []
        self._life: list[LifeEvent] = []
        self._pings: list[tuple[int, Instant]] = []
        self._late: list[tuple[int, Instant]] = []
        self._settles: list[tuple[Instant, bool]] = []
        self._events: list[Numbered] = []
        self._attempts: list[Attempt] = []
        self._audit: list[Audited] = []
        self._flushing = trio.Lock()
        self._oldest: Micros | None = None
        self._sequence = 0
        self._backlog: deque[Batch] = deque()
        self._since: dict[int, Micros] = {}
        self._waiting = 0
        self._on_disk: set[int] = set()
        self._spilled: set[int] = set()
        self._disk_only = 0
        self._failing_since: Micros | None = None
        self._said = ""
        self._complained: Micros = 0
        self._lost_since: Instant | None = None
        self._lost_untold = 0
        self._wake = trio.Event()
        self._full = trio.Event()

    @property
    def queued(self) -> int:
        """Samples that are not stored yet."""
        return len(self._samples) + self._waiting + self._disk_only

    @property
    def lag(self) -> Micros:
        """The age of the oldest sample that is not stored yet."""
        ages = [at for at in (self._oldest, *self._since.values(), self._failing_since) if at is not None]
        return self._clock.elapsed() - min(ages) if ages else 0

    def add(self, evaluated: Evaluated) -> None:
        """Take samples and what followed from them."""
        self._samples.extend(evaluated.samples)
        self._transitions.extend(evaluated.transitions)
        self._late.extend(evaluated.late)
        self._touch()

    def add_life(self, event: LifeEvent) -> None:
        """Take an event of the daemon's own life."""
        self._life.append(event)
        self._touch()

    def add_ping(self, check: int, at: Instant) -> None:
        """Take a heartbeat's call."""
        self._pings.append((check, at))
        self._touch()

    def add_events(self, events: Iterable[Numbered]) -> None:
        """Take what alerting decided."""
        self._events.extend(events)
        self._touch()

    def add_attempts(self, attempts: Iterable[Attempt]) -> None:
        """Take what came of telling people."""
        self._attempts.extend(attempts)
        self._touch()

    def add_audit(self, line: Audited) -> None:
        """Take a line of the audit log."""
        self._audit.append(line)
        self._touch()

    async def commit(self) -> bool:
        """Store all that was added, now; False: the store refuses it, and the journal keeps it."""
        async with self._flushing:
            return await self.flush()

    def settle(self, mark: Instant, late: Iterable[tuple[int, Instant]], *, whole: bool) -> None:
        """Have the next batch settle an import: fold again what is around these samples, or all of it."""
        self._settles.append((mark, whole))
        self._late.extend(late)
        self._touch()

    def unstored(self) -> Iterator[Evaluated]:
        """Yield what is in memory and not known to be stored."""
        for batch in self._backlog:
            yield Evaluated(list(batch.samples), list(batch.transitions), list(batch.late))
        yield Evaluated(self._samples, self._transitions, self._late)

    def _touch(self) -> None:
        if self._oldest is None:
            self._oldest = self._clock.elapsed()
            self._wake.set()
        if len(self._samples) >= FLUSH_ROWS:
            self._full.set()

    async def recover(self, acknowledged: int = 0) -> Recovered:
        """Store what the last run left in the journal, and return what that was.

        A store that is full or busy takes it later: it stays in the journal until then.

        Args:
            acknowledged: a sequence that was once used and is not to be used again, whatever the store says.

        Raises:
            StoreError: the store is not fit to take anything; they stay in the journal.
        """
        batches = await self._run(self._journal.replay)
        self._sequence = max([acknowledged, self._writer.last_sequence, *(b.sequence for b in batches)])
        self._on_disk.update(batch.sequence for batch in batches)
        waiting = deque(batches)
        try:
            while waiting:
                await self._run(self._writer.write, waiting[0])
                waiting.popleft()
        except (StoreFull, StoreBusy) as error:
            self._spilled.update(batch.sequence for batch in waiting)
            self._disk_only = sum(len(batch.samples) for batch in waiting)
            await self._keep(error)
        else:
            await self._empty_journal()
        return _recovered(batches)

    async def run(self) -> None:
        """Store what is added, until cancelled; then `finish` stores the rest."""
        delay = RETRY_FIRST
        while True:
            if self._backlog or self._spilled:
                with trio.move_on_after(delay):
                    await self._full.wait()
                    await trio.sleep(delay)
            else:
                if self._oldest is None:
                    self._wake = trio.Event()
                    await self._wake.wait()
                with trio.move_on_after(FLUSH_EVERY):
                    await self._full.wait()
            with trio.CancelScope(shield=True):
                delay = RETRY_FIRST if await self.commit() else min(delay * 2, RETRY_LONGEST)

    async def finish(self) -> None:
        """Store what is left; what the store refuses stays in the journal."""
        if not await self.commit():
            log.error("%d samples wait in the journal for the next start: %s", self.queued, self.trouble)

    def abandon(self) -> None:
        """Put what is not stored into the journal, from whatever thread: the process ends at once."""
        batch = self._batch()
        with suppress(Exception):
            for waiting in (*self._backlog, *([batch] if batch else [])):
                if waiting.sequence not in self._on_disk:
                    self._journal.append(waiting)

    async def flush(self) -> bool:
        """Try to store everything; tell whether it is. One at a time: beside `run` only through `commit`."""
        batch = self._batch()
        if batch is not None:
            self._backlog.append(batch)
            self._waiting += len(batch.samples)
        try:
            while self._backlog:
                first = self._backlog[0]
                await self._run(self._writer.write, first)
                self._done(first)
            if self._spilled:
                await self._read_back()
        except Exception as error:  # noqa: BLE001 (whatever the store says, the samples are kept)
            await self._keep(error)
            return False
        await self._empty_journal()
        self._works_again()
        return True

    async def _empty_journal(self) -> None:
        if not self._on_disk:
            return
        try:
            await self._run(self._journal.clear)
        except Exception as error:  # noqa: BLE001 (batches in it are known by their sequence)
            log.warning("the journal cannot be emptied: %s", error)
        else:
            self._on_disk.clear()

    def _batch(self) -> Batch | None:
        self._full = trio.Event()
        if self._lost_untold and self._failing_since is None:
            event = life_event(
                self._clock.now(),
                "storage",
                why="samples were lost",
                lost=self._lost_untold,
                since=self._lost_since,
            )
            self._life.append(event)
            self._lost_untold, self._lost_since = 0, None
        if not any(
            (self._samples, self._transitions, self._life, self._pings, self._settles, self._events,
             self._attempts, self._audit)
        ):  # fmt: skip
            self._oldest = None
            return None
        self._sequence += 1
        batch = Batch(
            self._sequence,
            self._samples,
            self._transitions,
            self._life,
            self._pings,
            self._late,
            self._settles,
            self._events,
            self._attempts,
            self._audit,
        )
        self._samples, self._transitions, self._life = [], [], []
        self._pings, self._late, self._settles = [], [], []
        self._events, self._attempts, self._audit = [], [], []
        self._since[batch.sequence] = self._oldest if self._oldest is not None else self._clock.elapsed()
        self._oldest = None
        return batch

    def _done(self, batch: Batch) -> None:
        self._backlog.popleft()
        self._waiting -= len(batch.samples)
        self.stored += len(batch.samples)
        self._since.pop(batch.sequence, None)

    async def _read_back(self) -> None:
        for batch in await self._run(self._journal.replay):
            if batch.sequence in self._spilled:
                await self._run(self._writer.write, batch)
                self._spilled.discard(batch.sequence)
                self._disk_only -= len(batch.samples)
                self.stored += len(batch.samples)

    async def _keep(self, error: Exception) -> None:
        """Bring what the store refused to the journal, and keep memory bounded."""
        now = self._clock.elapsed()
        said = str(error) or type(error).__name__
        if self._failing_since is None:
            self._failing_since = min(self._since.values(), default=now)
        if said != self._said or now - self._complained >= MINUTE:
            log.error("the store takes no samples, %d wait: %s", self.queued, said)
            self._said, self._complained = said, now
        self.trouble = said
        try:
            for batch in self._backlog:
                if batch.sequence not in self._on_disk:
                    await self._run(self._journal.append, batch)
                    self._on_disk.add(batch.sequence)
        except Exception as journal_error:  # noqa: BLE001 (memory is left)
            self.trouble = f"{said}; the journal: {journal_error}"
        while (self._spilled or self._waiting > IN_MEMORY) and len(self._backlog) > 1:
            last = self._backlog[-1]
            if last.sequence not in self._on_disk:
                break
            self._backlog.pop()
            self._spilled.add(last.sequence)
            self._waiting -= len(last.samples)
            self._disk_only += len(last.samples)
            self._since.pop(last.sequence, None)
        while self._waiting > WITHOUT_JOURNAL and len(self._backlog) > 1:
            self._lose(self._backlog.popleft())

    def _lose(self, batch: Batch) -> None:
        self._waiting -= len(batch.samples)
        self._since.pop(batch.sequence, None)
        self.report_loss(len(batch.samples), min((s.started_at for s in batch.samples), default=0))

    def report_loss(self, samples: int, since: Instant) -> None:
        """Note that samples are gone for good."""
        self.lost += samples
        self._lost_untold += samples
        self._lost_since = since if self._lost_since is None else min(self._lost_since, since)
        log.error("%d samples were lost: nothing took them", samples)
        self._touch()

    def _works_again(self) -> None:
        if self._failing_since is None:
            return
        length = self._clock.elapsed() - self._failing_since
        log.warning("the store takes samples again, after %s", format_duration(length // SECOND * SECOND))
        self.add_life(life_event(self._clock.now(), "storage", why=self.trouble, length=length))
        self.trouble = self._said = ""
        self._failing_since = None


def _recovered(batches: Iterable[Batch]) -> Recovered:
    held: dict[int, Held] = {}
    count, last = 0, None
    for batch in batches:
        count += len(batch.samples)
        for sample in batch.samples:
            known = held.get(sample.check)
            if known is None or known.started_at < sample.started_at:
                held[sample.check] = Held(sample.started_at, sample.holds, sample.outcome)
        for at in (*(sample.started_at for sample in batch.samples), *(event.at for event in batch.life)):
            last = at if last is None else max(last, at)
    events = sorted((n for batch in batches for n in batch.events), key=lambda n: n.number)
    return Recovered(count, held, last, tuple(events))
