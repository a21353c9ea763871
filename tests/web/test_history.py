"""The days of services, from a real store."""

from dataclasses import replace
from itertools import pairwise

from slawatch.answers.status import zone_of
from slawatch.core.check import Maintenance, Service
from slawatch.core.evidence import CheckEvidence, ServiceEvidence
from slawatch.core.instant import DAY, HOUR
from slawatch.core.sample import Outcome, Transition
from slawatch.web.history import _bounds, daily, history

from .conftest import NOW, View


def days_of(transitions: list[Transition], windows: list[Maintenance] | None = None) -> list[dict[str, int]]:
    evidence = ServiceEvidence(
        service="shop",
        checks=(
            CheckEvidence(
                check="a", first_sample=transitions[0].at, held_until=NOW, transitions=tuple(transitions)
            ),
        ),
    )
    found = daily(Service(name="shop"), evidence, windows or [], _bounds(NOW, "UTC", 3), NOW)
    assert all(sum(day.classes.values()) == day.end - day.start for day in found)
    return [{name: value for name, value in day.classes.items() if value} for day in found]


def test_each_day_is_divided_into_its_classes() -> None:
    """Noon of 1 November; watched since noon of 30 October, down from 22:00 to 01:00."""
    down = NOW - DAY + 10 * HOUR
    found = days_of(
        [
            Transition(NOW - 2 * DAY, Outcome.UP, None),
            Transition(down, Outcome.DOWN, None),
            Transition(down + 3 * HOUR, Outcome.UP, None),
        ]
    )
    assert found == [
        {"up": 12 * HOUR, "not_monitored": 12 * HOUR},
        {"up": 22 * HOUR, "down": 2 * HOUR},
        {"up": 11 * HOUR, "down": HOUR, "future": 12 * HOUR},
    ]


def test_announced_work_stands_apart_and_other_work_does_not() -> None:
    up = [Transition(NOW - 3 * DAY, Outcome.UP, None)]
    window = Maintenance(services=("shop",), start=NOW - 6 * HOUR, end=NOW - 4 * HOUR)
    assert days_of(up, [window])[2] == {"up": 10 * HOUR, "maintenance": 2 * HOUR, "future": 12 * HOUR}
    for other in (replace(window, services=("api",)), replace(window, announced=NOW)):
        assert "maintenance" not in days_of(up, [other])[2]


def test_a_day_has_the_length_that_it_has_where_the_organisation_is() -> None:
    lengths = [end - start for (_, start), (_, end) in pairwise(_bounds(NOW, "Europe/Berlin", 10))]
    assert lengths.count(25 * HOUR) == 1
    assert lengths.count(24 * HOUR) == 9


def test_the_record_of_every_service(view: View) -> None:
    with view.database.reading() as cursor:
        found = history(cursor, view.config, NOW)
    assert list(found) == ["shop", "api", "jobs"]
    assert found["shop"].share == "99.666\u202f%"
    assert found["api"].share == "100.000\u202f%"
    assert found["jobs"].share == "no data"
    assert "down for 2 min" in found["shop"].drawing
    assert "not monitored yet" in found["jobs"].drawing


def test_the_zone_is_the_organisations_else_the_configs(view: View) -> None:
    acme = replace(view.config.organizations["acme"], timezone="Asia/Tokyo")
    config = replace(view.config, organizations={"acme": acme}, timezone="Europe/Paris")
    assert zone_of(config, config.services["shop"]) == "Asia/Tokyo"
    assert zone_of(config, config.services["jobs"]) == "Europe/Paris"
