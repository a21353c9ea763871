"""Whether a change is what somebody meant: not what another site made their browser send (CSRF)."""

import hmac
from collections import deque
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

import trio
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import Message, Receive, Scope

from slawatch.core.access import Principal
from slawatch.web.forms import body, fields_of, is_form
from slawatch.web.problem import Problem

HEADER: Final = "x-csrf-token"
FIELD: Final = "csrf"
_ASKED_BY_BROWSERS: Final = ("origin", "sec-fetch-site", "cookie", "referer")
BODY_SECONDS: Final = 30.0
"""A body must have come by then, where the endpoint has no limits of its own."""


async def genuine(scope: Scope, receive: Receive) -> Receive:
    """Return where to receive a request's body from, once it is known that its sender meant it.

    A token proves itself; whoever is known by what a browser sends along (a cookie, a proxy's header, an
    address) must bring back what only a page of ours could tell.

    Raises:
        Problem: another site may have sent it.
    """
    who: Principal | None = scope["state"].get("principal")
    if who is None or who.kind in ("socket", "token"):
        return receive
    headers = Headers(scope=scope)
    if foreign(scope):
        raise _forged("it was sent by another site")
    if who.kind in ("local", "proxy") and not any(name in headers for name in _ASKED_BY_BROWSERS):
        return receive
    expected: str = scope["state"].get("csrf", "")
    given = headers.get(HEADER, "")
    if not given and is_form(headers):
        found = await body(Request(scope, receive))
        given = fields_of(found).get(FIELD, "")
        receive = _again(found)
    if not expected or not hmac.compare_digest(given.encode("utf-8", "surrogateescape"), expected.encode()):
        raise _forged("the page is too old, or not ours: load it again")
    return receive


def foreign(scope: Scope) -> bool:
    """Say whether a browser says that a page of another site sent a request.

    A page of ours is of the host that was asked, of `[web] public_url` or of `[web] hosts`: a proxy may ask
    under a name of its own. The origin `null` says nothing: pages that send no referrer, as ours, have it.
    """
    headers, state = Headers(scope=scope), scope["state"]
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return True
    origins = headers.getlist("origin")
    if len(origins) > 1:
        return True
    if not origins or origins[0] == "null":
        return False
    scheme, name, port = _site(origins[0])
    ours: str = state.get("public_url", "")
    if ours and (scheme, name, port) == _site(ours):
        return False
    if not name or (state.get("https") and scheme != "https"):
        return True
    named = _site(f"{scheme}://{headers.get('host', '')}")
    return (scheme, name, port) != named and name not in state.get("hosts", ())


def _site(address: str) -> tuple[str, str, int | None]:
    """Return the scheme, host and port of an address; empty texts for none."""
    try:
        parts: Any = urlsplit(address)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return "", "", None
    return parts.scheme, (parts.hostname or "").rstrip("."), port


def limited(scope: Scope, receive: Receive, longest: int) -> Receive:
    """Return where to receive a body from that is neither too long nor too slow.

    Raises:
        Problem: its head says already that it is too long.
    """
    said = Headers(scope=scope).get("content-length", "")
    if said.isascii() and said.isdigit() and int(said) > longest:
        raise _too_long(longest)
    length, deadline = 0, trio.current_time() + BODY_SECONDS
    ended = False

    async def next_piece() -> Message:
        nonlocal length, ended
        if ended:
            return await receive()
        message: Message = {"type": "http.disconnect"}
        with trio.move_on_at(deadline) as waiting:
            message = await receive()
        if waiting.cancelled_caught:
            raise Problem(HTTPStatus.REQUEST_TIMEOUT, f"the body did not come within {BODY_SECONDS:.0f} s")
        length += len(message.get("body", b""))
        if length > longest:
            raise _too_long(longest)
        ended = not message.get("more_body", False)
        return message

    return next_piece


def _again(found: bytes) -> Receive:
    """Return where to receive a body from that was read already."""
    left = deque([found])

    async def receive() -> Message:
        if left:
            return {"type": "http.request", "body": left.popleft(), "more_body": False}
        return {"type": "http.disconnect"}

    return receive


def _too_long(longest: int) -> Problem:
    return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body may have {longest} bytes")


def _forged(reason: str) -> Problem:
    return Problem(HTTPStatus.FORBIDDEN, f"this was not done: {reason}")
