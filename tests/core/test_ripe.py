"""What comes due."""

from tests.core.alert_play import (
    START,
    desk,
    fire,
    op,
)

from slawatch.core.command import Ack
from slawatch.core.dispatch import (
    Ended,
    Started,
    due,
)  # fmt: skip
from slawatch.core.instant import HOUR, MINUTE, SECOND


@op("008")
def test_overdue_timers_wait_for_the_first_results(case):
    made = desk()
    made.do(fire())
    made.now += 2 * HOUR
    made.grace = made.now + 60 * SECOND
    made.do(Started(START))
    assert made.got() == [(0, "trigger", "ann")]
    assert due(made.state, made.world()) == made.grace
    made.do(Ended("shop"))
    assert made.got()[1:] == [(7200, "resolve", "ann")]


@op("018", "019")
def test_after_a_suspend_the_overdue_level_fires_once_and_late(case):
    made = desk()
    made.do(fire())
    made.now += 2 * HOUR
    made.tick()
    assert made.got() == [(0, "trigger", "ann"), (7200, "trigger", "bob")]
    row = made.received[-1][1]
    assert (row.reason, row.detail) == ("late", "late by 1 h 55 min")


@op("013")
def test_an_ack_that_expired_while_down(case):
    made = desk(ack_timeout=30 * MINUTE)
    made.do(fire()).do(Ack(by="person:eve", incident=1))
    made.now += 70 * MINUTE
    made.do(Started(START))
    told = [
        (who, row.reason) for (_, _, who), (_, row) in zip(made.got(4200), made.received[-2:], strict=True)
    ]
    assert told == [("eve", "acknowledgement expired"), ("ann", "acknowledgement expired")]
    assert all(row.late == 40 * MINUTE for _, row in made.received[-2:])


@op("061")
def test_all_but_one_are_over(case):
    made = desk()
    for name in "abc":
        made.give(fire(name))
    made.tick()
    made.at(61).do(Ended("a"), Ended("b"))
    assert made.got(1) == [(61, "update", "ann")]
    assert made.incident().open


def test_a_member_that_came_and_went_between_two_flushes_is_not_told():
    made = desk(group_interval=5 * MINUTE)
    made.do(fire("a"))
    made.at(10).do(fire("b"))
    made.at(20).do(Ended("b"))
    made.at(299)
    assert made.got(1) == []


@op("074", "075")
def test_the_reminder_of_an_ack_and_its_extension(case):
    made = desk(ack_timeout=30 * MINUTE)
    made.do(fire()).do(Ack(by="person:ann", incident=1))
    made.at(1501)
    assert made.got(1) == [(1500, "reminder", "ann")]
    made.at(1600).do(Ack(by="person:ann", incident=1))
    made.at(1600 + 1500 + 1)
    assert made.got(1501) == [(3100, "reminder", "ann")]
    made.at(1600 + 1801)
    assert made.got(3200) == [(3400, "trigger", "ann")]


@op("078")
def test_an_exhausted_escalation_reminds_every_day(case):
    made = desk().do(fire())
    made.at(600 + 2 * 86400 + 1)
    assert made.got(601) == [
        (600 + 86400 * day, "reminder", who) for day in (1, 2) for who in ("boss", "bob")
    ] or sorted(made.got(601)) == sorted(
        (600 + 86400 * day, "reminder", who) for day in (1, 2) for who in ("boss", "bob")
    )
    made.do(Ack(by="person:bob", incident=1, origin="cli"))
    assert made.incident().shown == "acked"
