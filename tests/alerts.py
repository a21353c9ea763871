"""Outages played through alerting's own rules and kept in a real store, for tests of what is shown."""

from pathlib import Path
from typing import Any

from slawatch.config.load import Config, load
from slawatch.config.world import windows_of, world_of
from slawatch.core.alert import Alert
from slawatch.core.attempt import Attempt
from slawatch.core.dispatch import Answered, Claimed, Ended, Fired, Started, Tick, steps
from slawatch.core.event import Event, Numbered
from slawatch.core.instant import SECOND, Instant, parse_rfc3339
from slawatch.core.notification import Delivery, Verdict
from slawatch.core.outbox import Row, Stage, ready
from slawatch.core.silence import Silence
from slawatch.core.suppress import Suppression
from slawatch.core.turn import State, World
from slawatch.store.alerting import incident_of
from slawatch.store.batch import Batch
from slawatch.store.database import Database
from slawatch.store.writer import Writer

NOW: Instant = parse_rfc3339("2026-11-02T12:00:00Z")
TOML = """
[slawatch]
data_dir = "data"
timezone = "Europe/Berlin"
[organizations.acme]
name = "Acme"
[organizations.other]
name = "Other"
[services.shop]
organization = "acme"
escalation = "default"
[services.api]
organization = "other"
[checks.shop-home]
service = "shop"
type = "http"
url = "http://shop.example/"
[checks.shop-db]
service = "shop"
type = "tcp"
address = "db.example:5432"
[checks.api-a]
service = "api"
type = "tcp"
address = "a.example:80"
[people.alice]
name = "Alice Archer"
contact = [ { channel = "chat" } ]
[people.bob]
contact = [ { channel = "chat" }, { channel = "text", after = "2m" } ]
[people.carol]
contact = [ { channel = "text" } ]
[teams.database]
people = ["bob", "carol"]
[schedules.primary]
timezone = "Europe/Berlin"
[[schedules.primary.layers]]
people = ["alice", "bob"]
start = 2026-01-05T09:00:00
shift = "weekly"
[escalations.default]
repeat = 1
ack_timeout = "30m"
[[escalations.default.levels]]
to = ["schedule:primary"]
wait = "5m"
[[escalations.default.levels]]
to = ["person:carol", "channel:hook"]
wait = "10m"
[escalations.database]
[[escalations.database.levels]]
to = ["team:database"]
[channels.chat]
type = "exec"
command = ["/bin/true"]
[channels.text]
type = "exec"
command = ["/bin/true"]
[channels.hook]
type = "exec"
command = ["/bin/true"]
"""


def configured(folder: Path, more: str = "") -> Config:
    """Write the configuration of the play into a folder, and load it."""
    path = folder / "slawatch.toml"
    path.write_text(TOML + more)
    return load(path, env={})


def alert(check: str = "shop-home", severity: str = "critical", at: Instant = NOW, **more: Any) -> Alert:
    """Return an alert of a check of the play; its first bad result was 2 s before."""
    service = check.partition("-")[0]
    fields: dict[str, Any] = {
        "fingerprint": check, "check": check, "severity": severity, "title": f"{check} is down",
        "since": at - 2 * SECOND, "fired_at": at, "service": service, "policy": "default",
        "organization": {"shop": "acme", "api": "other"}.get(service, ""), "actual": "connection refused",
    }  # fmt: skip
    return Alert(**(fields | more))


class Play:
    """Steps alerting as the dispatcher does and stores what it decides.

    Attributes:
        state: of alerting, as stored.
        silences: that withhold.
        broken: channels through which everything fails for good.
    """

    def __init__(self, config: Config, database: Database, now: Instant = NOW) -> None:
        self.config = config
        self.database = database
        self.now = now
        self.state = State()
        self.silences: tuple[Silence, ...] = ()
        self.broken: set[str] = set()
        self._number = 0
        self._sequence = 0
        self._writer = Writer(database)
        self.give(Started())

    @property
    def world(self) -> World:
        def withheld(one: Alert, at: Instant) -> tuple[Any, ...]:
            windows = windows_of(self.config).windows
            return Suppression(silences=self.silences, windows=windows).reasons(one, at)

        made = world_of(self.config)
        return World(
            policies=made.policies, recipients=made.recipients, contacts=made.contacts, routed=made.routed,
            workflows=made.workflows, withheld=withheld,
        )  # fmt: skip

    def give(self, *inputs: Any, after: int = 0) -> tuple[Event, ...]:
        """Take inputs some time later, send what is owed, store it all; return the events."""
        self.now += after
        before = self.state
        self.state, events = steps(before, (*inputs, Tick()), self.now, self.world)
        found = list(events)
        attempts: list[Attempt] = []
        while rows := ready(self.state.rows.values(), self.now):
            keys = tuple(row.key for row in rows)
            self.state, events = steps(self.state, (Claimed(keys),), self.now, self.world)
            found += events
            for row in [self.state.rows[key] for key in keys]:
                if row.stage is not Stage.SENDING:
                    continue
                good = row.channel not in self.broken
                verdict = Verdict.OK if good else Verdict.PERMANENT
                answer = "250 queued" if good else "550 no such user"
                delivery = Delivery(
                    verdict=verdict, answer=answer, status=250 if good else 550,
                    provider_id="id-1" if good else "",
                )  # fmt: skip
                attempts.append(self._attempt(row, delivery))
                self.state, events = steps(
                    self.state, (Answered(row.key, delivery, self.state.epoch),), self.now, self.world
                )
                found += events
        self._store(found, attempts)
        return tuple(found)

    def _attempt(self, row: Row, delivery: Delivery) -> Attempt:
        return Attempt(
            row.key, row.attempt + 1, row.incident, row.kind, row.recipient, row.channel, self.now,
            self.now + SECOND // 5, str(delivery.verdict), delivery.status, delivery.answer,
            delivery.provider_id,
        )  # fmt: skip

    def fire(self, check: str = "shop-home", *, after: int = 0, **more: Any) -> None:
        """Have a check's alert fire."""
        self.give(Fired(alert(check, at=self.now + after, **more)), after=after)

    def end(self, check: str = "shop-home", *, after: int = 0) -> None:
        """Have it end."""
        self.give(Ended(check), after=after)

    def _store(self, events: list[Event], attempts: list[Attempt]) -> None:
        numbered = []
        for event in events:
            if event.kind == "command.refused":
                continue
            self._number += 1
            numbered.append(Numbered(self._number, event, incident_of(event, self.state)))
        self._sequence += 1
        self._writer.write(Batch(self._sequence, events=numbered, attempts=attempts))
