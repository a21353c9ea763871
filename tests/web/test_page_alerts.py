"""The lines of alerts: what fires first, and why nobody is told."""

from dataclasses import replace
from pathlib import Path

import pytest

from slawatch.config.load import Config, load
from slawatch.core.command import Resolve
from slawatch.core.dispatch import Ended
from slawatch.core.instant import MINUTE, SECOND
from slawatch.core.matcher import matches, parse
from slawatch.core.suppress import labels_of
from slawatch.web.page_alerts import alert_line, alert_lines, untold

from .conftest import NOW
from .duty import DUTY, REASON, Duty


@pytest.fixture
def config(tmp_path: Path) -> Config:
    path = tmp_path / "slawatch.toml"
    path.write_text(DUTY)
    return load(path, env={})


@pytest.fixture
def duty(config: Config) -> Duty:
    found = Duty(config, NOW - 10 * MINUTE)
    found.fire()
    return found


def test_alerts_that_fire_come_first(duty: Duty) -> None:
    duty.fire("shop-home", severity="low")
    duty.give(Ended("shop-db"), at=NOW)
    lines = alert_lines(duty.state.alerts.values())
    assert [(line.check, line.firing) for line in lines] == [("shop-home", True), ("shop-db", False)]
    assert lines[1].actual == REASON


def test_that_nobody_was_told_is_said(config: Config) -> None:
    duty = Duty(config, NOW - 10 * MINUTE)
    duty.fire("api-a", "api", at=NOW - 10 * MINUTE)
    duty.give(at=NOW - 9 * MINUTE)
    assert untold(duty.state) == {}, "the policy named default calls for all that have none of their own"
    duty.give(Resolve(by="x", incident=1), at=NOW - 9 * MINUTE + SECOND)
    assert untold(duty.state)["api-a"] == "its incident was resolved by hand a moment ago"


def test_a_silence_of_an_alert_matches_it_and_stays_right_while_it_changes(duty: Duty) -> None:
    (found,) = duty.state.alerts.values()
    assert alert_line(found).match == 'check="shop-db"'
    ruled = replace(found, check="", labels=(("agreement", "gold"), ("rule", "burn")))
    match = alert_line(ruled).match
    assert match == 'agreement="gold", rule="burn"'
    assert matches(parse(match), labels_of(ruled))
    assert alert_line(replace(found, check="")).match == 'service="shop"'
