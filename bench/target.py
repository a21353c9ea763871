"""A target that costs next to nothing: answers every HTTP request alike, on epoll, optionally under TLS.

`python bench/target.py PORT [CERTIFICATE KEY]`; it serves until it is killed.
"""

import select
import socket
import ssl
import sys

_BODY = b"ok" * 512
ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
    % len(_BODY)
)


def main() -> None:
    """Serve until killed."""
    port = int(sys.argv[1])
    context = None
    if len(sys.argv) > 3:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[2], sys.argv[3])
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    listening.listen(4_096)
    listening.setblocking(False)
    polling = select.epoll()
    polling.register(listening, select.EPOLLIN)
    clients: dict[int, socket.socket] = {}
    while True:
        for number, _ in polling.poll():
            if number == listening.fileno():
                _accept(listening, polling, clients, context)
                continue
            client = clients[number]
            try:
                received = client.recv(4_096)
            except (ssl.SSLWantReadError, BlockingIOError):
                continue
            except OSError:
                received = b""
            if received.endswith(b"\r\n\r\n"):
                try:
                    client.sendall(ANSWER + _BODY)
                except OSError:
                    received = b""
            polling.unregister(number)
            del clients[number]
            client.close()


def _accept(
    listening: socket.socket,
    polling: select.epoll,
    clients: dict[int, socket.socket],
    context: ssl.SSLContext | None,
) -> None:
    while True:
        try:
            client, _ = listening.accept()
        except BlockingIOError:
            return
        client.setblocking(False)
        if context is not None:
            client = context.wrap_socket(client, server_side=True, do_handshake_on_connect=False)
        clients[client.fileno()] = client
        polling.register(client.fileno(), select.EPOLLIN)


if __name__ == "__main__":
    main()
