"""From samples to what follows from them: transitions for the record, and the live state of each check."""

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from slawatch.answers.view import LiveCheck
from slawatch.core import state, timeline
from slawatch.core.check import Check
from slawatch.core.instant import Instant, rfc3339
from slawatch.core.sample import Outcome, Sample, Transition
from slawatch.core.state import CheckState, Confirmed, Recovered, Seen
from slawatch.core.timeline import Held
from slawatch.daemon.wire import Row

log = logging.getLogger("slawatch.evaluator")


class Evaluated(NamedTuple):
    """What a batch of samples came to.

    Attributes:
        samples: to be stored; those of checks that are not watched any more are left out.
        transitions: with the number of their check.
        late: `(check's number, started_at)` of samples that came after a later one of their check, because
            the wall clock was set back: the record around them is folded again.
    """

    samples: list[Sample]
    transitions: list[tuple[int, Transition]]
    late: list[tuple[int, Instant]]


class Beside(NamedTuple):
    """What was evaluated while somebody else changed the store.

    Attributes:
        at: `(check's number, started_at)` of the samples, and of those that the transitions came after.
        late: the checks that had late samples among them.
    """

    at: set[tuple[int, Instant]]
    late: set[int]

    def add(
        self,
        samples: Iterable[Sample],
        transitions: Iterable[tuple[int, Transition]],
        late: Iterable[tuple[int, Instant]],
    ) -> None:
        """Take what was evaluated."""
        self.at.update((sample.check, sample.started_at) for sample in samples)
        self.at.update((number, change.after) for number, change in transitions if change.after is not None)
        self.late.update(number for number, _ in late)


class Evaluator:
    """Folds the samples of all checks, in the order in which each check's samples started.

    Attributes:
        taken: samples so far.
    """

    def __init__(self, held: Mapping[int, Held]) -> None:
        """Go on where the store left off.

        Args:
            held: the last stored sample of each check, by number.
        """
        self.taken = 0
        self._held = dict(held)
        self._states: dict[int, CheckState] = {}
        self._checks: dict[int, Check] = {}
        self._numbers: dict[str, int] = {}
        self._beside: Beside | None = None
        self._listeners: list[Callable[[Check, Confirmed | Recovered], None]] = []
        self._observer: Callable[[int, Check, Seen], None] | None = None
        self._uneasy: Collection[int] = ()

    def subscribe(self, listener: Callable[[Check, Confirmed | Recovered], None]) -> None:
        """Have failures and recoveries told, as they are confirmed."""
        self._listeners.append(listener)

    def alarm(self, observer: Callable[[int, Check, Seen], None], uneasy: Collection[int]) -> None:
        """Have results told that alerting may care for: those that are not up, and all of uneasy checks.

        Args:
            observer: takes the check's number, the check and the result.
            uneasy: numbers of checks; the observer changes it.
        """
        self._observer, self._uneasy = observer, uneasy

    def state_of(self, name: str) -> CheckState | None:
        """Return what is known of a check; None for nothing."""
        number = self._numbers.get(name)
        return None if number is None else self._states.get(number)

    def assign(self, numbers: Mapping[str, int], checks: Iterable[Check]) -> None:
        """Take over the checks that are watched from now on; the states of those that stay are kept."""
        self._checks = {numbers[check.name]: check for check in checks}
        self._numbers = {check.name: number for number, check in self._checks.items()}
        self._states = {n: s for n, s in self._states.items() if n in self._checks}

    def resume(self, states: Mapping[int, CheckState]) -> None:
        """Take over what was known of checks before a restart, until their first new sample."""
        self._states.update(states)

    def note(self, beside: Beside | None) -> None:
        """Add to this from now on, for whoever changes the store beside us; None: no more."""
        self._beside = beside

    def merge(self, held: Mapping[int, Held]) -> None:
        """Take over last samples that an import brought, where they are later than what is known."""
        for number, found in held.items():
            known = self._held.get(number)
            if known is None or found.started_at > known.started_at:
                self._held[number] = found

    def take(self, rows: Iterable[Row]) -> Evaluated:
        """Fold samples, given as plain tuples."""
        samples: list[Sample] = []
        transitions: list[tuple[int, Transition]] = []
        late: list[tuple[int, Instant]] = []
        held, checks = self._held, self._checks
        for row in rows:
            sample = Sample._make(row)
            number = sample.check
            check = checks.get(number)
            if check is None:
                continue
            samples.append(sample)
            last = held.get(number)
            if last is not None and sample.started_at <= last.started_at:
                late.append((number, sample.started_at))
                continue
            held[number], made = timeline.step(last, sample.started_at, sample.outcome, sample.holds)
            if made:
                transitions.extend((number, transition) for transition in made)
            self._observe(number, check, sample)
        self.taken += len(samples)
        if self._beside is not None:
            self._beside.add(samples, transitions, late)
        return Evaluated(samples, transitions, late)

    def _observe(self, number: int, check: Check, sample: Sample) -> None:
        seen = Seen(
            sample.started_at, sample.outcome, sample.holds, sample.latency, sample.cause, sample.reason or ""
        )
        self._states[number], events = state.step(self._states.get(number), seen, check.failures)
        if self._observer is not None and (sample.outcome != Outcome.UP or number in self._uneasy):
            self._observer(number, check, seen)
        for event in events:
            if isinstance(event, Confirmed):
                log.warning("check %s is down since %s: %s", check.name, rfc3339(event.since), event.reason)
            else:
                log.warning("check %s works again since %s", check.name, rfc3339(event.at))
            for listener in self._listeners:
                listener(check, event)

    def live(self, now: Instant) -> Mapping[str, LiveCheck]:
        """Return what is known of each check now; later samples do not change what was returned."""
        return _Snapshot(self._numbers, dict(self._states), now)


class _Snapshot(Mapping[str, LiveCheck]):
    """The checks by name, each made when it is asked for: ten thousand of them must not hold up the loop."""

    def __init__(self, numbers: Mapping[str, int], states: Mapping[int, CheckState], now: Instant) -> None:
        self._numbers = numbers
        self._states = states
        self._now = now

    def __getitem__(self, name: str) -> LiveCheck:
        found = self._states.get(self._numbers[name])
        if found is None:
            return LiveCheck(outcome=None)
        outcome = found.outcome_at(self._now)
        stale = outcome == Outcome.UNKNOWN and found.outcome != Outcome.UNKNOWN
        return LiveCheck(
            outcome=outcome,
            since=found.sampled_at + found.holds if stale else found.since,
            last_sample=found.sampled_at,
            holds=found.holds,
            latency=found.latency,
            reason="no sample in time" if stale else found.reason,
            failing=found.failing,
        )

    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)
