"""Stand-ins for the world outside, for tests on a virtual clock; each behaves as the real thing does."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import trio

from slawatch.checks import CheckType
from slawatch.checks._attempt import Attempt
from slawatch.core.check import Check
from slawatch.core.instant import SECOND, Instant, Micros
from slawatch.core.sample import Cause, Observation, Outcome
from slawatch.store.batch import Batch

EPOCH: Instant = 1_700_000_000 * SECOND
"""The wall clock when a virtual clock starts."""

UP = Observation(Outcome.UP)
DOWN = Observation(Outcome.DOWN, Cause.CONNECT, "connection refused")
OURS = Observation(Outcome.UNKNOWN, Cause.OURS, "no file descriptors left")


class Clock:
    """Follows trio's clock, which in tests is a `MockClock`; can be set, and can sleep, as a real machine's.

    Attributes:
        offset: wall clock minus trio's clock.
        suspended: how long the machine slept so far.
    """

    def __init__(self, start: Instant = EPOCH) -> None:
        self.offset: Micros = start - round(trio.current_time() * SECOND)
        self.suspended: Micros = 0
        self._origin = trio.current_time()

    def now(self) -> Instant:
        return self.offset + self.suspended + round(trio.current_time() * SECOND)

    def elapsed(self) -> Micros:
        return round((trio.current_time() - self._origin) * SECOND) + self.suspended

    def step(self, length: Micros) -> None:
        """Set the wall clock."""
        self.offset += length

    def suspend(self, length: Micros) -> None:
        """Sleep: the wall clock and the boot clock go on, trio's does not."""
        self.suspended += length


@dataclass
class Answer:
    """What a scripted target does to one probe.

    Attributes:
        after: seconds until it answers; None for never.
        observation: what the probe then says; an exception is raised.
    """

    after: float | None = 0.0
    observation: Observation | Exception = UP


@dataclass
class Target:
    """A scripted target: the answers in turn, the last one for ever.

    Attributes:
        answers: an answer each, or a function of the number of the probe.
        starts: when each probe of it began, in trio's seconds.
        cancelled: how many probes were cut off.
    """

    answers: Sequence[Answer] | Callable[[int], Answer] = (Answer(),)
    starts: list[float] = field(default_factory=list)
    cancelled: int = 0
    under_way: int = 0
    most_under_way: int = 0

    async def probe(self, attempt: Attempt) -> Observation:
        number = len(self.starts)
        self.starts.append(trio.current_time())
        if callable(self.answers):
            answer = self.answers(number)
        else:
            answer = self.answers[min(number, len(self.answers) - 1)]
        attempt.doing = "waiting for the script"
        attempt.note("the script goes on")
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            if answer.after is None:
                await trio.sleep_forever()
            await trio.sleep(answer.after)
        except trio.Cancelled:
            self.cancelled += 1
            raise
        finally:
            self.under_way -= 1
        if isinstance(answer.observation, Exception):
            raise answer.observation
        return answer.observation


@dataclass(frozen=True)
class Options:
    """Options of the scripted check type."""

    target: Target
    address: str = ""


def check(name: str = "c", target: Target | None = None, *, address: str = "", **keys: Any) -> Check:
    """Return a check of the scripted type, a target of its own unless `address` says otherwise."""
    options = Options(target or Target(), address or name)
    keys.setdefault("service", "s")
    return Check(name=name, type="script", options=options, **keys)


async def _probe(options: Options, attempt: Attempt) -> Observation:
    return await options.target.probe(attempt)


def load(name: str) -> CheckType:
    """Return the scripted check type, whatever the name."""
    probe: Callable[[Any, Attempt], Awaitable[Observation]] = _probe
    return CheckType(name, Options, probe, False)


class Store:
    """A store in memory that refuses batches while `refusal` is set, as the real one does when it is full.

    Attributes:
        batches: what was stored, in order; each sequence once.
        refusal: raised by `write` instead of storing.
        attempts: how often `write` was called.
    """

    def __init__(self) -> None:
        self.batches: list[Batch] = []
        self.refusal: Exception | None = None
        self.attempts = 0
        self.last_sequence = 0

    def write(self, batch: Batch) -> None:
        self.attempts += 1
        if self.refusal is not None:
            raise self.refusal
        if batch.sequence not in {known.sequence for known in self.batches}:
            self.batches.append(batch)
        self.last_sequence = max(self.last_sequence, batch.sequence)

    @property
    def samples(self) -> list[Any]:
        return [sample for batch in self.batches for sample in batch.samples]

    @property
    def life(self) -> list[Any]:
        return [event for batch in self.batches for event in batch.life]


class Journal:
    """A journal in memory that outlives the recorder.

    Attributes:
        kept: the batches in it.
        refusal: raised by `append` instead of keeping.
    """

    def __init__(self, kept: Iterable[Batch] = ()) -> None:
        self.kept = list(kept)
        self.refusal: Exception | None = None

    def append(self, batch: Batch) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.kept.append(batch)

    def replay(self) -> list[Batch]:
        return list(self.kept)

    def clear(self) -> None:
        self.kept.clear()


async def inline(work: Callable[..., Any], *args: Any) -> Any:
    """Run blocking work at once: an autojump clock would leap while a thread works."""
    await trio.lowlevel.checkpoint()
    return work(*args)


def by_check(rows: Iterable[Sequence[Any]]) -> Mapping[int, list[Sequence[Any]]]:
    """Return plain samples by the number of their check."""
    found: dict[int, list[Sequence[Any]]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(row)
    return found
