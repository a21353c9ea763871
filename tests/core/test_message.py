from dataclasses import replace
from typing import Any

import pytest

from slawatch.core.alert import Alert, Reason
from slawatch.core.channel import Channel
from slawatch.core.check import Organization, Service
from slawatch.core.command import Ack, Assign, Merge, Resolve, Snooze
from slawatch.core.directory import Directory
from slawatch.core.dispatch import (
    Answered,
    Claimed,
    Ended,
    Fired,
    FlappingStarted,
    SeverityChanged,
    Started,
    Tick,
    due,
    steps,
)
from slawatch.core.escalation import Level, Policy
from slawatch.core.incident import Told
from slawatch.core.instant import HOUR, MINUTE, SECOND
from slawatch.core.message import compose, digest_key, earlier, plain
from slawatch.core.notification import Delivery, Kind, Link, Notification, Verdict
from slawatch.core.outbox import Row, ready
from slawatch.core.people import ContactRule, Person
from slawatch.core.series import META
from slawatch.core.turn import Contact, State, World

START = 1_767_225_600 * SECOND
OK = Delivery(verdict=Verdict.OK, provider_id="p1")
ANN = Person(key="ann", name="Ann Lee", email="ann@example.com", timezone="Europe/Berlin",
             contact=(ContactRule(channel="mail"),))  # fmt: skip
BOB = Person(key="bob", contact=(ContactRule(channel="mail"),), email="bob@example.com")
POLICY = Policy(
    name="default", repeat=0, group_by=("team",), group_wait=0,
    levels=(Level(to=("person:ann",)), Level(to=("person:bob",))),
)  # fmt: skip


def alert(name: str = "shop-home", **more: Any) -> Alert:
    values = {
        "fingerprint": name, "check": name, "severity": "critical", "title": f"{name} is down",
        "since": START - 30 * SECOND, "fired_at": START, "service": "shop", "organization": "acme",
        "policy": "default", "actual": "connection refused", **more,
    }  # fmt: skip
    return Alert(**values)


class Desk:
    """The rules, and a sender that notes the words of what it delivers."""

    def __init__(self) -> None:
        self.now = START
        self.state = State()
        self.said: list[Notification] = []
        self.withheld: dict[str, tuple[Reason, ...]] = {}
        self.world = World(
            policies={"default": POLICY},
            recipients=lambda target, _at: (target,),
            contacts=lambda recipient: (
                (Contact("mail"),) if recipient in ("person:ann", "person:bob") else ()
            ),
            withheld=lambda found, _at: self.withheld.get(found.fingerprint, ()),
        )
        self.directory = Directory(
            people={"ann": ANN, "bob": BOB},
            services={"shop": Service(name="shop", runbook="https://wiki.example/shop")},
            organizations={"acme": Organization(key="acme", name="Acme Corp", timezone="Europe/Berlin")},
            channels={"mail": Channel(name="mail", type="email", options=None)},
            world=self.world, timezone="UTC", url="https://watch.example/",
            acknowledge=lambda number, generation, who: f"https://watch.example/ack/{number}.{generation}.{who}",
        )  # fmt: skip
        self.give(Started())

    def give(self, *inputs: Any) -> "Desk":
        self.state, _ = steps(self.state, (*inputs, Tick()), self.now, self.world)
        while rows := ready(self.state.rows.values(), self.now):
            self.state, _ = steps(self.state, [Claimed(tuple(r.key for r in rows))], self.now, self.world)
            for row in rows:
                self.said.append(compose([self.state.rows[row.key]], self.state, self.directory, self.now))
                answer = Answered(row.key, OK, self.state.epoch)
                self.state, _ = steps(self.state, [answer], self.now, self.world)
        return self

    def after(self, minutes: float, *inputs: Any) -> "Desk":
        target = self.now + int(minutes * MINUTE)
        while (at := due(self.state, self.world)) is not None and at <= target:
            self.now = max(at, self.now)
            self.give()
        self.now = target
        return self.give(*inputs)

    @property
    def last(self) -> Notification:
        return self.said[-1]


def links(found: Notification) -> dict[str, str]:
    return {link.text: link.href for link in found.links}


def test_the_first_page_says_what_is_wrong_why_you_and_what_to_do() -> None:
    found = Desk().give(Fired(alert())).last
    assert found == Notification(
        kind=Kind.TRIGGER, idempotency_key="1:1:trigger:0:0:person:ann:mail", at=START, incident="1",
        generation=1, reopen=0, severity="critical", service="shop", organization="Acme Corp",
        title="shop-home is down", summary="connection refused", reason="level 0 of default",
        since=START - 30 * SECOND, timezone="Europe/Berlin",
        links=(
            Link("Acknowledge", "https://watch.example/ack/1.1.person:ann"),
            Link("Incident", "https://watch.example/incidents/1"),
            Link("Runbook", "https://wiki.example/shop"),
        ),
        details={"check": "shop-home"}, recipient="person:ann", address="ann@example.com",
    )  # fmt: skip


def test_the_next_level_hears_why_it_is_called() -> None:
    found = Desk().give(Fired(alert())).after(5).last
    assert found.recipient == "person:bob"
    assert found.reason == "level 1 of default: nobody acknowledged within 5 min"
    assert found.timezone == "Europe/Berlin", "the organization's, for bob has none"


def test_trouble_with_slawatch_itself_says_so() -> None:
    desk = Desk()
    desk.world = replace(desk.world, policies={META: replace(POLICY, name=META)})
    desk.directory = replace(desk.directory, world=desk.world)
    found = desk.give(Fired(alert(policy=META, labels=(("kind", "meta"),)))).last
    assert found.reason == "you are told of trouble with slawatch itself"
    assert found.details == {}


def test_a_late_page_says_so() -> None:
    desk = Desk().give(Fired(alert()))
    row = replace(next(iter(desk.state.rows.values())), late=117 * MINUTE)
    assert (
        compose([row], desk.state, desk.directory, desk.now).reason
        == "level 0 of default, late by 1 h 57 min"
    )


def test_several_alerts_have_a_line_each() -> None:
    desk = Desk().give(Fired(alert()))
    desk.after(0.5, Fired(alert("shop-db", actual="latency 900 ms", threshold="500 ms"))).after(1)
    assert desk.last.kind == Kind.UPDATE
    assert desk.last.title == "shop-home is down and 1 more"
    assert desk.last.summary.split("\n") == [
        "2 alerts fire now.",
        "shop-home is down: connection refused, for 1 min 30 s",
        "shop-db is down: latency 900 ms (limit 500 ms), for 1 min 30 s",
    ]
    assert desk.last.details == {"checks": "shop-home, shop-db"}
    assert desk.last.reason == "you were told of it before"


def test_a_hundred_alerts_are_counted_and_not_listed() -> None:
    desk = Desk().give(Fired(alert()))
    desk.give(*(Fired(alert(f"c{number}")) for number in range(100))).after(2)
    lines = desk.last.summary.split("\n")
    assert desk.last.title == "shop-home is down and 100 more"
    assert len(lines) <= 12
    assert lines[-1] == "... and 91 more"
    assert len(desk.last.details["checks"]) < 200


def test_what_is_over_of_several_is_said() -> None:
    desk = Desk().give(Fired(alert()), Fired(alert("shop-db"))).after(0.5, Ended("shop-home")).after(1)
    assert desk.last.summary.split("\n") == [
        '1 of 2 alerts is over: "shop-home is down"',
        "connection refused",
    ]


def test_what_became_worse_is_said() -> None:
    desk = Desk().give(Fired(alert(severity="low"))).after(0.5)
    desk.give(SeverityChanged("shop-home", "high", "latency 2 s"))
    assert desk.last.summary.split("\n") == ["Severity raised: low to high", "latency 2 s"]
    assert desk.last.severity == "high"


def test_what_it_explains_is_listed() -> None:
    desk = Desk().give(Fired(alert("db", service="db")))
    desk.withheld["shop-home"] = (Reason("dependency", "db"),)
    desk.give(Fired(alert())).after(5)
    assert desk.last.summary.split("\n") == ["connection refused", "Explained by it: shop-home is down"]


def test_what_turns_out_to_be_explained_becomes_part_of_it() -> None:
    desk = Desk().give(Fired(alert()))
    desk.withheld["shop-home"] = (Reason("dependency", "db"),)
    desk.give(Fired(alert("db", service="db", labels=(("team", "dba"),)))).after(1)
    assert (desk.last.incident, desk.last.summary.split("\n")[1]) == (
        "2",
        "Explained by it: shop-home is down",
    )
    keeping = replace(next(iter(desk.state.rows.values())), kind="resolve", detail="explained by db is down")
    found = compose([keeping], desk.state, desk.directory, desk.now)
    assert (found.incident, found.summary.split("\n")[0]) == ("1", "Explained by db is down")


def test_when_nobody_answers_the_reminder_says_so() -> None:
    found = Desk().give(Fired(alert())).after(26 * 60).last
    assert found.kind == Kind.REMINDER
    assert found.reason == "all levels were told, and nobody has acknowledged it"


def test_the_next_level_hears_that_it_flaps() -> None:
    found = Desk().give(Fired(alert())).after(0.5, FlappingStarted("shop-home")).after(5).last
    assert found.recipient == "person:bob"
    assert found.summary == "connection refused; it changes again and again"


def test_that_it_flaps_is_said_once() -> None:
    desk = Desk().give(Fired(alert())).after(0.5, FlappingStarted("shop-home"))
    assert desk.last.summary.split("\n") == [
        "It changes again and again: the next message comes when that has ended.", "connection refused",
    ]  # fmt: skip


def test_what_is_withheld_is_listed_as_withheld() -> None:
    desk = Desk()
    desk.withheld["shop-db"] = (Reason("silence", "s1"), Reason("quiet_hours", "q"))
    desk.give(Fired(alert("shop-db")), Fired(alert())).after(5)
    assert desk.last.title == "shop-home is down"
    assert desk.last.summary.split("\n") == [
        "connection refused", "Withheld: shop-db is down (silence, quiet hours)",
    ]  # fmt: skip


def test_no_results_are_said() -> None:
    assert Desk().give(Fired(alert(stale=True, actual=""))).last.summary == "no results any more"


def test_the_title_is_that_of_what_still_fires() -> None:
    desk = Desk().give(Fired(alert()), Fired(alert("shop-db")))
    desk.after(1, Ended("shop-home")).after(4)
    assert desk.last.recipient == "person:bob"
    assert desk.last.title == "shop-db is down"


def test_an_acknowledgement_says_whose_and_until_when() -> None:
    desk = Desk().give(Fired(alert())).after(6, Ack(by="person:ann", incident=1))
    found = desk.last
    assert (found.kind, found.title) == (Kind.ACK, "shop-home is down")
    assert found.summary.split("\n") == [
        "Acknowledged by Ann Lee", "If it is still open at 01:36 CET, it is escalated again.",
        "connection refused",
    ]  # fmt: skip
    assert "Acknowledge" not in links(found)


def test_a_reminder_asks_who_acknowledged() -> None:
    desk = Desk().give(Fired(alert())).after(1, Ack(by="person:ann", incident=1)).after(25)
    found = desk.last
    assert found.kind == Kind.REMINDER
    assert found.summary.split("\n") == [
        "The acknowledgement by Ann Lee expires in 5 min", "connection refused", "Acknowledged by Ann Lee",
    ]  # fmt: skip
    assert found.reason == "you acknowledged it"


def test_the_end_says_how_long_it_was() -> None:
    desk = Desk().give(Fired(alert())).after(4, Ended("shop-home"))
    found = desk.last
    assert (found.kind, found.title) == (Kind.RESOLVE, "shop-home is down")
    assert found.summary == "Recovered\nIt was: connection refused"
    assert found.at - found.since == 4.5 * MINUTE  # type: ignore[operator]
    assert links(found) == {
        "Incident": "https://watch.example/incidents/1", "Runbook": "https://wiki.example/shop",
    }  # fmt: skip


def test_the_end_of_several_counts_them() -> None:
    desk = Desk().give(Fired(alert()), Fired(alert("shop-db"))).after(1)
    assert desk.give(Ended("shop-home"), Ended("shop-db")).last.summary == "Both alerts are over."
    assert desk.last.title == "shop-home is down"


@pytest.mark.parametrize(
    ("note", "summary"),
    [("", "Resolved by Ann Lee"), ("replaced the disk", "Resolved by Ann Lee: replaced the disk")],
)
def test_an_end_by_hand_says_whose(note: str, summary: str) -> None:
    desk = Desk().give(Fired(alert())).after(1, Resolve(by="person:ann", incident=1, note=note))
    assert desk.last.summary.split("\n")[0] == summary


def test_the_end_of_a_check_that_nobody_watches_any_more() -> None:
    desk = Desk().give(Fired(alert())).after(1, Ended("shop-home", "no longer watched", removed=True))
    assert desk.last.summary.split("\n")[0] == "The check was removed from the configuration."


def test_an_incident_that_became_part_of_another() -> None:
    desk = Desk().give(Fired(alert()), Fired(alert("db", labels=(("team", "dba"),), service="db"))).after(1)
    desk.give(Merge(by="person:ann", incident=1, into=2))
    assert desk.last.incident == "2"
    assert desk.last.kind == Kind.UPDATE
    assert desk.last.summary.split("\n")[0] == "Merged into incident 2 by Ann Lee"


def test_who_it_is_assigned_to_hears_that() -> None:
    desk = Desk().give(Fired(alert())).after(1, Assign(by="person:ann", incident=1, to="person:bob"))
    found = desk.last
    assert (found.recipient, found.reason) == ("person:bob", "it was assigned to you")
    assert found.details["assigned to"] == "bob"
    assert found.summary.split("\n")[0] == "Assignee: bob, by Ann Lee"


def test_a_snooze_that_ends_pages_again() -> None:
    desk = Desk().give(Fired(alert()))
    desk.after(1, Snooze(by="person:ann", incident=1, length=HOUR)).after(60)
    assert desk.last.kind == Kind.TRIGGER
    assert desk.last.reason == "level 0 of default: snooze ended"
    assert desk.last.generation == 3


def test_there_are_no_links_where_nobody_can_follow_them() -> None:
    desk = Desk()
    desk.directory = Directory(people={"ann": ANN}, world=desk.world)
    assert desk.give(Fired(alert())).last.links == ()


def test_a_channel_is_not_told_why_it_hears_of_the_end() -> None:
    desk = Desk().give(Fired(alert())).after(1, Ended("shop-home"))
    row = next(row for row in desk.state.rows.values() if row.kind == "resolve")
    assert desk.last.reason == "you were told of it before"
    there = replace(row, recipient="channel:chat", channel="chat")
    assert compose([there], desk.state, desk.directory, desk.now).reason == ""
    late = compose([replace(there, late=MINUTE)], desk.state, desk.directory, desk.now)
    assert late.reason == "late by 1 min"


def test_labels_are_facts() -> None:
    found = Desk().give(Fired(alert(labels=(("host", "a"), ("mount", "/var"))))).last
    assert found.details["labels"] == "host=a, mount=/var"


def digest_of(desk: Desk, *rows: Row) -> Notification:
    return compose(rows, desk.state, desk.directory, desk.now)


def rows_of(desk: Desk, *incidents: int) -> list[Row]:
    return [row for row in desk.state.rows.values() if row.incident in incidents and row.level == 0]


def many() -> Desk:
    desk = Desk()
    desk.give(*(Fired(alert(f"c{n}", labels=(("team", str(n)),), service=f"s{n}")) for n in range(4)))
    desk.give(Fired(alert("low", severity="low", labels=(("team", "low"),), service="s1")))
    desk.after(2, Ended("c0"), Ack(by="person:ann", incident=2), Merge(by="person:ann", incident=3, into=4))
    return desk


def test_a_digest_says_of_each_what_is_true_now() -> None:
    desk = many()
    found = digest_of(desk, *rows_of(desk, 1, 2, 3, 4, 5))
    assert (found.kind, found.incident, found.severity) == (Kind.DIGEST, "", "critical")
    assert found.title == "2 incidents open, 1 acknowledged, 2 resolved"
    assert found.summary == "Affected: s1, s3"
    assert found.entries == (
        "Acknowledged by Ann Lee: s1: c1 is down, for 2 min 30 s (incident 2)",
        "CRITICAL: s3: c3 is down and 1 more, for 2 min 30 s (incident 4)",
        "LOW: s1: low is down, for 2 min 30 s (incident 5)",
        "Resolved: s0: c0 is down, after 2 min 30 s (incident 1)",
        "s2: c2 is down: part of incident 4 (incident 3)",
    )
    assert links(found) == {"Incidents": "https://watch.example/incidents"}
    assert found.address == "ann@example.com"


def test_a_digest_of_the_same_rows_has_the_same_key_in_whatever_order() -> None:
    rows = rows_of(many(), 1, 2, 3)
    assert digest_key(rows) == digest_key(rows[::-1])
    assert digest_key(rows).startswith("1:1:trigger:0:0:person:ann:mail+")
    assert digest_key(rows) != digest_key(rows[:2])


def test_a_digest_of_what_is_forgotten() -> None:
    desk = many()
    rows = [replace(row, incident=99) for row in rows_of(desk, 1, 2)]
    assert digest_of(desk, *rows).title == "2 messages"


def test_a_long_digest_is_cut_and_counted() -> None:
    desk = Desk()
    desk.give(*(Fired(alert(f"c{n}", labels=(("team", str(n)),))) for n in range(80)))
    found = digest_of(desk, *rows_of(desk, *range(1, 81)))
    assert found.title == "80 incidents open"
    assert len(found.entries) == 51
    assert found.entries[-1] == "... and 30 more"


def test_what_may_have_come_before_is_marked() -> None:
    desk = many()
    rows = rows_of(desk, 4, 5)
    again = replace(rows[1], possible_duplicate=True)
    assert "possible duplicate" in digest_of(desk, rows[0], again).details
    assert "possible duplicate" in digest_of(desk, again).details
    assert "possible duplicate" not in digest_of(desk, *rows).details


def meta(**more: Any) -> Row:
    values = {
        "key": "meta:1", "incident": 0, "generation": 0, "kind": "meta", "recipient": "person:bob",
        "channel": "mail", "created_at": START, "not_before": START, "expires_at": START + HOUR,
        "reason": "channel sms is down", "detail": "403 Forbidden", **more,
    }  # fmt: skip
    return Row(**values)


def test_a_message_about_slawatch_itself() -> None:
    found = compose([meta()], State(), Desk().directory, START)
    assert (found.kind, found.title, found.summary) == (Kind.META, "channel sms is down", "403 Forbidden")
    assert found.address == "bob@example.com"
    alone = compose([meta(reason="", detail="the queue is old")], State(), Desk().directory, START)
    assert (alone.title, alone.summary) == ("the queue is old", "")


def test_a_digest_may_hold_what_is_about_no_incident() -> None:
    desk = many()
    found = digest_of(desk, meta(), *rows_of(desk, 4))
    assert found.title == "1 incident open, 1 message"
    assert found.entries[-1] == "channel sms is down: 403 Forbidden"


def test_the_first_message_is_remembered_for_each_recipient_and_channel() -> None:
    desk = Desk().give(Fired(alert()))
    (row,) = rows_of(desk, 1)
    assert earlier([row], desk.state) == "p1"
    assert earlier([replace(row, channel="sms")], desk.state) == ""
    assert earlier([replace(row, incident=7)], desk.state) == ""
    assert earlier([row, row], desk.state) == ""
    assert desk.state.incidents[1].told == (Told("person:ann", "mail", "trigger", START, True, "p1", False),)


def test_with_the_fewest_words() -> None:
    desk = many()
    found = plain(rows_of(desk, 1), desk.state, desk.directory, desk.now)
    assert (found.title, found.incident, found.address) == ("c0 is down", "1", "ann@example.com")
    several = plain(rows_of(desk, 1, 2), desk.state, desk.directory, desk.now)
    assert (several.kind, several.title) == (Kind.DIGEST, "2 messages")
