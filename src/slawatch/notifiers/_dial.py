"""Connections to providers: a name looked up in threads of its own, its addresses in turn."""

import socket
from functools import partial
from typing import Any, Final

import trio

from slawatch.notifiers._fault import Fault, retry, unreachable
from slawatch.notifiers._threads import in_thread

_LOOKUPS: Final = 4


async def dial(host: str, port: int) -> trio.SocketStream:
    """Return a connection to a host; whoever calls sets the time limit.

    Raises:
        Fault: there is no such host, or it does not let us in.
    """
    who = shown(host, port)
    fault: Fault | None = None
    addresses = await _addresses(host, port)
    for number, (family, address) in enumerate(addresses):
        left = trio.current_effective_deadline() - trio.current_time()
        with trio.move_on_after(left / (len(addresses) - number)):
            try:
                return await _connect(family, address)
            except OSError as error:
                fault = unreachable(error, who)
                continue
        fault = retry(f"cannot connect to {who}: no answer")
    assert fault is not None
    raise fault


def shown(host: str, port: int) -> str:
    """Return a host and port for people."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


async def _addresses(host: str, port: int) -> list[tuple[int, Any]]:
    ask = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    try:
        found = await in_thread(ask, f"name {host}", size=_LOOKUPS, abandon=True)
    except (OSError, UnicodeError) as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else "not a host name"
        ours = isinstance(error, OSError) and not isinstance(error, socket.gaierror)
        raise retry(f"cannot find {host}: {said.lower()}", counts=not ours) from error
    return [(family, address) for family, _, _, _, address in found]


async def _connect(family: int, address: Any) -> trio.SocketStream:
    sock = trio.socket.socket(family, socket.SOCK_STREAM)
    try:
        await sock.connect(address)
    except BaseException:
        sock.close()
        raise
    return trio.SocketStream(sock)
