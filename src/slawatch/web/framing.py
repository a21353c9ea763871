"""HTTP/1.1 of one connection, stricter than Hypercorn has it: what proxies may read otherwise is refused.

A request with both a length and a transfer coding ends its connection, since whoever reads the other of the
two takes a part of it for a further request (RFC 9112, section 6.1). HTTP/2 is spoken by TLS alone, where
ALPN has agreed on it: in clear text a proxy would hand its bytes on unread.
"""

from h11 import Request
from hypercorn.events import Closed
from hypercorn.protocol import ProtocolWrapper
from hypercorn.protocol.h11 import H11Protocol
from hypercorn.trio.tcp_server import TCPServer


class Conversation(TCPServer):
    """Hypercorn's connection, with `Framed` in the place of its HTTP/1.1."""

    @property
    def protocol(self) -> ProtocolWrapper:
        """What speaks on it."""
        return self._protocol

    @protocol.setter
    def protocol(self, found: ProtocolWrapper) -> None:
        if isinstance(found.protocol, H11Protocol):
            found.protocol = Framed(
                found.app, found.config, found.context, found.task_group, found.state, found.ssl,
                found.client, found.server, found.send,
            )  # fmt: skip
        self._protocol = found


class Framed(H11Protocol):
    """HTTP/1.1 that refuses requests whose end is in doubt, and does not become HTTP/2."""

    async def _check_protocol(self, event: Request) -> None:
        """Leave wishes for HTTP/2 unheard, as RFC 9110, section 7.8, allows."""

    async def _create_stream(self, request: Request) -> None:
        names = {bytes(name) for name, _ in request.headers}
        if bytes(request.http_version) not in (b"1.0", b"1.1"):
            refused = 505
        elif b"transfer-encoding" in names and (
            b"content-length" in names or bytes(request.http_version) == b"1.0"
        ):
            refused = 400
        else:
            await super()._create_stream(request)
            return
        await self._send_error_response(refused)
        await self.send(Closed())
