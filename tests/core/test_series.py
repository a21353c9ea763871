"""What a rule watches."""

import pytest
from tests.core.agreements import promise

from slawatch.core.check import Check, Service
from slawatch.core.instant import MINUTE
from slawatch.core.metric import UnknownMetric
from slawatch.core.rule import Rule, parse_condition
from slawatch.core.series import SELF, Whose, name_of, series

SERVICES = {
    "shop": Service(name="shop", organization="acme", escalation="night"),
    "mail": Service(name="mail"),
}
CHECKS = {
    name: Check(name=name, service=service, type="tcp", options=None)
    for name, service in (("shop-a", "shop"), ("shop-b", "shop"), ("mail-a", "mail"))
}
AGREEMENTS = {
    "gold": promise("shop"),
    "both": promise("shop", "mail", key="both", organization="other"),
}


def rule(metric="latency_p95", **more):
    return Rule(**{"metric": metric, "critical": parse_condition("> 1s"), **more})


def watched(one):
    return series(one, SERVICES, CHECKS, AGREEMENTS)


def test_a_rule_without_names_watches_every_service():
    found = watched(rule())
    assert [one.wish.whose for one in found] == [Whose("shop"), Whose("mail")]
    assert found[0].fingerprint == 'latency_p95{service="shop"}'
    assert (found[0].organization, found[0].policy, found[0].check) == ("acme", "night", "latency_p95")
    assert found[0].wish.window == 5 * MINUTE


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"services": ("mail",)}, [("mail", "")]),
        ({"organizations": ("acme",)}, [("shop", "")]),
        ({"checks": ("shop-b", "mail-a")}, [("shop", "shop-b"), ("mail", "mail-a")]),
        ({"services": ("shop",), "by": "check"}, [("shop", "shop-a"), ("shop", "shop-b")]),
        ({"services": ("shop",), "checks": ("mail-a",)}, []),
    ],
)
def test_what_is_named_is_watched(more, expected):
    assert [(one.wish.whose.service, one.wish.whose.check) for one in watched(rule(**more))] == expected


def test_an_alert_by_check_is_about_the_check():
    (one,) = watched(rule(name="slow", checks=("shop-a",), runbook="https://wiki.example/", escalation="day"))
    assert (one.check, one.fingerprint, one.policy) == ("shop-a", 'slow{check="shop-a"}', "day")
    assert dict(one.labels) == {
        "check": "shop-a", "kind": "rule", "rule": "slow", "metric": "latency_p95",
        "runbook": "https://wiki.example/",
    }  # fmt: skip


def test_a_metric_of_agreements_watches_agreements():
    found = watched(rule("budget_remaining", critical=parse_condition("< 25%")))
    assert [(one.wish.whose.agreement, one.service, one.policy) for one in found] == [
        ("gold", "shop", "night"), ("both", "", ""),
    ]  # fmt: skip
    assert found[0].fingerprint == 'budget_remaining{agreement="gold"}'
    chosen = rule("burn_rate", critical=parse_condition("> 5"), agreements=("both",))
    assert [one.wish.whose.agreement for one in watched(chosen)] == ["both"]
    theirs = rule("burn_rate", critical=parse_condition("> 5"), organizations=("acme",))
    assert [one.wish.whose.agreement for one in watched(theirs)] == ["gold"]
    of_mail = rule("burn_rate", critical=parse_condition("> 5"), services=("mail",))
    assert [one.wish.whose.agreement for one in watched(of_mail)] == ["both"]


def test_a_metric_of_slawatch_itself():
    (one,) = watched(rule("store_lag"))
    assert (one.wish.whose, one.service, one.fingerprint) == (Whose(), SELF, 'store_lag{service="slawatch"}')
    assert one.wish.whose.text == "slawatch"


def test_names():
    assert name_of(rule(services=("a", "b"))) == "latency_p95 of a, b"
    assert name_of(rule(name="n", services=("a",))) == "n"
    with pytest.raises(UnknownMetric):
        watched(rule("latency_p950"))
