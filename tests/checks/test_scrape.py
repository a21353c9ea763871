"""The scrape check against real servers: which counters it keeps, and what it says of a page without them."""

from pathlib import Path
from typing import Any

import pytest
import trio
from tests.checks.servers import Web, attempt, ca_file, ok, serve, server_context

from slawatch.checks._attempt import Attempt
from slawatch.checks._exposition import parse_selector
from slawatch.checks._http_plan import Auth
from slawatch.checks._tls import TlsSettings
from slawatch.checks.scrape import Options, prepare, probe
from slawatch.core.sample import Cause, Measure, Observation, Outcome
from slawatch.core.text import Secret

PAGE = b"""# TYPE http_requests_total counter
http_requests_total{code="200"} 1027
http_requests_total{code="404"} 3
http_requests_total{code="500"} 8
"""
WANTED = {"good": 'http_requests_total{code!~"5.."}', "total": "http_requests_total"}


async def scraped(
    url: str, seen: Attempt | None = None, counters: dict[str, str] = WANTED, **options: Any
) -> Observation:
    wanted = {name: parse_selector(text) for name, text in counters.items()}
    with trio.fail_after(5):
        return await probe(Options(url=url, counters=wanted, **options), seen or attempt())


async def page(nursery: trio.Nursery, answer: bytes) -> str:
    return f"http://127.0.0.1:{await serve(nursery, Web(answer))}/metrics"


async def test_a_page_that_can_be_read_is_up_and_its_counters_are_kept(nursery: trio.Nursery) -> None:
    web = Web(ok(PAGE, "Content-Type: text/plain; version=0.0.4"))
    seen = attempt()
    found = await scraped(f"http://127.0.0.1:{await serve(nursery, web)}/metrics", seen)
    assert (found.outcome, found.cause, found.reason) == (Outcome.UP, Cause.NONE, "")
    assert found.measures == (Measure("good", 1030.0, "c"), Measure("total", 1038.0, "c"))
    assert found.latency is not None
    assert web.requests[0].startswith(b"GET /metrics HTTP/1.1\r\n")
    assert "counter total: 1038" in seen.transcript()


async def test_a_selector_that_matches_nothing_is_degraded_and_the_others_are_kept(
    nursery: trio.Nursery,
) -> None:
    url = await page(nursery, ok(PAGE))
    found = await scraped(url, counters={"total": "http_requests_total", "good": "good_total"})
    assert (found.outcome, found.cause) == (Outcome.DEGRADED, Cause.CONTENT)
    assert found.reason == "counter good: nothing on the page matches good_total"
    assert found.measures == (Measure("total", 1038.0, "c"),)


@pytest.mark.parametrize(
    ("answer", "cause", "reason"),
    [
        (ok(b"<html>hello</html>"), Cause.CONTENT, "line 1 is not a metric: <html>hello</html>"),
        (ok(b""), Cause.CONTENT, "there is no metric on it"),
        (ok(b"\xff\xfe"), Cause.CONTENT, "cannot be read"),
        (ok(PAGE, status="503 Service Unavailable"), Cause.STATUS, "answered 503"),
    ],
    ids=["html", "empty", "bytes", "status"],
)
async def test_no_page_of_metrics_is_down(
    nursery: trio.Nursery, answer: bytes, cause: Cause, reason: str
) -> None:
    found = await scraped(await page(nursery, answer))
    assert (found.outcome, found.cause) == (Outcome.DOWN, cause)
    assert reason in found.reason
    assert found.measures == ()


async def test_a_page_that_is_too_long_is_degraded_and_counts_nothing(nursery: trio.Nursery) -> None:
    found = await scraped(await page(nursery, ok(PAGE)), max_body=60)
    assert (found.outcome, found.cause, found.measures) == (Outcome.DEGRADED, Cause.CONTENT, ())
    assert "set max_body higher" in found.reason


async def test_a_long_page_lets_others_run(nursery: trio.Nursery) -> None:
    body = b"".join(b'a_total{n="%d"} 1\n' % n for n in range(30_000))
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await trio.lowlevel.checkpoint()

    url = await page(nursery, ok(body))
    seen = attempt()
    async with trio.open_nursery() as beside:
        beside.start_soon(other)
        found = await scraped(url, seen, {"all": "a_total"})
        beside.cancel_scope.cancel()
    assert found.measures == (Measure("all", 30_000.0, "c"),)
    assert turns >= 30


async def test_redirects_credentials_and_headers_are_those_of_http(nursery: trio.Nursery) -> None:
    web = Web(ok(b"", "Location: /real", status="302 Found"), ok(PAGE))
    url = f"http://127.0.0.1:{await serve(nursery, web)}/metrics"
    auth = Auth(type="bearer", token=Secret("s3cret-token"))
    assert (await scraped(url, auth=auth, headers={"X-Scope": "a"})).outcome is Outcome.UP
    assert web.requests[1].startswith(b"GET /real ")
    assert all(b"Authorization: Bearer s3cret-token\r\nX-Scope: a" in request for request in web.requests)


async def test_a_refusal_of_our_credentials_says_so_without_them(nursery: trio.Nursery) -> None:
    url = await page(nursery, ok(b"", status="401 Unauthorized"))
    found = await scraped(url, auth=Auth(type="bearer", token=Secret("s3cret-token")))
    assert (found.outcome, found.cause) == (Outcome.DOWN, Cause.AUTH)


async def test_a_page_that_repeats_a_secret_does_not_bring_it_out(nursery: trio.Nursery) -> None:
    seen = attempt()
    url = await page(nursery, ok(b"no metric but s3cret-token"))
    found = await scraped(url, seen, auth=Auth(type="bearer", token=Secret("s3cret-token")))
    assert found.outcome is Outcome.DOWN
    assert "s3cret-token" not in found.reason + seen.transcript()


async def test_over_tls(nursery: trio.Nursery, tmp_path: Path) -> None:
    port = await serve(nursery, Web(ok(PAGE)), tls=server_context())
    url = f"https://localhost:{port}/metrics"
    tls = TlsSettings(ca_file=ca_file(tmp_path))
    assert (await scraped(url, tls=tls)).outcome is Outcome.UP
    assert (await scraped(url)).cause in (Cause.TLS, Cause.CERTIFICATE)
    prepare(Options(url=url, counters={"a": parse_selector("a")}, tls=tls))


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"counters": {}}, "at least one"),
        ({"counters": {"a b": "x"}}, "cannot name a counter"),
        ({"url": "ftp://h/"}, "url: "),
        ({"proxy": "http://h/x"}, "without a path"),
        ({"max_body": 0}, "max_body"),
        ({"max_redirects": 51}, "max_redirects"),
        ({"headers": {"connection": "x"}}, "set by the probe"),
    ],
)
def test_options_that_do_not_fit_are_refused(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Options(**{"url": "http://h/", "counters": {"a": parse_selector("a")}, **keys})
