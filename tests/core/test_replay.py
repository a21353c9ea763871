"""Stored samples under the rules: the same as the outage they came from, whatever was left out of them."""

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.core.recorded import samples_of
from tests.core.stage import START, check, do, got, played, scene

from slawatch.core.check import Check
from slawatch.core.instant import HOUR, MINUTE, SECOND
from slawatch.core.matcher import parse
from slawatch.core.replay import imagined, replay
from slawatch.core.sample import Outcome, Transition
from slawatch.core.scenario import Happening, Played, Scene
from slawatch.core.sifting import Sampled
from slawatch.core.silence import Silence

LENGTH = 2 * HOUR


def recorded(where: Scene, *script: Happening, minutes: int = 120) -> tuple[Played, list[Sampled]]:
    rehearsed = played(where, *script, minutes=minutes)
    return rehearsed, samples_of(where, script, rehearsed, START, minutes * MINUTE)


def again(where: Scene, samples: list[Sampled], minutes: int = 120, **more: Any) -> Played:
    return replay(where, samples, START, START + minutes * MINUTE, **more)


def test_what_was_rehearsed_is_replayed_from_its_samples() -> None:
    rehearsed, samples = recorded(scene(), do(0, "down", check="shop"), do(20, "up", check="shop"))
    assert got(again(scene(), samples)) == got(rehearsed)
    assert len(samples) > 400


def test_other_rules_other_alerts() -> None:
    script = (do(0, "down", check="shop"), do(1 / 30, "up", check="shop"))
    _, samples = recorded(scene(), *script)
    assert not again(scene(), samples).messages
    sooner = scene(checks=[check("shop", "store", failures=2), check("db", "database")])
    assert again(sooner, samples).messages
    assert not again(scene(checks=[check("db", "database")]), samples).messages


def test_nobody_acknowledges_unless_somebody_is_imagined() -> None:
    where = scene()
    _, samples = recorded(where, do(0, "down", check="shop"))
    assert "ack" not in [m.kind for m in again(where, samples, minutes=25).messages]
    found = again(where, samples, minutes=25, ack_after=3 * MINUTE)
    assert got(found) == [
        (2, "trigger", "ann", "mail"),
        (122, "trigger", "ann", "sms"),
        (182, "ack", "ann", "mail"),
    ]


def test_an_acknowledgement_that_expires_is_given_again() -> None:
    where = scene()
    _, samples = recorded(where, do(0, "down", check="shop"))
    acks = [m.at for m in again(where, samples, minutes=80, ack_after=3 * MINUTE).messages if m.kind == "ack"]
    assert len(acks) == 3


def test_somebody_acknowledges_what_only_a_channel_was_told() -> None:
    where = scene(policies={}, routed=lambda _alert: ("channel:chat",))
    _, samples = recorded(where, do(0, "down", check="shop"))
    found = again(where, samples, ack_after=MINUTE)
    assert found.state.incidents[1].acker == "somebody"


def test_silences_of_then_withhold() -> None:
    where = scene()
    _, samples = recorded(where, do(0, "down", check="shop"))
    quiet = Silence(
        id="s", match=parse("check=shop"), author="ann", comment="known", start=START,
        end=START + 30 * MINUTE,
    )  # fmt: skip
    found = again(replace(where, silences=(quiet,)), samples, minutes=31)
    assert [seconds for seconds, *_ in got(found)] == [1800]


def test_a_degraded_check_is_an_alert_where_the_config_says_so() -> None:
    where = scene()
    samples = [Sampled("shop", START + n * SECOND, Outcome.DEGRADED, 70 * SECOND) for n in range(5)]
    assert not again(where, samples).messages
    found = again(replace(where, terms=where.terms._replace(degraded="low")), samples)
    assert found.state.incidents[1].severity == "low"
    assert found.state.incidents[1].title == "shop is degraded"


CHECK: Check = check("shop", "store")


def changed(at: float, outcome: Outcome) -> Transition:
    return Transition(START + int(at * SECOND), outcome, None)


@given(
    st.lists(st.tuples(st.integers(1, 3000), st.sampled_from(list(Outcome))), max_size=8),
    st.integers(0, 5000),
    st.integers(1, 40),
)
def test_imagined_results_lead_to_the_record_they_come_from(
    runs: list[tuple[int, Outcome]], low: int, results: int
) -> None:
    at = 0.0
    changes: list[Transition] = []
    for length, outcome in runs:
        if not changes or changes[-1].outcome != outcome:
            changes.append(changed(at, outcome))
        at += length
    start, end = START + low * SECOND, START + 6000 * SECOND
    found = imagined(CHECK, changes, start, end, results)
    assert [seen.started_at for seen in found] == sorted(seen.started_at for seen in found)
    for seen in found:
        assert start <= seen.started_at < end
        assert seen.outcome == [c.outcome for c in changes if c.at <= seen.started_at][-1]
    for change in changes:
        if start <= change.at < end:
            assert change.at in [seen.started_at for seen in found]


def test_an_outage_of_which_only_the_record_is_left_is_replayed_too() -> None:
    rehearsed, _ = recorded(scene(), do(0, "down", check="shop"), do(20, "up", check="shop"))
    changes = [changed(0, Outcome.DOWN), changed(1200, Outcome.UP)]
    samples = imagined(CHECK, changes, START, START + LENGTH, 30)
    assert got(again(scene(), samples)) == got(rehearsed)
