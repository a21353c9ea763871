"""Scenarios in virtual time, as stories."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.stage import MAIL, NEEDS_DATABASE, START, check, do, got, played, rota, scene

from slawatch.core.escalation import Level, Policy
from slawatch.core.instant import DAY, HOUR, MINUTE, SECOND
from slawatch.core.override import Override
from slawatch.core.suppress import Window

DOWN = do(0, "down", check="shop")


def test_a_page_an_escalation_an_acknowledgement_and_the_end_told_to_exactly_those_told():
    found = played(scene(), DOWN, do(6, "ack", by="bob"), do(20, "up", check="shop"))
    assert got(found) == [
        (2, "trigger", "ann", "mail"),
        (122, "trigger", "ann", "sms"),
        (302, "trigger", "bob", "mail"),
        (360, "ack", "ann", "mail"),
        (360, "ack", "bob", "mail"),
        (1200, "resolve", "ann", "mail"),
        (1200, "resolve", "bob", "mail"),
    ]
    assert [m.reason for m in found.messages[:4]] == [
        "level 0 of default, schedule:primary",
        "level 0 of default, schedule:primary, contact 2 after 2 min",
        "level 1 of default: nobody acknowledged within 5 min",
        "acknowledged by person:bob",
    ]
    assert [(m.level, m.cycle) for m in found.messages[:4]] == [(0, 0), (0, 0), (1, 0), (-1, 0)]


def test_an_acknowledgement_at_once_keeps_the_next_level_from_being_told():
    found = played(scene(), DOWN, do(1, "ack", by="ann"), minutes=25)
    assert got(found) == [(2, "trigger", "ann", "mail"), (60, "ack", "ann", "mail")]


def test_whoever_was_told_last_acknowledges_where_nobody_is_named():
    found = played(scene(), DOWN, do(6, "ack"), minutes=25)
    assert found.messages[-1].reason == "acknowledged by person:bob"


def test_an_acknowledgement_expires_after_its_reminder():
    found = played(scene(), DOWN, do(1, "ack", by="ann"), minutes=32)
    later = [(seconds, kind, to) for seconds, kind, to, _ in got(found) if seconds > 60]
    assert later == [(60 + 25 * 60, "reminder", "ann"), (60 + 30 * 60, "trigger", "ann")]


def test_the_levels_repeat_in_cycles():
    found = played(scene(("person:bob",), policy={"repeat": 2}), DOWN)
    pages = [(seconds, m.cycle) for (seconds, *_), m in zip(got(found), found.messages, strict=True)]
    assert pages == [(2, 0), (302, 1), (602, 2)]
    assert "escalation.exhausted" in [event.kind for event in found.events]


def test_an_override_changes_who_is_told():
    stand_in = Override(person="bob", start=START, end=START + HOUR)
    found = played(scene(schedules={"primary": rota(stand_in)}), DOWN, minutes=4)
    assert got(found) == [(2, "trigger", "bob", "mail")]


def test_a_handoff_in_the_middle_changes_who_hears_of_the_next_cycle():
    to_bob = Override(person="bob", start=START + 4 * MINUTE, end=START + HOUR)
    where = scene(("schedule:primary",), schedules={"primary": rota(to_bob)}, policy={"repeat": 1})
    assert [to for _, _, to, channel in got(played(where, DOWN)) if channel == "mail"] == ["ann", "bob"]


def test_through_a_dead_channel_the_next_contact_is_used_at_once():
    found = played(scene(), do(0, "channel_down", channel="mail"), DOWN, minutes=4)
    assert got(found) == [(2, "trigger", "ann", "sms")]
    assert found.messages[0].reason.endswith("contact 2 since mail is down")


def test_what_waited_for_a_channel_goes_out_when_it_works_again():
    script = (do(0, "channel_down", channel="mail"), DOWN, do(3, "channel_up", channel="mail"))
    assert (180, "trigger", "ann", "mail") in got(played(scene(), *script, minutes=4))


def test_a_restart_tells_nothing_twice_and_the_level_that_came_due_late():
    found = played(scene(people={"ann": (MAIL,)}), DOWN, do(1, "restart", for_=20 * MINUTE), minutes=40)
    assert got(found) == [(2, "trigger", "ann", "mail"), (21 * 60, "trigger", "bob", "mail")]
    assert found.messages[1].reason == "level 1 of default: late by 15 min"


def test_a_restart_at_once_changes_nothing():
    assert got(played(scene(), DOWN)) == got(played(scene(), DOWN, do(1, "restart")))


def test_what_ended_while_slawatch_was_stopped_is_told_at_its_start():
    found = played(scene(), DOWN, do(1, "restart", for_=10 * MINUTE), do(5, "up", check="shop"))
    assert got(found)[-1] == (660, "resolve", "ann", "mail")
    assert "bob" not in [to for _, _, to, _ in got(found)]


def test_a_channel_that_is_down_still_is_after_a_restart():
    script = (
        do(0, "channel_down", channel="mail"),
        do(0, "restart", for_=MINUTE),
        do(2, "down", check="shop"),
    )
    assert got(played(scene(), *script, minutes=4)) == [(122, "trigger", "ann", "sms")]


def test_a_stopped_slawatch_takes_no_command():
    script = (DOWN, do(1, "restart", for_=10 * MINUTE), do(2, "ack", by="ann"), do(11, "ack", by="ann"))
    found = played(scene(), *script, minutes=13)
    assert found.refused == ("after 2 min: acknowledged by ann: slawatch is stopped then",)
    assert got(found)[-1][:2] == (660, "ack")


def test_a_silence_withholds_and_its_end_tells():
    found = played(scene(), do(0, "silence", check="shop", for_=30 * MINUTE), DOWN, minutes=31)
    assert got(found) == [(1800, "trigger", "ann", "mail")]
    assert found.messages[0].reason == "level 0 of default, schedule:primary: silence ended"


def test_what_recovers_under_a_silence_is_never_told():
    script = (do(0, "silence", check="shop", for_=30 * MINUTE), DOWN, do(20, "up", check="shop"))
    assert got(played(scene(), *script)) == []


def test_a_window_that_opens_in_the_middle_withholds_the_next_level():
    opens, closes = START + 4 * MINUTE, START + 20 * MINUTE
    window = Window(
        name="night", kind="quiet_hours", open_until=lambda at: closes if opens <= at < closes else None
    )
    found = played(
        scene(
            ("person:bob",),
            ("person:ann",),
            windows=(window,),
            opens=lambda at: opens if at < opens else None,
        ),
        DOWN,
        minutes=21,
    )
    assert got(found) == [(2, "trigger", "bob", "mail"), (1200, "trigger", "bob", "mail")]


def test_a_parent_that_is_down_speaks_for_its_child():
    script = (do(0, "down", check="db"), DOWN, do(10, "up", check="db"), do(10, "up", check="shop"))
    found = played(scene(("person:bob",), graph=NEEDS_DATABASE), *script)
    assert got(found) == [(2, "trigger", "bob", "mail"), (600, "resolve", "bob", "mail")]
    assert found.state.incidents[1].title == "db is down"


@pytest.mark.parametrize(("minutes", "told"), [(9, 560), (10, 600), (59, 3560), (60, 3600)])
def test_a_child_that_stays_down_is_told_once_it_was_looked_at_again(minutes, told):
    checks = [check("shop", "store", interval=40 * SECOND), check("db", "database")]
    script = (do(0, "down", check="db"), DOWN, do(minutes, "up", check="db"))
    where = scene(("person:bob",), graph=NEEDS_DATABASE, checks=checks)
    pages = [seconds for seconds, kind, *_ in got(played(where, *script, minutes=62)) if kind == "trigger"]
    assert pages[-1] == told


def test_a_child_that_fails_alone_is_told_without_waiting_for_its_parent():
    found = played(scene(("person:bob",), graph=NEEDS_DATABASE), do(7.25, "down", check="shop"), minutes=10)
    assert got(found) == [(452, "trigger", "bob", "mail")]


def test_what_is_resolved_by_hand_and_still_fails_opens_again():
    found = played(scene(("person:bob",)), DOWN, do(3, "resolve", by="bob", note="fixed"), minutes=8)
    assert [(kind, m.incident) for (_, kind, *_), m in zip(got(found), found.messages, strict=True)] == [
        ("trigger", 1), ("resolve", 1), ("trigger", 2),
    ]  # fmt: skip


def test_a_check_that_flaps_is_not_told_each_time():
    script = [do(n, "up" if n % 2 else "down", check="shop") for n in range(40)]
    where = scene(("person:bob",), checks=[check("shop", "store", failures=1)])
    assert 5 < len(got(played(where, *script))) < 30


def test_what_is_not_confirmed_is_not_told():
    assert got(played(scene(), DOWN, do(1 / 60, "up", check="shop"))) == []


def test_a_command_without_an_incident_is_refused():
    found = played(scene(), do(1, "ack", by="ann"))
    assert found.refused == ("after 1 min: acknowledged by ann: there is no open incident then",)


def test_without_a_policy_the_routes_tell():
    found = played(scene(policies={}, routed=lambda _alert: ("channel:mail",)), DOWN, minutes=5)
    assert [(m.to, m.reason) for m in found.messages] == [("channel:mail", "by a route")]


def test_a_route_beside_a_policy_tells_once():
    where = scene(("person:bob",), routed=lambda _alert: ("channel:chat",))
    assert [(m.to, m.reason) for m in played(where, DOWN, minutes=4).messages] == [
        ("person:bob", "level 0 of default"),
        ("channel:chat", "level 0 of default, by a route"),
    ]


def test_the_policy_of_the_service_is_the_one():
    own = Policy(name="own", levels=(Level(to=("person:boss",)),))
    assert played(scene(policies={"default": own}), DOWN, minutes=1).messages[0].reason == "level 0 of own"


def test_a_day_of_a_check_that_is_probed_ten_times_a_second_is_a_few_hundred_steps():
    where = scene(("person:bob",), checks=[check("shop", "store", interval=SECOND // 10)])
    found = played(where, DOWN, do(23 * 60, "up", check="shop"), minutes=DAY // MINUTE)
    assert len(found.events) < 500
    assert got(found)[-1][:2] == (23 * 3600, "resolve")


actions = st.lists(
    st.builds(
        do,
        st.integers(0, 60),
        st.sampled_from(["down", "up", "ack", "resolve", "silence", "restart", "channel_down", "channel_up"]),
        check=st.just("shop"),
        channel=st.sampled_from(["mail", "sms"]),
        for_=st.sampled_from([None, 5 * MINUTE]),
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(actions)
def test_any_script_has_the_same_end_each_time_and_nobody_hears_of_an_end_unheard(script):
    where = scene(graph=NEEDS_DATABASE)
    found = played(where, *script)
    assert got(found) == got(played(where, *script))
    assert [m.at for m in found.messages] == sorted(m.at for m in found.messages)
    told = set()
    for message in found.messages:
        assert START <= message.at < found.end
        if message.kind == "resolve":
            assert (message.incident, message.to) in told
        told.add((message.incident, message.to))
