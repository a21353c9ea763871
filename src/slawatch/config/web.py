"""`[web]`: where people and jobs reach the daemon, by what protocol, and how they prove who they are."""

import re
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Annotated, Final, NamedTuple, TypeAlias

from slawatch.core.access import Grant, Role
from slawatch.core.credential import ABSOLUTE, IDLE
from slawatch.core.instant import DAY, MINUTE
from slawatch.core.status_page import PublicUrl
from slawatch.core.text import Duration, FilePath, FromText, Secret

_HEADER: Final = re.compile(r"[A-Za-z0-9-]{1,64}")


class Address(NamedTuple):
    """Where the web listens."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def loopback(self) -> bool:
        """Whether only this machine can come by it."""
        return is_loopback(self.host)


def parse_address(text: str) -> Address:
    """Return the address that `127.0.0.1:8470`, `[::1]:8470` or `localhost:8470` names.

    Raises:
        ValueError: no host, no port, or a port that does not exist.
    """
    match = re.fullmatch(r"(?:\[([0-9A-Fa-f:.]+(?:%\w+)?)\]|([^\s:/\[\]]+)):(\d{1,5})", text, re.ASCII)
    if match is None:
        raise ValueError(f"{text!r} is not an address such as 127.0.0.1:8470 or [::1]:8470")
    if not 1 <= int(match[3]) <= 65535:
        raise ValueError(f"there is no port {match[3]}: ports go from 1 to 65535")
    return Address(match[1] or match[2], int(match[3]))


def is_loopback(host: str) -> bool:
    """Say whether a name or address means this machine and nobody else.

    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("::1"), is_loopback("0.0.0.0")
    (True, True, True, False)
    """
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host.split("%")[0]).is_loopback
    except ValueError:
        return False


def parse_network(text: str) -> IPv4Network | IPv6Network:
    """Return the addresses that `10.0.0.5`, `10.0.0.0/8` or `::1` names.

    Raises:
        ValueError: no address, or bits set beyond the prefix.
    """
    try:
        return ip_network(text)
    except ValueError:
        raise ValueError(
            f"{text!r} is not an address such as 10.0.0.5, or a network such as 10.0.0.0/8"
        ) from None


def parse_header(text: str) -> str:
    """Return the name of an HTTP header.

    Raises:
        ValueError: not such a name.
    """
    if not _HEADER.fullmatch(text):
        raise ValueError(f"{text!r} is not the name of a header such as X-Forwarded-User")
    return text


Listen: TypeAlias = Annotated[
    Address, FromText(parse_address, 'an address such as "127.0.0.1:8470"', example="127.0.0.1:8470")
]
Network: TypeAlias = Annotated[
    IPv4Network | IPv6Network,
    FromText(parse_network, 'an address or a network such as "10.0.0.0/8"', example="10.0.0.0/8"),
]
Header: TypeAlias = Annotated[
    str, FromText(parse_header, 'the name of a header such as "X-Forwarded-User"', example="X-Forwarded-User")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """The certificate to serve by.

    Attributes:
        certificate: a PEM file with the certificate and those that lead to its issuer; read again when it
            changes.
        key: a PEM file with its private key.
    """

    certificate: FilePath
    key: FilePath


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """A proxy in front of slawatch, which is believed.

    Attributes:
        addresses: from where it connects; headers from elsewhere are not believed.
        user: the header in which it names who has signed in there; absent, it signs nobody in.
        groups: the header in which it lists their groups, separated by commas.
        secret: what it sends in the header `X-Slawatch-Secret`, so that nobody else on its machine can speak
            for it.
        grants: what membership in a group gives.
    """

    addresses: tuple[Network, ...]
    user: Header | None = None
    groups: Header | None = None
    secret: Secret | None = None
    grants: tuple[Grant, ...] = ()

    def __post_init__(self) -> None:
        if not self.addresses:
            raise ValueError("addresses: from where the proxy connects")


@dataclass(frozen=True, slots=True, kw_only=True)
class Oidc:
    """A provider that people sign in with (OpenID Connect); needs the extra `oidc`.

    Attributes:
        issuer: its URL, as its own description names it.
        client_id: what it calls slawatch; the address to return to is `/login/oidc` below `public_url`.
        client_secret: absent for a public client.
        name: of the button on the login page.
        scopes: what is asked for.
        user: the claim that names people; a mail address counts only if the provider says that it is
            verified.
        groups: the claim that lists their groups.
        grants: what membership in a group gives.

    Raises:
        ValueError: an issuer that is no address of the web.
    """

    issuer: str
    client_id: str
    client_secret: Secret | None = None
    name: str = "single sign-on"
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    user: str = "email"
    groups: str = "groups"
    grants: tuple[Grant, ...] = ()

    def __post_init__(self) -> None:
        scheme, _, rest = self.issuer.partition("://")
        host = re.split("[/?#]", rest, maxsplit=1)[0]
        bare = host.rsplit(":", 1)[0].strip("[]")
        if scheme not in ("https", "http") or not host or "?" in rest or "#" in rest:
            raise ValueError("issuer: begins with https://, such as https://id.example/realms/main")
        if scheme == "http" and not is_loopback(bare):
            raise ValueError("issuer: https://, or everybody on the way could sign in as anybody")
        if not self.client_id:
            raise ValueError("client_id: what the provider calls slawatch")
        if "openid" not in self.scopes:
            raise ValueError('scopes: "openid" is one of them')


@dataclass(frozen=True, slots=True, kw_only=True)
class Sessions:
    """How long somebody stays signed in.

    Attributes:
        idle: unused; from a minute to a month.
        length: at all; not shorter than `idle`, three months at most.

    Raises:
        ValueError: lengths that cannot be meant.
    """

    idle: Duration = IDLE
    length: Duration = ABSOLUTE

    def __post_init__(self) -> None:
        if not MINUTE <= self.idle <= 31 * DAY:
            raise ValueError("idle: from 1m to 31d")
        if not self.idle <= self.length <= 92 * DAY:
            raise ValueError("length: from `idle` to 92d")


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """Where people and jobs reach the daemon, besides its unix socket, and how they say who they are.

    Attributes:
        listen: host and port of the dashboard, the API, metrics and heartbeats; absent, there is only the
            unix socket. Any other address than one of loopback needs users, a provider, a proxy that signs
            people in, or `login = true` for tokens alone.
        hosts: further names by which a proxy on this machine asks for it; its own addresses and `localhost`
            always do.
        public_url: the address at which people reach the dashboard, for links in messages and feeds; without
            it messages hold no link to acknowledge by.
        login: whether one must sign in or bring a token. By default only where anybody can: with users, a
            provider or a proxy that signs people in; never false on another address than one of loopback.
        local: what whoever comes by way of loopback may do where nobody needs to sign in.
        tls: the certificate to serve by; absent, a proxy does that.
        proxy: the proxy in front of slawatch.
        oidc: the provider that people sign in with.
        sessions: how long somebody stays signed in.
    """

    listen: Listen | None = None
    hosts: tuple[str, ...] = ()
    public_url: PublicUrl = ""
    login: bool | None = None
    local: Role = "responder"
    tls: Tls | None = None
    proxy: Proxy | None = None
    oidc: Oidc | None = None
    sessions: Sessions = field(default_factory=Sessions)
