"""Starts the daemon's tasks, joins them, and stops them in order; the one place that knows everyone."""

import gc
import logging
import os
import signal
import threading
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final

import trio

from slawatch import __version__
from slawatch.answers.view import Refused
from slawatch.clock import SYSTEM, Clock, steady
from slawatch.config.model import Config
from slawatch.core.instant import SECOND, Instant, Micros
from slawatch.core.life import life_event
from slawatch.core.retention import kept_from
from slawatch.core.text import format_duration
from slawatch.daemon import pulse
from slawatch.daemon.alerting import Alerting, Found, look_up
from slawatch.daemon.commands import Commands
from slawatch.daemon.prober import raise_descriptor_limit
from slawatch.daemon.recorder import Recorder, Recovered
from slawatch.daemon.sealer import keep_house
from slawatch.daemon.sharing import settle
from slawatch.daemon.signals import Signals
from slawatch.daemon.systemd import Notifier
from slawatch.daemon.view import DaemonView
from slawatch.daemon.watching import Watching
from slawatch.daemon.writing import WriterThread
from slawatch.store import evidence
from slawatch.store.database import Database, StoreError, StoreLocked
from slawatch.store.journal import Journal
from slawatch.store.writer import Writer
from slawatch.web.control import SOCKET
from slawatch.web.serve import BindError, Listener, Server, bind_tcp, bind_unix
from slawatch.web.tls import Certificate, CertificateError

log = logging.getLogger("slawatch.daemon")

STOP_WITHIN: Final = 9.5
"""Seconds; a daemon that has not stopped by then ends itself."""
_CLIENTS_STOP: Final = 4.0
"""Seconds that requests under way and the probers get to end by themselves."""
_STORE_STOP: Final = 4.0
"""Seconds that the store gets to take the last samples; then they go to the journal."""
COMMANDS_TAKE: Final[Micros] = 10 * SECOND
"""A command that has the store when the daemon starts (a `status`, a report) has let go by then."""
_TAKE_HEARTBEATS_EVERY: Final = 0.05

Task = Callable[[], Awaitable[None]]


class Daemon:
    """One run of the daemon, on an open store and bound sockets."""

    def __init__(
        self,
        config: Config,
        database: Database,
        listeners: list[Listener],
        *,
        reread: Callable[[], Config],
        notifier: Notifier,
        log_format: str,
        clock: Clock = SYSTEM,
    ) -> None:
        self._config = config
        self._database = database
        self._listeners = listeners
        self._reread = reread
        self._notifier = notifier
        self._log_format = log_format
        self._clock = clock
        self._since = clock.now()
        self._why = ""
        self._last_beat: Instant | None = None
        self._stopping = trio.Event()
        self._served = trio.Event()
        self._writing = WriterThread()
        self._housekeeping = WriterThread()
        self._writer = Writer(database)
        self._recorder = Recorder(self._writer, Journal(database.journal_path), clock, self._writing)

    async def run(self) -> None:
        """Watch until told to stop; then stop in order, within `STOP_WITHIN`.

        Raises:
            StoreError: the journal of the last run cannot be stored.
        """
        recovered = await self._begin()
        watching, found = await self._writing(self._prepare, recovered)
        alerting = Alerting(found, watching, self._clock, self._last_beat)
        commands = Commands(
            watching,
            alerting,
            self._database,
            self._writing,
            self._housekeeping,
            self._clock,
            lambda: signals.reread(self._reread),
            self._notifier,
            self._reread,
        )
        from slawatch.web.app import build

        view = DaemonView(watching, alerting, self._database, commands, self._clock, self._since)
        signals = Signals(view, alerting.dispatcher.give)
        server = Server(build(view), self._listeners)
        try:
            async with trio.open_nursery() as outer:
                await outer.start(self._heed_signals, commands)
                outer.start_soon(_keep_alive, "recorder", self._recorder.run)
                async with trio.open_nursery() as inner:
                    tasks = {
                        **self._tasks(watching),
                        **alerting.tasks(self._database, self._writing),
                        "signals": signals.run,
                    }
                    for name, task in tasks.items():
                        inner.start_soon(_keep_alive, name, task)
                    await inner.start(self._serve, server)
                    settle()
                    self._notifier.ready(watching.status(self._clock.now()))
                    places = ", ".join(listener.name for listener in self._listeners)
                    log.info("watching %d checks; listening on %s", len(self._config.checks), places)
                    await self._stopping.wait()
                    await self._stop(watching, alerting, server)
                    inner.cancel_scope.cancel()
                outer.cancel_scope.cancel()
        finally:
            with trio.CancelScope(shield=True):
                await self._close()

    async def _begin(self) -> Recovered:
        """Store what the last run left, and that this one begins: before anybody is answered."""
        lost = self._database.lost
        stored: Instant | None = self._writer.found
        recovered = await self._recorder.recover(lost[1] if lost else 0)
        if recovered.samples:
            log.warning("%d samples of the last run were in the journal", recovered.samples)
        try:
            await self._writing(self._writer.settle)
        except StoreError as error:
            log.warning("an import is settled at the next start: %s", error)
        for note in self._database.notes:
            log.error("%s", note)
            gone: dict[str, object] = {}
            if lost and note == self._database.notes[-1]:
                gone = {"batches": lost[1] - lost[0] + 1, "since": stored}
            self._recorder.add_life(life_event(self._clock.now(), "storage", why=note, **gone))
        last = max((at for at in (stored, recovered.last) if at is not None), default=None)
        self._last_beat = last
        self._recorder.add_life(
            life_event(
                self._since,
                "start",
                version=__version__,
                digest=self._config.digest,
                pid=os.getpid(),
                last=last,
            )
        )
        await self._recorder.flush()
        return recovered

    def _prepare(self, recovered: Recovered) -> tuple[Watching, Found]:
        waiting = recovered.held
        numbers = self._database.check_numbers(self._config.checks)
        with self._database.reading() as cursor:
            held, pings = evidence.held(cursor), evidence.pings(cursor)
            changes = evidence.last_changes(cursor)
        for number, found in waiting.items():
            if number not in held or held[number].started_at < found.started_at:
                held[number] = found
        watching = Watching(
            self._config,
            numbers,
            self._recorder,
            self._clock,
            held=held,
            pings=pings,
            log_format=self._log_format,
            changes=changes,
        )
        return watching, look_up(self._database, self._config, recovered.events, self._clock.now())

    def _tasks(self, watching: Watching) -> dict[str, Task]:
        async def take_heartbeats() -> None:
            while True:
                await trio.sleep(_TAKE_HEARTBEATS_EVERY)
                watching.take_heartbeats()

        return {
            "probers": watching.probers.run,
            "heartbeats": watching.heartbeats.run,
            "samples of heartbeats": take_heartbeats,
            "pulse": partial(pulse.beat, self._clock, self._recorder.add_life),
            "sealer": partial(
                keep_house,
                self._clock,
                self._writer,
                self._writing,
                self._housekeeping,
                lambda now: kept_from(
                    watching.config.retention.samples, watching.config.agreements.values(), now
                ),
            ),
            "systemd": partial(self._keep_systemd_informed, watching),
        }

    async def _serve(self, server: Server, *, task_status: trio.TaskStatus[None]) -> None:
        try:
            await server.run(task_status=task_status)
        finally:
            self._served.set()

    async def _heed_signals(self, commands: Commands, *, task_status: trio.TaskStatus[None]) -> None:
        with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT, signal.SIGHUP) as received:
            task_status.started()
            async with trio.open_nursery() as nursery:
                async for number in received:
                    if number == signal.SIGHUP:
                        nursery.start_soon(_reload, commands)
                    elif self._stopping.is_set():
                        log.warning("ending at once: asked a second time")
                        self._recorder.abandon()
                        os._exit(1)
                    else:
                        self.stop(signal.Signals(number).name)

    def stop(self, why: str) -> None:
        """Begin to stop."""
        self._why = why
        self._stopping.set()

    async def _keep_systemd_informed(self, watching: Watching) -> None:
        watchdog = self._notifier.watchdog
        if not self._notifier.active:
            return
        pause = min(watchdog / SECOND / 3, 10.0) if watchdog else 10.0
        while True:
            self._notifier.alive(watching.status(self._clock.now()))
            await trio.sleep(pause)

    async def _stop(self, watching: Watching, alerting: Alerting, server: Server) -> None:
        log.info("stopping: %s", self._why)
        self._notifier.stopping()
        end_by_force(STOP_WITHIN, self._recorder.abandon)
        with trio.move_on_after(_CLIENTS_STOP):
            async with trio.open_nursery() as stopping:
                stopping.start_soon(watching.probers.stop)
                stopping.start_soon(alerting.stop)
                server.stop()
                await self._served.wait()
        watching.take_heartbeats()

    async def _close(self) -> None:
        """Store what is left, and let others in."""
        self._recorder.add_life(life_event(self._clock.now(), "stop", why=self._why or "a fault"))
        with trio.move_on_after(_STORE_STOP) as patience:
            await self._recorder.finish()
        if patience.cancelled_caught:
            self._recorder.abandon()
        gc.unfreeze()
        await self._writing(self._database.close)
        log.info("stopped after %s", format_duration((self._clock.now() - self._since) // SECOND * SECOND))


async def _reload(commands: Commands) -> None:
    try:
        await commands.reload()
    except Refused:
        return  # it is in the log, and the old config goes on
    except Exception:
        log.exception("a fault in reloading; the old config goes on")


async def _keep_alive(name: str, task: Task) -> None:
    """Run a task of the daemon; a fault in it is logged, and it begins again: it must not end the others."""
    while True:
        try:
            return await task()
        except Exception:
            log.exception("a fault in the daemon's task %s; it begins again", name)
        await trio.sleep(1)


def end_by_force(after: float, rescue: Callable[[], None]) -> None:
    """End the process after so many seconds if it has not ended by itself."""

    def end() -> None:
        log.error("not stopped within %.1f s: ending by force", after)
        rescue()
        os._exit(1)

    deadline = threading.Timer(after, end)
    deadline.daemon = True
    deadline.start()


def listen(config: Config) -> list[Listener]:
    """Bind the unix socket, and the port where one is configured.

    Raises:
        BindError: a place is taken or not allowed.
    """
    listeners = [bind_unix(config.data_dir / SOCKET)]
    if config.web.listen is not None:
        try:
            listeners.extend(bind_tcp(*config.web.listen, _certificate(config)))
        except BaseException:
            listeners[0].close()
            raise
    return listeners


def _certificate(config: Config) -> Certificate | None:
    try:
        return None if config.web.tls is None else Certificate(config.web.tls)
    except CertificateError as error:
        raise BindError(str(error)) from None


def run(config: Config, *, env: Mapping[str, str], log_format: str, command: str = "") -> None:
    """Run the daemon until a signal stops it.

    Args:
        config: to begin with.
        env: for systemd's socket, and for secrets in a config that is loaded again.
        log_format: `human` or `json`.
        command: what the user typed.

    Raises:
        StoreError: the store cannot be opened: somebody holds it, it may not be written, it is damaged.
        BindError: a port or the socket is taken.
    """
    raise_descriptor_limit()
    with _open(config, command) as database:
        listeners = listen(config)
        try:
            trio.run(_run, config, database, listeners, env, log_format)
        finally:
            for listener in listeners:
                listener.close()


def _open(config: Config, command: str) -> Database:
    """Open the store; a command that has it is waited for, another daemon is not."""
    pause, until = threading.Event(), steady() + COMMANDS_TAKE
    while True:
        try:
            return Database.open(config.data_dir, repair=True, daemon=True, command=command)
        except StoreLocked as error:
            if error.daemon or steady() >= until:
                raise
        pause.wait(0.1)


async def _run(
    config: Config, database: Database, listeners: list[Listener], env: Mapping[str, str], log_format: str
) -> None:
    daemon = Daemon(
        config,
        database,
        listeners,
        reread=partial(_reread, config.path, env),
        notifier=Notifier(env),
        log_format=log_format,
    )
    await daemon.run()


def _reread(path: Path, env: Mapping[str, str]) -> Config:
    from slawatch.config.load import load

    return load(path, env=env)
