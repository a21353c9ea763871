"""Where a request ends, and that nothing but HTTP/1.1 is spoken in clear text."""

import pytest
import trio

from .test_serve import Running, read_all, running  # noqa: F401 (a fixture)

SMUGGLED = b"GET /ok HTTP/1.1\r\nHost: a\r\n\r\n"


async def said(running: Running, request: bytes) -> bytes:  # noqa: F811
    with trio.fail_after(5):
        async with await running.connect() as stream:
            await stream.send_all(request)
            return await read_all(stream)


@pytest.mark.parametrize(
    "head",
    [
        b"POST /ok HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST /ok HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 999\r\n\r\n",
        b"POST /ok HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
)
async def test_a_request_whose_end_is_in_doubt_is_the_last(running: Running, head: bytes) -> None:  # noqa: F811
    answer = await said(running, head + b"0\r\n\r\n" + SMUGGLED)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1") == 1
    assert b"connection: close" in answer.lower()


async def test_one_of_the_two_is_well(running: Running) -> None:  # noqa: F811
    for head, body in (
        (b"Content-Length: 3", b"abc"),
        (b"Transfer-Encoding: chunked", b"3\r\nabc\r\n0\r\n\r\n"),
    ):
        answer = await said(
            running, b"POST /ok HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + head + b"\r\n\r\n" + body
        )
        assert answer.startswith(b"HTTP/1.1 200 ")


async def test_clear_text_does_not_become_http_2(running: Running) -> None:  # noqa: F811
    answer = await said(running, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00")
    assert not answer or answer.startswith(b"HTTP/1.1 ")
    answer = await said(
        running,
        b"GET /ok HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n"
        b"Connection: Upgrade, HTTP2-Settings, close\r\n\r\n",
    )
    assert answer.startswith(b"HTTP/1.1 200 ")
