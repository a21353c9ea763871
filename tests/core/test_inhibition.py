"""Inhibition, against Alertmanager's tests."""

import pytest
from tests.core.alert_play import cases

from slawatch.core.inhibition import Inhibition, inhibitor
from slawatch.core.matcher import Matcher


def side(found):
    return tuple(
        Matcher(label, "!=", value[2:]) if value.startswith("!=") else Matcher(label, "=", value)
        for label, value in found.items()
    )


@pytest.mark.parametrize("case", cases("inhibition"), ids=lambda c: c["id"].split("/")[1])
def test_published(case):
    rules = [
        Inhibition(
            source=side(rule["source"]), target=side(rule["target"]), equal=tuple(rule.get("equal", ()))
        )
        for rule in case.get("rules", [{"source": {}, "target": {}, "equal": case.get("equal", ())}])
    ]
    firing = [
        (str(i), found.get("labels", found))
        for i, found in enumerate(case.get("sources", ()))
        if found.get("active", True)
    ]
    if "rules" not in case:
        rules = [Inhibition(source=side({"zzz": "src"}), target=(), equal=tuple(case["equal"]))]
        firing = [(name, {**labels, "zzz": "src"}) for name, labels in firing]
    if "sequence" in case:
        source = {"s": "1", "e": "f"}
        fires = "source fires" in case["sequence"] and "source resolves" not in case["sequence"]
        firing = [("source", source)] if fires else []
    assert (inhibitor(rules, firing, case["target"]) is not None) == case["expect"]


def test_an_alert_does_not_inhibit_itself():
    rule = Inhibition(source=side({"severity": "critical"}), target=side({"service": "shop"}))
    labels = {"severity": "critical", "service": "shop"}
    assert inhibitor([rule], [("other", labels)], labels) is None
