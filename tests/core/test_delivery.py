"""What becomes of owed messages: sent, lost, given up, replaced."""

from tests.core.alert_play import (
    DOWN,
    NEVER,
    START,
    ann,
    desk,
    fire,
    op,
    rows,
)

from slawatch.core.command import Resolve
from slawatch.core.dispatch import (
    Answered,
    ChannelDown,
    ChannelUp,
    Claimed,
    ClockStepped,
    Ended,
    Reloaded,
    Retried,
    Started,
    Tick,
    due,
)  # fmt: skip
from slawatch.core.instant import HOUR, MINUTE, SECOND
from slawatch.core.notification import Delivery, Verdict
from slawatch.core.outbox import Stage, ready
from slawatch.core.turn import Contact


@op("001", "002")
def test_a_crash_loses_nothing_and_doubles_only_with_the_same_key(case):
    made = desk()
    made.give(fire())
    made.give(Tick())
    (row,) = ready(made.state.rows.values(), made.now)
    if case["id"].split("/")[1].startswith("001"):
        made.give(Claimed((row.key,)))
    made.now += 5 * SECOND
    made.give(Started(START))
    made.tick()
    made.at(40)
    made.tick()
    assert [r.key for _, r in made.received] == [row.key]
    assert made.state.rows[row.key].possible_duplicate == case["id"].split("/")[1].startswith("001")


@op("004")
def test_a_clean_stop_drops_no_row(case):
    made = desk(("person:ann", "person:bob", "person:eve"))
    made.give(fire())
    made.give(Tick())
    first = ready(made.state.rows.values(), made.now)[0]
    made.give(Claimed((first.key,)))
    made.now += HOUR // 2
    made.do(Started(START))
    assert sorted(who for _, _, who in made.got()) == ["ann", "bob", "eve"]


@op("020")
def test_a_clock_behind_the_last_beat_keeps_the_rest(case):
    made = desk()
    made.do(fire())
    made.at(100)
    made.now -= HOUR
    made.do(Started(START + 100 * SECOND))
    assert due(made.state, made.world()) == made.now + 200 * SECOND
    assert [kind for _, kind, _ in made.got(-3600)] == ["trigger"]


@op("016", "017", "022")
def test_a_wall_step_moves_no_duration(case):
    for by in (HOUR, -HOUR):
        made = desk(ack_timeout=30 * MINUTE)
        made.do(fire())
        made.at(100)
        made.now += by
        made.do(ClockStepped(by))
        assert due(made.state, made.world()) == made.now + 200 * SECOND
        assert len(made.received) == 1


@op("027", "048")
def test_a_removed_person_is_skipped(case):
    made = desk()
    made.answers["mail"] = None
    made.give(fire())
    made.give(Tick())
    made.people["person:ann"] = ()
    made.answers.clear()
    made.do(Reloaded())
    assert made.got() == [(0, "trigger", "bob")]
    assert [row.why for row in rows(made, recipient="person:ann")] == ["person removed"]


@op("028")
def test_a_removed_channel_is_dead_and_the_next_is_used(case):
    made = desk()
    made.people["person:ann"] = (Contact("push"), Contact("sms", 120 * SECOND))
    made.answers["push"] = None
    made.give(fire())
    made.give(Tick())
    made.do(Reloaded(frozenset({"sms", "mail"})))
    assert [(row.channel, row.stage) for row in rows(made, recipient="person:ann")] == [
        ("push", "dead"),
        ("sms", "sent"),
    ]


@op("034", "035")
def test_the_same_reload_changes_nothing(case):
    made = desk()
    made.do(fire())
    before = made.state
    assert made.give(Reloaded(frozenset({"mail"}))) == ()
    assert made.state is before


@op("036")
def test_a_channel_that_is_down_delays_nobody(case):
    made = desk()
    made.people["person:ann"] = (Contact("push"), Contact("sms", 120 * SECOND))
    made.answers["push"] = DOWN
    made.do(fire())
    made.at(10).do(ChannelDown("push"))
    assert made.got() == [(10, "trigger", "ann")]
    made.at(301)
    assert made.got()[-1] == (300, "trigger", "bob")
    made.do(Resolve(by="x", incident=1), fire("other", service="other"))
    assert (301, "trigger", "ann") in made.got(), "the next contact is used at once while the first is down"


@op("037")
def test_a_dead_level_is_followed_by_the_next(case):
    made = desk(("person:ann", "person:eve"), ("person:bob",))
    made.people["person:bob"] = (Contact("sms"),)
    made.answers["mail"] = NEVER
    made.do(fire())
    assert made.got() == [(0, "trigger", "bob")]
    assert made.received[0][1].reason == "nobody could be reached on the level before"


def test_the_fallback_when_every_level_is_dead():
    made = desk(("person:ann",), ("person:bob",))
    made.people["person:boss"] = (Contact("voice"),)
    made.answers["mail"] = NEVER
    made.do(fire())
    assert made.got() == [(0, "trigger", "boss")]
    assert made.incident().exhausted


@op("038", "039")
def test_when_a_dead_network_is_back_the_present_is_told(case):
    made = desk(("person:ann",))
    made.answers["mail"] = None
    for i in range(20):
        made.give(fire(f"c{i}", service=f"s{i}"))
    made.tick()
    for i in range(5):
        made.give(Ended(f"c{i}"))
    made.at(1800)
    made.answers.clear()
    made.tick()
    assert len(made.received) == 15
    assert {row.kind for _, row in made.received} == {"trigger"}


def test_a_message_that_is_too_old_is_replaced_by_the_present():
    made = desk(("person:ann",))
    made.answers["mail"] = None
    made.do(fire())
    made.at(2 * 3600 + 1)
    assert [row.why for row in rows(made, stage=Stage.CANCELLED)] == ["ttl", "ttl"]
    made.answers.clear()
    made.tick()
    assert made.got() == [(7201, "trigger", "ann")]


@op("046")
def test_a_poison_message_is_dead_at_once_and_can_be_sent_again(case):
    made = ann()
    made.answers["mail"] = NEVER
    made.do(fire())
    (row,) = rows(made, recipient="person:ann")
    assert (row.stage, row.attempt, row.why) == (Stage.DEAD, 1, "permanent")
    made.answers.clear()
    made.do(Retried(row.key, HOUR))
    assert made.received[-1][1].key == row.key
    made.do(Retried(row.key, HOUR))
    assert "dead" in made.refused()[-1]


def test_an_answer_of_an_earlier_start_changes_nothing():
    made = ann()
    made.give(fire())
    made.give(Tick())
    (row,) = ready(made.state.rows.values(), made.now)
    made.give(Claimed((row.key,)))
    made.give(Started(START))
    before = made.state
    made.give(Answered(row.key, Delivery(verdict=Verdict.OK), 0))
    assert made.state == before
    assert made.events[-1].kind == "row.answered_late"


@op("042")
def test_a_throttle_is_no_attempt(case):
    made = ann()
    made.answers["mail"] = Delivery(verdict=Verdict.THROTTLE, retry_after=30 * SECOND)
    made.do(fire())
    (row,) = made.state.rows.values()
    assert (row.attempt, row.stage, row.not_before) == (0, Stage.RETRY_WAIT, START + 30 * SECOND)


def test_a_channel_that_is_up_again_is_used_at_once():
    made = ann()
    made.answers["mail"] = DOWN
    made.do(fire()).do(ChannelDown("mail"))
    made.answers.clear()
    made.at(5).do(ChannelUp("mail"))
    assert made.got() == [(5, "trigger", "ann")]
