"""`[alerting]`, and what alerts go through: rules, routes, workflows, inhibitions, quiet hours."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from slawatch.config.partial import judging
from slawatch.config.reading import Reader
from slawatch.config.tables import read_named, table_array
from slawatch.core.check import Service
from slawatch.core.dependency import Dependency
from slawatch.core.foresight import BURNS, Burn, Foresight, Switch
from slawatch.core.inhibition import Inhibition
from slawatch.core.instant import MINUTE, SECOND
from slawatch.core.quiet import QuietHours
from slawatch.core.route import Route
from slawatch.core.rule import Rule
from slawatch.core.text import Duration, Secret
from slawatch.core.workflow import Workflow

Severity = Literal["info", "low", "medium", "high", "critical"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alerting:
    """How states become alerts, and who hears of trouble with slawatch itself.

    Attributes:
        instance: names this installation to providers that hear of several; it never changes while incidents
            are open.
        down: how bad it is that a check is down: `critical`, `high`, `medium`, `low` or `info`.
        degraded: how bad it is that a check is degraded; absent, that is no alert.
        no_data: how bad it is that a check has no results.
        recover_after: so many good probes in a row end an alert.
        flapping: an alert that changes too often is told once, until it is steady again.
        start_grace: so long after a start overdue levels wait for the first results.
        burn: over which windows an error budget burns too fast; those of Google's SRE workbook by default,
            `[]` for none.
        forecast: how bad it is that a period of an agreement will be breached if it goes on as it does; `off`
            to hear nothing of it.
        tier: how bad it is that a tier of credits is near; or `off`.
        tier_ahead: near is when so many percent are left of what may be lost before the tier.
        breached: how bad it is that a promise of the running period cannot be kept any more; or `off`.
        meta: who is told of trouble with slawatch itself: `channel:`, `person:`, `team:` or `schedule:` and a
            name; best through channels that nothing else needs. By default as the default escalation says.
        meta_fallback: who is told of it where none of them can be reached, because nothing goes through their
            channels; by default those whom the default escalation names, and every channel that tells
            somebody of its own and serves no single organization.
        ping: a URL that is called as long as all is well, so that somebody outside notices the silence.
        ping_every: how often.

    Raises:
        ValueError: a number that cannot be meant.
    """

    instance: str = "slawatch"
    down: Severity = "critical"
    degraded: Severity | None = None
    no_data: Severity = "high"
    recover_after: int = 1
    flapping: bool = True
    start_grace: Duration = MINUTE
    burn: tuple[Burn, ...] = BURNS
    forecast: Switch = "medium"
    tier: Switch = "medium"
    tier_ahead: float = 25.0
    breached: Switch = "high"
    meta: tuple[str, ...] = ()
    meta_fallback: tuple[str, ...] = ()
    ping: str | Secret | None = None
    ping_every: Duration = MINUTE

    def __post_init__(self) -> None:
        if not self.instance or not self.instance.isprintable() or any(c in self.instance for c in " :/"):
            raise ValueError("instance: a word without spaces, colons and slashes")
        if not 1 <= self.recover_after <= 100:
            raise ValueError("recover_after: from 1 to 100")
        if not 0 <= self.start_grace <= 10 * MINUTE:
            raise ValueError("start_grace: ten minutes at most")
        ping = self.ping.value if isinstance(self.ping, Secret) else self.ping
        if ping is not None and not ping.startswith(("https://", "http://")):
            raise ValueError("ping: begins with https:// or http://")
        if not 10 * SECOND <= self.ping_every <= 60 * MINUTE:
            raise ValueError("ping_every: from 10s to 1h")
        if not 0 < self.tier_ahead <= 100:
            raise ValueError("tier_ahead: a percentage above 0, up to 100")

    @property
    def foresight(self) -> Foresight:
        """What is told of agreements."""
        return Foresight(
            burn=self.burn, forecast=self.forecast, tier=self.tier,
            tier_ahead=Fraction(self.tier_ahead) / 100, breached=self.breached,
        )  # fmt: skip


def read_rules(reader: Reader) -> tuple[Rule, ...]:
    """Return the rules on metrics."""
    return table_array(reader, "rules", Rule)


def read_routes(reader: Reader) -> tuple[Route, ...]:
    """Return the routes, in their order."""
    return table_array(reader, "routes", Route)


def read_workflows(reader: Reader) -> tuple[Workflow, ...]:
    """Return the workflows."""
    return table_array(reader, "workflows", Workflow)


def read_inhibitions(reader: Reader) -> tuple[Inhibition, ...]:
    """Return the inhibition rules."""
    return table_array(reader, "inhibit", Inhibition)


def read_quiet_hours(reader: Reader, timezone: str) -> dict[str, QuietHours]:
    """Return the quiet hours by name."""
    return read_named(reader, "quiet_hours", QuietHours, "name", lambda _: {"timezone": timezone})


def dependencies(services: dict[str, Service]) -> tuple[Dependency, ...]:
    """Return what services depend on; of what stands in for each other, one is enough."""
    found: list[Dependency] = []
    for service in services.values():
        with judging:
            for number, parents in enumerate(service.depends_on):
                group = f"{service.name}:{number}" if len(parents) > 1 else ""
                found += [Dependency(service.name, parent, group=group) for parent in parents]
    return tuple(found)
