"""Every page that links lead to: readable by all, in any light, on any screen, and without a complaint."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.acceptance.browsing import NEEDS_CHROMIUM, SOON, Watched
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
depends_on = ["database"]
escalation = "default"
[checks.shop-home]
service = "shop"
type = "http"
url = "http://127.0.0.1:{target}/"
interval = "1s"
failures = 1
[services.database]
organization = "acme"
escalation = "default"
[checks.database-port]
service = "database"
type = "tcp"
address = "127.0.0.1:{nobody}"
interval = "1s"
failures = 1
[services.jobs]
[checks.backup]
service = "jobs"
type = "heartbeat"
every = "1h"
[agreements.gold]
organization = "acme"
services = ["shop", "database"]
fee = {{ amount = "1200.00", currency = "EUR" }}
[[agreements.gold.objectives]]
id = "availability"
metric = "availability"
target = "99.9"
[[agreements.gold.objectives]]
id = "speed"
metric = "latency_p95"
target = "< 500ms"
[[agreements.gold.credits]]
below = "99.9"
credit = "10"
[people.alice]
email = "alice@example.com"
contact = [ {{ channel = "log" }} ]
[people.bob]
contact = [ {{ channel = "log" }} ]
[channels.log]
type = "exec"
command = ["/bin/true"]
[schedules.primary]
timezone = "Europe/Berlin"
[[schedules.primary.layers]]
people = ["alice", "bob"]
start = 2026-01-05T09:00:00
shift = "weekly"
[escalations.default]
[[escalations.default.levels]]
to = ["schedule:primary"]
wait = "5m"
"""
VIEWS: dict[str, dict[str, object]] = {
    "light": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 360, "height": 740}, "color_scheme": "light", "has_touch": True},
}
_WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"

pytestmark = NEEDS_CHROMIUM


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    folder: Path = tmp_path_factory.mktemp("daemon")
    with (
        Target() as target,
        Program(folder, CONFIG.format(web=port, target=target.port, nobody=free_port())) as program,
    ):
        program.run()
        program.until(lambda: program.state("shop") == "up", 20)
        program.until(lambda: program.state("database") == "down", 20)
        assert program.command("reports", "freeze", "--month", "2026-01").returncode == 0
        assert program.command("reports", "restate", "1", "--reason", "late samples").returncode == 0
        yield f"http://127.0.0.1:{port}"


@pytest.mark.timeout(300)
@pytest.mark.parametrize("view", VIEWS)
def test_every_page_can_be_read_by_all(browser: "Browser", address: str, view: str) -> None:
    watched = Watched(browser, address, **VIEWS[view])
    found: dict[str, list[str]] = {}
    for path in watched.walk("/", "/wall"):
        if watched.page.locator("#live").count():
            watched.page.wait_for_selector("html.is-live", timeout=SOON)
        if problems := watched.serious():
            found[path] = problems
        assert watched.page.evaluate(_WIDER) == 0, f"{path} is wider than the screen"
    assert found == {}
    assert watched.complaints == []
    watched.close()


def test_what_is_wrong_with_a_page_would_be_seen(browser: "Browser", address: str) -> None:
    watched = Watched(browser, address)
    paths = list(watched.walk("/"))
    assert {"/", "/services/shop", "/services/jobs", "/incidents/1", "/reports", "/slawatch",
            "/reports/1", "/reports/2", "/reports/2/verify"} <= set(paths)  # fmt: skip
    watched.page.goto("/")
    assert watched.serious() == []
    watched.page.evaluate("document.querySelector('main').append(new Image())")
    assert [problem.split(":")[1].strip() for problem in watched.serious()] == ["image-alt"]
    assert watched.complaints == []
    watched.page.evaluate(
        "document.body.append(Object.assign(document.createElement('style'), {textContent: 'p {}'}))"
    )
    watched.page.wait_for_timeout(100)
    assert any("CSP: style-src" in complaint for complaint in watched.complaints), watched.complaints
    watched.close()
