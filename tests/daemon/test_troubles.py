"""What is wrong with slawatch itself."""

import pytest

from slawatch.answers.view import Live
from slawatch.core.channel import Standing
from slawatch.core.instant import HOUR, MINUTE, SECOND
from slawatch.core.signal import Look
from slawatch.daemon.troubles import Troubles

NOW = 1_800_000_000 * SECOND
WELL = Live(since=NOW, probers=2, counters={0: {}, 1: {}})


def look_at(troubles, live=WELL, channels=None, now=NOW, steady=0):
    look = Look()
    troubles.look(live, channels or {}, now, steady, look)
    assert {finding.policy for finding in look.wrong} <= {"(meta)"}
    return {dict(one.labels)["trouble"]: one for one in look.wrong}, look.fine


def test_all_is_well():
    wrong, fine = look_at(Troubles(), channels={"mail": Standing("ok", NOW)})
    assert wrong == {}
    assert 'slawatch{kind="meta",trouble="store"}' in fine
    assert 'slawatch{kind="meta",trouble="channel mail"}' in fine


def test_a_restart_mends_no_channel():
    troubles = Troubles()
    name = 'slawatch{kind="meta",trouble="channel mail"}'
    unproved = {"mail": Standing("ok", NOW, proved=False)}
    assert name not in look_at(troubles, channels=unproved)[1]
    failing = {"mail": Standing("failing", NOW, "refused", proved=False)}
    assert name not in look_at(troubles, channels=failing, steady=MINUTE)[1]
    assert name in look_at(troubles, channels={"mail": Standing("ok", NOW)}, steady=2 * MINUTE)[1]


def test_a_channel_that_did_nothing_wrong_for_an_hour_is_well():
    troubles = Troubles()
    unproved = {"mail": Standing("ok", NOW, proved=False)}
    name = 'slawatch{kind="meta",trouble="channel mail"}'
    assert name not in look_at(troubles, channels=unproved)[1]
    assert name not in look_at(troubles, channels=unproved, steady=HOUR - 1)[1]
    assert name in look_at(troubles, channels=unproved, steady=HOUR)[1]


def test_a_store_that_takes_nothing():
    trouble = ("results wait to be stored: the disk is full",)
    live = Live(since=NOW, trouble=trouble, lag=90 * SECOND, queued=40, probers=0)
    wrong, _ = look_at(Troubles(), live)
    assert wrong["store"].title == "slawatch: results wait to be stored: the disk is full"
    assert (wrong["store"].actual, wrong["store"].severity) == ("40 since 1 min 30 s", "high")
    assert look_at(Troubles(), Live(since=NOW, trouble=trouble, lag=59 * SECOND))[0] == {}


def test_lost_samples_are_told_for_an_hour_after_the_last():
    troubles = Troubles()
    lost = Live(since=NOW, lost=3)
    assert "lost" in look_at(troubles, lost)[0]
    assert "lost" in look_at(troubles, lost, steady=HOUR - 1)[0]
    assert "lost" not in look_at(troubles, lost, steady=HOUR)[0]
    assert look_at(troubles, Live(since=NOW, lost=4), steady=HOUR)[0]["lost"].actual == "4"


def test_probers_that_do_not_come_back():
    troubles = Troubles()
    short = Live(since=NOW, probers=2, counters={1: {}})
    assert look_at(troubles, short)[0] == {}
    wrong, _ = look_at(troubles, short, steady=10 * SECOND)
    assert wrong["probers"].severity == "critical"
    assert look_at(troubles, WELL, steady=11 * SECOND)[0] == {}
    assert look_at(troubles, short, steady=12 * SECOND)[0] == {}


def test_a_refused_configuration():
    troubles = Troubles()
    troubles.refused = ("a.toml:3: no such key", "a.toml:9: no such key")
    wrong, _ = look_at(troubles)
    assert wrong["config"].actual == "a.toml:3: no such key (and 1 more)"
    troubles.refused = ()
    assert look_at(troubles)[0] == {}


@pytest.mark.parametrize(("now", "told"), [(NOW, False), (1_500_000_000 * SECOND, True), (0, True)])
def test_a_clock_before_2020(now, told):
    assert ("clock" in look_at(Troubles(), now=now)[0]) is told


def test_rules_that_cannot_be_evaluated():
    troubles = Troubles()
    troubles.blind = "the store took too long"
    assert look_at(troubles)[0] == {}
    wrong, _ = look_at(troubles, steady=2 * MINUTE)
    assert wrong["rules"].actual == "the store took too long"


@pytest.mark.parametrize(
    ("state", "told"), [("failing", False), ("open", True), ("misconfigured", True), ("disabled", True)]
)
def test_a_channel_through_which_nothing_goes(state, told):
    troubles, channels = Troubles(), {"mail": Standing(state, NOW, why="refused", queued=2)}
    assert look_at(troubles, channels=channels)[0] == {}
    wrong, _ = look_at(troubles, channels=channels, steady=MINUTE)
    assert ("channel mail" in wrong) is told
    if told:
        assert wrong["channel mail"].actual == "refused; 2 messages wait"
    # One that is removed is no trouble any more.
    _, fine = look_at(troubles, steady=2 * MINUTE)
    assert 'slawatch{kind="meta",trouble="channel mail"}' in fine


@pytest.mark.parametrize(
    ("state", "why"), [("failing", "503"), ("ok", "more was to be told than the channel takes")]
)
def test_messages_that_wait_for_long(state, why):
    channels = {
        "mail": Standing(state, NOW, "503" if state == "failing" else "", 4, 0, NOW - 15 * MINUTE + 1)
    }
    assert look_at(Troubles(), channels=channels)[0] == {}
    wrong, _ = look_at(Troubles(), channels=channels, now=NOW + 1)
    assert wrong["channel mail"].title == "slawatch: messages through the channel mail are late"
    assert wrong["channel mail"].actual == f"the first since 15 min; {why}"


def test_a_broken_template_is_told_though_messages_go_their_way():
    channels = {"mail": Standing("ok", NOW, warning="the template title.txt cannot be used")}
    wrong, _ = look_at(Troubles(), channels=channels)
    assert (wrong["channel mail"].severity, wrong["channel mail"].actual) == (
        "medium", "the template title.txt cannot be used",
    )  # fmt: skip


def test_what_comes_and_goes_begins_once_an_hour_at_most():
    troubles = Troubles()
    down, well = {"mail": Standing("open", NOW, "503")}, {"mail": Standing("ok", NOW)}
    told = []
    for minute in range(130):
        channels = down if minute % 10 < 5 else well
        wrong, fine = look_at(troubles, channels=channels, steady=minute * MINUTE)
        assert ("channel mail" in wrong) is not ('slawatch{kind="meta",trouble="channel mail"}' in fine)
        told.append("channel mail" in wrong)
    begins = [minute for minute in range(1, 130) if told[minute] and not told[minute - 1]]
    assert begins == [1, 61, 121]
    misconfigured = {"mail": Standing("ok", NOW, warning="a template")}
    assert "channel mail" in look_at(troubles, channels=misconfigured, steady=129 * MINUTE)[0]
