"""What the database engines share: whom to ask for what, the connection, and the bytes that come in."""

import errno
import socket
from typing import Final, NamedTuple

import trio

from slawatch.checks._attempt import Attempt
from slawatch.checks._dial import Connection, dial
from slawatch.checks._failure import Failure, OwnFault, own_fault, words
from slawatch.checks._tls import TlsSettings
from slawatch.core.sample import Cause

LARGEST: Final = 16 * 1024 * 1024
"""A row or reply of more bytes than this is not read."""


class Target(NamedTuple):
    """A database, and the question to ask it.

    Attributes:
        host: name, address, or the path of a unix socket, which starts with a slash.
        port: TCP port.
        user, password: to log in with; empty and None for none.
        database: its name or number; empty for the server's default.
        tls: None for a plain connection.
        query: SQL, or a Redis command.
    """

    host: str
    port: int
    user: str
    password: str | None
    database: str
    tls: TlsSettings | None
    query: str


class Answer(NamedTuple):
    """What the database answered.

    Attributes:
        rows: how many rows came; a Redis reply is one.
        value: the first column of the first row as text; None for NULL or no row.
    """

    rows: int
    value: str | None


class UnixConnection(Connection):
    """A connection over a unix socket."""

    __slots__ = ()

    @property
    def who(self) -> str:
        """The other side, for people."""
        return self.host


async def connect(target: Target, attempt: Attempt, tls: TlsSettings | None = None) -> Connection:
    """Connect to the database's server.

    Args:
        target: whom to connect to.
        attempt: the probe under way.
        tls: for engines that begin with the TLS handshake; most ask for it first, in their own protocol.

    Raises:
        Failure: it cannot be reached.
        OwnFault: we cannot try.
    """
    if not target.host.startswith("/"):
        return await dial(attempt, target.host, target.port, tls=tls)
    attempt.doing = f"connecting to {target.host}"
    sock = None
    try:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        while True:
            code = sock.connect_ex(target.host)
            if code == 0:
                break
            if (
                code != errno.EAGAIN
            ):  # EAGAIN: the server's queue is full, which no readiness tells the end of
                raise OSError(code, "")
            await trio.sleep(0.01)
    except OSError as error:
        if sock is not None:
            sock.close()
        if error.errno == errno.ENOENT:
            raise Failure(Cause.CONNECT, f"there is no socket {target.host}") from None
        fault = own_fault(error)
        if error.errno == errno.EACCES:
            fault = "slawatch is not allowed to use this socket"
        if fault is not None or error.errno is None:
            raise OwnFault(f"{target.host}: {fault or words(error)}") from None
        raise Failure(Cause.CONNECT, f"{target.host}: {words(error)}") from None
    except BaseException:
        if sock is not None:
            sock.close()
        raise
    attempt.note(f"connected to {target.host}")
    connection = UnixConnection(sock, target.host, target.host, 0)
    if tls is not None:
        try:
            await connection.secure(attempt, tls, "localhost")
        except BaseException:
            connection.close()
            raise
    return connection


class Incoming:
    """Reads what a server sends, in the pieces that its protocol is made of."""

    __slots__ = ("_buffer", "_connection")

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._buffer = bytearray()

    async def _more(self) -> None:
        chunk = await self._connection.receive()
        if not chunk:
            raise Failure(Cause.PROTOCOL, f"{self._connection.who} closed the connection")
        self._buffer += chunk

    async def exactly(self, count: int) -> bytes:
        """Return the next bytes.

        Raises:
            Failure: the connection ended before, or they are too many.
        """
        if count > LARGEST:
            self._refuse()
        while len(self._buffer) < count:
            await self._more()
        piece = bytes(self._buffer[:count])
        del self._buffer[:count]
        return piece

    async def skip(self, count: int) -> None:
        """Read bytes and drop them, however many they are."""
        while count > len(self._buffer):
            count -= len(self._buffer)
            self._buffer.clear()
            await self._more()
        del self._buffer[:count]

    async def line(self) -> bytes:
        """Return the next line, without its CR LF.

        Raises:
            Failure: the connection ended before, or the line is too long.
        """
        start = 0
        while (end := self._buffer.find(b"\r\n", start)) < 0:
            if len(self._buffer) > LARGEST:
                self._refuse()
            start = max(0, len(self._buffer) - 1)
            await self._more()
        piece = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        return piece

    def _refuse(self) -> None:
        who = self._connection.who
        raise Failure(Cause.CONTENT, f"{who} sends more than {LARGEST >> 20} MiB in one piece")
