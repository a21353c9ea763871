"""The one place that knows the HTTP client library: a request to a provider, its answer or what went wrong.

Each request has a connection of its own, closed after it. The library's client proper is left out, for it
logs URLs, and URLs of providers are secrets.
"""

import logging
import ssl
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import httpcore
import trio

from slawatch import __version__
from slawatch.core.instant import SECOND, Micros
from slawatch.notifiers import _tls
from slawatch.notifiers._dial import dial, shown
from slawatch.notifiers._fault import Fault, misconfigured, retry, tls_fault
from slawatch.notifiers._scrub import answer_line
from slawatch.notifiers._url import Proxy, Url

READ: Final = 64 * 1024
"""So much of an answer's body is read."""

# What the library says at DEBUG has the credentials of proxies in it.
logging.getLogger("httpcore").setLevel(logging.INFO)

_AGENT: Final = f"slawatch/{__version__}"
_PLAIN: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where requests go, and how.

    Attributes:
        url: the address.
        ca_file: a PEM file of authorities; None for the system's.
        proxy: what to go through.
        secrets: what no message may show.
    """

    url: Url
    ca_file: str | None = None
    proxy: Proxy | None = None
    secrets: tuple[str, ...] = field(default=(), repr=False)


class Answer(NamedTuple):
    """What a provider answered.

    Attributes:
        status: the HTTP status.
        headers: by lower-case name.
        body: at most `READ` bytes of it.
        complete: the body is all that it was to be.
        said: the status and the beginning of the body, without secrets.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    complete: bool
    said: str

    def text(self) -> str:
        """Return the body as text."""
        return self.body.decode("utf-8", "replace")


def prepare(ca_file: str | None) -> None:
    """Make the TLS context beforehand. A file that cannot be used is told with each attempt."""
    with suppress(Fault):
        _tls.context(ca_file)


class _Progress:
    """How far a request came.

    Attributes:
        written: all of it was written.
        head: status and headers of the answer.
        body: what came of the body.
        complete: all of the body came.
    """

    def __init__(self) -> None:
        self.written = False
        self.head: tuple[int, dict[str, str]] | None = None
        self.body = bytearray()
        self.complete = False
        self._ours = False

    async def trace(self, event: str, seen: Any) -> None:
        """Follow the library: a request through a tunnel is preceded by one to the proxy."""
        if event.endswith("send_request_body.started"):
            self._ours = seen["request"].method != b"CONNECT"
        elif event.endswith("send_request_body.complete"):
            self.written = self._ours


async def post(
    endpoint: Endpoint,
    headers: Mapping[str, str],
    body: bytes,
    *,
    connect_timeout: Micros,
    deadline: float,
    method: str = "POST",
) -> Answer:
    """Post a body, or ask in another way.

    Args:
        endpoint: where to.
        headers: beside Host, Content-Length and User-Agent.
        body: what to send.
        connect_timeout: how long name, connection and TLS may take.
        deadline: trio's time at which all is over.
        method: GET for a URL that only wants to be called.

    Raises:
        Fault: there is no answer.
    """
    progress = _Progress()
    started = trio.current_time()
    with trio.move_on_at(deadline) as scope:
        try:
            await _exchange(endpoint, headers, body, connect_timeout, progress, method)
        except Fault:
            raise
        except httpcore.ProxyError as error:
            raise _proxy_fault(endpoint, error) from error
        except (httpcore.ProtocolError, httpcore.NetworkError, httpcore.UnsupportedProtocol) as error:
            if progress.head is None:
                raise retry(_broken(endpoint, error, progress), written=progress.written) from error
    if scope.cancelled_caught and progress.head is None:
        passed = f"{max(deadline - started, 0):.2g} s"
        doing = "" if progress.written else ": the message was not wholly written"
        raise retry(f"no answer from {endpoint.url.who} within {passed}{doing}", written=progress.written)
    assert progress.head is not None
    status, seen = progress.head
    content = bytes(progress.body)
    said = answer_line(f"{status} {content.decode('utf-8', 'replace')}", endpoint.secrets)
    return Answer(status, seen, content, progress.complete, said)


async def _exchange(
    endpoint: Endpoint,
    headers: Mapping[str, str],
    body: bytes,
    connect_timeout: Micros,
    progress: _Progress,
    method: str,
) -> None:
    url = endpoint.url
    network = _Network(endpoint, progress, connect_timeout / SECOND)
    context = _tls.context(endpoint.ca_file) if url.scheme == "https" else _PLAIN
    sent = {
        "Host": url.who.partition("://")[2],
        "User-Agent": _AGENT,
        "Accept": "*/*",
        "Connection": "close",
        "Content-Length": str(len(body)),
        **headers,
    }
    pool = httpcore.AsyncConnectionPool(
        ssl_context=context,
        proxy=_proxy(endpoint),
        max_connections=1,
        max_keepalive_connections=0,
        network_backend=network,
    )
    try:
        async with pool, pool.stream(
            method,
            httpcore.URL(url.text),
            headers=[(name.encode(), value.encode()) for name, value in sent.items()],
            content=_Content(body),
            extensions={"trace": progress.trace},
        ) as response:  # fmt: skip
            progress.head = (
                response.status,
                {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers},
            )
            async for part in response.aiter_stream():
                progress.body += part[: READ - len(progress.body)]
            progress.complete = True
    except _Enough:
        return
    finally:
        network.close()


class _Enough(Exception):  # noqa: N818 (no error: it unwinds the library's generators)
    """As much of the body has been read as anybody will look at."""


class _Content:
    """A body for the library. Its own kind is a generator that it leaves behind when it is cancelled."""

    def __init__(self, body: bytes) -> None:
        self._body: bytes | None = body

    def __aiter__(self) -> "_Content":
        return self

    async def __anext__(self) -> bytes:
        body, self._body = self._body, None
        if body is None:
            raise StopAsyncIteration
        return body


def _proxy(endpoint: Endpoint) -> httpcore.Proxy | None:
    proxy = endpoint.proxy
    if proxy is None:
        return None
    scheme = "socks5" if proxy.url.scheme == "socks5h" else proxy.url.scheme
    context = _tls.context(endpoint.ca_file) if scheme == "https" else None
    return httpcore.Proxy(
        f"{scheme}://{shown(proxy.url.host, proxy.url.port)}", auth=proxy.credentials, ssl_context=context
    )


class _Network(httpcore.AsyncNetworkBackend):
    """Makes the library's connections: with our own look-ups, limits and words."""

    def __init__(self, endpoint: Endpoint, progress: _Progress, allowed: float) -> None:
        self.endpoint = endpoint
        self.progress = progress
        self.allowed = allowed
        self.deadline = trio.current_time() + allowed
        self._sockets: list[trio.SocketStream] = []

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        del timeout, local_address, socket_options
        with trio.move_on_at(self.deadline):
            connection = await dial(host, port)
            self._sockets.append(connection)
            return _Stream(self, connection)
        raise retry(f"no connection to {shown(host, port)} within {self.allowed:.3g} s")

    async def sleep(self, seconds: float) -> None:
        await trio.sleep(seconds)

    def close(self) -> None:
        """Close what is open, whatever ended the request."""
        for connection in self._sockets:
            connection.socket.close()


class _Stream(httpcore.AsyncNetworkStream):
    """One connection as the library sees it."""

    def __init__(self, network: _Network, stream: trio.abc.Stream) -> None:
        self._network = network
        self._stream = stream

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        del timeout
        if len(self._network.progress.body) == READ:
            raise _Enough
        try:
            got = bytes(await self._stream.receive_some(max_bytes))
        except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
            raise httpcore.ReadError("connection reset") from error
        if got.startswith((b"HTTP/1.1 101 ", b"HTTP/1.0 101 ")):
            # The library has no words for a change of protocol that nobody asked for.
            self._network.progress.head = (101, {})
            raise httpcore.RemoteProtocolError("a change of protocol that nobody asked for")
        return got

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        del timeout
        if not buffer:
            return
        try:
            await self._stream.send_all(buffer)
        except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
            raise httpcore.WriteError("connection reset") from error

    async def aclose(self) -> None:
        await trio.aclose_forcefully(self._stream)

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        del timeout
        url = self._network.endpoint.url
        secured = trio.SSLStream(
            self._stream, ssl_context, server_hostname=server_hostname, https_compatible=True
        )
        with trio.move_on_at(self._network.deadline):
            try:
                await secured.do_handshake()
            except (trio.BrokenResourceError, ssl.SSLError, OSError) as error:
                raise tls_fault(error, server_hostname or url.host) from error
            return _Stream(self._network, secured)
        raise retry(f"no TLS with {url.who} within {self._network.allowed:.3g} s")

    def get_extra_info(self, info: str) -> Any:
        if info == "ssl_object" and isinstance(self._stream, trio.SSLStream):
            return _Negotiated()
        return None


class _Negotiated:
    """Tells the library that HTTP/1.1 it is."""

    def selected_alpn_protocol(self) -> str:
        return "http/1.1"


def _broken(endpoint: Endpoint, error: Exception, progress: _Progress) -> str:
    who = endpoint.url.who
    if isinstance(error, httpcore.NetworkError) or "disconnected" in str(error):
        when = "without an answer" if progress.written else "before it had the whole message"
        return f"{who} closed the connection {when}"
    return f"{who} answered with something that is not HTTP"


def _proxy_fault(endpoint: Endpoint, error: httpcore.ProxyError) -> Fault:
    assert endpoint.proxy is not None
    said = f"the proxy {endpoint.proxy.url.who}: {answer_line(str(error), endpoint.secrets)}"
    refused = str(error).startswith(("403", "407")) or "username" in str(error).lower()
    return misconfigured(said) if refused else retry(said)
