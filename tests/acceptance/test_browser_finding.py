"""Many services on one page, and times in the zone that somebody chose: the real daemon in a real browser."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from tests.acceptance.browsing import NEEDS_CHROMIUM, SOON, Watched
from tests.acceptance.program import Program, free_port

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

_MANY = 60
CONFIG = """
[web]
listen = "127.0.0.1:{web}"
[organizations.acme]
name = "Acme Corp"
timezone = "Europe/Berlin"
[organizations.other]
name = "Other Ltd"
timezone = "Asia/Tokyo"
[people.alice]
name = "Alice"
contact = [ {{ channel = "log" }} ]
[channels.log]
type = "exec"
command = ["/bin/true"]
[schedules.primary]
timezone = "Asia/Tokyo"
layers = [{{ people = ["alice"], start = 2026-01-05T09:00:00, shift = "weekly" }}]
[[schedules.primary.overrides]]
person = "alice"
start = 2030-01-01T09:00:00+09:00
end = 2030-01-02T09:00:00+09:00
kind = "add"
reason = "new year"
{services}
"""

pytestmark = [*NEEDS_CHROMIUM, pytest.mark.timeout(240)]


def service(number: int) -> str:
    owner, about = "acme" if number % 2 else "other", "asks Zeus" if number == 7 else ""
    return (
        f'[services.job-{number:02d}]\norganization = "{owner}"\ndescription = "{about}"\n'
        f'[checks.job-{number:02d}]\nservice = "job-{number:02d}"\ntype = "heartbeat"\nevery = "1h"\n'
    )


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    text = CONFIG.format(web=port, services="\n".join(service(number) for number in range(_MANY)))
    with Program(tmp_path_factory.mktemp("many"), text) as program:
        program.run()
        yield f"http://127.0.0.1:{port}"


def seen(page: "Page") -> list[str]:
    rows = page.locator("li.service:visible")
    return [str(name) for name in rows.evaluate_all("all => all.map(one => one.dataset.service)")]


def test_services_are_found_while_somebody_types(browser: "Browser", address: str) -> None:
    watched = Watched(browser, address)
    page = watched.page
    page.goto("/")
    page.wait_for_selector("html.is-live", timeout=SOON)
    assert len(seen(page)) == _MANY
    page.keyboard.press("/")
    page.keyboard.type("job-1")
    assert sorted(seen(page)) == [f"job-1{number}" for number in range(10)]
    page.locator("#find-said", has_text="10 services are like that").wait_for(state="attached", timeout=SOON)
    page.keyboard.type(" other")
    assert seen(page) == [f"job-1{number}" for number in (0, 2, 4, 6, 8)]
    assert page.locator("section.group:visible h2").all_inner_texts() == ["Other Ltd"]
    assert watched.serious() == []
    page.fill("#find-text", "zeus")
    assert seen(page) == ["job-07"], "by its description"
    page.fill("#find-text", "")
    assert len(seen(page)) == _MANY
    assert watched.complaints == []
    watched.close()


@pytest.mark.parametrize("script", [True, False])
def test_a_link_finds_them_too_and_the_headline_stays_that_of_all(
    browser: "Browser", address: str, script: bool
) -> None:
    watched = Watched(browser, address, java_script_enabled=script)
    page = watched.page
    page.goto("/?find=job-59")
    assert seen(page) == ["job-59"]
    headline = page.inner_text("#headline")
    assert f"of {_MANY} services" in headline
    if script:
        page.wait_for_selector("html.is-live", timeout=SOON)
        page.wait_for_timeout(1_500)
        assert page.inner_text("#headline") == headline, "what is not on this page counts as well"
        assert watched.serious() == []
    page.click("nav[aria-label='Services by state'] a:has-text('Unknown')")
    assert len(seen(page)) == _MANY
    page.goto("/?state=up")
    assert seen(page) == []
    page.click(".none-found a")
    assert len(seen(page)) == _MANY
    watched.close()


def test_the_zone_that_somebody_chose_stays(browser: "Browser", address: str) -> None:
    watched = Watched(browser, address, timezone_id="America/New_York")
    page = watched.page
    page.goto("/oncall")
    cell = page.locator("#entered + .scroll td[data-label='From']")
    assert cell.inner_text() == "Tue 1 Jan, 09:00", "the schedule's own, though nothing else is in Tokyo"
    page.click("#zone-switch")
    assert cell.inner_text() == "Mon 31 Dec, 19:00"
    assert "America/New York" in page.inner_text("footer")
    page.reload()
    assert cell.inner_text() == "Mon 31 Dec, 19:00"
    page.goto("/services/job-01")
    assert "America/New York" in page.inner_text("footer")
    page.click("#zone-switch")
    assert "Europe/Berlin" in page.inner_text("footer")
    page.goto("/oncall")
    assert cell.inner_text() == "Tue 1 Jan, 09:00"
    assert watched.complaints == []
    watched.close()


@pytest.mark.parametrize("width", [320, 1_280])
def test_many_services_fit_any_screen(browser: "Browser", address: str, width: int) -> None:
    watched = Watched(browser, address, viewport={"width": width, "height": 800})
    for path in ("/", "/wall", "/oncall"):
        watched.page.goto(path)
        wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert watched.page.evaluate(wider) == 0, path
        assert watched.serious() == [], path
    assert watched.complaints == []
    watched.close()
