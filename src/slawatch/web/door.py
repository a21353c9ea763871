"""The door of the app: finds out who asks, lets them into the part that is theirs, writes down what they do.

For who sees some organisations only, the app is built on a view that holds nothing else
(`slawatch.answers.scoped`); what is open to everybody is answered by the whole app.
"""

import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable
from contextlib import suppress
from http import HTTPStatus
from typing import Final, NamedTuple

import trio
from starlette.requests import Request
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from slawatch.answers.view import View
from slawatch.config.users import needs_login, signs_in
from slawatch.config.web import is_loopback
from slawatch.core.access import ACTIONS, PUBLIC, Principal
from slawatch.web import visiting
from slawatch.web.access import SAFE, Guarded
from slawatch.web.auditing import Auditing
from slawatch.web.credentials import Credentials
from slawatch.web.problem import OPEN_TO_ANYONE, Problem, answer_to
from slawatch.web.visiting import Place, Visitor

_log = logging.getLogger("slawatch.web")

_SCOPES: Final = 32
"""Sets of organisations for which an app is kept; the one longest unused goes first."""
LOOK_EVERY: Final = 15.0
"""Seconds after which it is looked again whether who listens to a stream still may; it is at once, too, when
a token or session ends."""
_STREAM: Final = "/api/v1/events"
_NOTE_SECONDS: Final = 5.0
_REFUSED: Final = frozenset(
    {
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.MISDIRECTED_REQUEST,
    }
)


class Built(NamedTuple):
    """An app, and its routes."""

    app: ASGIApp
    routes: list[BaseRoute]


class Door:
    """Stands before the apps.

    Attributes:
        whole: the app for who sees all, and for what is open to everybody.
    """

    def __init__(
        self,
        view: View,
        credentials: Credentials,
        auditing: Auditing,
        whole: Built,
        build: Callable[[frozenset[str]], ASGIApp],
    ) -> None:
        """Prepare.

        Args:
            view: the daemon.
            credentials: tokens and sessions.
            auditing: the log.
            whole: the app for who sees all.
            build: makes the app for some organisations.
        """
        self.whole = whole
        self._view = view
        self._credentials = credentials
        self._auditing = auditing
        self._build = build
        self._apps: OrderedDict[frozenset[str], ASGIApp] = OrderedDict()
        self._public = [
            route.path_regex
            for route in whole.routes
            if isinstance(route, Guarded) and PUBLIC in route.needs.values()
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.whole.app(scope, receive, send)
            return
        state = scope["state"]
        path: str = scope["path"]
        config = self._view.config
        state["login"] = signs_in(config)
        state["public_url"] = config.web.public_url
        state["hosts"] = frozenset(name.lower() for name in config.web.hosts)
        if not state["control"] and path.startswith(OPEN_TO_ANYONE):
            place = visiting.place_of(scope, config.web.proxy)
            state.update(principal=None, place=place, https=place.https, source=place.address)
            await self.whole.app(scope, receive, send)
            return
        try:
            visitor = await self._visitor(scope)
        except Problem as problem:
            answer = await answer_to(Request(scope), problem.status, problem.detail)
            answer.headers["Retry-After"] = "5"
            await answer(scope, receive, send)
            return
        state.update(
            principal=visitor.who, place=visitor.place, https=visitor.place.https, csrf=visitor.csrf,
            why=visitor.why, session=visitor.session, source=visitor.place.address,
        )  # fmt: skip
        await self._admit(scope, receive, send, visitor)

    async def _visitor(self, scope: Scope) -> Visitor:
        """Return who asks.

        Raises:
            Problem: the store, which has tokens and sessions, cannot be read.
        """
        if scope["state"]["control"]:
            return visiting.of_socket(scope["state"])
        config = self._view.config
        place = visiting.place_of(scope, config.web.proxy)
        proven = visiting.cookie(scope, place.https) or visiting.header(scope, b"authorization")
        if proven:
            await self._credentials.ready()
        return visiting.of_request(scope, config, self._credentials, self._view.clock.now())

    async def _admit(self, scope: Scope, receive: Receive, send: Send, visitor: Visitor) -> None:
        status = 0

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._note(scope, visitor, status)
            await send(message)

        if (refusal := self._misdirected(scope, visitor.place)) is not None:
            answer = await answer_to(Request(scope), HTTPStatus.MISDIRECTED_REQUEST, refusal)
            await answer(scope, receive, noting)
            return
        organizations = visitor.who.organizations if visitor.who else None
        if organizations is not None and self._is_public(scope["path"]):
            organizations = None
        scope["state"]["scope"] = organizations
        app = self.whole.app if organizations is None else self._app(organizations)
        if scope["path"] == _STREAM and not scope["state"]["control"]:
            await self._watch(app, scope, receive, noting, visitor)
        else:
            await app(scope, receive, noting)
        if visitor.who is not None and visitor.who.kind in ("token", "password", "oidc"):
            with suppress(Exception), trio.move_on_after(_NOTE_SECONDS):
                await self._credentials.note_use()

    async def _watch(
        self, app: ASGIApp, scope: Scope, receive: Receive, send: Send, visitor: Visitor
    ) -> None:
        """Answer with a stream that ends when who listens may not any more: a session or token is over."""
        stopping: trio.Event = scope["state"]["stopping"]
        over = scope["state"]["stopping"] = trio.Event()

        async def look() -> None:
            while not over.is_set():
                ended = self._credentials.ended
                with suppress(Problem):
                    now = await self._visitor(scope)
                    if now.who is None or now.who != visitor.who:
                        over.set()
                with trio.move_on_after(LOOK_EVERY):
                    await ended.wait()

        async def stop() -> None:
            await stopping.wait()
            over.set()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(look)
            nursery.start_soon(stop)
            await app(scope, receive, send)
            nursery.cancel_scope.cancel()

    def _is_public(self, path: str) -> bool:
        return any(pattern.match(path) for pattern in self._public)

    def _app(self, organizations: frozenset[str]) -> ASGIApp:
        found = self._apps.get(organizations)
        if found is None:
            found = self._apps[organizations] = self._build(organizations)
            while len(self._apps) > _SCOPES:
                self._apps.popitem(last=False)
        self._apps.move_to_end(organizations)
        return found

    def _misdirected(self, scope: Scope, place: Place) -> str | None:
        """Return why a request by way of loopback is refused that names no host of ours.

        A page on the internet can make a browser talk to a port of this machine under a name of its own (DNS
        rebinding) and would then read what is shown without a login.
        """
        if scope["state"]["control"] or not place.local or needs_login(self._view.config):
            return None
        named = without_port(visiting.header(scope, b"host")).lower().rstrip(".")
        if is_loopback(named) or named.endswith(".localhost"):
            return None
        web = self._view.config.web
        if named in {name.lower() for name in web.hosts} or (
            web.listen is not None and named == web.listen.host.lower()
        ):
            return None
        return "the Host header names no host of this machine; add what a proxy sends to [web] hosts"

    def _note(self, scope: Scope, visitor: Visitor, status: int) -> None:
        """Write down what was changed, or refused."""
        state, method = scope["state"], scope["method"]
        action = state.get("action", "")
        refused = status in _REFUSED
        by_link = action == PUBLIC and "does" in state.get("detail", {})
        changing = method not in SAFE and (action in ACTIONS or by_link)
        if state.get("noted") or not (refused or changing):
            return
        if refused and not action and status == HTTPStatus.UNAUTHORIZED and not visitor.why:
            return
        detail = {"status": status, **state.get("detail", {})}
        action = str(detail.pop("does", action)) or "read"
        if visitor.why:
            detail["why"] = visitor.why
        self._auditing.write(
            visitor.who or (detail.get("by") if by_link else None),
            visitor.place.address,
            action,
            state.get("subject") or scope["path"],
            "allowed" if status < HTTPStatus.BAD_REQUEST else "refused",
            detail,
        )


def undeclared(routes: Iterable[BaseRoute]) -> list[str]:
    """Return the paths of routes that do not say who may use them: a mistake in the program."""
    return [str(getattr(one, "path", one)) for one in routes if not isinstance(one, Guarded)]


def without_port(host: str) -> str:
    """Return the name in a Host header.

    >>> without_port("a:1"), without_port("[::1]:8470"), without_port("::1")
    ('a', '::1', '::1')
    """
    if host.startswith("["):
        return host[1:].split("]", 1)[0]
    return host.rsplit(":", 1)[0] if host.count(":") == 1 else host


__all__ = ["Built", "Door", "Principal", "undeclared", "without_port"]
