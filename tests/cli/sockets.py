"""A unix socket that answers each connection with bytes decided by the test."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

Say = bytes | Callable[[bytes], bytes]


def http(body: bytes, status: str = "200 OK", headers: str = "") -> bytes:
    """Return an answer with a length."""
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
    return head.encode() + body


@contextmanager
def answering(path: Path, say: Say) -> Iterator[list[bytes]]:
    """Answer every connection at `path` once its whole request is there; yields the requests."""
    requests: list[bytes] = []
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(path))
    listening.listen()
    stopping = threading.Event()

    def serve() -> None:
        while True:
            connection, _ = listening.accept()
            with connection:
                if stopping.is_set():
                    return
                request = b""
                while not complete(request):
                    piece = connection.recv(65536)
                    if not piece:
                        break
                    request += piece
                requests.append(request)
                connection.sendall(say if isinstance(say, bytes) else say(request))

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield requests
    finally:
        stopping.set()
        with socket.socket(socket.AF_UNIX) as last:
            last.connect(str(path))
        thread.join()
        listening.close()


def complete(request: bytes) -> bool:
    """Whether this is a whole request; one with a body has it in chunks."""
    head, end, body = request.partition(b"\r\n\r\n")
    if not end:
        return False
    return b"chunked" not in head or body.endswith(b"0\r\n\r\n")
