"""Dependencies, against Icinga's tests and the recommended cases."""

from dataclasses import replace

import pytest
from tests.core.alert_play import alert_of, cases

from slawatch.core.dependency import Dependency, Graph, Standing, reason, rechecks
from slawatch.core.instant import SECOND


def group(key):
    found = [c for c in cases("dependencies") if key in c]
    assert found
    return pytest.mark.parametrize("case", found, ids=lambda c: c["id"].split("/")[1])


@group("deps")
def test_reachable(case):
    graph = Graph(
        Dependency(d["child"], d["parent"], d.get("group", ""), d.get("ignore_soft", True))
        for d in case["deps"]
    )
    standings = {
        name: Standing(down=state.startswith("down"), hard="soft" not in state)
        for name, state in case["states"].items()
    }
    assert (graph.blocking(case["child"], standings) is None) == case["expect_reachable"]


def at(seconds):
    return seconds * SECOND


GRAPH = Graph([Dependency("child", "parent")])


@group("given")
def test_recommended(case):
    name = case["id"].split("/")[1]
    child = replace(alert_of("child", service=""), since=at(10), fired_at=at(12))
    if name.startswith("023"):
        old = {"parent": Standing(checked_at=at(-40), interval=at(60))}
        why = reason(GRAPH, old, child, at(12))
        assert why is not None
        assert (why.kind, why.by, why.until) == ("dependency", "parent", at(132))
        assert rechecks(GRAPH, old, [child], at(12)) == ("parent",)
        assert reason(GRAPH, old, child, at(132)) is None
        assert reason(GRAPH, {"parent": Standing(checked_at=at(13))}, child, at(14)) is None
        bad = reason(GRAPH, {"parent": Standing(down=True, checked_at=at(13))}, child, at(14))
        assert bad is not None
        assert bad.until is None
    elif name.startswith("025"):
        again = {"parent": Standing(checked_at=at(60), recovered_at=at(60), interval=at(60))}
        assert reason(GRAPH, again, child, at(61), checked_at=at(30)) is not None
        assert reason(GRAPH, again, child, at(61), checked_at=at(61)) is None
    elif name.startswith("027"):
        assert Graph([Dependency("a", "b"), Dependency("b", "a")]).cycle() == ("a", "b", "a")
    elif name.startswith("028"):
        why = reason(GRAPH, {"parent": Standing(down=True, maintenance=True)}, child, at(14))
        assert why is not None
        assert "maintenance" in why.text
    else:
        assert name.startswith("026"), "the recovery is owed: see the dispatcher's tests"


def test_no_circle_in_a_diamond():
    edges = [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")]
    assert Graph(Dependency(*edge) for edge in edges).cycle() is None
    assert list(Graph(Dependency(*edge) for edge in edges).ancestors("a")) == ["b", "c", "d"]


def chain(length):
    return Graph(Dependency(str(n), str(n + 1)) for n in range(length))


def test_a_long_chain_is_walked():
    graph = chain(6_000)
    assert graph.cycle() is None
    assert graph.blocking("0", {"6000": Standing(down=True)}) == "6000"
    assert graph.blocking("0", {}) is None
    back = Graph([*(edge for edges in graph.parents.values() for edge in edges), Dependency("6000", "4000")])
    circle = back.cycle()
    assert circle is not None
    assert (circle[0], circle[-1], len(circle)) == ("4000", "4000", 2_002)


def test_many_ways_to_one_thing_are_walked_once():
    edges = [Dependency(f"{a}{n}", f"{b}{n + 1}") for n in range(200) for a in "xy" for b in "xy"]
    assert Graph(edges).cycle() is None
    assert Graph(edges).blocking("x0", {"y200": Standing(down=True)}) == "y200"
