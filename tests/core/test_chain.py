"""The chain of levels, beyond the published timelines."""

from tests.core.alert_play import Desk, alert_of

from slawatch.core.command import Ack, Escalate
from slawatch.core.dispatch import Ended, Fired
from slawatch.core.escalation import Level, Policy
from slawatch.core.instant import MINUTE, SECOND
from slawatch.core.turn import Contact


def test_a_recipient_of_two_targets_is_told_once():
    desk = Desk(("person:ann", "person:ann"))
    desk.do(Fired(alert_of()))
    assert desk.got() == [(0, "trigger", "ann")]


def test_the_same_channel_twice_in_the_rules_is_used_twice():
    desk = Desk(("person:ann",))
    desk.people["person:ann"] = (Contact("sms"), Contact("sms", 60 * SECOND))
    desk.do(Fired(alert_of())).at(61)
    assert desk.got() == [(0, "trigger", "ann"), (60, "trigger", "ann")]
    assert len({row.key for _, row in desk.received}) == 2


def test_a_contact_rule_withheld_makes_its_level_be_told_again():
    from slawatch.core.alert import Reason

    desk = Desk(("person:ann",), wait=10 * MINUTE)
    desk.people["person:ann"] = (Contact("push"), Contact("sms", 60 * SECOND))
    desk.do(Fired(alert_of())).at(30)
    desk.reasons["shop"] = (Reason("silence"),)
    desk.tick()
    desk.at(90)
    desk.reasons.clear()
    desk.tick()
    desk.at(200)
    assert [(t, row.channel) for (t, _, _), (_, row) in zip(desk.got(), desk.received, strict=True)] == [
        (0, "push"), (90, "push"), (150, "sms"),
    ]  # fmt: skip


def test_a_level_even_if_acked_is_told_once_and_not_in_later_cycles():
    desk = Desk()
    levels = (Level(to=("person:ann",)), Level(to=("person:boss",), if_="not_resolved"))
    desk.policies = {"default": Policy(name="default", levels=levels, repeat=3, group_wait=0, ack_timeout=0)}
    desk.do(Fired(alert_of())).at(60).do(Ack(by="x", incident=1)).at(10_000)
    assert desk.got() == [(0, "trigger", "ann"), (60, "ack", "ann"), (300, "trigger", "boss")]
    desk.do(Ended("shop"))
    assert sorted(who for _, kind, who in desk.got() if kind == "resolve") == ["ann", "boss"]


def test_escalating_beyond_the_last_cycle():
    desk = Desk(("person:ann",)).do(Fired(alert_of())).at(400)
    assert desk.incident().exhausted
    desk.do(Escalate(by="x", incident=1))
    assert not desk.incident().exhausted
    desk.at(701)
    assert desk.incident().exhausted
    assert len(desk.got()) == 2
