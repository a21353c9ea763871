"""One probe for somebody who waits for it, by the code that the daemon probes with; nothing is stored.

`once` probes in this process. The daemon probes by `Apart`, in a process for each probe: whatever a check
does there, it holds up neither the daemon nor the probers. `python -m slawatch.daemon.probing` is that
process: a pickled check on standard input, a marshalled plain tuple on standard output.
"""

import contextlib
import logging
import marshal
import os
import pickle
import signal
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import trio

from slawatch import checks, clock
from slawatch.answers.probe import Probed
from slawatch.answers.view import Refused
from slawatch.checks import CheckType
from slawatch.core.check import Check
from slawatch.core.instant import SECOND
from slawatch.core.sample import Cause, Outcome
from slawatch.daemon.prober import raise_descriptor_limit
from slawatch.daemon.sampling import without_secrets
from slawatch.daemon.scheduler import Scheduler

if TYPE_CHECKING:
    from slawatch.checks._attempt import Attempt
    from slawatch.core.sample import Observation

log = logging.getLogger("slawatch.probing")

AT_ONCE: Final = 4
"""How many probes people may have under way; who comes then waits for a while."""
_WAIT: Final = 10.0
_PATIENCE: Final = 5.0
"""Seconds that a probe may go on after its own deadline."""
_STARTING: Final = 10.0
_BEHIND: Final = 5
"""Nicer than the daemon, and much nicer than its probers."""


class Apart:
    """Probes in processes of their own."""

    def __init__(self, at_once: int = AT_ONCE, wait: float = _WAIT) -> None:
        """Prepare.

        Args:
            at_once: how many at the same time.
            wait: seconds that somebody waits for a place.
        """
        self._places = trio.CapacityLimiter(at_once)
        self._wait = wait

    async def probe(self, check: Check) -> Probed:
        """Return one probe of a check.

        Raises:
            Refused: too many probe at once, or the process came to nothing.
        """
        with trio.move_on_after(self._wait) as waiting:
            await self._places.acquire_on_behalf_of(waiting)
        if waiting.cancelled_caught:
            count = self._places.total_tokens
            said = f"{count} probes that people asked for are under way: try again in a moment"
            raise Refused(said, busy=True)
        try:
            return await _run(check)
        finally:
            self._places.release_on_behalf_of(waiting)


async def _run(check: Check) -> Probed:
    command = [sys.executable, "-P", "-m", "slawatch.daemon.probing"]
    order = pickle.dumps(check, protocol=pickle.HIGHEST_PROTOCOL)
    ended: subprocess.CompletedProcess[bytes] | None = None
    try:
        with trio.move_on_after(check.timeout / SECOND + _PATIENCE + _STARTING):
            ended = await trio.run_process(command, stdin=order, capture_stdout=True, check=False)
    except OSError as error:
        raise Refused(f"the probe cannot be started: {error.strerror}", busy=True) from None
    if ended is None:
        raise Refused(f"the probe of {check.name} did not end in time")
    if ended.returncode or not ended.stdout:
        log.error("a probe of %s in a process of its own ended with %d", check.name, ended.returncode)
        raise Refused("a fault in the probe: the log of slawatch says more")
    return _read(marshal.loads(ended.stdout))  # noqa: S302 (it comes from our own child)


def _read(found: tuple[Any, ...]) -> Probed:
    at, outcome, cause, *rest = found
    return Probed(at, Outcome(outcome), Cause(cause), *rest)


async def once(check: Check) -> Probed:
    """Return one probe, by a scheduler as the probers have it.

    Raises:
        RuntimeError: it did not end in time.
    """
    from slawatch.checks._dns import Resolver

    # One probe is wanted, whatever it says: no re-check, no second turn.
    check = replace(check, failures=1, interval=max(check.interval, 2 * check.timeout))
    attempts: list[Attempt] = []
    ended = trio.Event()

    def load(name: str) -> CheckType:
        found = checks.load(name)

        async def watched(options: Any, attempt: "Attempt") -> "Observation":
            attempts.append(attempt)
            try:
                return await found.probe(options, attempt)
            finally:
                ended.set()

        return found._replace(probe=watched)

    scheduler = Scheduler(clock.SYSTEM, Resolver(), load=load)
    scheduler.watch([(0, check)])
    took = 0
    async with trio.open_nursery() as nursery:
        await nursery.start(scheduler.run)
        scheduler.look(check.name)
        with trio.move_on_after(check.timeout / SECOND + _PATIENCE):
            await ended.wait()
            took = clock.steady() - attempts[0].started
            while not scheduler.samples:  # noqa: ASYNC110 (it hands them on a moment after the probe)
                await trio.sleep(0.001)
        nursery.cancel_scope.cancel()
    if not scheduler.samples:
        raise RuntimeError(f"the probe of {check.name} did not end in time")
    return _probed(check, scheduler.samples[0], attempts[0], took)


def _probed(check: Check, row: tuple[Any, ...], attempt: "Attempt", took: int) -> Probed:
    def struck(text: str) -> str:
        return without_secrets(text, check.options)

    return Probed(
        at=row[2], outcome=Outcome(row[3]), cause=Cause(row[4]), reason=struck(row[13] or ""),
        latency=row[5], took=took, phases=tuple(row[6:11]), measures=tuple(row[15]),
        lines=tuple((at, struck(line)) for at, line in attempt.lines),
    )  # fmt: skip


async def _main(check: Check) -> Probed | None:
    """Probe, unless the daemon calls it off: then what a check has started is ended, too."""
    found: list[Probed] = []
    with trio.open_signal_receiver(signal.SIGTERM) as signals:
        async with trio.open_nursery() as nursery:

            async def probe() -> None:
                found.append(await once(check))
                nursery.cancel_scope.cancel()

            nursery.start_soon(probe)
            async for _ in signals:
                nursery.cancel_scope.cancel()
    return found[0] if found else None


def main() -> None:
    """Probe the check on standard input."""
    # A terminal's Ctrl-C and systemd's reload reach every process of the group; the daemon alone decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with contextlib.suppress(OSError):
        os.nice(_BEHIND)
    logging.getLogger("slawatch").addHandler(logging.NullHandler())
    answer = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints is no part of the answer
    raise_descriptor_limit()
    check: Check = pickle.loads(sys.stdin.buffer.read())  # noqa: S301 (it comes from our own parent)
    probed = trio.run(_main, check)
    if probed is not None:
        plain = tuple(int(part) if isinstance(part, Outcome | Cause) else part for part in probed)
        with answer:
            answer.write(marshal.dumps(plain))


if __name__ == "__main__":
    main()
