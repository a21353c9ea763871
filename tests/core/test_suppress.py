"""Why nobody is told, and Nagios' filters by our own means."""

from dataclasses import replace

import pytest
from tests.core.alert_play import START, Desk, alert_of, cases

from slawatch.core.alert import Course, Reason, Settings, step
from slawatch.core.command import Ack
from slawatch.core.dependency import Dependency, Graph, Standing
from slawatch.core.dispatch import Ended, Fired, FlappingStarted
from slawatch.core.inhibition import Inhibition
from slawatch.core.instant import HOUR, MINUTE
from slawatch.core.matcher import parse
from slawatch.core.silence import Silence
from slawatch.core.suppress import Suppression, Window, explain, labels_of


def silence(match="service=shop"):
    return Silence(id="s1", match=parse(match), author="ann", comment="known", start=0, end=HOUR)


def test_all_reasons_at_once():
    alert = alert_of("shop-home")
    found = Suppression(
        silences=(silence(), silence("service=other")),
        windows=(Window(name="w", services=("shop",), open_until=lambda at: HOUR if at < HOUR else None),),
        inhibitions=(Inhibition(source=parse("check=router"), target=parse('check!=""')),),
        graph=Graph([Dependency("shop-home", "db")]),
        standings={"db": Standing(down=True)},
        firing=(alert, alert_of("router")),
        grace_until=lambda _alert: MINUTE,
    )
    reasons = found.reasons(alert, 10)
    assert [why.kind for why in reasons] == [
        "silence",
        "maintenance",
        "dependency",
        "inhibited",
        "start_grace",
    ]
    assert [why.by for why in reasons] == ["s1", "w", "db", "router", ""]
    assert reasons[0].until == HOUR
    assert [line["kind"] for line in explain(alert, reasons)] == [why.kind for why in reasons]
    assert [why.kind for why in found.reasons(alert, HOUR)] == ["dependency", "inhibited"]


def test_quiet_hours_do_not_keep_a_critical_alert():
    quiet = Window(name="night", kind="quiet_hours", severity="high", open_until=lambda _at: HOUR)
    found = Suppression(windows=(quiet,))
    assert found.reasons(alert_of(severity="high"), 0)
    assert not found.reasons(alert_of(severity="critical"), 0)


def test_a_window_of_labels_and_checks():
    window = Window(name="w", checks=("a",), match=parse("rack=7"), open_until=lambda _at: HOUR)
    labelled = replace(alert_of("a"), labels=(("rack", "7"),))
    assert window.covers(labelled, labels_of(labelled))
    assert not window.covers(alert_of("a"), labels_of(alert_of("a")))
    assert not window.covers(alert_of("b"), labels_of(alert_of("b")))


DIFFERENT = {
    "008-service-flapping-start": "flapping of what fires is told to those told; of what is well, to nobody",
    "033-host-downtime-start": "the start of maintenance is an event of the timeline, no message",
    "027-host-custom": "a note is written into the timeline; sending one is `channel test`",
}
SUPPRESSORS = ("global", "enabled", "downtime", "host_downtime", "options", "parents", "host")


@pytest.mark.parametrize("case", cases("notification_viability"), ids=lambda c: c["id"].split("/")[1])
def test_nagios_filters(case):
    given, name = case["given"], case["id"].split("/")[1]
    bad = given["state"] not in ("ok", "up")
    desk = Desk()
    if any(given.get(key, True) in (False, 1, "down", []) and key in given for key in SUPPRESSORS):
        desk.reasons["shop"] = (Reason("silence"),)
    if given["kind"] == "ack":
        desk.do(Ack(by="x", incident=1))
        assert desk.refused()
    elif given["type"] == "soft":
        course, changes = step(Course(), "critical", 0, Settings())
        assert (course.kind, changes[0].kind) == ("soft", "soft")
    elif given["kind"] == "flapping start":
        desk.do(FlappingStarted("shop"))
    elif given.get("acked"):
        desk.do(Fired(alert_of())).do(Ack(by="person:ann", incident=1))
        desk.received.clear()
        desk.do(Fired(alert_of()))
    elif "told_problem" in given:
        if not given["told_problem"]:
            desk.reasons["shop"] = (Reason("silence"),)
        desk.do(Fired(alert_of()))
        desk.received.clear()
        desk.at(10).do(Ended("shop"))
    elif bad:
        desk.do(Fired(alert_of()))
    if name in DIFFERENT:
        assert case["expect"], DIFFERENT[name]
        assert not desk.received, DIFFERENT[name]
    else:
        assert bool(desk.received) == case["expect"]
    assert desk.now >= START
