"""What this machine says about names: /etc/hosts and /etc/resolv.conf, whatever they contain."""

import ipaddress
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

Server = tuple[str, int]
"""Address and port of a name server."""

Hosts = Mapping[str, tuple[str, ...]]
"""Addresses by name, in lower case."""

_MOST_SERVERS: Final = 3
_LONGEST_FILE: Final = 4_000_000


class Settings(NamedTuple):
    """How names are asked for.

    Attributes:
        servers: whom to ask, in this order.
        search: domains to try a short name under.
        ndots: a name with so many dots is tried as it is first.
        timeout: seconds to wait for one server.
        attempts: rounds over all servers.
    """

    servers: tuple[Server, ...]
    search: tuple[str, ...] = ()
    ndots: int = 1
    timeout: float = 2.0
    attempts: int = 2


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_LONGEST_FILE).decode("utf-8", "replace")
    except OSError:
        return ""


def is_address(text: str) -> bool:
    """Tell whether a text is an IP address, with or without a scope (`fe80::1%eth0`).

    >>> is_address("192.0.2.1"), is_address("::1"), is_address("fe80::1%eth0"), is_address("1.2.3")
    (True, True, True, False)
    """
    try:
        if ":" in text:
            socket.inet_pton(socket.AF_INET6, text.partition("%")[0])
        else:
            socket.inet_pton(socket.AF_INET, text)
    except (OSError, ValueError):
        return False
    return True


def read_hosts(path: Path) -> Hosts:
    """Return the names of a hosts file; lines that make no sense are left out, as the C library does."""
    found: dict[str, tuple[str, ...]] = {}
    for line in _text(path).splitlines():
        address, *names = line.partition("#")[0].split() or [""]
        if not is_address(address):
            continue
        for name in names:
            key = name.lower().rstrip(".")
            if address not in found.get(key, ()):
                found[key] = (*found.get(key, ()), address)
    return found


def _clamped(text: str, low: int, high: int, otherwise: int) -> int:
    return min(max(int(text), low), high) if text.isascii() and text.isdigit() else otherwise


def read_settings(path: Path) -> Settings:
    """Return what a resolv.conf says; without a server in it, this machine is asked, as by the C library."""
    servers: list[Server] = []
    search: tuple[str, ...] = ()
    ndots, timeout, attempts = 1, 2, 2
    for line in _text(path).splitlines():
        key, *values = line.partition("#")[0].partition(";")[0].split() or [""]
        if key == "nameserver" and values and is_address(values[0]):
            servers.append((values[0], 53))
        elif key in ("search", "domain"):
            search = tuple(v.strip(".").lower() for v in values if v.strip("."))
        elif key == "options":
            for option in values:
                name, _, value = option.partition(":")
                if name == "ndots":
                    ndots = _clamped(value, 0, 15, ndots)
                elif name == "timeout":
                    timeout = _clamped(value, 1, 30, timeout)
                elif name == "attempts":
                    attempts = _clamped(value, 1, 5, attempts)
    return Settings(tuple(servers[:_MOST_SERVERS]) or (("127.0.0.1", 53),), search, ndots, timeout, attempts)


def stamp(path: Path) -> tuple[int, int, int] | None:
    """Return what changes whenever a file is written or replaced; None without a file."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def address_version(address: str) -> int:
    """Return 4 or 6."""
    return ipaddress.ip_address(address.partition("%")[0]).version
