"""Rules on metrics in a replay: what is left out of the readings makes no difference."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slawatch.core.alert import Alert
from slawatch.core.check import Check, Service
from slawatch.core.dispatch import Ended, Fired, Tick, steps
from slawatch.core.gauging import Gauge, Judged, Reading, gauge, thin
from slawatch.core.instant import DAY, HOUR, MINUTE
from slawatch.core.rule import Rule, parse_condition
from slawatch.core.series import Series, series
from slawatch.core.turn import State, World

SERVICES = {"shop": Service(name="shop", organization="acme")}
CHECKS = {name: Check(name=name, service="shop", type="tcp", options=None) for name in ("home", "cart")}
MEMBERS = {"shop": ["home", "cart"]}


def watched(**keys: Any) -> Series:
    rule = Rule(**{"metric": "error_rate", "critical": parse_condition("> 20%"), **keys})
    return series(rule, SERVICES, CHECKS, {})[0]


def test_a_rule_on_samples_has_a_gauge() -> None:
    assert gauge(watched(hysteresis=10.0, warning=parse_condition("> 5%"), every=MINUTE), MEMBERS) == Gauge(
        "error_rate", ("home", "cart"), 5 * MINUTE, MINUTE, ((">", 20.0, 2.0), (">", 5.0, 0.5))
    )
    one = gauge(watched(checks=("cart",), missing="critical"), MEMBERS)
    assert one is not None
    assert (one.checks, one.missing) == (("cart",), True)


@pytest.mark.parametrize("metric", ["availability", "measure_last:disk"])
def test_a_rule_on_anything_else_has_none(metric: str) -> None:
    assert gauge(watched(metric=metric), MEMBERS) is None


@pytest.mark.parametrize(("length", "every"), [(DAY, 30 * MINUTE), (30 * DAY, 2 * HOUR)])
def test_a_long_window_is_not_read_too_often(length: int, every: int) -> None:
    found = gauge(watched(window=10 * HOUR), MEMBERS, length)
    assert found is not None
    assert found.every == every


VALUES = st.lists(
    st.one_of(st.none(), st.sampled_from([0.0, 4.0, 10.0, 17.0, 19.0, 21.0, 50.0])), max_size=40
)


@given(
    VALUES,
    st.sampled_from(["keep", "ok", "warning", "critical"]),
    st.sampled_from([0, 2 * MINUTE]),
    st.sampled_from([0.0, 15.0]),
    st.booleans(),
)
def test_readings_that_are_left_out_change_nothing(
    values: list[float | None], missing: Any, for_: int, hysteresis: float, warning: bool
) -> None:
    extra = {"warning": parse_condition("> 5%")} if warning else {}
    one = watched(missing=missing, for_=for_, hysteresis=hysteresis, **extra)
    found = gauge(one, MEMBERS)
    assert found is not None
    readings = [Reading(n * MINUTE, value) for n, value in enumerate(values)]
    fewer = thin(found, readings)
    assert played(one, fewer) == played(one, readings)
    assert set(fewer) <= set(readings)


def played(one: Series, readings: list[Reading]) -> list[Any]:
    judged, state, events = Judged({one.fingerprint: one}), State(), []
    for at, value in readings:
        inputs = judged.take([(one.fingerprint, value)], state.alerts, at)
        state, made = steps(state, (*inputs, Tick()), at, World())
        events += [
            (event.at, event.kind, event.subject, event.text) for event in made
            if event.kind.startswith("alert.") and event.kind not in ("alert.stale", "alert.fresh")
        ]  # fmt: skip
    return events


def test_an_alert_of_a_rule_fires_and_ends() -> None:
    one = watched(name="errors", runbook="https://wiki.example")
    judged = Judged({one.fingerprint: one})
    assert judged.take([(one.fingerprint, 3.0)], {}, 0) == ()
    (fired,) = judged.take([(one.fingerprint, 25.0)], {}, MINUTE)
    assert isinstance(fired, Fired)
    alert: Alert = fired.alert
    assert (alert.title, alert.severity, alert.service) == (
        "errors: error_rate of shop is 25% (> 20%)", "critical", "shop",
    )  # fmt: skip
    (over,) = judged.take([(one.fingerprint, 1.0)], {alert.fingerprint: alert}, 2 * MINUTE)
    assert isinstance(over, Ended)
