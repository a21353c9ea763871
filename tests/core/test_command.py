"""What people do to incidents."""

from tests.core.alert_play import (
    desk,
    fire,
    op,
)

from slawatch.core.command import (
    Ack,
    Assign,
    Escalate,
    Merge,
    Open,
    Publish,
    Reassign,
    Resolve,
    Snooze,
    Unack,
    Write,
)
from slawatch.core.dispatch import (
    Ended,
    Reloaded,
    Reported,
)  # fmt: skip
from slawatch.core.escalation import Level, Policy
from slawatch.core.incident import Phase
from slawatch.core.instant import DAY, HOUR, MINUTE


@op("025", "026")
def test_a_reload_leaves_running_incidents_their_policy(case):
    made = desk()
    made.do(fire())
    made.policies = {"default": Policy(name="default", levels=(Level(to=("person:new",)),), group_wait=0)}
    before = made.state
    made.do(Reloaded(frozenset({"mail"})))
    assert made.state == before
    made.at(301)
    assert [who for _, _, who in made.got()] == ["ann", "bob"]
    made.do(Reassign(by="x", incident=1, policy="default"))
    assert made.got()[-1] == (301, "trigger", "new")
    made.do(Reassign(by="x", incident=1, policy="none"))
    assert "no escalation policy" in made.refused()[-1]


@op("068")
def test_anybody_may_acknowledge(case):
    made = desk().do(fire()).do(Ack(by="stranger", incident=1, origin="web"))
    assert made.incident().acker == "stranger"
    (event,) = [event for event in made.events if event.kind == "incident.acked"]
    assert (event.by, event.origin) == ("stranger", "web")


@op("069")
def test_an_ack_after_the_end_is_refused_with_the_time(case):
    made = desk().do(fire()).do(Ended("shop"))
    for late in (
        Ack(by="x", incident=1),
        Snooze(by="x", incident=1, length=HOUR),
        Escalate(by="x", incident=1),
    ):
        before = made.state
        made.do(late)
        assert made.state == before
    assert made.refused() == ["incident 1 was resolved at 2026-01-01T00:00:00Z"] * 3


@op("073")
def test_a_link_of_an_earlier_turn_is_refused(case):
    made = desk().do(fire())
    made.do(Ack(by="ann", incident=1, generation=1))
    made.do(Ack(by="ann", incident=1, generation=1))
    assert made.refused() == ["this link is of an earlier turn: incident 1 is now acked by ann"]
    made.do(Unack(by="x", incident=1)).do(Resolve(by="ann", incident=1, generation=2))
    assert made.incident().state is Phase.TRIGGERED


def test_how_long_an_ack_holds_by_severity():
    for severity, length in (("critical", 30 * MINUTE), ("high", 4 * HOUR)):
        made = desk().do(fire(severity=severity)).do(Ack(by="x", incident=1))
        assert max(t.length for t in made.incident().timers) == length


@op("076")
def test_a_resolve_by_hand_while_it_is_still_bad(case):
    made = desk(("person:ann",)).do(fire())
    made.at(10).do(Resolve(by="person:eve", incident=1, note="known"))
    assert made.incident().resolution == "known"
    assert made.got(10) == [(10, "resolve", "ann")]
    made.at(311).tick()
    assert made.got(11) == [(310, "trigger", "ann")]
    assert len(made.state.incidents) == 2
    made = desk(("person:ann",)).do(fire()).do(Resolve(by="x", incident=1))
    made.do(Reported("shop")).do(Reported("shop"))
    assert len(made.state.incidents) == 1
    made.do(Reported("shop"))
    assert len(made.state.incidents) == 2


@op("077")
def test_a_snooze_that_is_too_long(case):
    made = desk().do(fire()).do(Snooze(by="x", incident=1, length=8 * DAY))
    assert "at most 168 h" in made.refused()[0]
    assert made.incident().state is Phase.TRIGGERED


def test_commands_that_only_write():
    made = desk().do(fire())
    made.do(Write(by="ann", incident=1, text="looking"))
    made.do(
        Assign(by="ann", incident=1, to="person:eve"),
        Assign(by="ann", incident=1, to="person:kim", role="commander"),
    )
    found = made.incident()
    assert [note.text for note in found.notes] == ["looking"]
    assert (found.assignee, found.commander) == ("person:eve", "person:kim")
    assert (0, "update", "eve") in made.got()
    made.do(Ended("shop"))
    assert (0, "resolve", "eve") in made.got()


def test_an_incident_by_hand_is_ended_by_hand():
    made = desk(("person:ann",)).do(Open(by="x", title="the office is on fire"))
    assert made.got() == [(0, "trigger", "ann")]
    made.at(60).do(Resolve(by="x", incident=1, note="it was toast"))
    assert made.got(1) == [(60, "resolve", "ann")]
    made.do(Open(by="x", title="t", policy="none"))
    assert "no escalation policy" in made.refused()[-1]


def test_merge_by_hand():
    made = desk(("person:ann",)).do(fire("a", service="a")).do(fire("b", service="b"))
    made.at(10).do(Merge(by="x", incident=2, into=1))
    assert made.got(10) == [(10, "update", "ann")]
    made.do(Ended("a"))
    assert made.incident(1).open
    made.do(Ended("b"))
    assert made.incident(1).state is Phase.RESOLVED
    made.do(Merge(by="x", incident=2, into=1))
    assert "part of" in made.refused()[-1]


def test_what_is_published_is_kept_in_order_and_tells_nobody():
    made = desk().do(fire())
    told = len(made.received)
    made.do(Publish(by="ann", incident=1, text=" Orders fail. ")).do(Ended("shop"))
    made.do(Publish(by="ann", incident=1, text="It is over."))
    assert [note.text for note in made.incident().published] == ["Orders fail.", "It is over."]
    assert len([row for _, row in made.received if row.kind != "resolve"]) == told
    made.do(Publish(by="ann", incident=1, text=""))
    assert made.incident().published == ()
    made.do(Publish(by="ann", incident=1, text=""))
    assert made.refused() == ["nothing of incident 1 is published"]


def test_a_key_is_kept_with_what_was_done_and_not_with_what_was_refused():
    made = desk().do(fire())
    made.do(Write(by="ann", incident=1, text="once", key="k asked"))
    made.do(Ack(by="ann", incident=9, key="refused asked"))
    made.do(Open(by="ann", title="by hand", key="open asked"))
    kept = [(event.subject, event.text, event.by) for event in made.events if event.kind == "command.keyed"]
    assert [(subject, text.rpartition(" ")[0], by) for subject, text, by in kept] == [
        ("incident:1", "k asked", "ann"), ("incident:2", "open asked", "ann"),
    ]  # fmt: skip
    assert kept[0][1] == "k asked 1"
