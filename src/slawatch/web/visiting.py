"""Who is at the door: from where a request comes, and what it proves."""

import hashlib
import hmac
import pwd
import secrets
from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from typing import Any, Final, NamedTuple

from starlette.types import Scope

from slawatch.config.model import Config
from slawatch.config.users import needs_login, signs_in
from slawatch.config.web import Proxy, is_loopback
from slawatch.core.access import Grant, Principal, User, granted, scope
from slawatch.core.credential import PREFIX, Session
from slawatch.core.instant import Instant
from slawatch.web.credentials import Credentials
from slawatch.web.passwords import mark_of

SECRET_HEADER: Final = b"x-slawatch-secret"
FORWARDED: Final = (b"x-forwarded-for", b"forwarded", b"x-real-ip", b"x-forwarded-user", b"via")
"""Headers that say that somebody stands between."""
_NOBODY: Final = (
    "who does not come from the daemon's own machine must sign in or send a token, and nobody can sign in "
    "yet: add [users.NAME] to the configuration; /healthz, /readyz and /heartbeat/ answer everywhere"
)
_LONGEST_NAME: Final = 200
_PROCESS_KEY: Final = secrets.token_bytes(32)
"""Signs what a page of this run brings back; a page of an earlier run must be loaded again."""


class Place(NamedTuple):
    """From where a request comes.

    Attributes:
        address: of the client, behind a proxy that is believed.
        https: whether it came by TLS.
        trusted: whether the proxy is believed in what it says of the client.
        local: both ends are on this machine, and nobody says that there is more behind them.
    """

    address: str
    https: bool
    trusted: bool
    local: bool


class Visitor(NamedTuple):
    """What is known of who asks.

    Attributes:
        who: None for nobody known.
        place: from where.
        csrf: what a page must bring back to change something; empty where no page could.
        why: why nobody is known, where something was proven badly.
        session: the secret of the session's cookie; empty without one.
    """

    who: Principal | None
    place: Place
    csrf: str = ""
    why: str = ""
    session: str = ""


def header(scope: Scope, name: bytes) -> str:
    """Return a header's value; empty without it, and where it comes twice: nobody knows which one holds."""
    found = [value for key, value in scope["headers"] if key == name]
    return found[0].decode("latin-1").strip() if len(found) == 1 else ""


def place_of(scope: Scope, proxy: Proxy | None) -> Place:
    """Return from where a request comes."""
    client, server = scope.get("client"), scope.get("server")
    peer = client[0] if client else ""
    https = scope.get("scheme") == "https"
    if proxy is not None and _is_proxy(scope, proxy, peer):
        listed = b",".join(value for key, value in scope["headers"] if key == b"x-forwarded-for")
        address = _behind([part.strip() for part in listed.decode("latin-1").split(",")], proxy, peer)
        https = https or header(scope, b"x-forwarded-proto").lower() == "https"
        return Place(address, https, trusted=True, local=False)
    between = any(key in FORWARDED for key, _ in scope["headers"])
    ends = is_loopback(peer) and server is not None and is_loopback(server[0])
    return Place(peer, https, trusted=False, local=ends and not between)


def _is_proxy(scope: Scope, proxy: Proxy, peer: str) -> bool:
    if not _within(peer, proxy):
        return False
    if proxy.secret is None:
        return True
    said = header(scope, SECRET_HEADER)
    return hmac.compare_digest(said.encode("latin-1"), proxy.secret.value.encode())


def _within(address: str, proxy: Proxy) -> bool:
    try:
        found = ip_address(address.split("%")[0])
    except ValueError:
        return False
    found = getattr(found, "ipv4_mapped", None) or found
    return any(found.version == network.version and found in network for network in proxy.addresses)


def _behind(listed: list[str], proxy: Proxy, peer: str) -> str:
    """Return the last address of those listed that is no proxy of ours: those before it anybody can write."""
    for address in reversed(listed):
        try:
            ip_address(address)
        except ValueError:
            return peer
        if not _within(address, proxy):
            return address
    return peer


def of_socket(state: Mapping[str, Any]) -> Visitor:
    """Return who asks on the unix socket: its owner, or root."""
    pid, uid, _ = state.get("peer") or (0, -1, -1)
    try:
        name = pwd.getpwuid(uid).pw_name if uid >= 0 else "owner"
    except KeyError:
        name = f"uid {uid}"
    source = f"unix:{name}/{pid}" if pid else "unix"
    who = Principal(name=name, kind="socket", role="admin", source=source)
    return Visitor(who, Place(source, https=False, trusted=False, local=True))


def of_request(scope: Scope, config: Config, credentials: Credentials, now: Instant) -> Visitor:
    """Return who asks on a port.

    What is proven goes before what is merely so: a token, then what a proxy says, then a session, then that
    somebody is on this machine where nobody needs to sign in.
    """
    place = place_of(scope, config.web.proxy)
    given = header(scope, b"authorization")
    if given.lower().startswith("bearer "):
        return _by_token(given, place, credentials, now)
    proxy = config.web.proxy
    if proxy is not None and proxy.user is not None and place.trusted:
        found = _by_proxy(scope, config, proxy, place)
        if found is not None:
            return found
    secret = cookie(scope, place.https)
    if secret:
        session = credentials.session(secret, now)
        who = None if session is None else _by_session(session, config, place)
        if who is not None:
            return Visitor(who, place, csrf=csrf_of(secret), session=secret)
    if place.local and not needs_login(config):
        who = Principal(name="local", kind="local", role=config.web.local, source=place.address)
        return Visitor(who, place, csrf=_signed("local"))
    if secret:
        return Visitor(None, place, why="you were signed out: sign in again")
    return Visitor(None, place, why="" if signs_in(config) else _NOBODY)


def _by_token(given: str, place: Place, credentials: Credentials, now: Instant) -> Visitor:
    secret = given.partition(" ")[2].strip()
    if not secret.startswith(PREFIX):
        return Visitor(None, place, why=f"this is no token of slawatch: those begin with {PREFIX}")
    token = credentials.token(secret, now)
    if token is None:
        return Visitor(None, place, why="there is no such token")
    if (state := token.state(now)) != "valid":
        return Visitor(None, place, why=f"the token {token.name!r} is {state}")
    organizations = None if token.organizations is None else frozenset(token.organizations)
    who = Principal(
        name=f"token:{token.name}", kind="token", role=token.role, organizations=organizations,
        source=place.address, id=token.id,
    )  # fmt: skip
    return Visitor(who, place)


def _by_proxy(request: Scope, config: Config, proxy: Proxy, place: Place) -> Visitor | None:
    assert proxy.user is not None
    name = _text(header(request, proxy.user.lower().encode()))
    if not name:
        return None
    listed = _text(header(request, proxy.groups.lower().encode())) if proxy.groups else ""
    groups = tuple(part.strip() for part in listed.split(",") if part.strip())
    who = external(config, name, groups, proxy.grants, "proxy", place.address)
    if who is None:
        why = "was signed in by the proxy, and may see nothing here"
        if fault := misnamed(name):
            why = f"is no name that the proxy may sign somebody in by: {fault}"
        return Visitor(None, place, why=f"{name[:100]!r} {why}")
    return Visitor(who, place, csrf=_signed(f"proxy:{name}"))


def _by_session(session: Session, config: Config, place: Place) -> Principal | None:
    """Return whose session it is, as the configuration has them now."""
    if session.kind == "password":
        user = config.users.get(session.name)
        if user is None or not hmac.compare_digest(mark_of(user), session.mark):
            return None
        return _principal(user, "password", place.address)
    oidc = config.web.oidc
    if oidc is None:
        return None
    return external(config, session.name, session.groups, oidc.grants, "oidc", place.address)


def external(
    config: Config, name: str, groups: Iterable[str], grants: Iterable[Grant], kind: Any, source: str
) -> Principal | None:
    """Return what somebody whom a provider or proxy signed in may do; None for nothing at all.

    Who has an entry in `[users]` is that user, and may what it says; everybody else may what their groups are
    granted, under a name of their own (`proxy:erin`) that no user, person or token can have.
    """
    for user in config.users.values():
        known = user.external or (user.name if user.password is None else "")
        if known and known.casefold() == name.casefold():
            return _principal(user, kind, source)
    found = granted(grants, groups)
    if found is None or misnamed(name):
        return None
    return Principal(
        name=f"{kind}:{name}", kind=kind, role=found.role, organizations=scope(found.organizations),
        source=source,
    )  # fmt: skip


def misnamed(name: str) -> str:
    """Return why a provider's or proxy's name for somebody is no name; empty where it is one.

    What is stored must name one person, and must not read like a principal of another kind.
    """
    if name in ("", "-"):
        return "it names nobody"
    if ":" in name:
        return 'it holds ":", which stands between kinds of names and names'
    if not name.isprintable() or " ".join(name.split()) != name:
        return "it holds what cannot be seen"
    return f"it has more than {_LONGEST_NAME} characters" if len(name) > _LONGEST_NAME else ""


def _text(found: str) -> str:
    """Return a header's text: proxies write names in UTF-8, HTTP has octets."""
    try:
        return found.encode("latin-1").decode()
    except UnicodeDecodeError:
        return found


def _principal(user: User, kind: Any, source: str) -> Principal:
    return Principal(
        name=user.name, kind=kind, role=user.role, organizations=scope(user.organizations),
        person=user.person, source=source,
    )  # fmt: skip


def cookie_name(https: bool) -> str:
    """Return what the session's cookie is called: by TLS, browsers bind it to this host and to TLS."""
    return "__Host-slawatch" if https else "slawatch"


def cookie(scope: Scope, https: bool, name: str = "") -> str:
    """Return the value of a cookie, by default the session's; empty without it, and where it comes twice."""
    wanted = name or cookie_name(https)
    found = []
    for key, value in scope["headers"]:
        if key == b"cookie":
            for part in value.decode("latin-1").split(";"):
                called, _, content = part.strip().partition("=")
                if called == wanted:
                    found.append(content.strip())
    return found[0] if len(found) == 1 else ""


def csrf_of(secret: str) -> str:
    """Return what the pages of a session bring back; it follows from the cookie, and not the other way."""
    return hmac.new(secret.encode("latin-1"), b"csrf", hashlib.sha256).hexdigest()


def _signed(text: str) -> str:
    return hmac.new(_PROCESS_KEY, text.encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()
