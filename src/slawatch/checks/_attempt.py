"""One probe under way: its phases and its transcript."""

from typing import TYPE_CHECKING

from slawatch.clock import steady
from slawatch.core.instant import Instant, Micros

if TYPE_CHECKING:
    from slawatch.checks._dns import Resolver


class Attempt:
    """What a probe writes into while it runs, so that one cut off still tells how far it came.

    Attributes:
        check: the check's name.
        timeout: how long the probe may take; the caller enforces it, a probe that can pass it on (a driver's
            own timeout) should.
        resolver: the shared resolver.
        doing: what the probe is at now, for `no answer within 10 s while ...`.
        dns, connect, tls, first_byte, transfer: microseconds, None until the phase has ended.
        last_ping: for passive checks only: when the target last called, None for never.
        now: for passive checks only: the instant of this look.
    """

    __slots__ = (
        "check", "connect", "dns", "doing", "first_byte", "last_ping", "lines", "now", "resolver", "started",
        "timeout", "tls", "transfer",
    )  # fmt: skip

    def __init__(self, check: str, timeout: Micros, resolver: "Resolver") -> None:
        self.check = check
        self.timeout = timeout
        self.resolver = resolver
        self.started: Micros = steady()
        self.doing = "starting"
        self.lines: list[tuple[Micros, str]] = []
        self.dns: Micros | None = None
        self.connect: Micros | None = None
        self.tls: Micros | None = None
        self.first_byte: Micros | None = None
        self.transfer: Micros | None = None
        self.last_ping: Instant | None = None
        self.now: Instant = 0

    def note(self, line: str) -> None:
        """Add a line to the transcript. A secret must never be in it."""
        self.lines.append((steady() - self.started, line))

    def forget(self) -> None:
        """Drop what was measured of the phases: it is wrong."""
        self.dns = self.connect = self.tls = self.first_byte = self.transfer = None

    def transcript(self) -> str:
        """Return the transcript, each line with its milliseconds since the probe started."""
        return "\n".join(f"{at / 1000:9.3f} ms  {line}" for at, line in self.lines)
