"""What is wrong with slawatch itself, as alerts of a service of its own."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from slawatch.answers.view import Live
from slawatch.core.alert import fingerprint
from slawatch.core.channel import Standing
from slawatch.core.instant import HOUR, MINUTE, SECOND, Instant, Micros, parse_rfc3339
from slawatch.core.series import KIND, META, SELF, TROUBLE, of_channel, trouble_with
from slawatch.core.signal import Finding, Look, length

EARLIEST: Final = parse_rfc3339("2020-01-01T00:00:00Z")
"""No clock that is right says less."""
LAG: Final[Micros] = MINUTE
"""Results that wait longer than this to be stored are trouble."""
LOST_FOR: Final[Micros] = HOUR
"""So long after the last lost sample it is told that samples were lost."""
PATIENCE: Final[Micros] = 10 * SECOND
"""A prober that died is started again within this."""
CHANNEL_FOR: Final[Micros] = MINUTE
"""A channel that fails for longer is trouble, not bad luck."""
ONCE_PER: Final[Micros] = HOUR
"""The same trouble begins this often at most: what comes and goes is no news."""
PROOF: Final[Micros] = HOUR
"""After a start a channel is well once a message went through it, or after so long without a fault."""
QUEUE_FOR: Final[Micros] = 15 * MINUTE
"""A message that waits longer for its channel is trouble, whatever the reason."""
BLIND: Final[Micros] = 2 * MINUTE
"""Rules that cannot be evaluated for longer are trouble."""


class _Wrong(NamedTuple):
    severity: str
    title: str
    actual: str = ""
    threshold: str = ""


class Troubles:
    """What was seen of slawatch itself.

    Attributes:
        refused: what was wrong with the configuration that was read last; empty for one that is in force.
        blind: why rules cannot be evaluated; empty while they can.
    """

    def __init__(self) -> None:
        self.refused: Sequence[str] = ()
        self.blind = ""
        self._blind_since: Micros | None = None
        self._short_since: Micros | None = None
        self._lost = 0
        self._lost_at: Micros | None = None
        self._channels: dict[str, Micros] = {}
        self._first: Micros | None = None
        self._known: set[str] = set()
        self._standing: set[str] = set()
        self._begun: dict[tuple[str, str], Micros] = {}

    def look(
        self,
        live: Live,
        channels: Mapping[str, Standing],
        now: Instant,
        steady: Micros,
        look: Look,
    ) -> None:
        """Note in a look what is wrong with slawatch.

        Args:
            live: what the daemon says of itself.
            channels: how they stand, by name.
            now: by the wall clock.
            steady: by the loop's clock.
            look: where it is noted.
        """
        found = {
            "store": self._store(live),
            "lost": self._losses(live, steady),
            "probers": self._probers(live, steady),
            "config": self._config(),
            "clock": _clock(now),
            "rules": self._rules(steady),
            **dict(self._lines(channels, now, steady)),
        }
        for name in self._known - found.keys():
            found[name] = None
        self._known = found.keys() - {
            name for name in found if (channel := of_channel({TROUBLE: name})) and channel not in channels
        }
        for trouble, wrong in self._seldom(found, steady):
            labels = ((KIND, "meta"), (TROUBLE, trouble))
            name = fingerprint(SELF, labels)
            if wrong is None:
                look.fine[name] = "well again"
                continue
            finding = Finding(
                fingerprint=name, severity=wrong.severity, title=wrong.title, since=now, check=SELF,
                service=SELF, policy=META, labels=labels, actual=wrong.actual, threshold=wrong.threshold,
            )  # fmt: skip
            look.wrong.append(finding)

    def _seldom(
        self, found: Mapping[str, _Wrong | None], steady: Micros
    ) -> Iterator[tuple[str, _Wrong | None]]:
        """Yield each trouble; what comes and goes begins once an hour at most, as far as is told."""
        for trouble, seen in found.items():
            wrong = seen
            if wrong is not None and trouble not in self._standing:
                begun = self._begun.get((trouble, wrong.title))
                if begun is not None and steady - begun < ONCE_PER:
                    wrong = None
                else:
                    self._begun[trouble, wrong.title] = steady
            (self._standing.discard if wrong is None else self._standing.add)(trouble)
            yield trouble, wrong

    def _store(self, live: Live) -> _Wrong | None:
        if live.lag < LAG:
            return None
        why = next((line for line in live.trouble if "stored" in line), "results wait to be stored")
        return _Wrong(
            "high", f"slawatch: {why}", f"{live.queued} since {length(live.lag)}", f"> {length(LAG)}"
        )

    def _losses(self, live: Live, steady: Micros) -> _Wrong | None:
        if live.lost > self._lost:
            self._lost, self._lost_at = live.lost, steady
        if self._lost_at is None or steady - self._lost_at >= LOST_FOR:
            return None
        text = f"slawatch lost {live.lost} samples: nothing could keep them, their time is unknown"
        return _Wrong("high", text, str(live.lost), "> 0")

    def _probers(self, live: Live, steady: Micros) -> _Wrong | None:
        missing = live.probers - len(live.counters)
        if missing <= 0:
            self._short_since = None
            return None
        if self._short_since is None:
            self._short_since = steady
        if steady - self._short_since < PATIENCE:
            return None
        text = f"slawatch: {missing} of {live.probers} probers do not run: their checks are not looked at"
        return _Wrong("critical", text, f"{missing} missing", "> 0")

    def _config(self) -> _Wrong | None:
        if not self.refused:
            return None
        more = f" (and {len(self.refused) - 1} more)" if len(self.refused) > 1 else ""
        return _Wrong(
            "medium",
            "slawatch: the new configuration is refused, the old one goes on",
            self.refused[0] + more,
        )

    def _rules(self, steady: Micros) -> _Wrong | None:
        if not self.blind:
            self._blind_since = None
            return None
        if self._blind_since is None:
            self._blind_since = steady
        if steady - self._blind_since < BLIND:
            return None
        return _Wrong("high", "slawatch cannot evaluate rules and agreements", self.blind)

    def _lines(
        self, channels: Mapping[str, Standing], now: Instant, steady: Micros
    ) -> Iterator[tuple[str, _Wrong | None]]:
        """Yield the channels of which something is known: a restart mends none, so it ends no alert."""
        self._first = steady if self._first is None else self._first
        for name, one in channels.items():
            wrong = self._channel(name, one, now, steady)
            if wrong is not None or one.proved or steady - self._first >= PROOF:
                yield trouble_with(name), wrong

    def _channel(self, name: str, standing: Standing, now: Instant, steady: Micros) -> _Wrong | None:
        many = "1 message waits" if standing.queued == 1 else f"{standing.queued} messages wait"
        waiting = f"; {many}" if standing.queued else ""
        if not standing.down:
            self._channels.pop(name, None)
        elif steady - self._channels.setdefault(name, steady) >= CHANNEL_FOR:
            text = f"slawatch: nothing goes through the channel {name}"
            return _Wrong("high", text, f"{standing.why}{waiting}")
        old = 0 if standing.oldest is None else now - standing.oldest
        if old >= QUEUE_FOR:
            why = standing.why or "more was to be told than the channel takes"
            text = f"slawatch: messages through the channel {name} are late"
            return _Wrong("high", text, f"the first since {length(old)}; {why}", f"> {length(QUEUE_FOR)}")
        if standing.warning:
            return _Wrong("medium", f"slawatch: the channel {name} is not as it should be", standing.warning)
        return None


def _clock(now: Instant) -> _Wrong | None:
    if now >= EARLIEST:
        return None
    text = "slawatch: the machine's clock is before 2020: schedules and reports go by it"
    return _Wrong("critical", text, threshold="2020-01-01")
