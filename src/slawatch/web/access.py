"""What a route says about who may use it, and what an endpoint can ask about who does.

Each route is made by `route`, with the action that it carries out: a key of
`slawatch.core.access.ACTIONS`, or `PUBLIC`. A role that may not is refused before the endpoint is called.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final, NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from slawatch.core.access import ACTIONS, PUBLIC, WHOLE, Principal
from slawatch.web.genuine import genuine, limited
from slawatch.web.problem import Problem

__all__ = ["PUBLIC", "Guarded", "Shown", "concern", "principal_of", "route", "shown", "signed"]

LONGEST: Final = 1 << 20
"""Bytes of a request's body, where its route does not say otherwise."""
SAFE: Final = frozenset({"GET", "HEAD"})

Endpoint = Callable[[Request], Awaitable[Response | Any]]


class Unknown(Problem):
    """Nobody is known to ask: signing in, or a token, would help."""


class Guarded(Route):
    """A route that knows what it takes to use it.

    Attributes:
        needs: the action by method.
        longest: bytes that a request's body may have; None where the endpoint has limits of its own.
    """

    def __init__(
        self,
        path: str,
        endpoint: Endpoint,
        needs: Mapping[str, str],
        *,
        longest: int | None = LONGEST,
    ) -> None:
        unknown = [action for action in needs.values() if action != PUBLIC and action not in ACTIONS]
        if unknown:
            raise ValueError(f"{path}: there is no action {unknown[0]!r} in core.access.ACTIONS")
        super().__init__(path, endpoint, methods=list(needs))
        self.needs = {**needs, **({"HEAD": needs["GET"]} if "GET" in needs else {})}
        self.longest = longest

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse who may not, then answer.

        Raises:
            Problem: 401 where nobody is known, 403 where the role does not suffice.
        """
        action = self.needs.get(scope["method"])
        if action is not None:
            scope["state"]["action"] = action
            require(action, scope)
            if scope["method"] not in SAFE:
                if self.longest is not None:
                    receive = limited(scope, receive, self.longest)
                if action != PUBLIC:
                    receive = await genuine(scope, receive)
        await super().handle(scope, receive, send)


def route(
    path: str,
    endpoint: Endpoint,
    needs: str | Mapping[str, str],
    *,
    methods: Sequence[str] = ("GET",),
    longest: int | None = LONGEST,
) -> Guarded:
    """Return a route with the action that using it is.

    Args:
        path: as Starlette writes it.
        endpoint: what answers.
        needs: the action of all `methods`, or of each method by itself.
        methods: where `needs` is one action.
        longest: bytes that a request's body may have; None: the endpoint has limits of its own.
    """
    return Guarded(
        path,
        endpoint,
        dict.fromkeys(methods, needs) if isinstance(needs, str) else needs,
        longest=longest,
    )


def require(action: str, scope: Scope) -> None:
    """Refuse who may not carry out an action.

    Raises:
        Problem: 401 where nobody is known, 403 where the role or the organisations do not suffice.
    """
    who: Principal | None = scope["state"].get("principal")
    if action == PUBLIC:
        return
    if who is not None and who.organizations != scope["state"].get("scope", who.organizations):
        raise Problem(HTTPStatus.NOT_FOUND, f"there is nothing at {scope['path']}")
    if who is None:
        raise Unknown(HTTPStatus.UNAUTHORIZED, scope["state"].get("why") or "sign in, or send a token")
    if who.may(action):
        return
    if action in WHOLE and who.organizations is not None:
        reason = f"this is about the installation as a whole ({action}), and you see some organisations only"
    else:
        reason = f"this ({action}) takes the role {ACTIONS.get(action, 'admin')}; yours is {who.role}"
    raise Problem(HTTPStatus.FORBIDDEN, reason)


def principal_of(request: Request) -> Principal:
    """Return who asks; on a route that is not public there always is somebody."""
    found: Principal | None = request.scope["state"].get("principal")
    if found is None:
        raise Unknown(HTTPStatus.UNAUTHORIZED, "sign in, or send a token")
    return found


def signed(request: Request, wish: Mapping[str, Any], *, source: bool = False) -> dict[str, Any]:
    """Return a wish with who wants it: on the unix socket whoever it says, elsewhere who is known to ask.

    Args:
        request: that brought it.
        wish: what its body says.
        source: whether it says from where it comes, too.
    """
    who = principal_of(request)
    mine = {"person": who.person or who.name, **({"source": who.source} if source else {})}
    given = {key: value for key, value in wish.items() if value not in (None, "")}
    return {**wish, **mine, **given} if who.kind == "socket" else {**wish, **mine}


def concern(request: Request, subject: str, **detail: Any) -> None:
    """Say what a request was about, for the audit log: `incident:7`; by default it is its path.

    Args:
        request: that is answered.
        subject: what it was about.
        detail: more to write down; `does` is the action of a public route that changes something, `by` who
            did it there.
    """
    state = request.scope["state"]
    state["subject"] = subject
    state.setdefault("detail", {}).update(detail)


class Shown(NamedTuple):
    """What a page shows of who reads it.

    Attributes:
        name: empty where nobody had to sign in.
        role: of ROLES.
        csrf: goes into a hidden field `csrf` of every form, or the header `X-CSRF-Token`.
        leaves: whether there is a session to end.
        may: the actions that they may carry out, for buttons.
    """

    name: str
    role: str
    csrf: str
    leaves: bool
    may: frozenset[str]


def shown(request: Request) -> Shown:
    """Return what the page of this request shows of its reader: pass it to the template as `me`."""
    state = request.scope["state"]
    who: Principal | None = state.get("principal")
    if who is None:
        return Shown("", "", "", leaves=False, may=frozenset())
    return Shown(
        name="" if who.kind in ("local", "socket") else who.name,
        role=who.role,
        csrf=state.get("csrf", ""),
        leaves=who.kind in ("password", "oidc"),
        may=frozenset(action for action in ACTIONS if who.may(action)),
    )
