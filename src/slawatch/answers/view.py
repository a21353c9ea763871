"""What the daemon lets the web see, and the few things that the web may ask of it.

The web imports nothing of the daemon: `daemon/run.py` builds a `View` and gives it to `web.app.build`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from slawatch.clock import Clock
from slawatch.core.channel import Standing
from slawatch.core.instant import Instant, Micros
from slawatch.core.sample import Outcome

if TYPE_CHECKING:
    import duckdb

    from slawatch.answers.channel import Tried
    from slawatch.answers.probe import Probed
    from slawatch.config.load import Config
    from slawatch.config.unread import Checked
    from slawatch.core.audit import Audited
    from slawatch.core.channel import Channel
    from slawatch.core.check import Check
    from slawatch.core.command import Command
    from slawatch.core.dispatch import Retried
    from slawatch.core.event import Event
    from slawatch.core.silence import Silence
    from slawatch.core.turn import State
    from slawatch.store.database import Database

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveCheck:
    """A check as the evaluator knows it now, ahead of what is stored.

    Attributes:
        outcome: as last measured; UNKNOWN when the last sample has gone stale. None: no sample ever.
        since: when that outcome began.
        last_sample: `started_at` of the last sample.
        holds: the longest time for which the last sample speaks.
        latency: of the last sample.
        reason: why it is not up; empty when up.
        failing: enough bad probes in a row have confirmed the failure.
    """

    outcome: Outcome | None
    since: Instant | None = None
    last_sample: Instant | None = None
    holds: Micros = 0
    latency: Micros | None = None
    reason: str = ""
    failing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """A snapshot of the running daemon; cheap to take, and no part of it changes afterwards.

    Attributes:
        since: when the daemon started.
        ready: it probes and stores.
        trouble: what keeps it from being well, a line each: storage refused, a prober down.
        unheard: why nobody could be told of that; empty where somebody could. It is among `trouble`.
        lag: the age of the oldest result that is not stored yet.
        queued: results not stored yet.
        checks: by name, each check of the present config.
        stored, lost: samples since the start that were committed, and that nothing could keep.
        probers: how many processes should probe.
        counters: what each prober that is running counted since it began, by its index: numbers by name, and
            `lateness`, whose element n is how many probes started less than `2 ** n` us late, and not less
            than half of that.
    """

    since: Instant
    ready: bool = True
    trouble: tuple[str, ...] = ()
    unheard: str = ""
    lag: Micros = 0
    queued: int = 0
    checks: Mapping[str, LiveCheck] = field(default_factory=dict)
    stored: int = 0
    lost: int = 0
    probers: int = 0
    counters: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reloaded:
    """What a reload changed; names of checks.

    Attributes:
        digest: the fingerprint of the config now in force.
        added, changed, removed: checks that were rescheduled.
        warnings: what is allowed but probably not meant.
    """

    digest: str
    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import stored.

    Attributes:
        rows: samples in the file.
        added: of these, the ones that were not stored before.
        checks: of how many checks.
        start, end: the first and the last `started_at`; None when there was no row.
    """

    rows: int
    added: int
    checks: int = 0
    start: Instant | None = None
    end: Instant | None = None


class Refused(Exception):  # noqa: N818 (it is an answer, not a fault)
    """A command was understood and not done; the state is as before.

    Attributes:
        problems: one line each, for people.
        busy: it may work later, with nothing changed by the caller.
    """

    def __init__(self, message: str, problems: tuple[str, ...] = (), *, busy: bool = False) -> None:
        super().__init__(message)
        self.problems = problems
        self.busy = busy


class Commands(Protocol):
    """What may be asked of the daemon; the routes say by whom."""

    async def reload(self) -> Reloaded:
        """Read the config again and apply it, all or nothing.

        Raises:
            Refused: the new config is wrong; the old one goes on.
        """
        ...

    async def import_samples(self, path: Path) -> Imported:
        """Store the samples of a file, all or nothing, beside the writer; the suffix tells the format.

        Raises:
            Refused: a row is wrong (its line is named), or the store takes nothing now.
        """
        ...

    async def enter(self, what: str, wish: Mapping[str, Any]) -> dict[str, Any]:
        """Store what a person enters, in the writer's thread; see `slawatch.answers.entering.enter`.

        Raises:
            EntryRefused: it makes no sense.
            Refused: the store takes nothing now.
        """
        ...

    async def probe(self, check: "Check") -> "Probed":
        """Return one probe of a check, which need not be one of the config; nothing of it is stored.

        Raises:
            Refused: too many are under way.
        """
        ...

    async def try_channel(self, channel: "Channel", recipient: str, address: str) -> "list[Tried]":
        """Send a test message through a channel and return what came of it.

        Args:
            channel: of the config.
            recipient: as alerting writes it: `person:alice`, `channel:hook`.
            address: where the channel finds them; empty for its own recipients.
        """
        ...

    async def check_config(self) -> "Checked":
        """Return what a reload would say of the files as they are now; nothing changes."""
        ...

    async def erase(self, names: Sequence[str]) -> dict[str, Any]:
        """Put a pseudonym in the place of a person wherever they are named; return it, and what changed.

        Raises:
            EntryRefused: the configuration has them, or something else that is called so.
            Refused: the store takes nothing now.
        """
        ...

    async def write(self, work: "Callable[[Database], T]") -> T:
        """Return what some blocking work on the store returns, in the writer's thread.

        Raises:
            Refused: the store takes nothing now.
        """
        ...

    async def act(self, command: "Command | Retried") -> "tuple[Event, ...]":
        """Do something to an incident or a message; return what it came to once that is stored.

        Raises:
            Refused: the answer is no, with the reason; or nothing can be stored now.
        """
        ...


class View(Protocol):
    """The daemon, as the web sees it."""

    @property
    def scope(self) -> frozenset[str] | None:
        """The organisations whose part of it this is; None for the whole."""
        ...

    @property
    def config(self) -> "Config":
        """The config in force; another object after a reload."""
        ...

    @property
    def clock(self) -> Clock:
        """The daemon's clock."""
        ...

    @property
    def commands(self) -> Commands:
        """What may be asked for over the unix socket."""
        ...

    def live(self) -> Live:
        """Take a snapshot; called on the loop for each request, so it must be cheap and must not block."""
        ...

    def alerting(self) -> "State":
        """Return alerts, incidents and messages as last stored; cheap, and never changes afterwards."""
        ...

    def silences(self) -> "tuple[Silence, ...]":
        """Return all silences as alerting heeds them."""
        ...

    def channels(self) -> Mapping[str, Standing]:
        """Return how each channel of the present config stands, by name."""
        ...

    def cursor(self) -> "duckdb.DuckDBPyConnection":
        """Open a fresh cursor, which the caller closes; called in a worker thread.

        Raises:
            StoreError: the store is not open now.
        """
        ...

    def note(self, line: "Audited") -> None:
        """Add a line to the audit log; called on the loop and must not block."""
        ...

    def ping(self, check: str, at: Instant) -> None:
        """A job has called: note it for that heartbeat check; called on the loop and must not block."""
        ...
