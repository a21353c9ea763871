"""What the daemon shows to the web: the other side of `slawatch.answers.view`."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from slawatch.answers.view import Commands, Live
from slawatch.clock import Clock
from slawatch.config.model import Config
from slawatch.core.audit import Audited
from slawatch.core.channel import Standing
from slawatch.core.instant import Instant
from slawatch.core.silence import Silence
from slawatch.core.turn import State
from slawatch.daemon.alerting import Alerting
from slawatch.daemon.watching import Watching
from slawatch.store.database import Database

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


class DaemonView:
    """The running daemon, read-only but for `ping` and `commands`."""

    def __init__(
        self,
        watching: Watching,
        alerting: Alerting,
        database: Database,
        commands: Commands,
        clock: Clock,
        since: Instant,
    ) -> None:
        self._watching = watching
        self._alerting = alerting
        self._database = database
        self._commands = commands
        self._clock = clock
        self._since = since

    @property
    def scope(self) -> None:
        """It is the whole."""
        return

    @property
    def config(self) -> Config:
        """The config in force; another object after a reload."""
        return self._watching.config

    @property
    def clock(self) -> Clock:
        """The daemon's clock."""
        return self._clock

    @property
    def commands(self) -> Commands:
        """What may be asked for over the unix socket."""
        return self._commands

    def live(self) -> Live:
        """Take a snapshot."""
        recorder, probers = self._watching.recorder, self._watching.probers
        trouble = []
        if recorder.trouble:
            trouble.append(f"results wait to be stored: {recorder.trouble}")
        if probers.missing:
            trouble.append(f"{probers.missing} of the probers are not running")
        unheard = self._alerting.unheard()
        return Live(
            since=self._since,
            ready=not trouble,
            trouble=(*trouble, unheard) if unheard else tuple(trouble),
            unheard=unheard,
            lag=recorder.lag,
            queued=recorder.queued,
            checks=self._watching.evaluator.live(self._clock.now()),
            stored=recorder.stored,
            lost=recorder.lost,
            probers=len(probers.pids) + probers.missing,
            counters=dict(probers.stats),
        )

    def alerting(self) -> State:
        """Return alerts, incidents and messages as last stored."""
        return self._alerting.dispatcher.state

    def silences(self) -> tuple[Silence, ...]:
        """Return all silences as alerting heeds them."""
        return self._alerting.dispatcher.silences

    def channels(self) -> Mapping[str, Standing]:
        """Return how each channel of the present config stands, by name."""
        return self._alerting.sender.standing()

    def cursor(self) -> "DuckDBPyConnection":
        """Open a fresh cursor, which the caller closes."""
        return self._database.cursor()

    def note(self, line: Audited) -> None:
        """Add a line to the audit log."""
        self._watching.recorder.add_audit(line)

    def ping(self, check: str, at: Instant) -> None:
        """Note that a job called."""
        self._watching.heartbeats.ping(check, at)
