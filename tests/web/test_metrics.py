"""/metrics, from the app on real sockets and from values."""

import shutil
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
import trio

from slawatch.answers.status import Figures
from slawatch.answers.view import LiveCheck
from slawatch.core.instant import SECOND
from slawatch.core.sample import Outcome
from slawatch.store.errors import StoreError
from slawatch.store.tally import Tally
from slawatch.web import metrics as module
from slawatch.web.keeping import Kept
from slawatch.web.metrics import BOUNDS, Stored, families

from .conftest import NOW, Served, View, samples, store
from .prometheus import parse

SHOP = (("organization", "acme"), ("service", "shop"))
API = (("organization", "other"), ("service", "api"))


async def fetch(served: Served) -> dict[str, object]:
    answer = await served.public.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return parse(answer.text)  # type: ignore[return-value]


async def test_the_names_of_the_mission_are_there(served: Served) -> None:
    found = await fetch(served)
    uptime = found["service_uptime_ratio"].samples
    assert uptime["service_uptime_ratio", SHOP] == pytest.approx(598 / 600, abs=1e-3)
    assert uptime["service_uptime_ratio", API] == 1.0
    rate = found["service_error_rate"].samples
    # Five minutes are ten probes a check; four of the twenty of the shop's two checks were down.
    assert rate["service_error_rate", SHOP] == pytest.approx(4 / 20)
    assert rate["service_error_rate", API] == 0.5
    compliance = found["sla_compliance_ratio"].samples
    assert compliance["sla_compliance_ratio", (("metric", "availability"), ("organization", "acme"))] == 1.0
    assert found["service_response_time_seconds"].kind == "histogram"
    states = found["slawatch_service_state"].samples
    assert states["slawatch_service_state", (*SHOP, ("state", "down"))] == 1
    assert states["slawatch_service_state", (*SHOP, ("state", "up"))] == 0
    ups = found["slawatch_check_up"].samples
    assert ups["slawatch_check_up", (("check", "shop-db"), *SHOP)] == 0
    assert ups["slawatch_check_up", (("check", "shop-home"), *SHOP)] == 1


async def test_the_histogram_counts_each_sample_once(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    async def make_anew(self: object, key: str, make: Callable[[], Awaitable[bytes]]) -> bytes:
        return await make()

    monkeypatch.setattr(Kept, "get", make_anew)
    view = served.view
    name = ("service_response_time_seconds_count", API)
    first = (await fetch(served))["service_response_time_seconds"].samples[name]
    # The daemon began an hour ago, which is when api-a went down; what is younger than 15 s may still come.
    assert first == 120
    assert (await fetch(served))["service_response_time_seconds"].samples[name] == first
    number = view.database.check_numbers(["api-b"])["api-b"]
    store(view.database, samples(number, NOW, NOW + 300 * SECOND, lambda _: Outcome.UP), 2)
    view.clock.at = NOW + 300 * SECOND
    again = (await fetch(served))["service_response_time_seconds"].samples
    assert again[name] == first + 10
    assert again["service_response_time_seconds_sum", API] == pytest.approx(0.02 * (first + 10))
    bucket = "service_response_time_seconds_bucket"
    assert again[bucket, (("le", "0.01"), *API)] == 0
    assert again[bucket, (("le", "0.025"), *API)] == first + 10


async def test_slawatch_tells_about_itself(served: Served) -> None:
    lateness = [0] * 64
    lateness[10], lateness[30] = 99, 1
    served.view.state = replace(
        served.view.state, lag=2 * SECOND, queued=7, stored=50, lost=1, probers=2,
        counters={0: {"started": 100, "lateness": lateness, "in_flight": 3}},
    )  # fmt: skip
    found = await fetch(served)

    def value(name: str, *pairs: tuple[str, str]) -> float:
        family = name.removesuffix("_count") if name.endswith("lateness_seconds_count") else name
        return found[family].samples[name, pairs]  # type: ignore[attr-defined, no-any-return]

    assert value("slawatch_store_lag_seconds") == 2.0
    assert value("slawatch_samples_queued") == 7
    assert value("slawatch_samples_stored_total") == 50
    assert value("slawatch_samples_lost_total") == 1
    assert (value("slawatch_probers"), value("slawatch_probers_running")) == (2, 1)
    assert value("slawatch_probes_started_total", ("prober", "0")) == 100
    assert value("slawatch_probe_lateness_seconds_count", ("prober", "0")) == 100
    assert value("slawatch_start_time_seconds") == (NOW - 3600 * SECOND) / SECOND
    assert value("slawatch_store_bytes", ("part", "database")) > 0
    assert found["slawatch_build_info"].samples  # type: ignore[attr-defined]


async def test_without_a_store_the_rest_is_there(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: View) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(View, "cursor", refuse)
    found = await fetch(served)
    assert "service_response_time_seconds" not in found
    assert found["slawatch_service_state"]
    assert found["slawatch_store_lag_seconds"]


async def test_many_who_scrape_share_one_page_that_is_rendered_in_a_thread(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[bool] = []
    render = module.render

    def seen(found: list[object]) -> bytes:
        threads.append(_is_main_thread())
        return render(found)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "render", seen)
    async with trio.open_nursery() as nursery:
        for _ in range(5):
            nursery.start_soon(served.public.get, "/metrics")
    assert threads == [False]


def _is_main_thread() -> bool:
    import threading

    return threading.current_thread() is threading.main_thread()


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
async def test_promtool_finds_nothing_to_complain_about(served: Served) -> None:
    page = (await served.public.get("/metrics")).content
    done = await trio.run_process(
        ["promtool", "check", "metrics"], stdin=page, capture_stdout=True, capture_stderr=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_a_service_without_probes_or_known_outcomes_has_no_rate(view: View) -> None:
    unknown = Tally((0, 0, 0, 5), (0,) * len(BOUNDS), 0, 0)
    stored = Stored(
        counted={"backup": unknown}, recent={"backup": Tally((0, 0, 0, 5), (), 0, 0)},
        summary={},
    )  # fmt: skip
    found = families(view.config, view.live(), NOW, Figures(NOW, "", {}), {}, stored)
    by_name = {family.name: family.lines for family in found}
    assert by_name["service_error_rate"] == []
    assert by_name["service_uptime_ratio"] == []
    assert (
        'slawatch_service_probes_total{service="jobs",outcome="unknown"} 5'
        in by_name["slawatch_service_probes_total"]
    )


def test_a_stale_check_is_neither_up_nor_down(view: View) -> None:
    stale = LiveCheck(
        outcome=Outcome.UP, since=NOW - 900 * SECOND, last_sample=NOW - 900 * SECOND, holds=SECOND
    )
    live = replace(view.state, checks={**view.state.checks, "shop-home": stale})
    found = families(view.config, live, NOW, Figures(NOW, "", {}), {}, None)
    ups = next(family.lines for family in found if family.name == "slawatch_check_up")
    assert not [line for line in ups if "shop-home" in line]


def test_thirty_thousand_series_are_as_many_lines(view: View) -> None:
    config = view.config
    names = [f"service-{number}" for number in range(1500)]
    services = {name: replace(config.services["shop"], name=name) for name in names}
    checks = {name: replace(config.checks["shop-home"], name=name, service=name) for name in names}
    many = replace(config, services=services, checks=checks)
    tally = Tally((10, 0, 1, 0), tuple(range(len(BOUNDS))), 20, 400_000)
    recent = dict.fromkeys(names, tally._replace(within=()))
    stored = Stored(counted=dict.fromkeys(names, tally), recent=recent, summary={})
    live = replace(view.state, checks=dict.fromkeys(names, view.state.checks["shop-home"]))
    text = module.render(families(many, live, NOW, Figures(NOW, "", {}), {}, stored)).decode()
    assert sum(1 for line in text.splitlines() if not line.startswith("#")) > 30_000
    parse(text)
