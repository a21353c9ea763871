"""What the owner may ask of the running daemon: another configuration, samples from elsewhere."""

import logging
from collections.abc import Callable
from pathlib import Path

import trio

from slawatch.clock import Clock
from slawatch.config.model import Config
from slawatch.config.problem import ConfigError
from slawatch.core.life import life_event
from slawatch.core.timeline import Held
from slawatch.daemon.recorder import Run
from slawatch.daemon.reloading import waits_for_start
from slawatch.daemon.sharing import share_checks
from slawatch.daemon.systemd import Notifier
from slawatch.daemon.watching import Watching
from slawatch.store import evidence
from slawatch.store.database import Database, StoreBusy, StoreError
from slawatch.web.view import Imported, Refused, Reloaded

log = logging.getLogger("slawatch.commands")


class Commands:
    """Carries out the commands one at a time: the web gives them on the unix socket, a signal `reload`."""

    def __init__(
        self,
        watching: Watching,
        database: Database,
        writing: Run,
        clock: Clock,
        reread: Callable[[], Config],
        notifier: Notifier,
    ) -> None:
        """Prepare.

        Args:
            watching: what a new configuration is applied to.
            database: what samples are imported into.
            writing: runs work in the writer's thread.
            clock: the daemon's.
            reread: loads the configuration anew; called in a thread.
            notifier: is told of a reload.
        """
        self._watching = watching
        self._database = database
        self._writing = writing
        self._clock = clock
        self._reread = reread
        self._notifier = notifier
        self._one = trio.Lock()
        self._loading = trio.CapacityLimiter(1)

    async def reload(self) -> Reloaded:
        """Read the config again and apply it, all or nothing.

        Raises:
            Refused: the new config is wrong; the old one goes on.
        """
        async with self._one:
            self._notifier.reloading()
            try:
                return await self._reload()
            finally:
                self._notifier.ready(self._watching.status(self._clock.now()))

    async def _reload(self) -> Reloaded:
        old = self._watching.config
        try:
            new = await trio.to_thread.run_sync(self._reread, limiter=self._loading)
        except ConfigError as error:
            problems = tuple(str(problem) for problem in error.problems)
            for problem in problems:
                log.warning("the new config is refused, the old one goes on: %s", problem)
            raise Refused("the new config is wrong; the old one goes on", problems) from None
        try:
            numbers = await self._writing(self._database.check_numbers, list(new.checks))
        except StoreError as error:
            log.warning("the new config is not applied, the old one goes on: %s", error)
            raise Refused(
                "the new config is not applied; the old one goes on", (str(error),), busy=True
            ) from None
        share_checks(new)
        changes = self._watching.apply(new, numbers)
        event = life_event(self._clock.now(), "config", digest=new.digest, **changes._asdict())
        self._watching.recorder.add_life(event)
        logging.getLogger("slawatch").setLevel(new.log_level.upper())
        log.info("the new config is in force: %s", changes)
        warnings = (*(str(warning) for warning in new.warnings), *waits_for_start(old, new))
        for warning in warnings:
            log.warning("%s", warning)
        return Reloaded(
            digest=new.digest,
            added=changes.added,
            changed=changes.changed,
            removed=changes.removed,
            warnings=warnings,
        )

    async def import_samples(self, path: Path) -> Imported:
        """Store the samples of a file, all or nothing, in the writer's thread.

        Raises:
            Refused: a row is wrong, or the store takes nothing now.
        """
        from slawatch.store.importing import ImportRefused, import_samples

        watching = self._watching
        known = {
            name: (watching.numbers[name], check.stale_after)
            for name, check in watching.config.checks.items()
        }
        async with self._one:
            try:
                found = await self._writing(import_samples, self._database, path, known)
                held = await self._writing(self._held)
            except ImportRefused as error:
                raise Refused(str(error)) from None
            except StoreBusy as error:
                raise Refused(str(error), busy=True) from None
            except StoreError as error:
                raise Refused(str(error)) from None
        watching.evaluator.merge(held)
        log.info("imported %d samples, %d of them new", found.rows, found.added)
        return Imported(
            rows=found.rows, added=found.added, checks=found.checks, start=found.start, end=found.end
        )

    def _held(self) -> dict[int, Held]:
        with self._database.reading() as cursor:
            return evidence.held(cursor)
