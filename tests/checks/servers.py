"""Real servers on loopback for the tests of checks, each living in the nursery of its test."""

import socket
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from typing import Any

import trio
import trustme

from slawatch.checks._attempt import Attempt
from slawatch.checks._dns import Resolver
from slawatch.checks.http import Options, probe
from slawatch.core.instant import SECOND
from slawatch.core.sample import Observation

Handler = Callable[[trio.abc.Stream], Awaitable[None]]


@cache
def authority() -> trustme.CA:
    return trustme.CA()


@cache
def server_context(
    *names: str, alpn: tuple[str, ...] = (), client_ca: bool = False, **kwargs: Any
) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority().issue_cert(*names or ("127.0.0.1", "localhost"), **kwargs).configure_cert(context)
    if alpn:
        context.set_alpn_protocols(list(alpn))
    if client_ca:
        context.verify_mode = ssl.CERT_REQUIRED
        authority().configure_trust(context)
    return context


def ca_file(folder: Path) -> str:
    path = folder / "ca.pem"
    authority().cert_pem.write_to_path(str(path))
    return str(path)


async def serve(
    nursery: trio.Nursery,
    handler: Handler,
    *,
    tls: ssl.SSLContext | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
) -> int:
    """Start a server in the nursery; returns its port. Errors of a connection end with it."""

    async def connection(stream: trio.abc.Stream) -> None:
        try:
            if tls is not None:
                stream = trio.SSLStream(stream, tls, server_side=True, https_compatible=True)
                await stream.do_handshake()
            await handler(stream)
            if tls is not None:
                await stream.aclose()
        except (trio.BrokenResourceError, trio.ClosedResourceError, OSError):
            pass
        finally:
            await trio.aclose_forcefully(stream)

    listeners = await trio.open_tcp_listeners(port, host=host)
    nursery.start_soon(trio.serve_listeners, connection, listeners)
    return int(listeners[0].socket.getsockname()[1])


async def serve_blocking(nursery: trio.Nursery, tls: ssl.SSLContext) -> int:
    """Start a server for one connection that makes its handshake as OpenSSL does, alerts included."""
    listener = socket.create_server(("127.0.0.1", 0))

    def once() -> None:
        with (
            listener,
            listener.accept()[0] as sock,
            tls.wrap_socket(sock, server_side=True, do_handshake_on_connect=False) as secured,
            suppress(OSError),
        ):
            try:
                secured.do_handshake()
            except ssl.SSLError:
                # Unread bytes would turn the close into a reset, which overtakes the alert.
                while socket.socket.recv(secured, 65_536):
                    pass

    nursery.start_soon(partial(trio.to_thread.run_sync, once, abandon_on_cancel=True))
    return int(listener.getsockname()[1])


async def request_of(stream: trio.abc.Stream) -> bytes:
    """Read a request: its head, and as much of a body as Content-Length says."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = await stream.receive_some(65_536)
        if not part:
            return data
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    while len(body) < length:
        body += await stream.receive_some(65_536)
    return head + b"\r\n\r\n" + body


class Web:
    """Answers each request with the next of its answers (the last one for ever) and keeps the requests."""

    def __init__(self, *answers: bytes) -> None:
        self.answers = list(answers) or [ok()]
        self.requests: list[bytes] = []

    async def __call__(self, stream: trio.abc.Stream) -> None:
        while True:
            request = await request_of(stream)
            if not request:
                return
            self.requests.append(request)
            await stream.send_all(self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])
            if b"connection: close" in request.lower():
                return


def ok(body: bytes = b"all is ok", *headers: str, status: str = "200 OK") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def attempt(timeout: int = 5 * SECOND, resolver: Resolver | None = None) -> Attempt:
    return Attempt("test", timeout, resolver or Resolver())


async def asked(url: str, seen: Attempt | None = None, **options: Any) -> Observation:
    """Probe a URL within five seconds."""
    with trio.fail_after(5):
        return await probe(Options(url=url, **options), seen or attempt())
