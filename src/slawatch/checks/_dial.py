"""A connection to a target: name, TCP and TLS on one non-blocking socket, each phase timed where it happens.

A socket awaited directly costs a third of what a stream of trio does, and no layer blurs its phases.
"""

import errno
import select
import socket
import ssl
from collections.abc import Sequence
from math import inf
from typing import Final

import trio

from slawatch.checks._attempt import Attempt
from slawatch.checks._failure import Failure, OwnFault, own_fault, words
from slawatch.checks._tls import TlsSettings, context, tls_failure
from slawatch.clock import steady
from slawatch.core.instant import Micros
from slawatch.core.sample import Cause

__all__ = ["Connection", "Failure", "OwnFault", "TlsSettings", "dial"]

STAGGER: Final = 0.25
"""Seconds after which the next address is tried beside one that has not answered (RFC 8305, section 5)."""

_IN_A_ROW: Final = 16
"""Reads without waiting after which a probe lets others run, and its deadline strike."""

_STREAM: Final = socket.SOCK_STREAM | socket.SOCK_NONBLOCK
_PENDING: Final = (errno.EINPROGRESS, errno.EWOULDBLOCK)


class Connection:
    """An open connection; every fault of it is a `Failure`.

    Attributes:
        host: what was asked for.
        address, port: whom it is with.
    """

    __slots__ = ("_in_a_row", "_socket", "address", "host", "port")

    def __init__(self, sock: socket.socket, host: str, address: str, port: int) -> None:
        self._socket = sock
        self._in_a_row = 0
        self.host = host
        self.address = address
        self.port = port

    @property
    def who(self) -> str:
        """The other side, for people: `shop.example (192.0.2.1) port 443`."""
        return _who(self.host, self.address, self.port)

    @property
    def socket(self) -> socket.socket:
        """The socket, an `ssl.SSLSocket` once secured."""
        return self._socket

    @property
    def tls(self) -> ssl.SSLSocket | None:
        """The TLS side of the connection, None for a plain one."""
        return self._socket if isinstance(self._socket, ssl.SSLSocket) else None

    @property
    def certificate(self) -> bytes | None:
        """The certificate of the other side in DER form, verified or not; None without TLS."""
        secured = self.tls
        return secured.getpeercert(binary_form=True) if secured is not None else None

    @property
    def alpn(self) -> str | None:
        """The protocol that the other side chose, None for none."""
        secured = self.tls
        return secured.selected_alpn_protocol() if secured is not None else None

    async def send(self, data: bytes) -> None:
        """Send all of it.

        Raises:
            Failure: the other side has closed or reset the connection.
        """
        sock = self._socket
        view = memoryview(data)
        while True:
            try:
                sent = sock.send(view)
            except (BlockingIOError, ssl.SSLWantWriteError):
                await trio.lowlevel.wait_writable(sock)
            except ssl.SSLWantReadError:
                await trio.lowlevel.wait_readable(sock)
            except OSError as error:
                raise self._failed(error, "while we sent") from None
            else:
                if sent == len(view):
                    return
                view = view[sent:]
                await trio.lowlevel.checkpoint()

    async def receive(self, most: int = 65_536) -> bytes:
        """Return what has come, waiting for at least a byte; empty once the other side has finished.

        Raises:
            Failure: the connection was reset.
        """
        sock = self._socket
        while True:
            try:
                data = sock.recv(most)
            except (BlockingIOError, ssl.SSLWantReadError):
                self._in_a_row = 0
                await trio.lowlevel.wait_readable(sock)
            except ssl.SSLWantWriteError:
                await trio.lowlevel.wait_writable(sock)
            except OSError as error:
                raise self._failed(error, "while we read") from None
            else:
                self._in_a_row += 1
                if self._in_a_row >= _IN_A_ROW:
                    self._in_a_row = 0
                    await trio.lowlevel.checkpoint()
                return data

    def close(self) -> None:
        """Close at once, without a TLS farewell: the probe has seen what it wanted."""
        self._socket.close()

    async def secure(
        self, attempt: Attempt, tls: TlsSettings, server_name: str, alpn: tuple[str, ...] = ()
    ) -> None:
        """Make the TLS handshake on this connection, timed into the attempt.

        Args:
            attempt: where the phase and the transcript go.
            tls: how.
            server_name: for SNI and the certificate, where the settings do not name another.
            alpn: the protocols to offer, the best first.

        Raises:
            Failure: the handshake failed.
            OwnFault: our own files for it cannot be used.
        """
        settled = context(tls, alpn)
        attempt.doing = f"in the TLS handshake with {self.who}"
        start = steady()
        before = attempt.tls or 0
        try:
            secured = settled.wrap_socket(
                self._socket, server_hostname=tls.server_name or server_name, do_handshake_on_connect=False
            )
            self._socket = secured
            while True:
                try:
                    secured.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    await trio.lowlevel.wait_readable(secured)
                except ssl.SSLWantWriteError:
                    await trio.lowlevel.wait_writable(secured)
        except OSError as error:
            fault = own_fault(error) if not isinstance(error, ssl.SSLError) else None
            failure = OwnFault(f"TLS with {self.who}: {fault}") if fault else tls_failure(error, self.who)
            raise failure from None
        except ValueError as error:
            raise OwnFault(
                f"cannot ask for the server name {tls.server_name or server_name!r}: {error}"
            ) from None
        attempt.tls = before + steady() - start
        attempt.note(f"{secured.version()} {(secured.cipher() or ('',))[0]}")

    def _failed(self, error: OSError, when: str) -> Failure:
        if isinstance(error, ssl.SSLError):
            return tls_failure(error, self.who, established=True)
        fault = own_fault(error)
        if fault is not None:
            return OwnFault(f"{self.who}: {fault}")
        return Failure(Cause.PROTOCOL, f"{self.who}: {words(error)} {when}")


def _who(host: str, address: str, port: int) -> str:
    return f"{address} port {port}" if host == address else f"{host} ({address}) port {port}"


def _place(
    address: str, port: int
) -> tuple[socket.AddressFamily, tuple[str, int] | tuple[str, int, int, int]]:
    if ":" not in address:
        return socket.AF_INET, (address, port)
    bare, _, scope = address.partition("%")
    if not scope:
        return socket.AF_INET6, (bare, port, 0, 0)
    return socket.AF_INET6, (bare, port, 0, int(scope) if scope.isdigit() else socket.if_nametoindex(scope))


def _begin(address: str, port: int) -> tuple[socket.socket, bool]:
    """Start to connect; returns the socket and whether it is connected already.

    Raises:
        OSError: it failed at once.
    """
    family, place = _place(address, port)
    sock = socket.socket(family, _STREAM)
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        code = sock.connect_ex(place)
    except BaseException:
        sock.close()
        raise
    if code == 0:
        return sock, True
    if code in _PENDING:
        return sock, False
    sock.close()
    raise OSError(code, "")


class _Errors:
    """What each address answered, and whose fault it was."""

    __slots__ = ("_host", "_port", "ours", "theirs")

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self.ours: list[str] = []
        self.theirs: list[str] = []

    def add(self, address: str, error: OSError, *, at_once: bool) -> None:
        fault = own_fault(error, at_once=at_once and error.errno != errno.ECONNREFUSED)
        reason = f"{_who(self._host, address, self._port)}: {fault or words(error)}"
        (self.ours if fault else self.theirs).append(reason)

    def failure(self) -> Failure:
        if self.theirs:
            return Failure(Cause.CONNECT, "; ".join(self.theirs[:3]))
        return OwnFault("; ".join(self.ours[:3]))


async def _connect_one(host: str, address: str, port: int) -> socket.socket:
    errors = _Errors(host, port)
    try:
        sock, connected = _begin(address, port)
    except OSError as error:
        errors.add(address, error, at_once=True)
        raise errors.failure() from None
    if connected:
        return sock
    try:
        await trio.lowlevel.wait_writable(sock)
    except BaseException:
        sock.close()
        raise
    code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if code:
        sock.close()
        errors.add(address, OSError(code, ""), at_once=False)
        raise errors.failure()
    return sock


async def _connect_first(host: str, addresses: Sequence[str], port: int) -> tuple[socket.socket, str]:
    """Connect to the address that answers first, each one given a head start over the next (RFC 8305)."""
    errors = _Errors(host, port)
    waiting = list(reversed(addresses))
    racing: dict[int, tuple[socket.socket, str]] = {}
    try:
        poll = select.epoll()
    except OSError as error:
        raise OwnFault(f"{host} port {port}: {own_fault(error) or words(error)}") from None
    try:
        while waiting or racing:
            if waiting:
                address = waiting.pop()
                try:
                    sock, connected = _begin(address, port)
                except OSError as error:
                    errors.add(address, error, at_once=True)
                    continue
                if connected:
                    return sock, address
                racing[sock.fileno()] = (sock, address)
                poll.register(sock, select.EPOLLOUT)
            with trio.move_on_after(STAGGER if waiting else inf):
                await trio.lowlevel.wait_readable(poll.fileno())
            for number, _ in poll.poll(0):
                sock, address = racing.pop(number)
                poll.unregister(number)
                code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                if code == 0:
                    return sock, address
                sock.close()
                errors.add(address, OSError(code, ""), at_once=False)
        raise errors.failure()
    finally:
        for sock, _ in racing.values():
            sock.close()
        poll.close()


def _interleaved(addresses: tuple[str, ...]) -> list[str]:
    """Alternate the address families, so that a broken one costs one head start and not many."""
    six = [a for a in addresses if ":" in a]
    four = [a for a in addresses if ":" not in a]
    first, second = (six, four) if addresses and ":" in addresses[0] else (four, six)
    mixed: list[str] = []
    for index in range(max(len(first), len(second))):
        mixed += first[index : index + 1] + second[index : index + 1]
    return mixed


async def dial(
    attempt: Attempt,
    host: str,
    port: int,
    *,
    tls: TlsSettings | None = None,
    version: int | None = None,
    alpn: tuple[str, ...] = (),
) -> Connection:
    """Connect to a target; the phases dns, connect and tls are added to the attempt.

    Args:
        attempt: the probe under way.
        host: a name in its ASCII form, or an address.
        port: the TCP port.
        tls: None for a plain connection.
        version: 4 or 6 to use this IP version only.
        alpn: the protocols to offer over TLS, the best first.

    Raises:
        Failure: the target cannot be reached, and why.
        OwnFault: we cannot try: no descriptors, no route, no resolver, no usable certificate files.
    """
    start = steady()
    attempt.doing = f"resolving {host}"
    left: Micros = attempt.timeout - (start - attempt.started)
    addresses = await attempt.resolver.resolve(host, version, within=left * 19 // 20)
    resolved = steady()
    if addresses[0] != host:
        attempt.dns = (attempt.dns or 0) + resolved - start
        attempt.note(f"{host} is {', '.join(addresses)}")

    if len(addresses) == 1:
        address = addresses[0]
        attempt.doing = f"connecting to {_who(host, address, port)}"
        sock = await _connect_one(host, address, port)
    else:
        attempt.doing = f"connecting to {host} port {port}"
        sock, address = await _connect_first(host, _interleaved(addresses), port)
    connected = steady()
    attempt.connect = (attempt.connect or 0) + connected - resolved
    attempt.note(f"connected to {address} port {port}")
    connection = Connection(sock, host, address, port)
    if tls is not None:
        try:
            await connection.secure(attempt, tls, host, alpn)
        except BaseException:
            connection.close()
            raise
    return connection
