"""Proxies, digest authentication and HTTP/2 against real servers."""

import hashlib
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import h2.config
import h2.connection
import h2.events
import h2.exceptions
import trio
from tests.checks.servers import Web, asked, attempt, ca_file, ok, request_of, serve, server_context

from slawatch.checks._http_expect import Expect
from slawatch.checks._tls import TlsSettings
from slawatch.checks.http import Auth
from slawatch.core.sample import Cause, Outcome
from slawatch.core.text import Secret


async def pipe(source: trio.abc.Stream, sink: trio.abc.Stream) -> None:
    try:
        async for data in source:
            await sink.send_all(data)
        await trio.aclose_forcefully(sink)
    except (trio.BrokenResourceError, trio.ClosedResourceError):
        pass


async def join(one: trio.abc.Stream, other: trio.abc.Stream) -> None:
    async with one, other, trio.open_nursery() as nursery:
        nursery.start_soon(pipe, one, other)
        await pipe(other, one)
        nursery.cancel_scope.cancel()


class Proxy:
    """An HTTP proxy with CONNECT and absolute URLs, in twenty lines; wants credentials if it has some."""

    def __init__(self, credentials: bytes = b"", connect_answer: bytes = b"") -> None:
        self.credentials = credentials
        self.connect_answer = connect_answer
        self.requests: list[bytes] = []

    async def __call__(self, stream: trio.abc.Stream) -> None:
        request = await request_of(stream)
        self.requests.append(request)
        if self.credentials and b"Proxy-Authorization: Basic " + self.credentials not in request:
            await stream.send_all(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            return
        line = request.split(b"\r\n")[0].decode()
        if self.connect_answer and line.startswith("CONNECT"):
            await stream.send_all(self.connect_answer)
            return
        match = re.match(r"CONNECT ([^:]+):(\d+) |\w+ http://([^:/]+):(\d+)(\S+) ", line)
        assert match
        target = await trio.open_tcp_stream(match[1] or match[3], int(match[2] or match[4]))
        if match[1]:
            await stream.send_all(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            await target.send_all(re.sub(rb" http://[^/]+", b" ", request, count=1))
        await join(stream, target)


async def socks5(stream: trio.abc.Stream, code: int = 0) -> None:
    """A SOCKS5 proxy (RFC 1928) without authentication, for names."""
    assert (await stream.receive_some(100))[0] == 5
    await stream.send_all(b"\x05\x00")
    request = await stream.receive_some(300)
    length = request[4]
    host, port = request[5 : 5 + length].decode(), int.from_bytes(request[5 + length : 7 + length], "big")
    await stream.send_all(bytes((5, code, 0, 1)) + b"\0" * 6)
    if code == 0:
        await join(stream, await trio.open_tcp_stream(host, port))


async def test_a_proxy_for_plain_http(nursery: trio.Nursery) -> None:
    web, proxy = Web(), Proxy()
    port, through = await serve(nursery, web), await serve(nursery, proxy)
    seen = attempt()
    found = await asked(f"http://localhost:{port}/x", seen, proxy=f"http://127.0.0.1:{through}")
    assert (found.outcome, found.reason) == (Outcome.UP, "")
    assert proxy.requests[0].startswith(f"GET http://localhost:{port}/x HTTP/1.1\r\n".encode())
    assert web.requests[0].startswith(b"GET /x ")
    assert None not in (seen.connect, seen.first_byte, seen.transfer)


async def test_a_proxy_for_https(nursery: trio.Nursery, tmp_path: Path) -> None:
    web, proxy = Web(), Proxy(credentials=b"dTpw")
    port, through = await serve(nursery, web, tls=server_context()), await serve(nursery, proxy)
    seen = attempt()
    found = await asked(
        f"https://localhost:{port}/x",
        seen,
        proxy=f"http://u:p@127.0.0.1:{through}",
        tls=TlsSettings(ca_file=ca_file(tmp_path)),
        expect=Expect(body_contains="ok"),
    )
    assert (found.outcome, found.reason) == (Outcome.UP, "")
    assert found.measures[0].name == "certificate_days"
    assert seen.tls is not None


async def test_a_proxy_over_tls_for_https(nursery: trio.Nursery, tmp_path: Path) -> None:
    web, proxy = Web(ok(b"x" * 300_000)), Proxy()
    port = await serve(nursery, web, tls=server_context("localhost"))
    through = await serve(nursery, proxy, tls=server_context("127.0.0.1"))
    seen = attempt()
    tls = TlsSettings(ca_file=ca_file(tmp_path))
    found = await asked(f"https://localhost:{port}/x", seen, proxy=f"https://127.0.0.1:{through}", tls=tls)
    assert (found.outcome, found.reason) == (Outcome.UP, "")
    assert "300000 bytes" in seen.transcript()
    expired = await serve(nursery, web, tls=server_context("other.example"))
    found = await asked(f"https://localhost:{expired}/x", proxy=f"https://127.0.0.1:{through}", tls=tls)
    assert (found.outcome, found.cause) == (Outcome.DOWN, Cause.CERTIFICATE)
    assert "through the proxy" in found.reason


async def test_a_socks_proxy_resolves_the_name_itself(nursery: trio.Nursery) -> None:
    port, through = await serve(nursery, Web()), await serve(nursery, socks5)
    found = await asked(f"http://localhost:{port}/", proxy=f"socks5://127.0.0.1:{through}")
    assert (found.outcome, found.reason) == (Outcome.UP, "")


async def test_a_socks_proxy_that_cannot_reach_the_target(nursery: trio.Nursery) -> None:
    async def refusing(stream: trio.abc.Stream) -> None:
        await socks5(stream, 5)

    through = await serve(nursery, refusing)
    found = await asked("http://shop.invalid/", proxy=f"socks5://127.0.0.1:{through}")
    assert (found.outcome, found.cause) == (Outcome.DOWN, Cause.CONNECT)
    assert "cannot reach shop.invalid" in found.reason


async def test_a_proxy_that_fails_is_our_own_fault(nursery: trio.Nursery) -> None:
    with trio.socket.socket() as unused:
        await unused.bind(("127.0.0.1", 0))
        gone = unused.getsockname()[1]
        found = await asked("http://shop.invalid/", proxy=f"http://127.0.0.1:{gone}")
    assert (found.outcome, found.cause) == (Outcome.UNKNOWN, Cause.OURS)
    assert "the proxy cannot be used" in found.reason
    through = await serve(nursery, Proxy(credentials=b"none"))
    found = await asked("https://shop.invalid/", proxy=f"http://u:s3cretword@127.0.0.1:{through}")
    assert (found.outcome, found.cause) == (Outcome.UNKNOWN, Cause.OURS)
    assert "407" in found.reason
    assert "s3cretword" not in found.reason


async def test_a_proxy_that_cannot_reach_the_target_says_something_about_it(nursery: trio.Nursery) -> None:
    answer = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"
    through = await serve(nursery, Proxy(connect_answer=answer))
    found = await asked("https://shop.invalid/", proxy=f"http://127.0.0.1:{through}")
    assert (found.outcome, found.cause) == (Outcome.DOWN, Cause.CONNECT)
    assert found.reason.endswith("cannot reach shop.invalid: 502 Bad Gateway")


def digest_web(username: str, password: str) -> Web:
    realm, nonce = "shop", "abcdef"

    class Digest(Web):
        async def __call__(self, stream: trio.abc.Stream) -> None:
            while request := await request_of(stream):
                self.requests.append(request)
                found = dict(re.findall(rb'(\w+)="?([^",\r]+)"?', request.partition(b"Digest ")[2]))
                ha1 = hashlib.md5(f"{username}:{realm}:{password}".encode()).hexdigest()
                ha2 = hashlib.md5(b"GET:" + found.get(b"uri", b"")).hexdigest()
                parts = (
                    ha1,
                    nonce,
                    found.get(b"nc", b"").decode(),
                    found.get(b"cnonce", b"").decode(),
                    "auth",
                    ha2,
                )
                if found.get(b"response", b"").decode() == hashlib.md5(":".join(parts).encode()).hexdigest():
                    await stream.send_all(ok())
                else:
                    challenge = f'WWW-Authenticate: Digest realm="{realm}", nonce="{nonce}", qop="auth"'
                    await stream.send_all(ok(b"", challenge, status="401 Unauthorized"))

    return Digest()


async def test_digest_authentication(nursery: trio.Nursery) -> None:
    web = digest_web("u", "right")
    port = await serve(nursery, web)
    seen = attempt()
    auth = Auth(type="digest", username="u", password=Secret("right"))
    found = await asked(f"http://127.0.0.1:{port}/a?b=c", seen, auth=auth)
    assert (found.outcome, found.reason) == (Outcome.UP, "")
    assert len(web.requests) == 2
    auth = Auth(type="digest", username="u", password=Secret("wrong"))
    found = await asked(f"http://127.0.0.1:{port}/", auth=auth)
    assert (found.outcome, found.cause) == (Outcome.DOWN, Cause.AUTH)


async def http2(stream: trio.abc.Stream, answer: Callable[[h2.connection.H2Connection, int], None]) -> None:
    connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
    connection.initiate_connection()
    await stream.send_all(connection.data_to_send())
    with suppress(h2.exceptions.ProtocolError):  # What comes after the server has ended the connection.
        while data := await stream.receive_some(65_536):
            for event in connection.receive_data(data):
                if isinstance(event, h2.events.RequestReceived):
                    answer(connection, event.stream_id)
            await stream.send_all(connection.data_to_send())


async def fine(stream: trio.abc.Stream) -> None:
    def answer(connection: h2.connection.H2Connection, number: int) -> None:
        connection.send_headers(number, [(":status", "200"), ("x-kind", "two")])
        connection.send_data(number, b"all is ok", end_stream=True)

    await http2(stream, answer)


async def test_http2(nursery: trio.Nursery, tmp_path: Path) -> None:
    port = await serve(nursery, fine, tls=server_context(alpn=("h2",)))
    seen = attempt()
    tls = TlsSettings(ca_file=ca_file(tmp_path))
    expect = Expect(body_contains="is ok", header={"x-kind": "two"})
    found = await asked(f"https://localhost:{port}/", seen, http_version="2", tls=tls, expect=expect)
    assert (found.outcome, found.reason) == (Outcome.UP, "")
    assert "HTTP/2 200" in seen.transcript()
    assert found.measures[0].name == "certificate_days"
    assert None not in (seen.connect, seen.tls, seen.first_byte, seen.transfer)


async def test_http2_without_tls(nursery: trio.Nursery) -> None:
    port = await serve(nursery, fine)
    found = await asked(f"http://localhost:{port}/", http_version="2", expect=Expect(body_contains="is ok"))
    assert (found.outcome, found.reason) == (Outcome.UP, "")


async def test_http2_that_is_not_offered_is_down(nursery: trio.Nursery, tmp_path: Path) -> None:
    port = await serve(nursery, Web(), tls=server_context(alpn=("http/1.1",)))
    tls = TlsSettings(ca_file=ca_file(tmp_path))
    found = await asked(f"https://localhost:{port}/", http_version="2", tls=tls)
    assert (found.outcome, found.cause) == (Outcome.DOWN, Cause.PROTOCOL)
    assert found.reason.endswith("does not offer HTTP/2")


async def test_http2_broken_in_several_ways(nursery: trio.Nursery) -> None:
    def reset(connection: h2.connection.H2Connection, number: int) -> None:
        connection.reset_stream(number, 2)

    def away(connection: h2.connection.H2Connection, number: int) -> None:
        connection.close_connection(1)

    async def resetting(stream: trio.abc.Stream) -> None:
        await http2(stream, reset)

    async def leaving(stream: trio.abc.Stream) -> None:
        await http2(stream, away)

    for server, reason in (
        (resetting, "the server reset the stream (HTTP/2 error 2)"),
        (leaving, "the server ended the connection (HTTP/2 error 1)"),
        (Web(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "answers over HTTP/1.1, not HTTP/2"),
        (Web(b"\x00" * 5000), "not a proper HTTP answer"),
    ):
        port = await serve(nursery, server)
        found = await asked(f"http://localhost:{port}/", http_version="2")
        assert (found.outcome, found.cause) == (Outcome.DOWN, Cause.PROTOCOL)
        assert reason in found.reason


async def test_redirects_through_the_client(nursery: trio.Nursery) -> None:
    web, proxy = Web(ok(b"", "Location: /two", status="302 Found"), ok(b"arrived")), Proxy()
    port, through = await serve(nursery, web), await serve(nursery, proxy)
    found = await asked(
        f"http://localhost:{port}/one",
        proxy=f"http://127.0.0.1:{through}",
        expect=Expect(body_contains="arrived"),
    )
    assert (found.outcome, found.reason) == (Outcome.UP, "")
    assert [r.split(b" ")[1] for r in web.requests] == [b"/one", b"/two"]


async def test_an_endless_body_through_the_client(nursery: trio.Nursery) -> None:
    async def endless(stream: trio.abc.Stream) -> None:
        await request_of(stream)
        await stream.send_all(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            await stream.send_all(b"x" * 65_536)

    port, through = await serve(nursery, endless), await serve(nursery, Proxy())
    found = await asked(f"http://localhost:{port}/", proxy=f"http://127.0.0.1:{through}", max_body=100_000)
    assert found.outcome is Outcome.UP
