"""Routes, against Alertmanager's routing tests."""

import pytest
from tests.core.alert_play import cases

from slawatch.core.grouping import key
from slawatch.core.matcher import Matcher
from slawatch.core.route import Route, recipients, routed
from slawatch.core.text import parse_duration


def route_of(found):
    match = [Matcher(label, "=", value) for label, value in found.get("match", {}).items()]
    match += [Matcher(label, "=~", value) for label, value in found.get("match_re", {}).items()]
    length = {
        ours: parse_duration(found[theirs]) if theirs in found else None
        for ours, theirs in (
            ("group_wait", "group_wait"),
            ("group_interval", "group_interval"),
            ("repeat", "repeat_interval"),
        )
    }
    return Route(
        match=tuple(match),
        channels=(found["receiver"],) if "receiver" in found else (),
        continue_=found.get("continue", False),
        group_by=tuple(found["group_by"]) if "group_by" in found else None,
        routes=tuple(route_of(child) for child in found.get("routes", ())),
        **length,
    )


@pytest.mark.parametrize("case", cases("routing"), ids=lambda c: c["id"].split("/")[1])
def test_published(case):
    tree = (route_of(case["tree"]),)
    if "alerts" in case:
        groups = {
            (to.channels, key("", labels, to.group_by or ()))
            for labels in case["alerts"]
            for to in routed(tree, labels)
        }
        assert len(groups) == case["expect_groups"]
        return
    found = routed(tree, case["labels"])
    assert [to.channels[0] for to in found] == [expected["receiver"] for expected in case["expect"]]
    for to, expected in zip(found, case["expect"], strict=True):
        if "group_labels" in expected:
            labels = sorted(f"{name}={value}" for name, value in expected["group_labels"].items())
            assert sorted(key("", case["labels"], to.group_by or ())[1:]) == labels
        if "group_by" in expected:
            assert sorted(to.group_by or ()) == expected["group_by"]
        for ours, theirs in (
            ("group_wait", "group_wait"),
            ("group_interval", "group_interval"),
            ("repeat", "repeat_interval"),
        ):
            if theirs in expected:
                assert getattr(to, ours) == parse_duration(expected[theirs])


def test_the_first_match_wins_unless_it_continues():
    mail = Route(severity="high", channels=("mail",))
    hook = Route(organizations=("acme",), channels=("hook",), continue_=True)
    rest = Route(channels=("chat",))
    labels = {"severity": "critical", "organization": "acme"}
    assert recipients((mail, hook, rest), labels) == ("channel:mail",)
    assert recipients((hook, mail, rest), labels) == ("channel:hook", "channel:mail")
    assert recipients((mail, rest), {"severity": "low"}) == ("channel:chat",)
    assert recipients((mail,), {"severity": "low"}) == ()
