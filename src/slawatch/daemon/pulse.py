"""The daemon's own life: a beat each minute, and what happened to the clock and the machine in between."""

import logging
from collections.abc import Callable
from typing import Final

import trio

from slawatch.clock import Clock
from slawatch.core.instant import SECOND, Micros
from slawatch.core.life import BEAT, LifeEvent, life_event
from slawatch.core.text import format_duration

log = logging.getLogger("slawatch.pulse")

LOOK_EVERY: Final = 5.0
"""Seconds."""
STEP: Final[Micros] = 5 * SECOND
"""A smaller correction of the wall clock is no event."""
SUSPEND: Final[Micros] = 5 * SECOND


async def beat(clock: Clock, record: Callable[[LifeEvent], None]) -> None:
    """Record a sign of life each minute, steps of the wall clock, and suspends; until cancelled."""
    wall, elapsed, steady = clock.now(), clock.elapsed(), trio.current_time()
    beaten = elapsed
    while True:
        await trio.sleep(LOOK_EVERY)
        wall_now, elapsed_now, steady_now = clock.now(), clock.elapsed(), trio.current_time()
        passed = elapsed_now - elapsed
        slept = passed - int((steady_now - steady) * SECOND)
        step = wall_now - wall - passed
        if slept > SUSPEND:
            log.warning("the machine was suspended for %s", format_duration(slept // SECOND * SECOND))
            record(life_event(wall_now, "suspend", length=slept))
        if abs(step) > STEP:
            log.warning("the wall clock was set by %s", format_duration(step // SECOND * SECOND))
            record(life_event(wall_now, "clock_step", step=step))
        wall, elapsed, steady = wall_now, elapsed_now, steady_now
        if elapsed_now - beaten >= BEAT:
            beaten = elapsed_now
            record(life_event(wall_now, "beat"))
