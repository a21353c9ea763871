"""URLs of probes: taken apart once, checked strictly, shown without what may be secret in them."""

import re
from functools import lru_cache
from sys import intern
from typing import Final, NamedTuple
from urllib.parse import quote, unquote, urljoin

_PORTS: Final = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}
_URL: Final = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://"
    r"(?:(?P<user>[^/?#@]*)@)?"
    r"(?:\[(?P<six>[0-9A-Fa-f:.]+(?:%[\w.-]+)?)\]|(?P<host>[^/?#@:\[\]]+))"
    r"(?::(?P<port>\d{0,5}))?"
    r"(?P<path>/[^?#]*)?(?:\?(?P<query>[^#]*))?(?:\#.*)?"
)
_HOST: Final = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]{0,252}[A-Za-z0-9_.])?", re.ASCII)
_UNWANTED: Final = re.compile(r"[\x00-\x20\x7f]")
_SAFE: Final = "!$&'()*+,;=:@/?%-._~[]|^`{}\"<>\\"


class Url(NamedTuple):
    """A URL taken apart.

    Attributes:
        scheme: `http` or `https` (for proxies `socks5` too).
        host: in its ASCII form, an IPv6 address without brackets.
        port: the one written, or the scheme's.
        target: path and query as they are sent.
        username, password: from the part before `@`, decoded; None without.
    """

    scheme: str
    host: str
    port: int
    target: str
    username: str | None = None
    password: str | None = None

    @property
    def authority(self) -> str:
        """Host and port as the Host header has them."""
        host = f"[{self.host.partition('%')[0]}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> tuple[str, str, int]:
        """What must be the same for a secret to go along."""
        return self.scheme, self.host, self.port

    @property
    def text(self) -> str:
        """The URL without credentials."""
        return f"{self.scheme}://{self.authority}{self.target}"

    @property
    def shown(self) -> str:
        """The URL for people: without credentials, and without the query, where keys are passed."""
        path, question, _ = self.target.partition("?")
        return f"{self.scheme}://{self.authority}{path}{'?...' if question else ''}"


# One object for equal numbers: thousands of checks ask the same servers.
_number: Final = lru_cache(maxsize=1_024)(int)


def ascii_host(host: str) -> str:
    """Return a host name in the form in which it is asked for and sent.

    Raises:
        ValueError: there can be no such host.
    """
    if not host.isascii():
        import idna

        try:
            host = idna.encode(host, uts46=True).decode("ascii")
        except idna.IDNAError:
            raise ValueError(f"{host!r} is not a valid host name") from None
    if not _HOST.fullmatch(host) or ".." in host or any(len(label) > 63 for label in host.split(".")):
        raise ValueError(f"{host!r} is not a valid host name")
    return host.lower()


def parse_url(text: str, schemes: tuple[str, ...] = ("http", "https")) -> Url:
    """Return the parts of a URL.

    >>> parse_url("https://shop.example/health?deep=1").target
    '/health?deep=1'

    Raises:
        ValueError: it is none that can be asked for; the message shows no credentials.
    """
    if _UNWANTED.search(text):
        raise ValueError("a URL has no spaces or control characters (write a space as %20)")
    match = _URL.fullmatch(text)
    if match is None or match["scheme"].lower() not in schemes:
        raise ValueError(f"not a URL such as {schemes[0]}://shop.example/path ({' or '.join(schemes)})")
    scheme = intern(match["scheme"].lower())
    port = _number(match["port"]) if match["port"] else _PORTS[scheme]
    if not 1 <= port <= 65535:
        raise ValueError(f"there is no port {port}: ports go from 1 to 65535")
    if match["six"] is not None:
        from slawatch.checks._dns_files import is_address

        host = match["six"]
        if ":" not in host or not is_address(host):
            raise ValueError(f"[{host}] is not an IPv6 address")
    else:
        host = ascii_host(unquote(match["host"]))
    target = quote(match["path"] or "/", safe=_SAFE)
    if match["query"] is not None:
        target += "?" + quote(match["query"], safe=_SAFE)
    username = password = None
    if match["user"] is not None:
        name, _, word = match["user"].partition(":")
        username, password = unquote(name), unquote(word)
    return Url(scheme, intern(host), port, target, username, password)


def redirected(base: Url, location: str) -> Url:
    """Return where a Location header leads.

    Raises:
        ValueError: nowhere that can be asked.
    """
    location = quote(location.strip(), safe=_SAFE + "#")
    return parse_url(urljoin(base.text, location))
