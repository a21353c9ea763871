"""TLS inside of TLS: how an https target is spoken to through an https proxy."""

import ssl
from typing import Final

from slawatch.checks._attempt import Attempt
from slawatch.checks._dial import Connection
from slawatch.checks._tls import TlsSettings, context, tls_failure
from slawatch.clock import steady

_PIECE: Final = 65_536


class InnerTls:
    """A TLS connection carried by another connection; same use as a `Connection`.

    Attributes:
        host, port: the target at the far end of it.
    """

    __slots__ = ("_inbound", "_outbound", "_outer", "host", "port", "tls")

    def __init__(self, outer: "Connection | InnerTls", host: str, port: int) -> None:
        self._outer = outer
        self._inbound = ssl.MemoryBIO()
        self._outbound = ssl.MemoryBIO()
        self.tls: ssl.SSLObject | None = None
        self.host = host
        self.port = port

    @property
    def who(self) -> str:
        """The target, for people."""
        return f"{self.host} port {self.port} through the proxy"

    @property
    def certificate(self) -> bytes | None:
        """The certificate of the target in DER form."""
        return self.tls.getpeercert(binary_form=True) if self.tls is not None else None

    @property
    def alpn(self) -> str | None:
        """The protocol that the target chose, None for none."""
        return self.tls.selected_alpn_protocol() if self.tls is not None else None

    async def secure(
        self, attempt: Attempt, tls: TlsSettings, server_name: str, alpn: tuple[str, ...] = ()
    ) -> None:
        """Make the handshake, timed into the attempt.

        Raises:
            Failure: it failed.
        """
        secured = context(tls, alpn).wrap_bio(
            self._inbound, self._outbound, server_hostname=tls.server_name or server_name
        )
        attempt.doing = f"in the TLS handshake with {self.who}"
        start = steady()
        while True:
            try:
                secured.do_handshake()
            except ssl.SSLWantReadError:
                await self._flush()
                await self._fill()
            except OSError as error:
                raise tls_failure(error, self.who) from None
            else:
                await self._flush()
                break
        self.tls = secured
        attempt.tls = (attempt.tls or 0) + steady() - start
        attempt.note(f"{secured.version()} {(secured.cipher() or ('',))[0]} inside of it")

    async def _flush(self) -> None:
        if self._outbound.pending:
            await self._outer.send(self._outbound.read())

    async def _fill(self) -> None:
        data = await self._outer.receive(_PIECE)
        if data:
            self._inbound.write(data)
        else:
            self._inbound.write_eof()

    async def send(self, data: bytes) -> None:
        """Send all of it."""
        assert self.tls is not None
        view = memoryview(data)
        while view:
            try:
                view = view[self.tls.write(view) :]
            except ssl.SSLWantReadError:
                await self._fill()
            except OSError as error:
                raise tls_failure(error, self.who, established=True) from None
            await self._flush()

    async def receive(self, most: int = _PIECE) -> bytes:
        """Return what has come; empty once the target has finished."""
        assert self.tls is not None
        while True:
            try:
                return self.tls.read(most)
            except ssl.SSLWantReadError:
                await self._flush()
                await self._fill()
            except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
                return b""
            except OSError as error:
                raise tls_failure(error, self.who, established=True) from None

    def close(self) -> None:
        """Close what carries it."""
        self._outer.close()
