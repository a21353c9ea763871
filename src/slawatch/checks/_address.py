"""Where a server listens, as people write it."""

import re
from typing import Annotated, Final, NamedTuple, TypeAlias

from slawatch.checks._dns_files import is_address
from slawatch.checks._http_url import ascii_host
from slawatch.core.text import FromText

_ADDRESS: Final = re.compile(r"(?:\[(?P<six>[^\[\]]*)\]|(?P<host>[^:\[\]]*)):(?P<port>[0-9]{1,5})")


class Address(NamedTuple):
    """A host and a port.

    Attributes:
        host: a name in its ASCII form, or an IP address; an IPv6 address without brackets.
        port: 1 to 65535.
    """

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_host(text: str) -> str:
    """Return the host that a name or an IP address, with or without brackets, names.

    Raises:
        ValueError: there can be no such host.
    """
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    if is_address(bare):
        return bare
    return ascii_host(text)


def parse_address(text: str) -> Address:
    """Return the host and port that a text names.

    >>> parse_address("db.example:5432"), parse_address("[2001:db8::1]:22")
    (Address(host='db.example', port=5432), Address(host='2001:db8::1', port=22))

    Raises:
        ValueError: it is no address, or has no port.
    """
    match = _ADDRESS.fullmatch(text)
    if match is None:
        raise ValueError(f'{text!r} is not an address such as "db.example:5432" or "[2001:db8::1]:22"')
    port = int(match["port"])
    if not 1 <= port <= 65535:
        raise ValueError(f"there is no port {port}: ports go from 1 to 65535")
    if match["six"] is None:
        return Address(parse_host(match["host"]), port)
    if ":" not in match["six"] or not is_address(match["six"]):
        raise ValueError(f"[{match['six']}] is not an IPv6 address")
    return Address(match["six"], port)


HostAndPort: TypeAlias = Annotated[
    Address, FromText(parse_address, 'an address such as "db.example:5432"', example="db.example:5432")
]
"""A host and a port, as TOML writes them."""
