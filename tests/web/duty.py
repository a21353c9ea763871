"""An installation in trouble: alerts, incidents, messages and attempts, made by the rules that make them."""

from slawatch.config.load import Config
from slawatch.config.world import world_of
from slawatch.core.alert import Alert, Reason
from slawatch.core.attempt import Attempt
from slawatch.core.dispatch import Answered, Claimed, Fired, Tick, steps
from slawatch.core.event import Event, Numbered
from slawatch.core.instant import SECOND, Instant
from slawatch.core.notification import Delivery, Verdict
from slawatch.core.outbox import ready
from slawatch.core.turn import State
from slawatch.store.alerting import incident_of
from slawatch.store.batch import Batch
from slawatch.store.database import Database
from slawatch.store.writer import Writer

from .conftest import NOW, TOML

DUTY = (
    TOML.replace('name = "Acme"', 'name = "Acme"\nstatus_page = { about = "What we run" }', 1).replace(
        '[services.shop]\norganization = "acme"',
        '[services.shop]\norganization = "acme"\nescalation = "default"',
    )
    + """
[people.alice]
name = "Alice Arnold"
email = "alice@example.com"
contact = [ { channel = "chat" } ]
[people.bob]
name = "Bob Ray"
contact = [ { channel = "hook" } ]
[schedules.primary]
timezone = "Europe/Berlin"
[[schedules.primary.layers]]
people = ["alice", "bob"]
start = 2026-01-05T09:00:00
[escalations.default]
[[escalations.default.levels]]
to = ["schedule:primary"]
wait = "5m"
[[escalations.default.levels]]
to = ["person:bob"]
wait = "10m"
[channels.chat]
type = "webhook"
url = "http://chat.internal.example/hook"
[channels.hook]
type = "webhook"
url = "http://hook.internal.example/hook"
"""
)
REASON = "connection refused by db.example:5432"


class Duty:
    """Plays alerting on a virtual clock and stores what it comes to.

    Attributes:
        state: as it is.
        events: all that was decided.
    """

    def __init__(self, config: Config, at: Instant = NOW - 600 * SECOND) -> None:
        self.config = config
        self.state = State()
        self.events: list[Numbered] = []
        self.attempts: list[Attempt] = []
        self.now = at
        self.reasons: tuple[Reason, ...] = ()
        self.verdict = Verdict.OK

    def give(self, *inputs: object, at: Instant | None = None) -> tuple[Event, ...]:
        """Take inputs, then tick and send what is owed."""
        self.now = self.now if at is None else at
        found = self._step(*inputs, Tick())
        for _ in range(5):
            rows = ready(self.state.rows.values(), self.now)
            if not rows:
                break
            self._step(Claimed(tuple(row.key for row in rows)))
            for row in rows:
                taken = self.verdict is Verdict.OK
                answer = "taken" if taken else "503 from chat.internal.example"
                delivery = Delivery(verdict=self.verdict, answer=answer)
                self.attempts.append(
                    Attempt(
                        row.key, row.attempt + 1, row.incident, row.kind, row.recipient, row.channel,
                        self.now, self.now + SECOND // 50, str(self.verdict), 200 if taken else 503, answer,
                    )
                )  # fmt: skip
                self._step(Answered(row.key, delivery, self.state.epoch))
        return found

    def _step(self, *inputs: object) -> tuple[Event, ...]:
        from dataclasses import replace

        world = replace(world_of(self.config), withheld=lambda _alert, _at: self.reasons)
        self.state, events = steps(self.state, inputs, self.now, world)  # type: ignore[arg-type]
        for event in events:
            self.events.append(Numbered(len(self.events) + 1, event, incident_of(event, self.state)))
        return events

    def fire(
        self, check: str = "shop-db", service: str = "shop", at: Instant | None = None, **more: str
    ) -> None:
        """Let an alert fire."""
        owner = self.config.services[service].organization or ""
        began = self.now if at is None else at
        self.give(
            Fired(
                Alert(
                    fingerprint=check, check=check, severity=more.get("severity", "critical"),
                    title=more.get("title", f"{check} is down"), since=began, fired_at=began, service=service,
                    organization=owner, policy=self.config.services[service].escalation, actual=REASON,
                )
            ),
            at=at,
        )  # fmt: skip

    def store(self, database: Database, sequence: int = 50) -> None:
        """Store what was decided and tried."""
        Writer(database).write(Batch(sequence, events=self.events, attempts=self.attempts))
