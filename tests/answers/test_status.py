"""The answer of `status`: states, since when, availability, budget; live and from the store alone."""

from dataclasses import replace
from fractions import Fraction

import pytest
from tests.web.conftest import MINUTE, NOW, View

from slawatch.answers import status
from slawatch.answers.status import Figures, NoSuchOrganization, answer, figures
from slawatch.answers.view import Live, LiveCheck
from slawatch.core.instant import SECOND, Instant, rfc3339
from slawatch.core.sample import Outcome
from slawatch.store.database import Database


@pytest.fixture
def found(view: View) -> Figures:
    with view.database.reading() as cursor:
        return figures(cursor, view.config, NOW)


def service(answer: dict[str, object], name: str) -> dict[str, object]:
    services = answer["services"]
    assert isinstance(services, list)
    return next(entry for entry in services if entry["service"] == name)


def test_the_shape_is_that_of_the_contract(view: View, found: Figures) -> None:
    said = answer(view.config, found, view.state, NOW)
    assert list(said) == [
        "at", "daemon", "services", "alerts", "incidents", "channels", "agreements",
    ]  # fmt: skip
    assert said["at"] == "2026-11-01T12:00:00Z"
    assert {"running", "version", "since", "lag"} <= set(said["daemon"])
    for entry in said["services"]:
        assert list(entry) == [
            "service", "organization", "state", "since", "checks", "availability", "budget_remaining",
        ]  # fmt: skip
        assert list(entry["availability"]) == ["24h", "7d", "30d"]
        for check in entry["checks"]:
            assert {"check", "state", "last_sample", "latency"} <= set(check)


@pytest.mark.parametrize("running", [True, False])
def test_states_and_since_come_out_the_same_with_and_without_the_daemon(
    view: View, found: Figures, running: bool
) -> None:
    said = answer(view.config, found, view.state if running else None, NOW)
    assert said["daemon"]["running"] is running
    shop, api, jobs = said["services"]
    assert (shop["state"], shop["since"]) == ("down", rfc3339(NOW - 2 * MINUTE))
    assert (api["state"], api["since"]) == ("up", rfc3339(NOW - 600 * MINUTE))
    assert (jobs["state"], jobs["since"]) == ("unknown", None)
    by_name = {check["check"]: check for check in shop["checks"]}
    assert by_name["shop-home"]["state"] == "up"
    assert by_name["shop-db"]["reason"] == "connection refused"
    assert by_name["shop-db"]["since"] == rfc3339(NOW - 2 * MINUTE)
    assert by_name["shop-db"]["last_sample"] == rfc3339(NOW - 30 * SECOND)
    assert by_name["shop-db"]["latency"] == 0.02
    assert jobs["checks"][0]["reason"] == "no sample yet"


def test_availability_is_of_the_time_that_is_known(view: View, found: Figures) -> None:
    said = answer(view.config, found, view.state, NOW)
    expected = float(Fraction(598, 600) * 100)
    shop = said["services"][0]
    assert shop["availability"] == {"24h": expected, "7d": expected, "30d": expected}
    assert said["services"][1]["availability"]["24h"] == 100.0
    assert said["services"][2]["availability"] == {"24h": None, "7d": None, "30d": None}


def test_a_failure_after_the_figures_is_in_the_availability_at_once(view: View, found: Figures) -> None:
    before = service(answer(view.config, found, view.state, NOW), "api")["availability"]
    assert before == {"24h": 100.0, "7d": 100.0, "30d": 100.0}
    state = live(view, api_a=down(NOW + SECOND), api_b=down(NOW + SECOND))
    after = service(answer(view.config, found, state, NOW + 2 * SECOND), "api")["availability"]
    assert isinstance(after, dict)
    assert all(99.99 < value < 100 for value in after.values())


def test_the_budget_is_what_the_month_still_allows(view: View, found: Figures) -> None:
    said = answer(view.config, found, view.state, NOW)
    # Two hours of it went by before the first sample.
    allowed = (30 * 24 * 60 - 120) / 100
    assert said["services"][0]["budget_remaining"] == pytest.approx(1 - 2 / allowed, abs=1e-6)
    assert said["services"][1]["budget_remaining"] is None


def test_without_a_daemon_samples_go_stale(view: View, found: Figures) -> None:
    later = NOW + 3600 * SECOND
    said = answer(view.config, found, None, later)
    shop = said["services"][0]
    stale = rfc3339(NOW + 40 * SECOND)
    assert (shop["state"], shop["since"]) == ("unknown", stale)
    assert {check["reason"] for check in shop["checks"]} == {"no sample came in time"}
    assert {check["since"] for check in shop["checks"]} == {stale}


def test_a_stale_live_sample_is_unknown_even_before_the_evaluator_says_so(view: View, found: Figures) -> None:
    said = answer(view.config, found, view.state, NOW + 60 * SECOND)
    shop = said["services"][0]
    assert (shop["state"], shop["since"]) == ("unknown", rfc3339(NOW + 40 * SECOND))


def live(view: View, **changes: LiveCheck) -> Live:
    names = {name.replace("_", "-"): check for name, check in changes.items()}
    return replace(view.state, checks={**view.state.checks, **names})


def up(since: Instant) -> LiveCheck:
    return LiveCheck(outcome=Outcome.UP, since=since, last_sample=since, holds=70 * SECOND, latency=1)


def down(since: Instant) -> LiveCheck:
    return replace(up(since), outcome=Outcome.DOWN, reason="no answer")


def test_a_change_after_the_figures_is_live_and_has_its_own_beginning(view: View, found: Figures) -> None:
    at = NOW + 3 * SECOND
    said = answer(view.config, found, live(view, shop_db=up(at)), NOW + 5 * SECOND)
    assert (service(said, "shop")["state"], service(said, "shop")["since"]) == ("up", rfc3339(at))


def test_a_second_member_that_fails_later_does_not_move_the_beginning(view: View, found: Figures) -> None:
    state = live(view, shop_home=down(NOW + 4 * SECOND))
    said = answer(view.config, found, state, NOW + 5 * SECOND)
    assert service(said, "shop")["since"] == rfc3339(NOW - 2 * MINUTE)


def test_the_last_member_that_held_a_service_up_fails(view: View, found: Figures) -> None:
    state = live(view, api_b=down(NOW + 4 * SECOND))
    said = answer(view.config, found, state, NOW + 5 * SECOND)
    assert (service(said, "api")["state"], service(said, "api")["since"]) == (
        "down",
        rfc3339(NOW + 4 * SECOND),
    )


def test_a_check_that_the_store_does_not_know_yet(view: View, found: Figures) -> None:
    said = answer(view.config, found, live(view, backup=up(NOW + SECOND)), NOW + 2 * SECOND)
    jobs = service(said, "jobs")
    assert jobs["checks"][0]["state"] == "up"  # type: ignore[index]
    assert jobs["state"] == "up"
    assert jobs["since"] == rfc3339(NOW + SECOND)


def test_one_organization(view: View, found: Figures) -> None:
    said = answer(view.config, found, view.state, NOW, "other")
    assert [entry["service"] for entry in said["services"]] == ["api"]
    with pytest.raises(NoSuchOrganization, match="known: acme, other"):
        answer(view.config, found, view.state, NOW, "nope")


def test_an_empty_store_knows_nothing(view: View, tmp_path: object) -> None:
    said = answer(view.config, Figures(NOW, "", {}), None, NOW)
    assert {entry["state"] for entry in said["services"]} == {"unknown"}
    assert {entry["budget_remaining"] for entry in said["services"]} == {None}


def test_members_are_in_the_order_of_the_config(view: View) -> None:
    assert status.members(view.config) == {
        "shop": ["shop-home", "shop-db"],
        "api": ["api-a", "api-b"],
        "jobs": ["backup", "nightly"],
    }


def test_an_agreement_that_is_not_in_force_yet_has_no_budget(view: View, database: Database) -> None:
    gold = replace(view.config.agreements["gold"], effective_from="2027-01-01")
    config = replace(view.config, agreements={"gold": gold})
    with database.reading() as cursor:
        said = answer(config, figures(cursor, config, NOW), view.state, NOW)
    assert service(said, "shop")["budget_remaining"] is None
