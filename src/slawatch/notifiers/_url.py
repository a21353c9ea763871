"""Addresses of providers, as people write them."""

import re
from typing import Final, NamedTuple
from urllib.parse import unquote, urlsplit

_PORTS: Final = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}


class Url(NamedTuple):
    """An absolute URL.

    Attributes:
        scheme: http or https.
        host: in ASCII form; an IPv6 address without brackets.
        port: that of the scheme unless written.
        target: path and query.
    """

    scheme: str
    host: str
    port: int
    target: str

    @property
    def who(self) -> str:
        """The server, for messages: path and query may be secret."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port == _PORTS[self.scheme] else f":{self.port}")

    @property
    def text(self) -> str:
        """The URL itself."""
        return self.who + self.target


class Proxy(NamedTuple):
    """What to go through.

    Attributes:
        url: its URL, without a path.
        credentials: user name and password, if it wants them.
    """

    url: Url
    credentials: tuple[str, str] | None


def parse_proxy(text: str) -> Proxy:
    """Return the proxy that a URL names: `http://`, `https://` or `socks5://`, with credentials if need be.

    Raises:
        ValueError: it names none.
    """
    scheme, separator, rest = text.partition("://")
    credentials, at, authority = rest.rpartition("@")
    url = parse_url(scheme + separator + authority, ("http", "https", "socks5", "socks5h"))
    if url.target != "/":
        raise ValueError("host and port only, without a path")
    if not at:
        return Proxy(url, None)
    user, _, password = credentials.partition(":")
    return Proxy(url, (unquote(user), unquote(password)))


def parse_url(text: str, schemes: tuple[str, ...] = ("http", "https")) -> Url:
    """Return the parts of a URL. Messages do not repeat it, since it may be a secret.

    Raises:
        ValueError: it is no absolute URL of such a scheme, or cannot be sent as it is.
    """
    wanted = " or ".join(f"{scheme}://" for scheme in schemes)
    if not re.fullmatch(r"[^\s\x00-\x1f\x7f]+", text):
        raise ValueError(f"a URL that begins with {wanted} and has no spaces belongs here")
    try:
        parts = urlsplit(text)
        port, host = parts.port, parts.hostname
    except ValueError:
        raise ValueError("the URL has a host or port that cannot be") from None
    if parts.scheme not in schemes or not host:
        raise ValueError(f"a URL that begins with {wanted} and a host belongs here")
    if parts.username is not None or parts.password is not None:
        raise ValueError("credentials do not belong into the URL")
    if parts.fragment:
        raise ValueError("the URL has a # part, which is never sent")
    if port == 0:
        raise ValueError("there is no port 0")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not target.isascii():
        raise ValueError("the URL has characters that must be percent-encoded")
    try:
        ascii_host = host if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        raise ValueError("the URL has a host that cannot be") from None
    if ":" not in ascii_host and not re.fullmatch(r"[\w-]+(?:\.[\w-]+)*\.?", ascii_host, re.ASCII):
        raise ValueError("the URL has a host that cannot be")
    return Url(parts.scheme, ascii_host, port or _PORTS[parts.scheme], target)
