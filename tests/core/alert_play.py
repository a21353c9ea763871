"""Plays a scenario of the published escalation timelines through the real dispatcher, on a virtual clock."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from slawatch.core.alert import Alert, Reason
from slawatch.core.command import Ack, Escalate, Snooze, Unack
from slawatch.core.dispatch import (
    Answered,
    Claimed,
    ClockStepped,
    Ended,
    Fired,
    Reloaded,
    SeverityChanged,
    Started,
    Tick,
    due,
    steps,
)
from slawatch.core.escalation import Level, Policy
from slawatch.core.event import Event
from slawatch.core.instant import MINUTE, SECOND
from slawatch.core.notification import Delivery, Verdict
from slawatch.core.outbox import Row, ready
from slawatch.core.turn import Contact, State, World

DATA = Path(__file__).parents[1] / "data"
START = 1_767_225_600 * SECOND
OK = Delivery(verdict=Verdict.OK)


def cases(group: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((DATA / f"alerting_{group}.json").read_text())["cases"]
    return found


def policy_of(found: dict[str, Any], name: str = "default", **more: Any) -> Policy:
    levels = tuple(
        Level(to=tuple(level["to"]), wait=int(level["wait"] * SECOND), if_=level.get("if", "not_acked"))
        for level in found["levels"]
    )
    timeout = found.get("ack_timeout")
    window = found.get("reopen_window")
    return Policy(
        name=name,
        levels=levels,
        repeat=found.get("repeat", 0),
        ack_timeout=timeout * SECOND if timeout else 0,
        sticky_ack=found.get("sticky_ack", False),
        reopen_window=5 * MINUTE if window is None else window * SECOND,
        fallback=(found.get("fallback") or "fallback",),
        group_wait=0,
        **more,
    )


def alert_of(fingerprint: str = "shop", severity: str = "high", **more: Any) -> Alert:
    return Alert(
        fingerprint=fingerprint,
        check=more.pop("check", fingerprint),
        severity=severity,
        title=f"{fingerprint} is down",
        since=0,
        fired_at=0,
        service=more.pop("service", "shop"),
        policy="default",
        **more,
    )


class Play:
    """A dispatcher, its world, and a sender that delivers at once."""

    def __init__(self, case: dict[str, Any]) -> None:
        self.case = case
        self.policies = {"default": policy_of(case["policy"])}
        self.reasons: dict[str, None] = {}
        self.removed: set[str] = set()
        self.state = State()
        self.events: list[Event] = []
        self.log: list[tuple[float, str]] = []
        self.now = START
        self.shift = 0
        self.messages: list[tuple[float, Row]] = []
        self.failing = {e["level"] for e in case["events"] if e["do"] == "level_failed"}

    def world(self) -> World:
        return World(
            policies=self.policies, recipients=self.recipients, contacts=self.contacts,
            withheld=lambda _alert, _at: tuple(Reason(why) for why in self.reasons),
        )  # fmt: skip

    def recipients(self, target: str, at: int) -> tuple[str, ...]:
        if target.startswith("oncall:"):
            t = (at - START - self.shift) / SECOND
            spans = self.case.get("oncall", {}).get(target.removeprefix("oncall:"), [])
            return tuple(user for start, end, user in spans if start <= t < end)
        return (target,)

    def contacts(self, recipient: str) -> tuple[Contact, ...]:
        if recipient in self.removed:
            return ()
        rules = self.case.get("contacts", {}).get(recipient, [["mail", 0]])
        return tuple(Contact(channel, after * SECOND, 48 * 3600 * SECOND) for channel, after in rules)

    def give(self, *inputs: Any) -> None:
        before = self.state
        self.state, events = steps(self.state, inputs, self.now, self.world())
        self.events += events
        self.log += [((self.now - START - self.shift) / SECOND, event.text) for event in events if event.text]
        for key, row in self.state.rows.items():
            if key not in before.rows:
                self.messages.append(((self.now - START - self.shift) / SECOND, row))

    def deliver(self) -> None:
        while rows := [r for r in ready(self.state.rows.values(), self.now) if not self.holds(r)]:
            self.give(Claimed(tuple(row.key for row in rows), 10**15))
            self.give(*(Answered(r.key, OK, self.state.epoch) for r in rows))

    def holds(self, row: Row) -> bool:
        return row.kind == "trigger" and row.level in self.failing

    def occur(self, event: dict[str, Any]) -> None:
        number = self.state.next_incident - 1
        what = event["do"]
        if what == "fire":
            self.give(Fired(alert_of()))
        elif what == "resolve":
            self.give(Ended("shop"))
        elif what == "ack":
            self.give(Ack(by=event["by"], incident=number))
        elif what == "unack":
            self.give(Unack(by="u1", incident=number))
        elif what == "snooze":
            self.give(Snooze(by="u1", incident=number, length=event["for"] * SECOND))
        elif what == "escalate":
            self.give(Escalate(by="u1", incident=number))
        elif what == "severity_up":
            self.give(SeverityChanged("shop", "critical"))
        elif what == "suppress":
            self.reasons[event["why"]] = None
        elif what == "unsuppress":
            self.reasons.pop(event["why"], None)
        elif what == "wall_jump":
            self.now += event["by"] * SECOND
            self.shift += event["by"] * SECOND
            self.give(ClockStepped(event["by"] * SECOND))
        elif what == "remove_policy":
            self.policies = {}
            self.give(Reloaded())
        elif what == "edit_policy":
            edited = {
                **self.case["policy"],
                "levels": [{**level, "wait": event["wait"]} for level in self.case["policy"]["levels"]],
            }
            self.policies = {"default": policy_of(edited)}
            self.give(Reloaded())
        elif what == "remove_user":
            self.removed.add(event["user"])
            self.give(Reloaded())
        elif what == "level_failed":
            keys = [r.key for r in self.state.rows.values() if r.unsent and r.level == event["level"]]
            self.failing.discard(event["level"])
            self.give(Claimed(tuple(keys)))
            gone = Delivery(verdict=Verdict.PERMANENT)
            self.give(*(Answered(key, gone, self.state.epoch) for key in keys))
        else:
            raise AssertionError(what)

    def instants(self) -> Iterator[tuple[float, list[dict[str, Any]], bool]]:
        """The instants at which something happens: when, what, and whether the daemon starts."""
        downs = self.case.get("down") or []
        pending = sorted(self.case["events"], key=lambda e: e["t"])
        while True:
            first = due(self.state, self.world())
            timer = None if first is None else (first - START - self.shift) / SECOND
            t = min([e["t"] for e in pending[:1]] + ([timer] if timer is not None else []), default=None)
            if t is None or t > self.case["horizon"]:
                return
            down = next((d for d in downs if d[0] <= t < d[1]), None)
            t = down[1] if down else max(t, (self.now - START - self.shift) / SECOND)
            now = [e for e in pending if e["t"] <= t]
            pending = pending[len(now) :]
            yield t, now, down is not None

    def run(self) -> None:
        for t, events, started in self.instants():
            self.now = START + self.shift + int(t * SECOND)
            if started:
                self.give(Started())
            for event in events:
                self.occur(event)
                if len(events) > 1 and event["do"] == "escalate":
                    self.deliver()
            self.give(Tick())
            self.deliver()


class Desk:
    """A dispatcher with a sender whose channels can be broken, for scenarios in words."""

    def __init__(self, *levels: tuple[str, ...], wait: int = 5 * MINUTE, **policy: Any) -> None:
        options: dict[str, Any] = {"repeat": 0, "group_wait": 0, "fallback": ("person:boss",), **policy}
        made = tuple(Level(to=level, wait=wait) for level in levels or (("person:ann",), ("person:bob",)))
        self.policies = {"default": Policy(name="default", levels=made, **options)}
        self.people: dict[str, tuple[Contact, ...]] = {}
        self.channels: frozenset[str] | None = None
        self.reasons: dict[str, tuple[Reason, ...]] = {}
        self.routes: dict[str, tuple[str, ...]] = {}
        self.grace: int | None = None
        self.answers: dict[str, Delivery | None] = {}
        self.state = State()
        self.events: list[Event] = []
        self.now = START
        self.received: list[tuple[int, Row]] = []
        self.keep = 10**15

    def world(self) -> World:
        return World(
            policies=self.policies,
            recipients=lambda target, _at: (target,) if target not in self.reasons else (),
            contacts=lambda who: self.people.get(who, (Contact("mail", 0, 3600 * SECOND),)),
            channels=self.channels,
            withheld=lambda alert, _at: self.reasons.get(alert.fingerprint, self.reasons.get("*", ())),
            routed=lambda alert: self.routes.get(alert.severity, ()),
            waits=lambda _alert: self.grace,
            keep=self.keep,
        )  # fmt: skip

    def give(self, *inputs: Any) -> tuple[Event, ...]:
        self.state, events = steps(self.state, inputs, self.now, self.world())
        self.events += events
        return events

    def tick(self) -> None:
        self.give(Tick())
        self.send()

    def send(self) -> None:
        while rows := [
            r for r in ready(self.state.rows.values(), self.now) if self.answers.get(r.channel, OK)
        ]:
            self.give(Claimed(tuple(row.key for row in rows)))
            for row in rows:
                if self.state.rows[row.key].stage == "sending":
                    answer = self.answers.get(row.channel) or OK
                    if answer.ok:
                        self.received.append((self.now, row))
                    self.give(Answered(row.key, answer, self.state.epoch, 30 * SECOND))

    def at(self, seconds: float) -> "Desk":
        """Let time pass, doing what comes due on its way."""
        target = START + int(seconds * SECOND)
        for _ in range(10_000):
            waits = [
                r.not_before for r in self.state.rows.values() if r.unsent and self.answers.get(r.channel, OK)
            ]
            upcoming = [t for t in (due(self.state, self.world()), min(waits, default=None)) if t is not None]
            first = min(upcoming, default=target)
            if first >= target:
                break
            self.now = max(self.now, first)
            before = self.state
            self.tick()
            if self.state is before:
                break
        self.now = target
        return self

    def do(self, *inputs: Any) -> "Desk":
        self.give(*inputs)
        self.tick()
        return self

    def got(self, since: float = 0) -> list[tuple[float, str, str]]:
        """What was received: seconds, kind, recipient."""
        return [
            ((t - START) / SECOND, row.kind, row.recipient.removeprefix("person:"))
            for t, row in self.received
            if t >= START + since * SECOND
        ]

    def incident(self, number: int = 1) -> Any:
        return self.state.incidents[number]

    def refused(self) -> list[str]:
        return [event.text for event in self.events if event.kind == "command.refused"]


DOWN = Delivery(verdict=Verdict.RETRY, counts=True)
LOST = Delivery(verdict=Verdict.RETRY, possible_duplicate=True, counts=True)
NEVER = Delivery(verdict=Verdict.PERMANENT)
SILENCE = (Reason("silence", "s1"),)
OPS = {case["id"].split("/")[1][:3]: case for case in cases("recommended_operations")}


def fire(fingerprint="shop", severity="high", **more):
    return Fired(alert_of(fingerprint, severity, **more))


def desk(*levels, **policy):
    return Desk(*levels, **policy)


def ann(to="person:ann"):
    return desk((to,))


def rows(made, **wanted):
    return [r for r in made.state.rows.values() if all(getattr(r, k) == v for k, v in wanted.items())]


def op(*numbers):
    """Marks the test of recommended operations, by their numbers."""
    return pytest.mark.parametrize(
        "case", [OPS[number] for number in numbers], ids=lambda c: c["id"].split("/")[1]
    )
