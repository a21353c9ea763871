"""Whatever a server sends, the probe answers with an observation: never an exception, never a hang."""

import pytest
import trio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.checks.servers import (
    Web,
    asked,
    attempt,
    ok,
    request_of,
    serve,
)

from slawatch.checks._http_expect import Expect, parse_json_paths, parse_regex, parse_statuses
from slawatch.checks._tls import TlsSettings
from slawatch.core.sample import Cause, Outcome

_PIECES = st.sampled_from(
    [
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.0 404 Gone\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 302 Found\r\n",
        b"HTTP/2 200\r\n",
        b"Location: http://[::1\r\n",
        b"Location: //\r\n",
        b"Location: http://\xff/\r\n",
        b"Content-Length: 5\r\n",
        b"Content-Length: -1\r\n",
        b"Content-Length: 99999999999999999999\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: gzip, chunked, identity\r\n",
        b"Content-Encoding: gzip\r\n",
        b"Content-Type: text/html; charset=idna\r\n",
        b"Content-Type: text/html; charset=utf-16\r\n",
        b"Upgrade: x\r\nConnection: Upgrade\r\n",
        b"\r\n",
        b"\r\n\r\n",
        b"5\r\nhello\r\n",
        b"0\r\n\r\n",
        b"ffffffffffffffffff\r\n",
        b"\x1f\x8b\x08\x00",
        b'{"a": [1, {"b": null}]}',
        b"[" * 5000,
        b" folded: header\r\n",
        b"X" * 300,
    ]
)
_ANSWERS = st.lists(st.one_of(_PIECES, st.binary(max_size=40)), max_size=12)

_EXPECT = Expect(
    body_not_contains="never",
    body_regex=parse_regex("."),
    header={"x": "/y/"},
    json=parse_json_paths({"$..b": None}),
)


def probe_once(parts: list[bytes], scheme: str, **options: object) -> None:
    async def one() -> None:
        async def server(stream: trio.abc.Stream) -> None:
            await stream.receive_some(65_536)
            for part in parts:
                await stream.send_all(part)

        async with trio.open_nursery() as nursery:
            port = await serve(nursery, server)
            found = await asked(f"{scheme}://127.0.0.1:{port}/", **options)
            assert found.outcome in (Outcome.UP, Outcome.DOWN)
            assert (found.cause is Cause.NONE) == (found.outcome is Outcome.UP)
            assert bool(found.reason) == (found.outcome is Outcome.DOWN)
            assert found.reason.isprintable()
            nursery.cancel_scope.cancel()

    trio.run(one)


_often = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
_seldom = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@_often
@given(_ANSWERS)
def test_any_bytes_over_our_own_socket(parts: list[bytes]) -> None:
    probe_once(parts, "http")
    probe_once(parts, "http", expect=_EXPECT, method="POST", body="x")


@_often
@given(_ANSWERS)
def test_any_bytes_with_a_head_that_is_right(parts: list[bytes]) -> None:
    probe_once([b"HTTP/1.1 200 OK\r\nX: y\r\n", *parts], "http", expect=_EXPECT)


@_seldom
@given(_ANSWERS)
def test_any_bytes_instead_of_tls(parts: list[bytes]) -> None:
    probe_once(parts, "https", tls=TlsSettings(verify=False))


@_seldom
@given(_ANSWERS)
def test_any_bytes_instead_of_http2(parts: list[bytes]) -> None:
    probe_once(parts, "http", http_version="2")


@_seldom
@given(st.binary(min_size=1, max_size=300))
def test_any_frames_after_a_proper_start_of_http2(tail: bytes) -> None:
    probe_once([b"\0\0\0\x04\0\0\0\0\0", b"\0\0\0\x04\x01\0\0\0\0", tail], "http", http_version="2")


async def test_a_long_body_is_read_to_the_limit_only(nursery: trio.Nursery) -> None:
    async def endless(stream: trio.abc.Stream) -> None:
        await request_of(stream)
        await stream.send_all(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            await stream.send_all(b"x" * 65_536)

    port = await serve(nursery, endless)
    seen = attempt()
    found = await asked(
        f"http://127.0.0.1:{port}/", seen, max_body=200_000, expect=Expect(body_contains="xxx")
    )
    assert found.outcome is Outcome.UP
    assert "200000 bytes (cut)" in seen.transcript()


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"", "closed the connection without an answer"),
        (b"HTTP/1.1 200 O", "closed the connection in the head of the answer, after 14 bytes"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
            "closed the connection after 3 of 10 bytes",
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
            "closed the connection before the last chunk, after 3 bytes",
        ),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc", "not a proper HTTP answer"),
        (b"SSH-2.0-OpenSSH_9.2p1\r\n", "it starts with b'SSH-2.0-OpenSSH_9.2p1\\r\\n'"),
        (b"\x16\x03\x01\x02\x00\x01\x00", "not a proper HTTP answer"),
        (b"HTTP/1.1 abc OK\r\n\r\n", "not a proper HTTP answer"),
        (b"HTTP/1.1 200 OK\r\nbad header\r\n\r\n", "not a proper HTTP answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc", "not a proper HTTP answer"),
        (b"HTTP/1.1 100 Continue\r\n\r\n", "closed the connection in the head of the answer"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000, "the head of the answer is longer than 65536 bytes"),
        (b"HTTP/1.1 103 Early Hints\r\n\r\n" * 4000, "the head of the answer is longer than 65536 bytes"),
    ],
)
async def test_answers_that_are_none(nursery: trio.Nursery, answer: bytes, reason: str) -> None:
    async def once(stream: trio.abc.Stream) -> None:
        await request_of(stream)
        await stream.send_all(answer)
        await stream.send_eof() if isinstance(stream, trio.SocketStream) else None
        await stream.receive_some(1)

    port = await serve(nursery, once)
    found = await asked(f"http://127.0.0.1:{port}/")
    assert (found.outcome, found.cause) == (Outcome.DOWN, Cause.PROTOCOL)
    assert reason in found.reason


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        ("GET", b"HTTP/1.1 204 No Content\r\n\r\n"),
        ("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n"),
        ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"),
        ("HEAD", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
        (
            "GET",
            b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
        ),
        (
            "GET",
            (
                b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"
                b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"
            ),
        ),
        ("GET", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
        ("GET", b"HTTP/1.0 200 OK\r\n\r\nuntil the end"),
        ("GET", b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n\x00\x01"),
        ("GET", b"HTTP/1.1 200\r\nContent-Length: 2\r\nConnection: close\r\n\r\nabcdef"),
        (
            "GET",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n1\r\nx\r\n0\r\nX: y\r\n\r\n",
        ),
    ],
)
@pytest.mark.parametrize("piece", [1, 100_000])
async def test_answers_in_all_their_forms(
    nursery: trio.Nursery, method: str, answer: bytes, piece: int
) -> None:
    async def dripping(stream: trio.abc.Stream) -> None:
        await request_of(stream)
        for at in range(0, len(answer), piece):
            await stream.send_all(answer[at : at + piece])
            await trio.lowlevel.checkpoint()
        if b"until the end" not in answer:
            await stream.receive_some(1)

    port = await serve(nursery, dripping)
    found = await asked(
        f"http://127.0.0.1:{port}/", method=method, expect=Expect(status=parse_statuses("101,200-399"))
    )
    assert (found.outcome, found.reason) == (Outcome.UP, "")


async def test_an_interim_answer_leaves_no_header_behind(nursery: trio.Nursery) -> None:
    port = await serve(nursery, Web(b"HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n" + ok()))
    found = await asked(f"http://127.0.0.1:{port}/", expect=Expect(header={"x-early": ""}))
    assert found.reason == "the answer has no header x-early"


async def test_a_reset_is_down(nursery: trio.Nursery) -> None:
    async def reset(stream: trio.abc.Stream) -> None:
        assert isinstance(stream, trio.SocketStream)
        await stream.receive_some(10)
        stream.setsockopt(trio.socket.SOL_SOCKET, trio.socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    port = await serve(nursery, reset)
    found = await asked(f"http://127.0.0.1:{port}/")
    assert (found.outcome, found.cause) == (Outcome.DOWN, Cause.PROTOCOL)
    assert "connection reset" in found.reason


async def test_an_early_answer_to_a_long_body_counts(nursery: trio.Nursery) -> None:
    async def impatient(stream: trio.abc.Stream) -> None:
        await stream.receive_some(1000)
        await stream.send_all(ok(status="413 Content Too Large"))
        await trio.sleep(0.05)

    port = await serve(nursery, impatient)
    found = await asked(f"http://127.0.0.1:{port}/", method="POST", body="x" * 20_000_000)
    assert found.outcome is Outcome.DOWN
    assert "413" in found.reason or "reset" in found.reason
