"""Checks without results."""

from pathlib import Path

import pytest

from slawatch.answers.view import Live, LiveCheck
from slawatch.config.model import Config
from slawatch.core.check import Check, Service
from slawatch.core.instant import HOUR, MINUTE, SECOND
from slawatch.core.sample import Outcome
from slawatch.core.signal import Look
from slawatch.daemon.missing import EXCUSED, Missing, limit, name_of

NOW = 1_800_000_000 * SECOND
LIMIT = 75 * SECOND


def config(count=1, kind="tcp"):
    checks = {
        name: Check(name=name, service="shop", type=kind, options=None)
        for name in (f"c{n}" for n in range(count))
    }
    services = {"shop": Service(name="shop", organization="acme", escalation="night")}
    return Config(path=Path("x"), data_dir=Path("/"), services=services, checks=checks)


def live(samples, outcome=Outcome.UP, *, probers=1, running=1, reason=""):
    checks = {
        name: LiveCheck(outcome=None if at is None else outcome, last_sample=at, holds=MINUTE, reason=reason)
        for name, at in samples.items()
    }
    return Live(since=NOW, checks=checks, probers=probers, counters={n: {} for n in range(running)})


class Play:
    """A daemon whose clocks are turned by hand."""

    def __init__(self, made):
        self.config = made
        self.missing = Missing()
        self.now, self.steady = NOW, 0

    def look(self, samples, after=0, *, wall=None, **more):
        self.steady += after
        self.now += after if wall is None else wall
        found = Look()
        self.missing.look(self.config, live(samples, **more), self.now, self.steady, found)
        return found


def names(look):
    return [finding.fingerprint for finding in look.wrong]


def test_a_daemon_that_stood_still_heard_nobody():
    play = Play(config())
    play.look({"c0": NOW})
    play.missing.excuse(HOUR)
    assert names(play.look({"c0": NOW}, HOUR + LIMIT - 1)) == []
    assert names(play.look({"c0": NOW}, 1)) == [name_of("c0")]


def test_two_intervals_and_a_timeout_without_a_result():
    play = Play(config())
    assert names(play.look({"c0": NOW})) == []
    assert names(play.look({"c0": NOW}, LIMIT - 1)) == []
    look = play.look({"c0": NOW}, 1)
    (found,) = look.wrong
    assert (found.fingerprint, found.check, found.service, found.organization, found.policy) == (
        'c0{kind="no_data"}', "c0", "shop", "acme", "night",
    )  # fmt: skip
    assert (found.severity, found.actual, found.threshold) == ("high", "none for 1 min 15 s", "> 1 min 15 s")
    assert found.since == NOW
    # Its own alert, if it fires, is stale; it does not end.
    assert look.silent == ["c0"]
    look = play.look({"c0": play.now}, SECOND)
    assert name_of("c0") in look.fine
    assert look.fresh == ["c0"]


def test_a_check_that_never_had_a_sample():
    play = Play(config())
    play.look({"c0": None})
    assert names(play.look({"c0": None}, LIMIT)) == [name_of("c0")]


def test_results_that_say_nothing_are_none():
    play = Play(config())
    play.look({"c0": NOW})
    for n in range(1, 4):
        look = play.look(
            {"c0": NOW + n * 25 * SECOND}, 25 * SECOND, outcome=Outcome.UNKNOWN, reason="no route"
        )
    assert look.wrong[0].actual == "none for 1 min 15 s: no route"


def test_a_heartbeat_that_waits_for_its_first_call_has_results():
    play = Play(config(kind="heartbeat"))
    for n in range(5):
        look = play.look({"c0": NOW + n * MINUTE}, MINUTE, outcome=Outcome.UNKNOWN)
    assert names(look) == []


@pytest.mark.parametrize("wall", [-HOUR, HOUR])
def test_a_clock_that_is_set_is_no_missing_result(wall):
    play = Play(config())
    play.look({"c0": NOW})
    assert names(play.look({"c0": NOW}, SECOND, wall=wall)) == []


def test_after_a_start_there_is_time_for_one_probe():
    play = Play(config())
    look = play.look({"c0": NOW - HOUR})
    assert names(look) == []
    assert name_of("c0") not in look.fine, "nothing was heard yet"
    assert names(play.look({"c0": NOW - HOUR}, 44 * SECOND)) == []
    assert names(play.look({"c0": NOW - HOUR}, SECOND)) == [name_of("c0")]


def test_missing_probers_are_told_first():
    play = Play(config())
    play.look({"c0": NOW})
    look = play.look({"c0": NOW}, LIMIT, probers=2, running=1)
    assert (names(look), look.silent) == ([], ["c0"])
    assert names(play.look({"c0": NOW}, EXCUSED, probers=2, running=1)) == [name_of("c0")]


def test_when_half_of_all_are_silent_it_is_told_once():
    play = Play(config(10))
    play.look({f"c{n}": NOW for n in range(10)})
    samples = {f"c{n}": NOW if n < 5 else NOW + LIMIT for n in range(10)}
    look = play.look(samples, LIMIT)
    (found,) = look.wrong
    assert found.fingerprint == 'slawatch{kind="meta",trouble="results"}'
    assert found.title == "slawatch has no results of 5 of 10 checks"
    assert (found.service, found.policy) == ("slawatch", "(meta)")
    four = {f"c{n}": NOW if n < 4 else play.now for n in range(10)}
    assert names(play.look(four, SECOND)) == [name_of(f"c{n}") for n in range(4)]


def test_a_check_that_is_gone_is_forgotten():
    play = Play(config(2))
    play.look({"c0": NOW, "c1": NOW})
    play.config = config(1)
    assert names(play.look({"c0": NOW + LIMIT, "c1": NOW}, LIMIT)) == []
    play.config = config(2)
    assert names(play.look({"c0": NOW + LIMIT, "c1": NOW}, SECOND)) == []


def test_the_limit_follows_the_check():
    check = Check(name="a", service="s", type="tcp", options=None, interval=10 * SECOND, timeout=3 * SECOND)
    assert limit(check) == 28 * SECOND
