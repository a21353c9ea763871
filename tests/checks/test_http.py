"""The http check against real servers: what is up, what is down and why, and what goes over the wire."""

import pickle
from pathlib import Path

import pytest
import trio
from tests.checks.servers import (
    Web,
    asked,
    attempt,
    ca_file,
    ok,
    request_of,
    serve,
    server_context,
)

from slawatch.checks._http_expect import parse_json_paths, parse_regex, parse_statuses
from slawatch.checks._http_plan import Auth
from slawatch.checks._tls import TlsSettings
from slawatch.checks.http import Expect, Options, prepare, probe
from slawatch.core.instant import MILLISECOND, SECOND
from slawatch.core.sample import Cause, Measure, Outcome
from slawatch.core.text import Secret


async def test_an_expected_answer_is_up_with_its_phases(nursery: trio.Nursery) -> None:
    web = Web()
    port = await serve(nursery, web)
    seen = attempt()
    found = await asked(f"http://127.0.0.1:{port}/health?deep=1", seen)
    assert (found.outcome, found.cause, found.reason) == (Outcome.UP, Cause.NONE, "")
    assert web.requests[0].startswith(b"GET /health?deep=1 HTTP/1.1\r\n")
    assert f"host: 127.0.0.1:{port}".encode() in web.requests[0].lower()
    assert seen.dns is None
    assert seen.tls is None
    assert None not in (seen.connect, seen.first_byte, seen.transfer)
    assert found.latency is not None
    assert found.latency >= (seen.connect or 0) + (seen.first_byte or 0) + (seen.transfer or 0)
    assert "HTTP/1.1 200" in seen.transcript()


async def test_a_name_is_resolved_and_timed(nursery: trio.Nursery) -> None:
    port = await serve(nursery, Web())
    seen = attempt()
    assert (await asked(f"http://localhost:{port}/", seen)).outcome is Outcome.UP
    assert seen.dns is not None


async def test_another_status_is_down(nursery: trio.Nursery) -> None:
    port = await serve(nursery, Web(ok(b"the database is gone", status="503 Service Unavailable")))
    seen = attempt()
    found = await asked(f"http://127.0.0.1:{port}/", seen)
    assert (found.outcome, found.cause) == (Outcome.DOWN, Cause.STATUS)
    assert found.reason == "answered 503 Service Unavailable, expected 200-299"
    assert found.latency is not None
    assert "the database is gone" in seen.transcript()


async def test_latency_thresholds(nursery: trio.Nursery) -> None:
    async def slow(stream: trio.abc.Stream) -> None:
        await request_of(stream)
        await trio.sleep(0.05)
        await stream.send_all(ok())

    port = await serve(nursery, slow)
    url = f"http://127.0.0.1:{port}/"
    assert (await asked(url, degraded_over=4 * SECOND)).outcome is Outcome.UP
    degraded = await asked(url, degraded_over=MILLISECOND, down_over=4 * SECOND)
    assert (degraded.outcome, degraded.cause) == (Outcome.DEGRADED, Cause.SLOW)
    assert degraded.reason.endswith("longer than 1ms")
    down = await asked(url, degraded_over=MILLISECOND, down_over=2 * MILLISECOND)
    assert (down.outcome, down.cause) == (Outcome.DOWN, Cause.SLOW)


async def test_redirects_are_followed(nursery: trio.Nursery) -> None:
    web = Web(
        ok(b"", "Location: /two?x=1", status="302 Found"),
        ok(b"", "Location: three", status="307 Temporary Redirect"),
        ok(b"arrived"),
    )
    port = await serve(nursery, web)
    url = f"http://127.0.0.1:{port}/one"
    seen = attempt()
    found = await asked(url, seen, method="POST", body="x", expect=Expect(body_contains="arrived"))
    assert found.outcome is Outcome.UP
    lines = [request.split(b"\r\n")[0] for request in web.requests]
    assert lines == [b"POST /one HTTP/1.1", b"GET /two?x=1 HTTP/1.1", b"GET /three HTTP/1.1"]
    assert "x=1" not in seen.transcript()


async def test_a_redirect_is_looked_at_where_it_is_expected_or_not_followed(nursery: trio.Nursery) -> None:
    port = await serve(
        nursery, Web(ok(b"", "Location: https://shop.example/in", status="301 Moved Permanently"))
    )
    url = f"http://127.0.0.1:{port}/"
    expect = Expect(status=parse_statuses(301), header={"location": "https://shop.example/in"})
    assert (await asked(url, expect=expect)).outcome is Outcome.UP
    found = await asked(url, follow_redirects=False)
    assert (
        found.reason
        == "answered 301 Moved Permanently, expected 200-299 (it leads to https://shop.example/in)"
    )


async def test_a_redirect_without_end_or_sense_is_down(nursery: trio.Nursery) -> None:
    port = await serve(nursery, Web(ok(b"", "Location: /again", status="302 Found")))
    found = await asked(f"http://127.0.0.1:{port}/", max_redirects=3)
    assert found.reason.startswith("more than 3 redirects, the last one from http://127.0.0.1:")
    port = await serve(nursery, Web(ok(b"", "Location: gopher://x/", status="302 Found")))
    found = await asked(f"http://127.0.0.1:{port}/")
    assert (found.outcome, found.cause) == (Outcome.DOWN, Cause.PROTOCOL)
    assert "to nowhere" in found.reason


async def test_a_refused_connection_is_down(nursery: trio.Nursery) -> None:
    with trio.socket.socket() as unused:
        await unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        found = await asked(f"http://127.0.0.1:{port}/")
    assert (found.outcome, found.cause) == (Outcome.DOWN, Cause.CONNECT)
    assert found.reason == f"127.0.0.1 port {port}: connection refused"


async def test_a_probe_cut_off_tells_what_it_was_doing(nursery: trio.Nursery) -> None:
    async def drip(stream: trio.abc.Stream) -> None:
        await stream.send_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while True:
            await stream.send_all(b"x")
            await trio.sleep(0.01)

    port = await serve(nursery, drip)
    seen = attempt()
    with trio.move_on_after(0.2) as scope:
        await probe(Options(url=f"http://127.0.0.1:{port}/"), seen)
    assert scope.cancelled_caught
    assert seen.doing.startswith(f"reading the answer of 127.0.0.1 port {port} (")
    assert None not in (seen.connect, seen.first_byte, seen.transfer)


async def test_https_is_verified_and_its_certificate_measured(nursery: trio.Nursery, tmp_path: Path) -> None:
    port = await serve(nursery, Web(), tls=server_context())
    tls = TlsSettings(ca_file=ca_file(tmp_path))
    seen = attempt()
    found = await asked(f"https://localhost:{port}/", seen, tls=tls)
    assert (found.outcome, found.reason) == (Outcome.UP, "")
    assert seen.tls is not None
    (days,) = found.measures
    assert (days.name, days.unit) == ("certificate_days", "d")
    assert days.value > 300

    seen = attempt()
    found = await asked(f"https://localhost:{port}/", seen)
    assert (found.outcome, found.cause) == (Outcome.DOWN, Cause.CERTIFICATE)
    assert seen.transcript().count(found.reason) == 1


async def test_a_certificate_that_ends_soon_is_degraded(nursery: trio.Nursery, tmp_path: Path) -> None:
    from datetime import UTC, datetime, timedelta

    ends = datetime.now(UTC) + timedelta(days=10, minutes=1)
    port = await serve(nursery, Web(), tls=server_context("localhost", not_after=ends))
    tls = TlsSettings(ca_file=ca_file(tmp_path))
    url = f"https://localhost:{port}/"
    found = await asked(url, tls=tls, certificate_days=14)
    assert (found.outcome, found.cause) == (Outcome.DEGRADED, Cause.CERTIFICATE)
    assert found.reason == "the certificate ends in 10.0 days, fewer than 14"
    assert found.measures == (Measure("certificate_days", 10.0, "d"),)
    assert (await asked(url, tls=tls, certificate_days=5)).outcome is Outcome.UP


async def test_the_ip_version_is_kept_to(nursery: trio.Nursery) -> None:
    port = await serve(nursery, Web(), host="::1")
    assert (await asked(f"http://[::1]:{port}/")).outcome is Outcome.UP
    assert (await asked(f"http://ip6.localhost:{port}/", ip_version=6)).outcome is Outcome.UP
    found = await asked(f"http://ip6.localhost:{port}/", ip_version=4)
    assert found.cause is Cause.CONNECT


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"url": "ftp://x/"}, "url: not a URL such as http"),
        ({"url": "http://"}, "url: not a URL"),
        ({"url": "http://user:pa ss@x/"}, "url: a URL has no spaces"),
        ({"url": "http://x:99999/"}, "ports go from 1 to 65535"),
        ({"url": "http://-x-/"}, "is not a valid host name"),
        ({"url": "http://[::1/"}, "url: not a URL"),
        ({"url": "http://x/", "body": "a", "body_json": {}}, "only one of"),
        ({"url": "http://u:p@x/", "auth": Auth(type="bearer", token=Secret("t"))}, "keep one of them"),
        ({"url": "http://x/", "headers": {"a b": "c"}}, "is not the name of a header"),
        ({"url": "http://x/", "headers": {"a": "c\r\nd: e"}}, "line break"),
        ({"url": "http://x/", "headers": {"Content-Length": "5"}}, "set by the probe itself"),
        ({"url": "http://x/", "degraded_over": 5, "down_over": 5}, "longer than degraded_over"),
        ({"url": "http://x/", "certificate_days": 5}, "needs a url with https"),
        ({"url": "http://x/", "proxy": "socks4://x:1"}, "proxy: not a URL"),
        ({"url": "http://x/", "method": "HEAD", "expect": Expect(body_contains="x")}, "has no body"),
    ],
)
def test_options_that_make_no_sense(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError) as caught:
        Options(**options)  # type: ignore[arg-type]
    assert message in str(caught.value)
    assert "pa ss" not in str(caught.value)


@pytest.mark.parametrize(
    "options",
    [
        Options(url="http://localhost/"),
        Options(url=Secret("https://x.test/", "env X"), headers={"A": "b"}, tls=TlsSettings(verify=False)),
        Options(
            url="https://x.test/",
            expect=Expect(body_regex=parse_regex("a+"), json=parse_json_paths({"$.a": [1]})),
            auth=Auth(type="bearer", token=Secret("t")),
        ),
    ],
)
def test_options_travel_to_the_prober(options: Options) -> None:
    arrived = pickle.loads(pickle.dumps(options))
    assert arrived == options
    assert arrived.expect is Options(url="http://x/").expect or options.expect != Expect()


def test_preparing_spares_the_first_probe(tmp_path: Path) -> None:
    import slawatch.checks._tls as tls_module

    tls = TlsSettings(ca_file=ca_file(tmp_path))
    expect = Expect(json=parse_json_paths({"$.a": 1}))
    prepare(Options(url="https://shop.test/", tls=tls, expect=expect))
    assert (tls, ("http/1.1",)) in tls_module._contexts
    prepare(Options(url="https://shop.test/", tls=tls, http_version="2"))
    assert (tls, ("h2", "http/1.1")) in tls_module._contexts
    prepare(Options(url="https://shop.test/", tls=TlsSettings(ca_file="/nowhere")))
