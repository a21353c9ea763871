"""Waits for a job to call: the job says that it ran, and its silence is the failure."""

import re
from dataclasses import dataclass
from typing import Final

from slawatch.checks._attempt import Attempt
from slawatch.core.instant import MILLISECOND, MINUTE, SECOND, Instant, Micros, rfc3339
from slawatch.core.sample import Cause, Observation, Outcome
from slawatch.core.text import Duration, Secret, format_duration

PASSIVE: Final = True

_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{16,200}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Waits for a job (cron, backup, queue worker) to call `/heartbeat/<token>`, by GET, HEAD or POST.

    Up while calls come in time, down when one is overdue, unknown until the first call ever. For a nightly
    job: `curl -fsS -m 10 --retry 3 http://127.0.0.1:8470/heartbeat/<token>` as its last command.

    Attributes:
        every: how often the job calls.
        grace: how late a call may be before it is overdue.
        token: the secret part of the address to call, 16 or more letters, digits, `-` and `_`; without one
            the check's name stands there, which whoever reaches the port can guess.
    """

    every: Duration
    grace: Duration = MINUTE
    token: Secret | None = None

    def __post_init__(self) -> None:
        if self.every < SECOND:
            raise ValueError(f'every must be at least "1s", not "{format_duration(self.every)}"')
        if self.token is not None and not _TOKEN.fullmatch(self.token.value):
            raise ValueError("token must be 16 to 200 letters, digits, - and _ (try: openssl rand -hex 16)")


def overdue_at(options: Options, last_ping: Instant) -> Instant:
    """Return the instant from which the job is overdue, unless it calls before."""
    return last_ping + options.every + options.grace


async def probe(options: Options, attempt: Attempt) -> Observation:
    """Look at when the job last called; waits for nothing."""
    rhythm = f"every {format_duration(options.every)}, grace {format_duration(options.grace)}"
    attempt.doing = "looking at the last call"
    if attempt.last_ping is None:
        attempt.note(f"no call yet ({rhythm})")
        return Observation(Outcome.UNKNOWN, Cause.WAITING, f"no call yet; expected {rhythm}")
    due = overdue_at(options, attempt.last_ping)
    attempt.note(f"last call at {rfc3339(attempt.last_ping)} ({rhythm}); overdue from {rfc3339(due)}")
    if attempt.now < due:
        return Observation(Outcome.UP)
    late = _whole(attempt.now - attempt.last_ping - options.every)
    reason = f"overdue by {late}: last call at {rfc3339(attempt.last_ping)}, expected {rhythm}"
    return Observation(Outcome.DOWN, Cause.OVERDUE, reason)


def _whole(length: Micros) -> str:
    """Return a length as people say it: in whole seconds where there are some."""
    unit = SECOND if length >= SECOND else MILLISECOND
    return format_duration(length - length % unit)
