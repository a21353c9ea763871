"""Takes a person out of what is stored while the daemon runs, and out of what it has in memory.

Nothing is decided while the history is rewritten, and alerting goes on with what it says then. Messages to
the person that are under way come to their end before; those that wait are not begun.
"""

import logging
from collections.abc import Sequence
from typing import Any

import trio

from slawatch.answers import erasure
from slawatch.answers.view import Refused
from slawatch.config.model import Config
from slawatch.core.outbox import Row
from slawatch.core.turn import State
from slawatch.daemon.alerting import Alerting, read_entered
from slawatch.daemon.recorder import Recorder
from slawatch.daemon.writing import Run
from slawatch.store import alerting as stored
from slawatch.store import erasing
from slawatch.store.database import Database, StoreError

log = logging.getLogger("slawatch.commands")


async def erase(
    alerting: Alerting,
    recorder: Recorder,
    database: Database,
    config: Config,
    names: Sequence[str],
    writing: Run,
    beside: Run,
) -> dict[str, Any]:
    """Put a pseudonym in the place of names; return it, and how many rows of each table changed.

    Args:
        alerting: whose state is read anew.
        recorder: what it has not stored yet is stored first.
        database: the store.
        config: in force; it must not have the names any more.
        names: the person's, and what else they are known by.
        writing: runs work in the writer's thread.
        beside: runs work in a thread that nobody waits for who pages somebody.

    Raises:
        EntryRefused: they cannot be erased.
        Refused: the store takes nothing now; nothing has changed.
        StoreError: it cannot be read or written.
    """
    erasure.check(config, names)
    instead, changed = erasure.pseudonym(), dict[str, int]()
    meant = erasing.mentions(names)

    def work() -> tuple[dict[str, int], State]:
        found = erasure.erase(database, names, instead)
        with database.reading() as cursor:
            return found, stored.load(cursor).state

    async def rewrite() -> State:
        if not await recorder.commit():
            raise Refused("the store takes nothing now: nothing was erased, try again", busy=True)
        found, state = await writing(work)
        changed.update(found)
        return state

    def held(row: Row) -> bool:
        return meant(row.key)

    async with alerting.condensing:
        await alerting.dispatcher.rewrite(rewrite, held)
    alerting.notices.forget()
    alerting.dispatcher.configure(*await writing(read_entered, database, config))
    with trio.CancelScope(shield=True):
        try:
            await beside(erasing.scrub, database)
        except StoreError as error:
            log.warning("what was erased may be read in the file until its place is used again: %s", error)
    log.info("a person was erased: %d rows changed", sum(changed.values()))
    return {"pseudonym": instead, "rows": changed}
