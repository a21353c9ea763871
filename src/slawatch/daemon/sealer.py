"""Housekeeping of the store in quiet moments: finished days sealed, old samples forgotten, checkpoints."""

import logging
from collections.abc import Callable
from typing import Final, Protocol

import trio

from slawatch.clock import Clock
from slawatch.core.instant import DAY, HOUR, MINUTE, Instant, Micros, to_datetime
from slawatch.daemon.writing import Run

log = logging.getLogger("slawatch.sealer")

HOT: Final[Micros] = 2 * DAY
"""Days that are over for so long are sealed; in younger ones late samples are cheap."""
LOOK_EVERY: Final = 600.0
"""Seconds."""
FIRST_LOOK: Final = 60.0
"""Seconds after the start, which has enough to do."""
CHECKPOINT_EVERY: Final[Micros] = HOUR


class House(Protocol):
    """The part of `slawatch.store.writer.Writer` that is used here."""

    def unsealed_days(self, before: Instant) -> list[int]:
        """Return the UTC days before an instant that are not sealed."""
        ...

    def seal(self, day: int) -> object:
        """Move a day into its files."""
        ...

    def retain(self, before: Instant) -> int:
        """Forget samples of the days before an instant."""
        ...

    def checkpoint(self) -> None:
        """Write the log into the database file."""
        ...


async def keep_house(
    clock: Clock, house: House, writing: Run, sealing: Run, kept_from: Callable[[Instant], Instant]
) -> None:
    """Seal, forget and write checkpoints until cancelled.

    Args:
        clock: the daemon's.
        house: the store's writer.
        writing: runs work in the writer's thread.
        sealing: runs work in a thread beside it: sealing a day takes seconds, and samples go on.
        kept_from: from when on samples are kept, by the present config, at an instant.
    """
    await trio.sleep(FIRST_LOOK)
    written = clock.elapsed()
    while True:
        now = clock.now()
        try:
            for day in await sealing(house.unsealed_days, now - HOT):
                await sealing(house.seal, day)
                log.info("sealed %s", to_datetime(day * DAY).date().isoformat())
            gone = await sealing(house.retain, kept_from(now))
            if gone:
                log.info("samples of %d days are past their retention and were removed", gone)
            if clock.elapsed() - written >= CHECKPOINT_EVERY - MINUTE:
                await writing(house.checkpoint)
                written = clock.elapsed()
        except Exception as error:  # noqa: BLE001 (the store is as it was; the next look tries again)
            log.warning("housekeeping is put off: %s", error)
        await trio.sleep(LOOK_EVERY)
