"""The dashboard of the real daemon in a real browser: live, under its policy, honest when not live."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.acceptance.browsing import NEEDS_CHROMIUM, SOON, Watched, chromium
from tests.acceptance.program import Program, Target, free_port

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CONFIG = """
[web]
listen = "127.0.0.1:{web}"
[organizations.acme]
name = "Acme Corp"
timezone = "Europe/Berlin"
[services.shop]
organization = "acme"
[checks.shop-home]
service = "shop"
type = "http"
url = "http://127.0.0.1:{target}/"
interval = "1s"
failures = 1
[services.jobs]
[checks.backup]
service = "jobs"
type = "heartbeat"
every = "1h"
[agreements.gold]
organization = "acme"
services = ["shop"]
[[agreements.gold.objectives]]
id = "availability"
metric = "availability"
target = "99.9"
"""
PAGES = (
    "/",
    "/wall",
    "/wall?theme=dark",
    "/services/shop",
    "/services/jobs?window=period",
    "/reports",
    "/slawatch",
)

pytestmark = NEEDS_CHROMIUM


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    with chromium() as found:
        yield found


@pytest.fixture
def target() -> Iterator[Target]:
    with Target() as running:
        yield running


@pytest.fixture
def base(tmp_path: Path, target: Target) -> Iterator[tuple[Program, str]]:
    port = free_port()
    with Program(tmp_path, CONFIG.format(web=port, target=target.port)) as program:
        program.run()
        program.until(lambda: program.state("shop") == "up", 20)
        yield program, f"http://127.0.0.1:{port}"


def test_a_failure_shows_without_reload_and_so_does_the_recovery(
    browser: "Browser", base: tuple[Program, str], target: Target
) -> None:
    program, address = base
    overview, service = Watched(browser, address), Watched(browser, address)
    overview.page.goto("/")
    service.page.goto("/services/shop")
    for page in (overview.page, service.page):
        page.wait_for_selector("html.is-live", timeout=SOON)
        page.evaluate("window.neverReloaded = true")
    target.kill()
    program.until(lambda: program.state("shop") == "down", 20)
    overview.page.wait_for_selector('[data-service="shop"][data-state="down"]', timeout=SOON)
    service.page.wait_for_selector('article[data-state="down"]', timeout=SOON)
    # Not `wait_for_function`, whose text the page's policy may refuse to evaluate.
    news = overview.page.locator("#news", has_text="shop is down")
    news.wait_for(state="attached", timeout=SOON)
    assert overview.page.inner_text("#headline") == "1 of 2 services is down, 1 is unknown"
    assert "refused" in overview.page.inner_text('[data-service="shop"] .reason')
    assert service.page.title() == "shop is down · slawatch"
    assert "refused" in service.page.inner_text("article > .reason")
    assert service.page.get_attribute('[data-check="shop-home"]', "data-state") == "down"
    target.start()
    program.until(lambda: program.state("shop") == "up", 20)
    overview.page.wait_for_selector('[data-service="shop"][data-state="up"]', timeout=SOON)
    for watched in (overview, service):
        assert watched.page.evaluate("window.neverReloaded")
        assert watched.complaints == []
        watched.context.close()


def test_a_page_says_when_it_is_stale_and_comes_back_by_itself(
    browser: "Browser", base: tuple[Program, str]
) -> None:
    program, address = base
    watched = Watched(browser, address)
    watched.page.goto("/")
    watched.page.wait_for_selector("html.is-live", timeout=SOON)
    assert watched.page.inner_text("#live") == "Live"
    assert program.stop() < 10
    watched.page.wait_for_selector("html.is-stale", timeout=SOON)
    assert "This page is out of date" in watched.page.inner_text("#stale")
    assert watched.page.inner_text("#live") == "Not live"
    program.run()
    watched.page.wait_for_selector("html.is-live", timeout=20_000)
    assert watched.page.inner_text("#stale") == ""
    watched.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_complains_or_is_wider_than_a_phone(
    browser: "Browser", base: tuple[Program, str], scheme: str
) -> None:
    _, address = base
    size = {"width": 360, "height": 740}
    watched = Watched(browser, address, viewport=size, color_scheme=scheme, timezone_id="America/New_York")
    for path in PAGES:
        watched.page.goto(path)
        watched.page.wait_for_selector("html.is-live", timeout=SOON)
        wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert watched.page.evaluate(wider) == 0, path
    watched.page.goto("/services/shop")
    watched.page.wait_for_selector(".uplot canvas", timeout=SOON)
    for window in ("1h", "7d", "30d", "period"):
        with watched.page.expect_response(lambda answer, w=window: f"window={w}" in answer.url):
            watched.page.click(f'[data-window="{window}"]:not(#chart)')
    assert watched.page.url.endswith("?window=period")
    before = watched.page.inner_text("details time, .since time", timeout=SOON)
    assert before
    watched.page.click("#zone-switch")
    assert watched.page.inner_text("#zone") == "in America/New York"
    assert watched.complaints == []
    watched.context.close()


def test_without_script_everything_can_be_read(browser: "Browser", base: tuple[Program, str]) -> None:
    program, address = base
    watched = Watched(browser, address, java_script_enabled=False)

    def is_drawn() -> bool:
        watched.page.goto("/services/shop")
        return watched.page.is_visible("svg.plot")

    program.until(is_drawn, 20)  # there is nothing to draw before the first samples are stored
    assert watched.page.is_visible("svg.strip")
    assert watched.page.inner_text("#live").startswith("As of ")
    watched.page.click('[data-window="7d"]:not(#chart)')
    assert watched.page.get_attribute('[data-window="7d"]:not(#chart)', "aria-current") == "true"
    watched.page.goto("/reports")
    watched.page.click("text=Show")
    assert "period=" in watched.page.url
    watched.context.close()


def test_the_keyboard_reaches_everything_in_order(browser: "Browser", base: tuple[Program, str]) -> None:
    _, address = base
    watched = Watched(browser, address)
    watched.page.goto("/")
    watched.page.wait_for_selector("html.is-live", timeout=SOON)
    texts = []
    for _ in range(12):
        watched.page.keyboard.press("Tab")
        texts.append(watched.page.evaluate("document.activeElement.textContent.trim()"))
    pages = watched.page.eval_on_selector_all("nav a", "all => all.map(one => one.textContent.trim())")
    assert {"Services", "Incidents", "Reports", "Health"} <= set(pages)
    assert texts[: 2 + len(pages)] == ["Skip to the content", "slawatch", *pages]
    assert "shop" in " ".join(texts[2 + len(pages) :]) or "Acme Corp" in texts
    watched.page.keyboard.press("Shift+Tab")
    watched.page.focus(".skip")
    watched.page.keyboard.press("Enter")
    assert watched.page.evaluate("document.activeElement.id") == "content"
    watched.context.close()
