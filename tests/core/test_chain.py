"""The chain of levels, beyond the published timelines."""

from dataclasses import replace

from tests.core.alert_play import Desk, alert_of

from slawatch.core.command import Ack, Escalate
from slawatch.core.dispatch import ChannelDown, ChannelUp, Ended, Fired
from slawatch.core.escalation import Level, Policy
from slawatch.core.instant import MINUTE, SECOND
from slawatch.core.series import META, TROUBLE, trouble_with
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


def meta_desk(*to: str, fallback: tuple[str, ...] = ("channel:hook", "channel:chat")) -> Desk:
    """A desk at which trouble with slawatch is told to some, and then to the fallback."""
    desk = Desk(to, fallback=fallback)
    (policy,) = desk.policies.values()
    desk.policies[META] = replace(policy, name=META, group_by=(TROUBLE,))
    desk.people = {f"channel:{name}": (Contact(name),) for name in ("mail", "hook", "chat")}
    return desk


def trouble(what: str) -> Fired:
    return Fired(replace(alert_of(what), policy=META, labels=(("kind", "meta"), (TROUBLE, what))))


def test_trouble_of_a_channel_is_told_by_others_at_once() -> None:
    desk = meta_desk("channel:mail").do(ChannelDown("mail"), trouble(trouble_with("mail")))
    assert desk.got() == [(0, "trigger", "channel:hook"), (0, "trigger", "channel:chat")]
    assert desk.at(3600).got(1) == [], "told once"
    desk.do(ChannelUp("mail"), Ended("channel mail"))
    assert desk.got(1) == [(3600, "resolve", "channel:chat"), (3600, "resolve", "channel:hook")]


def test_a_person_hears_of_their_broken_channel_by_their_next() -> None:
    desk = meta_desk("person:ann")
    desk.people["person:ann"] = (Contact("mail"), Contact("sms", 10 * MINUTE))
    desk.do(ChannelDown("mail"), trouble(trouble_with("mail"))).at(601)
    assert [(row.recipient, row.channel) for _, row in desk.received] == [("person:ann", "sms")]


def test_other_trouble_goes_to_the_fallback_while_nothing_goes_through_a_channel() -> None:
    desk = meta_desk("channel:mail").do(ChannelDown("mail"), ChannelDown("hook"))
    desk.answers = {"mail": None, "hook": None}
    desk.do(trouble("store"))
    assert desk.got() == [(0, "trigger", "channel:chat")]
    (row,) = [row for _, row in desk.received]
    assert (row.reason, row.detail) == (
        "nobody could be reached on the level before", "nothing goes through mail",
    )  # fmt: skip
    assert desk.at(3500).got(1) == []


def test_a_channel_that_breaks_after_it_was_to_tell_is_made_up_for() -> None:
    desk = meta_desk("channel:mail")
    desk.answers["mail"] = None
    desk.do(trouble("store"))
    assert desk.got() == []
    desk.at(20).do(ChannelDown("mail"))
    assert desk.got() == [(20, "trigger", "channel:hook"), (20, "trigger", "channel:chat")]


def test_an_exhausted_escalation_that_waits_for_dead_channels_tells_the_fallback() -> None:
    desk = Desk(("person:ann",), wait=5 * MINUTE)
    desk.people["person:boss"] = (Contact("voice"),)
    desk.answers["mail"] = None
    desk.do(ChannelDown("mail"), Fired(alert_of())).at(299)
    assert desk.got() == [], "the channel may be back in time"
    desk.at(301)
    assert desk.got() == [(300, "trigger", "boss")]


def test_who_has_heard_of_it_needs_no_fallback() -> None:
    desk = meta_desk("channel:mail").do(trouble("store")).do(ChannelDown("mail")).at(3600)
    assert desk.got() == [(0, "trigger", "channel:mail")]


def test_several_contacts_that_are_down_are_passed_over_at_once() -> None:
    desk = Desk(("person:ann",))
    desk.people["person:ann"] = (Contact("a"), Contact("b", MINUTE), Contact("c", 2 * MINUTE))
    desk.answers = {"a": None, "b": None}
    desk.do(Fired(alert_of()), ChannelDown("b"), ChannelDown("a"))
    assert [row.channel for _, row in desk.received] == ["c"]
