"""The one place that knows the HTTP client library: for proxies, digest authentication and HTTP/2.

The library makes requests and speaks the protocols; names, connections and TLS stay ours, so that phases,
reasons and limits are the same as on the plain way, and no name is resolved in the shared threads.
"""

import re
import ssl
from collections.abc import AsyncIterator, Iterable
from typing import Any, Final

import httpcore
import httpx
import trio

from slawatch.checks._attempt import Attempt
from slawatch.checks._dial import Connection, TlsSettings, dial
from slawatch.checks._failure import Failure, OwnFault
from slawatch.checks._http_expect import Answer
from slawatch.checks._http_plan import Plan, Request
from slawatch.checks._http_url import Url
from slawatch.checks._http_wire import LONGEST_HEAD
from slawatch.checks._tls import context
from slawatch.checks._tls_inner import InnerTls
from slawatch.clock import steady
from slawatch.core.instant import Micros
from slawatch.core.sample import Cause

_H2: Final = ("h2", "http/1.1")
_H1: Final = ("http/1.1",)

# The library wants a context where TLS is due; which of them it hands back tells for whom. Neither is used.
_FOR_TARGET: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
_FOR_PROXY: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

_SOCKS_TARGET: Final = ("unreachable", "refused", "TTL expired", "General SOCKS server failure")


def prepare(plan: Plan) -> None:
    """Make the contexts beforehand.

    Raises:
        OwnFault: a file of the settings cannot be used.
    """
    if plan.url.scheme == "https":
        context(plan.options.tls, _alpn(plan))


def _alpn(plan: Plan) -> tuple[str, ...]:
    return _H2 if plan.options.http_version == "2" else _H1


def _proxy_tls(tls: TlsSettings) -> TlsSettings:
    """The proxy is trusted as the target is, but has its own name and sees no client certificate."""
    return TlsSettings(verify=tls.verify, ca_file=tls.ca_file, min_version=tls.min_version)


class _Enough(Exception):  # noqa: N818 (no error: it unwinds the library's generators)
    """As much of the body has been read as anybody will look at."""


class _Network(httpcore.AsyncNetworkBackend):
    """Gives the library our connections.

    Attributes:
        certificate: that of the target in DER form, once seen.
        streams: the connections made, for closing.
        dialled_at: when the last one was made.
        enough: nothing more is to be read.
    """

    def __init__(self, attempt: Attempt, plan: Plan, url: Url) -> None:
        self.attempt = attempt
        self.plan = plan
        self.url = url
        self.certificate: bytes | None = None
        self.streams: list[_Stream] = []
        self.dialled_at: Micros = 0
        self.enough = False

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        del timeout, local_address, socket_options
        proxy = self.plan.proxy
        try:
            connection = await dial(self.attempt, host, port, version=self.plan.options.ip_version)
        except Failure as failure:
            if proxy is not None and not isinstance(failure, OwnFault):
                raise OwnFault(f"the proxy cannot be used: {failure.reason}") from None
            raise
        self.dialled_at = steady()
        stream = _Stream(self, connection)
        self.streams.append(stream)
        return stream

    async def sleep(self, seconds: float) -> None:
        await trio.sleep(seconds)


class _Stream(httpcore.AsyncNetworkStream):
    """One connection as the library sees it."""

    def __init__(self, network: _Network, connection: Connection | InnerTls) -> None:
        self._network = network
        self.connection = connection
        self._read = 0
        self._two = network.plan.options.http_version == "2" and network.plan.proxy is None

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        del timeout
        if self._network.enough:
            raise _Enough
        data = await self.connection.receive(max_bytes)
        if self._two and not self._read and data.startswith(b"HTTP/"):
            raise Failure(Cause.PROTOCOL, f"{self.connection.who} answers over HTTP/1.1, not HTTP/2")
        self._read += len(data)
        if self._read > self._network.plan.options.max_body * 2 + 4 * LONGEST_HEAD:
            raise Failure(Cause.PROTOCOL, "the answer does not end where it should")
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        del timeout
        if buffer:
            await self.connection.send(buffer)

    async def aclose(self) -> None:
        self.connection.close()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        del timeout
        network = self._network
        attempt, options = network.attempt, network.plan.options
        name = server_hostname or self.connection.host
        if ssl_context is _FOR_PROXY:
            assert isinstance(self.connection, Connection)
            try:
                await self.connection.secure(attempt, _proxy_tls(options.tls), name, _H1)
            except Failure as failure:
                raise OwnFault(f"the proxy cannot be used: {failure.reason}") from None
            network.dialled_at = steady()
            return self
        if network.plan.proxy is not None:
            # What passed since the proxy was reached is its way to the target.
            attempt.connect = (attempt.connect or 0) + steady() - network.dialled_at
        alpn = _alpn(network.plan)
        if isinstance(self.connection, Connection) and self.connection.tls is None:
            await self.connection.secure(attempt, options.tls, name, alpn)
        else:
            inner = InnerTls(self.connection, network.url.host, network.url.port)
            await inner.secure(attempt, options.tls, name, alpn)
            self.connection = inner
        network.certificate = self.connection.certificate
        if options.http_version == "2" and self.connection.alpn != "h2":
            raise Failure(Cause.PROTOCOL, f"{self.connection.who} does not offer HTTP/2")
        return self

    def get_extra_info(self, info: str) -> Any:
        if info == "ssl_object":
            return self.connection.tls
        if info == "is_readable":
            return False
        return None


class _Body(httpx.AsyncByteStream):
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._stream:
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()


class _Transport(httpx.AsyncBaseTransport):
    """Between the client and its own lower half, which takes no network of ours by itself."""

    def __init__(self, pool: httpcore.AsyncConnectionPool) -> None:
        self._pool = pool

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        assert isinstance(request.stream, httpx.AsyncByteStream)
        url = request.url
        response = await self._pool.handle_async_request(
            httpcore.Request(
                request.method,
                httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(
            response.status,
            headers=response.headers,
            stream=_Body(response.stream),
            extensions=response.extensions,
        )


def _pool(plan: Plan, network: _Network) -> httpcore.AsyncConnectionPool:
    two = plan.options.http_version == "2"
    return httpcore.AsyncConnectionPool(
        ssl_context=_FOR_TARGET,
        proxy=_proxy(plan.proxy) if plan.proxy is not None else None,
        max_connections=2,
        max_keepalive_connections=1,
        http1=not two,
        http2=two,
        network_backend=network,
    )


def _proxy(url: Url) -> httpcore.Proxy:
    credentials = (url.username, url.password or "") if url.username is not None else None
    scheme = "socks5" if url.scheme == "socks5h" else url.scheme
    host = f"[{url.host}]" if ":" in url.host else url.host
    return httpcore.Proxy(
        f"{scheme}://{host}:{url.port}",
        auth=credentials,
        ssl_context=_FOR_PROXY if scheme == "https" else None,
    )


async def exchange(attempt: Attempt, plan: Plan, request: Request) -> tuple[Answer, bytes | None]:
    """Send a request and read its answer; all phases are added to the attempt.

    Returns:
        The answer, and the certificate of the target in DER form, None for a plain one.

    Raises:
        Failure: no proper answer came.
        OwnFault: the proxy cannot be used.
    """
    network = _Network(attempt, plan, request.url)
    pool = _pool(plan, network)
    # The probe's own deadline ends it; the library's timeouts would only blur the reason.
    client = httpx.AsyncClient(transport=_Transport(pool), trust_env=False, timeout=None)  # noqa: S113
    try:
        answer = await _exchange(client, network, request)
    except Failure:
        raise
    except httpcore.ProxyError as error:
        raise _proxy_failure(plan, request, str(error)) from None
    except (
        httpx.HTTPError,
        httpx.InvalidURL,
        httpx.StreamError,
        httpcore.ProtocolError,
        httpcore.NetworkError,
        httpcore.TimeoutException,
        httpcore.UnsupportedProtocol,
    ) as error:
        raise Failure(Cause.PROTOCOL, f"{request.url.shown}: {_words(error, plan)}") from None
    finally:
        # Closing politely would wait for a peer that may never answer; the probe has seen what it wanted.
        for stream in network.streams:
            stream.connection.close()
    return answer, network.certificate


async def _exchange(client: httpx.AsyncClient, network: _Network, request: Request) -> Answer:
    attempt, plan = network.attempt, network.plan
    options = plan.options
    before = (attempt.dns or 0) + (attempt.connect or 0) + (attempt.tls or 0)
    start = steady()
    auth = options.auth
    digest = (
        httpx.DigestAuth(auth.username or "", auth.password.value)
        if auth is not None and auth.type == "digest" and auth.password is not None
        and request.url.origin == plan.url.origin
        else None
    )  # fmt: skip
    outgoing = httpx.Request(
        request.method,
        request.url.text,
        headers=_headers(request, keep=digest is not None),
        content=request.body,
    )
    response = await client.send(outgoing, stream=True, auth=digest)
    came = steady()
    reaching = (attempt.dns or 0) + (attempt.connect or 0) + (attempt.tls or 0) - before
    attempt.first_byte = (attempt.first_byte or 0) + max(came - start - reaching, 0)
    attempt.doing = f"reading the answer of {plan.clean(request.url.shown)}"
    parts: list[bytes] = []
    size = 0
    try:
        async for part in response.stream:  # type: ignore[union-attr]
            if not network.enough:
                parts.append(part)
                size += len(part)
                network.enough = size > options.max_body
    except _Enough:
        attempt.doing = "done reading"
    finally:
        attempt.transfer = (attempt.transfer or 0) + steady() - came
    headers = [(name.lower(), value) for name, value in response.headers.raw]
    version = response.http_version.removeprefix("HTTP/")
    return Answer(
        response.status_code, headers, b"".join(parts)[: options.max_body], size > options.max_body, version
    )


def _headers(request: Request, *, keep: bool) -> list[tuple[str, str]]:
    """Digest asks twice: the second time over the same connection."""
    return [(name, value) for name, value in request.headers if not (keep and name == "Connection")]


def _words(error: Exception, plan: Plan) -> str:
    said = _short(str(error))
    match = re.match(r"<(StreamReset|ConnectionTerminated) .*?error_code:(\d+)", said)
    if match is not None:
        what = "reset the stream" if match[1] == "StreamReset" else "ended the connection"
        return f"the server {what} (HTTP/2 error {match[2]})"
    if "disconnected" in said:
        return "closed the connection without an answer"
    # What a server sent may repeat what we sent.
    return f"not a proper HTTP answer ({said if said and not plan.secrets else type(error).__name__})"


def _short(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)[:160]


def _proxy_failure(plan: Plan, request: Request, said: str) -> Failure:
    """Tell a proxy that fails from one that says that the target does."""
    proxy = plan.proxy
    assert proxy is not None
    who = f"the proxy {proxy.scheme}://{proxy.authority}"
    said = plan.clean(_short(said))
    if said[:3] in ("502", "503", "504") or any(words in said for words in _SOCKS_TARGET):
        return Failure(Cause.CONNECT, f"{who} cannot reach {request.url.authority}: {said}")
    return OwnFault(f"{who} refuses to help: {said}")
