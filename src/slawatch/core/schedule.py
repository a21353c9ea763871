"""When a check is probed: regular due times on a grid of the wall clock, and re-checks after a bad answer.

Regular due times are absolute: `phase + k * interval` since the epoch, with a phase from a hash of the
check's name, so they do not drift, spread evenly, and are the same after a restart.

After a bad probe the next one starts `retry_interval` after the start of the bad one (at once if the probe
took longer), until `failures` bad ones in a row confirm the failure. Against a target that hangs, that
alone would take `failures - 1` whole timeouts more. So where it could take longer than `CONFIRMED_WITHIN`,
a probe that is still unanswered after `patience` gets its re-checks started beside it, each with its full
timeout: the last of them ends within `CONFIRMED_WITHIN` of the first bad result. If the older one then
answers well, the younger ones are called off and leave no sample. Results are released in the order of
their starts, so that a timeline never runs backwards.
"""

from dataclasses import dataclass
from hashlib import blake2b
from typing import Final, NamedTuple

from slawatch.core.check import Check
from slawatch.core.instant import MILLISECOND, SECOND, Instant, Micros
from slawatch.core.sample import Outcome

CONFIRMED_WITHIN: Final[Micros] = 4_500 * MILLISECOND
"""From a hanging target's first bad result to the confirmation; half a second of the five is spare."""

SETTLING: Final[Micros] = 200 * MILLISECOND
"""From a newcomer's coming to its first probe, at least: it comes with others, which have to be prepared."""

APART: Final[Micros] = 5 * MILLISECOND
"""Between the first probes of newcomers: a start adds at most two hundred probes a second."""

_DOWN: Final = int(Outcome.DOWN)
_UNKNOWN: Final = int(Outcome.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The part of a check that says when it is probed.

    Attributes:
        interval: between regular probes.
        phase: of the grid of due times.
        timeout: of one probe.
        failures: so many bad ones in a row confirm a failure.
        retry_interval: from the start of a bad probe to its re-check.
        patience: a probe unanswered for so long gets a re-check beside it; None: re-checks wait for answers.
    """

    interval: Micros
    phase: Micros
    timeout: Micros
    failures: int
    retry_interval: Micros
    patience: Micros | None


class Probe(NamedTuple):
    """A probe that was started and whose result is not released yet.

    Attributes:
        number: counts a check's probes.
        started: when it started.
        outcome: None while it is unanswered.
    """

    number: int
    started: Instant
    outcome: int | None = None


class Turn(NamedTuple):
    """Where a check stands in its schedule.

    Attributes:
        due: the next regular probe.
        bad: bad results in a row, at most `failures`.
        again: the start of the latest bad probe, from which its re-check is counted; None where none follows.
        running: unreleased probes, oldest first.
        owed: a due time that passed while a probe was still running; None for none.
        upcoming: the number of the next probe.
    """

    due: Instant
    bad: int = 0
    again: Instant | None = None
    running: tuple[Probe, ...] = ()
    owed: Instant | None = None
    upcoming: int = 0


class Step(NamedTuple):
    """What the scheduler has to do.

    Attributes:
        start: the due time of a probe to start now, with the number `turn.upcoming - 1`; None for none.
        release: numbers of the probes whose samples are final now, in order.
        call_off: numbers of the probes to cancel; they leave no sample.
        skipped: regular due times that passed without a probe.
    """

    start: Instant | None = None
    release: tuple[int, ...] = ()
    call_off: tuple[int, ...] = ()
    skipped: int = 0


_NOTHING: Final = Step()


def phase(name: str, interval: Micros) -> Micros:
    """Return a check's place in its interval: evenly spread, the same on every host and after a restart."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest()) % interval


def rhythm(check: Check) -> Rhythm:
    """Return when a check is probed."""
    rechecks = check.failures - 1
    slow = rechecks * max(check.timeout, check.retry_interval) > CONFIRMED_WITHIN
    patience = max(check.retry_interval, CONFIRMED_WITHIN - (rechecks - 1) * check.retry_interval)
    return Rhythm(
        check.interval,
        phase(check.name, check.interval),
        check.timeout,
        check.failures,
        check.retry_interval,
        patience if slow else None,
    )


def next_due(rhythm: Rhythm, after: Instant) -> Instant:
    """Return the first due time of the grid after an instant."""
    return after + rhythm.interval - (after - rhythm.phase) % rhythm.interval


def begin(rhythm: Rhythm, now: Instant, queue: Instant = 0) -> tuple[Turn, Instant]:
    """Return the turn of a check that is watched from now on, and where the queue of newcomers ends then.

    Nobody waits a long interval for a first answer: newcomers are probed one after the other, `APART`, beside
    the regular grid, which stays as it is. One whose regular time comes first, or soon after, waits for that.

    Args:
        rhythm: of the check.
        now: when it came.
        queue: where the queue ended after the newcomer before.
    """
    regular = next_due(rhythm, now)
    first = max(now + SETTLING, queue)
    if regular - first <= min(rhythm.interval // 10, SECOND):
        return Turn(regular), queue
    return Turn(first), first + APART


def again(rhythm: Rhythm, turn: Turn, now: Instant, queue: Instant) -> tuple[Turn, Instant, int]:
    """Return the turn of a check that is owed a regular probe, the end of the queue, and what is skipped.

    Who stood still owes one to every check whose due time passed meanwhile, and to those whose probe says
    nothing for it. All at once would be a standstill of its own: they queue like newcomers.
    """
    regular = next_due(rhythm, now)
    first = max(now, queue)
    passed = (regular - turn.due) // rhythm.interval
    if regular - first <= min(rhythm.interval // 10, SECOND):
        return turn._replace(due=regular), queue, max(passed, 0)
    return turn._replace(due=first), first + APART, max(passed - 1, 0)


def launched(turn: Turn, number: int, now: Instant) -> Turn:
    """Return the turn once a probe that had to wait for a free place has really started."""
    return turn._replace(
        running=tuple(p._replace(started=now) if p.number == number else p for p in turn.running)
    )


def moved(rhythm: Rhythm, turn: Turn, step: Micros, now: Instant) -> Turn:
    """Return the turn after the wall clock was set by `step`: regular probes follow it, all else goes on.

    Probes that the step skipped or would repeat are not made up for, so a step causes no burst.
    """
    return turn._replace(
        due=next_due(rhythm, now),
        owed=None,
        again=None if turn.again is None else turn.again + step,
        running=tuple(Probe(p.number, p.started + step, p.outcome) for p in turn.running),
    )


def recheck(rhythm: Rhythm, turn: Turn) -> Instant | None:
    """Return when the next re-check is due, None if there is none to make."""
    bad, running = turn.bad, turn.running
    if not running:
        if turn.again is None or bad >= rhythm.failures:
            return None
        return turn.again + rhythm.retry_interval
    if rhythm.patience is None or bad + len(running) >= rhythm.failures:
        return None
    for probe in running:
        if probe.outcome is not None:
            if probe.outcome < _DOWN:
                return None
            bad += probe.outcome == _DOWN
    if bad == 0 and len(running) == 1:
        return running[0].started + rhythm.patience
    return running[-1].started + rhythm.retry_interval


def due(rhythm: Rhythm, turn: Turn) -> Instant:
    """Return when `wake` is to be called next."""
    if not turn.running and not turn.bad:
        return turn.due
    again = recheck(rhythm, turn)
    return turn.due if again is None or again > turn.due else again


def wake(rhythm: Rhythm, turn: Turn, now: Instant) -> tuple[Turn, Step]:
    """Start what is due now: the regular probe, or else a re-check."""
    at, bad, again, running, owed, number = turn
    if at <= now:
        following = next_due(rhythm, now)
        passed = (following - at) // rhythm.interval
        if not running:
            return (
                Turn(following, bad, again, (Probe(number, now),), None, number + 1),
                Step(following - rhythm.interval, skipped=passed - 1) if passed > 1 else Step(at),
            )
        skipped = passed - 1 + (owed is not None)
        turn = Turn(following, bad, again, running, following - rhythm.interval, number)
        # A re-check that is due in the same moment still starts: a probe beside a hanging one is what it is.
        turn, step = wake(rhythm, turn, now)
        return turn, step._replace(skipped=step.skipped + skipped)
    retry = recheck(rhythm, turn)
    if retry is None or retry > now:
        return turn, _NOTHING
    return Turn(at, bad, again, (*running, Probe(number, now)), owed, number + 1), Step(retry)


def answer(rhythm: Rhythm, turn: Turn, number: int, outcome: int, now: Instant) -> tuple[Turn, Step]:
    """Take a probe's outcome; `due` has to be asked again afterwards.

    Down is bad; up and degraded are good; unknown is neither: it says nothing of the target, so it does not
    break a row of bad ones, does not lengthen it, and causes no re-check.
    """
    at, bad, again, running, owed, upcoming = turn
    if len(running) == 1 and running[0].number == number:
        release: tuple[int, ...] = (number,)
        call_off: tuple[int, ...] = ()
        bad, again = _counted(rhythm, bad, running[0].started, outcome)
        running = ()
    else:
        if all(p.number != number for p in running):
            return turn, _NOTHING
        good = outcome < _DOWN
        call_off = tuple(p.number for p in running if good and p.number > number and p.outcome is None)
        kept = [
            Probe(p.number, p.started, outcome) if p.number == number else p
            for p in running
            if p.number not in call_off
        ]
        finished = []
        while kept and (seen := kept[0].outcome) is not None:
            probe = kept.pop(0)
            finished.append(probe.number)
            bad, again = _counted(rhythm, bad, probe.started, seen)
        release, running = tuple(finished), tuple(kept)
    if running or owed is None:
        return Turn(at, bad, again, running, owed, upcoming), Step(None, release, call_off)
    if now - owed <= rhythm.interval // 10:
        # A probe that took its whole interval must not cost every second due time.
        return (
            Turn(at, bad, again, (Probe(upcoming, now),), None, upcoming + 1),
            Step(owed, release, call_off),
        )
    return Turn(at, bad, again, (), None, upcoming), Step(None, release, call_off, 1)


def _counted(rhythm: Rhythm, bad: int, started: Instant, outcome: int) -> tuple[int, Instant | None]:
    if outcome == _DOWN:
        return min(bad + 1, rhythm.failures), started
    if outcome == _UNKNOWN:
        return bad, None
    return 0, None
