"""What a status page shows, from values: published texts, states and times, and nothing else."""

from dataclasses import replace
from pathlib import Path

import pytest

from slawatch.config.load import Config, load
from slawatch.config.status_pages import Shown, status_pages
from slawatch.core.check import Maintenance
from slawatch.core.command import Merge, Open, Publish, Resolve
from slawatch.core.instant import DAY, HOUR, MINUTE
from slawatch.web.public_status import PAST, Public, arrange, as_json, names_of

from .conftest import NOW
from .duty import DUTY, Duty

STATUS = {
    "services": [
        {"service": "api", "state": "up", "since": None},
        {"service": "shop", "state": "down", "since": "2026-11-01T11:00:00Z"},
    ]
}


@pytest.fixture
def config(tmp_path: Path) -> Config:
    path = tmp_path / "slawatch.toml"
    path.write_text(DUTY)
    return load(path, env={})


@pytest.fixture
def page(config: Config) -> Shown:
    return status_pages(config)["acme"]


def show(page: Shown, duty: Duty, *windows: Maintenance, at: int = NOW) -> Public:
    return arrange(page, STATUS, {}, duty.state.incidents.values(), duty.state.alerts, windows, at)


def test_only_the_pages_services_are_shown(config: Config, page: Shown) -> None:
    found = show(page, Duty(config))
    assert [service.name for service in found.services] == ["shop"]
    assert (found.state, found.headline) == ("down", "The service is down")
    assert found.services[0].share == "no data"


def test_an_incident_is_shown_once_a_text_is_published(config: Config, page: Shown) -> None:
    duty = Duty(config, NOW - 10 * MINUTE)
    duty.fire()
    assert show(page, duty).incidents == ()
    duty.give(Publish(by="x", incident=1, text="one"), at=NOW - 5 * MINUTE)
    duty.give(Publish(by="x", incident=1, text="two"), at=NOW - 4 * MINUTE)
    (incident,) = show(page, duty).incidents
    assert [update.text for update in incident.updates] == ["two", "one"]
    assert incident.changed == NOW - 4 * MINUTE
    duty.give(Resolve(by="x", incident=1), at=NOW)
    assert show(page, duty).incidents[0].state == "resolved"
    assert show(page, duty, at=NOW + PAST + 1).incidents == ()


def test_of_another_organization_nothing_is_shown(config: Config, page: Shown) -> None:
    duty = Duty(config)
    duty.fire("api-a", "api")
    duty.give(Publish(by="x", incident=1, text="of others"))
    assert show(page, duty).incidents == ()


def test_one_without_a_service_is_about_the_whole(config: Config, page: Shown) -> None:
    duty = Duty(config)
    duty.give(Open(by="x", title="secret title", organization="acme"))
    duty.give(Publish(by="x", incident=1, text="We look into it."))
    (incident,) = show(page, duty).incidents
    assert incident.services == ()
    assert names_of(incident.services, "Acme") == "Acme"
    assert "secret" not in str(as_json(show(page, duty)))


def test_automatic_leaves_out_what_became_part_of_another(config: Config, page: Shown) -> None:
    automatic = replace(page, page=replace(page.page, publish="automatic"))
    duty = Duty(config)
    duty.fire()
    duty.give(Open(by="x", title="t", service="shop", organization="acme"))
    assert [i.id for i in show(automatic, duty).incidents] == [2, 1]
    duty.give(Merge(by="x", incident=2, into=1))
    assert [i.id for i in show(automatic, duty).incidents] == [1]


def test_windows_by_what_is_near(config: Config, page: Shown) -> None:
    def window(start: int, end: int, **more: object) -> Maintenance:
        return Maintenance(services=("shop", "api"), start=start, end=end, reason="why", **more)  # type: ignore[arg-type]

    found = show(
        page, Duty(config),
        window(NOW + 2 * DAY, NOW + 3 * DAY), window(NOW + DAY, NOW + 2 * DAY),
        window(NOW - HOUR, NOW + HOUR), window(NOW - 2 * DAY, NOW - DAY),
        window(NOW + DAY, NOW + 2 * DAY, announced=NOW + HOUR),
        Maintenance(services=("api",), start=NOW, end=NOW + HOUR),
    ).windows  # fmt: skip
    assert [one.state for one in found] == ["running", "planned", "planned", "over"]
    assert found[1].start < found[2].start
    assert {one.services for one in found} == {("shop",)}
    assert {one.reason for one in found} == {""}
    assert found[0].changed == NOW - HOUR
    assert all(one.changed <= NOW for one in found), "a feed tells nothing of the future"
