"""Escalation as other systems publish it: what is alike is played, what is different is said."""

import pytest
from tests.core.alert_play import Desk, alert_of, cases

from slawatch.core.command import Ack, Escalate, Resolve
from slawatch.core.dispatch import Ended, Fired, Reloaded
from slawatch.core.escalation import Level, Policy
from slawatch.core.incident import Phase
from slawatch.core.instant import DAY, HOUR, MINUTE, SECOND
from slawatch.core.notification import Delivery, Verdict
from slawatch.core.turn import Contact

ELSEWHERE = {
    "018": "positions of a rotation: on-call rules",
    "041": "notices of a changed on-call: on-call rules",
    "097": "urgency is a policy's choice of levels: an organisation may have a policy of one level",
    "098": "limits of the service: ours are those of the config",
    "105": "limits of the service: no such channel",
}

DIFFERENT = {
    "003": "contact rules of one firing run on beside those of the next",
    "015": "contact rules are those of when a level fires; later ones count at the next firing",
    "021": "never closed by itself while it fires",
    "023": "those told of the trigger are told of its end, whatever they would rather not hear",
    "029": "alerts of one service are one incident and so one message",
    "032": "the fallback is told",
    "034": "the fallback is told",
    "044": "a level tells all its people at once; turns are a rotation's",
    "047": "restrictions are a schedule's, not a level's", "048": "the same", "051": "the same",
    "052": "the same",
    "053": "the same",
    "076": "the reminder comes before the end of the acknowledgement, which ends on time",
    "078": "an answered reminder begins the whole time anew",
    "088": "one level repeats only with its policy",
    "094": "the incident is opened and the fallback told",
    "099": "what fires in maintenance opens an incident, withheld; nothing is lost",
}  # fmt: skip


def desk_of(case, key="steps"):
    steps = case["policy"][key]
    levels = tuple(
        Level(
            to=tuple(f"person:{u}" for u in step.get("targets", ())), wait=step.get("delay_min", 10) * MINUTE
        )
        for step in steps
    )
    desk = Desk()
    repeat = case["policy"].get("repeat", 0)
    repeat = 100 if repeat == -1 else repeat
    desk.policies = {
        "default": Policy(name="default", levels=levels, repeat=repeat, group_wait=0, ack_timeout=0)
    }
    for user, rules in case.get("contact_rules", {}).items():
        desk.people[f"person:{user}"] = tuple(Contact(channel, after * MINUTE) for channel, after in rules)
    return desk


def told(desk):
    return [
        [(t - desk.received[0][0]) / MINUTE, row.recipient.removeprefix("person:"), row.channel]
        for t, row in desk.received
        if row.kind == "trigger"
    ]


def simple(wait=300, **policy):
    return Desk(("person:a",), ("person:b",), wait=wait * SECOND, **policy)


def play(number, case):
    if number in ("010", "013"):
        desk = desk_of(case).do(Fired(alert_of()))
        if number == "010":
            desk.do(Ended("shop"))
        desk.at(case.get("horizon_min", 31) * 60)
        assert sorted(told(desk)) == sorted([float(t), *rest] for t, *rest in case["expect"])
    elif number == "003":
        desk = desk_of(case).do(Fired(alert_of())).at(30 * 60).do(Escalate(by="x", incident=1)).at(1799.5 + 1)
        assert [1800 / 60, "u1", "voice"] in told(desk)
    elif number == "012":
        desk = desk_of(case)
        desk.reasons["shop"] = (alert_reason(),)
        desk.do(Fired(alert_of())).do(Escalate(by="x", incident=1))
        assert "suppressed" in desk.refused()[0]
        desk.reasons.clear()
        desk.tick()
        assert told(desk) == [[0, "u1", "sms"]]
    elif number in ("015", "060", "061", "084", "085", "093"):
        desk = simple()
        desk.people["person:a"] = ()
        desk.do(Fired(alert_of()))
        assert desk.got() == [(0, "trigger", "b")]
    elif number == "021":
        desk = simple().do(Fired(alert_of())).at(2 * DAY // SECOND)
        assert desk.incident().open
    elif number in ("023", "025"):
        desk = simple().do(Fired(alert_of())).do(Ack(by="x", incident=1))
        desk.do(Ended("shop"))
        assert [kind for _, kind, _ in desk.got()] == ["trigger", "ack", "resolve"]
    elif number in ("029", "037"):
        desk = simple()
        desk.give(*(Fired(alert_of(name, service="s1")) for name in ("hello", "hello", "goodbye", "x")))
        desk.tick()
        assert len(desk.received) == 1
        desk.do(Fired(alert_of("s2-hello", service="s2")))
        assert len(desk.received) == 2
    elif number in ("032", "034", "094"):
        desk = Desk((), fallback=("person:boss",)).do(Fired(alert_of()))
        assert desk.got() == [(0, "trigger", "boss")]
        assert desk.received[0][1].reason == "nobody on any level"
    elif number == "036":
        assert Desk(("person:u1",)).do(Fired(alert_of())).got() == [(0, "trigger", "u1")]
    elif number == "044":
        desk = Desk(("person:u1", "person:u2")).do(Fired(alert_of()))
        assert [who for _, _, who in desk.got()] == ["u1", "u2"]
    elif number in ("047", "048", "051", "052", "053"):
        assert set(Level.__dataclass_fields__) == {"to", "wait", "if_"}
    elif number in ("058", "103", "092", "088"):
        desk = simple(repeat=2).do(Fired(alert_of())).at(1501)
        assert [[t / 60, who.upper()] for t, _, who in desk.got()] == [
            [0, "A"], [5, "B"], [10, "A"], [15, "B"], [20, "A"], [25, "B"]
        ]  # fmt: skip
    elif number in ("064", "065"):
        desk = simple().do(Fired(alert_of()))
        desk.now += (540 if number == "064" else 60) * SECOND
        desk.tick()
        assert len(desk.received) == (2 if number == "064" else 1), "a late timer is done, and not lost"
    elif number == "067":
        desk = simple().do(Fired(alert_of()))
        desk.policies = {}
        desk.do(Reloaded()).at(301)
        assert desk.got()[-1] == (300, "trigger", "b")
    elif number in ("068", "072", "074", "076", "077", "078", "081", "069", "073"):
        reminders(number)
    elif number == "083":
        desk = simple()
        desk.people["person:a"] = (Contact("push"), Contact("sms", 60 * SECOND))
        desk.do(Fired(alert_of())).at(30).do(Ended("shop")).at(90)
        assert [row.channel for _, row in desk.received] == ["push", "push"]
    elif number in ("089", "101"):
        desk = simple().do(Fired(alert_of())).at(200).do(Ack(by="u1", incident=1)).at(5000)
        assert [kind for _, kind, _ in desk.got()] == ["trigger", "ack"]
    elif number == "099":
        desk = simple()
        desk.reasons["shop"] = (alert_reason(),)
        desk.do(Fired(alert_of()))
        assert desk.incident().withheld
    elif number == "104":
        desk = (
            simple(ack_timeout=30 * MINUTE).do(Fired(alert_of())).at(310).do(Ack(by="x", incident=1)).at(2200)
        )
        assert (2110, "trigger", "a") in desk.got()
    else:
        raise AssertionError(f"case {number} is not played")


def alert_reason():
    from slawatch.core.alert import Reason

    return Reason("maintenance")


def reminders(number):
    desk = simple(ack_timeout=HOUR).do(Fired(alert_of()))
    if number == "072":
        desk.at(100)
        assert desk.incident().state is Phase.TRIGGERED
    else:
        desk.do(Ack(by="source" if number == "073" else "person:a", incident=1))
    if number == "073":
        desk.people["source"] = ()
    if number == "074":
        desk.do(Resolve(by="x", incident=1))
    if number == "069":
        desk.do(Fired(alert_of("other", service="other")))
    desk.at(3301)
    reminded = [t for t, kind, _ in desk.got() if kind == "reminder"]
    if number in ("072", "073", "074"):
        assert not reminded
        return
    assert reminded == [3300]
    if number == "078":
        desk.do(Ack(by="person:a", incident=1)).at(3301 + 3301)
        assert [t for t, kind, _ in desk.got() if kind == "reminder"] == [3300, 6601]
        return
    desk.at(3601)
    assert desk.got()[-1] == (3600, "trigger", "a")
    assert desk.incident().state is Phase.TRIGGERED


@pytest.mark.parametrize("case", cases("escalation_upstream"), ids=lambda c: c["id"].split("/")[1])
def test_published(case):
    number = case["id"].split("/")[1][:3]
    if number in ELSEWHERE:
        assert ELSEWHERE[number]
        return
    play(number, case)
    assert not case.get("conflicts_with_recommended") or number in DIFFERENT


def test_a_lost_contact_starts_the_next_at_once():
    desk = simple()
    desk.people["person:a"] = (Contact("push"), Contact("sms", 600 * SECOND))
    desk.answers["push"] = Delivery(verdict=Verdict.DISABLE)
    desk.do(Fired(alert_of()))
    assert [row.channel for _, row in desk.received] == ["sms"]
