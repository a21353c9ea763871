"""What a rehearsal warns of."""

from dataclasses import replace
from datetime import datetime

from tests.core.stage import SMS, START, do, played, rota, scene

from slawatch.core.holes import find
from slawatch.core.instant import HOUR
from slawatch.core.override import Override
from slawatch.core.suppress import Window
from slawatch.core.workflow import Step, Workflow, named

DOWN = do(0, "down", check="shop")
ACK = do(1, "ack", by="ann")


def warned(where, *script, minutes=30):
    return find(where, played(where, *script, minutes=minutes))


def test_a_scene_without_holes_warns_of_nothing():
    where = scene(people={"ann": (SMS._replace(after=0), SMS._replace(channel="mail"))})
    assert warned(where, DOWN, do(4, "ack"), do(20, "up", check="shop")) == ()


def test_a_level_with_nobody_and_the_gap_that_is_why():
    off = Override(person="ann", start=START, end=START + HOUR, kind="remove")
    found = warned(scene(schedules={"primary": rota(off)}), DOWN, do(1, "ack", by="bob"), minutes=20)
    assert found[:2] == (
        "after 2 s: level 0 of default has nobody (schedule:primary): it is skipped",
        "after 0 s: nobody is on call in primary for 20 min",
    )


def test_a_gap_that_comes_later_in_the_play():
    ends = rota(until=datetime(2026, 1, 1, 0, 10))
    assert "after 10 min: nobody is on call in primary for 20 min" in warned(
        scene(schedules={"primary": ends}), DOWN, ACK
    )


def test_somebody_without_a_contact():
    found = warned(scene(("person:bob",), people={"boss": ()}), DOWN, do(1, "ack", by="bob"))
    assert found[0] == "boss has no contact: nobody can tell them anything; write it in [people.boss]"


def test_nobody_hears_of_it_at_all():
    found = warned(scene(("person:who",), policy={"fallback": ()}), DOWN)
    assert found[0] == "nobody hears of incident 1 (shop is down)"
    assert found[2] == (
        "after 2 s: nobody on any level: and there is no fallback: write `fallback` in the policy"
    )


def test_one_channel_for_everything():
    assert warned(scene(("person:bob",)), DOWN, do(1, "ack"))[-1] == (
        "everything goes through mail: while that is down, nobody hears anything"
    )


def test_exhausted_with_nobody_acknowledging():
    assert warned(scene(), DOWN)[0] == (
        "after 10 min: every level of incident 1 was told and nobody has acknowledged: "
        "from here on there are reminders only"
    )


def test_quiet_hours_that_withhold():
    quiet = Window(
        name="night", kind="quiet_hours", reason="quiet hours night", open_until=lambda _at: START + HOUR
    )
    assert "after 2 s: nobody is told of shop for 59 min: quiet hours night" in warned(
        scene(windows=(quiet,)), DOWN
    )


def test_a_message_that_never_goes_out():
    found = warned(scene(("person:bob",)), do(0, "channel_down", channel="mail"), DOWN, minutes=4)
    assert "at the end a message to bob still waits: mail is down" in found


def test_what_could_not_happen_as_scripted():
    assert warned(scene(), do(1, "ack", by="ann"), minutes=5) == (
        "after 1 min: acknowledged by ann: there is no open incident then",
    )


def test_a_workflow_that_cannot_do_what_it_is_to():
    flow = Workflow(on="incident.opened", name="bridge", steps=(Step(notify="gone"),))
    where = scene(("person:bob",))
    world = replace(
        where.world, workflows=named([flow]),
        contacts=lambda recipient: () if recipient == "channel:gone" else where.world.contacts(recipient),
    )  # fmt: skip
    assert "after 2 s: workflow bridge: there is no channel gone" in warned(replace(where, world=world), DOWN)
