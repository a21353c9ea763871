"""Who is called, what they do on a page, and who may: the real daemon in a real browser."""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.acceptance.browsing import NEEDS_CHROMIUM, SOON, Watched
from tests.acceptance.program import Program, Target, free_port
from tests.web.guests import PASSWORD, hashed

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CONFIG = """
[web]
listen = "127.0.0.1:{web}"
[organizations.acme]
name = "Acme Corp"
[organizations.other]
name = "Other Ltd"
[services.shop]
organization = "acme"
escalation = "default"
[checks.shop-home]
service = "shop"
type = "http"
url = "http://127.0.0.1:{target}/"
interval = "1s"
failures = 1
[services.secret-thing]
organization = "other"
[checks.secret-job]
service = "secret-thing"
type = "heartbeat"
every = "1h"
[channels.first]
type = "exec"
command = ["/bin/sh", "-c", "cat >> {folder}/first; echo >> {folder}/first"]
[channels.second]
type = "exec"
command = ["/bin/sh", "-c", "cat >> {folder}/second; echo >> {folder}/second"]
[escalations.default]
repeat = 0
[[escalations.default.levels]]
to = ["channel:first"]
wait = "25s"
[[escalations.default.levels]]
to = ["channel:second"]
wait = "5m"
{more}
"""
USERS = """
[users.alice]
password = "{hash}"
role = "operator"
[users.carol]
password = "{hash}"
role = "viewer"
organizations = ["acme"]
"""

pytestmark = [*NEEDS_CHROMIUM, pytest.mark.timeout(240)]


class World:
    """The daemon, its target, and the files into which the channels write."""

    def __init__(self, folder: Path, more: str, target: Target) -> None:
        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        self.target = target
        self._folder = folder
        self.program = Program(
            folder, CONFIG.format(web=port, target=target.port, folder=folder, more=more)
        )  # fmt: skip

    def told(self, channel: str) -> list[str]:
        """Return the kinds of messages that a channel got."""
        path = self._folder / channel
        lines = path.read_text().splitlines() if path.exists() else []
        return [json.loads(line)["type"].removeprefix("notification.") for line in lines if line]


@pytest.fixture
def world(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[World]:
    with Target() as target:
        found = World(tmp_path, getattr(request, "param", ""), target)
        with found.program as program:
            program.run()
            program.until(lambda: program.state("shop") == "up", 30)
            yield found


def test_who_acknowledges_on_the_page_ends_the_escalation(browser: "Browser", world: World) -> None:
    watched = Watched(browser, world.address)
    page = watched.page
    page.goto("/incidents")
    page.wait_for_selector("html.is-live", timeout=SOON)
    page.evaluate("window.neverReloaded = true")
    world.target.kill()
    world.program.until(lambda: world.told("first") == ["trigger"], 30)
    called = time.monotonic()
    page.wait_for_selector("a[href='/incidents/1']", timeout=SOON)
    assert page.evaluate("window.neverReloaded"), "the list came by itself"
    page.click("a[href='/incidents/1']")
    assert page.inner_text("#incident-state").lower() == "triggered"
    page.click("button:text('Acknowledge')")
    page.locator("#incident-state", has_text=re.compile("ack", re.IGNORECASE)).wait_for(timeout=SOON)
    assert time.monotonic() - called < 25, "too slow a machine for this test's escalation"
    world.program.until(lambda: "ack" in world.told("first"), 20)
    time.sleep(max(0.0, called + 25 - time.monotonic()) + 3)
    assert world.told("second") == []
    world.target.start()
    page.locator("#incident-state", has_text=re.compile("resolved", re.IGNORECASE)).wait_for(timeout=20_000)
    world.program.until(lambda: world.told("first") == ["trigger", "ack", "resolve"], 20)
    assert world.told("second") == []
    assert watched.complaints == []
    watched.close()


def sign_in(watched: Watched, name: str, password: str = PASSWORD) -> None:
    watched.page.goto("/")
    assert "/login" in watched.page.url
    assert watched.serious() == []
    watched.page.fill("#name", name)
    watched.page.fill("#password", password)
    watched.page.click("button:text('Sign in')")
    watched.page.wait_for_load_state()


@pytest.mark.parametrize("world", [USERS.format(hash=hashed())], indirect=True, ids=["users"])
def test_each_sees_and_does_what_is_theirs(browser: "Browser", world: World) -> None:
    world.target.kill()
    world.program.until(lambda: world.told("first") == ["trigger"], 30)

    stranger = Watched(browser, world.address)
    sign_in(stranger, "carol", "wrong")
    assert "/login" in stranger.page.url
    assert stranger.page.inner_text("#trouble")
    stranger.page.goto("/incidents/1")
    assert "/login" in stranger.page.url
    stranger.close()

    carol = Watched(browser, world.address)
    sign_in(carol, "carol")
    carol.page.wait_for_selector("html.is-live", timeout=SOON)
    assert carol.page.locator('[data-service="shop"]').count() == 1
    for path in carol.walk("/"):
        text = carol.page.content()
        assert "secret" not in text, f"{path} shows what is another's"
        assert "Other Ltd" not in text
    for path in ("/services/secret-thing", "/api/v1/services/secret-thing"):
        answer = carol.page.request.get(path)
        assert answer.status in (403, 404), path
        assert "Other Ltd" not in answer.text()
    carol.page.goto("/incidents/1")
    assert carol.page.locator("button:text('Acknowledge')").count() == 0
    assert carol.complaints == []
    carol.close()

    alice = Watched(browser, world.address)
    sign_in(alice, "alice")
    assert alice.page.locator('[data-service="secret-thing"]').count() == 1
    alice.page.goto("/incidents/1")
    alice.page.click("button:text('Acknowledge')")
    world.program.until(lambda: "ack" in world.told("first"), 20)
    listed = world.program.json("audit", "list")
    done = [(entry["person"], entry["action"], entry["outcome"]) for entry in listed["audit"]]
    assert ("alice", "incident.ack", "allowed") in done
    assert ("carol", "session.start", "refused") in done
    assert alice.complaints == []
    alice.close()
