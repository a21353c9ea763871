"""What the page of one service shows."""

from dataclasses import replace
from decimal import Decimal

from slawatch.answers import status as status_answers
from slawatch.answers.latency import latencies, window
from slawatch.answers.promises import promises
from slawatch.answers.service import detail
from slawatch.core.agreement import Band, Fee
from slawatch.core.check import Quorum
from slawatch.core.instant import DAY
from slawatch.web.history import history
from slawatch.web.page_service import ServicePage, arrange

from .conftest import NOW, View


def arranged(view: View, name: str) -> ServicePage:
    with view.database.reading() as cursor:
        figures = status_answers.figures(cursor, view.config, NOW)
        status = status_answers.answer(view.config, figures, view.state, NOW)
        return arrange(
            view.config, name, status, history(cursor, view.config, NOW).get(name),
            detail(cursor, view.config, name, NOW),
            latencies(cursor, view.config, name, window(view.config, name, "24h", NOW)),
            promises(cursor, view.config, NOW), NOW,
        )  # fmt: skip


def test_a_service_with_an_agreement(view: View) -> None:
    found = arranged(view, "shop")
    assert (found.state, found.reason, found.organization) == ("down", "connection refused", "Acme")
    assert dict(found.availability) == {
        "24h": "99.666\u202f%", "7d": "99.666\u202f%", "30d": "99.666\u202f%", "90d": "99.666\u202f%",
    }  # fmt: skip
    (promise,) = found.promises
    assert (promise.agreement, promise.target, promise.verdict) == ("gold", "at least 99\u202f%", "met")
    assert promise.measured.endswith("\u202f%")
    assert promise.left == 29 * DAY + DAY // 2
    assert promise.elapsed == "1\u202f%"
    assert promise.spent == "0.4\u202f%"
    assert 'class="burn"' in promise.burn
    assert [check.name for check in found.checks] == ["shop-home", "shop-db"]
    assert found.checks[0].failure is None
    assert found.checks[1].failure.reason == "connection refused"
    assert found.join == "It is up while all of its checks are."
    assert found.plot is not None


def test_what_it_needs_and_what_needs_it_is_shown_with_their_states(view: View) -> None:
    services = {
        **view.config.services,
        "shop": replace(view.config.services["shop"], depends_on=(("api-a",), ("gone", "shop-home"))),
    }
    view.config = replace(view.config, services=services)
    assert arranged(view, "shop").needs == (("api", arranged(view, "api").state),)
    assert arranged(view, "api").needed == (("shop", "down"),)
    assert arranged(view, "api").needs == ()


def test_how_the_checks_make_the_state_is_told_where_there_are_several(view: View) -> None:
    assert arranged(view, "api").join == "It is up while any of its checks is."
    services = {**view.config.services, "api": replace(view.config.services["api"], join=Quorum(2))}
    view.config = replace(view.config, services=services)
    assert arranged(view, "api").join == "It is up while 2 of its 2 checks are."
    assert arranged(view, "api").state == "down"


def test_a_service_without_anything(view: View) -> None:
    status = {"services": []}
    found = arrange(view.config, "jobs", status, None, None, None, {}, NOW)
    assert (found.state, found.since, found.plot, found.outages) == ("unknown", None, None, ())
    assert {shown for _, shown in found.availability} == {"no data"}


def test_only_an_address_of_the_web_is_a_runbook(view: View) -> None:
    for text, shown in (("https://w/x", "https://w/x"), ("javascript:alert(1)", ""), ("wiki/x", "")):
        services = {"jobs": replace(view.config.services["jobs"], runbook=text)}
        config = replace(view.config, services=services)
        assert arrange(config, "jobs", {"services": []}, None, None, None, {}, NOW).runbook == shown


def test_a_promise_that_is_missed_is_over_its_budget(view: View) -> None:
    terms = view.config.agreements["gold"]
    strict = replace(terms, objectives=(replace(terms.objectives[0], target="99.9999"),))
    view.config = replace(view.config, agreements={"gold": strict})
    (promise,) = arranged(view, "shop").promises
    assert promise.verdict == "missed"
    assert promise.budget.remaining < 0
    assert promise.limit is None


def test_a_promised_latency_is_the_limit_of_the_chart(view: View) -> None:
    terms = view.config.agreements["gold"]
    fast = replace(terms.objectives[0], id="speed", metric="latency_p95", target="< 500ms")
    view.config = replace(view.config, agreements={"gold": replace(terms, objectives=(fast,))})
    found = arranged(view, "shop")
    assert (found.limit, found.promises[0].target) == (500_000, "below 500\u202fms")
    assert found.promises[0].budget is None


def test_the_money_at_stake_and_the_time_left_before_each_tier(view: View) -> None:
    terms = view.config.agreements["gold"]
    bands = (
        Band(below=Decimal(99), at_least=Decimal(95), credit=Decimal(10)),
        Band(below=Decimal(95), credit=Decimal(25)),
    )
    paid = replace(terms, fee=Fee(amount=Decimal("1200.00"), currency="EUR"), credits=bands)
    assert arranged(view, "shop").stakes == {}
    view.config = replace(view.config, agreements={"gold": paid})
    stake = arranged(view, "shop").stakes["gold"]
    assert [tier.due for tier in stake.tiers] == ["120.00\u202fEUR", "300.00\u202fEUR"]
    assert 0 < stake.tiers[0].left < stake.tiers[1].left
    assert not any(tier.reached for tier in stake.tiers)
    assert stake.locked == ""
    assert arranged(view, "api").stakes == {}
