"""Runs the ASGI app on sockets that are already bound, with Hypercorn's protocol code supervised by ours.

Hypercorn 0.18 speaks HTTP; accepting, limits and stopping are ours, because some of its faults end, fill or
hang a daemon: an error of one connection escapes into the nursery of all of them, a connection that has been
closed may leave its tasks behind, and a client that has stopped reading holds up the stop for ever. Here a
connection's errors end with it, its tasks end with its socket, a client that takes nothing for `PATIENCE` is
dropped, and the stop has a hard deadline.
"""

import errno
import logging
import os
import socket
import stat
import struct
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import trio
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.config import Config as Settings
from hypercorn.trio.worker_context import WorkerContext
from hypercorn.typing import ConnectionState, LifespanState

from slawatch.web.control import short
from slawatch.web.framing import Conversation
from slawatch.web.tls import Certificate

HEADER_LIMIT: Final = 16 * 1024
"""Bytes of a request's head; more is answered with 431."""
HEADER_SECONDS: Final = 10.0
"""A connection must have sent a whole head by then, the first time and between requests."""
PATIENCE: Final = 30.0
"""Seconds that a client may take nothing of its answer before it is dropped."""
GRACE: Final = 3.0
"""Seconds that requests under way get when the server stops."""
AFTERWARDS: Final = 1.0
"""Seconds that a request may go on once its client has gone."""
CONTROL_CONNECTIONS: Final = 64
PUBLIC_CONNECTIONS: Final = 2_048
_PIECE: Final = 64 * 1024
_BACKLOG: Final = 256

_log = logging.getLogger("slawatch.web")

Application = Callable[[Any, Any, Any], Awaitable[None]]


class BindError(Exception):
    """An address cannot be listened on; the text says which, why, and what to do."""


@dataclass(frozen=True, slots=True)
class Listener:
    """A socket that is bound and listening.

    Attributes:
        socket: listening, non-blocking.
        name: for people: `127.0.0.1:8470` or the path.
        control: it is the owner's unix socket, on which commands are served.
        path, inode: of the unix socket's file; None for TCP.
        certificate: to serve by; None for no TLS.
    """

    socket: socket.socket
    name: str
    control: bool = False
    path: Path | None = None
    inode: int | None = None
    certificate: Certificate | None = None

    def close(self) -> None:
        """Stop listening, and remove the socket's file unless somebody has put another in its place."""
        self.socket.close()
        if self.path is not None:
            with suppress(OSError):
                if self.path.stat().st_ino == self.inode:
                    self.path.unlink()


def bind_unix(path: Path) -> Listener:
    """Listen on a unix socket that only its owner may open (mode 0600).

    A file left behind by a process that has died is replaced.

    Raises:
        BindError: somebody listens there, something else is in the way, or the folder cannot be written.
    """
    path = path.absolute()
    try:
        _clear(path)
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            os.fchmod(listening.fileno(), 0o600)
            with short(str(path)) as address:
                listening.bind(address)
            path.chmod(0o600)
            listening.listen(_BACKLOG)
            listening.setblocking(False)
            return Listener(listening, str(path), control=True, path=path, inode=path.stat().st_ino)
        except BaseException:
            listening.close()
            raise
    except OSError as error:
        raise BindError(f"cannot listen on {path}: {_said(error)}") from None


def _clear(path: Path) -> None:
    """Remove the socket of a process that has died."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise BindError(f"cannot listen on {path}: a file that is no socket is in the way; move it away")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking, short(str(path)) as address:
        asking.settimeout(2)
        try:
            asking.connect(address)
        except (ConnectionRefusedError, FileNotFoundError):
            path.unlink(missing_ok=True)
            return
        except TimeoutError:
            pass
    raise BindError(f"cannot listen on {path}: another slawatch listens there; stop it first")


def bind_tcp(host: str, port: int, certificate: Certificate | None = None) -> list[Listener]:
    """Listen on every address of a host, by TLS with a certificate; port 0 takes a free one.

    Raises:
        BindError: the port is in use or not allowed, or the host is not ours.
    """
    shown = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    try:
        found = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP, flags=socket.AI_PASSIVE
        )
    except OSError as error:
        raise BindError(f"web.listen: {host!r} is not an address of this machine: {error.strerror}") from None
    listeners: list[Listener] = []
    failure: OSError | None = None
    for family, kind, protocol, _, address in dict.fromkeys(found):
        listening = socket.socket(family, kind, protocol)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            if port == 0 and listeners:
                address = (address[0], listeners[0].socket.getsockname()[1], *address[2:])
            listening.bind(address)
            listening.listen(_BACKLOG)
            listening.setblocking(False)
        except OSError as error:
            listening.close()
            failure = error
            if error.errno not in {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}:
                break
        else:
            where, at = listening.getsockname()[:2]
            name = f"[{where}]:{at}" if ":" in where else f"{where}:{at}"
            listeners.append(Listener(listening, name, certificate=certificate))
    if failure is not None and (
        not listeners or failure.errno not in {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}
    ):
        for listener in listeners:
            listener.close()
        raise BindError(f"web.listen: cannot listen on {shown}: {_said(failure)}") from None
    return listeners


def _said(error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return "the port is in use by another program; stop that, or choose another in [web] listen"
        case errno.EACCES | errno.EPERM:
            return "permission denied; ports under 1024 need CAP_NET_BIND_SERVICE, a socket a folder of ours"
        case errno.EADDRNOTAVAIL:
            return "this machine has no such address"
        case _:
            return error.strerror or str(error)


class _Stream:
    """A connection that neither outlives its socket nor waits for ever on a client that has stopped reading.

    Attributes:
        socket: what Hypercorn asks for the addresses.
        scope: everything that the connection runs; it ends `AFTERWARDS` after the socket.
    """

    def __init__(self, stream: trio.SocketStream) -> None:
        self.socket = stream.socket
        self.scope = trio.CancelScope()
        self._plain = stream
        self._stream: trio.abc.Stream = stream

    async def receive_some(self, most: int) -> bytes:
        try:
            received = bytes(await self._stream.receive_some(most))
        except trio.BrokenResourceError:
            received = b""
        if not received:
            self._over()
        return received

    async def send_all(self, data: bytes) -> None:
        rest = memoryview(data)
        try:
            while rest:
                with trio.move_on_after(PATIENCE) as waiting:
                    await self._stream.send_all(rest[:_PIECE])
                if waiting.cancelled_caught:
                    self.drop()
                    raise trio.BrokenResourceError
                rest = rest[_PIECE:]
        except trio.BusyResourceError:
            # Hypercorn closes a connection in one task while another still answers on it.
            self.drop()
            raise trio.BrokenResourceError from None
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            self._over()
            raise

    async def send_eof(self) -> None:
        await self._plain.send_eof()

    async def aclose(self) -> None:
        self._over()
        await self._stream.aclose()

    def drop(self) -> None:
        """Close at once; whoever waits in `send_all`, shielded or not, wakes with an error."""
        self._over()
        self.socket.close()

    def _over(self) -> None:
        self.scope.deadline = min(self.scope.deadline, trio.current_time() + AFTERWARDS)


class _Secure(_Stream):
    """The same by TLS.

    Attributes:
        transport_stream: what Hypercorn asks for the addresses.
    """

    def __init__(self, stream: trio.SocketStream, certificate: Certificate) -> None:
        super().__init__(stream)
        self.transport_stream = stream
        self._secure = trio.SSLStream(
            stream, certificate.refresh(), server_hostname=None, https_compatible=True, server_side=True
        )
        self._stream = self._secure

    async def do_handshake(self) -> None:
        await self._secure.do_handshake()

    def selected_alpn_protocol(self) -> str | None:
        found: str | None = self._secure.selected_alpn_protocol()
        return found

    async def send_eof(self) -> None:
        raise AttributeError("TLS has no half of a connection")


class Server:
    """The app on its listeners.

    Use `run` in a nursery; `stop` ends it in an orderly way, and cancelling ends it at once.
    """

    def __init__(self, app: Application, listeners: Sequence[Listener], *, grace: float = GRACE) -> None:
        self._app = ASGIWrapper(app)
        self._listeners = tuple(listeners)
        self._grace = grace
        self._context = WorkerContext(None)
        self._settings = _settings()
        self._stopping = trio.Event()
        self._empty = trio.Event()
        self._streams: set[_Stream] = set()

    @property
    def connections(self) -> int:
        """How many clients are connected."""
        return len(self._streams)

    def stop(self) -> None:
        """Take no more connections, let requests under way end for the grace time, then drop the rest."""
        self._stopping.set()

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Serve until `stop` or cancelled; closes the listeners and removes the socket's file."""
        try:
            async with trio.open_nursery() as connections:
                try:
                    async with trio.open_nursery() as accepting:
                        for listener in self._listeners:
                            accepting.start_soon(self._accept, listener, connections)
                        task_status.started()
                        await self._stopping.wait()
                        accepting.cancel_scope.cancel()
                    await self._context.terminated.set()
                    with trio.move_on_after(self._grace):
                        while self._streams:
                            await self._empty.wait()
                finally:
                    for stream in tuple(self._streams):
                        stream.drop()
                    connections.cancel_scope.cancel()
        finally:
            for listener in self._listeners:
                listener.close()

    async def _accept(self, listener: Listener, connections: trio.Nursery) -> None:
        most = CONTROL_CONNECTIONS if listener.control else PUBLIC_CONNECTIONS
        places = trio.Semaphore(most)
        accepting = trio.SocketListener(trio.socket.from_stdlib_socket(listener.socket))
        while True:
            await places.acquire()
            try:
                stream = _wrapped(await accepting.accept(), listener)
            except OSError as error:
                places.release()
                _log.warning("cannot accept a connection on %s: %s", listener.name, error.strerror)
                await trio.sleep(0.1)
                continue
            except BaseException:
                places.release()
                raise
            self._streams.add(stream)
            self._empty = trio.Event()
            connections.start_soon(self._converse, stream, listener, places)

    async def _converse(self, stream: _Stream, listener: Listener, places: trio.Semaphore) -> None:
        state = ConnectionState(LifespanState({
            "control": listener.control, "stopping": self._stopping,
            "peer": _peer(stream.socket) if listener.control else None,
        }))  # fmt: skip
        try:
            with stream.scope:
                await Conversation(self._app, self._settings, self._context, state, stream)  # type: ignore[arg-type]
        except* Exception:  # noqa: BLE001 (a client must not be able to end the daemon)
            _log.debug("a connection on %s ended with an error", listener.name, exc_info=True)
        finally:
            stream.drop()
            self._streams.discard(stream)
            places.release()
            if not self._streams:
                self._empty.set()


def _wrapped(stream: trio.SocketStream, listener: Listener) -> _Stream:
    return _Stream(stream) if listener.certificate is None else _Secure(stream, listener.certificate)


def _peer(connection: trio.socket.SocketType) -> tuple[int, int, int] | None:
    """Return process, user and group of who has opened the unix socket; None where nobody tells."""
    with suppress(OSError, AttributeError):
        said = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        return struct.unpack("3i", said)
    return None


def _settings() -> Settings:
    settings = Settings()
    settings.errorlog = _log
    settings.accesslog = None
    settings.include_server_header = False
    settings.h11_max_incomplete_size = HEADER_LIMIT
    settings.keep_alive_timeout = HEADER_SECONDS
    settings.ssl_handshake_timeout = HEADER_SECONDS
    return settings
