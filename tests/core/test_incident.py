"""Incidents: what is told of them by themselves."""

from slawatch.core.escalation import Level, Policy
from slawatch.core.incident import Incident, Phase, Timer, Told, rank

POLICY = Policy(levels=(Level(to=("person:a",)),))


def incident(**more):
    return Incident(
        id=1, title="t", group=(), policy=POLICY, severity="high", opened_at=0, changed_at=0, **more
    )


def test_timers_of_an_earlier_generation_are_dead_by_comparison():
    old, new = Timer("level", 1, 0, 10, 10), Timer("level", 2, 0, 20, 20)
    assert incident(generation=2, timers=(old, new)).live() == (new,)


def test_who_knows_of_it():
    told = (Told("a", "push", "trigger", 1, open=True), Told("b", "push", "resolve", 2, open=False))
    assert list(incident(told=told).knows()) == ["a"]


def test_the_state_as_people_read_it():
    assert incident(exhausted=True).shown == "triggered (exhausted)"
    assert incident(state=Phase.ACKED, exhausted=True).shown == "acked"
    assert incident(state=Phase.SNOOZED).open
    assert not incident(state=Phase.MERGED).open


def test_the_order_of_severities():
    assert sorted(["critical", "info", "medium", "low", "high"], key=rank) == [
        "info",
        "low",
        "medium",
        "high",
        "critical",
    ]
    assert rank("odd") < rank("info")
