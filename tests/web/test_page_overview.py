"""What the pages about everything show."""

from dataclasses import replace
from pathlib import Path

from slawatch.answers.view import Live
from slawatch.config.load import load
from slawatch.core.channel import Standing
from slawatch.core.check import Organization
from slawatch.core.instant import DAY, MINUTE
from slawatch.core.notification import Verdict
from slawatch.core.outbox import Stage
from slawatch.web.page_overview import headline, overview, probing, reason, reports, telling

from .conftest import NOW, View
from .duty import DUTY, Duty


def service(name: str, state: str, organization: str | None = None, **more: object) -> dict[str, object]:
    return {
        "service": name,
        "organization": organization,
        "state": state,
        "since": None,
        "checks": [],
        **more,
    }


def test_those_in_trouble_come_first_and_organisations_in_their_order(view: View) -> None:
    status = {"services": [
        service("jobs", "up"), service("a", "up", "other"), service("b", "unknown", "acme"),
        service("c", "down", "acme"), service("d", "degraded", "acme"),
    ]}  # fmt: skip
    found = overview(view.config, status, {})
    assert [group.name for group in found.groups] == ["Acme", "Other", "Other services"]
    assert [row.name for row in found.groups[0].rows] == ["c", "b", "d"]
    assert [row.name for row in found.rows] == ["c", "b", "d", "a", "jobs"]
    assert (found.state, found.counts) == ("down", {"up": 2, "degraded": 1, "unknown": 1, "down": 1})
    assert found.headline == "1 of 5 services is down, 1 is unknown, 1 is degraded"
    assert found.rows[0].share == "no data"


def test_services_are_found_by_words_and_by_state_and_the_figures_stay_those_of_all(view: View) -> None:
    status = {"services": [
        service("shop", "up", "acme"), service("api", "down", "other"), service("jobs", "down"),
    ]}  # fmt: skip

    def names(**wanted: str) -> list[str]:
        found = overview(view.config, status, {}, **wanted)
        assert (found.total, found.counts["down"]) == (3, 2)
        assert found.headline == "2 of 3 services are down"
        return [row.name for row in found.rows]

    assert names(find="SHO") == ["shop"]
    assert names(find="acme") == ["shop"], "by the name of its organisation"
    assert names(find="acme api") == [], "all words must be there"
    assert names(only="down") == ["api", "jobs"]
    assert names(only="down", find="j") == ["jobs"]
    assert [g.name for g in overview(view.config, status, {}, find="shop").groups] == ["Acme"]


def test_whether_people_can_be_told(tmp_path: Path) -> None:
    path = tmp_path / "slawatch.toml"
    path.write_text(DUTY)
    config = load(path, env={})
    duty = Duty(config, NOW - 10 * MINUTE)
    duty.verdict = Verdict.PERMANENT
    duty.fire()
    found = telling(config, duty.state, {"chat": Standing("open", NOW), "hook": Standing("ok", NOW)})
    assert (found.channels, found.broken) == (2, ("chat",))
    assert found.dead == [row.stage for row in duty.state.rows.values()].count(Stage.DEAD) > 0


def test_the_zone_is_that_of_all_organisations_if_it_is_one(view: View) -> None:
    def zone(*zones: str) -> str:
        owners = {name: Organization(key=name, name=name, timezone=name) for name in zones}
        return overview(replace(view.config, organizations=owners), {"services": []}, {}).zone

    assert zone("Europe/Berlin") == "Europe/Berlin"
    assert zone("Europe/Berlin", "Asia/Tokyo") == "UTC"
    assert zone() == "UTC"


def test_headlines() -> None:
    assert headline(["down"]) == "The service is down"
    assert headline(["down", "down"]) == "2 of 2 services are down"


def test_a_reason_names_the_worst_checks_first_and_each_text_once() -> None:
    def check(state: str, text: str) -> dict[str, str]:
        return {"state": state, "reason": text}

    checks = [check("degraded", "slow"), check("up", "x"), check("down", "refused"), check("down", "refused")]
    assert reason(service("a", "down", checks=checks)) == "refused; slow"
    many = [check("down", f"r{n}") for n in range(5)]
    assert reason(service("a", "down", checks=many)) == "r0; r1; r2; and 2 more"
    assert reason(service("a", "up", checks=many)) == ""


def test_each_agreement_has_a_report_and_so_has_who_has_none(view: View) -> None:
    rows = reports(view.config, "month", "2026-10", NOW)
    assert [(r.title, r.agreement, r.period, r.running) for r in rows] == [
        ("Acme", "gold", "October 2026", False), ("Other", "", "October 2026", False),
    ]  # fmt: skip
    assert rows[0].page == "/api/v1/report?month=2026-10&agreement=gold&format=html"
    assert rows[0].files[-1] == (
        "JSON", "gold-2026-10.json", "/api/v1/report?month=2026-10&agreement=gold&format=json",
    )  # fmt: skip
    later = replace(view.config.agreements["gold"], effective_from="2026-11-01")
    config = replace(view.config, agreements={"gold": later})
    assert reports(config, "month", "2026-10", NOW)[0].period == ""
    assert reports(config, "month", "2026-11", NOW + DAY)[0].running
    bare = replace(view.config, agreements={}, organizations={})
    assert [r.title for r in reports(bare, "year", "2026", NOW)] == ["All services"]


def test_probing_is_summed_over_the_probers() -> None:
    def counters(*late: tuple[int, int]) -> dict[str, object]:
        lateness = [0] * 64
        for index, count in late:
            lateness[index] = count
        return {"started": 10, "in_flight": 1, "lateness": lateness}

    found = probing(Live(since=0, counters={0: counters((7, 98)), 1: counters((10, 1), (20, 1))}))
    assert (found.running, found.started, found.in_flight, found.late) == (2, 20, 2, 1024)
    assert probing(Live(since=0)).late is None
