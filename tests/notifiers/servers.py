"""Stand-ins for providers: real servers on loopback that say what they are told, or nothing, or nonsense."""

import json
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

import trio
import trustme


@dataclass(frozen=True)
class Seen:
    """A request as it came."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body.decode(), strict_parsing=True).items()}


@dataclass(frozen=True)
class Reply:
    """What to answer.

    Attributes:
        status, headers, body: of a proper answer.
        act: `answer`; `hang` with the whole request read; `hang early` without reading the body; `reset` with
            the request read; `reset early`; `close`; `raw`: `body` as it is; `half`: the head, then nothing.
    """

    status: int = 200
    body: bytes | str | dict[str, Any] = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    act: str = "answer"

    def content(self) -> bytes:
        if isinstance(self.body, dict):
            return json.dumps(self.body).encode()
        return self.body.encode() if isinstance(self.body, str) else self.body


async def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Wait until something outside of trio has come about."""
    with trio.fail_after(seconds):
        while not condition():  # noqa: ASYNC110
            await trio.sleep(0.01)


class Provider:
    """A server, its requests, and its answers: one for each request in turn, the last one for ever.

    Attributes:
        requests: what came, in order.
        replies: what to answer, or a function that makes it of the request.
        open: how many connections are open now.
        made: how many there were.
    """

    def __init__(self) -> None:
        self.requests: list[Seen] = []
        self.replies: list[Reply] | Callable[[Seen], Reply] = [Reply()]
        self.open = 0
        self.made = 0
        self.port = 0
        self.scheme = "http"

    @property
    def url(self) -> str:
        return f"{self.scheme}://localhost:{self.port}"

    def answers(self, *replies: Reply) -> None:
        self.replies = list(replies)

    def _reply(self, seen: Seen) -> Reply:
        if callable(self.replies):
            return self.replies(seen)
        return self.replies[min(len(self.requests) - 1, len(self.replies) - 1)]

    def _upcoming(self) -> Reply | None:
        if callable(self.replies):
            return None
        return self.replies[min(len(self.requests), len(self.replies) - 1)]

    async def serve(self, stream: trio.abc.Stream, socket: Any) -> None:
        self.open += 1
        self.made += 1
        try:
            await self._serve(stream, socket)
        except (trio.BrokenResourceError, trio.ClosedResourceError, ssl.SSLError):
            pass
        finally:
            self.open -= 1
            with trio.CancelScope(shield=True):
                await trio.aclose_forcefully(stream)

    async def _serve(self, stream: trio.abc.Stream, socket: Any) -> None:
        upcoming = self._upcoming()
        if upcoming is not None and upcoming.act in ("hang early", "reset early", "close early"):
            if upcoming.act == "hang early":
                await trio.sleep_forever()
            await stream.receive_some(1000)
            if upcoming.act == "reset early":
                _reset(socket)
            return
        seen = await read_request(stream)
        if seen is None:
            return
        self.requests.append(seen)
        reply = self._reply(seen)
        if reply.act == "hang":
            async for _ in stream:
                pass
        elif reply.act == "reset":
            _reset(socket)
        elif reply.act == "raw":
            await stream.send_all(reply.content())
        elif reply.act == "half":
            await stream.send_all(b"HTTP/1.1 %d X\r\nContent-Length: 1000\r\n\r\n{" % reply.status)
            async for _ in stream:
                pass
        elif reply.act == "answer":
            await stream.send_all(as_bytes(reply))


def as_bytes(reply: Reply) -> bytes:
    content = reply.content()
    try:
        words = HTTPStatus(reply.status).phrase
    except ValueError:
        words = "Odd"
    head = [
        f"HTTP/1.1 {reply.status} {words}",
        *(f"{name}: {value}" for name, value in reply.headers.items()),
    ]
    if reply.status >= 200 and reply.status not in (204, 304):
        head.append(f"Content-Length: {len(content)}")
    else:
        content = b""
    return "\r\n".join([*head, "", ""]).encode() + content


def _reset(socket: Any) -> None:
    import socket as names
    import struct

    socket.setsockopt(names.SOL_SOCKET, names.SO_LINGER, struct.pack("ii", 1, 0))
    socket.close()


async def read_request(stream: trio.abc.ReceiveStream) -> Seen | None:
    """Return the next request, or None where none comes."""
    got = b""
    while b"\r\n\r\n" not in got:
        more = await stream.receive_some(65536)
        if not more:
            return None
        got += more
    head, _, body = got.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    size = int(headers.get("content-length", "0"))
    while len(body) < size:
        more = await stream.receive_some(65536)
        if not more:
            return None
        body += more
    return Seen(method, target, headers, body)


@asynccontextmanager
async def providing(authority: trustme.CA | None = None, name: str = "localhost") -> AsyncIterator[Provider]:
    """Run a provider on a free port, over TLS where there is an authority."""
    provider = Provider()
    context: ssl.SSLContext | None = None
    if authority is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(name).configure_cert(context)
        provider.scheme = "https"

    async def serve(stream: trio.SocketStream) -> None:
        if context is None:
            await provider.serve(stream, stream.socket)
        else:
            secured = trio.SSLStream(stream, context, server_side=True, https_compatible=True)
            await provider.serve(secured, stream.socket)

    async with trio.open_nursery() as nursery:
        listeners = await nursery.start(partial(trio.serve_tcp, serve, 0, host="127.0.0.1"))
        provider.port = listeners[0].socket.getsockname()[1]
        yield provider
        nursery.cancel_scope.cancel()


@asynccontextmanager
async def tunnelling(credentials: str = "") -> AsyncIterator[tuple[int, list[str]]]:
    """Run an HTTP proxy that knows CONNECT and plain requests; yields its port and what it was asked for."""
    asked: list[str] = []

    async def serve(stream: trio.SocketStream) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            more = await stream.receive_some(65536)
            if not more:
                return
            head += more
        first = head.split(b"\r\n")[0].decode()
        asked.append(first)
        if credentials and f"Basic {credentials}".lower().encode() not in head.lower():
            await stream.send_all(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            return
        if not first.startswith("CONNECT "):
            await stream.send_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            return
        host, _, port = first.split(" ")[1].rpartition(":")
        try:
            behind = await trio.open_tcp_stream(host, int(port))
        except OSError:
            await stream.send_all(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
            return
        async with behind:
            await stream.send_all(b"HTTP/1.1 200 Go\r\n\r\n")
            async with trio.open_nursery() as both:
                for source, sink in ((stream, behind), (behind, stream)):
                    both.start_soon(_pump, source, sink, both.cancel_scope)

    async with trio.open_nursery() as nursery:
        listeners = await nursery.start(partial(trio.serve_tcp, serve, 0, host="127.0.0.1"))
        yield listeners[0].socket.getsockname()[1], asked
        nursery.cancel_scope.cancel()


async def _pump(source: trio.SocketStream, sink: trio.SocketStream, scope: trio.CancelScope) -> None:
    try:
        async for chunk in source:
            await sink.send_all(chunk)
    except (trio.BrokenResourceError, trio.ClosedResourceError):
        pass
    scope.cancel()


def shape_errors(found: Any) -> list[str]:
    """Return what PagerDuty says is wrong with an event, by its documentation of the Events API v2."""
    errors = []
    action = found.get("event_action")
    if len(str(found.get("routing_key", ""))) not in (32, 13, 14):  # documented examples have short keys
        errors.append("'routing_key' has a wrong length")
    if action not in ("trigger", "acknowledge", "resolve"):
        errors.append("'event_action' is not one of them")
    if len(found.get("dedup_key", "")) > 255:
        errors.append("'dedup_key' is too long")
    if action in ("acknowledge", "resolve") and not found.get("dedup_key"):
        errors.append("'dedup_key' is missing or blank")
    if action == "trigger":
        payload = found.get("payload") or {}
        errors += [
            f"'payload.{key}' is missing or blank"
            for key in ("summary", "source", "severity")
            if not payload.get(key)
        ]
        if len(payload.get("summary", "")) > 1024:
            errors.append("'payload.summary' is too long")
        if payload.get("severity") not in ("critical", "error", "warning", "info"):
            errors.append("'payload.severity' is not one of them")
        if not isinstance(payload.get("custom_details", {}), dict):
            errors.append("'payload.custom_details' is not an object")
    errors += [
        "an image must be https" for image in found.get("images", []) if not image["src"].startswith("https:")
    ]
    errors += ["a link has no href" for link in found.get("links", []) if not link.get("href")]
    return errors
