"""Who is told of what comes after, and who is not."""

from tests.core.alert_play import (
    DOWN,
    LOST,
    Reason,
    desk,
    fire,
    op,
)

from slawatch.core.command import Ack
from slawatch.core.dispatch import (
    Answered,
    Claimed,
    Ended,
    Reloaded,
    Tick,
)  # fmt: skip
from slawatch.core.instant import SECOND
from slawatch.core.notification import Delivery, Verdict
from slawatch.core.outbox import Stage, ready
from slawatch.core.turn import Contact


@op("014", "040")
def test_a_resolve_after_a_trigger_that_never_got_out(case):
    made = desk()
    made.answers["mail"] = DOWN
    made.do(fire())
    made.at(10).do(Ended("shop"))
    made.answers.clear()
    made.at(3 * 3600)
    assert made.got() == []
    assert {row.stage for row in made.state.rows.values()} == {Stage.CANCELLED}


@op("040")
def test_a_resolve_after_a_trigger_that_may_have_got_out(case):
    made = desk()
    made.answers["mail"] = LOST
    made.do(fire())
    made.answers.clear()
    made.at(10).do(Ended("shop"))
    assert made.got() == [(10, "resolve", "ann")]


@op("041", "070")
def test_what_is_in_flight_decides_when_its_fate_is_known(case):
    for answer, kinds in ((Delivery(verdict=Verdict.OK), ["resolve"]), (DOWN, []), (LOST, ["resolve"])):
        made = desk()
        made.give(fire())
        made.give(Tick())
        (row,) = ready(made.state.rows.values(), made.now)
        made.give(Claimed((row.key,)))
        made.do(Ended("shop"))
        assert ready(made.state.rows.values(), made.now) == []
        made.do(Answered(row.key, answer, made.state.epoch, SECOND))
        assert [kind for _, kind, _ in made.got()] == kinds


@op("041")
def test_an_ack_while_a_message_is_in_flight(case):
    made = desk()
    made.give(fire())
    made.give(Tick())
    (row,) = ready(made.state.rows.values(), made.now)
    made.give(Claimed((row.key,)))
    made.do(Ack(by="person:bob", incident=1))
    made.do(Answered(row.key, Delivery(verdict=Verdict.OK), made.state.epoch))
    assert made.got() == [(0, "ack", "ann")]


def test_the_recovery_of_a_told_child_is_owed():
    made = desk(("person:ann",))
    made.do(fire("child", service="child"))
    made.reasons["child"] = (Reason("silence"),)
    made.at(60).tick()
    made.at(90).do(Ended("child"))
    assert made.got(1) == [(90, "resolve", "ann")]


def test_an_ack_is_told_to_those_told_and_nobody_else():
    made = desk().do(fire())
    made.at(301).do(Ack(by="person:eve", incident=1))
    assert made.got(301) == [(301, "ack", "ann"), (301, "ack", "bob")]


def test_a_provider_that_keeps_state_is_closed_even_when_it_was_the_second_contact():
    made = desk(("person:ann",))
    made.people["person:ann"] = (Contact("push"), Contact("pagerduty", 60 * SECOND, keeps_state=True))
    made.do(fire())
    made.at(90).do(Ended("shop"))
    assert sorted(row.channel for _, row in made.received if row.kind == "resolve") == ["pagerduty", "push"]
    made.at(100).do(fire())
    assert made.received[-1][1].reopened == 1


def test_the_end_goes_by_a_channel_that_there_still_is():
    made = desk(("person:ann",), ("person:bob",))
    made.people["person:ann"] = (Contact("push"), Contact("mail", 15 * SECOND))
    made.people["person:bob"] = (Contact("push"),)
    made.do(fire())
    made.at(400)
    made.channels = frozenset({"mail"})
    made.people = {"person:ann": (Contact("mail"),), "person:bob": (Contact("mail"),)}
    made.do(Reloaded(made.channels)).do(Ended("shop"))
    ends = {row.recipient: row.channel for _, row in made.received if row.kind == "resolve"}
    assert ends == {"person:ann": "mail", "person:bob": "mail"}
