"""What alerts and suppression do to incidents."""

import pytest
from tests.core.alert_play import (
    SILENCE,
    START,
    Reason,
    desk,
    fire,
    op,
)

from slawatch.core.command import Ack
from slawatch.core.dispatch import (
    Ended,
    FlappingEnded,
    FlappingStarted,
    SeverityChanged,
    Stale,
    Started,
    Tick,
)  # fmt: skip
from slawatch.core.incident import Phase
from slawatch.core.instant import HOUR, SECOND
from slawatch.core.outbox import ready


@op("009", "062")
def test_withheld_when_decided_and_again_when_sent(case):
    made = desk()
    made.reasons["shop"] = SILENCE
    made.do(fire())
    assert made.got() == []
    made = desk()
    made.give(fire())
    made.give(Tick())
    made.reasons["shop"] = SILENCE
    made.tick()
    assert made.got() == []
    assert [row.why for row in made.state.rows.values()] == ["suppressed"]
    made.reasons.clear()
    made.at(60).tick()
    assert made.got() == [(60, "trigger", "ann")]
    assert made.received[0][1].reason == "silence ended"


@op("010", "011", "032", "066")
def test_a_suppression_that_ended_while_down(case):
    made = desk()
    made.reasons["shop"] = (Reason("maintenance", "w"),)
    made.do(fire())
    made.reasons.clear()
    made.now += 1800 * SECOND
    made.do(Started(START))
    assert made.got() == [(1800, "trigger", "ann")]
    assert made.received[0][1].reason == "maintenance ended"


@op("067", "065")
def test_overlapping_windows_are_told_once_at_the_last_end(case):
    made = desk()
    made.reasons["shop"] = (Reason("maintenance", "a", until=START + 2 * HOUR),)
    made.do(fire())
    made.at(3600)
    made.reasons["shop"] = (*made.reasons["shop"], Reason("maintenance", "b"))
    made.tick()
    made.at(7200)
    made.reasons["shop"] = (Reason("maintenance", "b"),)
    made.tick()
    assert made.got() == []
    made.at(3 * 3600)
    made.reasons.clear()
    made.tick()
    assert made.got() == [(10800, "trigger", "ann")]


@op("030")
def test_a_removed_check_ends_quietly(case):
    made = desk()
    made.do(fire()).do(Ended("shop", "removed from the config", removed=True))
    assert made.received[-1][1].quiet
    assert made.received[-1][1].reason == "check removed"


@op("052", "053", "054", "055", "056")
def test_flapping(case):
    made = desk()
    made.do(fire())
    made.at(10).do(FlappingStarted("shop")).do(FlappingStarted("shop"))
    assert made.got(1) == [(10, "update", "ann")]
    made.at(20).do(FlappingEnded("shop"))
    assert made.got(11) == []
    made.at(30).do(FlappingStarted("shop")).do(Ack(by="person:ann", incident=1))
    made.at(40).do(FlappingEnded("shop"))
    assert made.incident().state is Phase.ACKED
    made.at(50).do(Ended("shop"))
    assert made.got(45) == [(50, "resolve", "ann")]


def test_an_alert_that_flaps_while_it_is_well_is_told_when_it_fires():
    made = desk().do(FlappingStarted("shop"))
    assert made.received == []
    made.do(fire())
    assert made.got() == [(0, "trigger", "ann")]


@op("057")
def test_fifty_children_are_explained_by_their_parent(case):
    made = desk()
    children = [f"c{i}" for i in range(50)]
    for child in children:
        made.reasons[child] = (Reason("dependency", "parent", until=START + 60 * SECOND),)
        made.give(fire(child, service=""))
    made.at(20).do(fire("parent", service="parent"))
    for child in children:
        made.reasons[child] = (Reason("dependency", "parent"),)
    made.tick()
    assert made.got() == [(20, "trigger", "ann")]
    assert sorted(made.incident().children) == sorted(children)
    assert len(made.state.incidents) == 1


@op("058")
def test_children_that_were_told_are_merged(case):
    made = desk()
    for i in range(3):
        made.do(fire(f"c{i}", service=f"s{i}"))
    made.at(20)
    for i in range(3):
        made.reasons[f"c{i}"] = (Reason("dependency", "parent"),)
    made.do(fire("parent", service="parent"))
    assert [kind for _, kind, _ in made.got(20)] == ["trigger"], "the page of the parent says it all"
    assert [made.incident(n).state for n in (1, 2, 3)] == [Phase.MERGED] * 3
    assert made.incident(4).merged == (1, 2, 3)
    made.at(2000)
    assert [who for _, kind, who in made.got(21) if kind == "trigger"] == ["bob"]
    made.do(Ack(by="x", incident=1))
    assert "part of incident 4" in made.refused()[-1]


@op("059")
def test_children_that_stay_bad_are_told_after_their_parent(case):
    made = desk(("person:ann",))
    made.do(fire("parent", service="parent"))
    for child in ("a", "b"):
        made.reasons[child] = (Reason("dependency", "parent"),)
        made.do(fire(child, service=child))
    made.at(60).do(Ended("parent"))
    made.reasons.clear()
    made.at(61).tick()
    assert made.got(60) == [(60, "resolve", "ann"), (61, "trigger", "ann"), (61, "trigger", "ann")]


@op("060")
def test_an_alert_that_joins_an_acked_incident(case):
    made = desk()
    made.do(fire("a")).do(Ack(by="person:ann", incident=1))
    made.at(120).do(fire("b"))
    assert made.got(100) == [(120, "update", "ann")]
    made.at(130).do(fire("c", "critical"))
    assert made.incident().state is Phase.TRIGGERED
    assert made.got(130) == [(130, "trigger", "ann")]


@op("071")
def test_a_muted_member_is_never_said_to_be_over(case):
    made = desk(("person:ann",))
    made.give(fire("a"))
    made.do(fire("b"))
    made.reasons["a"] = SILENCE
    made.at(61).tick()
    made.do(Ended("b"))
    assert made.incident().open
    assert made.incident().suppressed == ("silence",)
    made.at(200)
    made.reasons.clear()
    made.tick()
    assert [kind for _, kind, _ in made.got(100)] in (["update"], ["trigger"])


def test_severity():
    made = desk(group_wait=None).do(fire(severity="medium"))
    assert made.got() == [], "others may follow"
    made.at(2).do(SeverityChanged("shop", "critical"))
    assert made.got() == [(2, "trigger", "ann")]
    made.at(3).do(SeverityChanged("shop", "low"))
    assert made.incident().severity == "critical"
    assert len(made.received) == 1


def test_routes_are_told_beside_the_policy():
    made = desk(("person:ann",))
    made.routes = {"high": ("channel:mail",), "critical": ("channel:mail", "channel:hook")}
    made.do(fire())
    assert made.got() == [(0, "trigger", "ann"), (0, "trigger", "channel:mail")]
    made.at(5).do(SeverityChanged("shop", "critical"))
    assert (5, "trigger", "channel:hook") in made.got()
    made.policies = {}
    made.do(fire("bare", service="bare"))
    made.at(16)
    assert (15, "trigger", "channel:mail") in made.got(), "without any policy the routes are the policy"


def test_no_data_does_not_end_an_alert():
    made = desk().do(fire()).do(Stale("shop"))
    assert made.state.alerts["shop"].stale
    assert made.state.alerts["shop"].firing
    assert made.incident().open


def test_old_incidents_are_forgotten_with_all_that_is_theirs():
    made = desk(("person:ann",)).do(fire()).do(Ended("shop"))
    made.keep = HOUR
    made.at(3599).tick()
    assert made.state.incidents
    made.at(3601).tick()
    assert not made.state.incidents
    assert not made.state.rows
    assert not made.state.alerts


@op("043", "044", "045")
def test_a_storm(case):
    made = desk(("person:ann",))
    for i in range(300):
        made.give(fire(f"a{i}", service="a", labels=(("n", str(i)),)))
    made.give(fire("b", service="b"))
    made.give(Tick())
    first = ready(made.state.rows.values(), made.now)[:2]
    assert {row.service for row in first} == {"a", "b"}
    assert len(made.state.incidents) == 2, "one service is one incident"


@pytest.mark.parametrize(("pause", "reason"), [(HOUR, "dependency ended"), (60 * SECOND, "reopened")])
def test_a_child_whose_incident_is_over_is_told_when_it_fails_again_by_itself(pause, reason):
    made = desk(("person:ann",))
    made.do(fire("child", service="child"))
    made.at(60).do(Ended("child"))
    again = 60 + pause // SECOND
    made.at(again)
    made.reasons["child"] = (Reason("dependency", "parent", until=made.now + 10 * SECOND),)
    made.do(fire("child", service="child"))
    assert made.got(again) == [], "its parent is asked first"
    made.reasons.clear()
    made.at(again + 10).tick()
    assert made.got(again) == [(again + 10, "trigger", "ann")]
    assert made.received[-1][1].reason == reason


def test_a_parent_of_another_organisation_speaks_for_nobody_else():
    made = desk()
    made.do(fire("parent", service="db", organization="acme"))
    made.reasons["c"] = (Reason("dependency", "parent"),)
    made.at(10).do(fire("c", service="shop", organization="beta"))
    assert made.incident().children == ()
    made.reasons.clear()
    made.at(20).do(fire("d", service="shop", organization="beta"))
    mine = made.state.alerts["d"].incident
    made.reasons["d"] = made.reasons["c"] = (Reason("dependency", "parent"),)
    made.at(30).tick()
    assert made.state.incidents[mine].state is Phase.TRIGGERED
    assert made.state.incidents[mine].suppressed == ("dependency",)
    assert made.state.incidents[mine].merged_into is None


def test_who_waited_for_a_parent_that_is_well_is_told_without_that_for_a_reason():
    made = desk()
    made.reasons["c"] = (
        Reason("dependency", "parent", "parent is being checked", START + 4 * SECOND, waits=True),
    )
    made.do(fire("c"))
    assert made.got() == []
    made.reasons.clear()
    made.at(1).tick()
    assert made.got() == [(1, "trigger", "ann")]
    assert made.received[0][1].reason == ""
