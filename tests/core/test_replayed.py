"""What a replay came to, and two of them side by side."""

from dataclasses import replace
from typing import Any

import pytest
from tests.core.recorded import samples_of
from tests.core.stage import START, check, do, played, scene

from slawatch.core.instant import HOUR, MINUTE, SECOND
from slawatch.core.matcher import parse
from slawatch.core.replay import replay
from slawatch.core.replayed import Fired, Reached, Replayed, compare, summed_up
from slawatch.core.scenario import Scene
from slawatch.core.silence import Silence
from slawatch.core.workflow import Step, Workflow, named

OUTAGE = (do(0, "down", check="shop"), do(20, "up", check="shop"))


def made(where: Scene, *script: Any, start: int = 0, minutes: int = 60, **more: Any) -> Replayed:
    script = script or OUTAGE
    samples = samples_of(where, script, played(where, *script, minutes=60), START, HOUR)
    found = replay(where, samples, START, START + HOUR, **more)
    return summed_up(found, START + start * MINUTE, START + minutes * MINUTE)


def test_an_alert_says_when_it_fired_and_whom_it_reached() -> None:
    found = made(scene())
    (alert,) = found.alerts
    assert (alert.alert, alert.service, alert.severity, alert.incident) == ("shop", "store", "critical", 1)
    assert (alert.since, alert.at, alert.ended) == (START, START + 2 * SECOND, START + 20 * MINUTE)
    assert [(who.to, who.channel, (who.at - START) // SECOND, who.level) for who in alert.told] == [
        ("person:ann", "mail", 2, 0), ("person:ann", "sms", 122, 0), ("person:bob", "mail", 302, 1),
    ]  # fmt: skip


def test_an_incident_says_how_far_it_went() -> None:
    (one,) = made(scene(), ack_after=MINUTE).incidents
    assert (one.title, one.policy, one.levels, one.alerts) == ("shop is down", "default", 1, 1)
    assert (one.acked, one.ended) == (START + 62 * SECOND, START + 20 * MINUTE)
    assert not one.exhausted
    (one,) = made(scene()).incidents
    assert (one.levels, one.exhausted, one.acked) == (2, True, None)


def test_what_was_over_before_is_left_out_and_what_reaches_in_is_not() -> None:
    assert not made(scene(), start=21).alerts
    inside = made(scene(), start=10)
    assert len(inside.alerts) == len(inside.incidents) == 1
    assert [message.kind for message in inside.messages] == ["resolve", "resolve"]
    assert not made(scene(), do(30, "down", check="shop"), minutes=30).alerts


def test_an_alert_that_nobody_is_told_of_says_why() -> None:
    quiet = Silence(
        id="s", match=parse("check=shop"), author="ann", comment="c", start=START, end=START + 30 * MINUTE
    )
    (alert,) = made(scene(silences=(quiet,))).alerts
    assert alert.withheld == ("silence",)
    assert alert.told == ()


def test_what_workflows_do_is_told_too() -> None:
    where = scene()
    flows = named([Workflow(on="incident.opened", steps=(Step(run=("/bin/true",)),))])
    found = made(replace(where, world=replace(where.world, workflows=flows)))
    assert [text for _, text in found.workflows] == [
        "incident.opened: shop is down", "incident.opened, step 1 (run): as imagined",
    ]  # fmt: skip


def difference(old: Scene, new: Scene, *script: Any) -> Any:
    return compare(made(old, *script), made(new, *script), lambda at: f"{(at - START) // SECOND} s")


def test_the_same_config_makes_no_difference() -> None:
    found = difference(scene(), scene())
    assert (found.only_old, found.only_new, found.changed, found.same) == ((), (), (), 1)


def test_what_fires_under_one_of_them_only() -> None:
    later = scene(checks=[check("shop", "store", failures=100, retry_interval=30 * SECOND)])
    found = difference(scene(), later)
    assert [one.alert for one in found.only_old] == ["shop"]
    assert [one.alert for one in difference(later, scene()).only_new] == ["shop"]


def test_who_is_told_otherwise() -> None:
    found = difference(scene(), scene(("person:bob",), policy={"repeat": 1}))
    (one,) = found.changed
    assert one.differences == (
        "person:ann is not told any more through mail",
        "person:ann is not told any more through sms",
        "person:bob is told through mail at 2 s instead of 302 s",
    )


def test_when_it_fires_and_how_bad_it_is() -> None:
    sooner = scene(checks=[check("shop", "store", failures=2), check("db", "database")])
    sooner = replace(sooner, terms=sooner.terms._replace(down="high"))
    (one,) = difference(scene(), sooner).changed
    assert one.differences[0] == "fires at 1 s instead of 2 s"
    assert "is high instead of critical" in one.differences


def fired(**keys: Any) -> Fired:
    return Fired(**{
        "alert": "a", "check": "a", "service": "s", "severity": "high", "since": 10, "at": 20, "ended": 50,
        **keys,
    })  # fmt: skip


def side(*alerts: Fired) -> Replayed:
    return Replayed(0, 100, alerts, (), (), ())


@pytest.mark.parametrize(
    ("other", "line"),
    [
        ({"ended": None}, "still fires instead of ends at 50"),
        ({"withheld": ("quiet_hours",)}, "withheld by quiet hours instead of nothing"),
        ({"told": (Reached("person:b", "mail", 25, 0, 1),)}, "person:b is told through mail at 25"),
        (
            {"told": (Reached("person:a", "sms", 20, 0, 3),)},
            "person:a is told 3 times instead of 1 through sms",
        ),
    ],
)
def test_each_difference_is_a_line(other: dict[str, Any], line: str) -> None:
    mine = fired(told=(Reached("person:a", "sms", 20, 0, 1),))
    found = compare(side(mine), side(replace(mine, **other)), str)
    assert line in found.changed[0].differences


def test_only_alerts_of_a_common_time_are_one() -> None:
    found = compare(side(fired()), side(fired(since=50, at=60, ended=None)), str)
    assert (len(found.only_old), len(found.only_new)) == (1, 1)
    found = compare(side(fired(), fired(since=60, at=70, ended=90)), side(fired(ended=65)), str)
    assert (len(found.changed), len(found.only_old)) == (1, 1)
