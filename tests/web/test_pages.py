"""The pages, over real sockets: whole without script, under a strict policy, rendered off the loop."""

import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import trio

from slawatch.config.load import load
from slawatch.core.check import Maintenance
from slawatch.core.instant import DAY
from slawatch.store.errors import StoreError
from slawatch.web import rendering
from slawatch.web.app import build
from slawatch.web.serve import Listener, Server, bind_tcp

from .conftest import NOW, TOML, Served, View

PAGES = (
    "/",
    "/wall",
    "/services/shop",
    "/services/api?window=period",
    "/services/jobs",
    "/reports",
    "/slawatch",
)
HTML = {"Accept": "text/html,application/xhtml+xml"}
VOID = {"meta", "link", "br", "hr", "img", "input", "path", "rect", "use", "circle"}


class Page(HTMLParser):
    """What a test wants to know of a page; a tag that is closed in the wrong order is an error."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append((tag, found))
        assert "style" not in found, f"{tag} has a style of its own, which the policy forbids"
        assert not [name for name in found if name.startswith("on")], f"{tag} has script of its own"
        self.ids += [value for name, value in attrs if name == "id" and value]
        self.addresses += [value for name, value in attrs if name in {"href", "src", "action"} and value]
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if self._open[-1] in {"p", "li"} and tag != self._open[-1]:
            self._open.pop()
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] in {"script", "style"}:
            assert not data.strip(), "script or style stands in the page, which the policy forbids"


async def page(served: Served, path: str) -> tuple[str, Page]:
    answer = await served.public.get(path, headers=HTML)
    assert answer.status_code == 200, answer.text
    return answer.text, Page(answer.text)


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_is_sound_and_under_the_policy(served: Served, path: str) -> None:
    answer = await served.public.get(path, headers=HTML)
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert policy == rendering.POLICY
    assert "unsafe" not in policy
    assert "require-trusted-types-for 'script'" in policy
    assert answer.headers["cache-control"] == "no-store"
    found = Page(answer.text)
    assert len(found.ids) == len(set(found.ids)), "an id comes twice"
    tags = [tag for tag, _ in found.tags]
    assert tags.count("h1") == tags.count("main") == 1
    assert dict(found.tags)["html"]["lang"] == "en"
    assert not [a for a in found.addresses if a.startswith(("http", "//"))], "a foreign address"


@pytest.mark.parametrize("path", PAGES)
async def test_whatever_a_page_links_to_is_there(served: Served, path: str) -> None:
    _, found = await page(served, path)
    targets = {a for a in found.addresses if a.startswith("/") and "/report?" not in a}
    assert targets
    for target in sorted(targets):
        answer = await served.public.get(target, headers=HTML)
        assert answer.status_code == 200, target
    for address in found.addresses:
        if address.startswith("#") and len(address) > 1:
            assert address[1:] in found.ids


async def test_the_overview_has_those_in_trouble_first(served: Served) -> None:
    text, found = await page(served, "/")
    assert "1 of 3 services is down, 1 is unknown" in text
    services = [a["data-service"] for _, a in found.tags if a.get("data-service")]
    assert services == ["shop", "api", "jobs"]
    assert "connection refused" in text
    assert "Acme" in text
    assert "Services without" not in text
    only, found = await page(served, "/?org=other")
    assert [a["data-service"] for _, a in found.tags if a.get("data-service")] == ["api"]
    assert "shop" not in only
    assert (await served.public.get("/?org=nope")).status_code == 404


async def test_a_services_page_says_why_and_what_was_promised(served: Served) -> None:
    text, found = await page(served, "/services/shop")
    assert "<title>shop is down · slawatch</title>" in text
    assert "at least 99\u202f%" in text
    assert "Error budget" in text
    assert "not over yet" in text
    checks = [(a["data-check"], a["data-state"]) for _, a in found.tags if a.get("data-check")]
    assert checks == [("shop-home", "up"), ("shop-db", "down")]
    assert 'class="plot"' in text
    assert (await served.public.get("/services/nope")).status_code == 404
    assert (await served.public.get("/services/shop?window=2h")).status_code == 400


async def test_texts_from_outside_are_only_text(served: Served) -> None:
    nasty = "<script>alert(1)</script>\"'&"
    checks = dict(served.view.state.checks)
    checks["shop-db"] = replace(checks["shop-db"], reason=nasty)
    served.view.state = replace(served.view.state, checks=checks, trouble=(nasty,), ready=False)
    config = served.view.config
    services = {
        **config.services,
        "shop": replace(config.services["shop"], description=nasty, runbook="javascript:alert(1)"),
    }
    window = Maintenance(services=("shop",), start=NOW, end=NOW + DAY, reason=nasty)
    served.view.config = replace(config, services=services, maintenance=(window,), digest="x")
    for path in PAGES:
        text, found = await page(served, path)
        assert "<script>alert" not in text
        assert "javascript:" not in text
        assert all(a.get("src", "").startswith("/static/") for t, a in found.tags if t == "script")  # type: ignore[union-attr]
    assert "&lt;script&gt;alert(1)" in (await page(served, "/services/shop"))[0]


async def test_rendering_and_reading_never_run_on_the_loop(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[Any] = []
    original = rendering.page

    def seen(*args: Any, **values: Any) -> bytes:
        threads.append(threading.current_thread())
        return original(*args, **values)

    monkeypatch.setattr(rendering, "page", seen)
    for path in (*PAGES, "/nope"):
        await served.public.get(path, headers=HTML)
    assert len(threads) == len(PAGES) + 1
    assert threading.main_thread() not in threads


async def test_without_a_store_the_states_are_still_shown(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: View) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(View, "cursor", refuse)
    text, _ = await page(served, "/")
    assert "1 of 3 services is down" in text
    text, _ = await page(served, "/services/shop")
    assert "Some of this page is missing: the disk is full" in text
    assert 'shop</span> <span class="is">is <span class="word" data-lower>down' in text
    text, _ = await page(served, "/slawatch")
    assert "The store cannot be read now: the disk is full" in text
    assert (await served.public.get("/reports", headers=HTML)).status_code == 503


async def test_a_browser_gets_a_page_for_what_is_not_there(served: Served) -> None:
    answer = await served.public.get("/services/nope", headers=HTML)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert answer.headers["content-security-policy"] == rendering.POLICY
    assert "There is no service &#39;nope&#39;." in answer.text
    Page(answer.text)
    answer = await served.public.get("/api/v1/nope", headers=HTML)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_static_files_stay_for_ever_under_an_address_of_their_content(served: Served) -> None:
    _, found = await page(served, "/")
    styles = next(a["href"] for t, a in found.tags if t == "link" and a.get("rel") == "stylesheet")
    assert styles
    answer = await served.public.get(styles)
    assert answer.headers["cache-control"] == rendering.FOREVER
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    old = await served.public.get(re.sub("/static/[0-9a-f]+/", "/static/0/", styles))
    assert (old.status_code, old.headers["cache-control"]) == (200, "no-store")
    script = styles.replace("slawatch.css", "live.js")
    assert (await served.public.get(script)).headers["content-type"] == "text/javascript; charset=utf-8"
    for name in ("nope.js", "../templates/base.html", "%2e%2e/app.py", "vendor"):
        assert (await served.public.get(styles.replace("slawatch.css", name))).status_code == 404
    assert (await served.public.get("/favicon.ico")).status_code == 302


async def test_the_reports_page_offers_each_agreement_and_organisation(served: Served) -> None:
    text, found = await page(served, "/reports?period=2026-Q4")
    links = [a for a in found.addresses if "/report?" in a]
    assert "/api/v1/report?quarter=2026-Q4&agreement=gold&format=html" in links
    assert "/api/v1/report?quarter=2026-Q4&org=other&format=json" in links
    assert "so far" in text
    for link in links:
        answer = await served.public.get(link)
        assert answer.status_code == 200, (link, answer.text)
    plain, _ = await page(served, "/reports")
    assert '<option value="2026-11" selected>' in plain
    odd = await served.public.get("/reports?period=nonsense", headers=HTML)
    assert (odd.status_code, odd.headers["content-type"]) == (400, "text/html; charset=utf-8")
    assert "nonsense&#39; is not a period such as 2026-10 (a month)" in odd.text


@pytest.fixture
def elsewhere() -> Iterator[Listener]:
    """A listener on an address of this machine that is not loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect(("192.0.2.1", 9))
            address = asking.getsockname()[0]
        except OSError:
            address = "127.0.0.1"
    if address.startswith("127."):
        pytest.skip("this machine has no other address than loopback")
    yield from bind_tcp(address, 0)


async def test_from_elsewhere_only_health_and_heartbeats_answer(
    view: View, nursery: trio.Nursery, elsewhere: Listener
) -> None:
    import httpx

    server = Server(build(view), [elsewhere], grace=0.2)
    await nursery.start(server.run)
    async with httpx.AsyncClient(base_url=f"http://{elsewhere.name}", trust_env=False) as client:
        for path in ("/healthz", "/readyz", "/heartbeat/backup"):
            assert (await client.get(path)).status_code == 200
        for path in (*PAGES, "/metrics", "/api/v1/status", "/api/v1/events", "/api/v1/openapi.json", "/nope"):
            answer = await client.get(path, headers={"Host": "127.0.0.1"})
            assert answer.status_code == (404 if path == "/nope" else 401), path
            if path != "/nope":
                assert "must sign in or send a token" in answer.json()["detail"]
        answer = await client.get("/", headers=HTML)
        assert (answer.status_code, answer.headers["content-type"]) == (401, "text/html; charset=utf-8")
        style = re.search(r'href="(/static/[^"]+\.css)"', answer.text)
        assert style is not None
        assert (await client.get(style[1])).status_code == 200
        assert view.pings == [("backup", NOW)]
    server.stop()


async def test_an_empty_config_has_pages_too(served: Served, tmp_path: Path) -> None:
    path = tmp_path / "other.toml"
    path.write_text(TOML.split("[organizations.acme]")[0])
    served.view.config = load(path, env={})
    served.view.state = replace(served.view.state, checks={})
    text, _ = await page(served, "/")
    assert "Nothing is watched yet" in text
    for name in ("/wall", "/reports", "/slawatch"):
        await page(served, name)


async def test_a_service_that_was_never_watched_says_so(served: Served) -> None:
    text, _ = await page(served, "/services/jobs")
    assert "no data" in text
    assert "Nothing was measured in this time." in text


@pytest.mark.parametrize("path", ["/", "/incidents", "/alerts", "/channels", "/oncall", "/slawatch"])
async def test_every_page_says_that_nobody_can_be_told(served: Served, path: str) -> None:
    assert 'id="unheard" role="alert"></div>' in (await served.public.get(path, headers=HTML)).text
    why = "nobody can be told of trouble with slawatch: nothing goes through <b>"
    served.view.state = replace(served.view.state, unheard=why, trouble=(why,))
    text = (await served.public.get(path, headers=HTML)).text
    assert text.count("Nobody can be told of trouble with slawatch: nothing goes through &lt;b&gt;.") == 1
    assert "nobody can be told" not in text, "once is enough"
