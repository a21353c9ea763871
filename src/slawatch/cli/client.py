"""Talks to the daemon over its unix socket: a small HTTP/1.1 client that costs next to nothing to import."""

import json
import socket
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from slawatch.cli import exits
from slawatch.web.control import short

TIMEOUT: Final = 15.0
"""Seconds in which the daemon must go on answering."""
_PIECE: Final = 65536
_LONGEST_HEAD: Final = 65536
_CODES: Final = {
    400: exits.USAGE,
    404: exits.USAGE,
    409: exits.CONFIG,
    422: exits.NO,
    429: exits.TRY_AGAIN,
    500: exits.IO,
    503: exits.TRY_AGAIN,
    507: exits.IO,
}
"""What the statuses of the API come to; anything else is `UNAVAILABLE`."""


_LOOK: Final = (
    ("reports", "see `slawatch reports list` whether it was frozen"),
    ("maintenance", "see `slawatch maintenance list` whether it was entered"),
    ("adjustments", "see `slawatch adjust list` whether it was entered"),
    ("silences", "see `slawatch silence list` whether it was entered"),
    ("incidents", "see `slawatch incidents list` whether it was done"),
    ("oncall", "see `slawatch oncall show` whether it was entered"),
    ("tokens", "see `slawatch token list` whether it was done"),
    ("people/erase", "erase once more: what is done already stays done"),
    ("import", "import once more: rows that are stored already change nothing"),
    ("reload", "start it, and it reads the configuration as it is now"),
    ("channels", "the message may have been sent"),
    ("probe", "probe once more: nothing is stored of it"), ("checks", "probe once more"),
    ("rehearse", "play it once more: nothing is stored of it"),
    ("replay", "ask once more: nothing is stored of it"),
)  # fmt: skip
"""What to do when it is not known whether a write was done, by how its path begins."""


class Unreachable(Exception):  # noqa: N818 (a state of affairs, which most callers expect)
    """Nobody listens on the socket: the daemon does not run."""


class DaemonError(Exception):
    """The daemon runs and did not do it.

    Attributes:
        code: the exit code that this comes to.
        lines: for people: what, and what to do.
        status: of HTTP; None where there was no answer.
    """

    def __init__(self, code: int, lines: list[str], status: int | None = None) -> None:
        super().__init__("\n".join(lines))
        self.code = code
        self.lines = lines
        self.status = status


class NotAllowed(DaemonError):  # noqa: N818 (a state of affairs, as above)
    """The daemon runs as another user, who alone may ask it."""


class DaemonEnded(DaemonError):  # noqa: N818 (a state of affairs, as above)
    """The daemon took a request and ended, or was killed, before it answered."""


class Answer:
    """An answer whose body is read as it comes.

    Attributes:
        status: HTTP status.
        headers: by lower-case name.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._buffer = b""
        head = self._until(b"\r\n\r\n")
        while head.startswith(b"HTTP/1.1 100"):
            head = self._until(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        try:
            self.status = int(first.split(" ")[1])
            fields = [line.split(":", 1) for line in lines if line]
            self.headers = {name.lower(): value.strip() for name, value in fields}
        except (IndexError, ValueError):
            raise _unintelligible() from None

    def pieces(self) -> Iterator[bytes]:
        """Yield the body as it comes, then close.

        Raises:
            DaemonError: it ends early, or does not go on.
        """
        with self._connection:
            if self.headers.get("transfer-encoding", "").lower() == "chunked":
                yield from self._chunks()
            elif "content-length" in self.headers:
                yield from self._exactly(int(self.headers["content-length"]))
            else:
                while self._buffer or self._more():
                    piece, self._buffer = self._buffer, b""
                    yield piece

    def read(self) -> bytes:
        """Return the whole body."""
        return b"".join(self.pieces())

    def _chunks(self) -> Iterator[bytes]:
        while True:
            line = self._until(b"\r\n")
            try:
                length = int(line.split(b";")[0], 16)
            except ValueError:
                raise _unintelligible() from None
            if length == 0:
                while self._until(b"\r\n"):
                    pass
                return
            yield from self._exactly(length)
            self._until(b"\r\n")

    def _exactly(self, length: int) -> Iterator[bytes]:
        while length:
            if not self._buffer and not self._more():
                raise _ended("the daemon closed the connection within its answer")
            piece, self._buffer = self._buffer[:length], self._buffer[length:]
            length -= len(piece)
            yield piece

    def _until(self, mark: bytes) -> bytes:
        while (at := self._buffer.find(mark)) < 0:
            if len(self._buffer) > _LONGEST_HEAD:
                raise _unintelligible()
            if not self._more():
                raise _unintelligible() if self._buffer else _ended()
        found, self._buffer = self._buffer[:at], self._buffer[at + len(mark) :]
        return found

    def _more(self) -> bool:
        try:
            piece = self._connection.recv(_PIECE)
        except TimeoutError:
            raise _silent() from None
        except ConnectionResetError:
            raise _ended() from None
        except OSError as error:
            raise DaemonError(
                exits.UNAVAILABLE, [f"the connection to the daemon broke: {error.strerror}"]
            ) from None
        self._buffer += piece
        return bool(piece)


def send(
    path: str,
    target: str,
    *,
    method: str = "GET",
    body: Iterable[bytes] | None = None,
    timeout: float = TIMEOUT,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Send a request to the socket at `path` and return the head of its answer, whatever its status.

    Args:
        path: of the unix socket.
        target: path and query of the resource.
        method: GET without a body, POST with one.
        body: pieces, sent as they come.
        timeout: seconds in which the daemon must take or send something.
        headers: further ones, of ASCII.

    Raises:
        Unreachable: nobody listens there.
        DaemonError: somebody does, but does not answer, or may not be asked by this user.
    """
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(timeout)
    try:
        with short(path) as address:
            connection.connect(address)
        head = f"{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
        if body is not None:
            head += "Transfer-Encoding: chunked\r\n"
        try:
            connection.sendall(head.encode("ascii") + b"\r\n")
            if body is not None:
                _send_chunks(connection, body)
        except BrokenPipeError:
            pass  # it has answered without waiting for all: that answer says why
        return Answer(connection)
    except TimeoutError:
        connection.close()
        raise _silent() from None
    except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError):
        connection.close()
        raise Unreachable(path) from None
    except PermissionError:
        connection.close()
        line = f"{path} may not be opened by this user: the daemon runs as another; become that user, or root"
        raise NotAllowed(exits.UNAVAILABLE, [line]) from None
    except ConnectionResetError:
        connection.close()
        raise _told(_ended(), method, target) from None
    except DaemonEnded as ended:
        connection.close()
        raise _told(ended, method, target) from None
    except BaseException:
        connection.close()
        raise


def ask(
    path: str,
    target: str,
    *,
    method: str = "GET",
    body: Iterable[bytes] | None = None,
    timeout: float = TIMEOUT,
    headers: Mapping[str, str] | None = None,
) -> Any:
    """Return the JSON of a good answer; see `send`.

    Raises:
        Unreachable: nobody listens there.
        DaemonError: the daemon refuses, or does not answer.
    """
    answer = send(path, target, method=method, body=body, timeout=timeout, headers=headers)
    check(answer)
    try:
        return json.loads(answer.read())
    except DaemonEnded as ended:
        raise _told(ended, method, target) from None
    except ValueError:
        raise _unintelligible() from None


def check(answer: Answer) -> None:
    """Raise what the daemon says in an answer that is no good one.

    Raises:
        DaemonError: the status is not 2xx; the lines are those of its problem document.
    """
    if 200 <= answer.status < 300:
        return
    try:
        problem = json.loads(answer.read())
        lines = [str(problem.get("detail") or problem["title"])]
        lines += [str(line) for line in problem.get("problems", ())]
    except (ValueError, KeyError, AttributeError, TypeError):
        lines = [f"the daemon answered with HTTP status {answer.status}"]
    raise DaemonError(_CODES.get(answer.status, exits.UNAVAILABLE), lines, answer.status)


def _send_chunks(connection: socket.socket, body: Iterable[bytes]) -> None:
    for piece in body:
        if piece:
            connection.sendall(b"%x\r\n%b\r\n" % (len(piece), piece))
    connection.sendall(b"0\r\n\r\n")


def _ended(what: str = "the daemon ended before it answered") -> DaemonEnded:
    return DaemonEnded(exits.UNAVAILABLE, [what])


def _told(ended: DaemonEnded, method: str, target: str) -> DaemonEnded:
    """Return the same, saying what may have been done all the same and where to look."""
    if method == "GET":
        return ended
    way = target.partition("?")[0]
    look = next((look for start, look in _LOOK if way.startswith(f"/api/v1/{start}")), "")
    return _ended(f"{ended.lines[0]}; {look or 'what was asked for may be done all the same'}")


def _silent() -> DaemonError:
    return DaemonError(exits.UNAVAILABLE, ["the daemon runs but does not answer: look at its log"])


def _unintelligible() -> DaemonError:
    return DaemonError(exits.UNAVAILABLE, ["what listens on the socket did not answer as slawatch does"])
