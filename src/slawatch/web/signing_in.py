"""The way in and out for people: a login page that needs no script, by password or by a provider."""

import hmac
import logging
import secrets
from collections import OrderedDict
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from slawatch.answers.view import Refused
from slawatch.config.users import signs_in
from slawatch.core.access import PUBLIC
from slawatch.core.instant import SECOND
from slawatch.core.patience import by_address, by_name, by_user
from slawatch.web import rendering, visiting
from slawatch.web.access import Guarded, Unknown, principal_of, route
from slawatch.web.auditing import Auditing
from slawatch.web.credentials import Credentials
from slawatch.web.current import Current
from slawatch.web.forms import form
from slawatch.web.genuine import foreign
from slawatch.web.passwords import Passwords, mark_of
from slawatch.web.problem import Problem, answer_to
from slawatch.web.visiting import Place

if TYPE_CHECKING:
    from slawatch.web.oidc import Oidc

_log = logging.getLogger("slawatch.web")

_LONGEST_NAME: Final = 200
_MOST_WELCOME: Final = 10_000
"""Pairs of an address and a name that got in there: a flood from elsewhere does not keep them out."""
_LOGIN_COOKIE: Final = "slawatch-login"
_OIDC_COOKIE: Final = "slawatch-oidc"
_LOGIN_SECONDS: Final = 3600
_WRONG: Final = "Name or password is wrong."
_AGAIN: Final = "The page was too old: please try again."
_BUSY: Final = "slawatch cannot store the session now: try again in a moment."


class SigningIn:
    """The endpoints."""

    def __init__(self, current: Current, credentials: Credentials, auditing: Auditing) -> None:
        self._current = current
        self._view = current.view
        self._credentials = credentials
        self._auditing = auditing
        self._passwords = Passwords()
        self._addresses = by_address()
        self._users = by_user()
        self._names = by_name()
        self._welcome: OrderedDict[str, None] = OrderedDict()
        self._oidc: Oidc | None = None

    def routes(self) -> list[Guarded]:
        """Return where they are."""
        return [
            route("/login", self.login, PUBLIC, methods=["GET", "POST"]),
            route("/login/oidc/start", self.leave_for_provider, PUBLIC),
            route("/login/oidc", self.back_from_provider, PUBLIC),
            route("/logout", self.logout, "session.end", methods=["POST"]),
        ]

    async def login(self, request: Request) -> Response:
        """The page, and what it sends."""
        if not signs_in(self._view.config):
            raise Problem(HTTPStatus.NOT_FOUND, "nobody can sign in here: there are no users")
        if request.method == "POST":
            return await self._signed_in(request)
        state = request.scope["state"]
        target = inside(request.query_params.get("next", ""))
        if state.get("session") and state.get("principal"):
            return RedirectResponse(target, HTTPStatus.SEE_OTHER)
        return await self._page(request, target)

    async def _page(
        self,
        request: Request,
        target: str,
        trouble: str = "",
        status: HTTPStatus = HTTPStatus.OK,
        name: str = "",
    ) -> Response:
        place: Place = request.scope["state"]["place"]
        cookie = visiting.cookie(request.scope, place.https, _name(place)) or secrets.token_urlsafe(24)
        config = self._view.config
        oidc = config.web.oidc
        body = await self._current.render(
            lambda: rendering.page(
                "login.html", csrf=visiting.csrf_of(cookie), target=target, trouble=trouble, user=name,
                passwords=any(user.password for user in config.users.values()),
                provider=oidc.name if oidc else "",
            )
        )  # fmt: skip
        answer = rendering.response(body, status)
        _set(answer, place, _name(place), cookie, _LOGIN_SECONDS, strict=True)
        return answer

    async def _signed_in(self, request: Request) -> Response:
        """Check a name and a password."""
        state = request.scope["state"]
        state["noted"] = True
        place: Place = state["place"]
        fields = await form(request)
        target = inside(fields.get("next", ""))
        name, password = fields.get("name", "").strip()[:_LONGEST_NAME], fields.get("password", "")
        cookie = visiting.cookie(request.scope, place.https, _name(place))
        own = _same(fields.get("csrf", ""), visiting.csrf_of(cookie) if cookie else "")
        if not own or foreign(request.scope):
            return await self._page(request, target, _AGAIN, HTTPStatus.FORBIDDEN, name)
        wait = self._wait(place.address, name)
        if wait:
            self._refused(place.address, name, "too many attempts")
            answer = await self._page(
                request,
                target,
                f"Too many attempts: try again in {wait} s.",
                HTTPStatus.TOO_MANY_REQUESTS,
                name,
            )
            answer.headers["Retry-After"] = str(wait)
            return answer
        # Counted before the check, so that many at once come to no more than one after another.
        self._failed(place.address, name)
        user = await self._passwords.check(self._view.config.users, name, password)
        if user is None:
            self._refused(place.address, name, "wrong name or password")
            return await self._page(request, target, _WRONG, HTTPStatus.UNAUTHORIZED, name)
        self._succeeded(place.address, name)
        return await self._begin(request, target, user.name, "password", mark_of(user), ())

    def _wait(self, address: str, name: str) -> int:
        """Return after how many seconds this may be tried; 0 for now."""
        now = self._view.clock.now()
        pair = _pair(address, name)
        wait = max(self._addresses.wait(_network(address), now), self._users.wait(pair, now))
        if pair not in self._welcome:
            wait = max(wait, self._names.wait(name.casefold(), now))
        return -(-wait // SECOND)

    def _failed(self, address: str, name: str) -> None:
        now = self._view.clock.now()
        self._addresses.failed(_network(address), now)
        self._users.failed(_pair(address, name), now)
        self._names.failed(name.casefold(), now)

    def _succeeded(self, address: str, name: str) -> None:
        """Forgive what was counted; who has an account must not earn guesses at those of others by it."""
        pair = _pair(address, name)
        self._addresses.taken_back(_network(address))
        self._users.succeeded(pair)
        self._names.taken_back(name.casefold())
        self._welcome[pair] = None
        self._welcome.move_to_end(pair)
        while len(self._welcome) > _MOST_WELCOME:
            self._welcome.popitem(last=False)

    def _refused(self, address: str, name: str, why: str) -> None:
        # What was typed as a name may be a password: only names of users are written down.
        known = name if name in self._view.config.users else None
        self._auditing.write(known, address, "session.start", "login", "refused", {"why": why})

    async def _begin(
        self,
        request: Request,
        target: str,
        name: str,
        kind: Any,
        mark: str,
        groups: tuple[str, ...],
        principal: str = "",
    ) -> Response:
        """Begin a session, and end the one that there was; `principal` is what they are called here."""
        state = request.scope["state"]
        place: Place = state["place"]
        try:
            await self._credentials.ready()
            if old := visiting.cookie(request.scope, place.https):
                await self._credentials.end(old)
            secret = await self._credentials.begin(name, kind, mark, groups, place.address)
        except Refused as refused:
            _log.warning("nobody can sign in: %s", refused)
            return await self._page(request, target, _BUSY, HTTPStatus.SERVICE_UNAVAILABLE, name)
        called = principal or name
        self._auditing.write(called, place.address, "session.start", "login", "allowed", {"by": kind})
        answer = RedirectResponse(target, HTTPStatus.SEE_OTHER)
        length = self._view.config.web.sessions.length // SECOND
        _set(answer, place, visiting.cookie_name(place.https), secret, length)
        _forget(answer, place, _name(place))
        _forget(answer, place, _name(place, _OIDC_COOKIE))
        return answer

    async def logout(self, request: Request) -> Response:
        """End the session."""
        state = request.scope["state"]
        place: Place = state["place"]
        principal_of(request)
        if state["session"]:
            try:
                await self._credentials.end(state["session"])
            except Refused as refused:
                _log.warning("a session that was ended is still in the store: %s", refused)
        answer = RedirectResponse("/login", HTTPStatus.SEE_OTHER)
        _forget(answer, place, visiting.cookie_name(place.https))
        return answer

    async def leave_for_provider(self, request: Request) -> Response:
        """Send somebody to the provider."""
        place: Place = request.scope["state"]["place"]
        cookie = secrets.token_urlsafe(24)
        target = inside(request.query_params.get("next", ""))
        provider = self._provider()
        from slawatch.web.oidc import ProviderRefused

        try:
            away = await provider.leave(self._view.config, cookie, target)
        except ProviderRefused as refused:
            raise Problem(HTTPStatus.BAD_GATEWAY, str(refused)) from None
        answer = RedirectResponse(away, HTTPStatus.SEE_OTHER)
        _set(answer, place, _name(place, _OIDC_COOKIE), cookie, _LOGIN_SECONDS)
        return answer

    async def back_from_provider(self, request: Request) -> Response:
        """Take somebody back from the provider."""
        state = request.scope["state"]
        state["noted"] = True
        place: Place = state["place"]
        cookie = visiting.cookie(request.scope, place.https, _name(place, _OIDC_COOKIE))
        provider = self._provider()
        from slawatch.web.oidc import ProviderRefused

        config = self._view.config
        try:
            found = await provider.back(config, cookie, dict(request.query_params))
        except ProviderRefused as refused:
            self._auditing.write(
                None, place.address, "session.start", "oidc", "refused", {"why": str(refused)}
            )
            raise Problem(HTTPStatus.FORBIDDEN, str(refused)) from None
        assert config.web.oidc is not None
        who = visiting.external(
            config, found.name, found.groups, config.web.oidc.grants, "oidc", place.address
        )
        if who is None:
            fault = visiting.misnamed(found.name)
            why = f"no name: {fault}" if fault else "none of the groups is granted anything"
            self._auditing.write(None, place.address, "session.start", "oidc", "refused", {"why": why})
            raise Problem(
                HTTPStatus.FORBIDDEN, f"{found.name} was signed in by the provider, and may see nothing here"
            )
        return await self._begin(request, found.target, found.name, "oidc", "", found.groups, who.name)

    def _provider(self) -> "Oidc":
        if self._view.config.web.oidc is None:
            raise Problem(HTTPStatus.NOT_FOUND, "no provider is configured to sign in with")
        if self._oidc is None:
            from slawatch.web.oidc import Oidc

            self._oidc = Oidc(self._view.clock)
        return self._oidc


def inside(target: str) -> str:
    """Return a path of ours to go to after signing in; what leads elsewhere is the start page.

    >>> inside("/services/shop?window=7d"), inside("//evil.example"), inside("https://evil.example")
    ('/services/shop?window=7d', '/', '/')
    """
    plain = target.isascii() and target.isprintable() and "\\" not in target and " " not in target
    if not plain or not target.startswith("/") or target.startswith("//") or len(target) > 2000:
        return "/"
    return "/" if target.startswith(("/login", "/logout", "/api/")) else target


async def on_unknown(request: Request, error: Exception) -> Response:
    """Answer who is not known: the login page for people, 401 for programs."""
    assert isinstance(error, Unknown)
    state = request.scope["state"]
    path = request.url.path
    people = "text/html" in request.headers.get("accept", "") and not path.startswith("/api/")
    if people and request.method in ("GET", "HEAD") and state.get("login"):
        from urllib.parse import urlencode

        wanted = f"{path}?{request.url.query}" if request.url.query else path
        query = f"?{urlencode({'next': wanted})}" if inside(wanted) != "/" else ""
        return RedirectResponse(f"/login{query}", HTTPStatus.SEE_OTHER)
    answer = await answer_to(request, error.status, error.detail)
    answer.headers["WWW-Authenticate"] = 'Bearer realm="slawatch"'
    return answer


def _name(place: Place, cookie: str = _LOGIN_COOKIE) -> str:
    return f"__Host-{cookie}" if place.https else cookie


def _set(
    answer: Response, place: Place, name: str, value: str, seconds: int, *, strict: bool = False
) -> None:
    answer.set_cookie(
        name, value, max_age=seconds, path="/", secure=place.https, httponly=True,
        samesite="strict" if strict else "lax",
    )  # fmt: skip


def _forget(answer: Response, place: Place, name: str) -> None:
    answer.delete_cookie(name, path="/", secure=place.https, httponly=True, samesite="lax")


def _pair(address: str, name: str) -> str:
    return f"{_network(address)} {name.casefold()}"


def _same(one: str, other: str) -> bool:
    return bool(other) and hmac.compare_digest(one.encode("utf-8", "surrogateescape"), other.encode())


def _network(address: str) -> str:
    """Return what counts as one place: an address, of IPv6 the network of one customer.

    >>> _network("192.0.2.7"), _network("2001:db8:1:2:3::4")
    ('192.0.2.7', '2001:db8:1:2::/64')
    """
    from ipaddress import IPv6Address, ip_address, ip_network

    try:
        found = ip_address(address.split("%")[0])
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return address
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ip_network((int(found), 64), strict=False))
