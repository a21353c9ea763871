"""What may be asked of the running daemon: another configuration, samples from elsewhere, a probe."""

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import trio

from slawatch.answers.channel import Tried
from slawatch.answers.probe import Probed
from slawatch.answers.view import Imported, Refused, Reloaded
from slawatch.clock import Clock
from slawatch.config.model import Config
from slawatch.config.problem import ConfigError
from slawatch.config.unread import Checked, check
from slawatch.core.channel import Channel
from slawatch.core.check import Check
from slawatch.core.event import Event
from slawatch.core.life import life_event
from slawatch.core.timeline import Held
from slawatch.daemon.alerting import Alerting, read_entered
from slawatch.daemon.evaluator import Beside
from slawatch.daemon.probing import Apart
from slawatch.daemon.reloading import waits_for_start
from slawatch.daemon.sharing import share_checks
from slawatch.daemon.systemd import Notifier
from slawatch.daemon.trying import try_channel
from slawatch.daemon.watching import Watching
from slawatch.daemon.writing import Run
from slawatch.store import evidence
from slawatch.store.database import Database, StoreBusy, StoreError

if TYPE_CHECKING:
    from slawatch.core.dispatch import Input
    from slawatch.store.importing import Imported as Stored

T = TypeVar("T")

log = logging.getLogger("slawatch.commands")


class Commands:
    """Carries out the commands one at a time: the web gives them on the unix socket, a signal `reload`."""

    def __init__(
        self,
        watching: Watching,
        alerting: Alerting,
        database: Database,
        writing: Run,
        importing: Run,
        clock: Clock,
        reread: Callable[[], Config],
        notifier: Notifier,
        look: Callable[[], Config] | None = None,
    ) -> None:
        """Prepare.

        Args:
            watching: what a new configuration is applied to.
            alerting: what acts on what people say of incidents.
            database: what samples are imported into.
            writing: runs work in the writer's thread.
            importing: runs work in a thread beside it, one at a time with everything else that moves days.
            clock: the daemon's.
            reread: loads the configuration anew; called in a thread.
            notifier: is told of a reload.
            look: loads it, too, but nobody is told when it is wrong; `reread` by default.
        """
        self._watching = watching
        self._alerting = alerting
        self._begun = watching.config
        self._database = database
        self._writing = writing
        self._importing = importing
        self._clock = clock
        self._reread = reread
        self._look = look or reread
        self._notifier = notifier
        self._one = trio.Lock()
        self._one_import = trio.Lock()
        self._loading = trio.CapacityLimiter(1)
        self._apart = Apart()

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
        try:
            new = await trio.to_thread.run_sync(self._reread, limiter=self._loading)
        except ConfigError as error:
            problems = tuple(str(problem) for problem in error.problems)
            for problem in problems:
                log.warning("the new config is refused, the old one goes on: %s", problem)
            raise Refused("the new config is wrong; the old one goes on", problems) from None
        try:
            numbers = await self._writing(self._database.check_numbers, list(new.checks))
            entered = await self._writing(read_entered, self._database, new)
        except StoreError as error:
            log.warning("the new config is not applied, the old one goes on: %s", error)
            raise Refused(
                "the new config is not applied; the old one goes on", (str(error),), busy=True
            ) from None
        share_checks(new)
        changes = self._watching.apply(new, numbers)
        self._alerting.reload(self._watching, *entered)
        event = life_event(self._clock.now(), "config", digest=new.digest, **changes._asdict())
        self._watching.recorder.add_life(event)
        logging.getLogger("slawatch").setLevel(new.log_level.upper())
        log.info("the new config is in force: %s", changes)
        warnings = (*(str(warning) for warning in new.warnings), *waits_for_start(self._begun, new))
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
        """Store the samples of a file, all or nothing, while what is seen meanwhile is stored beside it.

        Raises:
            Refused: a row is wrong, or the store takes nothing now.
        """
        from slawatch.store.importing import ImportRefused

        async with self._one_import:
            try:
                # Whoever asked may be gone by now; what is stored has to be settled all the same.
                with trio.CancelScope(shield=True):
                    found = await self._import(path)
            except ImportRefused as error:
                raise Refused(str(error)) from None
            except StoreBusy as error:
                raise Refused(str(error), busy=True) from None
            except StoreError as error:
                raise Refused(str(error)) from None
        log.info("imported %d samples, %d of them new", found.rows, found.added)
        return Imported(
            rows=found.rows, added=found.added, checks=found.checks, start=found.start, end=found.end
        )

    async def enter(self, what: str, wish: Mapping[str, Any]) -> dict[str, Any]:
        """Store what a person enters, in the writer's thread.

        Raises:
            EntryRefused: it makes no sense.
            Refused: the store takes nothing now.
        """
        from slawatch.answers.entering import enter

        try:
            found: dict[str, Any] = await self._writing(
                enter, self._database, self._watching.config, what, wish, self._clock.now()
            )
        except StoreBusy as error:
            raise Refused(str(error), busy=True) from None
        except StoreError as error:
            raise Refused(str(error)) from None
        log.info("%s %s by %.100r", what, found["id"], wish.get("person"))
        entered = await self._writing(read_entered, self._database, self._watching.config)
        self._alerting.dispatcher.configure(*entered)
        return found

    async def act(self, command: "Input") -> tuple[Event, ...]:
        """Do what a person wants of an incident or a message; return what it did, stored.

        Raises:
            Refused: it makes no sense now.
        """
        return await self._alerting.act(command)

    async def probe(self, wanted: Check) -> Probed:
        """Return one probe of a check, made in a process of its own.

        Raises:
            Refused: too many are under way, or it came to nothing.
        """
        return await self._apart.probe(wanted)

    async def try_channel(self, channel: Channel, recipient: str, address: str) -> list[Tried]:
        """Send a test message through a channel and return what came of it."""
        return await try_channel(self._watching.config, channel, recipient, address, self._clock)

    async def check_config(self) -> Checked:
        """Return what a reload would say of the files as they are now; nothing changes."""
        return await trio.to_thread.run_sync(check, self._look, limiter=self._loading)

    async def erase(self, names: Sequence[str]) -> dict[str, Any]:
        """Put a pseudonym in the place of a person wherever they are named.

        Raises:
            EntryRefused: they cannot be erased.
            Refused: the store takes nothing now.
        """
        from slawatch.daemon.erasing import erase

        async with self._one:
            try:
                return await erase(
                    self._alerting, self._watching.recorder, self._database, self._watching.config, names,
                    self._writing, self._importing,
                )  # fmt: skip
            except StoreError as error:
                raise Refused(str(error), busy=isinstance(error, StoreBusy)) from None

    async def write(self, work: Callable[[Database], T]) -> T:
        """Return what some work on the store returns, in the writer's thread.

        Raises:
            Refused: the store takes nothing now.
        """
        try:
            return await self._writing(work, self._database)
        except StoreError as error:
            raise Refused(str(error), busy=isinstance(error, StoreBusy)) from None

    async def _import(self, path: Path) -> "Stored":
        from slawatch.store.importing import import_samples

        watching = self._watching
        evaluator, recorder = watching.evaluator, watching.recorder
        known = {
            name: (watching.numbers[name], check.stale_after)
            for name, check in watching.config.checks.items()
        }
        work = partial(import_samples, self._database, path, known, beside=True)
        beside = Beside(set(), set())
        for evaluated in recorder.unstored():
            beside.add(*evaluated)
        evaluator.note(beside)
        held: dict[int, Held] = {}
        try:
            try:
                found = await self._importing(work)
            except StoreBusy:
                # A batch with late samples moved the same transitions; it is stored now.
                found = await self._importing(work)
            if found.mark is not None:
                held = await self._importing(self._held)
        finally:
            evaluator.note(None)
        # No wait from here on: every sample is either among these, or evaluated with what was imported.
        if found.mark is not None:
            evaluator.merge(held)
            ends = found.last
            met = {(check, at) for check, at in beside.at if check in ends and at <= ends[check]}
            whole = not beside.late.isdisjoint(ends)
            recorder.settle(found.mark, () if whole else met | set(ends.items()), whole=whole)
        return found

    def _held(self) -> dict[int, Held]:
        with self._database.reading() as cursor:
            return evidence.held(cursor)
