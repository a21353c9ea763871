"""Outages are found by the ids that reports give them, and nothing else is."""

from dataclasses import replace

import pytest
from tests.web.conftest import MINUTE, NOW, View

from slawatch.answers.finding import Found, outage
from slawatch.config.model import Config
from slawatch.core.agreement import Group


def find(view: View, wanted: str, config: Config | None = None) -> Found | None:
    with view.database.reading() as cursor:
        return outage(cursor, config or view.config, wanted, NOW)


def test_an_outage_of_a_service(view: View) -> None:
    found = find(view, "shop-20261101T115800Z")
    assert found is not None
    assert (found.service, found.start) == ("shop", NOW - 2 * MINUTE)
    assert NOW - MINUTE < found.end <= NOW + MINUTE
    assert found.ongoing


@pytest.mark.parametrize(
    "wanted",
    [
        "",
        "shop",
        "shop-20261101T115801Z",
        "shop-20261101T115800.000001Z",
        "api-20261101T110000Z",
        "nope-20261101T115800Z",
        "jobs-20261101T115800Z",
        "shop-20261399T115800Z",
        "shop-20991101T115800Z",
        "shop-19691101T115800Z",
    ],
)
def test_what_is_no_outage(view: View, wanted: str) -> None:
    assert find(view, wanted) is None


def test_an_outage_of_a_group(view: View) -> None:
    gold = view.config.agreements["gold"]
    grouped = replace(
        gold, services=("shop", "api"), groups={"front": Group(services=("shop", "api"), join="all")}
    )
    config = replace(view.config, agreements={"gold": grouped})
    found = find(view, "front-20261101T115800Z", config)
    assert found is not None
    assert (found.service, found.start) == ("front", NOW - 2 * MINUTE)
    assert find(view, "front-20261101T115700Z", config) is None
