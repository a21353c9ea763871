"""Clients that no server asked for: slow, vanished, deaf, pipelining, malformed; drawn from a seed."""

import random
import socket
import struct
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import trio

from slawatch.web.control import short

Place = int | Path
"""A port of this machine, or the path of a unix socket."""

METHODS = ("GET", "GET", "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get", "G\0T")
PATHS = (
    "/",
    "/wall",
    "/healthz",
    "/readyz",
    "/metrics",
    "/reports",
    "/slawatch",
    "/services/shop",
    "/services/%00",
    "/static/live.js",
    "/static/../../../etc/passwd",
    "/heartbeat/backup",
    "/heartbeat/" + "x" * 3000,
    "/api/v1/status",
    "/api/v1/status?organization=%ff",
    "/api/v1/events",
    "/api/v1/events?since=0-99999999999999999",
    "/api/v1/report?month=9999-99",
    "/api/v1/export?what=samples",
    "/api/v1/reload",
    "/api/v1/nothing",
    "*",
    "http://elsewhere.example/",
    "//",
    "/?" + "a=b&" * 2000,
)
FIELDS = (
    "Host: localhost",
    "Host: a\r\nHost: b",
    "Connection: close",
    "Connection: keep-alive",
    "Connection: Upgrade",
    "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA",
    "Expect: 100-continue",
    "Content-Length: 5",
    "Content-Length: -1",
    "Content-Length: 99999999999999999999",
    "Content-Type: application/json",
    "Transfer-Encoding: chunked",
    "Transfer-Encoding: gzip, chunked",
    "Last-Event-ID: 0-0",
    "Range: bytes=0-,1-,2-",
    "If-None-Match: *",
    "Cookie: " + "c" * 4000,
    "X-Long: " + "y" * 20_000,
    "X-Folded: a\r\n b",
    ": nameless",
    "X-Bytes: \xff\xfe",
)
BODIES = (
    b"",
    b"",
    b"hello",
    b"5\r\nhello\r\n0\r\n\r\n",
    b"ffffffffffffffff\r\n",
    b"zz\r\n",
    b'{"a": [',
    b"\0" * 5000,
)
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_RESET = struct.pack("ii", 1, 0)

Kind = Callable[[trio.SocketStream, random.Random], Awaitable[None]]


def asking(chance: random.Random, path: str | None = None) -> bytes:
    """Return a request, perhaps one that means something."""
    fields = ["Host: localhost", *chance.sample(FIELDS, chance.randrange(4))]
    chance.shuffle(fields)
    first = f"{chance.choice(METHODS)} {path or chance.choice(PATHS)} HTTP/1.1"
    return "\r\n".join([first, *fields, "", ""]).encode("latin-1") + chance.choice(BODIES)


def mutated(chance: random.Random, request: bytes) -> bytes:
    """Return a request with some of its bytes lost, doubled, changed or made up."""
    made = bytearray(request)
    for _ in range(chance.randrange(1, 6)):
        start = chance.randrange(len(made) + 1)
        end = min(len(made), start + chance.randrange(1, 40))
        match chance.randrange(6):
            case 0:
                del made[start:end]
            case 1:
                made[start:start] = made[start:end]
            case 2:
                made[start:start] = chance.randbytes(chance.randrange(1, 60))
            case 3:
                made[start:end] = bytes(byte ^ (1 << chance.randrange(8)) for byte in made[start:end])
            case 4:
                made[:] = made.replace(b"\r\n", chance.choice([b"\n", b"\r", b"\r\n\r\n"]), 1)
            case _:
                made[start:start] = chance.choice([b"\0", b"\r\n", b"\r\n\r\n", b":", b" ", b"\xc3\x28"])
    return bytes(made)


async def malformed(stream: trio.SocketStream, chance: random.Random) -> None:
    await stream.send_all(mutated(chance, asking(chance)))
    if chance.random() < 0.5:
        await stream.send_eof()
    await _read(stream, chance.uniform(0, 0.5))


async def noise(stream: trio.SocketStream, chance: random.Random) -> None:
    await stream.send_all(
        chance.choice([b"", b"\x16\x03\x01", b"GET "]) + chance.randbytes(chance.randrange(20_000))
    )
    await _read(stream, chance.uniform(0, 0.3))


async def frames(stream: trio.SocketStream, chance: random.Random) -> None:
    """HTTP/2 by prior knowledge, and frames of any kind on any stream."""
    sent = _PREFACE if chance.random() < 0.9 else mutated(chance, _PREFACE)
    if chance.random() < 0.8:
        sent += b"\0\0\0\4\0\0\0\0\0"
    for _ in range(chance.randrange(30)):
        body = chance.randbytes(chance.choice([0, 4, 5, 8, 6, chance.randrange(300)]))
        length = len(body) if chance.random() < 0.95 else chance.randrange(1 << 24)
        number = chance.choice([0, 1, 1, 3, 2, chance.randrange(1 << 31)])
        sent += length.to_bytes(3, "big") + bytes([chance.randrange(12), chance.randrange(64)])
        sent += number.to_bytes(4, "big") + body
    await stream.send_all(sent)
    await _read(stream, chance.uniform(0, 0.3))


async def pipelining(stream: trio.SocketStream, chance: random.Random) -> None:
    count = chance.randrange(2, 20)
    requests = [asking(chance) for _ in range(count)]
    if chance.random() < 0.5:
        requests = [b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n" for _ in range(count)]
        requests[chance.randrange(count)] = b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    await stream.send_all(b"".join(requests))
    if chance.random() < 0.3:
        await stream.send_eof()
    await _read(stream, chance.uniform(0, 0.5))


async def slow(stream: trio.SocketStream, chance: random.Random) -> None:
    """Send a byte now and then; never get to the end, or only just."""
    request = asking(chance)
    with trio.move_on_after(chance.choice([0.3, 1, 3, 12] if chance.random() < 0.1 else [0.3, 0.6, 1])):
        for at in range(len(request)):
            await stream.send_all(request[at : at + 1])
            await trio.sleep(chance.uniform(0, 0.1))
    if chance.random() < 0.5:
        _reset(stream)


async def vanished(stream: trio.SocketStream, chance: random.Random) -> None:
    """Be gone without a word: before the request, in the middle of it, in the middle of the answer."""
    request = b"GET %s HTTP/1.1\r\nHost: a\r\n\r\n" % chance.choice(PATHS[:9]).encode()
    await stream.send_all(request[: chance.choice([0, chance.randrange(len(request)), len(request)])])
    if chance.random() < 0.4:
        with trio.move_on_after(0.5):
            await stream.receive_some(chance.randrange(1, 200))
    _reset(stream)


async def deaf(stream: trio.SocketStream, chance: random.Random) -> None:
    """Ask for much, and read nothing of it."""
    stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    large = b"GET /static/vendor/uplot/uPlot.iife.min.js HTTP/1.1\r\nHost: a\r\n\r\n"
    with trio.move_on_after(chance.uniform(0.1, 2)):
        await stream.send_all(large * chance.randrange(1, 100))
        await trio.sleep_forever()
    if chance.random() < 0.5:
        _reset(stream)


async def listening(stream: trio.SocketStream, chance: random.Random) -> None:
    """Follow the events for a while, and go."""
    await stream.send_all(b"GET /api/v1/events HTTP/1.1\r\nHost: a\r\n\r\n")
    await _read(stream, chance.uniform(0, 3))
    if chance.random() < 0.5:
        _reset(stream)


KINDS: tuple[Kind, ...] = (malformed, noise, frames, pipelining, slow, vanished, deaf, listening)


async def crowd(
    place: Place,
    seed: int,
    count: int,
    at_once: int,
    *,
    gone: "Counter[str] | None" = None,
    kinds: tuple[Kind, ...] = KINDS,
) -> "Counter[str]":
    """Send so many rude clients, so many at once; return how many of each kind came through to their end.

    Args:
        place: where to.
        seed: of the chance.
        count, at_once: clients.
        gone: is told of each while it goes on.
        kinds: among which to draw.
    """
    places = trio.CapacityLimiter(at_once)
    told: Counter[str] = Counter() if gone is None else gone

    async def visit(number: int) -> None:
        chance = random.Random(f"{seed} {number}")
        kind = chance.choice(kinds)
        async with places:
            try:
                stream = await _connect(place)
            except OSError:
                told["refused"] += 1
                return
            try:
                with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
                    await kind(stream, chance)
            finally:
                stream.socket.close()
        told[kind.__name__] += 1

    async with trio.open_nursery() as nursery:
        for number in range(count):
            nursery.start_soon(visit, number)
    return told


async def _connect(place: Place) -> trio.SocketStream:
    if isinstance(place, Path):
        with short(str(place)) as name:
            return await trio.open_unix_socket(name)
    return await trio.open_tcp_stream("127.0.0.1", place)


async def _read(stream: trio.SocketStream, seconds: float) -> None:
    with trio.move_on_after(seconds):
        while await stream.receive_some(65536):
            pass


def _reset(stream: trio.SocketStream) -> None:
    with suppress(OSError):
        stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    stream.socket.close()
